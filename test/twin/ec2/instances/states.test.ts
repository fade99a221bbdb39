import { Ec2Bench, failureOf } from '../support';

let bench: Ec2Bench;
beforeAll(async () => {
  bench = await Ec2Bench.start();
});
afterAll(() => bench.stop());

const spot = { InstanceMarketOptions: { MarketType: 'spot' } } as const;

describe('terminating', () => {
  it('takes along what goes with the instance, and leaves the rest', async () => {
    const subnets = (await bench.ec2.describeSubnets({})).Subnets ?? [];
    const SubnetId = subnets[0]?.SubnetId;
    const {
      InstanceId = '',
      NetworkInterfaces = [],
      BlockDeviceMappings = [],
    } = await bench.instance({
      NetworkInterfaces: [
        { DeviceIndex: 0, SubnetId },
        { DeviceIndex: 1, SubnetId, DeleteOnTermination: false },
      ],
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, DeleteOnTermination: false } }],
    });
    const bystander = await bench.instance();
    const before = bench.state;
    const answer = await bench.ec2.terminateInstances({ InstanceIds: [InstanceId] });
    expect(answer.TerminatingInstances).toEqual([
      {
        InstanceId,
        CurrentState: { Code: 32, Name: 'shutting-down' },
        PreviousState: { Code: 16, Name: 'running' },
      },
    ]);
    await bench.twin.clock.settle();
    expect(await bench.described(InstanceId)).toMatchObject({
      State: { Name: 'terminated' },
      StateReason: { Code: 'Client.UserInitiatedShutdown' },
      NetworkInterfaces: [],
      BlockDeviceMappings: [],
    });
    const after = bench.state;
    const [gone, kept] = NetworkInterfaces.map((one) => one.NetworkInterfaceId ?? '');
    const [boot, data] = BlockDeviceMappings.map(({ Ebs }) => Ebs?.VolumeId ?? '');
    expect([after.interfaces.has(gone ?? ''), after.volumes.has(boot ?? '')]).toEqual([false, false]);
    expect(after.interfaces.get(kept ?? '')?.attachment).toBeUndefined();
    expect(after.volumes.get(data ?? '')?.attachment).toBeUndefined();
    expect(await bench.described(bystander.InstanceId ?? '')).toEqual(bystander);
    expect([before.interfaces.size - after.interfaces.size, before.volumes.size - after.volumes.size]).toEqual([1, 1]);
    await bench.twin.clock.advance(3601);
    expect((await failureOf(bench.ec2.describeInstances({ InstanceIds: [InstanceId] }))).name).toBe(
      'InvalidInstanceID.NotFound',
    );
  });

  it('is refused under protection, for all instances of the request', async () => {
    const guarded = await bench.instance({ DisableApiTermination: true });
    const open = await bench.instance();
    const InstanceIds = [open.InstanceId ?? '', guarded.InstanceId ?? ''];
    expect(await bench.refusal(bench.ec2.terminateInstances({ InstanceIds }))).toBe('OperationNotPermitted');
    await bench.ec2.modifyInstanceAttribute({
      InstanceId: guarded.InstanceId,
      DisableApiTermination: { Value: false },
    });
    await bench.ec2.terminateInstances({ InstanceIds });
    await bench.twin.clock.settle();
    for (const id of InstanceIds) expect((await bench.described(id)).State?.Name).toBe('terminated');
  });
});

describe('stopping and starting', () => {
  it('keeps the private address and gives up the public one', async () => {
    const before = await bench.instance();
    const InstanceIds = [before.InstanceId ?? ''];
    await bench.ec2.stopInstances({ InstanceIds });
    await bench.twin.clock.settle();
    const stopped = await bench.described(InstanceIds[0] ?? '');
    expect([stopped.State?.Name, stopped.PublicIpAddress]).toEqual(['stopped', undefined]);
    const { InstanceStatuses } = await bench.ec2.describeInstanceStatus({ InstanceIds });
    expect(InstanceStatuses).toEqual([]);
    await bench.ec2.startInstances({ InstanceIds });
    await bench.twin.clock.settle();
    const after = await bench.described(InstanceIds[0] ?? '');
    expect([after.State?.Name, after.PrivateIpAddress]).toEqual(['running', before.PrivateIpAddress]);
    expect(after.PublicIpAddress).toBeDefined();
    const running = await bench.ec2.describeInstanceStatus({ InstanceIds });
    expect(running.InstanceStatuses?.[0]?.InstanceStatus?.Status).toBe('ok');
  });

  it('is refused under protection, and for a spot instance that is asked for once', async () => {
    const guarded = await bench.instance({ DisableApiStop: true });
    const InstanceIds = [guarded.InstanceId ?? ''];
    expect(await bench.refusal(bench.ec2.stopInstances({ InstanceIds }))).toBe('OperationNotPermitted');
    const once = await bench.instance(spot);
    expect(await bench.refusal(bench.ec2.stopInstances({ InstanceIds: [once.InstanceId ?? ''] }))).toBe(
      'UnsupportedOperation',
    );
  });

  it('is not for what is gone', async () => {
    const { InstanceId = '' } = await bench.instance();
    await bench.ec2.terminateInstances({ InstanceIds: [InstanceId] });
    await bench.twin.clock.settle();
    const of = (call: Promise<unknown>) => bench.refusal(call);
    expect(await of(bench.ec2.stopInstances({ InstanceIds: [InstanceId] }))).toBe('IncorrectInstanceState');
    expect(await of(bench.ec2.startInstances({ InstanceIds: [InstanceId] }))).toBe('IncorrectInstanceState');
    const modify = bench.ec2.modifyInstanceAttribute({ InstanceId, DisableApiStop: { Value: true } });
    expect(await of(modify)).toBe('IncorrectInstanceState');
    expect(await of(bench.ec2.getConsoleScreenshot({ InstanceId }))).toBe('IncorrectInstanceState');
  });
});

