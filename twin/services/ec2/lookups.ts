import { type KindName, kindOf, lookUp } from './ids';
import type { Instance } from './instances/state';
import type { ElasticIp, NetworkInterface } from './interfaces/state';
import {
  type Ec2State,
  error,
  missingParameter,
  type PrefixList,
  type Rule,
  type SecurityGroup,
  type Subnet,
  type Vpc,
} from './state';
import type { Snapshot, Volume } from './storage/state';

/** A group as requests name one: by id, or by name in the default VPC. */
export interface GroupReference {
  readonly GroupId?: string | undefined;
  readonly GroupName?: string | undefined;
}

/** @throws AwsError if there is none. */
export function groupOf(state: Ec2State, { GroupId, GroupName }: GroupReference): SecurityGroup {
  if (GroupId !== undefined) return lookUp('security-group', GroupId, 'groupId', (id) => state.groups.get(id));
  if (GroupName === undefined) throw missingParameter('groupName', 'groupId');
  const { id } = vpcOf(state, undefined);
  const found = state.groups.named(id, GroupName);
  if (!found)
    throw error('InvalidGroup.NotFound', `The security group '${GroupName}' does not exist in default VPC '${id}'`);
  return found;
}

/** A rule of a group, of one direction or of both. @throws AwsError if the group has none such. */
export const ruleOf = (group: SecurityGroup, id: string | undefined, isEgress?: boolean): Rule =>
  lookUp('security-group-rule', id, 'securityGroupRuleId', (wanted) =>
    group.rules.find((rule) => rule.id === wanted && (isEgress === undefined || rule.isEgress === isEgress)),
  );

/** @throws AwsError if there is none. */
export const listOf = ({ prefixLists }: Ec2State, id: string | undefined): PrefixList =>
  lookUp('prefix-list', id, 'PrefixListId', (wanted) => prefixLists.get(wanted));

/** The default VPC if none is named. @throws AwsError if there is none. */
export function vpcOf({ vpcs }: Ec2State, id: string | undefined): Vpc {
  if (id !== undefined) return lookUp('vpc', id, 'vpcId', (wanted) => vpcs.get(wanted));
  const found = [...vpcs.values()].find(({ isDefault }) => isDefault);
  if (!found) throw error('VPCIdNotSpecified', 'No default VPC for this user');
  return found;
}

/** @throws AwsError if there is none. */
export const subnetOf = ({ subnets }: Ec2State, id: string | undefined): Subnet =>
  lookUp('subnet', id, 'subnetId', (wanted) => subnets.get(wanted));

/** @throws AwsError if there is none. */
export const instanceOf = ({ instances }: Ec2State, id: string | undefined): Instance =>
  lookUp('instance', id, 'instanceId', (wanted) => instances.get(wanted));

/** @throws AwsError if there is none. */
export const interfaceOf = ({ interfaces }: Ec2State, id: string | undefined): NetworkInterface =>
  lookUp('network-interface', id, 'networkInterfaceId', (wanted) => interfaces.get(wanted));

/** @throws AwsError if there is none. */
export const addressOf = ({ addresses }: Ec2State, id: string | undefined): ElasticIp =>
  lookUp('elastic-ip', id, 'allocationId', (wanted) => addresses.get(wanted));

/** @throws AwsError if there is none. */
export const volumeOf = ({ volumes }: Ec2State, id: string | undefined): Volume =>
  lookUp('volume', id, 'volumeId', (wanted) => volumes.get(wanted));

/** @throws AwsError if there is none. */
export const snapshotOf = ({ snapshots }: Ec2State, id: string | undefined): Snapshot =>
  lookUp('snapshot', id, 'snapshotId', (wanted) => snapshots.get(wanted));

/** @throws AwsError unless there is a resource with this id, of whatever kind. */
export function checkExists(state: Ec2State, id: string): void {
  const checks: Readonly<Record<KindName, () => unknown>> = {
    'security-group': () => groupOf(state, { GroupId: id }),
    'security-group-rule': () =>
      lookUp('security-group-rule', id, 'resourceId', () =>
        [...state.groups.values()].flatMap(({ rules }) => rules).find((rule) => rule.id === id),
      ),
    'prefix-list': () => listOf(state, id),
    vpc: () => vpcOf(state, id),
    subnet: () => subnetOf(state, id),
    instance: () => instanceOf(state, id),
    'network-interface': () => interfaceOf(state, id),
    'elastic-ip': () => addressOf(state, id),
    volume: () => volumeOf(state, id),
    snapshot: () => snapshotOf(state, id),
  };
  const kind = kindOf(id);
  if (!kind) throw error('InvalidID', `The ID '${id}' is not valid`);
  checks[kind]();
}
