import type { Mode } from '../core/policy';
import type { Remediation, ResourceKind } from '../core/remediation';
import { targetArn } from '../incident/incident';
import type { Role, User } from '../incident/principal';
import { describe, isDone, type RoleAction, touchedParts, type UserAction } from './actions';
import type { Principals } from './adapter';
import { type Containing, planRole, planUser } from './planner';
import { invertRole, invertUser } from './undo';

/** @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html */
const NAME = /^[\w+=,.@-]{1,64}$/;

export const USER: ResourceKind = {
  type: 'AWS::IAM::User',
  noun: 'user',
  idKey: 'userName',
  idPattern: NAME,
  arn: (userName, home) => targetArn({ kind: 'user', userName }, home),
};

export const ROLE: ResourceKind = {
  type: 'AWS::IAM::Role',
  noun: 'role',
  idKey: 'roleName',
  idPattern: NAME,
  arn: (roleName, home) => targetArn({ kind: 'role', roleName }, home),
};

/** What both have in common. Nothing is changed but where the workflow says so. */
const common = {
  name: 'principal',
  mode: (): Mode => 'observe',
  isDone,
  touched: touchedParts,
  describe,
};

/** What `heal` needs to know about a user that an incident names. */
export const userRemediation = (principals: Principals, incident: Containing): Remediation<User, UserAction> => ({
  ...common,
  resource: USER,
  read: ({ id }) => principals.reader.user(id),
  readBack: ({ id }) => principals.reader.user(id),
  plan: (user, policy) => planUser(user, policy, incident),
  apply: (action, _subject, signal) => principals.apply(action, signal),
  invert: invertUser,
});

/** What `heal` needs to know about a role that an incident names. */
export const roleRemediation = (principals: Principals, incident: Containing): Remediation<Role, RoleAction> => ({
  ...common,
  resource: ROLE,
  read: ({ id }) => principals.reader.role(id),
  readBack: (_subject, before) => principals.reader.roleAgain(before),
  plan: (role, policy) => planRole(role, policy, incident),
  apply: (action, _subject, signal) => principals.apply(action, signal),
  invert: invertRole,
});
