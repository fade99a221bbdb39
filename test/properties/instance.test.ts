import fc from 'fast-check';
import type { Instance, InstanceRole, NetworkInterface, QuarantineGroup } from '../../functions/incident/instance';
import { changeable, isCutOff, isDenied, nodeTag, whyShared } from '../../functions/incident/instance';
import { channelsOf } from '../../functions/incident/instance-channels';
import { withCutoff } from '../../functions/incident/revocation';
import type { InstanceAction } from '../../functions/isolate-instance/actions';
import { isDone, touchedParts } from '../../functions/isolate-instance/effects';
import { planInstance } from '../../functions/isolate-instance/planner';
import { restoreInstance } from '../../functions/isolate-instance/undo';
import {
  applied,
  elastic,
  group,
  ID,
  instance,
  instanceRole,
  isolating,
  NOW,
  networkInterface,
  OTHER_VPC,
  profile,
  QUARANTINE_GROUP,
  TAGS,
  target,
  VPC,
  volume,
  without,
} from '../support/instance';
import { policy } from '../support/policy';
import { trustOf } from '../support/principal';

const QUARANTINE: Readonly<Record<string, string>> = { [VPC]: QUARANTINE_GROUP, [OTHER_VPC]: 'sg-0badbadbadbadbad2' };
const vpcs = fc.constantFrom(VPC, OTHER_VPC);
const tags = fc.constantFrom([], TAGS, [{ key: 'Name', value: 'web' }], [{ key: 'soc:status', value: 'released' }]);
const trackings = fc.constantFrom(
  {},
  { tcpEstablished: 60, udpStream: 60, udp: 30 },
  { tcpEstablished: 350, udpStream: 180, udp: 30 },
);
const interfaces: fc.Arbitrary<NetworkInterface[]> = fc
  .array(
    fc.record({
      vpcId: vpcs,
      others: fc.subarray(['sg-0web', 'sg-0ssh']),
      isBehind: fc.boolean(),
      ipv6: fc.subarray(['2001:db8::1', '2001:db8::2']),
      elastic: fc.subarray([elastic(1), elastic(2)]),
      tracking: trackings,
      tags,
      isManaged: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((all) =>
    all.map(({ isManaged, isBehind, others, ...parts }, index) =>
      networkInterface({
        ...parts,
        id: `eni-${index}`,
        deviceIndex: index,
        groups: isBehind ? [...others, QUARANTINE[parts.vpcId] ?? ''].sort() : others,
        ...(isManaged && { managedBy: 'eks.amazonaws.com' }),
      }),
    ),
  );
const rules = fc.tuple(fc.nat(2), fc.nat(2));
const groups = fc.tuple(fc.boolean(), rules, rules);
const roles: fc.Arbitrary<InstanceRole> = fc.record({
  name: fc.constantFrom('Worker', 'glass', 'IsolateInstanceRole'),
  path: fc.constantFrom('/', '/team/', '/aws-service-role/ec2.amazonaws.com/'),
  trust: fc.constantFrom(
    trustOf({ Service: 'ec2.amazonaws.com' }),
    trustOf({ Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] }),
    '{',
  ),
  use: fc.record({
    instances: fc.subarray([{ id: 'i-1', region: 'us-east-1' }]),
    unknown: fc.subarray(['us-west-2']),
  }),
});
const revocations = fc
  .constantFrom(undefined, '2026-11-21T10:05:59.999Z', NOW, '2026-11-21T11:00:00.000Z')
  .map((cutoff) => cutoff && withCutoff(undefined, { cutoff, sid: 'x' }));

const instances: fc.Arbitrary<Instance> = fc
  .record({
    nitro: fc.boolean(),
    spot: fc.boolean(),
    tags,
    interfaces,
    groups: fc.tuple(groups, groups),
    volumes: fc.array(fc.record({ deleteOnTermination: fc.boolean(), tags }), { maxLength: 3 }),
    disableApiTermination: fc.boolean(),
    shutdownBehavior: fc.constantFrom('stop', 'terminate'),
    metadataEndpoint: fc.constantFrom('enabled', 'disabled'),
    targets: fc.subarray([target(), target({ port: 443 }), target({ id: '10.0.1.4', targetGroupArn: 'arn:b' })]),
    draining: fc.boolean(),
    autoScalingGroup: fc.option(fc.constant('workers'), { nil: undefined }),
    worn: fc.constantFrom('none', 'own', 'quarantine'),
    role: fc.option(roles, { nil: undefined }),
    revocation: revocations,
    unread: fc.subarray([
      { part: 'auto scaling', why: 'Throttling' },
      { part: 'role', why: 'AccessDenied' },
    ] as const),
  })
  .map(({ groups: drawn, volumes, draining, worn, role, revocation, autoScalingGroup, ...parts }) => {
    const used = new Set(changeable(parts).map(({ vpcId }) => vpcId));
    const quarantine = [VPC, OTHER_VPC].flatMap((vpcId, index): QuarantineGroup[] => {
      const [isThere, ingress, egress] = drawn[index] ?? [false, [0, 0], [0, 0]];
      if (!used.has(vpcId)) return [];
      // Nothing is behind a group that is not there.
      const isNeeded = isThere || parts.interfaces.some(({ groups }) => groups.includes(QUARANTINE[vpcId] ?? ''));
      return [
        isNeeded
          ? group({ vpcId, groupId: QUARANTINE[vpcId] ?? '', ingress, egress })
          : group({ vpcId, groupId: null }),
      ];
    });
    const base = instance({
      ...parts,
      quarantine,
      targets: parts.targets.map((one) => (draining ? { ...one, health: 'draining' } : one)),
      volumes: volumes.map((one, index) => volume({ ...one, id: `vol-${index}`, device: `/dev/sd${index}` })),
      ...(autoScalingGroup !== undefined && { autoScalingGroup }),
      ...(role && { role: { ...instanceRole(role), ...(revocation !== undefined && { revocation }) } }),
      wearsQuarantine: worn === 'quarantine',
      ...(worn === 'quarantine' && { profile: { ...profile('SutureQuarantine'), since: NOW } }),
      // Without a profile it was last seen with one some time ago, or never.
      ...(worn !== 'own' && role && { roleLeft: NOW }),
    });
    return without(base, ...(role ? [] : (['role'] as const)), ...(worn === 'none' ? (['profile'] as const) : []));
  });

const settings = policy({ breakGlass: { roles: ['glass'] } });
const plan = (one: Instance) => planInstance(one, settings, isolating());
const isCut = (action: InstanceAction) => action.kind === 'ModifyNetworkInterfaceAttribute' && 'groups' in action;

it('an isolated instance needs nothing more, and no channel is left that a plan could close', () => {
  fc.assert(
    fc.property(instances, (before) => {
      const { actions } = plan(before);
      const after = applied(before, actions);
      expect(plan(after).actions).toEqual([]);
      for (const action of actions) {
        expect({ action, done: isDone(action, after) }).toEqual({ action, done: true });
        expect({ action, done: isDone(action, before) }).toEqual({ action, done: false });
      }
      expect(changeable(after).filter((one) => !isCutOff(after, one))).toEqual([]);
      const status = new Map(channelsOf(after, settings).map((one) => [one.channel, one.status]));
      for (const channel of ['IPv4', 'IPv6', 'metadata service', 'new role sessions', 'load balancers'])
        expect({ channel, status: status.get(channel) }).toEqual({ channel, status: 'closed' });
      if (after.role && whyShared(after.role, settings) === undefined) expect(isDenied(after)).toBe(true);
      else if (
        after.role &&
        !isDenied(before) &&
        !isDenied(after) &&
        before.unread.every(({ part }) => part !== 'role')
      )
        expect(status.get('older role sessions')).toBe('open');
    }),
  );
});

it('nothing is ever opened, given back, or taken from what a service manages', () => {
  const closing = new Set(
    [
      'ModifyInstanceAttribute CreateTags DetachInstances DeregisterTargets CreateSecurityGroup RevokeSecurityGroupIngress',
      'RevokeSecurityGroupEgress ModifyNetworkInterfaceAttribute DisassociateAddress UnassignIpv6Addresses',
      'ModifyInstanceMetadataOptions ReplaceIamInstanceProfileAssociation PutRolePolicy',
    ].flatMap((line) => line.split(' ')),
  );
  fc.assert(
    fc.property(instances, (before) => {
      const managed = before.interfaces.filter(({ managedBy }) => managedBy !== undefined).map(({ id }) => id);
      let state = before;
      for (const action of plan(before).actions) {
        expect(closing).toContain(action.kind);
        if ('interfaceId' in action) expect(managed).not.toContain(action.interfaceId);
        if (action.kind === 'CreateTags') for (const id of managed) expect(action.resources).not.toContain(id);
        if (action.kind === 'ReplaceIamInstanceProfileAssociation')
          expect(action.profile).toEqual({ name: 'SutureQuarantine' });
        if (action.kind === 'PutRolePolicy') {
          expect(action.roleName).toBe('Worker');
          expect(before.role && whyShared(before.role, settings)).toBeUndefined();
        }
        const next = applied(state, [action]);
        // Who is cut off once stays so, at each step.
        for (const one of changeable(state).filter((known) => isCutOff(state, known)))
          expect(
            changeable(next)
              .filter(({ id }) => id === one.id)
              .every((known) => isCutOff(next, known)),
          ).toBe(true);
        state = next;
      }
      expect(state.interfaces.filter(({ managedBy }) => managedBy)).toEqual(
        before.interfaces.filter(({ managedBy }) => managedBy),
      );
    }),
  );
});

it('each step comes after those without which it would do harm, or nothing', () => {
  fc.assert(
    fc.property(instances, (before) => {
      const { actions } = plan(before);
      const at = (test: (action: InstanceAction) => boolean) =>
        actions.flatMap((action, index) => (test(action) ? [index] : []));
      const kind = (...kinds: readonly string[]) => at((action) => kinds.includes(action.kind));
      const last = (indices: readonly number[]) => Math.max(-1, ...indices);
      const first = (indices: readonly number[]) => Math.min(actions.length, ...indices);
      // Unhealthy by the cut, it would be ended: with its evidence.
      expect(last(kind('DetachInstances', 'DeregisterTargets', 'ModifyInstanceAttribute'))).toBeLessThan(
        first(at(isCut)),
      );
      // A connection takes its timeout from the interface while its group lets it through.
      for (const { id } of changeable(before)) {
        const timeout = at((action) => 'tracking' in action && action.interfaceId === id);
        expect(last(timeout)).toBeLessThan(
          first(at((action) => isCut(action) && 'interfaceId' in action && action.interfaceId === id)),
        );
      }
      // An instance that can get another session after the denial has one that is not denied.
      expect(last(kind('ReplaceIamInstanceProfileAssociation'))).toBeLessThan(first(kind('PutRolePolicy')));
      for (const index of kind('PutRolePolicy'))
        expect(actions[index]?.needs === undefined).toBe(kind('ReplaceIamInstanceProfileAssociation').length === 0);
      for (const [index, { needs }] of actions.entries()) if (needs !== undefined) expect(needs).toBeLessThan(index);
    }),
  );
});

it('an interface is put behind no group that is not there, or not empty: what it needs must have come before', () => {
  fc.assert(
    fc.property(instances, fc.nat(), (before, failing) => {
      const { actions } = plan(before);
      const failed = actions.length === 0 ? 0 : failing % actions.length;
      const skipped = new Set([failed]);
      for (const [index, { needs }] of actions.entries())
        if (needs !== undefined && skipped.has(needs)) skipped.add(index);
      let state = before;
      for (const [index, action] of actions.entries()) {
        if (skipped.has(index)) continue;
        if (isCut(action) && 'groups' in action && 'quarantineOf' in action.groups) {
          const { quarantineOf } = action.groups;
          expect(state.quarantine.find(({ vpcId }) => vpcId === quarantineOf)).toMatchObject({
            groupId: expect.any(String),
            ingress: { ipv4: 0, ipv6: 0 },
            egress: { ipv4: 0, ipv6: 0 },
          });
        }
        state = applied(state, [action]);
      }
      // A repeat does the rest, whatever failed.
      expect(plan(applied(state, plan(state).actions)).actions).toEqual([]);
    }),
  );
});

it('who is a node, or covered by an exception, is not touched', () => {
  const spared = policy({
    exceptions: [
      { id: 'known', resource: `arn:aws:ec2:*:*:instance/${ID}`, reason: 'r', owner: 'o', expires: '2999-12-31' },
    ],
  });
  fc.assert(
    fc.property(instances, (before) => {
      expect(planInstance(before, spared, isolating()).actions).toEqual([]);
      const node = { ...before, tags: [...before.tags, { key: 'eks:cluster-name', value: 'prod' }] };
      expect(nodeTag(node)).toBeDefined();
      expect(plan(node).actions).toEqual([]);
      if (plan(before).actions.length > 0) expect(plan(node).held).toContain('eks:cluster-name');
    }),
  );
});

it('what was done can be taken back: the receipt tells what was so before', () => {
  fc.assert(
    fc.property(instances, (before) => {
      const { actions } = plan(before);
      const touched = JSON.parse(JSON.stringify(touchedParts(actions, before))) as unknown;
      const back = restoreInstance({ actions, touched }, applied(before, actions));
      if ('conflict' in back) throw new Error(back.conflict);
      const groupsOf = (id: string) =>
        back.actions.find((action) => 'groups' in action && action.interfaceId === id) as
          | { groups?: unknown }
          | undefined;
      for (const action of actions)
        if (isCut(action) && 'interfaceId' in action)
          expect(groupsOf(action.interfaceId)?.groups).toEqual(
            before.interfaces.find(({ id }) => id === action.interfaceId)?.groups,
          );
      if (actions.some(({ kind }) => kind === 'ReplaceIamInstanceProfileAssociation'))
        expect(back.actions).toContainEqual(expect.objectContaining({ profile: { arn: before.profile?.arn } }));
    }),
  );
});
