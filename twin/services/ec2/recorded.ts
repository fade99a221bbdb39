import type { RecordedType } from '../../service';
import { toPermissions } from './rule-views';
import type { Ec2State, Rule, SecurityGroup } from './state';

interface Input {
  readonly GroupId?: string;
  readonly GroupName?: string;
  readonly VpcId?: string;
  readonly Resources?: readonly string[];
}
interface Output {
  readonly GroupId?: string;
  readonly Vpc?: { readonly VpcId?: string };
}

/**
 * Security groups as AWS Config records them: addresses twice, as plain texts and as objects; no ports where all protocols are meant.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
 */
export const recordedGroups: RecordedType<Ec2State> = {
  type: 'AWS::EC2::SecurityGroup',
  ids: ({ groups }) => groups.keys(),
  describe(id, { groups, tags }, { account, region }) {
    const group = groups.get(id);
    if (!group) return undefined;
    const own = [...(tags.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      name: group.name,
      arn: `arn:aws:ec2:${region}:${account}:security-group/${id}`,
      availabilityZone: 'Not Applicable',
      created: null,
      tags: Object.fromEntries(own),
      relationships: [{ resourceType: 'AWS::EC2::VPC', resourceId: group.vpcId, name: 'Is contained in Vpc' }],
      configuration: {
        description: group.description,
        groupName: group.name,
        ipPermissions: permissions(group, ({ isEgress }) => !isEgress),
        ownerId: account,
        groupId: id,
        ipPermissionsEgress: permissions(group, ({ isEgress }) => isEgress),
        tags: own.map(([key, value]) => ({ key, value })),
        vpcId: group.vpcId,
      },
      supplementaryConfiguration: {},
    };
  },
  *touched(operation, input: Input, output: Output | undefined, state) {
    const { GroupId, GroupName, VpcId, Resources = [] } = input;
    if (operation === 'CreateSecurityGroup') {
      if (output?.GroupId !== undefined) yield output.GroupId;
      return;
    }
    // A VPC comes and goes with its default group.
    const vpcId = operation === 'CreateVpc' ? output?.Vpc?.VpcId : operation === 'DeleteVpc' ? VpcId : undefined;
    if (vpcId !== undefined) {
      for (const group of state.groups.values()) if (group.vpcId === vpcId) yield group.id;
      return;
    }
    if (GroupId !== undefined) yield GroupId;
    else if (GroupName !== undefined) {
      const standard = [...state.vpcs.values()].find(({ isDefault }) => isDefault);
      const named = standard && state.groups.named(standard.id, GroupName);
      if (named) yield named.id;
    }
    for (const id of Resources) if (id.startsWith('sg-')) yield id;
  },
};

function permissions({ rules }: SecurityGroup, of: (rule: Rule) => boolean) {
  return toPermissions(rules.filter(of)).map(
    ({ IpProtocol, FromPort, ToPort, IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs }) => ({
      ...(FromPort !== undefined && { fromPort: FromPort }),
      ipProtocol: IpProtocol,
      ipv6Ranges: written(Ipv6Ranges, ({ CidrIpv6 }) => ({ cidrIpv6: CidrIpv6 })),
      prefixListIds: written(PrefixListIds, ({ PrefixListId }) => ({ prefixListId: PrefixListId })),
      userIdGroupPairs: written(UserIdGroupPairs, ({ GroupId, UserId }) => ({ groupId: GroupId, userId: UserId })),
      ipv4Ranges: written(IpRanges, ({ CidrIp }) => ({ cidrIp: CidrIp })),
      ipRanges: (IpRanges ?? []).map(({ CidrIp }) => CidrIp),
      ...(ToPort !== undefined && { toPort: ToPort }),
    }),
  );
}

/** Peers with their descriptions, where they have one. */
const written = <T extends { Description?: string | undefined }>(
  peers: readonly T[] | undefined,
  write: (peer: T) => object,
): object[] =>
  (peers ?? []).map((peer) => ({
    ...(peer.Description !== undefined && { description: peer.Description }),
    ...write(peer),
  }));
