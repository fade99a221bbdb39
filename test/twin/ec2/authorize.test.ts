import { ACCOUNT, Ec2Bench, permit, tcp } from './support';

let bench: Ec2Bench;
beforeAll(async () => {
  bench = await Ec2Bench.start();
});
afterAll(() => bench.stop());

describe('authorizing', () => {
  it('makes one rule for each peer, and answers them with ids of their own', async () => {
    const [groupId, other] = [await bench.group(), await bench.group()];
    const listId = await bench.list(5);
    const rules = await bench.changingOnly([groupId], () =>
      bench.authorize(groupId, tcp(22, '10.0.0.0/8', '2001:db8::/32', other, groupId, listId), tcp(443, '0.0.0.0/0')),
    );
    expect(await bench.rules(groupId)).toEqual([
      'tcp 22-22 10.0.0.0/8',
      'tcp 22-22 2001:db8::/32',
      `tcp 22-22 ${listId}`,
      `tcp 22-22 ${other}`,
      `tcp 22-22 ${groupId}`,
      'tcp 443-443 0.0.0.0/0',
    ]);
    expect(await bench.rules(groupId, true)).toEqual(['-1 -1--1 0.0.0.0/0']);
    expect(new Set(rules.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId)).size).toBe(6);
    expect(rules[0]).toEqual({
      SecurityGroupRuleId: expect.stringMatching(/^sgr-[0-9a-f]{17}$/),
      SecurityGroupRuleArn: `arn:aws:ec2:eu-west-1:${ACCOUNT}:security-group-rule/${rules[0]?.SecurityGroupRuleId}`,
      GroupId: groupId,
      GroupOwnerId: ACCOUNT,
      IsEgress: false,
      IpProtocol: 'tcp',
      FromPort: 22,
      ToPort: 22,
      CidrIpv4: '10.0.0.0/8',
    });
    expect(rules[4]).toMatchObject({ ReferencedGroupInfo: { GroupId: groupId, UserId: ACCOUNT } });
  });

  it('groups peers by protocol and ports where groups are described', async () => {
    const groupId = await bench.group();
    const listId = await bench.list(1);
    await bench.authorize(
      groupId,
      tcp(22, '10.0.0.0/8'),
      permit('-1', undefined, '::/0'),
      permit('50', [0, 0], '10.0.0.0/8'),
    );
    await bench.authorize(groupId, tcp(22, '10.9.0.0/16', listId, groupId), permit('58', undefined, '::/0'));
    const none = { Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [], IpRanges: [] };
    const { SecurityGroups: [group] = [] } = await bench.ec2.describeSecurityGroups({ GroupIds: [groupId] });
    expect(group?.IpPermissions).toEqual([
      {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '10.9.0.0/16' }],
        Ipv6Ranges: [],
        PrefixListIds: [{ PrefixListId: listId }],
        UserIdGroupPairs: [{ GroupId: groupId, UserId: ACCOUNT }],
      },
      { ...none, IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { ...none, IpProtocol: '50', IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
      { ...none, IpProtocol: 'icmpv6', FromPort: -1, ToPort: -1, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
    ]);
  });

  it('takes the flat form, by id or by name in the default VPC', async () => {
    const groupId = await bench.group({ name: 'flat' });
    await bench.ec2.authorizeSecurityGroupIngress({
      GroupId: groupId,
      IpProtocol: 'tcp',
      FromPort: 80,
      ToPort: 81,
      CidrIp: '0.0.0.0/0',
    });
    await bench.ec2.authorizeSecurityGroupIngress({ GroupName: 'flat', SourceSecurityGroupName: 'flat' });
    expect(await bench.rules(groupId)).toEqual([
      'tcp 80-81 0.0.0.0/0',
      `icmp -1--1 ${groupId}`,
      `tcp 0-65535 ${groupId}`,
      `udp 0-65535 ${groupId}`,
    ]);
  });

  it('keeps egress apart from ingress', async () => {
    const groupId = await bench.group();
    await bench.authorize(groupId, tcp(25, '10.0.0.0/8'));
    const { SecurityGroupRules: [rule] = [] } = await bench.ec2.authorizeSecurityGroupEgress({
      GroupId: groupId,
      IpPermissions: [tcp(25, '10.0.0.0/8')],
    });
    expect(rule).toMatchObject({ IsEgress: true, GroupId: groupId });
    expect(await bench.rules(groupId)).toEqual(['tcp 25-25 10.0.0.0/8']);
    expect(await bench.rules(groupId, true)).toEqual(['-1 -1--1 0.0.0.0/0', 'tcp 25-25 10.0.0.0/8']);
  });

  it('keeps descriptions and tags', async () => {
    const groupId = await bench.group();
    await bench.ec2.authorizeSecurityGroupIngress({
      GroupId: groupId,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'a (b)' }] },
      ],
      TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'team', Value: 'a' }] }],
    });
    const { SecurityGroupRules = [] } = await bench.ec2.describeSecurityGroupRules({
      Filters: [{ Name: 'group-id', Values: [groupId] }],
    });
    expect(SecurityGroupRules.filter(({ IsEgress }) => !IsEgress)).toEqual([
      expect.objectContaining({ Description: 'a (b)', Tags: [{ Key: 'team', Value: 'a' }] }),
    ]);
  });
});

