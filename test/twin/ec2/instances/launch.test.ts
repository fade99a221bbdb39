import { Ec2Bench, failureOf } from '../support';

let bench: Ec2Bench;
let vpcId: string;
let subnetId: string;
let groupId: string;
beforeAll(async () => {
  bench = await Ec2Bench.start();
  vpcId = await bench.vpc();
  subnetId = await bench.subnet(vpcId);
  groupId = await bench.group({ vpcId });
});
afterAll(() => bench.stop());

const image = { ImageId: 'ami-0abcdef1234567890', InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 } as const;

describe('launching', () => {
  it('answers pending instances, which run as time goes on', async () => {
    const { Instances = [], ReservationId } = await bench.ec2.runInstances({ ...image, MaxCount: 2 });
    expect(Instances.map(({ State }) => State)).toEqual(Array(2).fill({ Code: 0, Name: 'pending' }));
    expect(new Set(Instances.map(({ PrivateIpAddress }) => PrivateIpAddress)).size).toBe(2);
    await bench.twin.clock.settle();
    const { Reservations = [] } = await bench.ec2.describeInstances({
      Filters: [{ Name: 'reservation-id', Values: [ReservationId ?? ''] }],
    });
    expect(Reservations[0]?.Instances?.map(({ State, AmiLaunchIndex }) => [State?.Name, AmiLaunchIndex])).toEqual([
      ['running', 0],
      ['running', 1],
    ]);
  });

  it('takes the default VPC with its default group, and a public address where the subnet gives one', async () => {
    const instance = await bench.instance();
    expect(instance.PrivateIpAddress).toMatch(/^172\.31\.0\.\d+$/);
    expect(instance.SecurityGroups).toEqual([expect.objectContaining({ GroupName: 'default' })]);
    expect(instance.PublicIpAddress).toBeDefined();
    expect(instance.NetworkInterfaces?.[0]?.Association).toMatchObject({
      PublicIp: instance.PublicIpAddress,
      IpOwnerId: 'amazon',
    });
  });

  it('puts several interfaces at their devices, each with its own groups, and none with a public address', async () => {
    const other = await bench.group({ vpcId });
    const instance = await bench.instance({
      NetworkInterfaces: [
        { DeviceIndex: 1, SubnetId: subnetId, Groups: [other], DeleteOnTermination: false },
        { DeviceIndex: 0, SubnetId: subnetId, Groups: [groupId] },
      ],
    });
    const view = instance.NetworkInterfaces?.map(({ Attachment, Groups }) => [
      Attachment?.DeviceIndex,
      Attachment?.DeleteOnTermination,
      Groups?.map(({ GroupId }) => GroupId),
    ]);
    expect(view).toEqual([
      [0, true, [groupId]],
      [1, false, [other]],
    ]);
    expect(instance.SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([groupId]);
    expect(instance.PublicIpAddress).toBeUndefined();
    expect(instance.PrivateIpAddress).toMatch(/^10\.0\.1\./);
  });

  it('attaches an interface that is there already', async () => {
    const made = await bench.ec2.createNetworkInterface({ SubnetId: subnetId, Groups: [groupId] });
    const NetworkInterfaceId = made.NetworkInterface?.NetworkInterfaceId ?? '';
    const instance = await bench.instance({ NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId }] });
    expect(instance.NetworkInterfaces?.map((one) => one.NetworkInterfaceId)).toEqual([NetworkInterfaceId]);
    expect(instance.PrivateIpAddress).toBe(made.NetworkInterface?.PrivateIpAddress);
    const again = bench.ec2.runInstances({ ...image, NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId }] });
    expect(await bench.refusal(again)).toBe('InvalidNetworkInterface.InUse');
  });

  it('makes volumes, boot volume first, with tags of their own', async () => {
    const instance = await bench.instance({
      BlockDeviceMappings: [
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 20, DeleteOnTermination: false, Encrypted: true } },
        { DeviceName: '/dev/sdg', VirtualName: 'ephemeral0' },
      ],
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web' }] },
        { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'web-disk' }] },
      ],
    });
    expect(instance.RootDeviceName).toBe('/dev/xvda');
    expect(instance.Tags).toEqual([{ Key: 'Name', Value: 'web' }]);
    expect(instance.BlockDeviceMappings?.map((one) => [one.DeviceName, one.Ebs?.DeleteOnTermination])).toEqual([
      ['/dev/xvda', true],
      ['/dev/sdf', false],
    ]);
    const { Volumes = [] } = await bench.ec2.describeVolumes({
      Filters: [{ Name: 'attachment.instance-id', Values: [instance.InstanceId ?? ''] }],
    });
    expect(Volumes.map(({ Size, Encrypted, Tags }) => [Size, Encrypted, Tags?.[0]?.Value])).toEqual([
      [8, false, 'web-disk'],
      [20, true, 'web-disk'],
    ]);
  });

  it('gives VPCs blocks as they are written: without leading zeros, and without a part that :: would swallow', async () => {
    for (let made = 0; made < 64; made++) {
      const { Vpc } = await bench.ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true });
      expect(Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock).toMatch(
        /^2600:1f18:[1-9a-f][0-9a-f]{0,3}:[1-9a-f][0-9a-f]{0,3}::\/56$/,
      );
    }
  });

  it('gives IPv6 addresses out of the subnet', async () => {
    const { Vpc } = await bench.ec2.createVpc({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true });
    const block = Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? '';
    const subnet = await bench.subnet(Vpc?.VpcId ?? '', { Ipv6CidrBlock: block.replace('/56', '/64') });
    const instance = await bench.instance({ SubnetId: subnet, Ipv6AddressCount: 1 });
    const [one] = instance.NetworkInterfaces ?? [];
    expect(one?.Ipv6Addresses?.[0]?.Ipv6Address?.startsWith(block.split('::')[0] ?? 'none')).toBe(true);
    expect(instance.Ipv6Address).toBe(one?.Ipv6Addresses?.[0]?.Ipv6Address);
    const more = await bench.ec2.assignIpv6Addresses({
      NetworkInterfaceId: one?.NetworkInterfaceId ?? '',
      Ipv6AddressCount: 1,
    });
    await bench.ec2.unassignIpv6Addresses({
      NetworkInterfaceId: one?.NetworkInterfaceId ?? '',
      Ipv6Addresses: [instance.Ipv6Address ?? ''],
    });
    expect((await bench.described(instance.InstanceId ?? '')).Ipv6Address).toBe(more.AssignedIpv6Addresses?.[0]);
  });

  it('makes nothing anew for a token that it knows, and refuses it for another request', async () => {
    const request = { ...image, SubnetId: subnetId, ClientToken: 'once' };
    const first = await bench.ec2.runInstances(request);
    const second = await bench.ec2.runInstances(request);
    expect(second.Instances?.[0]?.InstanceId).toBe(first.Instances?.[0]?.InstanceId);
    await bench.twin.clock.settle();
    const other = bench.ec2.runInstances({ ...request, InstanceType: 't3.small' });
    expect(await bench.refusal(other)).toBe('IdempotentParameterMismatch');
  });

  it.each([
    ['no image', { ImageId: undefined }, 'MissingParameter'],
    ['an image that is none', { ImageId: 'image' }, 'InvalidAMIID.Malformed'],
    ['less than nothing', { MinCount: 2 }, 'InvalidParameterValue'],
    ['a subnet that is not there', { SubnetId: 'subnet-0123456789abcdef0' }, 'InvalidSubnetID.NotFound'],
    ['a group that is not there', { SecurityGroupIds: ['sg-0123456789abcdef0'] }, 'InvalidGroup.NotFound'],
    ['a profile that is not there', { IamInstanceProfile: { Name: 'nobody' } }, 'InvalidParameterValue'],
    ['a type that is none', { InstanceType: 'big' as never }, 'InvalidParameterValue'],
    ['no first interface', { NetworkInterfaces: [{ DeviceIndex: 1 }] }, 'InvalidParameterCombination'],
    [
      'two interfaces at one device',
      { NetworkInterfaces: [{ DeviceIndex: 0 }, { DeviceIndex: 0 }] },
      'InvalidParameterValue',
    ],
    [
      'a public address for one of several interfaces',
      { NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true }, { DeviceIndex: 1 }] },
      'InvalidParameterCombination',
    ],
    [
      'protection for a spot instance',
      { InstanceMarketOptions: { MarketType: 'spot' as const }, DisableApiTermination: true },
      'InvalidParameterCombination',
    ],
  ])('fails with %s, and nothing is made', async (_case, input, code) => {
    await bench.twin.clock.settle();
    expect(await bench.refusal(bench.ec2.runInstances({ ...image, ...input } as never))).toBe(code);
  });

  it('fails with a group of another VPC', async () => {
    const foreign = bench.ec2.runInstances({ ...image, SubnetId: subnetId, SecurityGroupIds: [await bench.group()] });
    expect(await bench.refusal(foreign)).toBe('InvalidParameter');
  });
});

