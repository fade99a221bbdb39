import { Ec2Bench, failureOf } from './support';

let bench: Ec2Bench;
let vpcId: string;
let subnetId: string;
beforeAll(async () => {
  bench = await Ec2Bench.start();
  vpcId = await bench.vpc();
  subnetId = await bench.subnet(vpcId);
});
afterAll(() => bench.stop());

const make = async (input: object = {}): Promise<string> => {
  const { NetworkInterface } = await bench.ec2.createNetworkInterface({ SubnetId: subnetId, ...input });
  return NetworkInterface?.NetworkInterfaceId ?? '';
};
const view = async (id: string) =>
  (await bench.ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [id] })).NetworkInterfaces?.[0];
const groupsOf = async (id: string) => (await view(id))?.Groups?.map(({ GroupId }) => GroupId);

describe('a subnet', () => {
  it('lies in its VPC, beside the others, and goes when it is empty', async () => {
    const inVpc = (CidrBlock: string) => bench.ec2.createSubnet({ VpcId: vpcId, CidrBlock });
    expect(await bench.refusal(inVpc('10.1.0.0/24'))).toBe('InvalidSubnet.Range');
    expect(await bench.refusal(inVpc('10.0.1.128/25'))).toBe('InvalidSubnet.Conflict');
    const SubnetId = (await inVpc('10.0.2.0/28')).Subnet?.SubnetId ?? '';
    const id = await make({ SubnetId, PrivateIpAddress: '10.0.2.9' });
    const { Subnets } = await bench.ec2.describeSubnets({ SubnetIds: [SubnetId] });
    expect(Subnets?.[0]).toMatchObject({ AvailableIpAddressCount: 10, MapPublicIpOnLaunch: false });
    expect(await bench.refusal(make({ SubnetId, PrivateIpAddress: '10.0.2.9' }))).toBe('InvalidIPAddress.InUse');
    expect(await bench.refusal(make({ SubnetId, SecondaryPrivateIpAddressCount: 10 }))).toBe(
      'InsufficientFreeAddressesInSubnet',
    );
    expect(await bench.refusal(bench.ec2.deleteSubnet({ SubnetId }))).toBe('DependencyViolation');
    await bench.ec2.deleteNetworkInterface({ NetworkInterfaceId: id });
    await bench.ec2.deleteSubnet({ SubnetId });
    expect(bench.state.subnets.has(SubnetId)).toBe(false);
  });

  it('has addresses of its own, whatever those of another VPC', async () => {
    const other = await bench.subnet(await bench.vpc());
    const PrivateIpAddress = '10.0.1.200';
    const id = await make({ SubnetId: other, PrivateIpAddress });
    expect((await view(id))?.PrivateIpAddress).toBe(PrivateIpAddress);
    const same = await bench.subnet(await bench.vpc());
    expect((await view(await make({ SubnetId: same, PrivateIpAddress })))?.PrivateIpAddress).toBe(PrivateIpAddress);
    expect(await bench.refusal(make({ SubnetId: same, PrivateIpAddress }))).toBe('InvalidIPAddress.InUse');
  });

  it('gives public addresses only if it is told to', async () => {
    const SubnetId = await bench.subnet(vpcId, { CidrBlock: '10.0.3.0/24' });
    expect((await bench.instance({ SubnetId })).PublicIpAddress).toBeUndefined();
    await bench.ec2.modifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch: { Value: true } });
    expect((await bench.instance({ SubnetId })).PublicIpAddress).toBeDefined();
  });
});

describe('the groups of an interface', () => {
  it('are replaced as a whole, and of no other interface', async () => {
    const [first, second] = [await bench.group({ vpcId }), await bench.group({ vpcId })];
    const { InstanceId = '', NetworkInterfaces: [one, other] = [] } = await bench.instance({
      NetworkInterfaces: [
        { DeviceIndex: 0, SubnetId: subnetId, Groups: [first, second] },
        { DeviceIndex: 1, SubnetId: subnetId, Groups: [first] },
      ],
    });
    const id = other?.NetworkInterfaceId ?? '';
    await bench.changingNothingBut(
      (state) => void state.interfaces.delete(id),
      () => bench.ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId: id, Groups: [second] }),
    );
    expect(await groupsOf(id)).toEqual([second]);
    expect(await groupsOf(one?.NetworkInterfaceId ?? '')).toEqual([first, second]);
    const { NetworkInterfaces } = await bench.ec2.describeNetworkInterfaces({
      Filters: [
        { Name: 'group-id', Values: [second] },
        { Name: 'attachment.instance-id', Values: [InstanceId] },
      ],
    });
    expect(NetworkInterfaces).toHaveLength(2);
  });

  it('are of its VPC, exist, and are not too many', async () => {
    const id = await make();
    const set = (...Groups: string[]) =>
      bench.refusal(bench.ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId: id, Groups }));
    expect(await set(await bench.group())).toBe('InvalidGroup.NotFound');
    expect(await set('sg-0123456789abcdef0')).toBe('InvalidGroup.NotFound');
    const six = await Promise.all(Array.from({ length: 6 }, () => bench.group({ vpcId })));
    expect(await set(...six)).toBe('SecurityGroupsPerInterfaceLimitExceeded');
  });

  it('cannot be deleted as long as it has them', async () => {
    const GroupId = await bench.group({ vpcId });
    const id = await make({ Groups: [GroupId] });
    expect(await bench.refusal(bench.ec2.deleteSecurityGroup({ GroupId }))).toBe('DependencyViolation');
    await bench.ec2.deleteNetworkInterface({ NetworkInterfaceId: id });
    await bench.ec2.deleteSecurityGroup({ GroupId });
    expect(bench.state.groups.has(GroupId)).toBe(false);
  });
});

