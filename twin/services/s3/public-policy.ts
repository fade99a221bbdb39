/** A statement, as far as it tells whether everybody is let in. */
export interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** One value or a list of them. */
export const many = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

export function statementsOf(policy: string): readonly Statement[] {
  const { Statement: statements } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  return many(statements) as readonly Statement[];
}

/**
 * Keys that say who asks or through what, so that a fixed value limits a statement to somebody. The first line is what S3 lists as
 * "an AWS principal, user, role, or service principal (e.g. aws:PrincipalOrgID)".
 */
const LIMITING = new Set(
  [
    [
      'aws:PrincipalOrgID',
      'aws:PrincipalOrgPaths',
      'aws:PrincipalAccount',
      'aws:PrincipalArn',
      'aws:PrincipalServiceName',
    ],
    ['aws:SourceArn', 'aws:SourceVpc', 'aws:SourceVpce', 'aws:SourceOwner', 'aws:SourceAccount'],
    ['aws:SourceOrgID', 'aws:SourceOrgPaths', 'aws:userid', 's3:DataAccessPointArn', 's3:DataAccessPointAccount'],
  ]
    .flat()
    .map((key) => key.toLowerCase()),
);

/** Every access point of one account is nobody else's. */
const POINTS_OF_AN_ACCOUNT = /^arn:aws[\w-]*:s3:[\w*-]*:\d{12}:accesspoint\/.*$/;

/** Values without wildcards and variables. */
const isFixed = (value: unknown): boolean => typeof value === 'string' && value !== '' && !/[*?]|\$\{/.test(value);

/** `2001:db8::/32` is narrow, `0.0.0.0/1` is nearly everybody. */
function isNarrow(cidr: unknown): boolean {
  const [address = '', bits] = String(cidr).split('/');
  const isV6 = address.includes(':');
  return isFixed(cidr) && Number(bits ?? 128) >= (isV6 ? 32 : 8);
}

/** Whether one condition, by itself, lets in only who is named. Where the key may be missing, everybody else comes in as well. */
function limits(operator: string, key: string, values: readonly unknown[]): boolean {
  if (values.length === 0 || /^ForAllValues:|IfExists$/.test(operator)) return false;
  const base = operator.replace(/^ForAnyValue:/, '');
  const name = key.toLowerCase();
  if (base === 'IpAddress') return name === 'aws:sourceip' && values.every(isNarrow);
  if (!/^(String(Equals|EqualsIgnoreCase|Like)|Arn(Equals|Like))$/.test(base) || !LIMITING.has(name)) return false;
  const isPoint = (value: unknown) => POINTS_OF_AN_ACCOUNT.test(String(value)) && !/\$\{/.test(String(value));
  return values.every((value) => isFixed(value) || (name === 's3:dataaccesspointarn' && isPoint(value)));
}

/** Users of an identity provider that is open to everybody are everybody. */
function namesEverybody(principal: unknown): boolean {
  // A statement without it has NotPrincipal: everybody but some.
  if (principal === '*' || principal === undefined) return true;
  return Object.entries(principal as Record<string, string | string[]>).some(([type, names]) =>
    many(names).some((name) => name.includes('*') || (type === 'Federated' && !name.startsWith('arn:'))),
  );
}

/**
 * Whether a statement lets everybody in. A policy is public if one of its statements is; what others deny does not count.
 *
 * S3 begins by assuming that a policy is public. It is not if it grants access only to fixed values, without wildcards and variables,
 * of principals or of some condition keys; addresses must be of ranges no broader than /8, or /32 of IPv6.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
export function isPublicStatement({ Effect, Principal, Condition = {} }: Statement): boolean {
  return (
    Effect === 'Allow' &&
    namesEverybody(Principal) &&
    !Object.entries(Condition).some(([operator, keys]) =>
      Object.entries(keys).some(([key, values]) => limits(operator, key, many(values))),
    )
  );
}

/** Whether a policy is public, as GetBucketPolicyStatus tells. */
export const isPublicPolicy = (policy: string | undefined): boolean =>
  policy !== undefined && statementsOf(policy).some(isPublicStatement);
