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
  UnknownIpPermissions: 'unknownIpPermissionSet',
  TagSpecifications: 'tagSpecificationSet',
  Tags: 'tagSet',
  Resources: 'resourcesSet',
  Instances: 'instancesSet',
  InstanceIds: 'instancesSet',
  TerminatingInstances: 'instancesSet',
  StoppingInstances: 'instancesSet',
  StartingInstances: 'instancesSet',
  NetworkInterfaces: 'networkInterfaceSet',
  SecurityGroups: 'groupSet',
  SecurityGroupIds: 'groupSet',
  Groups: 'groupSet',
  PrivateIpAddresses: 'privateIpAddressesSet',
  Ipv6Addresses: 'ipv6AddressesSet',
  BlockDeviceMappings: 'blockDeviceMapping',
  Snapshots: 'snapshotSet',
  TagSet: 'tagSet',
};

/** Lists of plain texts, which CloudTrail writes as objects with this member. */
const TEXT_LISTS: Readonly<Record<string, string>> = {
  SecurityGroupRuleIds: 'securityGroupRuleId',
  Resources: 'resourceId',
  InstanceIds: 'instanceId',
  SecurityGroupIds: 'groupId',
  Groups: 'groupId',
};

/** Left out of records. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitor-with-cloudtrail.html */
const SECRETS = ['UserData'];

const requestIds = new WeakMap<object, string>();

/** CloudTrail repeats the id of a request in its answer, which does not have it. */
export function rememberRequestId<T extends object>(output: T, requestId: string): T {
  requestIds.set(output, requestId);
  return output;
}

/** Request and answer of an EC2 call as CloudTrail writes them. Shapes as in recorded events. */
export function ec2Trail(
  operation: string,
  input: Record<string, unknown>,
  output: Record<string, unknown> | undefined,
): { requestParameters: unknown; responseElements: unknown } {
  const requestId = output && requestIds.get(output);
  if (WRAPPED.includes(operation)) {
    return {
      requestParameters: { [`${operation}Request`]: wrapped(input) },
      responseElements: output && {
        [`${operation}Response`]: {
          xmlns: 'http://ec2.amazonaws.com/doc/2016-11-15/',
          requestId,
          ...(asXml(output) as object),
        },
      },
    };
  }
  const request = flat(input) as Record<string, unknown>;
  return {
    requestParameters: requestOf(operation, request),
    responseElements: output && {
      requestId,
      // All say that they worked but those that answer with what they made or moved.
      ...(!ANSWERING.test(operation) && { _return: true }),
      ...(flat(operation === 'CreateSecurityGroup' ? withoutEmptyTags(output) : output) as object),
    },
  };
}

const ANSWERING =
  /^(Run|Terminate|Stop|Start|Allocate|Attach(Volume|NetworkInterface)|DetachVolume|Create(Vpc|Subnet|NetworkInterface|Volume|Snapshots?)$|(Associate|Disassociate|Replace)IamInstanceProfile)/;

function requestOf(operation: string, request: Record<string, unknown>): Record<string, unknown> {
  if (/SecurityGroup(In|E)gress$/.test(operation)) return { ipPermissions: {}, ...request };
  if (operation !== 'CreateSecurityGroup') return request;
  const { description, ...rest } = request;
  return { ...rest, groupDescription: description };
}

function withoutEmptyTags({ Tags, ...output }: Record<string, unknown>): Record<string, unknown> {
  return Array.isArray(Tags) && Tags.length > 0 ? { ...output, Tags } : output;
}

const camel = (name: string): string => NAMES[name] ?? name.charAt(0).toLowerCase() + name.slice(1);

function flat(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).filter(([key, inner]) => inner !== undefined && key !== 'Return');
  const result: Record<string, unknown> = {};
  for (const [key, inner] of members) {
    const text = TEXT_LISTS[key];
    if (SECRETS.includes(key)) {
      result[camel(key)] = '<sensitiveDataRemoved>';
      continue;
    }
    if (inner instanceof Date) {
      result[camel(key)] = inner.toISOString();
      continue;
    }
    // An empty list is written as an empty object.
    if (Array.isArray(inner))
      result[camel(key)] =
        inner.length === 0
          ? {}
          : {
              items: inner.map((item) =>
                text === undefined || typeof item === 'object' ? flat(item) : { [text]: item },
              ),
            };
    else result[camel(key)] = flat(inner);
  }
  return isPermission(value) ? { groups: {}, ipRanges: {}, ipv6Ranges: {}, prefixListIds: {}, ...result } : result;
}

/** One of a list of permissions, and not the flat form with its only one. */
const isPermission = (value: object): boolean =>
  'IpProtocol' in value &&
  ('IpRanges' in value || 'Ipv6Ranges' in value || 'UserIdGroupPairs' in value || 'PrefixListIds' in value);

/** Requests: lists in the singular, numbered by `tag`; one alone is no list. */
function wrapped(value: unknown): unknown {
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

/** Answers: as their XML has it, where an empty list is an empty text and one item alone is no list. */
function asXml(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).flatMap(([key, inner]) => {
    if (inner === undefined) return [];
    if (!Array.isArray(inner)) return [[camel(key), asXml(inner)]];
    const items = inner.map(asXml);
    return [[camel(key), items.length === 0 ? '' : { item: items.length === 1 ? items[0] : items }]];
  });
  return Object.fromEntries(members);
}
