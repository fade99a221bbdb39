import type { Conflict, Plan } from '../core/remediation';
import { isMadeOf, isSamePolicy } from '../incident/revocation';
import type { PrincipalAction, PrincipalState, RoleAction, Touched, UserAction } from './actions';

/**
 * What takes a change back: the key is active again, and the policy what it was. Whatever somebody changed since is left to them.
 *
 * | what was done         | as it stands now                          | decision                         |
 * | --------------------- | ----------------------------------------- | -------------------------------- |
 * | key made inactive     | inactive                                  | active                           |
 * | key made inactive     | active, or gone                           | conflict                         |
 * | sessions denied       | by this very change                       | the text that stood there, or none |
 * | sessions denied       | by another time, or by nothing any more   | conflict                         |
 */
export function invertUser(change: Change<UserAction>, state: PrincipalState): Plan<UserAction> | Conflict {
  return inverted(change, state, (action, before): UserAction[] => {
    if (action.kind === 'UpdateAccessKey') {
      const was = before.keys?.find(({ id }) => id === action.accessKeyId)?.active;
      return was === undefined || was === (action.status === 'Active')
        ? []
        : [{ ...action, status: was ? 'Active' : 'Inactive' }];
    }
    const { userName } = action;
    return typeof before.revocation === 'string'
      ? [{ kind: 'PutUserPolicy', userName, document: before.revocation }]
      : [{ kind: 'DeleteUserPolicy', userName }];
  });
}

/** The same for roles. */
export function invertRole(change: Change<RoleAction>, state: PrincipalState): Plan<RoleAction> | Conflict {
  return inverted(change, state, ({ roleName }, before): RoleAction[] =>
    typeof before.revocation === 'string'
      ? [{ kind: 'PutRolePolicy', roleName, document: before.revocation }]
      : [{ kind: 'DeleteRolePolicy', roleName }],
  );
}

interface Change<A extends PrincipalAction> {
  readonly actions: readonly A[];
  readonly touched: unknown;
}

function inverted<A extends PrincipalAction>(
  { actions, touched }: Change<A>,
  state: PrincipalState,
  inverse: (action: A, before: Touched) => A[],
): Plan<A> | Conflict {
  const before = touched as Touched;
  const changed = actions.find((action) => !stands(action, before, state));
  if (changed) return { conflict: `${changed.kind} was changed by somebody since` };
  return { actions: actions.flatMap((action) => inverse(action, before)), exempt: [], reason: 'as it was before' };
}

/** Whether what an action did is still as it left it. */
function stands(action: PrincipalAction, before: Touched, { keys = [], revocation }: PrincipalState): boolean {
  switch (action.kind) {
    case 'UpdateAccessKey':
      return keys.find(({ id }) => id === action.accessKeyId)?.active === (action.status === 'Active');
    case 'PutUserPolicy':
    case 'PutRolePolicy':
      return action.revoke
        ? isMadeOf(before.revocation ?? undefined, revocation, action.revoke.sid)
        : isSamePolicy(revocation, action.document);
    case 'DeleteUserPolicy':
    case 'DeleteRolePolicy':
      return revocation === undefined;
  }
}
