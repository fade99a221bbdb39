import type { Subnet as SubnetView } from '@aws-sdk/client-ec2';
import ipaddr from 'ipaddr.js';
import { freeAddresses } from './interfaces/private-addresses';
import { listing } from './listing';
import { subnetOf, vpcOf } from './lookups';
import { type Ec2Call, type Ec2Operations, error, missingParameter, type Subnet } from './state';
import { setTags, tagList, tagsAtCreation } from './tags';
import { canonicalCidr } from './traffic';
import { zonesOf } from './zones';

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const [LARGEST, SMALLEST] = [16, 28];

const describeSubnet = (call: Ec2Call, subnet: Subnet): SubnetView => ({
  SubnetId: subnet.id,
  SubnetArn: call.arn(`subnet/${subnet.id}`),
  VpcId: subnet.vpcId,
  CidrBlock: subnet.cidr,
  AvailabilityZone: subnet.zone,
  AvailabilityZoneId: subnet.zoneId,
  AvailableIpAddressCount: freeAddresses(call.state, subnet),
  DefaultForAz: subnet.isDefault,
  MapPublicIpOnLaunch: subnet.mapsPublicIp,
  AssignIpv6AddressOnCreation: subnet.assignsIpv6,
  Ipv6CidrBlockAssociationSet:
    subnet.ipv6Cidr === undefined
      ? []
      : [
          {
            AssociationId: subnet.id.replace('subnet-', 'subnet-cidr-assoc-'),
            Ipv6CidrBlock: subnet.ipv6Cidr,
            Ipv6CidrBlockState: { State: 'associated' },
          },
        ],
  OwnerId: call.account,
  State: 'available',
  Tags: tagList(call.state, subnet.id),
});

type Family = 'ipv4' | 'ipv6';

const parse = (cidr: string) => ipaddr.parseCIDR(cidr);

/** Whether one block lies in another. */
const contains = (outer: string, inner: string): boolean => {
  const [network, bits] = parse(inner);
  return bits >= parse(outer)[1] && network.match(parse(outer));
};

