import type { InstanceNetworkInterfaceSpecification, RunInstancesRequest } from '@aws-sdk/client-ec2';
import { draftInterface, groupsOf, renewPublicIp } from '../interfaces/make';
import { PrivateAddresses } from '../interfaces/private-addresses';
import type { NetworkInterface } from '../interfaces/state';
import { interfaceOf, subnetOf } from '../lookups';
import { type Ec2Call, type Ec2Operations, type Ec2State, error, missingParameter, type Subnet } from '../state';
import { setTags, tagsByKind } from '../tags';
import { draftDevices, rootDeviceOf } from './devices';
import { metadataOptions } from './metadata';
import { associate, profileFor } from './profiles';
import type { Instance } from './state';
import { pass } from './states';
import { checkType, DEFAULT_TYPE, interfacesOf } from './types';
import { describeInstance } from './views';

/** Of the first default subnet where the request names none. @throws AwsError without a default VPC. */
function subnetFor({ state }: Ec2Call, id: string | undefined, zone: string | undefined): Subnet {
  if (id !== undefined) return subnetOf(state, id);
  const found = [...state.subnets.values()].find((one) => one.isDefault && one.zone === (zone ?? one.zone));
  if (!found)
    throw error(
      'VPCIdNotSpecified',
      'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
    );
  return found;
}

/** Groups of the instance, by id or by name. */
function groupsIn({ groups }: Ec2State, vpcId: string, request: RunInstancesRequest): string[] | undefined {
  const named = (request.SecurityGroups ?? []).map((name) => {
    const found = groups.named(vpcId, name);
    if (!found) throw error('InvalidGroup.NotFound', `The security group '${name}' does not exist in VPC '${vpcId}'`);
    return found.id;
  });
  const ids = [...(request.SecurityGroupIds ?? []), ...named];
  return ids.length > 0 ? ids : undefined;
}

/** What a request asks for as interfaces, the flat form being one. @throws AwsError for both forms at once. */
function specificationsIn(call: Ec2Call, request: RunInstancesRequest): InstanceNetworkInterfaceSpecification[] {
  const { NetworkInterfaces = [], SubnetId, Placement, Ipv6AddressCount, Ipv6Addresses, PrivateIpAddress } = request;
  if (NetworkInterfaces.length === 0) {
    const subnet = subnetFor(call, SubnetId, Placement?.AvailabilityZone);
    const Groups = groupsIn(call.state, subnet.vpcId, request);
    return [{ DeviceIndex: 0, SubnetId: subnet.id, Groups, Ipv6AddressCount, Ipv6Addresses, PrivateIpAddress }];
  }
  const both = (what: string) =>
    error(
      'InvalidParameterCombination',
      `Network interfaces and an instance-level ${what} may not be specified on the same request`,
    );
  if (SubnetId !== undefined) throw both('subnet ID');
  if (request.SecurityGroupIds || request.SecurityGroups) throw both('security groups');
  if (PrivateIpAddress !== undefined) throw both('private address');
  const indices = NetworkInterfaces.map(({ DeviceIndex }) => DeviceIndex);
  if (indices.includes(undefined))
    throw error('InvalidParameterValue', 'Each network interface requires a device index.');
  if (new Set(indices).size < indices.length)
    throw error('InvalidParameterValue', 'Each network interface requires a unique device index.');
  if (!indices.includes(0))
    throw error(
      'InvalidParameterCombination',
      'When specifying network interfaces, you must include a device at index 0.',
    );
  if (
    NetworkInterfaces.length > 1 &&
    NetworkInterfaces.some(({ AssociatePublicIpAddress }) => AssociatePublicIpAddress)
  )
    throw error(
      'InvalidParameterCombination',
      'The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.',
    );
  return [...NetworkInterfaces].sort((a, b) => (a.DeviceIndex ?? 0) - (b.DeviceIndex ?? 0));
}

interface Planned {
  readonly one: NetworkInterface;
  readonly deviceIndex: number;
  readonly deleteOnTermination: boolean;
}

