import type { GroupIdentifier, NetworkInterface as NetworkInterfaceView } from '@aws-sdk/client-ec2';
import type { Ec2Call, Ec2State } from '../state';
import { tagList } from '../tags';
import type { ElasticIp, NetworkInterface } from './state';

/** `ip-10-0-0-4.eu-west-1.compute.internal` */
export const privateDns = (region: string, address: string): string =>
  `ip-${address.replaceAll('.', '-')}.${region === 'us-east-1' ? 'ec2' : `${region}.compute`}.internal`;

/** `ec2-203-0-113-1.eu-west-1.compute.amazonaws.com` */
export const publicDns = (region: string, address: string): string =>
  `ec2-${address.replaceAll('.', '-')}.${region === 'us-east-1' ? 'compute-1' : `${region}.compute`}.amazonaws.com`;

export const groupIdentifiers = ({ groups }: Ec2State, ids: readonly string[]): GroupIdentifier[] =>
  ids.map((id) => ({ GroupId: id, GroupName: groups.get(id)?.name ?? '' }));

const elasticAt = ({ addresses }: Ec2State, interfaceId: string, privateIp: string): ElasticIp | undefined =>
  [...addresses.values()].find(
    ({ association }) => association?.interfaceId === interfaceId && association.privateIp === privateIp,
  );

/** The public address behind which a private one is, elastic or not. */
export function publicSide(
  { state, account, region }: Ec2Call,
  { id, publicIp, privateIps }: NetworkInterface,
  privateIp: string,
) {
  const elastic = elasticAt(state, id, privateIp);
  const address = elastic?.publicIp ?? (privateIp === privateIps[0] ? publicIp : undefined);
  if (address === undefined) return undefined;
  return {
    PublicIp: address,
    PublicDnsName: publicDns(region, address),
    IpOwnerId: elastic ? account : 'amazon',
    ...(elastic && { AllocationId: elastic.id, AssociationId: elastic.association?.id ?? '' }),
  };
}

/** Private addresses with their public sides, the primary one first. */
export const privateIpsOf = (call: Ec2Call, one: NetworkInterface) =>
  one.privateIps.map((address, index) => {
    const association = publicSide(call, one, address);
    return {
      PrivateIpAddress: address,
      PrivateDnsName: privateDns(call.region, address),
      Primary: index === 0,
      ...(association && { Association: association }),
    };
  });

export const operatorOf = ({ operator }: { readonly operator?: string }) => ({
  Managed: operator !== undefined,
  ...(operator !== undefined && { Principal: operator }),
});

export function describeInterface(call: Ec2Call, one: NetworkInterface): NetworkInterfaceView {
  const { state, account, region } = call;
  const subnet = state.subnets.get(one.subnetId);
  const [primary = ''] = one.privateIps;
  const association = publicSide(call, one, primary);
  return {
    NetworkInterfaceId: one.id,
    SubnetId: one.subnetId,
    VpcId: one.vpcId,
    AvailabilityZone: subnet?.zone,
    AvailabilityZoneId: subnet?.zoneId,
    Description: one.description,
    OwnerId: account,
    RequesterManaged: one.operator !== undefined,
    ...(one.operator !== undefined && { RequesterId: one.operator }),
    Operator: operatorOf(one),
    Status: one.attachment ? 'in-use' : 'available',
    MacAddress: one.mac,
    InterfaceType: 'interface',
    PrivateIpAddress: primary,
    PrivateDnsName: privateDns(region, primary),
    PrivateIpAddresses: privateIpsOf(call, one),
    Ipv6Addresses: one.ipv6.map((Ipv6Address) => ({ Ipv6Address })),
    SourceDestCheck: one.sourceDestCheck,
    Groups: groupIdentifiers(state, one.groups),
    TagSet: tagList(state, one.id),
    ...(association && { Association: association }),
    ...(one.tracking && { ConnectionTrackingConfiguration: one.tracking }),
    ...(one.attachment && {
      Attachment: {
        AttachmentId: one.attachment.id,
        InstanceId: one.attachment.instanceId,
        InstanceOwnerId: account,
        DeviceIndex: one.attachment.deviceIndex,
        NetworkCardIndex: 0,
        AttachTime: one.attachment.attached,
        DeleteOnTermination: one.attachment.deleteOnTermination,
        Status: 'attached',
      },
    }),
  };
}
