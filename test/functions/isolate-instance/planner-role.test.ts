import type { Instance, InstanceRole } from '../../../functions/incident/instance';
import { withCutoff } from '../../../functions/incident/revocation';
import { planInstance } from '../../../functions/isolate-instance/planner';
import { deny, exchange, instanceRole, isolated, isolating, NOW, profile, without } from '../../support/instance';
import { policy } from '../../support/policy';
import { trustOf } from '../../support/principal';

const plan = (one: Instance, settings = policy()) => planInstance(one, settings, isolating());
const actionsFor = (one: Instance) => plan(one).actions;

describe('the role', () => {
  const wearing = (role: Partial<InstanceRole> = {}) =>
    without(isolated({ profile: profile(), wearsQuarantine: false, role: instanceRole(role) }), 'roleLeft');
  const denyingBefore = (cutoff: string) => withCutoff(undefined, { cutoff, sid: 'x' });

  it.each<[string, Instance, readonly object[]]>([
    ['is taken away, and then its older sessions are denied', wearing(), [exchange, { ...deny, needs: 0 }]],
    [
      'whose sessions were denied before the exchange has them denied after it',
      wearing({ revocation: denyingBefore('2026-11-21T10:05:00.000Z') }),
      [exchange, { ...deny, needs: 0 }],
    ],
    [
      'of a profile with a path is taken away',
      { ...wearing(), profile: profile('Worker', '/team/x/') },
      [exchange, { ...deny, needs: 0 }],
    ],
    ['that was taken away has its sessions denied', isolated({ role: instanceRole() }), [deny]],
    [
      'whose sessions were denied too early has them denied',
      isolated({ role: instanceRole({ revocation: denyingBefore('2026-11-21T10:05:59.000Z') }) }),
      [deny],
    ],
    [
      'whose sessions are denied until the exchange is left',
      isolated({ role: instanceRole({ revocation: denyingBefore(NOW) }) }),
      [],
    ],
    ['is not asked for where there is no profile', without(isolated(), 'profile', 'role', 'roleLeft'), []],
    [
      'that a profile does not hold is not asked for, and the profile is replaced',
      without(wearing(), 'role'),
      [exchange],
    ],
    [
      'that is not known is left, and the profile is replaced',
      { ...without(wearing(), 'role'), roleKnown: false },
      [exchange],
    ],
    [
      'of an instance without the profile that it had has its sessions denied',
      without(isolated({ role: instanceRole() }), 'profile'),
      [deny],
    ],
  ])('%s', (_case, one, actions) => {
    expect(actionsFor(one)).toEqual(actions);
  });

  it.each<[string, Partial<InstanceRole>, object]>([
    ['that another instance wears', { use: { instances: [{ id: 'i-1', region: 'us-east-1' }], unknown: [] } }, {}],
    ['of which a Region could not be read', { use: { instances: [], unknown: ['us-east-1'] } }, {}],
    [
      'that another service may assume',
      { trust: trustOf({ Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] }) },
      {},
    ],
    [
      'that a person may assume',
      { trust: trustOf({ Service: 'ec2.amazonaws.com' }, { AWS: 'arn:aws:iam::111122223333:root' }) },
      {},
    ],
    ['whose trust cannot be read', { trust: '{' }, {}],
    ["that is Suture's own", { name: 'IsolateInstanceRole' }, {}],
    ["that is Suture's own, in other letters", { name: 'isolateinstancerole' }, {}],
    ['for breaking glass', {}, { breakGlass: { roles: ['Worker'] } }],
    ['for breaking glass, listed in other letters', {}, { breakGlass: { roles: ['WORKER'] } }],
    ['linked to a service', { path: '/aws-service-role/ec2.amazonaws.com/' }, {}],
    ['of IAM Identity Center', { path: '/aws-reserved/sso.amazonaws.com/' }, {}],
  ])('%s keeps its sessions, and is taken away all the same', (_case, role, settings) => {
    expect(plan(wearing(role), policy(settings)).actions).toEqual([exchange]);
  });
});
