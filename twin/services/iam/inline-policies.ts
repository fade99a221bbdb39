import { AwsError } from '../../service';
import { checkDocument, encoded } from './documents';
import { type Holder, type IamOperations, limitExceeded, noEntity, type Role, roleOf, userOf } from './state';

/** Of all inline policies together, white space not counted. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length */
const LARGEST = { role: 10_240, user: 2_048 } as const;

/** @throws AwsError for a role that only its service may change. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html */
export function checkModifiable({ name, path }: Holder): void {
  if (path.startsWith('/aws-service-role/'))
    throw new AwsError(
      'UnmodifiableEntity',
      `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`,
    );
}

function put(
  holder: Holder,
  kind: keyof typeof LARGEST,
  name: string,
  text: string | undefined,
): Record<string, never> {
  const document = checkDocument(text, 'identity');
  const size = [...new Map([...holder.inline, [name, document]]).values()].join('').replace(/\s/g, '').length;
  if (size > LARGEST[kind])
    throw limitExceeded(`Maximum policy size of ${LARGEST[kind]} bytes exceeded for ${kind} ${holder.name}`);
  holder.inline.set(name, document);
  return {};
}

function textOf({ inline }: Holder, kind: string, name: string | undefined): string {
  const document = inline.get(name ?? '');
  if (document === undefined) throw noEntity(`The ${kind} policy with name ${name} cannot be found.`);
  return document;
}

function remove(holder: Holder, kind: string, name: string | undefined): Record<string, never> {
  textOf(holder, kind, name);
  holder.inline.delete(name ?? '');
  return {};
}

const names = ({ inline }: Holder) => ({ PolicyNames: [...inline.keys()], IsTruncated: false });

const changeable = (role: Role): Role => {
  checkModifiable(role);
  return role;
};

/** A policy put in anew takes the place of one of its name, and works at once, for sessions that are there already, too. */
export const inlinePolicyOperations: IamOperations = {
  PutRolePolicy: ({ RoleName, PolicyName = '', PolicyDocument }, call) =>
    put(changeable(roleOf(call, RoleName)), 'role', PolicyName, PolicyDocument),
  GetRolePolicy: ({ RoleName, PolicyName }, call) => ({
    RoleName,
    PolicyName,
    PolicyDocument: encoded(textOf(roleOf(call, RoleName), 'role', PolicyName)),
  }),
  DeleteRolePolicy: ({ RoleName, PolicyName }, call) => remove(changeable(roleOf(call, RoleName)), 'role', PolicyName),
  ListRolePolicies: ({ RoleName }, call) => names(roleOf(call, RoleName)),
  PutUserPolicy: ({ UserName, PolicyName = '', PolicyDocument }, call) =>
    put(userOf(call, UserName), 'user', PolicyName, PolicyDocument),
  GetUserPolicy: ({ UserName, PolicyName }, call) => ({
    UserName,
    PolicyName,
    PolicyDocument: encoded(textOf(userOf(call, UserName), 'user', PolicyName)),
  }),
  DeleteUserPolicy: ({ UserName, PolicyName }, call) => remove(userOf(call, UserName), 'user', PolicyName),
  ListUserPolicies: ({ UserName }, call) => names(userOf(call, UserName)),
};
