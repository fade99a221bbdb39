import { Ec2Bench, failureOf, tcp } from './support';

let bench: Ec2Bench;
beforeAll(async () => {
  bench = await Ec2Bench.start();
});
afterAll(() => bench.stop());

const tagged = (...keys: string[]) => keys.map((Key) => ({ Key, Value: Key }));
const tagsOf = (id: string) => Object.fromEntries(bench.state.tags.get(id) ?? []);

describe('tags', () => {
  it('come, change and go, on several resources at once', async () => {
    const ids = [await bench.group(), await bench.list(1), await bench.vpc()];
    await bench.ec2.createTags({ Resources: ids, Tags: tagged('a', 'b') });
    await bench.ec2.createTags({ Resources: ids.slice(0, 1), Tags: [{ Key: 'a', Value: 'changed' }] });
    expect(ids.map(tagsOf)).toEqual([
      { a: 'changed', b: 'b' },
      { a: 'a', b: 'b' },
      { a: 'a', b: 'b' },
    ]);
    await bench.ec2.deleteTags({ Resources: ids, Tags: [{ Key: 'a', Value: 'a' }, { Key: 'never' }] });
    expect(ids.map(tagsOf)).toEqual([{ a: 'changed', b: 'b' }, { b: 'b' }, { b: 'b' }]);
    await bench.ec2.deleteTags({ Resources: ids, Tags: [{ Key: 'b' }] });
    expect(ids.map(tagsOf)).toEqual([{ a: 'changed' }, {}, {}]);
    await bench.ec2.deleteTags({ Resources: ids.slice(0, 1) });
    expect(ids.map(tagsOf)).toEqual([{}, {}, {}]);
  });

  it('with an empty value go by that value alone', async () => {
    const id = await bench.group();
    await bench.ec2.createTags({ Resources: [id], Tags: [{ Key: 'empty', Value: '' }, ...tagged('full')] });
    await bench.ec2.deleteTags({
      Resources: [id],
      Tags: [
        { Key: 'empty', Value: '' },
        { Key: 'full', Value: '' },
      ],
    });
    expect(tagsOf(id)).toEqual({ full: 'full' });
  });

  it('are given at creation', async () => {
    const specify = (ResourceType: 'security-group' | 'prefix-list' | 'vpc') => [
      { ResourceType, Tags: tagged('born') },
    ];
    const group = await bench.ec2.createSecurityGroup({
      GroupName: 'born',
      Description: 'with tags',
      TagSpecifications: specify('security-group'),
    });
    expect(group.Tags).toEqual(tagged('born'));
    const { PrefixList } = await bench.ec2.createManagedPrefixList({
      PrefixListName: 'born',
      AddressFamily: 'IPv4',
      MaxEntries: 1,
      TagSpecifications: specify('prefix-list'),
    });
    const { Vpc } = await bench.ec2.createVpc({ CidrBlock: '10.0.0.0/16', TagSpecifications: specify('vpc') });
    const { Tags } = await bench.ec2.describeTags({ Filters: [{ Name: 'key', Values: ['born'] }] });
    expect(Tags?.map(({ ResourceType, ResourceId }) => [ResourceType, ResourceId])).toEqual([
      ['security-group', group.GroupId],
      ['prefix-list', PrefixList?.PrefixListId],
      ['vpc', Vpc?.VpcId],
    ]);
    // The list leaves its change, or it would in the middle of a later test.
    await bench.twin.clock.advance(1);
  });

  it('go with their resource', async () => {
    const id = await bench.group();
    const [rule] = await bench.authorize(id, tcp(22, '10.0.0.0/8'));
    const ids = [id, rule?.SecurityGroupRuleId ?? ''];
    await bench.ec2.createTags({ Resources: ids, Tags: tagged('a') });
    await bench.ec2.deleteSecurityGroup({ GroupId: id });
    expect(ids.map((one) => bench.state.tags.has(one))).toEqual([false, false]);
  });

  it.each([
    ['reserved for AWS', tagged('aws:mine'), 'InvalidParameterValue'],
    ['twice', tagged('same', 'same'), 'InvalidParameterValue'],
    ['without a key', tagged(''), 'InvalidParameterValue'],
    ['with too long a key', tagged('k'.repeat(129)), 'InvalidParameterValue'],
    ['with too long a value', [{ Key: 'k', Value: 'v'.repeat(257) }], 'InvalidParameterValue'],
    ['beyond 50', tagged(...Array.from({ length: 50 }, (_, index) => `k${index}`)), 'TagLimitExceeded'],
    ['that are none', [], 'MissingParameter'],
  ])('are refused %s', async (_case, Tags, code) => {
    const ids = [await bench.vpc(), await bench.group()];
    await bench.ec2.createTags({ Resources: ids, Tags: tagged('there') });
    expect(await bench.refusal(bench.ec2.createTags({ Resources: ids, Tags }))).toBe(code);
    if (Tags.length === 0 || code === 'TagLimitExceeded') return;
    const group = { GroupName: 'never', Description: 'never made' };
    const TagSpecifications = [{ ResourceType: 'security-group' as const, Tags }];
    expect(await bench.refusal(bench.ec2.createSecurityGroup({ ...group, TagSpecifications }))).toBe(code);
  });

  it('are refused on what is not there, and then on all', async () => {
    const id = await bench.group();
    const put = (other: string) => bench.refusal(bench.ec2.createTags({ Resources: [id, other], Tags: tagged('a') }));
    expect(await put('sg-0123456789abcdef0')).toBe('InvalidGroup.NotFound');
    expect(await put('sgr-0123456789abcdef0')).toBe('InvalidSecurityGroupRuleId.NotFound');
    expect(await put('nothing')).toBe('InvalidID');
  });
});

describe('a dry run', () => {
  it('ends where IAM has allowed it, and changes nothing', async () => {
    const id = await bench.group();
    const [rule] = await bench.authorize(id, tcp(22, '10.0.0.0/8'));
    const call = bench.ec2.revokeSecurityGroupIngress({
      GroupId: id,
      SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ''],
      DryRun: true,
    });
    expect(await bench.refusal(call)).toBe('DryRunOperation');
    const error = await failureOf(bench.ec2.describeSecurityGroups({ DryRun: true }));
    expect(error.name).toBe('DryRunOperation');
    expect(error.message).toBe('Request would have succeeded, but DryRun flag is set.');
    expect(error.$metadata.httpStatusCode).toBe(412);
  });

  it('is refused to who may not, and so is the real call', async () => {
    const id = await bench.group();
    const stranger = bench.stranger();
    for (const DryRun of [true, false]) {
      const input = { GroupId: id, IpPermissions: [tcp(22, '10.0.0.0/8')], DryRun };
      expect(await bench.refusal(stranger.authorizeSecurityGroupIngress(input))).toBe('UnauthorizedOperation');
      const error = await failureOf(stranger.describeSecurityGroups({ DryRun }));
      expect(error.name).toBe('UnauthorizedOperation');
      expect(error.message).toMatch(/^You are not authorized to perform this operation\. User: arn:aws:iam::/);
      expect(error.$metadata.httpStatusCode).toBe(403);
    }
    stranger.destroy();
  });
});

describe('errors', () => {
  it('are read by the SDK: code, message, request id, the fault and the status', async () => {
    const error = await failureOf(bench.ec2.deleteSecurityGroup({ GroupId: 'sg-0123456789abcdef0' }));
    expect(error).toMatchObject({
      name: 'InvalidGroup.NotFound',
      message: "The security group 'sg-0123456789abcdef0' does not exist",
      $fault: 'client',
      $metadata: { httpStatusCode: 400, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });
});