/** @throws AwsError for a block outside of its VPC's, or one that another subnet has. */
function checkBlock(call: Ec2Call, vpcId: string, cidr: string, of: { vpc: string | undefined; family: Family }): void {
  const blockOf = (subnet: Subnet) => (of.family === 'ipv4' ? subnet.cidr : subnet.ipv6Cidr);
  if (of.vpc === undefined || !contains(of.vpc, cidr))
    throw error('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`);
  for (const subnet of call.state.subnets.values()) {
    const other = blockOf(subnet);
    if (subnet.vpcId === vpcId && other !== undefined && (contains(other, cidr) || contains(cidr, other)))
      throw error('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with another subnet`);
  }
}

export const subnetOperations: Ec2Operations = {
  CreateSubnet({ VpcId, CidrBlock, Ipv6CidrBlock, AvailabilityZone, AvailabilityZoneId, TagSpecifications }, call) {
    const { state, twin, region } = call;
    if (VpcId === undefined) throw missingParameter('vpcId');
    if (CidrBlock === undefined) throw missingParameter('cidrBlock');
    const vpc = vpcOf(state, VpcId);
    const cidr = canonicalCidr(CidrBlock, 'ipv4');
    const bits = parse(cidr)[1];
    if (bits < LARGEST || bits > SMALLEST) throw error('InvalidSubnet.Range', `The CIDR '${cidr}' is invalid.`);
    checkBlock(call, vpc.id, cidr, { vpc: vpc.cidr, family: 'ipv4' });
    const ipv6Cidr = Ipv6CidrBlock === undefined ? undefined : canonicalCidr(Ipv6CidrBlock, 'ipv6');
    if (ipv6Cidr !== undefined) checkBlock(call, vpc.id, ipv6Cidr, { vpc: vpc.ipv6Cidr, family: 'ipv6' });
    const zones = zonesOf(region);
    const zone = zones.find(({ name, id }) => name === (AvailabilityZone ?? name) && id === (AvailabilityZoneId ?? id));
    if (!zone)
      throw error(
        'InvalidParameterValue',
        `Value (${AvailabilityZone ?? AvailabilityZoneId}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.map(({ name }) => name).join(', ')}.`,
      );
    const tags = tagsAtCreation('subnet', TagSpecifications);
    const subnet: Subnet = {
      id: `subnet-${twin.hex(17)}`,
      vpcId: vpc.id,
      cidr,
      ...(ipv6Cidr !== undefined && { ipv6Cidr }),
      zone: zone.name,
      zoneId: zone.id,
      isDefault: false,
      mapsPublicIp: false,
      assignsIpv6: false,
    };
    state.subnets.set(subnet.id, subnet);
    setTags(state, subnet.id, tags);
    return { Subnet: describeSubnet(call, subnet) };
  },

  DeleteSubnet({ SubnetId }, { state }) {
    const { id } = subnetOf(state, SubnetId);
    if ([...state.interfaces.values()].some(({ subnetId }) => subnetId === id))
      throw error('DependencyViolation', `The subnet '${id}' has dependencies and cannot be deleted.`);
    state.subnets.delete(id);
    state.tags.delete(id);
    return {};
  },

  /** One attribute in each call. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySubnetAttribute.html */
  ModifySubnetAttribute({ SubnetId, MapPublicIpOnLaunch, AssignIpv6AddressOnCreation, ...others }, { state }) {
    const subnet = subnetOf(state, SubnetId);
    const unknown = Object.keys(others).find((name) => name !== 'DryRun');
    if (unknown !== undefined) throw error('NotImplemented', `${unknown} of a subnet is not simulated by the twin`);
    if (MapPublicIpOnLaunch && AssignIpv6AddressOnCreation)
      throw error('InvalidParameterCombination', 'Only one attribute of a subnet can be modified at a time.');
    if (AssignIpv6AddressOnCreation?.Value && subnet.ipv6Cidr === undefined)
      throw error(
        'InvalidParameterValue',
        `Invalid value 'true' for assignIpv6AddressOnCreation. ${subnet.id} does not have an IPv6 CIDR.`,
      );
    if (MapPublicIpOnLaunch) subnet.mapsPublicIp = MapPublicIpOnLaunch.Value ?? false;
    else if (AssignIpv6AddressOnCreation) subnet.assignsIpv6 = AssignIpv6AddressOnCreation.Value ?? false;
    else throw missingParameter('mapPublicIpOnLaunch', 'assignIpv6AddressOnCreation');
    return {};
  },

  DescribeSubnets(request, call) {
    const { SubnetIds = [] } = request;
    const { state, account } = call;
    const wanted = SubnetIds.length > 0 ? SubnetIds.map((id) => subnetOf(state, id)) : [...state.subnets.values()];
    const { items, next } = listing(wanted, request, {
      filters: {
        'subnet-id': ({ id }) => id,
        'vpc-id': ({ vpcId }) => vpcId,
        cidr: ({ cidr }) => cidr,
        'cidr-block': ({ cidr }) => cidr,
        'ipv6-cidr-block-association.ipv6-cidr-block': ({ ipv6Cidr }) => [ipv6Cidr],
        availabilityZone: ({ zone }) => zone,
        'availability-zone': ({ zone }) => zone,
        'availability-zone-id': ({ zoneId }) => zoneId,
        defaultForAz: ({ isDefault }) => String(isDefault),
        'default-for-az': ({ isDefault }) => String(isDefault),
        'map-public-ip-on-launch': ({ mapsPublicIp }) => String(mapsPublicIp),
        state: () => 'available',
        'owner-id': () => account,
      },
      tags: ({ id }) => state.tags.get(id),
    });
    return { Subnets: items.map((subnet) => describeSubnet(call, subnet)), ...next };
  },
};
