import type { Policy } from '../core/policy';
import type { Home, ResourceKind } from '../core/remediation';
import { isNamed, isReserved, trustedBy } from './principal';
import { cutoffIn } from './revocation';
import type { RoleUse } from './role-use';

export const INSTANCE: ResourceKind = {
  type: 'AWS::EC2::Instance',
  noun: 'instance',
  idKey: 'instanceId',
  /** `i-` and 8 or 17 hexadecimal digits. */
  idPattern: /^i-([0-9a-f]{8}|[0-9a-f]{17})$/,
  arn: (id: string, { partition, region, account }: Home) => `arn:${partition}:ec2:${region}:${account}:instance/${id}`,
};

/** How the tags begin that say what became of an instance. They are for people: nothing is decided by them, since many may write tags. */
export const STATUS_TAG = 'soc:status';
export const INCIDENT_TAG = 'soc:incident';
export const QUARANTINED = 'quarantined';

/** Idle timeouts of tracked connections, in seconds. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingConfiguration.html */
export interface ConnectionTracking {
  readonly tcpEstablished?: number;
  readonly udpStream?: number;
  readonly udp?: number;
}

/** The least that AWS takes: what is idle for longer is no longer let through for having been there before. */
export const SHORTEST_TRACKING: Required<ConnectionTracking> = { tcpEstablished: 60, udpStream: 60, udp: 30 };

/** An elastic address of an interface. */
export interface ElasticAddress {
  readonly associationId: string;
  readonly allocationId: string;
  readonly publicIp: string;
  /** The address behind it. */
  readonly privateIp: string;
}

export interface NetworkInterface {
  readonly id: string;
  /** 0 is the primary one. */
  readonly deviceIndex: number;
  readonly vpcId: string;
  readonly subnetId: string;
  /** Sorted. */
  readonly groups: readonly string[];
  /** The primary one first. */
  readonly privateIps: readonly string[];
  /** Sorted. Without the primary one, which AWS does not let go. */
  readonly ipv6: readonly string[];
  /** The primary IPv6 address, and delegated prefixes: they stay. */
  readonly fixedIpv6: readonly string[];
  readonly elastic: readonly ElasticAddress[];
  /** The address that AWS gave it, until the instance stops. */
  readonly publicIp?: string;
  /** The service that manages it: only that may change it. */
  readonly managedBy?: string;
  readonly tracking: ConnectionTracking;
  readonly tags: Tags;
}

/** A list, since a table item cannot hold every key that a tag may have. Sorted by key. */
export type Tags = readonly { readonly key: string; readonly value: string }[];

export const tagOf = (tags: Tags, key: string): string | undefined => tags.find((tag) => tag.key === key)?.value;

export interface Volume {
  readonly id: string;
  /** `/dev/xvda` */
  readonly device: string;
  readonly deleteOnTermination: boolean;
  readonly tags: Tags;
}

/** The profile that an instance wears. */
export interface Profile {
  readonly associationId: string;
  /** With the path. */
  readonly arn: string;
  /** Without the path. */
  readonly name: string;
  /** Since when, ISO 8601, UTC. */
  readonly since?: string;
}

/** `arn:aws:iam::111122223333:instance-profile/team/x/web` is `web`. */
export const profileName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** The role that an instance had before it was isolated. */
export interface InstanceRole {
  readonly name: string;
  readonly path: string;
  /** The text of its trust policy. */
  readonly trust: string;
  /** The text of its inline policy `AWSRevokeOlderSessions`, if there is one. */
  readonly revocation?: string;
  /** Which instances wear it, this one left out. */
  readonly use: RoleUse;
}

/** Where a load balancer sends requests to the instance. */
export interface RegisteredTarget {
  readonly targetGroupArn: string;
  /** The instance, or one of its addresses. */
  readonly id: string;
  readonly port: number;
  /** `draining` once it was taken out. */
  readonly health: string;
}

/** The group without rules of one VPC, or that there is none yet. */
export interface QuarantineGroup {
  readonly vpcId: string;
  readonly groupId?: string;
  /** How many rules admit something, by family. One about another group or a prefix list counts in both. */
  readonly ingress: Families;
  readonly egress: Families;
}

export interface Families {
  readonly ipv4: number;
  readonly ipv6: number;
}

export const isEmpty = ({ groupId, ingress, egress }: QuarantineGroup): boolean =>
  groupId !== undefined && [ingress.ipv4, ingress.ipv6, egress.ipv4, egress.ipv6].every((rules) => rules === 0);

/** Parts of which AWS did not tell. They keep nobody from cutting the instance off. */
export type Unread = 'role' | 'auto scaling' | 'load balancers';

