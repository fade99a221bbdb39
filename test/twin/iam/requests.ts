import { type AuthorizationRequest, evaluateStatements } from '../../../twin/iam/authorize';
import { type PolicyKind, parsePolicy } from '../../../twin/iam/policy';

export const HOME = '111122223333';
export const AWAY = '444455556666';

type Principal = AuthorizationRequest['principal'];

export const user = (name: string, account = HOME): Principal => ({
  kind: 'user',
  arn: `arn:aws:iam::${account}:user/${name}`,
  account,
});

/** A session of the role `/ops/Healer`. */
export const session = (name: string, account = HOME): Principal => ({
  kind: 'session',
  arn: `arn:aws:sts::${account}:assumed-role/Healer/${name}`,
  roleArn: `arn:aws:iam::${account}:role/ops/Healer`,
  account,
});

export const root = (account = HOME): Principal => ({ kind: 'root', arn: `arn:aws:iam::${account}:root`, account });

export const service = (name: string): Principal => ({ kind: 'service', arn: name, account: HOME });

export function request(fields: Partial<AuthorizationRequest> = {}): AuthorizationRequest {
  return {
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::ledger/a.csv',
    principal: user('ada'),
    context: {},
    ...fields,
  };
}

/** A statement that allows everything, but for the fields given. */
export const statement = (fields: object = {}): object => ({ Effect: 'Allow', Action: '*', Resource: '*', ...fields });

export const policy = (...statements: object[]): object => ({ Version: '2012-10-17', Statement: statements });

export const evaluate = (
  document: object,
  fields: Partial<AuthorizationRequest> = {},
  kind: PolicyKind = 'identity',
): string => evaluateStatements(parsePolicy(document), request(fields), { kind });
