import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ACCOUNT, Ec2Bench } from '../ec2/support';

let bench: Ec2Bench;
let elb: ElasticLoadBalancingV2;
let vpcId: string;
beforeAll(async () => {
  bench = await Ec2Bench.start();
  elb = new ElasticLoadBalancingV2(bench.settings);
  vpcId = (await bench.ec2.describeVpcs({})).Vpcs?.[0]?.VpcId ?? '';
});
afterAll(() => {
  elb.destroy();
  return bench.stop();
});

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'nothing failed',
    (error: Error) => error.name,
  );

let count = 0;
async function group(input: object = {}): Promise<string> {
  count += 1;
  const { TargetGroups } = await elb.createTargetGroup({
    Name: `group-${count}`,
    Protocol: 'HTTP',
    Port: 80,
    VpcId: vpcId,
    ...input,
  });
  return TargetGroups?.[0]?.TargetGroupArn ?? '';
}

const health = async (TargetGroupArn: string) => {
  const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn });
  return TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target?.Id, Target?.Port, TargetHealth?.State]);
};

describe('a target group', () => {
  it('is found by name and ARN, page by page', async () => {
    const arn = await group({ Name: 'found' });
    expect(arn).toMatch(
      new RegExp(`^arn:aws:elasticloadbalancing:eu-west-1:${ACCOUNT}:targetgroup/found/[0-9a-f]{16}$`),
    );
    expect((await elb.describeTargetGroups({ Names: ['found'] })).TargetGroups?.[0]?.TargetGroupArn).toBe(arn);
    await group();
    const first = await elb.describeTargetGroups({ PageSize: 1 });
    const second = await elb.describeTargetGroups({ PageSize: 1, Marker: first.NextMarker });
    expect(first.TargetGroups?.[0]?.TargetGroupArn).toBe(arn);
    expect(second.TargetGroups?.[0]?.TargetGroupArn).not.toBe(arn);
    expect(await codeOf(group({ Name: 'found' }))).toBe('DuplicateTargetGroupNameException');
    expect(await codeOf(elb.describeTargetGroups({ Names: ['lost'] }))).toBe('TargetGroupNotFoundException');
  });
});

describe('targets', () => {
  it('are instances at their ports, and drain when one of them is taken out', async () => {
    const [arn, other] = [await group(), await group()];
    const { InstanceId: Id = '' } = await bench.instance();
    for (const TargetGroupArn of [arn, other])
      await elb.registerTargets({ TargetGroupArn, Targets: [{ Id }, { Id, Port: 8080 }] });
    await elb.deregisterTargets({ TargetGroupArn: arn, Targets: [{ Id, Port: 8080 }] });
    expect(await health(arn)).toEqual([
      [Id, 80, 'healthy'],
      [Id, 8080, 'draining'],
    ]);
    await bench.twin.clock.advance(299);
    expect(await health(arn)).toHaveLength(2);
    await bench.twin.clock.advance(2);
    expect(await health(arn)).toEqual([[Id, 80, 'healthy']]);
    expect(await health(other)).toHaveLength(2);
  });

  it('stay if they are registered again while they drain', async () => {
    const arn = await group();
    const { InstanceId: Id = '' } = await bench.instance();
    const targets = { TargetGroupArn: arn, Targets: [{ Id }] };
    await elb.registerTargets(targets);
    await elb.deregisterTargets(targets);
    await elb.registerTargets(targets);
    await bench.twin.clock.advance(301);
    expect(await health(arn)).toEqual([[Id, 80, 'healthy']]);
  });

  it('are addresses in groups of that type', async () => {
    const arn = await group({ TargetType: 'ip' });
    const register = (Id: string) => elb.registerTargets({ TargetGroupArn: arn, Targets: [{ Id }] });
    await register('172.31.0.9');
    expect(await health(arn)).toEqual([['172.31.0.9', 80, 'healthy']]);
    expect(await codeOf(register('somewhere'))).toBe('ValidationError');
    await elb.modifyTargetGroupAttributes({
      TargetGroupArn: arn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '0' }],
    });
    await elb.deregisterTargets({ TargetGroupArn: arn, Targets: [{ Id: '172.31.0.9' }, { Id: '172.31.0.10' }] });
    await bench.twin.clock.settle();
    expect(await health(arn)).toEqual([]);
  });

  it('run, in the VPC of the group', async () => {
    const arn = await group();
    const outside = await bench.instance({ SubnetId: await bench.subnet(await bench.vpc()) });
    const stopped = await bench.instance();
    await elb.registerTargets({ TargetGroupArn: arn, Targets: [{ Id: stopped.InstanceId }] });
    await bench.ec2.stopInstances({ InstanceIds: [stopped.InstanceId ?? ''] });
    await bench.twin.clock.settle();
    expect(await health(arn)).toEqual([[stopped.InstanceId, 80, 'unused']]);
    for (const { InstanceId: Id } of [outside, stopped, { InstanceId: 'i-0123456789abcdef0' }])
      expect(await codeOf(elb.registerTargets({ TargetGroupArn: arn, Targets: [{ Id }] }))).toBe(
        'InvalidTargetException',
      );
  });
});
