import { planSecurityGroup, portsText, touchedRules } from '../../../functions/remediate-security-group/planner';
import { groupPolicy, policy } from '../../support/policy';
import { applied, group, rule } from '../../support/security-group';

const revoke = (...ruleIds: string[]) => ({
  kind: 'RevokeSecurityGroupIngress',
  groupId: 'sg-0abc0123456789def',
  ruleIds,
});

describe('with the default policy', () => {
  it.each([
    ['SSH over IPv4', rule()],
    ['SSH over IPv6', rule({ cidr: '::/0' })],
    ['the world in a notation of its own', rule({ cidr: '198.51.100.254/0' })],
    ['the IPv6 world in a notation of its own', rule({ cidr: '0::0/0' })],
    ['SMTPS', rule({ port: 465 })],
    ['an allowed port over UDP', rule({ protocol: 'udp', port: 443 })],
    ['an allowed port by the number of UDP', rule({ protocol: '17', port: 443 })],
    ['all TCP ports', rule({ fromPort: 0, toPort: 65535 })],
    ['a range that spans the allowed ports', rule({ fromPort: 80, toPort: 443 })],
    ['a range that begins with an allowed port', rule({ fromPort: 443, toPort: 444 })],
    ['all traffic', rule({ protocol: '-1', fromPort: -1, toPort: -1 })],
    ['all traffic over IPv6', rule({ protocol: '-1', fromPort: -1, toPort: -1, cidr: '::/0' })],
    ['TCP without ports', rule({ fromPort: -1, toPort: -1 })],
    ['ESP, by its number', rule({ protocol: '50', fromPort: -1, toPort: -1 })],
    ['one half of the internet', rule({ cidr: '128.0.0.0/1' })],
    ['a prefix just short enough', rule({ cidr: '54.0.0.0/7' })],
    ['the global unicast space of IPv6', rule({ cidr: '2000::/3' })],
    ['an IPv6 prefix just short enough', rule({ cidr: '2600::/15' })],
    ['all ICMP', rule({ protocol: 'icmp', fromPort: -1, toPort: -1 })],
    ['all ICMPv6', rule({ protocol: 'icmpv6', fromPort: -1, toPort: -1, cidr: '::/0' })],
    ['ICMP echo', rule({ protocol: 'icmp', fromPort: 8, toPort: -1 })],
    ['ICMP destination unreachable with any code', rule({ protocol: 'icmp', fromPort: 3, toPort: -1 })],
    ['an ICMP type that is an allowed port', rule({ protocol: 'icmp', fromPort: 80, toPort: 80 })],
  ])('revokes %s, by id', (_case, exposed) => {
    const kept = rule({ port: 443 });
    expect(planSecurityGroup(group([kept, exposed]), policy()).actions).toEqual([revoke(exposed.ruleId)]);
  });

  it.each([
    ['HTTPS', rule({ port: 443 })],
    ['HTTP over IPv6', rule({ port: 80, cidr: '::/0' })],
    ['HTTPS by the number of TCP', rule({ protocol: '6', port: 443 })],
    ['SSH from one address', rule({ cidr: '198.51.100.7/32' })],
    ['all traffic from a private range', rule({ protocol: '-1', fromPort: -1, toPort: -1, cidr: '10.0.0.0/8' })],
    [
      'all traffic from a unique local range, short as it is',
      rule({ protocol: '-1', fromPort: -1, toPort: -1, cidr: 'fc00::/7' }),
    ],
    ['a prefix just long enough', rule({ cidr: '54.0.0.0/8' })],
    ['an IPv6 prefix just long enough', rule({ cidr: '2600::/16' })],
    [
      'all traffic from another group',
      rule({ protocol: '-1', fromPort: -1, toPort: -1, source: { groupId: 'sg-0fff0123456789def' } }),
    ],
    [
      'all traffic within the group',
      rule({ protocol: '-1', fromPort: -1, toPort: -1, source: { groupId: 'sg-0abc0123456789def' } }),
    ],
    ['path MTU discovery', rule({ protocol: 'icmp', fromPort: 3, toPort: 4 })],
    ['path MTU discovery by the number of ICMP', rule({ protocol: '1', fromPort: 3, toPort: 4 })],
    ['path MTU discovery of IPv6', rule({ protocol: 'icmpv6', fromPort: 2, toPort: 0, cidr: '::/0' })],
  ])('keeps %s', (_case, kept) => {
    expect(planSecurityGroup(group([kept]), policy())).toEqual({
      actions: [],
      exempt: [],
      reason: 'no rule exposes more than the policy allows',
    });
  });

  it('revokes all that is exposed in one call, and says what it was', () => {
    const exposed = [rule({ port: 22 }), rule({ port: 465 }), rule({ port: 993, cidr: '::/0' })];
    const plan = planSecurityGroup(group([rule({ port: 443 }), ...exposed, rule({ cidr: '10.0.0.0/8' })]), policy());
    expect(plan.actions).toEqual([revoke(...exposed.map(({ ruleId }) => ruleId))]);
    expect(plan.reason).toBe('open to the internet: port 22, port 465, port 993');
  });

  it('fails rather than guess at a source that it cannot read', () => {
    expect(() => planSecurityGroup(group([rule({ source: { cidrIpv4: 'everywhere' } })]), policy())).toThrow();
    expect(() =>
      planSecurityGroup(group([rule({ source: { prefixListId: 'pl-0123456789abcdef0' } })]), policy()),
    ).toThrow('the entries of pl-0123456789abcdef0 were not read');
  });
});

