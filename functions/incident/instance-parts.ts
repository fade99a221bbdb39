import type {
  IamInstanceProfileAssociation,
  IpPermission,
  NetworkInterfaceIpv6Address,
  NetworkInterface as NetworkInterfaceView,
  SecurityGroup,
  Tag,
  Volume as VolumeView,
} from '@aws-sdk/client-ec2';
import {
  type ConnectionTracking,
  type ElasticAddress,
  type Families,
  type NetworkInterface,
  type Profile,
  profileName,
  type QuarantineGroup,
  type Tags,
  type Volume,
} from './instance';

// EC2's shapes as ours: always the same for the same state, since digests of them are compared.

const sorted = (texts: readonly (string | undefined)[]): string[] => texts.filter((text) => text !== undefined).sort();

export const tagsOf = (tags: readonly Tag[] | undefined): Tags =>
  (tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value })).sort((a, b) => (a.key < b.key ? -1 : 1));

export function interfaceOf(found: NetworkInterfaceView): NetworkInterface {
  const { Ipv6Addresses = [], Ipv6Prefixes = [], PrivateIpAddresses = [], Attachment, Association } = found;
  const address = ({ Ipv6Address }: NetworkInterfaceIpv6Address) => Ipv6Address;
  const managedBy = found.Operator?.Managed
    ? (found.Operator.Principal ?? 'an AWS service')
    : found.RequesterManaged
      ? (found.RequesterId ?? 'an AWS service')
      : undefined;
  const publicIp = Association?.AllocationId === undefined ? Association?.PublicIp : undefined;
  return {
    id: found.NetworkInterfaceId ?? '',
    deviceIndex: Attachment?.DeviceIndex ?? 0,
    vpcId: found.VpcId ?? '',
    subnetId: found.SubnetId ?? '',
    groups: sorted((found.Groups ?? []).map(({ GroupId }) => GroupId)),
    privateIps: PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ipv6: sorted(Ipv6Addresses.filter(({ IsPrimaryIpv6 }) => IsPrimaryIpv6 !== true).map(address)),
    fixedIpv6: sorted([
      ...Ipv6Addresses.filter(({ IsPrimaryIpv6 }) => IsPrimaryIpv6 === true).map(address),
      ...Ipv6Prefixes.map(({ Ipv6Prefix }) => Ipv6Prefix),
    ]),
    elastic: PrivateIpAddresses.flatMap(({ PrivateIpAddress = '', Association: side }) =>
      elasticAt(PrivateIpAddress, side),
    ),
    ...(publicIp !== undefined && { publicIp }),
    ...(managedBy !== undefined && { managedBy }),
    tracking: trackingOf(found.ConnectionTrackingConfiguration),
    tags: tagsOf(found.TagSet),
  };
}

/** An address that AWS gave has no allocation. */
const elasticAt = (privateIp: string, side: NetworkInterfaceView['Association']): ElasticAddress[] =>
  side?.AllocationId === undefined || side.AssociationId === undefined
    ? []
    : [
        {
          associationId: side.AssociationId,
          allocationId: side.AllocationId,
          publicIp: side.PublicIp ?? '',
          privateIp,
        },
      ];

function trackingOf(found: NetworkInterfaceView['ConnectionTrackingConfiguration']): ConnectionTracking {
  const { TcpEstablishedTimeout, UdpStreamTimeout, UdpTimeout } = found ?? {};
  return {
    ...(TcpEstablishedTimeout !== undefined && { tcpEstablished: TcpEstablishedTimeout }),
    ...(UdpStreamTimeout !== undefined && { udpStream: UdpStreamTimeout }),
    ...(UdpTimeout !== undefined && { udp: UdpTimeout }),
  };
}

export function volumeOf({ VolumeId = '', Attachments = [], Tags }: VolumeView, instanceId: string): Volume[] {
  return Attachments.filter(({ InstanceId }) => InstanceId === instanceId).map(
    ({ Device = '', DeleteOnTermination = false }) => ({
      id: VolumeId,
      device: Device,
      deleteOnTermination: DeleteOnTermination,
      tags: tagsOf(Tags),
    }),
  );
}

/** The profile that is worn, or about to be: while one takes the place of another, both are listed. */
export function profileOf(associations: readonly IamInstanceProfileAssociation[]): Profile | undefined {
  const [worn] = associations
    .filter(({ State }) => State === 'associated' || State === 'associating')
    .sort((a, b) => (b.Timestamp?.getTime() ?? 0) - (a.Timestamp?.getTime() ?? 0));
  const arn = worn?.IamInstanceProfile?.Arn;
  if (!worn || arn === undefined) return undefined;
  return {
    associationId: worn.AssociationId ?? '',
    arn,
    name: profileName(arn),
    ...(worn.Timestamp && { since: worn.Timestamp.toISOString() }),
  };
}

const NONE: Families = { ipv4: 0, ipv6: 0 };

export function quarantineIn(groups: readonly SecurityGroup[], vpcId: string): QuarantineGroup {
  const found = groups.find((group) => group.VpcId === vpcId);
  if (!found?.GroupId) return { vpcId, ingress: NONE, egress: NONE };
  return {
    vpcId,
    groupId: found.GroupId,
    ingress: familiesOf(found.IpPermissions),
    egress: familiesOf(found.IpPermissionsEgress),
  };
}

/** A group, or a prefix list of whichever family, counts in both. */
function familiesOf(permissions: readonly IpPermission[] = []): Families {
  const sum = (count: (permission: IpPermission) => number) =>
    permissions.reduce((total, permission) => total + count(permission), 0);
  const others = sum(({ UserIdGroupPairs = [], PrefixListIds = [] }) => UserIdGroupPairs.length + PrefixListIds.length);
  return {
    ipv4: others + sum(({ IpRanges = [] }) => IpRanges.length),
    ipv6: others + sum(({ Ipv6Ranges = [] }) => Ipv6Ranges.length),
  };
}