/** An instance, as far as isolation and its verification ask about it. */
export interface Instance {
  readonly instanceId: string;
  readonly arn: string;
  readonly state: string;
  readonly spot: boolean;
  /** The service that manages the instance and alone may change it. */
  readonly managedBy?: string;
  /** Whether timeouts of tracked connections can be set: of the Nitro System's instances. */
  readonly nitro: boolean;
  readonly tags: Tags;
  /** In the order of their devices. */
  readonly interfaces: readonly NetworkInterface[];
  readonly volumes: readonly Volume[];
  readonly disableApiTermination: boolean;
  readonly shutdownBehavior: string;
  readonly metadataEndpoint: string;
  readonly profile?: Profile;
  /** Whether the profile is the one that may do nothing. */
  readonly wearsQuarantine: boolean;
  /** The role of another profile, which it was given after its evidence was kept. */
  readonly givenSince?: InstanceRole;
  /** The role from before. Absent if there was none, or if it is not known. */
  readonly role?: InstanceRole;
  /** Whether it is known what role it had. */
  readonly roleKnown: boolean;
  /** Since when it no longer wears that role: sessions from before are to be denied. ISO 8601, UTC. */
  readonly roleLeft?: string;
  readonly autoScalingGroup?: string;
  readonly targets: readonly RegisteredTarget[];
  /** One for each VPC in which the instance has an interface that can be changed. */
  readonly quarantine: readonly QuarantineGroup[];
  readonly unread: readonly { readonly part: Unread; readonly why: string }[];
}

/** What an instance was like before anything was changed, as the incident's record keeps it. */
export interface Original {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly profileArn?: string;
  readonly roleName?: string;
  readonly interfaces: readonly { readonly id: string; readonly groups: readonly string[] }[];
}

export const quarantineOf = (
  { quarantine }: Pick<Instance, 'quarantine'>,
  vpcId: string,
): QuarantineGroup | undefined => quarantine.find((group) => group.vpcId === vpcId);

/** Those that isolation may change. */
export const changeable = ({ interfaces }: Pick<Instance, 'interfaces'>): NetworkInterface[] =>
  interfaces.filter(({ managedBy }) => managedBy === undefined);

/** Whether an interface is behind a group of no rules, and nothing else. */
export function isCutOff(instance: Pick<Instance, 'quarantine'>, { vpcId, groups }: NetworkInterface): boolean {
  const group = quarantineOf(instance, vpcId);
  return group !== undefined && isEmpty(group) && groups.length === 1 && groups[0] === group.groupId;
}

/** Whether idle connections end as soon as AWS lets them. */
export const isTrackedShortly = ({ tracking }: NetworkInterface): boolean =>
  tracking.tcpEstablished === SHORTEST_TRACKING.tcpEstablished &&
  tracking.udpStream === SHORTEST_TRACKING.udpStream &&
  (tracking.udp ?? SHORTEST_TRACKING.udp) === SHORTEST_TRACKING.udp;

/**
 * Tags by which an instance is known as a node of a cluster: to cut it off moves other people's work.
 *
 * @see https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html for AmazonECSManaged
 */
const NODE_TAGS = /^(kubernetes\.io\/cluster\/|k8s\.io\/|karpenter\.sh\/|eks:|aws:eks:|aws:ecs:)|^AmazonECSManaged$/;

/** The tag that makes an instance a node of a cluster, if it is one. */
export const nodeTag = ({ tags }: Pick<Instance, 'tags'>): string | undefined =>
  tags.find(({ key }) => NODE_TAGS.test(key))?.key;

/** Whether sessions of a role, that from before unless another is named, from before the instance lost it are denied. */
export function isDenied(instance: Pick<Instance, 'role' | 'roleLeft'>, role = instance.role): boolean {
  const { roleLeft } = instance;
  const cutoff = cutoffIn(role?.revocation);
  return roleLeft !== undefined && cutoff !== undefined && Date.parse(cutoff) >= Date.parse(roleLeft);
}

/**
 * Why the older sessions of a role may not be denied, if so: somebody else has some, too.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 */
export function whyShared(
  { name, path, trust, use }: InstanceRole,
  { ownRoles, breakGlass }: Pick<Policy, 'ownRoles' | 'breakGlass'>,
): string | undefined {
  if (isReserved(path)) return `only AWS can change ${name}`;
  if (isNamed(name, ownRoles)) return `${name} is Suture's own`;
  if (isNamed(name, breakGlass.roles)) return `${name} is for breaking glass`;
  const [first] = use.instances;
  if (first)
    return `${use.instances.length === 1 ? '' : `${use.instances.length} others, such as `}${first.id} (${first.region}) ${use.instances.length === 1 ? 'wears' : 'wear'} ${name}, too`;
  if (use.unknown.length > 0) return `whether an instance of ${use.unknown[0]} wears ${name}, too, could not be read`;
  const trusted = trustedBy(trust);
  if (!trusted) return `whom ${name} trusts could not be read`;
  const other = trusted.find((one) => !/^ec2\.amazonaws\.com(\.cn)?$/.test(one));
  return other === undefined ? undefined : `${other} may assume ${name}, too`;
}
