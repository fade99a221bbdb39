import { paginateDescribeSecurityGroupRules, paginateDescribeSecurityGroups } from '@aws-sdk/client-ec2';
import { ACCOUNT, Ec2Bench, failureOf, permit, tcp } from './support';

let bench: Ec2Bench;
beforeAll(async () => {
  bench = await Ec2Bench.start();
});
afterAll(() => bench.stop());

describe('an account before anything is made in it', () => {
  it('has a default VPC with a default group that admits itself', async () => {
    const fresh = await Ec2Bench.start();
    const { Vpcs } = await fresh.ec2.describeVpcs({});
    expect(Vpcs).toEqual([
      expect.objectContaining({ IsDefault: true, CidrBlock: '172.31.0.0/16', State: 'available', OwnerId: ACCOUNT }),
    ]);
    const { Subnets } = await fresh.ec2.describeSubnets({});
    expect(Subnets?.map(({ CidrBlock, DefaultForAz }) => [CidrBlock, DefaultForAz])).toEqual([
      ['172.31.0.0/20', true],
      ['172.31.16.0/20', true],
      ['172.31.32.0/20', true],
    ]);
    const { SecurityGroups: [group, ...more] = [] } = await fresh.ec2.describeSecurityGroups({});
    expect(more).toEqual([]);
    expect(group).toMatchObject({
      GroupName: 'default',
      Description: 'default VPC security group',
      VpcId: Vpcs?.[0]?.VpcId,
      OwnerId: ACCOUNT,
    });
    expect(await fresh.rules(group?.GroupId ?? '')).toEqual([`-1 -1--1 ${group?.GroupId}`]);
    expect(await fresh.rules(group?.GroupId ?? '', true)).toEqual(['-1 -1--1 0.0.0.0/0']);
    await fresh.stop();
  });
});

describe('a VPC', () => {
  it('comes and goes with its default group', async () => {
    const vpcId = await bench.vpc();
    const own = async () => {
      const { SecurityGroups = [] } = await bench.ec2.describeSecurityGroups({
        Filters: [{ Name: 'vpc-id', Values: [vpcId] }],
      });
      return SecurityGroups.map(({ GroupName }) => GroupName);
    };
    expect(await own()).toEqual(['default']);
    const groupId = await bench.group({ vpcId, name: 'mine' });
    expect(await bench.refusal(bench.ec2.deleteVpc({ VpcId: vpcId }))).toBe('DependencyViolation');
    await bench.ec2.deleteSecurityGroup({ GroupId: groupId });
    await bench.ec2.deleteVpc({ VpcId: vpcId });
    expect(await own()).toEqual([]);
    expect(await bench.refusal(bench.ec2.deleteVpc({ VpcId: vpcId }))).toBe('InvalidVpcID.NotFound');
  });

  it('with IPv6 lets groups out in both families', async () => {
    const { Vpc } = await bench.ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true });
    const groupId = await bench.group({ vpcId: Vpc?.VpcId ?? '' });
    expect(await bench.rules(groupId, true)).toEqual(['-1 -1--1 0.0.0.0/0', '-1 -1--1 ::/0']);
  });
});

describe('making a group', () => {
  const make = (input: object) =>
    bench.ec2.createSecurityGroup({ GroupName: 'fine', Description: 'for a test', ...input });

  it('answers its id and ARN; nothing gets in, everything out', async () => {
    const { GroupId, SecurityGroupArn } = await make({ GroupName: 'made' });
    expect(GroupId).toMatch(/^sg-[0-9a-f]{17}$/);
    expect(SecurityGroupArn).toBe(`arn:aws:ec2:eu-west-1:${ACCOUNT}:security-group/${GroupId}`);
    expect(await bench.rules(GroupId ?? '')).toEqual([]);
    expect(await bench.rules(GroupId ?? '', true)).toEqual(['-1 -1--1 0.0.0.0/0']);
  });

  it('takes a name once in each VPC, capitals or not', async () => {
    await make({ GroupName: 'Once' });
    expect(await bench.refusal(make({ GroupName: 'Once' }))).toBe('InvalidGroup.Duplicate');
    expect(await bench.refusal(make({ GroupName: 'once' }))).toBe('InvalidGroup.Duplicate');
    await make({ GroupName: 'Once', VpcId: await bench.vpc() });
  });

  it.each([
    ['without a name', { GroupName: undefined }, 'MissingParameter'],
    ['without a description', { Description: undefined }, 'MissingParameter'],
    ['called default', { GroupName: 'default' }, 'InvalidParameterValue'],
    ['called like an id', { GroupName: 'sg-web' }, 'InvalidParameterValue'],
    ['with too long a name', { GroupName: 'x'.repeat(256) }, 'InvalidParameterValue'],
    ['with a description of letters beyond ASCII', { Description: 'Büro' }, 'InvalidParameterValue'],
    ['in a VPC that is not there', { VpcId: 'vpc-0123456789abcdef0' }, 'InvalidVpcID.NotFound'],
    [
      'with tags of another kind of resource',
      { TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'a', Value: 'b' }] }] },
      'InvalidParameterValue',
    ],
  ])('fails %s', async (_case, input, code) => {
    expect(await bench.refusal(make(input))).toBe(code);
  });
});

