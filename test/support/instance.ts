import {
  type Instance,
  type InstanceRole,
  type NetworkInterface,
  type Profile,
  type QuarantineGroup,
  type RegisteredTarget,
  SHORTEST_TRACKING,
  type Tags,
  type Volume,
} from '../../functions/incident/instance';
import { withCutoff } from '../../functions/incident/revocation';
import type { InstanceAction } from '../../functions/isolate-instance/actions';
import type { Isolation } from '../../functions/isolate-instance/planner';
import { trustOf } from './principal';

export const ID = 'i-0abc0123456789def';
export const VPC = 'vpc-0aaa0000000000001';
export const OTHER_VPC = 'vpc-0aaa0000000000002';
export const QUARANTINE_GROUP = 'sg-0badbadbadbadbad1';
export const INCIDENT_ID = 'gd-0123456789abcdef';
/** When actions of the tests take effect. */
export const NOW = '2026-11-21T10:06:00.000Z';

/** For what, and in what, the tests isolate. */
export const isolating = (parts: Partial<Isolation> = {}): Isolation => ({
  incidentId: INCIDENT_ID,
  profile: 'SutureQuarantine',
  ...parts,
});

export const TAGS: Tags = [
  { key: 'soc:incident', value: INCIDENT_ID },
  { key: 'soc:status', value: 'quarantined' },
];

export const networkInterface = (parts: Partial<NetworkInterface> = {}): NetworkInterface => ({
  id: 'eni-0',
  deviceIndex: 0,
  vpcId: VPC,
  subnetId: 'subnet-0',
  groups: ['sg-0web'],
  privateIps: ['10.0.1.4'],
  ipv6: [],
  fixedIpv6: [],
  elastic: [],
  tracking: {},
  tags: [],
  ...parts,
});

export const elastic = (index: number): NetworkInterface['elastic'][number] => ({
  associationId: `eipassoc-${index}`,
  allocationId: `eipalloc-${index}`,
  publicIp: `203.0.113.${index}`,
  privateIp: '10.0.1.4',
});

export const volume = (parts: Partial<Volume> = {}): Volume => ({
  id: 'vol-0',
  device: '/dev/xvda',
  deleteOnTermination: true,
  tags: [],
  ...parts,
});

export const profile = (name = 'Worker', path = '/'): Profile => ({
  associationId: `iip-assoc-${name}`,
  arn: `arn:aws:iam::111122223333:instance-profile${path}${name}`,
  name,
  since: '2026-11-20T00:00:00.000Z',
});

/** A role that no other instance wears, and that only EC2 may assume. */
export const instanceRole = (parts: Partial<InstanceRole> = {}): InstanceRole => ({
  name: 'Worker',
  path: '/',
  trust: trustOf({ Service: 'ec2.amazonaws.com' }),
  use: { instances: [], unknown: [] },
  ...parts,
});

export const target = (parts: Partial<RegisteredTarget> = {}): RegisteredTarget => ({
  targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef',
  id: ID,
  port: 80,
  health: 'healthy',
  ...parts,
});

/** So many rules of each direction and family. */
export const group = ({
  vpcId = VPC,
  groupId = QUARANTINE_GROUP,
  ingress = [0, 0],
  egress = [0, 0],
}: {
  vpcId?: string;
  groupId?: string | null;
  ingress?: readonly [number, number];
  egress?: readonly [number, number];
} = {}): QuarantineGroup => ({
  vpcId,
  ...(groupId !== null && { groupId }),
  ingress: { ipv4: ingress[0], ipv6: ingress[1] },
  egress: { ipv4: egress[0], ipv6: egress[1] },
});

/** A running instance of the Nitro System with one interface, one volume and a profile, in a VPC without a quarantine group. */
export const instance = (parts: Partial<Instance> = {}): Instance => ({
  instanceId: ID,
  arn: `arn:aws:ec2:eu-west-1:111122223333:instance/${ID}`,
  state: 'running',
  spot: false,
  nitro: true,
  tags: [],
  interfaces: [networkInterface()],
  volumes: [volume()],
  disableApiTermination: false,
  shutdownBehavior: 'terminate',
  metadataEndpoint: 'enabled',
  profile: profile(),
  wearsQuarantine: false,
  role: instanceRole(),
  roleKnown: true,
  targets: [],
  quarantine: [group({ groupId: null })],
  unread: [],
  ...parts,
});

/** The same without some of its parts. */
export function without<K extends keyof Instance>(one: Instance, ...keys: readonly K[]): Instance {
  const left = Object.entries(one).filter(([key]) => !keys.includes(key as K));
  return Object.fromEntries(left) as unknown as Instance;
}

/** One that needs nothing any more, but for the parts that a test is about. */
export const isolated = (parts: Partial<Instance> = {}): Instance =>
  instance({
    tags: TAGS,
    interfaces: [networkInterface({ groups: [QUARANTINE_GROUP], tracking: SHORTEST_TRACKING, tags: TAGS })],
    volumes: [volume({ deleteOnTermination: false, tags: TAGS })],
    disableApiTermination: true,
    shutdownBehavior: 'stop',
    metadataEndpoint: 'disabled',
    profile: { ...profile('SutureQuarantine'), since: NOW },
    wearsQuarantine: true,
    role: instanceRole({ revocation: withCutoff(undefined, { cutoff: NOW, sid: 'x' }) }),
    roleLeft: NOW,
    quarantine: [group()],
    ...parts,
  });

