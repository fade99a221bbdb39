import type { IpPermission, UserIdGroupPair } from '@aws-sdk/client-ec2';
import { checkId } from './ids';
import { groupOf, listOf, vpcOf } from './lookups';
import { type Ec2Call, error, missingParameter, type Peer, type SecurityGroup, type Traffic } from './state';
import { canonicalCidr, protocolAndPorts } from './traffic';

/** What a request says of a rule. */
export interface Draft extends Traffic {
  readonly description?: string;
  /** The peer with its block as it was typed, which is how EC2 answers and CloudTrail logs it. */
  readonly typed: Peer;
}

/** Members of requests that name rules by what they admit. */
export interface PermissionRequest {
  readonly IpPermissions?: readonly IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly SourceSecurityGroupName?: string | undefined;
}

/** What a source group by its name alone is let in with. */
const FULL_ACCESS: readonly IpPermission[] = [
  { IpProtocol: 'icmp', FromPort: -1, ToPort: -1 },
  { IpProtocol: 'tcp', FromPort: 0, ToPort: 65535 },
  { IpProtocol: 'udp', FromPort: 0, ToPort: 65535 },
];

/**
 * The list form, or the older flat one, which only ingress has.
 *
 * @throws AwsError if there is neither.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
 */
export function permissionsIn(isEgress: boolean, request: PermissionRequest): readonly IpPermission[] {
  const { IpPermissions = [], IpProtocol, FromPort, ToPort, CidrIp, SourceSecurityGroupName } = request;
  if (IpPermissions.length > 0) return IpPermissions;
  if (isEgress) throw missingParameter('ipPermissions');
  if (SourceSecurityGroupName !== undefined) {
    if ([IpProtocol, FromPort, ToPort, CidrIp].some((given) => given !== undefined))
      throw error(
        'InvalidParameterCombination',
        'A source security group name cannot be combined with a protocol, ports or a CIDR.',
      );
    return FULL_ACCESS.map((all) => ({ ...all, UserIdGroupPairs: [{ GroupName: SourceSecurityGroupName }] }));
  }
  if (IpProtocol === undefined) throw missingParameter('ipPermissions');
  return [{ IpProtocol, FromPort, ToPort, ...(CidrIp !== undefined && { IpRanges: [{ CidrIp }] }) }];
}

/**
 * What permissions amount to, one draft for each peer.
 *
 * @param mustExist whether groups and prefix lists that are named must be there: to revoke a rule they need not
 * @throws AwsError for what EC2 would not take, or a peer twice.
 */
export function draftsOf(
  call: Ec2Call,
  group: SecurityGroup,
  permissions: readonly IpPermission[],
  { mustExist = true } = {},
): Draft[] {
  return permissions.flatMap((permission) => {
    const admitted = protocolAndPorts(permission);
    const peers = peersOf(call, group, permission, mustExist);
    if (peers.length === 0) throw error('MissingParameter', 'Source group ID missing.');
    return peers.map(({ peer, typed = peer, description }) => ({
      ...admitted,
      peer,
      typed,
      ...descriptionOf(description),
    }));
  });
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html */
export const DESCRIPTION = /^[\w .:/()#,@[\]+=&;{}!$*-]{0,255}$/;

/** An empty description is none. @throws AwsError for one that EC2 would not take. */
export function descriptionOf(description: string | undefined): { description?: string } {
  if (!description) return {};
  if (!DESCRIPTION.test(description))
    throw error(
      'InvalidParameterValue',
      'Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*',
    );
  return { description };
}

interface GivenPeer {
  readonly peer: Peer;
  readonly typed?: Peer;
  readonly description: string | undefined;
}

function peersOf(call: Ec2Call, group: SecurityGroup, permission: IpPermission, mustExist: boolean): GivenPeer[] {
  const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] } = permission;
  const block = (kind: 'ipv4' | 'ipv6', cidr: string, description: string | undefined): GivenPeer => ({
    peer: { kind, cidr: canonicalCidr(cidr, kind) },
    typed: { kind, cidr },
    description,
  });
  return [
    ...IpRanges.map(({ CidrIp = '', Description }) => block('ipv4', CidrIp, Description)),
    ...Ipv6Ranges.map(({ CidrIpv6 = '', Description }) => block('ipv6', CidrIpv6, Description)),
    ...PrefixListIds.map(({ PrefixListId, Description }) => ({
      peer: {
        kind: 'list' as const,
        prefixListId: mustExist ? listOf(call.state, PrefixListId).id : checkId('prefix-list', PrefixListId ?? ''),
      },
      description: Description,
    })),
    ...UserIdGroupPairs.map((pair) => ({
      peer: {
        kind: 'group' as const,
        groupId: peerGroup(call, group, pair, mustExist),
        userId: pair.UserId ?? call.account,
      },
      description: pair.Description,
    })),
  ];
}

/** Groups of other accounts are taken as they are named; there are no peering connections to ask. */
function peerGroup(
  { state, account }: Ec2Call,
  { vpcId }: SecurityGroup,
  { GroupId, GroupName, UserId = account }: UserIdGroupPair,
  mustExist: boolean,
): string {
  if (GroupId === undefined && GroupName === undefined) throw error('MissingParameter', 'Source group ID missing.');
  if (GroupId === undefined && !vpcOf(state, vpcId).isDefault)
    throw error(
      'InvalidParameterValue',
      `Invalid value '${GroupName}' for groupName. You may not reference Amazon VPC security groups by name. Please use the corresponding id for this operation.`,
    );
  if (GroupId !== undefined && (!mustExist || UserId !== account)) return checkId('security-group', GroupId);
  const found = groupOf(state, { GroupId, GroupName });
  if (found.vpcId !== vpcId)
    throw error('InvalidGroup.NotFound', 'You have specified two resources that belong to different networks.');
  return found.id;
}