describe('deleting a group', () => {
  it('by id or by name, and not the default one', async () => {
    const groupId = await bench.group({ name: 'goes' });
    await bench.ec2.deleteSecurityGroup({ GroupName: 'goes' });
    expect(await bench.refusal(bench.ec2.deleteSecurityGroup({ GroupId: groupId }))).toBe('InvalidGroup.NotFound');
    expect(await bench.refusal(bench.ec2.deleteSecurityGroup({ GroupName: 'default' }))).toBe('CannotDelete');
  });

  it('waits for the rules of others, not for its own', async () => {
    const [groupId, other] = [await bench.group(), await bench.group()];
    await bench.authorize(groupId, tcp(22, groupId));
    await bench.authorize(other, tcp(22, groupId));
    expect(await bench.refusal(bench.ec2.deleteSecurityGroup({ GroupId: groupId }))).toBe('DependencyViolation');
    const { SecurityGroupReferenceSet } = await bench.ec2.describeSecurityGroupReferences({ GroupId: [groupId] });
    expect(SecurityGroupReferenceSet).toEqual([expect.objectContaining({ GroupId: groupId })]);
    await bench.revoke(other, tcp(22, groupId));
    await bench.changingOnly([groupId], () => bench.ec2.deleteSecurityGroup({ GroupId: groupId }));
    expect(bench.state.groups.has(groupId)).toBe(false);
  });
});