describe('describing instances', () => {
  it('finds them by what they have, and pages', async () => {
    const tagged = { ResourceType: 'instance' as const, Tags: [{ Key: 'role', Value: 'paged' }] };
    await bench.ec2.runInstances({
      ...image,
      MinCount: 7,
      MaxCount: 7,
      SubnetId: subnetId,
      TagSpecifications: [tagged],
    });
    await bench.twin.clock.settle();
    const Filters = [
      { Name: 'tag:role', Values: ['paged'] },
      { Name: 'instance-state-name', Values: ['running'] },
      { Name: 'network-interface.subnet-id', Values: [subnetId] },
    ];
    const first = await bench.ec2.describeInstances({ Filters, MaxResults: 5 });
    const second = await bench.ec2.describeInstances({ Filters, MaxResults: 5, NextToken: first.NextToken });
    const ids = [first, second].map(({ Reservations = [] }) =>
      Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId)),
    );
    expect(ids.map(({ length }) => length)).toEqual([5, 2]);
    expect(new Set(ids.flat()).size).toBe(7);
    expect(second.NextToken).toBeUndefined();
  });

  it('fails for what is not there', async () => {
    const code = async (id: string) => (await failureOf(bench.ec2.describeInstances({ InstanceIds: [id] }))).name;
    expect(await code('i-0123456789abcdef0')).toBe('InvalidInstanceID.NotFound');
    expect(await code('instance')).toBe('InvalidInstanceID.Malformed');
  });

  it('knows what runs on the Nitro System', async () => {
    const { InstanceTypes = [] } = await bench.ec2.describeInstanceTypes({ InstanceTypes: ['t2.micro', 't3.micro'] });
    expect(InstanceTypes.map(({ Hypervisor }) => Hypervisor)).toEqual(['xen', 'nitro']);
    const failure = await failureOf(bench.ec2.describeInstanceTypes({ InstanceTypes: ['t3.enormous' as never] }));
    expect(failure.name).toBe('InvalidInstanceType');
  });
});
