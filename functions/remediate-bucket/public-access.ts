import { isIP } from 'node:net';
import { digest } from '../core/canonical';
import type { Grant, Statement } from './bucket';

/**
 * Condition keys that limit a statement to somebody in particular, if their values are fixed.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
const LIMITING_KEYS: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:userid',
  's3:dataaccesspointaccount',
  's3:dataaccesspointarn',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
]);
/** Operators that do not hold where the key is missing. Without regard to case, as IAM reads them. */
const LIMITING_OPERATORS = /^(?:foranyvalue:)?(?:stringequals|stringequalsignorecase|stringlike|arnequals|arnlike)$/;
const PUBLIC_GROUPS = /\/groups\/global\/(?:AllUsers|AuthenticatedUsers)$/;

/** One alone is no list. */
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The statements of a policy, one alone or several. @throws Error if the text is no policy: never guess */
export function statementsIn(policy: string | undefined): Statement[] {
  if (policy === undefined) return [];
  const document: unknown = JSON.parse(policy);
  if (!isObject(document)) throw new Error('the bucket policy is no JSON object');
  return listOf(document.Statement).map((statement) => {
    if (!isObject(statement)) throw new Error('a statement of the bucket policy is no JSON object');
    return statement;
  });
}

/** Principals of a statement, by type: `Service`, `AWS`, `CanonicalUser`, `Federated`. */
export function principalsOf({ Principal }: Statement): { readonly type: string; readonly value: unknown }[] {
  if (!isObject(Principal)) return listOf(Principal).map((value) => ({ type: 'AWS', value }));
  return Object.entries(Principal).flatMap(([type, values]) => listOf(values).map((value) => ({ type, value })));
}

/**
 * Whether a statement lets everybody in. By S3's own definition: whatever it grants to a principal without a name, and does not limit
 * to fixed values of a key that tells one from another.
 *
 * | effect | principal                                     | condition                          | public |
 * | ------ | --------------------------------------------- | ---------------------------------- | ------ |
 * | Deny   | any                                           | any                                | no     |
 * | Allow  | an account, user, role, service, canonical id | any                                | no     |
 * | Allow  | `*`, alone or in a list, or NotPrincipal      | a limiting key with fixed values   | no     |
 * | Allow  | the same                                      | a source address /8, v6 /32 or less| no     |
 * | Allow  | the same                                      | anything else                      | yes    |
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 */
export function isPublicStatement(statement: Statement): boolean {
  if (statement.Effect !== 'Allow') return false;
  const isForAll = 'NotPrincipal' in statement || principalsOf(statement).some(({ value }) => value === '*');
  if (!isForAll) return false;
  return !conditionsOf(statement).some(({ operator, key, values }) => limits(operator, key, values));
}

function conditionsOf({ Condition }: Statement) {
  if (!isObject(Condition)) return [];
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    isObject(keys)
      ? Object.entries(keys).map(([key, values]) => ({
          operator: operator.toLowerCase(),
          key: key.toLowerCase(),
          values: listOf(values),
        }))
      : [],
  );
}

/** Prefixes shorter than these count as everybody, by IP version. */
const SHORTEST: Readonly<Record<number, number>> = { 4: 8, 6: 32 };

/** What is no address, a wildcard or a variable, does as well. */
function coversTooMuch(source: string): boolean {
  const [address = '', prefix] = source.split('/');
  const shortest = SHORTEST[isIP(address)];
  if (shortest === undefined) return true;
  return prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) >= shortest);
}

/** Values are alternatives: each of them must be fixed. */
function limits(operator: string, key: string, values: readonly unknown[]): boolean {
  if (values.length === 0) return false;
  if (key === 'aws:sourceip') return operator === 'ipaddress' && !values.some((value) => coversTooMuch(String(value)));
  return (
    LIMITING_KEYS.has(key) && LIMITING_OPERATORS.test(operator) && values.every((value) => isFixed(key, String(value)))
  );
}

/** Without wildcard and without variable; of an access point the name alone may be open. */
function isFixed(key: string, value: string): boolean {
  const fixed =
    key === 's3:dataaccesspointarn' ? value.replace(/^(arn:[^:*?]+:s3:[^:]*:\d{12}:accesspoint\/).*$/, '$1') : value;
  return !/[*?]|\$\{/.test(fixed);
}

/** Whether a line of an ACL is for everybody, or for everybody with any AWS account. */
export const isPublicGrant = ({ Grantee: { URI } }: Grant): boolean => URI !== undefined && PUBLIC_GROUPS.test(URI);

/** Who delivers logs, and may not be able to use a key of KMS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html */
const LOG_DELIVERY =
  /^(?:logging\.s3|cloudtrail|config|delivery\.logs|logdelivery\.elasticloadbalancing)\.amazonaws\.com$/;

/** Whether a service of AWS delivers logs into the bucket. */
export const takesLogs = (statements: readonly Statement[], grants: readonly Grant[]): boolean =>
  grants.some(({ Grantee: { URI } }) => URI?.endsWith('/groups/s3/LogDelivery')) ||
  statements.some(
    (one) =>
      one.Effect === 'Allow' &&
      principalsOf(one).some(({ type, value }) => type === 'Service' && LOG_DELIVERY.test(String(value))),
  );

/**
 * Whether a distribution of CloudFront fetches from the bucket, as its policy says: by an origin access control or identity.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
 */
export const isOrigin = (statements: readonly Statement[]): boolean =>
  statements.some(
    (one) =>
      one.Effect === 'Allow' &&
      principalsOf(one).some(
        ({ type, value }) =>
          (type === 'Service' && value === 'cloudfront.amazonaws.com') ||
          (type === 'AWS' && /^arn:[^:]+:iam::cloudfront:user\//.test(String(value))),
      ),
  );

/** Those of a list that are, or are not, among others. */
export function without<T extends Statement | Grant>(all: readonly T[], some: readonly T[]): T[] {
  const known = new Set(some.map(digest));
  return all.filter((one) => !known.has(digest(one)));
}