describe('prefix lists', () => {
  const listed = (port: number, cidrs: readonly string[]) =>
    planSecurityGroup(
      group([rule({ port, source: { prefixListId: 'pl-1' } })], { prefixLists: { 'pl-1': cidrs } }),
      policy(),
    ).actions.length;

  it.each([
    [22, ['0.0.0.0/0'], 1],
    [443, ['0.0.0.0/0'], 0],
    [22, ['10.0.0.0/8', '198.51.100.0/24'], 0],
    [22, ['10.0.0.0/8', '::/0'], 1],
    [22, ['0.0.0.0/1', '128.0.0.0/1'], 1],
    [22, [], 0],
  ])('port %d from %j takes %d actions', (port, cidrs, actions) => {
    expect(listed(port, cidrs)).toBe(actions);
  });

  it('is the world when its entries make it up together', () => {
    const eighths = Array.from({ length: 256 }, (_, index) => `${index}.0.0.0/8`);
    expect(listed(22, eighths)).toBe(1);
    expect(
      listed(
        22,
        eighths.filter((_, index) => index % 2 === 0),
      ),
    ).toBe(0);
    // All but one address.
    const allButOne = Array.from({ length: 32 }, (_, bit) => {
      const address = 2 ** (31 - bit);
      return `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')}/${bit + 1}`;
    });
    expect(listed(22, allButOne)).toBe(1);
  });
});

