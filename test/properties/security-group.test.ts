import fc from 'fast-check';
import { blueprintFor } from '../../functions/remediate-security-group/blueprint';
import {
  isDone,
  planSecurityGroup,
  restoreRules,
  touchedRules,
} from '../../functions/remediate-security-group/planner';
import {
  type IngressRule,
  permissionKey,
  type SecurityGroup,
  type SecurityGroupAction,
  type Source,
} from '../../functions/remediate-security-group/security-group';
import { groupPolicy } from '../support/policy';
import { applied, group, rule } from '../support/security-group';

const octet = fc.integer({ min: 0, max: 255 });
const cidrIpv4 = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 32 }))
  .map(([a, b, c, d, prefix]) => `${a}.${b}.${c}.${d}/${prefix}`);
const cidrIpv6 = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }),
    fc.integer({ min: 0, max: 128 }),
  )
  .map(([groups, prefix]) => `${groups.map((part) => part.toString(16)).join(':')}/${prefix}`);
const source: fc.Arbitrary<Source> = fc.oneof(
  fc.constantFrom<Source>({ cidrIpv4: '0.0.0.0/0' }, { cidrIpv6: '::/0' }),
  cidrIpv4.map((cidr) => ({ cidrIpv4: cidr })),
  cidrIpv6.map((cidr) => ({ cidrIpv6: cidr })),
  fc.constantFrom<Source>(
    { prefixListId: 'pl-world' },
    { prefixListId: 'pl-office' },
    { groupId: 'sg-0fff0123456789def' },
  ),
);
const port = fc.oneof(fc.constantFrom(22, 80, 443, 0, 65535), fc.integer({ min: 0, max: 65535 }));
const ports = fc.oneof(
  port.map((only) => ({ fromPort: only, toPort: only })),
  fc.tuple(port, port).map(([a, b]) => ({ fromPort: Math.min(a, b), toPort: Math.max(a, b) })),
);
const admitted = fc.oneof(
  fc.tuple(fc.constantFrom('tcp', 'udp', '6', '17'), ports).map(([protocol, range]) => ({ protocol, ...range })),
  fc.constantFrom('-1', '50', '47').map((protocol) => ({ protocol, fromPort: -1, toPort: -1 })),
  fc
    .tuple(
      fc.constantFrom('icmp', 'icmpv6', '1', '58'),
      fc.integer({ min: -1, max: 20 }),
      fc.integer({ min: -1, max: 5 }),
    )
    .map(([protocol, fromPort, toPort]) => ({ protocol, fromPort, toPort })),
);
const ingressRule: fc.Arbitrary<IngressRule> = fc
  .tuple(admitted, source, fc.option(fc.string({ maxLength: 8 }), { nil: undefined }))
  .map(([opened, from, description]) =>
    rule({ ...opened, source: from, ...(description !== undefined && { description }) }),
  );
// EC2 refuses two rules that admit the same.
const securityGroup: fc.Arbitrary<SecurityGroup> = fc
  .uniqueArray(ingressRule, { maxLength: 12, selector: permissionKey })
  .map((ingress) =>
    group(ingress, {
      tags: { tier: 'web' },
      prefixLists: { 'pl-world': ['10.0.0.0/8', '0.0.0.0/0'], 'pl-office': ['198.51.100.0/24'] },
    }),
  );
