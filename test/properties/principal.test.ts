import fc from 'fast-check';
import { isDone, type PrincipalAction, touchedParts } from '../../functions/contain-principal/actions';
import { planRole, planUser } from '../../functions/contain-principal/planner';
import { invertRole, invertUser } from '../../functions/contain-principal/undo';
import { isRevoked, type Role, type User } from '../../functions/incident/principal';
import { cutoffIn } from '../../functions/incident/revocation';
import { policy } from '../support/policy';
import {
  applied,
  CLAIMED,
  containing,
  denying,
  KEY,
  keyless,
  OTHER_KEY,
  role,
  SESSION_KEY,
  user,
  worn,
} from '../support/principal';

const time = fc
  .date({ min: new Date('2026-11-21T09:00:00Z'), max: new Date('2026-11-21T12:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const foreign = fc.constantFrom<object>(
  { Sid: 'Mine', Effect: 'Deny', Action: 'iam:*', Resource: '*' },
  { Effect: 'Deny', Action: '*', Resource: '*', Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } },
  { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
);
const revocation = fc.option(
  fc.tuple(time, fc.array(foreign, { maxLength: 2 })).map(([at, others]) => denying(at, ...others)),
  { nil: undefined },
);
const only = <T>(key: string, value: T | undefined) => (value === undefined ? {} : { [key]: value });
const users: fc.Arbitrary<User> = fc
  .record({
    keys: fc
      .subarray([KEY, OTHER_KEY])
      .chain((ids) =>
        fc
          .tuple(...ids.map(() => fc.boolean()))
          .map((on) => ids.map((id, index) => ({ id, active: on[index] === true }))),
      ),
    password: fc.boolean(),
    name: fc.constantFrom('alice', 'glass'),
    path: fc.constantFrom('/', '/staff/'),
    revocation,
  })
  .map(({ revocation: text, ...parts }) => user({ ...parts, ...only('revocation', text) }));
const roles: fc.Arbitrary<Role> = fc
  .record({
    name: fc.constantFrom('Worker', 'glass', 'IsolateInstanceRole'),
    path: fc.constantFrom('/', '/team/', '/aws-service-role/config.amazonaws.com/', '/aws-reserved/sso.amazonaws.com/'),
    use: fc.tuple(fc.nat(3), fc.subarray(['us-west-2'])).map(([count, unknown]) => worn(count, ...unknown)),
    revocation,
  })
  .map(({ revocation: text, ...parts }) => role({ ...parts, ...only('revocation', text) }));
const incidents = fc
  .constantFrom(KEY, OTHER_KEY, SESSION_KEY, undefined)
  .map((accessKeyId) => (accessKeyId === undefined ? keyless() : containing({ accessKeyId })));
/** Not before the claim: an apply comes after it. */
const moments = time.map((at) => (at < CLAIMED ? CLAIMED : at));
const settings = policy({ breakGlass: { users: ['glass'], roles: ['glass'] } });

const others = (text: string | undefined) =>
  (text === undefined
    ? []
    : (JSON.parse(text) as { Statement: { Condition?: { DateLessThan?: object } }[] }).Statement
  ).filter(({ Condition }) => Condition?.DateLessThan === undefined);
const holds = <S extends User | Role>(before: S, after: S) => {
  // What stood beside the time stays, and the time never goes back.
  expect(others(after.revocation)).toEqual(others(before.revocation));
  const [was, is] = [cutoffIn(before.revocation), cutoffIn(after.revocation)];
  if (was !== undefined) expect(is !== undefined && is >= was).toBe(true);
};

it('a contained user needs nothing more, and nothing else of it changed', () => {
  fc.assert(
    fc.property(users, incidents, moments, (before, incident, at) => {
      const { actions, held } = planUser(before, settings, incident);
      const after = applied(before, actions, at);
      expect(planUser(after, settings, incident).actions).toEqual([]);
      expect(actions.every((action) => isDone(action, after) && !isDone(action, before))).toBe(true);
      holds(before, after);
      const { accessKeyId } = incident;
      for (const key of before.keys)
        if (key.id !== accessKeyId || held !== undefined) expect(after.keys).toContainEqual(key);
      expect(after).toMatchObject({ name: before.name, password: before.password });
      if (before.name === 'glass') expect(after).toEqual(before);
      else {
        expect(isRevoked(after.revocation, incident.claimed)).toBe(true);
        expect(after.keys.some(({ id, active }) => active && id === accessKeyId)).toBe(false);
      }
    }),
  );
});

it('a contained role needs nothing more; who must not be touched is not', () => {
  fc.assert(
    fc.property(roles, moments, (before, at) => {
      const { actions, held } = planRole(before, settings, keyless());
      const after = applied(before, actions, at);
      if (held === undefined) expect(planRole(after, settings, keyless()).actions).toEqual([]);
      expect(actions.every((action) => isDone(action, after) && !isDone(action, before))).toBe(true);
      holds(before, after);
      const isSpared =
        before.name !== 'Worker' ||
        before.path.startsWith('/aws-') ||
        before.use.instances.length > 1 ||
        before.use.unknown.length > 0;
      if (isSpared) expect(after).toEqual(before);
      else expect(isRevoked(after.revocation, CLAIMED)).toBe(true);
    }),
  );
});

it('what was done is taken back whole', () => {
  fc.assert(
    fc.property(users, roles, incidents, moments, (someone, worker, incident, at) => {
      const ofUser = planUser(someone, settings, incident).actions;
      const ofRole = planRole(worker, settings, incident).actions;
      const backUser = invertUser(changeOf(ofUser, someone), applied(someone, ofUser, at));
      const backRole = invertRole(changeOf(ofRole, worker), applied(worker, ofRole, at));
      if ('conflict' in backUser || 'conflict' in backRole) throw new Error('nobody changed anything');
      expect(applied(applied(someone, ofUser, at), backUser.actions)).toEqual(someone);
      expect(applied(applied(worker, ofRole, at), backRole.actions)).toEqual(worker);
    }),
  );
});

const changeOf = <A extends PrincipalAction>(actions: readonly A[], before: User | Role) => ({
  actions,
  touched: touchedParts(actions, before),
});