describe('a receipt', () => {
  const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}`, '漢'.repeat(256)]));

  it('never outgrows a table item, whatever the tags: what exceeds it is left to the next round', () => {
    const crowd = group(Array.from({ length: 20 }, (_, index) => rule({ port: 1000 + index, tags })));
    const { actions } = planSecurityGroup(crowd, policy());
    const [first] = actions;
    expect(first?.kind === 'RevokeSecurityGroupIngress' && first.ruleIds.length).toBe(3);
    expect(Buffer.byteLength(JSON.stringify(touchedRules(actions, crowd)))).toBeLessThan(200_000);
  });

  it('keeps every key that a tag may have', () => {
    const odd = rule({ tags: Object.fromEntries([['__proto__', 'x']]) });
    const { actions } = planSecurityGroup(group([odd]), policy());
    expect(touchedRules(actions, group([odd])).rules).toMatchObject([{ tags: [{ key: '__proto__', value: 'x' }] }]);
  });
});

describe('ICMP', () => {
  const [echo, echo6] = [
    rule({ protocol: 'icmp', fromPort: 8, toPort: -1 }),
    rule({ protocol: 'icmpv6', fromPort: 128, toPort: 0, cidr: '::/0' }),
  ];
  const [mtu, mtu6] = [
    rule({ protocol: 'icmp', fromPort: 3, toPort: 4 }),
    rule({ protocol: 'icmpv6', fromPort: 2, toPort: 0, cidr: '::/0' }),
  ];
  const redirect = rule({ protocol: 'icmp', fromPort: 5, toPort: -1 });

  it.each([
    ['none', [echo, echo6, mtu, mtu6, redirect]],
    ['pathMtu', [echo, echo6, redirect]],
    ['echo', [redirect]],
    ['all', []],
  ])('under "%s" is revoked as the policy says', (icmp, revoked) => {
    const { actions } = planSecurityGroup(group([echo, echo6, mtu, mtu6, redirect]), groupPolicy({ icmp }));
    expect(actions).toEqual(revoked.length > 0 ? [revoke(...revoked.map(({ ruleId }) => ruleId))] : []);
  });
});

describe('with keepAllowedPorts', () => {
  const narrowing = groupPolicy({ keepAllowedPorts: true });
  const https = { protocol: 'tcp', fromPort: 443, toPort: 443 };
  const http = { protocol: 'tcp', fromPort: 80, toPort: 80 };

  it.each([
    ['all traffic', rule({ protocol: '-1', fromPort: -1, toPort: -1, description: 'web' }), [http, https]],
    ['a range', rule({ fromPort: 400, toPort: 500, description: 'web' }), [https]],
  ])('authorises the allowed ports of %s before it goes', (_case, wide, kept) => {
    const plan = planSecurityGroup(group([wide]), narrowing);
    expect(plan.actions).toEqual([
      {
        kind: 'AuthorizeSecurityGroupIngress',
        groupId: 'sg-0abc0123456789def',
        permissions: kept.map((ports) => ({ ...ports, source: wide.source, description: 'web' })),
      },
      { ...revoke(wide.ruleId), needs: 0 },
    ]);
  });

  it('revokes what has nothing allowed in it first, whatever becomes of the rest', () => {
    const [wide, ssh] = [rule({ fromPort: 0, toPort: 65535 }), rule()];
    const plan = planSecurityGroup(group([wide, ssh]), narrowing);
    expect(plan.actions).toEqual([
      revoke(ssh.ruleId),
      expect.objectContaining({ kind: 'AuthorizeSecurityGroupIngress' }),
      { ...revoke(wide.ruleId), needs: 1 },
    ]);
  });

  it('authorises nothing that is there already', () => {
    const wide = rule({ fromPort: 80, toPort: 443 });
    const plan = planSecurityGroup(group([wide, rule({ port: 80 }), rule({ port: 443 })]), narrowing);
    expect(plan.actions).toEqual([revoke(wide.ruleId)]);
  });

  it('keeps ports only: wide ICMP goes as a whole', () => {
    const icmp = rule({ protocol: 'icmp', fromPort: -1, toPort: -1 });
    expect(planSecurityGroup(group([icmp]), narrowing).actions).toEqual([revoke(icmp.ruleId)]);
  });

  it('leaves nothing to plan once applied', () => {
    const before = group([
      rule({ protocol: '-1', fromPort: -1, toPort: -1 }),
      rule({ fromPort: 0, toPort: 1023, cidr: '::/0' }),
      rule(),
    ]);
    const after = applied(planSecurityGroup(before, narrowing).actions, before);
    expect(planSecurityGroup(after, narrowing).actions).toEqual([]);
    expect(after.ingress.map(({ fromPort, source }) => [fromPort, Object.values(source)[0]])).toEqual([
      [80, '0.0.0.0/0'],
      [443, '0.0.0.0/0'],
      [80, '::/0'],
      [443, '::/0'],
    ]);
  });
});

describe('exceptions', () => {
  const exception = { id: 'legacy', reason: 'migration', owner: 'ops', expires: '2027-01-31' };
  const ssh = rule();
  const telnet = rule({ port: 23 });

  it.each([
    ['of the group', `arn:aws:ec2:*:*:security-group/sg-0abc*`, [], [ssh.ruleId, telnet.ruleId]],
    [
      'of one rule',
      `arn:aws:ec2:eu-west-1:111122223333:security-group-rule/${ssh.ruleId}`,
      [revoke(telnet.ruleId)],
      [ssh.ruleId],
    ],
    ['of another group', 'arn:aws:ec2:*:*:security-group/sg-0def*', [revoke(ssh.ruleId, telnet.ruleId)], []],
    [
      'of a name that only begins alike',
      'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0abc',
      [revoke(ssh.ruleId, telnet.ruleId)],
      [],
    ],
  ])('%s', (_case, resource, actions, exempt) => {
    const plan = planSecurityGroup(group([ssh, telnet]), policy({ exceptions: [{ ...exception, resource }] }));
    expect(plan.actions).toEqual(actions);
    expect(plan.exempt).toEqual(exempt.map((target) => ({ target, exception: 'legacy' })));
  });

  it.each([
    ['counts when the switch is on and the exception registered', true, 'legacy', [telnet.ruleId]],
    ['does not count when the switch is off', false, 'legacy', [ssh.ruleId, telnet.ruleId]],
    ['does not count when nobody registered it', true, 'mine', [ssh.ruleId, telnet.ruleId]],
  ])('named by a tag on a rule %s', (_case, enabled, id, revoked) => {
    const tagged = { ...ssh, tags: { 'suture:exempt': id } };
    const plan = planSecurityGroup(
      group([tagged, telnet]),
      policy({ exceptions: [exception], exemptTag: { enabled } }),
    );
    expect(plan.actions).toEqual([revoke(...revoked)]);
  });

  it('named by a tag on the group covers all of it', () => {
    const plan = planSecurityGroup(
      group([ssh, telnet], { tags: { 'suture:exempt': 'legacy' } }),
      policy({ exceptions: [exception], exemptTag: { enabled: true } }),
    );
    expect(plan).toMatchObject({ actions: [], exempt: [{ target: ssh.ruleId }, { target: telnet.ruleId }] });
  });

  it('with a resource of its own cannot be claimed by a tag elsewhere', () => {
    const elsewhere = { ...exception, resource: 'arn:aws:ec2:*:*:security-group/sg-0def*' };
    const plan = planSecurityGroup(
      group([ssh], { tags: { 'suture:exempt': 'legacy' } }),
      policy({ exceptions: [elsewhere], exemptTag: { enabled: true } }),
    );
    expect(plan.actions).toEqual([revoke(ssh.ruleId)]);
  });
});

it('plans no more than a receipt can hold, and the rest next time', () => {
  const heavy = Array.from({ length: 30 }, (_, index) =>
    rule({
      port: 1000 + index,
      tags: Object.fromEntries(Array.from({ length: 40 }, (_unused, tag) => [`tag-${tag}`, 'x'.repeat(256)])),
    }),
  );
  let current = group(heavy);
  let rounds = 0;
  for (; ; rounds++) {
    const { actions } = planSecurityGroup(current, policy());
    if (actions.length === 0) break;
    expect(
      JSON.stringify(current.ingress.filter(({ ruleId }) => JSON.stringify(actions).includes(ruleId))).length,
    ).toBeLessThan(250_000);
    current = applied(actions, current);
  }
  expect(current.ingress).toEqual([]);
  expect(rounds).toBeGreaterThan(1);
});

it.each([
  [rule({ port: 465 }), 'port 465'],
  [rule({ fromPort: 0, toPort: 65535 }), 'ports 0-65535'],
  [rule({ protocol: 'udp', port: 53 }), 'udp port 53'],
  [rule({ protocol: '-1', fromPort: -1, toPort: -1 }), 'all traffic'],
  [rule({ protocol: 'icmp', fromPort: 8, toPort: -1 }), 'icmp type 8'],
  [rule({ protocol: '58', fromPort: -1, toPort: -1 }), 'all icmpv6'],
  [rule({ protocol: '50', fromPort: -1, toPort: -1 }), 'protocol 50'],
])('says in words what a rule opens', (opened, text) => {
  expect(portsText(opened)).toBe(text);
});
