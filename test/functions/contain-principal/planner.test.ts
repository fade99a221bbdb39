import { planRole, planUser } from '../../../functions/contain-principal/planner';
import type { Role, User } from '../../../functions/incident/principal';
import { policy } from '../../support/policy';
import {
  CLAIMED,
  containing,
  denying,
  EARLIER,
  KEY,
  keyless,
  LATER,
  OTHER_KEY,
  role,
  SESSION_KEY,
  user,
  worn,
} from '../../support/principal';

const plain = policy();
const deactivating = { kind: 'UpdateAccessKey', userName: 'alice', accessKeyId: KEY, status: 'Inactive' };
const revoke = { sid: 'Suturegd0123456789abcdefAt1795255500000', notBefore: CLAIMED };
const denyingUser = { kind: 'PutUserPolicy', userName: 'alice', revoke };
const denyingRole = { kind: 'PutRolePolicy', roleName: 'Worker', revoke };
const exception = (resource: string) =>
  policy({ exceptions: [{ id: 'known', resource, reason: 'r', owner: 'o', expires: '2999-12-31' }] });

describe('a user', () => {
  const both = [deactivating, denyingUser];
  it.each<[string, Partial<User>, { accessKeyId?: string }, readonly object[]]>([
    ['loses the key that the finding names, and its sessions', {}, {}, both],
    [
      'keeps a second key that the finding does not name',
      {
        keys: [
          { id: KEY, active: true },
          { id: OTHER_KEY, active: true },
        ],
      },
      {},
      both,
    ],
    ['with an inactive key loses its sessions', { keys: [{ id: KEY, active: false }] }, {}, [denyingUser]],
    ['keeps all keys where the finding names one of a session', {}, { accessKeyId: SESSION_KEY }, [denyingUser]],
    ['keeps all keys where the finding names one of somebody else', {}, { accessKeyId: OTHER_KEY }, [denyingUser]],
    ['without any key loses its sessions', { keys: [] }, {}, [denyingUser]],
    ['whose sessions are denied until the claim loses its key', { revocation: denying(CLAIMED) }, {}, [deactivating]],
    ['whose sessions are denied until later loses its key', { revocation: denying(LATER) }, {}, [deactivating]],
    ['whose sessions were denied too early loses both', { revocation: denying(EARLIER) }, {}, both],
    ['contained already is left', { keys: [{ id: KEY, active: false }], revocation: denying(LATER) }, {}, []],
    ['with a password keeps it', { password: true }, {}, both],
    ['under a path is known by its name', { path: '/staff/' }, {}, both],
  ])('%s', (_case, parts, asked, actions) => {
    const plan = planUser(user(parts), plain, containing(asked));
    expect(plan).toEqual({ actions, exempt: [], reason: plan.reason });
  });

  it('keeps all keys where the finding names none', () => {
    expect(planUser(user(), plain, keyless()).actions).toEqual([denyingUser]);
  });

  it('is told apart by what is to be done', () => {
    expect(planUser(user(), plain, containing()).reason).toBe(
      `key ${KEY} was found active; sessions from before ${CLAIMED} were not denied`,
    );
    expect(planUser(user({ revocation: denying(LATER) }), plain, containing()).reason).toBe(
      `key ${KEY} was found active`,
    );
  });

  it.each(['alice', 'Alice'])('for breaking glass is held: listed as %s', (name) => {
    const plan = planUser(user(), policy({ breakGlass: { users: [name] } }), containing());
    expect(plan).toMatchObject({ actions: [], exempt: [], held: expect.stringContaining('breaking glass') });
  });

  it('is not spared by the name of a role', () => {
    expect(planUser(user(), policy({ breakGlass: { roles: ['alice'] } }), containing()).actions).toEqual(both);
    const own = plain.ownRoles[0] ?? '';
    expect(planUser(user({ name: own }), plain, containing()).actions).toHaveLength(2);
  });

  it.each([
    ['its ARN', 'arn:aws:iam::111122223333:user/staff/alice'],
    ['its ARN without the path', 'arn:aws:iam::111122223333:user/alice'],
    ['all users under the path', 'arn:aws:iam::*:user/staff/*'],
  ])('is exempt by %s', (_case, resource) => {
    expect(planUser(user({ path: '/staff/' }), exception(resource), containing())).toMatchObject({
      actions: [],
      exempt: [{ target: 'alice', exception: 'known' }],
    });
  });

  it.each(['arn:aws:iam::111122223333:user/alic', 'arn:aws:iam::111122223333:role/*'])('is not by %s', (resource) => {
    expect(planUser(user(), exception(resource), containing()).actions).toEqual(both);
  });

  it('contained already asks for nobody, whoever it is', () => {
    const contained = user({ keys: [], revocation: denying(LATER) });
    const plan = planUser(contained, policy({ breakGlass: { users: ['alice'] } }), containing());
    expect(plan).toEqual({ actions: [], exempt: [], reason: plan.reason });
  });
});

