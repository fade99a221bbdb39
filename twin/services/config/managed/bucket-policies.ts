import { isPublicStatement, many, type Statement, statementsOf } from '../../s3/public-policy';

function isEverybody(principal: unknown): boolean {
  if (principal === '*') return true;
  const named = (principal as { AWS?: string | string[] } | null)?.AWS;
  return many(named).includes('*');
}

function allows({ Action, NotAction }: Statement, action: string): boolean {
  return NotAction === undefined ? names(Action, action) : !names(NotAction, action);
}

function names(patterns: string | readonly string[] | undefined, action: string): boolean {
  return many(patterns).some((pattern) => {
    const expression = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    return new RegExp(`^${expression}$`, 'i').test(action);
  });
}

/** Whether a policy lets everybody do one of some things. */
export const grants = (policy: string, actions: readonly string[]): boolean =>
  statementsOf(policy).some(
    (statement) => isPublicStatement(statement) && actions.some((action) => allows(statement, action)),
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
