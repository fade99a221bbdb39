import type { InstanceStatus, Instance as InstanceView } from '@aws-sdk/client-ec2';
import { interfacesAt } from '../interfaces/at';
import type { NetworkInterface } from '../interfaces/state';
import { groupIdentifiers, operatorOf, privateDns, privateIpsOf, publicSide } from '../interfaces/views';
import type { Ec2Call } from '../state';
import { volumesAt } from '../storage/volumes';
import { tagList } from '../tags';
import { zonesOf } from '../zones';
import { associationOf } from './profiles';
import { type Instance, STATE_CODES, type StateName } from './state';
import { isNitro } from './types';

export const stateView = (Name: StateName) => ({ Code: STATE_CODES[Name], Name });

function describeAttached(
  call: Ec2Call,
  one: NetworkInterface,
): NonNullable<InstanceView['NetworkInterfaces']>[number] {
  const { state, account, region } = call;
  const [primary = ''] = one.privateIps;
  const side = publicSide(call, one, primary);
  return {
    NetworkInterfaceId: one.id,
    SubnetId: one.subnetId,
    VpcId: one.vpcId,
    OwnerId: account,
    Description: one.description,
    Status: 'in-use',
    MacAddress: one.mac,
    InterfaceType: 'interface',
    PrivateIpAddress: primary,
    PrivateDnsName: privateDns(region, primary),
    PrivateIpAddresses: privateIpsOf(call, one),
    Ipv6Addresses: one.ipv6.map((Ipv6Address) => ({ Ipv6Address })),
    SourceDestCheck: one.sourceDestCheck,
    Groups: groupIdentifiers(state, one.groups),
    Operator: operatorOf(one),
    ...(side && {
      Association: { PublicIp: side.PublicIp, PublicDnsName: side.PublicDnsName, IpOwnerId: side.IpOwnerId },
    }),
    ...(one.tracking && { ConnectionTrackingConfiguration: one.tracking }),
    ...(one.attachment && {
      Attachment: {
        AttachmentId: one.attachment.id,
        AttachTime: one.attachment.attached,
        DeleteOnTermination: one.attachment.deleteOnTermination,
        DeviceIndex: one.attachment.deviceIndex,
        NetworkCardIndex: 0,
        Status: 'attached',
      },
    }),
  };
}

/** What is attached to an instance goes with it when it is terminated, and so does its address. */
export function describeInstance(call: Ec2Call, instance: Instance): InstanceView {
  const { state, region } = call;
  const interfaces = interfacesAt(state, instance.id);
  const [first] = interfaces;
  const privateIp = first?.privateIps[0];
  const side = first && publicSide(call, first, privateIp ?? '');
  const profile = associationOf(state, instance.id)?.profile;
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.type as NonNullable<InstanceView['InstanceType']>,
    AmiLaunchIndex: instance.launchIndex,
    LaunchTime: instance.launched,
    State: stateView(instance.state),
    StateTransitionReason: instance.transition?.reason ?? '',
    ...(instance.transition && {
      StateReason: {
        Code: instance.transition.code,
        Message: `${instance.transition.code}: ${instance.transition.reason.replace(/ \(.*/, '')}`,
      },
    }),
    ...(instance.keyName !== undefined && { KeyName: instance.keyName }),
    ...(instance.clientToken !== undefined && { ClientToken: instance.clientToken }),
    Architecture: 'x86_64',
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    EnaSupport: isNitro(instance.type),
    EbsOptimized: false,
    Monitoring: { State: 'disabled' },
    MetadataOptions: { State: 'applied', ...instance.metadata },
    Operator: operatorOf(instance),
    Placement: {
      AvailabilityZone: instance.zone,
      AvailabilityZoneId: zonesOf(region).find(({ name }) => name === instance.zone)?.id,
      GroupName: '',
      Tenancy: 'default',
    },
    PlatformDetails: 'Linux/UNIX',
    RootDeviceName: instance.rootDevice,
    RootDeviceType: 'ebs',
    BlockDeviceMappings: volumesAt(state, instance.id).map(({ id, attachment }) => ({
      DeviceName: attachment?.device,
      Ebs: {
        VolumeId: id,
        AttachTime: attachment?.attached,
        DeleteOnTermination: attachment?.deleteOnTermination,
        Status: 'attached',
      },
    })),
    NetworkInterfaces: interfaces.map((one) => describeAttached(call, one)),
    SecurityGroups: groupIdentifiers(state, first?.groups ?? []),
    PrivateDnsName: privateIp === undefined ? '' : privateDns(region, privateIp),
    PublicDnsName: side?.PublicDnsName ?? '',
    ...(side && { PublicIpAddress: side.PublicIp }),
    ...(first && {
      SubnetId: instance.subnetId,
      VpcId: instance.vpcId,
      PrivateIpAddress: privateIp,
      SourceDestCheck: first.sourceDestCheck,
      ...(first.ipv6[0] !== undefined && { Ipv6Address: first.ipv6[0] }),
    }),
    ...(profile && { IamInstanceProfile: profile }),
    ...(instance.spot && { InstanceLifecycle: 'spot', SpotInstanceRequestId: instance.spot.requestId }),
    Tags: tagList(state, instance.id),
  };
}

/** Checks pass as soon as an instance runs. */
export function describeStatus({ region }: Ec2Call, { id, state, zone }: Instance): InstanceStatus {
  const summary = state === 'running' ? 'ok' : 'not-applicable';
  return {
    InstanceId: id,
    AvailabilityZone: zone,
    AvailabilityZoneId: zonesOf(region).find(({ name }) => name === zone)?.id,
    InstanceState: stateView(state),
    InstanceStatus: {
      Status: summary,
      Details: state === 'running' ? [{ Name: 'reachability', Status: 'passed' }] : [],
    },
    SystemStatus: { Status: summary, Details: state === 'running' ? [{ Name: 'reachability', Status: 'passed' }] : [] },
  };
}
