import { isDone, type RoleAction, touchedParts, type UserAction } from '../../../functions/contain-principal/actions';
import { planRole, planUser } from '../../../functions/contain-principal/planner';
import { invertRole, invertUser } from '../../../functions/contain-principal/undo';
import type { User } from '../../../functions/incident/principal';
import { policy } from '../../support/policy';
import {
  applied,
  containing,
  denying,
  EARLIER,
  KEY,
  keyless,
  LATER,
  OTHER_KEY,
  role,
  user,
} from '../../support/principal';

const contain = (before: User) => {
  const { actions } = planUser(before, policy(), containing());
  return { actions, touched: touchedParts(actions, before), after: applied(before, actions) };
};
const inverseOf = (change: { actions: readonly UserAction[]; touched: unknown }, state: User) => {
  const plan = invertUser(change, state);
  if ('conflict' in plan) throw new Error(plan.conflict);
  return plan.actions;
};

describe('to take back what was done to a user', () => {
  it('reactivates the key and takes the policy away that was not there', () => {
    const { after, ...change } = contain(user());
    expect(inverseOf(change, after)).toEqual([
      { kind: 'UpdateAccessKey', userName: 'alice', accessKeyId: KEY, status: 'Active' },
      { kind: 'DeleteUserPolicy', userName: 'alice' },
    ]);
  });

  it('puts back the very text that stood there', () => {
    const text = denying(EARLIER, { Effect: 'Deny', Action: 'iam:*', Resource: '*' });
    const { after, ...change } = contain(user({ revocation: text }));
    expect(applied(after, inverseOf(change, after)).revocation).toBe(text);
  });

  it('leaves a key alone that was inactive before', () => {
    const { after, ...change } = contain(user({ keys: [{ id: KEY, active: false }] }));
    expect(inverseOf(change, after)).toEqual([{ kind: 'DeleteUserPolicy', userName: 'alice' }]);
  });

  it('keeps of a receipt what it takes, and no more', () => {
    const keys = [
      { id: KEY, active: true },
      { id: OTHER_KEY, active: true },
    ];
    expect(contain(user({ keys })).touched).toEqual({ keys: [{ id: KEY, active: true }], revocation: null });
    expect(contain(user({ keys, revocation: denying(LATER) })).touched).toEqual({ keys: [{ id: KEY, active: true }] });
    expect(contain(user({ keys: [], revocation: denying(EARLIER) })).touched).toEqual({
      revocation: denying(EARLIER),
    });
  });

  it.each<[string, (after: User) => User]>([
    ['reactivated the key', (after) => ({ ...after, keys: [{ id: KEY, active: true }] })],
    ['deleted the key', (after) => ({ ...after, keys: [] })],
    ['took the policy away', ({ revocation: _gone, ...after }) => after],
    ['denied later sessions', (after) => ({ ...after, revocation: denying('2026-11-22T00:00:00.000Z') })],
    [
      'added a statement',
      (after) => ({
        ...after,
        revocation: JSON.stringify({
          Statement: [
            ...JSON.parse(after.revocation ?? '').Statement,
            { Effect: 'Deny', Action: 's3:*', Resource: '*' },
          ],
        }),
      }),
    ],
    [
      'contained the user for another incident',
      ({ revocation: _ours, ...after }) =>
        applied(after, planUser(after, policy(), containing({ incidentId: 'gd-ffffffff' })).actions),
    ],
  ])('is refused where somebody %s since', (_case, change) => {
    const { after, ...done } = contain(user());
    expect(invertUser(done, change(after))).toEqual({ conflict: expect.stringContaining('changed by somebody since') });
  });
});

it('a role gets back the text that stood there, or none', () => {
  for (const before of [role(), role({ revocation: denying(EARLIER) })]) {
    const { actions } = planRole(before, policy(), keyless());
    const after = applied(before, actions);
    const plan = invertRole({ actions, touched: touchedParts(actions, before) }, after);
    if ('conflict' in plan) throw new Error(plan.conflict);
    expect(applied(after, plan.actions)).toEqual(before);
    expect(plan.actions.every((action) => isDone(action, before) && !isDone(action, after))).toBe(true);
  }
});

it('a role that somebody revoked anew since is left', () => {
  const { actions } = planRole(role(), policy(), keyless());
  const change: { actions: readonly RoleAction[]; touched: unknown } = {
    actions,
    touched: touchedParts(actions, role()),
  };
  expect(invertRole(change, role({ revocation: denying(LATER) }))).toEqual({ conflict: expect.any(String) });
});

it('a key that was deleted works no more, and does not work again', () => {
  const action = { kind: 'UpdateAccessKey', userName: 'alice', accessKeyId: KEY } as const;
  expect(isDone({ ...action, status: 'Inactive' }, user({ keys: [] }))).toBe(true);
  expect(isDone({ ...action, status: 'Active' }, user({ keys: [] }))).toBe(false);
});