/** An instance's interfaces, none of which is there yet but those that the request names. */
function planInterfaces(
  call: Ec2Call,
  specifications: readonly InstanceNetworkInterfaceSpecification[],
  pool: PrivateAddresses,
): Planned[] {
  const planned = specifications.map((specification): Planned => {
    const { NetworkInterfaceId, SubnetId, DeviceIndex = 0, DeleteOnTermination } = specification;
    if (NetworkInterfaceId !== undefined) {
      const one = interfaceOf(call.state, NetworkInterfaceId);
      if (one.attachment) throw error('InvalidNetworkInterface.InUse', `Interface: [${one.id}] in use.`);
      return { one, deviceIndex: DeviceIndex, deleteOnTermination: false };
    }
    const subnet = subnetFor(call, SubnetId, undefined);
    // The subnet's own setting counts for an instance with one interface.
    const AssociatePublicIpAddress =
      specification.AssociatePublicIpAddress ?? (specifications.length === 1 && subnet.mapsPublicIp);
    const foreign = (specification.Groups ?? []).find((id) => {
      const group = call.state.groups.get(id);
      return group && group.vpcId !== subnet.vpcId;
    });
    if (foreign !== undefined)
      throw error(
        'InvalidParameter',
        `Security group ${foreign} and subnet ${subnet.id} belong to different networks.`,
      );
    groupsOf(call.state, subnet.vpcId, specification.Groups);
    return {
      one: draftInterface(call, subnet, { ...specification, AssociatePublicIpAddress }, pool),
      deviceIndex: DeviceIndex,
      deleteOnTermination: DeleteOnTermination ?? true,
    };
  });
  const zones = new Set(planned.map(({ one }) => call.state.subnets.get(one.subnetId)?.zone));
  if (zones.size > 1)
    throw error(
      'InvalidParameterCombination',
      'All network interfaces of an instance must be in one Availability Zone.',
    );
  return planned;
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html */
function checkCounts({ MinCount, MaxCount, ImageId, InstanceType, NetworkInterfaces = [] }: RunInstancesRequest): void {
  if (ImageId === undefined) throw missingParameter('ImageId');
  if (!ImageId.startsWith('ami-'))
    throw error('InvalidAMIID.Malformed', `Invalid id: "${ImageId}" (expecting "ami-...")`);
  if (MinCount === undefined || MaxCount === undefined) throw missingParameter('MinCount', 'MaxCount');
  if (MinCount < 1 || MaxCount < MinCount)
    throw error(
      'InvalidParameterValue',
      `Value (${MinCount}) for parameter minCount is invalid. Must be at least 1 and at most maxCount (${MaxCount}).`,
    );
  if (MaxCount > 1 && NetworkInterfaces.some(({ NetworkInterfaceId }) => NetworkInterfaceId !== undefined))
    throw error('InvalidParameterCombination', 'A network interface can be attached to one instance only.');
  const type = checkType(InstanceType ?? DEFAULT_TYPE);
  if (NetworkInterfaces.length > interfacesOf(type))
    throw error('AttachmentLimitExceeded', `Interface count ${NetworkInterfaces.length} exceeds the limit for ${type}`);
}

function spotIn(call: Ec2Call, request: RunInstancesRequest): Instance['spot'] {
  if (request.InstanceMarketOptions?.MarketType !== 'spot') return undefined;
  if (request.DisableApiTermination)
    throw error(
      'InvalidParameterCombination',
      "The parameter 'disableApiTermination' is not supported for spot instances.",
    );
  return {
    requestId: `sir-${call.twin.hex(8)}`,
    isPersistent: request.InstanceMarketOptions.SpotOptions?.SpotInstanceType === 'persistent',
  };
}

/** Makes instances as a request describes them, all of them or none. */
export function launch(call: Ec2Call, request: RunInstancesRequest): Instance[] {
  const { state, twin, account } = call;
  checkCounts(request);
  const spot = spotIn(call, request);
  const profile = request.IamInstanceProfile && profileFor(twin, account, request.IamInstanceProfile);
  const tags = tagsByKind(
    ['instance', 'volume', 'network-interface', 'spot-instances-request'],
    request.TagSpecifications,
  );
  const specifications = specificationsIn(call, request);
  const pool = new PrivateAddresses(state);
  const reservationId = `r-${twin.hex(17)}`;
  const drafts = Array.from({ length: request.MaxCount ?? 1 }, (_, launchIndex) => {
    const interfaces = planInterfaces(call, specifications, pool);
    const subnet = subnetOf(state, interfaces[0]?.one.subnetId);
    const instance: Instance = {
      id: `i-${twin.hex(17)}`,
      reservationId,
      launchIndex,
      imageId: request.ImageId ?? '',
      type: request.InstanceType ?? DEFAULT_TYPE,
      ...(request.KeyName !== undefined && { keyName: request.KeyName }),
      ...(request.UserData !== undefined && { userData: request.UserData }),
      ...(request.ClientToken !== undefined && { clientToken: request.ClientToken }),
      subnetId: subnet.id,
      vpcId: subnet.vpcId,
      zone: subnet.zone,
      rootDevice: rootDeviceOf(request.BlockDeviceMappings),
      ...(spot && { spot }),
      ...(request.Operator?.Principal !== undefined && { operator: request.Operator.Principal }),
      launched: twin.clock.now(),
      state: 'pending',
      terminationProtected: request.DisableApiTermination ?? false,
      stopProtected: request.DisableApiStop ?? false,
      shutdownBehavior: request.InstanceInitiatedShutdownBehavior ?? 'stop',
      metadata: metadataOptions(request.MetadataOptions),
    };
    return { instance, interfaces, volumes: draftDevices(call, instance, request.BlockDeviceMappings) };
  });

  for (const { instance, interfaces, volumes } of drafts) {
    state.instances.set(instance.id, instance);
    setTags(state, instance.id, tags('instance'));
    for (const { one, deviceIndex, deleteOnTermination } of interfaces) {
      const isNew = !state.interfaces.has(one.id);
      one.attachment = {
        id: `eni-attach-${twin.hex(17)}`,
        instanceId: instance.id,
        deviceIndex,
        attached: instance.launched,
        deleteOnTermination,
      };
      state.interfaces.set(one.id, one);
      if (isNew) setTags(state, one.id, tags('network-interface'));
      renewPublicIp(state, one, true);
    }
    for (const volume of volumes) {
      state.volumes.set(volume.id, volume);
      setTags(state, volume.id, tags('volume'));
    }
    if (profile) associate(call, instance.id, profile);
    pass(call, instance, 'pending', 'running');
  }
  return drafts.map(({ instance }) => instance);
}

/** A reservation as it is now. */
export const describeReservation = (call: Ec2Call, reservationId: string, instances: readonly Instance[]) => ({
  ReservationId: reservationId,
  OwnerId: call.account,
  Groups: [],
  Instances: instances.map((instance) => describeInstance(call, instance)),
});

export const launchOperations: Ec2Operations = {
  /** The same token with the same request answers the instances that there are. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Run_Instance_Idempotency.html */
  RunInstances(request, call) {
    const { state } = call;
    const { ClientToken, ...rest } = request;
    const text = JSON.stringify(rest);
    const earlier = ClientToken === undefined ? undefined : state.launches.get(ClientToken);
    if (earlier && earlier.request !== text)
      throw error(
        'IdempotentParameterMismatch',
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      );
    if (earlier) {
      const instances = [...state.instances.values()].filter((one) => one.reservationId === earlier.reservationId);
      return describeReservation(call, earlier.reservationId, instances);
    }
    const instances = launch(call, request);
    const reservationId = instances[0]?.reservationId ?? '';
    if (ClientToken !== undefined) state.launches.set(ClientToken, { request: text, reservationId });
    return describeReservation(call, reservationId, instances);
  },
};
