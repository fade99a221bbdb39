import type { Access } from '../../service';
import { instanceProfile, passRole, roleByArn } from '../iam';
import { arnOf, kindOf } from './ids';
import { associationOf } from './instances/profiles';
import { interfacesAt } from './interfaces/at';
import type { Ec2Call } from './state';
import { volumesAt } from './storage/volumes';

type Input = Readonly<Record<string, unknown>>;

/** Members of requests that name one resource each. */
const MEMBERS = [
  'GroupId',
  'PrefixListId',
  'VpcId',
  'SubnetId',
  'InstanceId',
  'NetworkInterfaceId',
  'AllocationId',
  'VolumeId',
  'SnapshotId',
] as const;

/** Describe calls know no resources, but for these. */
const DESCRIBED = ['DescribeInstanceAttribute', 'DescribeSnapshotAttribute'];

/** What a call makes, by the names in ARNs; ids are not known yet. */
const MADE: Readonly<Record<string, readonly string[]>> = {
  CreateVpc: ['vpc'],
  CreateSecurityGroup: ['security-group'],
  CreateSubnet: ['subnet'],
  RunInstances: ['instance', 'volume'],
  CreateNetworkInterface: ['network-interface'],
  AllocateAddress: ['elastic-ip'],
  CreateVolume: ['volume'],
  CreateSnapshot: ['snapshot'],
  CreateSnapshots: ['snapshot'],
};

/**
 * What a call needs: its own action on everything that it names or makes, tags for what it makes, roles that it passes.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export function accessOf(operation: string, input: Input, call: Ec2Call): Access[] | undefined {
  if (operation.startsWith('Describe') && !DESCRIBED.includes(operation)) return undefined;
  const made = (MADE[operation] ?? []).map((kind) => newArn(call, kind));
  const ids = [...new Set(idsIn(operation, input, call))];
  const images = operation === 'RunInstances' ? [`arn:aws:ec2:${call.region}::image/${String(input.ImageId)}`] : [];
  if (ids.length + made.length === 0) return undefined;
  const action = `ec2:${operation}`;
  const general = { 'ec2:Region': call.region, ...attributeContext(operation, input) };
  const specifications = (input.TagSpecifications ?? []) as TagSpecification[];
  return [
    ...ids.map((id) => ({
      action,
      resources: [arnOf(call, id)],
      context: { ...general, ...tagContext(call, id), ...placeContext(call, id), ...profileContext(input, call, id) },
    })),
    ...[...made, ...images].map((arn) => ({
      action,
      resources: [arn],
      context: {
        ...general,
        ...requestTags(specifications.filter(({ ResourceType = '' }) => arn.includes(`:${ResourceType}/`))),
      },
    })),
    ...specifications.map((specification) => ({
      action: 'ec2:CreateTags',
      resources: [newArn(call, specification.ResourceType ?? '*')],
      context: { ...general, 'ec2:CreateAction': operation, ...requestTags([specification]) },
    })),
    ...passedRoles(input, call),
  ];
}

/** Of what has no id yet. */
const newArn = ({ arn, region }: Ec2Call, kind: string): string =>
  kind === 'snapshot' ? `arn:aws:ec2:${region}::snapshot/*` : arn(`${kind}/*`);

interface TagSpecification {
  readonly ResourceType?: string;
  readonly Tags?: readonly { readonly Key?: string; readonly Value?: string }[];
}

function requestTags(specifications: readonly TagSpecification[]): Record<string, string | string[]> {
  const tags = specifications.flatMap(({ Tags = [] }) => Tags);
  if (tags.length === 0) return {};
  return {
    'aws:TagKeys': tags.map(({ Key = '' }) => Key),
    ...Object.fromEntries(tags.map(({ Key, Value = '' }) => [`aws:RequestTag/${Key}`, Value])),
  };
}

function idsIn(operation: string, input: Input, call: Ec2Call): string[] {
  if (operation === 'CreateTags' || operation === 'DeleteTags') return textsIn(input.Resources);
  const flat = MEMBERS.map((name) => input[name]).filter((id) => typeof id === 'string');
  return [...flat, ...(MORE[operation]?.(input, call) ?? byGroupName(operation, input, call))];
}

const textsIn = (value: unknown): string[] => (value ?? []) as string[];

function byGroupName(operation: string, { GroupId, GroupName }: Input, { state }: Ec2Call): string[] {
  if (GroupId !== undefined || GroupName === undefined || operation === 'CreateSecurityGroup') return [];
  const found = [...state.groups.values()].find(
    ({ name, vpcId }) => name === GroupName && state.vpcs.get(vpcId)?.isDefault,
  );
  return found ? [found.id] : [];
}

interface InterfaceSpecification {
  readonly SubnetId?: string;
  readonly NetworkInterfaceId?: string;
  readonly Groups?: readonly string[];
}