/** Isolated, but for what its interfaces have. */
export const having = (...interfaces: readonly Partial<NetworkInterface>[]): Instance =>
  isolated({
    interfaces: interfaces.map((parts) =>
      networkInterface({ groups: [QUARANTINE_GROUP], tracking: SHORTEST_TRACKING, tags: TAGS, ...parts }),
    ),
  });

export const cut = (interfaceId: string, vpcId = VPC) => ({
  kind: 'ModifyNetworkInterfaceAttribute',
  interfaceId,
  groups: { quarantineOf: vpcId },
});

export const shorten = (interfaceId: string) => ({
  kind: 'ModifyNetworkInterfaceAttribute',
  interfaceId,
  tracking: { tcpEstablished: 60, udpStream: 60, udp: 30 },
});

export const exchange = { kind: 'ReplaceIamInstanceProfileAssociation', profile: { name: 'SutureQuarantine' } };
export const deny = { kind: 'PutRolePolicy', roleName: 'Worker' };

/** What AWS makes of actions, one after another. */
export const applied = (state: Instance, actions: readonly InstanceAction[]): Instance => actions.reduce(after, state);

const tagged = (old: Tags, added: Tags): Tags =>
  [...old.filter(({ key }) => !added.some((one) => one.key === key)), ...added].sort((a, b) =>
    a.key < b.key ? -1 : 1,
  );

function after(state: Instance, action: InstanceAction): Instance {
  const at = (id: string, change: (one: NetworkInterface) => Partial<NetworkInterface>) => ({
    ...state,
    interfaces: state.interfaces.map((one) => (one.id === id ? { ...one, ...change(one) } : one)),
  });
  const inGroup = (vpcId: string, parts: Partial<QuarantineGroup>) => ({
    ...state,
    quarantine: state.quarantine.map((one) => (one.vpcId === vpcId ? { ...one, ...parts } : one)),
  });
  switch (action.kind) {
    case 'ModifyInstanceAttribute': {
      const { change } = action;
      if (!('volumes' in change)) return { ...state, ...change };
      const kept = (device: string) => change.volumes.find((one) => one.device === device);
      return { ...state, volumes: state.volumes.map((one) => ({ ...one, ...kept(one.device) })) };
    }
    case 'CreateTags': {
      const named = <T extends { id: string; tags: Tags }>(one: T): T =>
        action.resources.includes(one.id) ? { ...one, tags: tagged(one.tags, action.tags) } : one;
      return {
        ...state,
        tags: action.resources.includes(state.instanceId) ? tagged(state.tags, action.tags) : state.tags,
        interfaces: state.interfaces.map(named),
        volumes: state.volumes.map(named),
      };
    }
    case 'DetachInstances':
      return without(state, 'autoScalingGroup');
    case 'DeregisterTargets': {
      const drains = (one: RegisteredTarget) =>
        one.targetGroupArn === action.targetGroupArn &&
        action.targets.some(({ id, port }) => one.id === id && one.port === port);
      return {
        ...state,
        targets: state.targets.map((one) => (drains(one) ? { ...one, health: 'draining' } : one)),
      };
    }
    case 'CreateSecurityGroup':
      // As EC2 makes it in a VPC with IPv6.
      return inGroup(action.vpcId, { groupId: `sg-of-${action.vpcId}`, egress: { ipv4: 1, ipv6: 1 } });
    case 'RevokeSecurityGroupEgress':
      return inGroup(action.vpcId, { egress: { ipv4: 0, ipv6: 0 } });
    case 'RevokeSecurityGroupIngress':
      return inGroup(action.vpcId, { ingress: { ipv4: 0, ipv6: 0 } });
    case 'ModifyNetworkInterfaceAttribute': {
      if ('tracking' in action) return at(action.interfaceId, () => ({ tracking: action.tracking }));
      const { groups } = action;
      const of = 'quarantineOf' in groups ? state.quarantine.find(({ vpcId }) => vpcId === groups.quarantineOf) : null;
      return at(action.interfaceId, () => ({ groups: 'quarantineOf' in groups ? [of?.groupId ?? ''] : groups }));
    }
    case 'DisassociateAddress':
      return at(action.interfaceId, (one) => ({
        elastic: one.elastic.filter(({ associationId }) => associationId !== action.associationId),
      }));
    case 'UnassignIpv6Addresses':
      return at(action.interfaceId, (one) => ({ ipv6: one.ipv6.filter((ip) => !action.addresses.includes(ip)) }));
    case 'ModifyInstanceMetadataOptions':
      return { ...state, metadataEndpoint: action.endpoint };
    case 'ReplaceIamInstanceProfileAssociation': {
      if (!('name' in action.profile)) throw new Error('isolation names a profile');
      const worn = { ...profile(action.profile.name), since: NOW };
      return { ...state, profile: worn, wearsQuarantine: true, roleLeft: NOW };
    }
    case 'PutRolePolicy': {
      const { role } = state;
      if (role?.name !== action.roleName) return state;
      return {
        ...state,
        role: { ...role, revocation: withCutoff(role.revocation, { cutoff: NOW, sid: 'IncidentX' }) },
      };
    }
    default:
      throw new Error(`${action.kind} is none of isolation`);
  }
}