const blueprint = fc.record({
  groups: fc.constantFrom(
    { ids: ['sg-0abc0123456789def'] },
    { names: ['web'] },
    { tags: { tier: 'web' } },
    { names: ['somebody-else'] },
  ),
  required: fc.array(
    fc.record({
      protocol: fc.constantFrom('tcp', 'udp'),
      port,
      source: fc.constantFrom('0.0.0.0/0', '::/0', '10.1.2.3/8', 'sg-0fff0123456789def'),
    }),
    { maxLength: 3 },
  ),
});
const policy = fc
  .record({
    blueprints: fc.array(blueprint, { maxLength: 2 }),
    allowedPorts: fc.uniqueArray(fc.record({ protocol: fc.constantFrom('tcp', 'udp'), port }), {
      maxLength: 4,
      selector: JSON.stringify,
    }),
    icmp: fc.constantFrom('none', 'pathMtu', 'echo', 'all'),
    keepAllowedPorts: fc.boolean(),
    quasiOpen: fc.record({ ipv4: fc.integer({ min: 0, max: 32 }), ipv6: fc.integer({ min: 0, max: 128 }) }),
  })
  .map(groupPolicy);

const removed = (actions: readonly SecurityGroupAction[]): readonly string[] =>
  actions.flatMap((action) => (action.kind === 'RevokeSecurityGroupIngress' ? action.ruleIds : []));
const runs = { numRuns: 1000 };

it('never removes a rule that alone would pass', () => {
  fc.assert(
    fc.property(securityGroup, policy, (given, rules) => {
      const gone = removed(planSecurityGroup(given, rules).actions);
      const goneAlone = given.ingress.flatMap((one) =>
        removed(planSecurityGroup({ ...given, ingress: [one] }, rules).actions),
      );
      expect([...gone].sort()).toEqual(goneAlone.sort());
    }),
    runs,
  );
});

it('leaves nothing to plan once it is applied, and shows each action in effect', () => {
  fc.assert(
    fc.property(securityGroup, policy, (given, rules) => {
      const { actions } = planSecurityGroup(given, rules);
      const after = applied(actions, given);
      expect(planSecurityGroup(after, rules).actions).toEqual([]);
      for (const action of actions) {
        expect(isDone(action, after)).toBe(true);
        expect(isDone(action, given)).toBe(false);
      }
    }),
    runs,
  );
});

it('opens nothing that was not open before, but what a blueprint by id asks for', () => {
  fc.assert(
    fc.property(securityGroup, policy, (given, rules) => {
      for (const action of planSecurityGroup(given, rules).actions) {
        if (action.kind !== 'AuthorizeSecurityGroupIngress') continue;
        const asked = blueprintFor(given, rules.securityGroups)?.restorable;
        const others = action.permissions.filter((permission) => !asked?.has(permissionKey(permission)));
        expect(rules.securityGroups.keepAllowedPorts || others.length === 0).toBe(true);
        for (const { fromPort, toPort, source: from } of others) {
          expect(fromPort).toBe(toPort);
          const wider = given.ingress.some(
            (old) =>
              JSON.stringify(old.source) === JSON.stringify(from) &&
              (old.fromPort === -1 || (old.fromPort <= fromPort && old.toPort >= toPort)),
          );
          expect(wider).toBe(true);
        }
      }
    }),
    runs,
  );
});

it('keeps enough in a receipt to take a change back', () => {
  fc.assert(
    fc.property(securityGroup, policy, (given, rules) => {
      const { actions } = planSecurityGroup(given, rules);
      const after = applied(actions, given);
      const undo = restoreRules({ actions, touched: JSON.parse(JSON.stringify(touchedRules(actions, given))) }, after);
      if ('conflict' in undo) throw new Error(undo.conflict);
      const restored = applied(undo.actions, after);
      const text = ({ description, ...one }: IngressRule) =>
        JSON.stringify([permissionKey(one as IngressRule), description]);
      expect(restored.ingress.map(text).sort()).toEqual(given.ingress.map(text).sort());
    }),
    runs,
  );
});

it('decides the same whatever the order of the rules', () => {
  fc.assert(
    fc.property(securityGroup, policy, (given, rules) => {
      const reversed = { ...given, ingress: [...given.ingress].reverse() };
      expect([...removed(planSecurityGroup(reversed, rules).actions)].sort()).toEqual(
        [...removed(planSecurityGroup(given, rules).actions)].sort(),
      );
    }),
    runs,
  );
});