/** What calls name elsewhere than in those members, or touch without naming it. */
const MORE: Readonly<Record<string, (input: Input, call: Ec2Call) => string[]>> = {
  ModifySecurityGroupRules: ({ SecurityGroupRules }) =>
    ((SecurityGroupRules ?? []) as { SecurityGroupRuleId?: string }[]).map(
      ({ SecurityGroupRuleId = '' }) => SecurityGroupRuleId,
    ),
  TerminateInstances: ({ InstanceIds }) => textsIn(InstanceIds),
  StopInstances: ({ InstanceIds }) => textsIn(InstanceIds),
  StartInstances: ({ InstanceIds }) => textsIn(InstanceIds),
  RunInstances: ({ NetworkInterfaces = [], SecurityGroupIds }) => [
    ...textsIn(SecurityGroupIds),
    ...(NetworkInterfaces as InterfaceSpecification[]).flatMap(({ SubnetId, NetworkInterfaceId, Groups = [] }) =>
      [SubnetId, NetworkInterfaceId, ...Groups].filter((id) => id !== undefined),
    ),
  ],
  ModifyInstanceAttribute: ({ Groups }) => textsIn(Groups),
  CreateNetworkInterface: ({ Groups }) => textsIn(Groups),
  ModifyNetworkInterfaceAttribute: ({ Groups, NetworkInterfaceId }, { state }) => [
    ...textsIn(Groups),
    ...present(state.interfaces.get(String(NetworkInterfaceId))?.attachment?.instanceId),
  ],
  DetachNetworkInterface: ({ AttachmentId }, { state }) =>
    [...state.interfaces.values()]
      .filter(({ attachment }) => attachment?.id === AttachmentId)
      .flatMap(({ id, attachment }) => [id, ...present(attachment?.instanceId)]),
  AssociateAddress: ({ InstanceId }, { state }) => interfacesAt(state, String(InstanceId)).map(({ id }) => id),
  DisassociateAddress: ({ AssociationId }, { state }) =>
    [...state.addresses.values()]
      .filter(({ association }) => association?.id === AssociationId)
      .flatMap(({ id, association }) => [id, ...present(association?.interfaceId)]),
  CreateSnapshots({ InstanceSpecification }, { state }) {
    const { InstanceId = '' } = (InstanceSpecification ?? {}) as { InstanceId?: string };
    return [InstanceId, ...volumesAt(state, InstanceId).map(({ id }) => id)];
  },
  ReplaceIamInstanceProfileAssociation: (input, call) => associated(input, call),
  DisassociateIamInstanceProfile: (input, call) => associated(input, call),
};

const present = (id: string | undefined): string[] => (id === undefined ? [] : [id]);

const associated = ({ AssociationId }: Input, { state }: Ec2Call): string[] =>
  present(state.profileAssociations.get(String(AssociationId))?.instanceId);

/** Whoever gives an instance a profile passes its role. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html */
function passedRoles({ IamInstanceProfile }: Input, { twin, account }: Ec2Call): Access[] {
  if (IamInstanceProfile === undefined) return [];
  const role = instanceProfile(twin, account, IamInstanceProfile as { Name?: string; Arn?: string })?.role;
  const found = role === undefined ? undefined : roleByArn(twin, `arn:aws:iam::${account}:role/${role}`);
  return found ? [passRole(found.arn, 'ec2.amazonaws.com')] : [];
}

const tagContext = ({ state }: Ec2Call, id: string): Record<string, string> =>
  Object.fromEntries(
    [...(state.tags.get(id) ?? [])].flatMap(([key, value]) =>
      [`aws:ResourceTag/${key}`, `ec2:ResourceTag/${key}`].map((name) => [name, value]),
    ),
  );

/** Which attribute a call changes: `ec2:Attribute` is `GroupId`, or `DisableApiTermination`, in the spelling of requests. */
function attributeContext(operation: string, input: Input): Record<string, string> {
  if (!/^Modify(Instance|NetworkInterface|Snapshot)Attribute$/.test(operation)) return {};
  const own = Object.keys(input).filter(
    (name) => !/^(InstanceId|NetworkInterfaceId|SnapshotId|DryRun|Value)$/.test(name),
  );
  const [name] = own;
  return name === undefined ? {} : { 'ec2:Attribute': name === 'Attribute' ? String(input.Attribute) : name };
}

/** The profile that an instance wears, and the one that it is to get. */
function profileContext({ IamInstanceProfile }: Input, { state, twin, account }: Ec2Call, id: string) {
  if (kindOf(id) !== 'instance') return {};
  const worn = associationOf(state, id)?.profile.Arn;
  const given = IamInstanceProfile && instanceProfile(twin, account, IamInstanceProfile)?.arn;
  return {
    ...(worn !== undefined && { 'ec2:InstanceProfile': worn }),
    ...(given !== undefined && { 'ec2:NewInstanceProfile': given }),
  };
}

/** Where a resource is. */
function placeContext({ state, arn }: Ec2Call, id: string): Record<string, string> {
  const kind = kindOf(id);
  if (kind === 'security-group')
    return { 'ec2:SecurityGroupID': id, 'ec2:Vpc': arn(`vpc/${state.groups.get(id)?.vpcId ?? ''}`) };
  const placed =
    kind === 'network-interface' ? state.interfaces.get(id) : kind === 'subnet' ? state.subnets.get(id) : undefined;
  if (!placed) return {};
  const subnetId = 'subnetId' in placed ? placed.subnetId : placed.id;
  return { 'ec2:Vpc': arn(`vpc/${placed.vpcId}`), 'ec2:Subnet': arn(`subnet/${subnetId}`) };
}