describe('what a rule becomes', () => {
  it.each([
    ['a block with bits beyond its prefix', permit('tcp', [1, 1], '100.68.0.18/18'), 'tcp 1-1 100.68.0.0/18'],
    ['every address, oddly written', permit('tcp', [1, 1], '198.51.100.254/0'), 'tcp 1-1 0.0.0.0/0'],
    [
      'an IPv6 block with capitals, zeros and bits beyond',
      permit('tcp', [1, 1], '2001:0DB8:0::1/32'),
      'tcp 1-1 2001:db8::/32',
    ],
    ['a single address', permit('tcp', [1, 1], '203.0.113.7/32'), 'tcp 1-1 203.0.113.7/32'],
    ['the number of TCP', permit('6', [1, 2], '10.0.0.0/8'), 'tcp 1-2 10.0.0.0/8'],
    ['the number of UDP', permit('17', [1, 2], '10.0.0.0/8'), 'udp 1-2 10.0.0.0/8'],
    ['capitals', permit('TCP', [1, 2], '10.0.0.0/8'), 'tcp 1-2 10.0.0.0/8'],
    ['an ICMP type and code', permit('icmp', [3, 4], '10.0.0.0/8'), 'icmp 3-4 10.0.0.0/8'],
    ['an ICMP type with any code', permit('1', [8, -1], '10.0.0.0/8'), 'icmp 8--1 10.0.0.0/8'],
    ['all of ICMPv6, its ports left out', permit('icmpv6', undefined, '::/0'), 'icmpv6 -1--1 ::/0'],
    ['all traffic, whatever its ports', permit('-1', [22, 80], '10.0.0.0/8'), '-1 -1--1 10.0.0.0/8'],
    ['another protocol, whatever its ports', permit('50', [0, 0], '10.0.0.0/8'), '50 -1--1 10.0.0.0/8'],
    ['the highest port', permit('udp', [0, 65535], '10.0.0.0/8'), 'udp 0-65535 10.0.0.0/8'],
  ])('%s', async (_case, permission, rule) => {
    const groupId = await bench.group();
    await bench.authorize(groupId, permission);
    expect(await bench.rules(groupId)).toEqual([rule]);
  });
});

