import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import { literal } from './literal';
import { type Names, roleNames } from './names';
import type { PolicyStatement } from './policy-document';

/** ARNs of users or roles of these names, whatever their paths: an ARN ends with the name. */
export const principalArns = (account: Account, kind: 'user' | 'role', names: readonly string[]): string[] =>
  names.map(literal).flatMap((name) => [account.iamArn(`${kind}/${name}`), account.iamArn(`${kind}/*/${name}`)]);

/**
 * Keeps a function that may write inline policies from Suture's own roles, its own included, from those for breaking glass, and from those that only AWS can
 * change. IAM has no condition on what is put into a policy: whoever took over such a function could allow something as well.
 */
export const neverTheseRoles = (
  names: Names,
  account: Account,
  { breakGlass }: Pick<Policy, 'breakGlass'>,
): PolicyStatement => ({
  Sid: 'NeverTheseRoles',
  Effect: 'Deny',
  Action: 'iam:PutRolePolicy',
  Resource: [
    ...principalArns(account, 'role', [...roleNames(names), ...breakGlass.roles]),
    account.iamArn('role/aws-service-role/*'),
    account.iamArn('role/aws-reserved/*'),
  ],
});
