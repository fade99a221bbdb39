import type { Twin } from '../../../twin';
import { groupOf } from '../lookups';
import { type Ec2State, error, type Subnet } from '../state';
import { type PrivateAddresses, publicAddress } from './private-addresses';
import type { ConnectionTracking, NetworkInterface } from './state';

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups */
const GROUPS_PER_INTERFACE = 5;

/**
 * The groups that an interface is to have: those that are named, or the default one of its VPC.
 *
 * @throws AwsError if one is not there, or in another VPC, or if they are too many.
 */
export function groupsOf(state: Ec2State, vpcId: string, ids: readonly string[] | undefined): readonly string[] {
  if (!ids || ids.length === 0) return [state.groups.named(vpcId, 'default')?.id ?? ''];
  const groups = [...new Set(ids)].map((GroupId) => groupOf(state, { GroupId }));
  if (groups.some((group) => group.vpcId !== vpcId))
    throw error('InvalidGroup.NotFound', 'You have specified two resources that belong to different networks.');
  if (groups.length > GROUPS_PER_INTERFACE)
    throw error(
      'SecurityGroupsPerInterfaceLimitExceeded',
      'The maximum number of security groups per interface has been reached.',
    );
  return groups.map(({ id }) => id);
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingSpecificationRequest.html */
const TIMEOUTS = {
  TcpEstablishedTimeout: [60, 432_000],
  UdpStreamTimeout: [60, 180],
  UdpTimeout: [30, 60],
} as const;

/** @throws AwsError for a timeout out of its range. */
export function trackingOf(given: { [K in keyof ConnectionTracking]?: number | undefined }): ConnectionTracking {
  const tracking: Record<string, number> = {};
  for (const [name, [least, most]] of Object.entries(TIMEOUTS)) {
    const value = given[name as keyof ConnectionTracking];
    if (value === undefined) continue;
    if (value < least || value > most)
      throw error(
        'InvalidParameterValue',
        `Value (${value}) for parameter ${name} is invalid. Valid values are between ${least} and ${most}.`,
      );
    tracking[name] = value;
  }
  return tracking;
}

/** What a request says of an interface to be made. */
export interface InterfaceRequest {
  readonly Description?: string | undefined;
  readonly Groups?: readonly string[] | undefined;
  readonly PrivateIpAddress?: string | undefined;
  readonly PrivateIpAddresses?:
    | readonly { PrivateIpAddress?: string | undefined; Primary?: boolean | undefined }[]
    | undefined;
  readonly SecondaryPrivateIpAddressCount?: number | undefined;
  readonly Ipv6AddressCount?: number | undefined;
  readonly Ipv6Addresses?: readonly { Ipv6Address?: string | undefined }[] | undefined;
  readonly AssociatePublicIpAddress?: boolean | undefined;
  readonly ConnectionTrackingSpecification?: { [K in keyof ConnectionTracking]?: number | undefined } | undefined;
  readonly Operator?: { readonly Principal?: string | undefined } | undefined;
}

/** An interface that is not there yet. @throws AwsError for what EC2 would not make. */
export function draftInterface(
  { state, twin }: { state: Ec2State; twin: Twin },
  subnet: Subnet,
  request: InterfaceRequest,
  pool: PrivateAddresses,
): NetworkInterface {
  const { Description = '', Groups, Ipv6Addresses = [], SecondaryPrivateIpAddressCount = 0, Operator } = request;
  const listed = [...(request.PrivateIpAddresses ?? [])].sort(
    (a, b) => Number(b.Primary ?? 0) - Number(a.Primary ?? 0),
  );
  const [primary = request.PrivateIpAddress, ...secondary] = listed.map(({ PrivateIpAddress }) => PrivateIpAddress);
  const more = Array.from({ length: SecondaryPrivateIpAddressCount }, () => undefined);
  const ipv6Count = request.Ipv6AddressCount ?? (Ipv6Addresses.length === 0 && subnet.assignsIpv6 ? 1 : 0);
  return {
    id: `eni-${twin.hex(17)}`,
    subnetId: subnet.id,
    vpcId: subnet.vpcId,
    mac: `06:${twin.hex(10).match(/../g)?.join(':')}`,
    groups: groupsOf(state, subnet.vpcId, Groups),
    privateIps: [primary, ...secondary, ...more].map((wanted) => pool.takeIpv4(subnet, wanted)),
    ipv6: [
      ...Ipv6Addresses.map(({ Ipv6Address }) => pool.takeIpv6(subnet, Ipv6Address ?? '')),
      ...Array.from({ length: ipv6Count }, () => pool.takeIpv6(subnet)),
    ],
    description: Description,
    sourceDestCheck: true,
    autoPublic: request.AssociatePublicIpAddress ?? false,
    ...(request.ConnectionTrackingSpecification && { tracking: trackingOf(request.ConnectionTrackingSpecification) }),
    ...(Operator?.Principal !== undefined && { operator: Operator.Principal }),
  };
}

const elasticOf = ({ addresses }: Ec2State, { id }: NetworkInterface) =>
  [...addresses.values()].find(({ association }) => association?.interfaceId === id);

/** Gives back, or takes, the public address that comes and goes with an instance. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html#concepts-public-addresses */
export function renewPublicIp(state: Ec2State, one: NetworkInterface, isRunning: boolean): void {
  if (!isRunning || elasticOf(state, one)) delete one.publicIp;
  else if (one.autoPublic) one.publicIp ??= publicAddress(state);
}
