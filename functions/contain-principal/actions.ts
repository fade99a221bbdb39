import type { Action } from '../core/remediation';
import { isRevoked, type User } from '../incident/principal';
import { isSamePolicy } from '../incident/revocation';

/** Denies everything to sessions from before now. */
export interface Revoke {
  /** Whose doing it is: letters and digits, the id of the statement. */
  readonly sid: string;
  /** What is denied already from this time on needs nothing more. ISO 8601, UTC; the time itself is taken when it is done. */
  readonly notBefore: string;
}

/** What is put into `AWSRevokeOlderSessions`: a time, or, to take that back, the text that stood there. */
type Content =
  | { readonly revoke: Revoke; readonly document?: undefined }
  | { readonly document: string; readonly revoke?: undefined };

export type UpdateAccessKey = Action & {
  readonly kind: 'UpdateAccessKey';
  readonly userName: string;
  readonly accessKeyId: string;
  /** `Active` only to take it back. */
  readonly status: 'Inactive' | 'Active';
};
export type PutUserPolicy = Action & { readonly kind: 'PutUserPolicy'; readonly userName: string } & Content;
/** Only to take one back where there was none. */
export type DeleteUserPolicy = Action & { readonly kind: 'DeleteUserPolicy'; readonly userName: string };
export type UserAction = UpdateAccessKey | PutUserPolicy | DeleteUserPolicy;

export type PutRolePolicy = Action & { readonly kind: 'PutRolePolicy'; readonly roleName: string } & Content;
/** Only to take one back where there was none. */
export type DeleteRolePolicy = Action & { readonly kind: 'DeleteRolePolicy'; readonly roleName: string };
export type RoleAction = PutRolePolicy | DeleteRolePolicy;

export type PrincipalAction = UserAction | RoleAction;

/** What an action asks of a principal; a role has no keys. */
export type PrincipalState = Pick<User, 'revocation'> & Partial<Pick<User, 'keys'>>;

/** Who incident and time are, as the id of a statement, which holds letters and digits only. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html */
export const sidOf = (incidentId: string, claimed: string): string =>
  `Suture${incidentId.replace(/[^A-Za-z0-9]/g, '')}At${Date.parse(claimed)}`;

/** Whether a state shows an action in effect. A key that was deleted works no more. */
export function isDone(action: PrincipalAction, { revocation, keys = [] }: PrincipalState): boolean {
  switch (action.kind) {
    case 'UpdateAccessKey': {
      const key = keys.find(({ id }) => id === action.accessKeyId);
      return action.status === 'Active' ? key?.active === true : key?.active !== true;
    }
    case 'PutUserPolicy':
    case 'PutRolePolicy':
      return action.revoke ? isRevoked(revocation, action.revoke.notBefore) : isSamePolicy(revocation, action.document);
    case 'DeleteUserPolicy':
    case 'DeleteRolePolicy':
      return revocation === undefined;
  }
}

/** What actions change, whole. */
export interface Touched {
  readonly keys?: User['keys'];
  /** Null where there was none. */
  readonly revocation?: string | null;
}

export function touchedParts(actions: readonly PrincipalAction[], { revocation, keys = [] }: PrincipalState): Touched {
  const ids = new Set(actions.flatMap((action) => (action.kind === 'UpdateAccessKey' ? [action.accessKeyId] : [])));
  return {
    ...(ids.size > 0 && { keys: keys.filter(({ id }) => ids.has(id)) }),
    ...(actions.some(({ kind }) => kind !== 'UpdateAccessKey') && { revocation: revocation ?? null }),
  };
}

/** A line for each thing that changes. */
export function describe(action: PrincipalAction): string[] {
  switch (action.kind) {
    case 'UpdateAccessKey':
      return [`${action.status === 'Active' ? 'Reactivating' : 'Deactivating'} access key ${action.accessKeyId}`];
    case 'PutUserPolicy':
      return [`${putting(action)} of user ${action.userName}`];
    case 'PutRolePolicy':
      return [`${putting(action)} of role ${action.roleName}`];
    case 'DeleteUserPolicy':
      return [`No longer denying older sessions of user ${action.userName}`];
    case 'DeleteRolePolicy':
      return [`No longer denying older sessions of role ${action.roleName}`];
  }
}

const putting = ({ revoke }: Content): string =>
  revoke ? 'Denying older sessions' : 'Putting back what was denied to older sessions';
