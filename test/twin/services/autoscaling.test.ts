import { AutoScaling } from '@aws-sdk/client-auto-scaling';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Ec2Bench } from '../ec2/support';

let bench: Ec2Bench;
let asg: AutoScaling;
let elb: ElasticLoadBalancingV2;
beforeAll(async () => {
  bench = await Ec2Bench.start();
  asg = new AutoScaling(bench.settings);
  elb = new ElasticLoadBalancingV2(bench.settings);
});
afterAll(() => {
  asg.destroy();
  elb.destroy();
  return bench.stop();
});

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'nothing failed',
    (error: Error) => error.name,
  );

let count = 0;

/** A group with so many instances in service, in a target group of its own. */
async function group(DesiredCapacity: number, input: object = {}) {
  count += 1;
  const AutoScalingGroupName = `group-${count}`;
  const vpcId = (await bench.ec2.describeVpcs({})).Vpcs?.find(({ IsDefault }) => IsDefault)?.VpcId;
  const { TargetGroups } = await elb.createTargetGroup({
    Name: `targets-${count}`,
    Protocol: 'HTTP',
    Port: 80,
    VpcId: vpcId,
  });
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? '';
  await asg.createAutoScalingGroup({
    AutoScalingGroupName,
    MinSize: 1,
    MaxSize: 3,
    DesiredCapacity,
    AvailabilityZones: ['eu-west-1a', 'eu-west-1b'],
    LaunchTemplate: { LaunchTemplateName: 'web', Version: '1' },
    TargetGroupARNs: [TargetGroupArn],
    ...input,
  });
  await bench.twin.clock.settle();
  return { AutoScalingGroupName, TargetGroupArn };
}

async function view(name: string) {
  const { AutoScalingGroups } = await asg.describeAutoScalingGroups({ AutoScalingGroupNames: [name] });
  const { DesiredCapacity, Instances = [] } = AutoScalingGroups?.[0] ?? {};
  return {
    DesiredCapacity,
    ids: Instances.map(({ InstanceId }) => InstanceId ?? ''),
    states: Instances.map(({ LifecycleState }) => LifecycleState),
  };
}

const targets = async (TargetGroupArn: string) => {
  const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn });
  return Object.fromEntries(
    TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target?.Id, TargetHealth?.State]),
  );
};
const stateOf = async (id: string) => (await bench.described(id)).State?.Name;

it('launches what is desired, in its zones, tagged, and in its target groups', async () => {
  const { AutoScalingGroupName, TargetGroupArn } = await group(2, {
    Tags: [
      { Key: 'team', Value: 'web', PropagateAtLaunch: true },
      { Key: 'own', Value: 'x' },
    ],
  });
  const { ids, states } = await view(AutoScalingGroupName);
  expect(states).toEqual(['InService', 'InService']);
  const instances = await Promise.all(ids.map((id) => bench.described(id)));
  expect(instances.map(({ Placement }) => Placement?.AvailabilityZone)).toEqual(['eu-west-1a', 'eu-west-1b']);
  expect(instances[0]?.Tags).toEqual([
    { Key: 'team', Value: 'web' },
    { Key: 'aws:autoscaling:groupName', Value: AutoScalingGroupName },
  ]);
  expect(await targets(TargetGroupArn)).toEqual(Object.fromEntries(ids.map((id) => [id, 'healthy'])));
});

it('replaces an instance that is detached, which goes on running outside', async () => {
  const { AutoScalingGroupName, TargetGroupArn } = await group(2);
  const other = await group(1);
  const before = await view(AutoScalingGroupName);
  const [gone = '', kept = ''] = before.ids;
  const untouched = await view(other.AutoScalingGroupName);
  const { Activities } = await asg.detachInstances({
    AutoScalingGroupName,
    InstanceIds: [gone],
    ShouldDecrementDesiredCapacity: false,
  });
  expect(Activities).toHaveLength(1);
  await bench.twin.clock.settle();
  const after = await view(AutoScalingGroupName);
  expect([after.DesiredCapacity, after.ids.length, after.ids.includes(gone), after.ids.includes(kept)]).toEqual([
    2,
    2,
    false,
    true,
  ]);
  expect(await stateOf(gone)).toBe('running');
  expect(await targets(TargetGroupArn)).toMatchObject({ [gone]: 'draining', [kept]: 'healthy' });
  await bench.twin.clock.advance(301);
  expect(Object.keys(await targets(TargetGroupArn)).sort()).toEqual([...after.ids].sort());
  expect(await view(other.AutoScalingGroupName)).toEqual(untouched);
  const { AutoScalingInstances } = await asg.describeAutoScalingInstances({ InstanceIds: [gone, kept] });
  expect(AutoScalingInstances?.map(({ InstanceId }) => InstanceId)).toEqual([kept]);
});

