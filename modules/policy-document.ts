/** One statement of a policy, as a reviewer reads it in the plan. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect?: 'Allow' | 'Deny';
  readonly Principal?: '*' | { readonly Service: string } | { readonly AWS: readonly string[] };
  readonly Action: string | readonly string[];
  /** ARNs, or `*` for actions that know no resources. */
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A policy as JSON text. Statements allow unless they say otherwise. */
export const policyDocument = (statements: readonly (PolicyStatement | TrustStatement)[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });

/** A trust policy's statement: it names no resource. */
export type TrustStatement = Omit<PolicyStatement, 'Resource'>;

/** Lets a service assume a role. */
export const trustService = (service: string): string =>
  policyDocument([{ Principal: { Service: service }, Action: 'sts:AssumeRole' }]);
