/** A statement, as far as the rules about buckets look at it. */
interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const many = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

function statementsOf(policy: string): readonly Statement[] {
  const { Statement: statements } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  return many(statements) as readonly Statement[];
}

function isEverybody(principal: unknown): boolean {
  if (principal === '*') return true;
  const named = (principal as { AWS?: string | string[] } | null)?.AWS;
  return many(named).includes('*');
}

function allows({ Action }: Statement, action: string): boolean {
  return many(Action).some((pattern) => {
    const expression = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    return new RegExp(`^${expression}$`, 'i').test(action);
  });
}

/** Keys whose fixed values make a policy one for somebody. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */
const NARROWING =
  /^(aws:(principalarn|principalaccount|principalorgid|principalorgpaths|sourcearn|sourceaccount|sourceip|sourcevpc|sourcevpce|sourceowner|sourceorgid|sourceorgpaths|userid)|s3:(dataaccesspointarn|dataaccesspointaccount|x-amz-server-side-encryption-aws-kms-key-id))$/i;

function isNarrowed({ Condition = {} }: Statement): boolean {
  return Object.entries(Condition).some(
    ([operator, keys]) =>
      !/^(ForAllValues:)?.*(Not|Null)/i.test(operator) &&
      Object.entries(keys).some(([key, values]) => {
        const fixed = many(values).every((value) => !/[*?]|\$\{/.test(String(value)) && !/\/0$/.test(String(value)));
        return NARROWING.test(key) && fixed;
      }),
  );
}

/** Whether a policy lets everybody do one of some things. */
export const grants = (policy: string, actions: readonly string[]): boolean =>
  statementsOf(policy).some(
    (statement) =>
      statement.Effect === 'Allow' &&
      isEverybody(statement.Principal) &&
      !isNarrowed(statement) &&
      actions.some((action) => allows(statement, action)),
  );

/** Whether a policy denies everybody whatever is not asked over TLS. */
export const requiresTls = (policy: string | undefined): boolean =>
  policy !== undefined &&
  statementsOf(policy).some(
    (statement) =>
      statement.Effect === 'Deny' &&
      isEverybody(statement.Principal) &&
      allows(statement, 's3:GetObject') &&
      allows(statement, 's3:PutObject') &&
      Object.entries(statement.Condition ?? {}).some(
        ([operator, keys]) =>
          operator === 'Bool' &&
          Object.entries(keys).some(
            ([key, values]) =>
              key.toLowerCase() === 'aws:securetransport' && many(values).every((value) => String(value) === 'false'),
          ),
      ),
  );
