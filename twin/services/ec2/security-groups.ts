import type { Twin } from '../../twin';
import { listing } from './listing';
import { groupOf, vpcOf } from './lookups';
import { DESCRIPTION } from './permissions';
import { toPermissions } from './rule-views';
import {
  type Ec2Call,
  type Ec2Operations,
  error,
  missingParameter,
  type Peer,
  type Rule,
  type SecurityGroup,
  type Vpc,
} from './state';
import { setTags, tagList, tagsAtCreation } from './tags';

/**
 * A quota that was raised: a new account has 2,500, and sweeps are measured over 50,000.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
 */
const GROUPS_PER_REGION = 100_000;

/** A group as CreateSecurityGroup makes it: nothing in, everything out. */
export function newGroup(
  twin: Twin,
  { name, description, vpc }: { name: string; description: string; vpc: Vpc },
): SecurityGroup {
  const everywhere: Peer[] = [
    { kind: 'ipv4', cidr: '0.0.0.0/0' },
    ...(vpc.ipv6Cidr === undefined ? [] : [{ kind: 'ipv6', cidr: '::/0' } as const]),
  ];
  return {
    id: `sg-${twin.hex(17)}`,
    name,
    description,
    vpcId: vpc.id,
    rules: everywhere.map((peer) => ({
      id: `sgr-${twin.hex(17)}`,
      isEgress: true,
      protocol: '-1',
      fromPort: -1,
      toPort: -1,
      peer,
    })),
  };
}

const arnOf = ({ arn }: Ec2Call, { id }: SecurityGroup): string => arn(`security-group/${id}`);

const refersTo = ({ rules }: SecurityGroup, id: string): boolean =>
  rules.some(({ peer }) => peer.kind === 'group' && peer.groupId === id);

function describe(call: Ec2Call, group: SecurityGroup) {
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: call.account,
    SecurityGroupArn: arnOf(call, group),
    IpPermissions: toPermissions(group.rules.filter(({ isEgress }) => !isEgress)),
    IpPermissionsEgress: toPermissions(group.rules.filter(({ isEgress }) => isEgress)),
    Tags: tagList(call.state, group.id),
  };
}

type Filters = Readonly<Record<string, (group: SecurityGroup) => (string | undefined)[] | string>>;

/** @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html */
function filtersOf({ account, state }: Ec2Call): Filters {
  const ofRules: Readonly<Record<string, (rule: Rule) => string | undefined>> = {
    cidr: ({ peer }) => (peer.kind === 'ipv4' ? peer.cidr : undefined),
    'ipv6-cidr': ({ peer }) => (peer.kind === 'ipv6' ? peer.cidr : undefined),
    'prefix-list-id': ({ peer }) => (peer.kind === 'list' ? peer.prefixListId : undefined),
    'group-id': ({ peer }) => (peer.kind === 'group' ? peer.groupId : undefined),
    'group-name': ({ peer }) => (peer.kind === 'group' ? state.groups.get(peer.groupId)?.name : undefined),
    'user-id': ({ peer }) => (peer.kind === 'group' ? peer.userId : undefined),
    protocol: ({ protocol }) => protocol,
    'from-port': ({ fromPort }) => String(fromPort),
    'to-port': ({ toPort }) => String(toPort),
  };
  const inDirection = (prefix: string, isEgress: boolean): Filters =>
    Object.fromEntries(
      Object.entries(ofRules).map(([name, of]) => [
        `${prefix}${name}`,
        ({ rules }: SecurityGroup) => rules.filter((rule) => rule.isEgress === isEgress).map(of),
      ]),
    );
  return {
    'group-id': ({ id }) => id,
    'group-name': ({ name }) => name,
    description: ({ description }) => description,
    'vpc-id': ({ vpcId }) => vpcId,
    'owner-id': () => account,
    ...inDirection('ip-permission.', false),
    ...inDirection('egress.ip-permission.', true),
  };
}

export const securityGroupOperations: Ec2Operations = {
  CreateSecurityGroup({ GroupName, Description, VpcId, TagSpecifications }, call) {
    const { state, twin } = call;
    if (!GroupName) throw missingParameter('groupName');
    if (!Description) throw missingParameter('GroupDescription');
    const vpc = vpcOf(state, VpcId);
    // `InvalidGroup.Reserved` is what it was outside of a VPC.
    if (GroupName.toLowerCase() === 'default')
      throw error('InvalidParameterValue', `Cannot use reserved security group name: ${GroupName}`);
    if (GroupName.startsWith('sg-'))
      throw error(
        'InvalidParameterValue',
        `Value (${GroupName}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`,
      );
    if (!DESCRIPTION.test(GroupName))
      throw error('InvalidParameterValue', `Value (${GroupName}) for parameter GroupName is invalid.`);
    if (!DESCRIPTION.test(Description))
      throw error('InvalidParameterValue', `Value (${Description}) for parameter GroupDescription is invalid.`);
    const tags = tagsAtCreation('security-group', TagSpecifications);
    if (state.groups.named(vpc.id, GroupName))
      throw error('InvalidGroup.Duplicate', `The security group '${GroupName}' already exists for VPC '${vpc.id}'`);
    if (state.groups.size >= GROUPS_PER_REGION)
      throw error('SecurityGroupLimitExceeded', 'The maximum number of security groups has been reached.');
    const group = newGroup(twin, { name: GroupName, description: Description, vpc });
    state.groups.set(group.id, group);
    setTags(state, group.id, tags);
    return { GroupId: group.id, Tags: tagList(state, group.id), SecurityGroupArn: arnOf(call, group) };
  },

  DeleteSecurityGroup(request, { state }) {
    const group = groupOf(state, request);
    if (group.name === 'default')
      throw error('CannotDelete', `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
    const isUsed = [...state.interfaces.values()].some(({ groups }) => groups.includes(group.id));
    if (isUsed || [...state.groups.values()].some((other) => other !== group && refersTo(other, group.id)))
      throw error('DependencyViolation', `resource ${group.id} has a dependent object`);
    state.groups.delete(group.id);
    for (const { id } of [group, ...group.rules]) state.tags.delete(id);
    return { Return: true, GroupId: group.id };
  },

  DescribeSecurityGroups(request, call) {
    const { GroupIds = [], GroupNames = [] } = request;
    const { state } = call;
    const named = [
      ...GroupIds.map((GroupId) => groupOf(state, { GroupId })),
      // A name cannot look like an id, and ids are taken here as well.
      ...GroupNames.map((name) => groupOf(state, name.startsWith('sg-') ? { GroupId: name } : { GroupName: name })),
    ];
    const { items, next } = listing(named.length > 0 ? [...new Set(named)] : [...state.groups.values()], request, {
      filters: filtersOf(call),
      tags: ({ id }) => state.tags.get(id),
    });
    return { SecurityGroups: items.map((group) => describe(call, group)), ...next };
  },

  DescribeSecurityGroupReferences({ GroupId = [] }, { state }) {
    for (const id of GroupId) groupOf(state, { GroupId: id });
    return {
      SecurityGroupReferenceSet: [...state.groups.values()].flatMap((group) =>
        GroupId.filter((id) => id !== group.id && refersTo(group, id)).map((id) => ({
          GroupId: id,
          ReferencingVpcId: group.vpcId,
        })),
      ),
    };
  },

  /** Rules go stale when a peering connection goes, and there is none. */
  DescribeStaleSecurityGroups: () => ({ StaleSecurityGroupSet: [] }),
};
