import type { Scope } from '../../service';
import type { Twin } from '../../twin';
import { awsPrefixLists } from './aws-prefix-lists';
import { listing } from './listing';
import { vpcOf } from './lookups';
import { newGroup } from './security-groups';
import {
  type Ec2Call,
  type Ec2Operations,
  type Ec2State,
  error,
  missingParameter,
  SecurityGroups,
  type Subnet,
  type Vpc,
} from './state';
import { setTags, tagList, tagsAtCreation } from './tags';
import { canonicalCidr } from './traffic';
import { zonesOf } from './zones';

/**
 * What a Region has before anything was made in it: a VPC with a subnet in each of three zones, and its default group.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html
 */
export function defaultRegion({ account, region }: Scope, twin: Twin): Ec2State {
  const vpc: Vpc = { id: `vpc-${twin.hex(17)}`, cidr: '172.31.0.0/16', isDefault: true };
  const subnets = zonesOf(region).map(
    (zone, index): Subnet => ({
      id: `subnet-${twin.hex(17)}`,
      vpcId: vpc.id,
      cidr: `172.31.${index * 16}.0/20`,
      zone: zone.name,
      zoneId: zone.id,
      isDefault: true,
      mapsPublicIp: true,
      assignsIpv6: false,
    }),
  );
  const state: Ec2State = {
    vpcs: new Map([[vpc.id, vpc]]),
    subnets: new Map(subnets.map((subnet) => [subnet.id, subnet])),
    groups: new SecurityGroups(),
    prefixLists: new Map(awsPrefixLists(region).map((list) => [list.id, list])),
    interfaces: new Map(),
    addresses: new Map(),
    instances: new Map(),
    watchers: new Set(),
    profileAssociations: new Map(),
    launches: new Map(),
    volumes: new Map(),
    snapshots: new Map(),
    tags: new Map(),
  };
  addDefaultGroup(state, twin, account, vpc);
  return state;
}

/** Members may talk to each other, and to everybody outside. */
function addDefaultGroup(state: Ec2State, twin: Twin, account: string, vpc: Vpc): void {
  const group = newGroup(twin, { name: 'default', description: 'default VPC security group', vpc });
  group.rules.push({
    id: `sgr-${twin.hex(17)}`,
    isEgress: false,
    protocol: '-1',
    fromPort: -1,
    toPort: -1,
    peer: { kind: 'group', groupId: group.id, userId: account },
  });
  state.groups.set(group.id, group);
}

function describeVpc({ state, account }: Ec2Call, { id, cidr, ipv6Cidr, isDefault }: Vpc) {
  return {
    VpcId: id,
    CidrBlock: cidr,
    State: 'available' as const,
    IsDefault: isDefault,
    OwnerId: account,
    InstanceTenancy: 'default' as const,
    CidrBlockAssociationSet: [
      {
        AssociationId: id.replace('vpc-', 'vpc-cidr-assoc-'),
        CidrBlock: cidr,
        CidrBlockState: { State: 'associated' as const },
      },
    ],
    ...(ipv6Cidr !== undefined && {
      Ipv6CidrBlockAssociationSet: [{ Ipv6CidrBlock: ipv6Cidr, Ipv6CidrBlockState: { State: 'associated' as const } }],
    }),
    Tags: tagList(state, id),
  };
}

/** Those that are on in every account. @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const REGIONS = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

export const vpcOperations: Ec2Operations = {
  CreateVpc({ CidrBlock, AmazonProvidedIpv6CidrBlock, TagSpecifications }, call) {
    const { state, twin, account } = call;
    if (CidrBlock === undefined) throw missingParameter('cidrBlock', 'ipv4IpamPoolId');
    const vpc: Vpc = {
      id: `vpc-${twin.hex(17)}`,
      cidr: canonicalCidr(CidrBlock, 'ipv4'),
      isDefault: false,
      ...(AmazonProvidedIpv6CidrBlock && {
        ipv6Cidr: `2600:1f18:${hextet(twin.hex(4))}:${hextet(`${twin.hex(2)}00`)}::/56`,
      }),
    };
    const tags = tagsAtCreation('vpc', TagSpecifications);
    state.vpcs.set(vpc.id, vpc);
    setTags(state, vpc.id, tags);
    addDefaultGroup(state, twin, account, vpc);
    return { Vpc: describeVpc(call, vpc) };
  },

  DeleteVpc({ VpcId }, { state }) {
    if (VpcId === undefined) throw missingParameter('vpcId');
    const { id } = vpcOf(state, VpcId);
    const groups = [...state.groups.values()].filter(({ vpcId }) => vpcId === id);
    const hasSubnets = [...state.subnets.values()].some(({ vpcId }) => vpcId === id);
    if (hasSubnets || groups.some(({ name }) => name !== 'default'))
      throw error('DependencyViolation', `The vpc '${id}' has dependencies and cannot be deleted.`);
    for (const group of groups) state.groups.delete(group.id);
    state.vpcs.delete(id);
    state.tags.delete(id);
    return {};
  },

  DescribeVpcs(request, call) {
    const { VpcIds = [] } = request;
    const { state, account } = call;
    const wanted = VpcIds.length > 0 ? VpcIds.map((id) => vpcOf(state, id)) : [...state.vpcs.values()];
    const { items, next } = listing(wanted, request, {
      filters: {
        'vpc-id': ({ id }) => id,
        cidr: ({ cidr }) => cidr,
        'cidr-block': ({ cidr }) => cidr,
        isDefault: ({ isDefault }) => String(isDefault),
        'is-default': ({ isDefault }) => String(isDefault),
        state: () => 'available',
        'owner-id': () => account,
      },
      tags: ({ id }) => state.tags.get(id),
    });
    return { Vpcs: items.map((vpc) => describeVpc(call, vpc)), ...next };
  },

  DescribeAvailabilityZones: (_request, { region }) => ({
    AvailabilityZones: zonesOf(region).map((zone) => ({
      ZoneName: zone.name,
      ZoneId: zone.id,
      RegionName: region,
      State: 'available' as const,
      ZoneType: 'availability-zone',
      OptInStatus: 'opt-in-not-required' as const,
      GroupName: region,
    })),
  }),

  DescribeRegions({ RegionNames = REGIONS }) {
    const unknown = RegionNames.find((name) => !REGIONS.includes(name));
    if (unknown !== undefined) throw error('InvalidParameterValue', `Invalid region provided: ${unknown}`);
    return {
      Regions: RegionNames.map((name) => ({
        RegionName: name,
        Endpoint: `ec2.${name}.amazonaws.com`,
        OptInStatus: 'opt-in-not-required' as const,
      })),
    };
  },
};

/** Without leading zeros, and never zero itself: `::` would swallow it. @see https://www.rfc-editor.org/rfc/rfc5952#section-4 */
const hextet = (hex: string): string => (Number.parseInt(hex, 16) || 0x100).toString(16);