describe('a refused permission changes nothing', () => {
  let groupId: string;
  beforeAll(async () => {
    groupId = await bench.group();
    await bench.authorize(groupId, tcp(22, '10.0.0.0/8', '2001:db8::/32'));
  });

  const any = '10.0.0.0/8';
  it.each([
    ['that is there', tcp(22, any), 'InvalidPermission.Duplicate'],
    ['that is there, written otherwise', permit('6', [22, 22], '10.1.2.3/8'), 'InvalidPermission.Duplicate'],
    ['that is there, beside a new one', tcp(22, '10.0.0.0/9', any), 'InvalidPermission.Duplicate'],
    ['named twice', tcp(23, any, any), 'InvalidParameterValue'],
    ['named twice, written otherwise', tcp(23, any, '10.255.0.1/8'), 'InvalidParameterValue'],
    ['of a block that is too long', tcp(23, '10.0.0.0/33'), 'InvalidParameterValue'],
    ['of an address without a prefix', tcp(23, '10.0.0.1'), 'InvalidParameterValue'],
    ['of no address', tcp(23, '10.0.0/8'), 'InvalidParameterValue'],
    ['of a malformed IPv6 block', tcp(23, '2001:::/32'), 'InvalidParameterValue'],
    ['without a peer', tcp(23), 'MissingParameter'],
    ['of TCP without ports', permit('tcp', undefined, any), 'InvalidParameterValue'],
    ['of TCP with its ports the wrong way round', permit('tcp', [80, 79], any), 'InvalidParameterValue'],
    ['of a port too high', permit('tcp', [1, 65536], any), 'InvalidParameterValue'],
    ['of a port below zero', permit('udp', [-1, -1], any), 'InvalidParameterValue'],
    ['of ICMP without a type', permit('icmp', undefined, any), 'InvalidParameterValue'],
    ['of an ICMP type too high', permit('icmp', [256, 0], any), 'InvalidParameterValue'],
    ['of a code for every ICMP type', permit('icmp', [-1, 0], any), 'InvalidParameterValue'],
    ['of a protocol with another name', permit('esp', undefined, any), 'InvalidParameterValue'],
    ['of a protocol beyond 255', permit('256', undefined, any), 'InvalidParameterValue'],
    ['of a group that is not there', tcp(23, any, 'sg-0123456789abcdef0'), 'InvalidGroup.NotFound'],
    ['of a malformed group', tcp(23, any, 'sg-nonsense'), 'InvalidGroupId.Malformed'],
    ['of a prefix list that is not there', tcp(23, any, 'pl-0123456789abcdef0'), 'InvalidPrefixListID.NotFound'],
    ['of a malformed prefix list', tcp(23, any, 'pl-nonsense'), 'InvalidPrefixListId.Malformed'],
    [
      'with a description of characters that are not allowed',
      { ...tcp(23), IpRanges: [{ CidrIp: any, Description: 'quoted "text"' }] },
      'InvalidParameterValue',
    ],
  ])('%s', async (_case, permission, code) => {
    expect(await bench.refusal(bench.authorize(groupId, tcp(9999, any), permission))).toBe(code);
  });

  it.each([
    ['a group that is not there', { GroupId: 'sg-0123456789abcdef0' }, 'InvalidGroup.NotFound'],
    ['a malformed group', { GroupId: 'web' }, 'InvalidGroupId.Malformed'],
    ['a name that is not there', { GroupName: 'nobody' }, 'InvalidGroup.NotFound'],
    ['no group', {}, 'MissingParameter'],
  ])('for %s', async (_case, reference, code) => {
    const permissions = { IpPermissions: [tcp(23, any)] };
    expect(await bench.refusal(bench.ec2.authorizeSecurityGroupIngress({ ...reference, ...permissions }))).toBe(code);
    expect(await bench.refusal(bench.ec2.revokeSecurityGroupIngress({ ...reference, ...permissions }))).toBe(code);
  });

  it.each([
    ['nothing at all', {}, 'MissingParameter'],
    [
      'a source group by name together with a block',
      { SourceSecurityGroupName: 'default', CidrIp: any },
      'InvalidParameterCombination',
    ],
  ])('that is %s', async (_case, members, code) => {
    expect(await bench.refusal(bench.ec2.authorizeSecurityGroupIngress({ GroupId: groupId, ...members }))).toBe(code);
  });

  it('of a group in another VPC', async () => {
    const elsewhere = await bench.group({ vpcId: await bench.vpc() });
    expect(await bench.refusal(bench.authorize(groupId, tcp(23, elsewhere)))).toBe('InvalidGroup.NotFound');
    expect(await bench.refusal(bench.authorize(elsewhere, tcp(23, groupId)))).toBe('InvalidGroup.NotFound');
  });

  it('of a group by name outside of the default VPC', async () => {
    const elsewhere = await bench.group({ vpcId: await bench.vpc(), name: 'elsewhere' });
    const permission = { IpProtocol: '-1', UserIdGroupPairs: [{ GroupName: 'elsewhere' }] };
    expect(await bench.refusal(bench.authorize(elsewhere, permission))).toBe('InvalidParameterValue');
  });

  it('words a duplicate as EC2 does', async () => {
    await expect(bench.authorize(groupId, tcp(22, any))).rejects.toThrow(
      'the specified rule "peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW" already exists',
    );
    await bench.authorize(groupId, permit('-1', undefined, any), permit('icmp', [-1, -1], any));
    await expect(bench.authorize(groupId, permit('-1', undefined, any))).rejects.toThrow(
      'the specified rule "peer: 10.0.0.0/8, ALL, ALLOW" already exists',
    );
    await expect(bench.authorize(groupId, permit('icmp', [-1, -1], any))).rejects.toThrow(
      'the specified rule "peer: 10.0.0.0/8, ICMP, type: ALL, code: ALL, ALLOW" already exists',
    );
  });
});