describe('connection tracking', () => {
  const shorten = (NetworkInterfaceId: string | undefined, TcpEstablishedTimeout = 60) =>
    bench.ec2.modifyNetworkInterfaceAttribute({
      NetworkInterfaceId,
      ConnectionTrackingSpecification: { TcpEstablishedTimeout },
    });

  it('has timeouts on the Nitro System only, within their range', async () => {
    const nitro = (await bench.instance({ SubnetId: subnetId })).NetworkInterfaces?.[0]?.NetworkInterfaceId;
    const xen = (await bench.instance({ SubnetId: subnetId, InstanceType: 't2.micro' })).NetworkInterfaces?.[0];
    await shorten(nitro);
    expect((await view(nitro ?? ''))?.ConnectionTrackingConfiguration).toEqual({ TcpEstablishedTimeout: 60 });
    expect(await bench.refusal(shorten(nitro, 59))).toBe('InvalidParameterValue');
    expect(await bench.refusal(shorten(xen?.NetworkInterfaceId))).toBe('UnsupportedOperation');
  });
});

describe('attaching and detaching', () => {
  it('at a free device, and not the first interface', async () => {
    const { InstanceId, NetworkInterfaces = [] } = await bench.instance({ SubnetId: subnetId });
    const id = await make();
    const attach = (NetworkInterfaceId: string, DeviceIndex: number) =>
      bench.ec2.attachNetworkInterface({ InstanceId, NetworkInterfaceId, DeviceIndex });
    expect(await bench.refusal(attach(id, 0))).toBe('InvalidParameterValue');
    const { AttachmentId } = await attach(id, 1);
    expect((await view(id))?.Attachment).toMatchObject({ InstanceId, DeviceIndex: 1, DeleteOnTermination: false });
    expect(await bench.refusal(attach(id, 2))).toBe('InvalidNetworkInterface.InUse');
    expect(await bench.refusal(attach(await make(), 2))).toBe('AttachmentLimitExceeded');
    const detach = (attachment: string | undefined) => bench.ec2.detachNetworkInterface({ AttachmentId: attachment });
    expect(await bench.refusal(detach(NetworkInterfaces[0]?.Attachment?.AttachmentId))).toBe('OperationNotPermitted');
    await detach(AttachmentId);
    expect(await view(id)).toMatchObject({ Status: 'available' });
  });
});

describe('an interface that a service manages', () => {
  it('is changed by nobody else', async () => {
    const NetworkInterfaceId = await make({ Operator: { Principal: 'ecs.amazonaws.com' } });
    const { InstanceId } = await bench.instance({ SubnetId: subnetId });
    const { AttachmentId } = await bench.ec2.attachNetworkInterface({ InstanceId, NetworkInterfaceId, DeviceIndex: 1 });
    expect(await view(NetworkInterfaceId)).toMatchObject({ RequesterManaged: true, RequesterId: 'ecs.amazonaws.com' });
    const Groups = [await bench.group({ vpcId })];
    for (const call of [
      () => bench.ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId, Groups }),
      () => bench.ec2.detachNetworkInterface({ AttachmentId }),
      () => bench.ec2.deleteNetworkInterface({ NetworkInterfaceId }),
    ])
      expect(await bench.refusal(call())).toBe('AuthFailure');
  });
});

describe('an elastic address', () => {
  it('takes the place of the public one, which comes back when it goes', async () => {
    const before = await bench.instance();
    const InstanceId = before.InstanceId ?? '';
    const { AllocationId, PublicIp } = await bench.ec2.allocateAddress({});
    const { AssociationId } = await bench.ec2.associateAddress({ AllocationId, InstanceId });
    const during = await bench.described(InstanceId);
    expect(during.PublicIpAddress).toBe(PublicIp);
    const { Addresses } = await bench.ec2.describeAddresses({
      Filters: [{ Name: 'network-interface-id', Values: [during.NetworkInterfaces?.[0]?.NetworkInterfaceId ?? ''] }],
    });
    expect(Addresses).toEqual([expect.objectContaining({ AllocationId, AssociationId, InstanceId, PublicIp })]);
    expect(await bench.refusal(bench.ec2.releaseAddress({ AllocationId }))).toBe('InvalidIPAddress.InUse');
    await bench.ec2.disassociateAddress({ AssociationId });
    const after = await bench.described(InstanceId);
    expect([after.PublicIpAddress === undefined, after.PublicIpAddress === PublicIp]).toEqual([false, false]);
    expect(await bench.refusal(bench.ec2.disassociateAddress({ AssociationId }))).toBe('InvalidAssociationID.NotFound');
    await bench.ec2.releaseAddress({ AllocationId });
    expect((await failureOf(bench.ec2.describeAddresses({ AllocationIds: [AllocationId ?? ''] }))).name).toBe(
      'InvalidAllocationID.NotFound',
    );
  });
});
