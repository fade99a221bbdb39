/** Calls that CloudTrail logs inside an object named after the request, in PascalCase. Others are flat, in camelCase. */
const WRAPPED = [
  'ModifySecurityGroupRules',
  'CreateManagedPrefixList',
  'ModifyManagedPrefixList',
  'RestoreManagedPrefixListVersion',
  'DeleteManagedPrefixList',
];

/** Names of EC2's wire where they are not the SDK's. */
const NAMES: Readonly<Record<string, string>> = {
  UserIdGroupPairs: 'groups',
  SecurityGroupRules: 'securityGroupRuleSet',
  RevokedSecurityGroupRules: 'revokedSecurityGroupRuleSet',
  TagSpecifications: 'tagSpecificationSet',
  Tags: 'tagSet',
  GroupDescription: 'groupDescription',
};

/** Lists of plain texts, which CloudTrail writes as objects with this member. */
const TEXT_LISTS: Readonly<Record<string, string>> = {
  SecurityGroupRuleIds: 'securityGroupRuleId',
  Resources: 'resourceId',
};

/** Request and answer of an EC2 call as CloudTrail writes them. Shapes as in recorded events. */
export function ec2Trail(
  operation: string,
  input: Record<string, unknown>,
  output: Record<string, unknown> | undefined,
): { requestParameters: unknown; responseElements: unknown } {
  if (WRAPPED.includes(operation)) {
    return {
      requestParameters: { [`${operation}Request`]: wrapped(input) },
      responseElements: output && {
        [`${operation}Response`]: { xmlns: 'http://ec2.amazonaws.com/doc/2016-11-15/', ...(wrapped(output) as object) },
      },
    };
  }
  const request = flat(input) as Record<string, unknown>;
  const isPermission = /SecurityGroup(In|E)gress$/.test(operation);
  return {
    requestParameters: isPermission ? { ipPermissions: {}, ...request } : request,
    responseElements: output && { ...(flat(output) as object), ...(output.Return === true && { _return: true }) },
  };
}

function flat(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([key, inner]) => inner !== undefined && key !== 'Return');
  const result: Record<string, unknown> = {};
  for (const [key, inner] of members) {
    const name = NAMES[key] ?? key.charAt(0).toLowerCase() + key.slice(1);
    const text = TEXT_LISTS[key];
    // An empty list is written as an empty object.
    if (Array.isArray(inner))
      result[name] =
        inner.length === 0 ? {} : { items: inner.map((item) => (text === undefined ? flat(item) : { [text]: item })) };
    else result[name] = flat(inner);
  }
  if (
    'IpProtocol' in value &&
    ('IpRanges' in value || 'Ipv6Ranges' in value || 'UserIdGroupPairs' in value || 'PrefixListIds' in value)
  ) {
    return { ipProtocol: undefined, groups: {}, ipRanges: {}, ipv6Ranges: {}, prefixListIds: {}, ...result };
  }
  return result;
}

/** Lists in the singular, numbered by `tag`; one alone is no list. */
function wrapped(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value === null || typeof value !== 'object') return value;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    if (!Array.isArray(inner)) {
      result[key] = wrapped(inner);
      continue;
    }
    const items = inner.map((item, index) => ({ ...(wrapped(item) as object), tag: index + 1 }));
    result[key.replace(/Entries$/, 'Entry').replace(/s$/, '')] = items.length === 1 ? items[0] : items;
  }
  return result;
}
