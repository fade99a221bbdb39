import { exemptionFor } from '../core/exceptions';
import type { Policy } from '../core/policy';
import type { Plan } from '../core/remediation';
import {
  isLongTerm,
  isNamed,
  isReserved,
  isRevoked,
  type PrincipalIncident,
  type Role,
  type User,
} from '../incident/principal';
import type { RoleUse } from '../incident/role-use';
import { type RoleAction, sidOf, type UserAction } from './actions';

/** What an incident asks of a principal, and which it is. */
export interface Containing extends PrincipalIncident {
  readonly incidentId: string;
}

/**
 * Decides what keeps a user's stolen credentials from being used. Planning again after the plan was applied yields no action.
 *
 * | what the finding names             | key                                    | sessions from before |
 * | ---------------------------------- | -------------------------------------- | -------------------- |
 * | a key of the user, active          | is made inactive, never deleted        | are denied           |
 * | a key of the user, inactive        | stays                                  | are denied           |
 * | a key that the user does not have  | none is touched                        | are denied           |
 * | a session's key (`ASIA…`)          | none: any may have begun it            | are denied           |
 * | no key                             | none is touched                        | are denied           |
 *
 * | one of these would be done         | decision                               |
 * | ---------------------------------- | -------------------------------------- |
 * | an exception covers the user       | leave alone                            |
 * | it is for breaking glass           | held: never touched                    |
 *
 * A console password stays: to delete it cannot be undone.
 */
export function planUser(user: User, policy: Policy, incident: Containing): Plan<UserAction> {
  const { name, keys, revocation } = user;
  const { accessKeyId, claimed } = incident;
  const key = keys.find(({ id, active }) => active && id === accessKeyId && isLongTerm(id));
  const isDenied = isRevoked(revocation, claimed);
  const actions: UserAction[] = [
    // First, so that it begins no further session.
    ...(key
      ? [{ kind: 'UpdateAccessKey', userName: name, accessKeyId: key.id, status: 'Inactive' } satisfies UserAction]
      : []),
    ...(isDenied ? [] : [{ kind: 'PutUserPolicy', userName: name, revoke: revokeFor(incident) } satisfies UserAction]),
  ];
  if (actions.length === 0)
    return nothing('older sessions are denied, and the finding names no key of the user that is active');
  const why = [
    ...(key ? [`key ${key.id} was found active`] : []),
    ...(isDenied ? [] : [`sessions from before ${claimed} were not denied`]),
  ].join('; ');
  const spared = exempted(user, policy);
  if (spared) return spared;
  if (isNamed(name, policy.breakGlass.users)) return held(`it is for breaking glass, and never contained; ${why}`);
  return { actions, exempt: [], reason: why };
}

/**
 * Decides what ends the sessions of a role. Planning again after the plan was applied yields no action.
 *
 * | sessions from before | instances that wear it      | decision                                               |
 * | -------------------- | --------------------------- | ------------------------------------------------------ |
 * | are denied           | any                         | nothing                                                |
 * | are not              | none, or one                | are denied                                             |
 * | are not              | several                     | held: the sessions of all of them would end            |
 * | are not              | not known, in some Region   | held: there may be several                             |
 *
 * | one of these would be denied             | decision                                                |
 * | ---------------------------------------- | ------------------------------------------------------- |
 * | an exception covers the role             | leave alone                                             |
 * | it is Suture's own, or for breaking glass| held: never touched                                     |
 * | only AWS may change it                   | held                                                    |
 */
export function planRole(role: Role, policy: Policy, incident: Containing): Plan<RoleAction> {
  const { name, revocation } = role;
  const { claimed } = incident;
  if (isRevoked(revocation, claimed)) return nothing('older sessions are denied');
  const why = `sessions from before ${claimed} were not denied`;
  const spared = exempted(role, policy);
  if (spared) return spared;
  const obstacle = obstacleTo(role, policy);
  if (obstacle !== undefined) return held(`${obstacle}; ${why}`);
  return { actions: [{ kind: 'PutRolePolicy', roleName: name, revoke: revokeFor(incident) }], exempt: [], reason: why };
}

/** Why only a person may end a role's sessions. */
function obstacleTo({ name, path, use }: Role, { ownRoles, breakGlass }: Policy): string | undefined {
  if (isNamed(name, ownRoles)) return "it is one of Suture's own, and never contained";
  if (isNamed(name, breakGlass.roles)) return 'it is for breaking glass, and never contained';
  if (isReserved(path)) return 'only AWS may change it: it is linked to a service, or of IAM Identity Center';
  return sharing(use);
}

function sharing({ instances, unknown }: RoleUse): string | undefined {
  const ids = instances.map(({ id, region }) => `${id} (${region})`);
  if (ids.length > 1) return `${ids.length} instances wear it, and all would lose their sessions: ${some(ids)}`;
  return unknown.length > 0
    ? `who else wears it is not known, since this could not be read: ${some(unknown)}`
    : undefined;
}

const some = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`;

const revokeFor = ({ incidentId, claimed }: Containing) => ({ sid: sidOf(incidentId, claimed), notBefore: claimed });

/** By the ARN with the path, as IAM has it, or without, as an incident names it. */
function exempted({ name, arn, path }: User | Role, policy: Policy): Plan<never> | undefined {
  const plain = arn.endsWith(`${path}${name}`) ? `${arn.slice(0, -`${path}${name}`.length)}/${name}` : arn;
  const exception = (exemptionFor(policy, { arn, tags: {} }) ?? exemptionFor(policy, { arn: plain, tags: {} }))?.id;
  return exception === undefined
    ? undefined
    : { actions: [], exempt: [{ target: name, exception }], reason: 'an exception covers it' };
}

const nothing = (reason: string): Plan<never> => ({ actions: [], exempt: [], reason });
const held = (reason: string): Plan<never> => ({ actions: [], exempt: [], reason, held: reason });