describe('the quota of 60 rules', () => {
  const ports = (from: number, number: number, peer: string) =>
    Array.from({ length: number }, (_, index) => tcp(from + index, peer));
  const full = 'RulesPerSecurityGroupLimitExceeded';

  it('counts each direction and each family of addresses apart', async () => {
    const groupId = await bench.group();
    await bench.authorize(groupId, ...ports(1, 60, '10.0.0.0/8'));
    expect(await bench.refusal(bench.authorize(groupId, tcp(61, '10.0.0.0/8')))).toBe(full);
    await bench.authorize(groupId, ...ports(1, 60, '::/0'));
    expect(await bench.refusal(bench.authorize(groupId, tcp(61, '::/0')))).toBe(full);
    const egress = (number: number, from: number) =>
      bench.ec2.authorizeSecurityGroupEgress({ GroupId: groupId, IpPermissions: ports(from, number, '10.0.0.0/8') });
    await egress(59, 1);
    expect(await bench.refusal(egress(1, 60))).toBe(full);
  });

  it('takes none of a call that is one too many', async () => {
    const groupId = await bench.group();
    expect(await bench.refusal(bench.authorize(groupId, ...ports(1, 61, '10.0.0.0/8')))).toBe(full);
    expect(await bench.rules(groupId)).toEqual([]);
  });

  it('counts a group in both families', async () => {
    const groupId = await bench.group();
    await bench.authorize(groupId, ...ports(1, 60, '::/0'));
    expect(await bench.refusal(bench.authorize(groupId, tcp(1, groupId)))).toBe(full);
  });

  it('counts a prefix list for as many as it may hold, in its own family', async () => {
    const groupId = await bench.group();
    const [forty, twentyOne] = [await bench.list(40, ['10.0.0.0/8']), await bench.list(21)];
    const six = await bench.list(60, [], 'IPv6');
    await bench.authorize(groupId, tcp(22, forty), tcp(22, six));
    expect(await bench.refusal(bench.authorize(groupId, tcp(22, twentyOne)))).toBe(full);
    await bench.authorize(groupId, ...ports(1, 20, '10.0.0.0/8'));
    expect(await bench.refusal(bench.authorize(groupId, tcp(100, '10.0.0.0/8')))).toBe(full);
  });

  it("counts AWS's own lists by their weights", async () => {
    const groupId = await bench.group();
    const { PrefixLists = [] } = await bench.ec2.describePrefixLists({});
    const idOf = (end: string) =>
      PrefixLists.find(({ PrefixListName = '' }) => PrefixListName.endsWith(end))?.PrefixListId ?? '';
    await bench.authorize(
      groupId,
      tcp(443, idOf('origin-facing')),
      tcp(443, idOf('.s3')),
      ...ports(1, 4, '10.0.0.0/8'),
    );
    expect(await bench.refusal(bench.authorize(groupId, tcp(5, '10.0.0.0/8')))).toBe(full);
    expect(await bench.refusal(bench.authorize(groupId, tcp(80, idOf('origin-facing'))))).toBe(full);
  });
});