describe('attributes', () => {
  it.each([
    ['disableApiTermination', { DisableApiTermination: { Value: true } }, { DisableApiTermination: { Value: true } }],
    ['disableApiStop', { DisableApiStop: { Value: true } }, { DisableApiStop: { Value: true } }],
    [
      'instanceInitiatedShutdownBehavior',
      { InstanceInitiatedShutdownBehavior: { Value: 'terminate' } },
      { InstanceInitiatedShutdownBehavior: { Value: 'terminate' } },
    ],
    [
      'disableApiTermination',
      { Attribute: 'disableApiTermination', Value: 'true' },
      { DisableApiTermination: { Value: true } },
    ],
  ] as const)('%s is set by %j, and nothing else', async (Attribute, change, view) => {
    const { InstanceId = '' } = await bench.instance();
    const before = await bench.ec2.describeInstanceAttribute({ InstanceId, Attribute });
    expect(before).not.toMatchObject(view);
    const forget = (state: Ec2Bench['state']) => void state.instances.delete(InstanceId);
    await bench.changingNothingBut(forget, () => bench.ec2.modifyInstanceAttribute({ InstanceId, ...change }));
    expect(await bench.ec2.describeInstanceAttribute({ InstanceId, Attribute })).toMatchObject(view);
  });

  it('keeps volumes beyond the instance', async () => {
    const { InstanceId = '' } = await bench.instance();
    const set = (DeviceName: string) =>
      bench.ec2.modifyInstanceAttribute({
        InstanceId,
        BlockDeviceMappings: [{ DeviceName, Ebs: { DeleteOnTermination: false } }],
      });
    expect(await bench.refusal(set('/dev/sdz'))).toBe('InvalidInstanceAttributeValue');
    await set('/dev/xvda');
    const view = await bench.ec2.describeInstanceAttribute({ InstanceId, Attribute: 'blockDeviceMapping' });
    expect(view.BlockDeviceMappings?.map(({ Ebs }) => Ebs?.DeleteOnTermination)).toEqual([false]);
  });

  it('of spot instances do not protect them', async () => {
    const { InstanceId = '' } = await bench.instance(spot);
    for (const change of [{ DisableApiTermination: { Value: true } }, { DisableApiStop: { Value: true } }])
      expect(await bench.refusal(bench.ec2.modifyInstanceAttribute({ InstanceId, ...change }))).toBe(
        'UnsupportedOperation',
      );
  });

  it('are changed one by one; groups not where there are several interfaces', async () => {
    const groupId = await bench.group();
    const single = await bench.instance();
    const double = await bench.instance({ NetworkInterfaces: [{ DeviceIndex: 0 }, { DeviceIndex: 1 }] });
    const modify = (InstanceId: string | undefined, change: object) =>
      bench.ec2.modifyInstanceAttribute({ InstanceId, ...change });
    const two = { DisableApiStop: { Value: true }, DisableApiTermination: { Value: true } };
    expect(await bench.refusal(modify(single.InstanceId, two))).toBe('InvalidParameterCombination');
    expect(await bench.refusal(modify(double.InstanceId, { Groups: [groupId] }))).toBe('InvalidInstanceID');
    await modify(single.InstanceId, { Groups: [groupId] });
    const { SecurityGroups } = await bench.described(single.InstanceId ?? '');
    expect(SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([groupId]);
  });

  it('of metadata, each by itself', async () => {
    const { InstanceId = '', MetadataOptions } = await bench.instance({ MetadataOptions: { HttpTokens: 'required' } });
    expect(MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpEndpoint: 'enabled', State: 'applied' });
    await bench.ec2.modifyInstanceMetadataOptions({ InstanceId, HttpEndpoint: 'disabled' });
    const after = await bench.described(InstanceId);
    expect(after.MetadataOptions).toEqual({ ...MetadataOptions, HttpEndpoint: 'disabled' });
  });
});

describe('the console', () => {
  it('shows an output, the latest on the Nitro System only, and a screen', async () => {
    const [nitro, xen] = [await bench.instance(), await bench.instance({ InstanceType: 't2.micro' })];
    const { Output = '' } = await bench.ec2.getConsoleOutput({ InstanceId: nitro.InstanceId, Latest: true });
    expect(Buffer.from(Output, 'base64').toString()).toContain(nitro.InstanceId);
    const latest = bench.ec2.getConsoleOutput({ InstanceId: xen.InstanceId, Latest: true });
    expect(await bench.refusal(latest)).toBe('UnsupportedOperation');
    const { ImageData = '' } = await bench.ec2.getConsoleScreenshot({ InstanceId: nitro.InstanceId });
    // JPEG begins so.
    expect(Buffer.from(ImageData, 'base64').subarray(0, 2).toString('hex')).toBe('ffd8');
  });
});

describe('an instance that a service manages', () => {
  it('is changed by nobody else', async () => {
    const managed = await bench.instance({ Operator: { Principal: 'eks.amazonaws.com' } });
    expect(managed.Operator).toEqual({ Managed: true, Principal: 'eks.amazonaws.com' });
    const InstanceId = managed.InstanceId ?? '';
    for (const call of [
      () => bench.ec2.terminateInstances({ InstanceIds: [InstanceId] }),
      () => bench.ec2.modifyInstanceAttribute({ InstanceId, DisableApiStop: { Value: true } }),
      () => bench.ec2.modifyInstanceMetadataOptions({ InstanceId, HttpEndpoint: 'disabled' }),
    ])
      expect(await bench.refusal(call())).toBe('OperationNotPermitted');
  });
});