describe('describing groups', () => {
  let [web, database, outside]: string[] = [];
  let vpcId: string;
  beforeAll(async () => {
    vpcId = await bench.vpc();
    web = await bench.group({ name: 'web', vpcId });
    database = await bench.group({ name: 'web-database*', vpcId });
    outside = await bench.group({ name: 'outside' });
    await bench.authorize(web, tcp(443, '0.0.0.0/0', '::/0'), permit('-1', undefined, '10.0.0.0/8'));
    await bench.authorize(database, tcp(5432, web));
    await bench.ec2.createTags({ Resources: [web], Tags: [{ Key: 'team', Value: 'front' }] });
    await bench.ec2.createTags({ Resources: [database], Tags: [{ Key: 'team', Value: '' }] });
  });
  const found = async (filters: Record<string, string[]>) => {
    const { SecurityGroups = [] } = await bench.ec2.describeSecurityGroups({
      Filters: [
        { Name: 'vpc-id', Values: [vpcId] },
        ...Object.entries(filters).map(([Name, Values]) => ({ Name, Values })),
      ],
    });
    const names = SecurityGroups.map(({ GroupName }) => GroupName);
    return names.filter((name) => name !== 'default');
  };

  it.each<[Record<string, string[]>, string[]]>([
    [{ 'group-name': ['web'] }, ['web']],
    [{ 'group-name': ['WEB'] }, []],
    [{ 'group-name': ['web*'] }, ['web', 'web-database*']],
    [{ 'group-name': ['w?b'] }, ['web']],
    [{ 'group-name': ['*\\*'] }, ['web-database*']],
    [{ 'group-name': ['nothing', 'web'] }, ['web']],
    [{ 'group-name': ['web*'], 'ip-permission.protocol': ['-1'] }, ['web']],
    [{ 'ip-permission.cidr': ['0.0.0.0/0'] }, ['web']],
    [{ 'ip-permission.cidr': ['10.*'] }, ['web']],
    [{ 'ip-permission.ipv6-cidr': ['::/0'] }, ['web']],
    [{ 'ip-permission.from-port': ['5432'] }, ['web-database*']],
    [{ 'ip-permission.to-port': ['443'] }, ['web']],
    [{ 'ip-permission.group-name': ['web'] }, ['web-database*']],
    [{ 'ip-permission.user-id': [ACCOUNT] }, ['web-database*']],
    [{ 'egress.ip-permission.cidr': ['0.0.0.0/0'] }, ['web', 'web-database*']],
    [{ 'egress.ip-permission.cidr': ['10.0.0.0/8'] }, []],
    [{ description: ['for a *'] }, ['web', 'web-database*']],
    [{ 'owner-id': ['999999999999'] }, []],
    [{ 'tag:team': ['front'] }, ['web']],
    [{ 'tag:team': [''] }, ['web-database*']],
    [{ 'tag:team': ['*'] }, ['web', 'web-database*']],
    [{ 'tag-key': ['team'] }, ['web', 'web-database*']],
    [{ 'tag:Team': ['front'] }, []],
  ])('finds by %j', async (filters, names) => {
    expect(await found(filters)).toEqual(names);
  });

  it('finds by the id of a source group', async () => {
    expect(await found({ 'ip-permission.group-id': [web ?? ''] })).toEqual(['web-database*']);
    expect(await found({ 'group-id': [outside ?? ''] })).toEqual([]);
  });

  it('names them by id and, in the default VPC, by name', async () => {
    const named = await bench.ec2.describeSecurityGroups({ GroupIds: [web ?? ''], GroupNames: ['outside'] });
    expect(named.SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([web, outside]);
    const byIdAsName = await bench.ec2.describeSecurityGroups({ GroupNames: [web ?? ''] });
    expect(byIdAsName.SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(['web']);
    const fails = async (input: object) => (await failureOf(bench.ec2.describeSecurityGroups(input))).name;
    expect(await fails({ GroupNames: ['web'] })).toBe('InvalidGroup.NotFound');
    expect(await fails({ GroupIds: [web, 'sg-0123456789abcdef0'] })).toBe('InvalidGroup.NotFound');
    expect(await fails({ GroupIds: ['web'] })).toBe('InvalidGroupId.Malformed');
    expect(await fails({ Filters: [{ Name: 'colour', Values: ['red'] }] })).toBe('InvalidParameterValue');
    expect(await fails({ MaxResults: 4 })).toBe('InvalidParameterValue');
    expect(await fails({ MaxResults: 1001 })).toBe('InvalidParameterValue');
  });

  it('pages through groups and rules, each once', async () => {
    for (let index = 0; index < 12; index += 1) await bench.group({ vpcId });
    const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
    const sizes: number[] = [];
    const ids = new Set<string>();
    for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups(
      { client: bench.ec2, pageSize: 5 },
      { Filters },
    )) {
      sizes.push(SecurityGroups.length);
      for (const { GroupId = '' } of SecurityGroups) ids.add(GroupId);
    }
    expect(sizes).toEqual([5, 5, 5]);
    expect(ids.size).toBe(15);

    const group = await bench.group();
    await bench.authorize(group, ...Array.from({ length: 7 }, (_, index) => tcp(index, '10.0.0.0/8')));
    const rules: unknown[] = [];
    const byGroup = { Filters: [{ Name: 'group-id', Values: [group] }] };
    for await (const page of paginateDescribeSecurityGroupRules({ client: bench.ec2, pageSize: 5 }, byGroup))
      rules.push(...(page.SecurityGroupRules ?? []));
    expect(new Set(rules.map((rule) => JSON.stringify(rule))).size).toBe(8);
  });

  it('finds rules by id, by tag, and not by an id that is malformed', async () => {
    const groupId = await bench.group();
    const [rule] = await bench.authorize(groupId, tcp(1, '10.0.0.0/8'), tcp(2, '10.0.0.0/8'));
    const id = rule?.SecurityGroupRuleId ?? '';
    await bench.ec2.createTags({ Resources: [id], Tags: [{ Key: 'only', Value: 'this' }] });
    for (const input of [
      { SecurityGroupRuleIds: [id] },
      { Filters: [{ Name: 'security-group-rule-id', Values: [id] }] },
      { Filters: [{ Name: 'tag:only', Values: ['th*'] }] },
    ]) {
      const { SecurityGroupRules } = await bench.ec2.describeSecurityGroupRules(input);
      expect(SecurityGroupRules?.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId)).toEqual([id]);
    }
    const fails = async (input: object) => (await failureOf(bench.ec2.describeSecurityGroupRules(input))).name;
    const unknown = { SecurityGroupRuleIds: ['sgr-0123456789abcdef0'] };
    expect(await fails(unknown)).toBe('InvalidSecurityGroupRuleId.NotFound');
    expect(await fails({ SecurityGroupRuleIds: ['rule'] })).toBe('InvalidSecurityGroupRuleId.Malformed');
    const nobody = { Filters: [{ Name: 'group-id', Values: ['sg-0123456789abcdef0'] }] };
    expect((await bench.ec2.describeSecurityGroupRules(nobody)).SecurityGroupRules).toEqual([]);
  });
});
