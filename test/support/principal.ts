import type { PrincipalAction } from '../../functions/contain-principal/actions';
import type { Containing } from '../../functions/contain-principal/planner';
import { isRevoked, type Role, type User } from '../../functions/incident/principal';
import { withCutoff } from '../../functions/incident/revocation';

const ACCOUNT = '111122223333';
/** When the incident of the tests was claimed. */
export const CLAIMED = '2026-11-21T10:05:00.000Z';
export const EARLIER = '2026-11-21T10:04:59.999Z';
export const LATER = '2026-11-21T10:05:07.250Z';
export const KEY = 'AKIAEXAMPLEKEY000001';
export const OTHER_KEY = 'AKIAEXAMPLEKEY000002';
export const SESSION_KEY = 'ASIAEXAMPLESESSION01';

/** A user with one active key and no password, but for the parts that a test is about. */
export const user = (parts: Partial<User> = {}): User => {
  const { name = 'alice', path = '/' } = parts;
  return {
    name,
    path,
    arn: `arn:aws:iam::${ACCOUNT}:user${path}${name}`,
    keys: [{ id: KEY, active: true }],
    password: false,
    ...parts,
  };
};

export const trustOf = (...principals: readonly unknown[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: principals.map((Principal) => ({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' })),
  });

/** A role that no instance wears, but for the parts that a test is about. */
export const role = (parts: Partial<Role> = {}): Role => {
  const { name = 'Worker', path = '/' } = parts;
  return {
    name,
    path,
    arn: `arn:aws:iam::${ACCOUNT}:role${path}${name}`,
    trust: trustOf({ Service: 'lambda.amazonaws.com' }),
    use: { instances: [], unknown: [] },
    ...parts,
  };
};

/** So many instances, each in a Region of its own. */
export const worn = (count: number, ...unknown: readonly string[]): Role['use'] => ({
  instances: Array.from({ length: count }, (_, index) => ({ id: `i-${index}`, region: `eu-west-${index + 1}` })),
  unknown,
});

/** The incident of the tests, about the user's key. */
export const containing = (parts: Partial<Containing> = {}): Containing => ({
  incidentId: 'gd-0123456789abcdef',
  accessKeyId: KEY,
  claimed: CLAIMED,
  ...parts,
});

/** An incident that names no key. */
export const keyless = (): Containing => ({ incidentId: 'gd-0123456789abcdef', claimed: CLAIMED });

/** A policy that denies sessions from before a time, as the IAM console writes it. */
export const denying = (time: string, ...more: readonly object[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      ...more,
      {
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { DateLessThan: { 'aws:TokenIssueTime': time } },
      },
    ],
  });

/** What IAM makes of actions at a time. */
export const applied = <State extends User | Role>(
  state: State,
  actions: readonly PrincipalAction[],
  at: string = LATER,
): State => actions.reduce((now, action) => after(now, action, at), state);

function after<State extends User | Role>(state: State, action: PrincipalAction, at: string): State {
  const { revocation, ...rest } = state;
  switch (action.kind) {
    case 'UpdateAccessKey': {
      const update = (keys: User['keys']) =>
        keys.map((key) => (key.id === action.accessKeyId ? { ...key, active: action.status === 'Active' } : key));
      return { ...state, ...('keys' in state && { keys: update(state.keys) }) };
    }
    case 'PutUserPolicy':
    case 'PutRolePolicy': {
      if (!action.revoke) return { ...state, revocation: action.document };
      const { sid, notBefore } = action.revoke;
      if (isRevoked(revocation, notBefore)) return state;
      return { ...state, revocation: withCutoff(revocation, { cutoff: at, sid }) };
    }
    case 'DeleteUserPolicy':
    case 'DeleteRolePolicy':
      return rest as State;
  }
}