it('gets smaller where it is told to, but not below its least size', async () => {
  const { AutoScalingGroupName } = await group(2);
  const detach = async () =>
    asg.detachInstances({
      AutoScalingGroupName,
      InstanceIds: (await view(AutoScalingGroupName)).ids.slice(0, 1),
      ShouldDecrementDesiredCapacity: true,
    });
  await detach();
  await bench.twin.clock.settle();
  const before = await view(AutoScalingGroupName);
  expect([before.DesiredCapacity, before.ids.length]).toEqual([1, 1]);
  expect(await codeOf(detach())).toBe('ValidationError');
  expect(await view(AutoScalingGroupName)).toEqual(before);
});

it('lets an instance stand by', async () => {
  const { AutoScalingGroupName, TargetGroupArn } = await group(2);
  const [id = ''] = (await view(AutoScalingGroupName)).ids;
  const names = { AutoScalingGroupName, InstanceIds: [id] };
  await asg.enterStandby({ ...names, ShouldDecrementDesiredCapacity: true });
  await bench.ec2.stopInstances({ InstanceIds: [id] });
  await bench.twin.clock.settle();
  expect(await view(AutoScalingGroupName)).toMatchObject({ DesiredCapacity: 1, states: ['Standby', 'InService'] });
  expect(await targets(TargetGroupArn)).toMatchObject({ [id]: 'draining' });
  expect(await stateOf(id)).toBe('stopped');
});

it.each(['stopInstances', 'terminateInstances'] as const)('replaces an instance after %s', async (operation) => {
  const { AutoScalingGroupName, TargetGroupArn } = await group(1);
  const [id = ''] = (await view(AutoScalingGroupName)).ids;
  await bench.ec2[operation]({ InstanceIds: [id] });
  await bench.twin.clock.settle();
  const after = await view(AutoScalingGroupName);
  expect([after.states, after.ids.includes(id)]).toEqual([['InService'], false]);
  // Whatever is unhealthy is ended, and the evidence with it.
  expect(await stateOf(id)).toBe('terminated');
  expect(await targets(TargetGroupArn)).toEqual({ [after.ids[0] ?? '']: 'healthy' });
});

it('takes in an instance that runs, once, and asks for room', async () => {
  const { AutoScalingGroupName } = await group(2);
  const [one, two] = [await bench.instance(), await bench.instance()];
  const attach = (id: string | undefined) => asg.attachInstances({ AutoScalingGroupName, InstanceIds: [id ?? ''] });
  await attach(one.InstanceId);
  expect(await view(AutoScalingGroupName)).toMatchObject({ DesiredCapacity: 3, states: Array(3).fill('InService') });
  expect(await codeOf(attach(one.InstanceId))).toBe('ValidationError');
  expect(await codeOf(attach(two.InstanceId))).toBe('ValidationError');
  await asg.setInstanceProtection({
    AutoScalingGroupName,
    InstanceIds: (await view(AutoScalingGroupName)).ids.slice(0, 1),
    ProtectedFromScaleIn: true,
  });
  const [guarded] = (await view(AutoScalingGroupName)).ids;
  await asg.updateAutoScalingGroup({ AutoScalingGroupName, DesiredCapacity: 1 });
  await bench.twin.clock.settle();
  expect((await view(AutoScalingGroupName)).ids).toEqual([guarded]);
});

it('launches the like of an instance that is named', async () => {
  const model = await bench.instance({ InstanceType: 't3.small', ImageId: 'ami-0fedcba9876543210' });
  const { AutoScalingGroupName } = await group(1, { LaunchTemplate: undefined, InstanceId: model.InstanceId });
  const [id = ''] = (await view(AutoScalingGroupName)).ids;
  expect(await bench.described(id)).toMatchObject({ InstanceType: 't3.small', ImageId: 'ami-0fedcba9876543210' });
});
