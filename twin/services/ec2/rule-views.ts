import type { IpPermission } from '@aws-sdk/client-ec2';
import type { Ec2Call, Rule, SecurityGroup, Traffic } from './state';
import { tagList } from './tags';

/** A rule's peer where rows have it. */
function peerMembers({ peer }: Traffic) {
  return {
    CidrIpv4: peer.kind === 'ipv4' ? peer.cidr : undefined,
    CidrIpv6: peer.kind === 'ipv6' ? peer.cidr : undefined,
    PrefixListId: peer.kind === 'list' ? peer.prefixListId : undefined,
  };
}

/** A rule as DescribeSecurityGroupRules lists it. */
export function toRow({ state, account, arn }: Ec2Call, group: SecurityGroup, rule: Rule) {
  const { id, isEgress, protocol, fromPort, toPort, peer, description } = rule;
  return {
    SecurityGroupRuleId: id,
    SecurityGroupRuleArn: arn(`security-group-rule/${id}`),
    GroupId: group.id,
    GroupOwnerId: account,
    IsEgress: isEgress,
    IpProtocol: protocol,
    FromPort: fromPort,
    ToPort: toPort,
    ...peerMembers(rule),
    ReferencedGroupInfo: peer.kind === 'group' ? { GroupId: peer.groupId, UserId: peer.userId } : undefined,
    Description: description,
    Tags: tagList(state, id),
  };
}

/** A rule as Revoke answers it. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokedSecurityGroupRule.html */
export function toRevoked(group: SecurityGroup, rule: Rule) {
  const { id, isEgress, protocol, fromPort, toPort, peer, description } = rule;
  return {
    SecurityGroupRuleId: id,
    GroupId: group.id,
    IsEgress: isEgress,
    IpProtocol: protocol,
    FromPort: fromPort,
    ToPort: toPort,
    ...peerMembers(rule),
    ReferencedGroupId: peer.kind === 'group' ? peer.groupId : undefined,
    Description: description,
  };
}

type Lists = 'IpRanges' | 'Ipv6Ranges' | 'PrefixListIds' | 'UserIdGroupPairs';
type Grouped = Omit<IpPermission, Lists> & { readonly [K in Lists]: NonNullable<IpPermission[K]> };

const WITH_PORTS = ['tcp', 'udp', 'icmp', 'icmpv6'];

/** Traffic with the same protocol and ports together, as DescribeSecurityGroups lists it: there, only some protocols have ports. */
export function toPermissions(rules: readonly (Traffic & { readonly description?: string })[]): IpPermission[] {
  const permissions = new Map<string, Grouped>();
  for (const { protocol, fromPort, toPort, peer, description } of rules) {
    const key = `${protocol}/${fromPort}/${toPort}`;
    const permission: Grouped = permissions.get(key) ?? {
      IpProtocol: protocol,
      ...(WITH_PORTS.includes(protocol) && { FromPort: fromPort, ToPort: toPort }),
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    };
    permissions.set(key, permission);
    const note = description === undefined ? {} : { Description: description };
    if (peer.kind === 'ipv4') permission.IpRanges.push({ CidrIp: peer.cidr, ...note });
    else if (peer.kind === 'ipv6') permission.Ipv6Ranges.push({ CidrIpv6: peer.cidr, ...note });
    else if (peer.kind === 'list') permission.PrefixListIds.push({ PrefixListId: peer.prefixListId, ...note });
    else permission.UserIdGroupPairs.push({ GroupId: peer.groupId, UserId: peer.userId, ...note });
  }
  return [...permissions.values()];
}