describe('a role', () => {
  it.each<[string, Partial<Role>, readonly object[]]>([
    ['that no instance wears loses its sessions', {}, [denyingRole]],
    ['that one instance wears loses its sessions', { use: worn(1) }, [denyingRole]],
    ['whose sessions were denied too early loses them', { revocation: denying(EARLIER) }, [denyingRole]],
    ['whose sessions are denied until the claim is left', { revocation: denying(CLAIMED) }, []],
    ['whose sessions are denied is left, however many wear it', { use: worn(2), revocation: denying(LATER) }, []],
    ['under a path of its own loses its sessions', { path: '/service-role/' }, [denyingRole]],
    [
      'that is named like something reserved is not',
      { name: 'aws-reserved', path: '/team/aws-reserved/' },
      [{ ...denyingRole, roleName: 'aws-reserved' }],
    ],
  ])('%s', (_case, parts, actions) => {
    const plan = planRole(role(parts), plain, keyless());
    expect(plan).toEqual({ actions, exempt: [], reason: plan.reason });
  });

  it.each<[string, Partial<Role>, object, string]>([
    [
      'that two instances wear',
      { use: worn(2) },
      {},
      '2 instances wear it, and all would lose their sessions: i-0 (eu-west-1), i-1 (eu-west-2)',
    ],
    ['that many wear', { use: worn(9) }, {}, 'and 4 more'],
    ['of which one Region could not be read', { use: worn(0, 'us-west-2') }, {}, 'could not be read: us-west-2'],
    ['that one wears, and perhaps more', { use: worn(1, 'us-west-2') }, {}, 'could not be read: us-west-2'],
    ["that is Suture's own", { name: 'ContainPrincipalRole' }, {}, "Suture's own"],
    ["that is Suture's own, in other letters", { name: 'containprincipalrole' }, {}, "Suture's own"],
    ['for breaking glass', {}, { breakGlass: { roles: ['Worker'] } }, 'breaking glass'],
    ['linked to a service', { path: '/aws-service-role/config.amazonaws.com/' }, {}, 'only AWS may change it'],
    ['of IAM Identity Center', { path: '/aws-reserved/sso.amazonaws.com/eu-west-1/' }, {}, 'only AWS may change it'],
  ])('%s is held', (_case, parts, settings, why) => {
    const plan = planRole(role(parts), policy(settings), keyless());
    expect(plan).toEqual({ actions: [], exempt: [], reason: plan.held, held: plan.held });
    expect(plan.held).toContain(why);
    expect(plan.held).toContain(`sessions from before ${CLAIMED} were not denied`);
  });

  it('is not spared by the name of a user', () => {
    expect(planRole(role(), policy({ breakGlass: { users: ['Worker'] } }), keyless()).actions).toEqual([denyingRole]);
  });

  it('is exempt by its ARN, also where it would be held', () => {
    const settings = exception('arn:aws:iam::111122223333:role/Worker');
    for (const use of [worn(0), worn(2)])
      expect(planRole(role({ use }), settings, keyless())).toMatchObject({
        actions: [],
        exempt: [{ target: 'Worker', exception: 'known' }],
      });
  });
});
