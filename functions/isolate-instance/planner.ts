import { exemptionFor } from '../core/exceptions';
import type { Policy } from '../core/policy';
import type { Plan } from '../core/remediation';
import {
  changeable,
  INCIDENT_TAG,
  type Instance,
  isDenied,
  isTrackedShortly,
  type NetworkInterface,
  nodeTag,
  QUARANTINED,
  quarantineOf,
  SHORTEST_TRACKING,
  STATUS_TAG,
  type Tags,
  tagOf,
  whyShared,
} from '../incident/instance';
import type { InstanceAction } from './actions';

/** For what an instance is isolated, and in what. */
export interface Isolation {
  readonly incidentId: string;
  /** Name of the instance profile that may do nothing. */
  readonly profile: string;
}

/**
 * Decides what isolates an instance, in the order in which it is done. Planning again after the plan was applied yields no action.
 *
 * | what                                            | decision                                                                   |
 * | ----------------------------------------------- | -------------------------------------------------------------------------- |
 * | may be terminated, terminates when it shuts down| protected; not where it is a spot instance, which cannot be                |
 * | a volume that would go with it                  | stays                                                                      |
 * | not tagged as quarantined                       | it, its interfaces and volumes are                                         |
 * | in an Auto Scaling group                        | detached, before the cut makes it unhealthy; another takes its place       |
 * | a target of a load balancer                     | taken out                                                                  |
 * | no quarantine group in a VPC of its interfaces  | made, its first egress taken away                                          |
 * | a quarantine group with rules                   | emptied                                                                    |
 * | an interface behind other groups                | idle connections end in a minute (Nitro), then behind the empty group alone|
 * | an elastic address, an IPv6 address             | taken away; not a primary IPv6 address or a prefix, which AWS does not let go |
 * | metadata are served                             | no longer                                                                  |
 * | a profile                                       | the quarantine's takes its place                                           |
 * | its role's older sessions                       | denied after that, if nobody else has any: see `whyShared`                 |
 * | those of a role that it was given meanwhile     | the same                                                                   |
 *
 * | one of these would be done            | decision                                                          |
 * | ------------------------------------- | ----------------------------------------------------------------- |
 * | an exception covers the instance      | leave alone                                                       |
 * | it is a node of a cluster             | held: its work would be moved, or lost                            |
 * | a service manages it                  | held: only that can change it                                     |
 * | a service manages one interface       | that one is left alone, the rest is done                          |
 * | a part could not be read              | that part is left alone, the rest is done, and a person is told   |
 */
export function planInstance(instance: Instance, policy: Policy, isolation: Isolation): Plan<InstanceAction> {
  const doubt = doubtIn(instance);
  const parts = isolating(instance, policy, isolation);
  if (parts.length === 0)
    return { actions: [], exempt: [], reason: doubt ?? 'it is isolated', ...(doubt !== undefined && { held: doubt }) };
  const { instanceId, arn, tags, managedBy } = instance;
  const exception = exemptionFor(policy, { arn, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])) });
  if (exception)
    return {
      actions: [],
      exempt: [{ target: instanceId, exception: exception.id }],
      reason: 'an exception covers the instance',
    };
  const node = nodeTag(instance);
  if (node !== undefined)
    return held(
      `it is a node of a cluster, by its tag ${node}: to cut it off moves other people's work${node.startsWith('aws:') ? '' : '. Whoever may tag it could have written that: look at it soon'}`,
    );
  if (managedBy !== undefined) return held(`it is managed by ${managedBy}, which alone can change it`);
  const reason = `isolation: ${[...new Set(parts.map(({ what }) => what))].join(', ')}`;
  return {
    actions: ordered(parts),
    exempt: [],
    reason,
    ...(doubt !== undefined && { held: `${doubt}; ${reason}` }),
  };
}

const held = (reason: string): Plan<never> => ({ actions: [], exempt: [], reason, held: reason });

function doubtIn({ unread }: Instance): string | undefined {
  if (unread.length === 0) return undefined;
  return `could not be read: ${unread.map(({ part, why }) => `${part} (${why})`).join(', ')}`;
}

/** A step, and what it brings about. */
interface Part {
  readonly what: string;
  readonly action: InstanceAction;
  /** Must be in effect before. */
  readonly after?: Part | undefined;
}

/** Actions that say by their place which one they need. */
const ordered = (parts: readonly Part[]): InstanceAction[] =>
  parts.map(({ action, after }) => (after ? { ...action, needs: parts.indexOf(after) } : action));

function isolating(instance: Instance, policy: Policy, isolation: Isolation): Part[] {
  const exchange = exchanging(instance, isolation);
  return [
    ...protecting(instance),
    ...tagging(instance, isolation),
    ...detaching(instance),
    ...cutting(instance),
    ...(instance.metadataEndpoint === 'disabled'
      ? []
      : [part('metadata service off', { kind: 'ModifyInstanceMetadataOptions', endpoint: 'disabled' })]),
    ...(exchange ? [exchange] : []),
    ...denying(instance, policy, exchange),
  ];
}

const part = (what: string, action: InstanceAction, after?: Part): Part => ({ what, action, after });

/** Neither protection is for spot instances. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html */
function protecting({ spot, disableApiTermination, shutdownBehavior, volumes }: Instance): Part[] {
  const what = 'protected from termination';
  const lost = volumes.filter(({ deleteOnTermination }) => deleteOnTermination);
  return [
    ...(spot || disableApiTermination
      ? []
      : [part(what, { kind: 'ModifyInstanceAttribute', change: { disableApiTermination: true } })]),
    ...(spot || shutdownBehavior === 'stop'
      ? []
      : [part(what, { kind: 'ModifyInstanceAttribute', change: { shutdownBehavior: 'stop' } })]),
    ...(lost.length === 0
      ? []
      : [
          part('volumes kept', {
            kind: 'ModifyInstanceAttribute',
            change: { volumes: lost.map(({ device }) => ({ device, deleteOnTermination: false })) },
          }),
        ]),
  ];
}

/** Whoever was first keeps its mark: a second incident about the same instance does not take it over. */
export const isTagged = (tags: Tags): boolean =>
  tagOf(tags, STATUS_TAG) === QUARANTINED && tagOf(tags, INCIDENT_TAG) !== undefined;

function tagging(instance: Instance, { incidentId }: Isolation): Part[] {
  const untagged = [
    { id: instance.instanceId, tags: instance.tags },
    ...changeable(instance),
    ...instance.volumes,
  ].filter(({ tags }) => !isTagged(tags));
  if (untagged.length === 0) return [];
  const tags = [
    { key: INCIDENT_TAG, value: incidentId },
    { key: STATUS_TAG, value: QUARANTINED },
  ];
  return [part('tagged', { kind: 'CreateTags', resources: untagged.map(({ id }) => id), tags })];
}

function detaching({ autoScalingGroup, targets }: Instance): Part[] {
  const served = targets.filter(({ health }) => health !== 'draining');
  const groups = [...new Set(served.map(({ targetGroupArn }) => targetGroupArn))];
  return [
    ...(autoScalingGroup === undefined
      ? []
      : [part('detached from Auto Scaling', { kind: 'DetachInstances', autoScalingGroup })]),
    ...groups.map((targetGroupArn) =>
      part('out of load balancers', {
        kind: 'DeregisterTargets',
        targetGroupArn,
        targets: served
          .filter((target) => target.targetGroupArn === targetGroupArn)
          .map(({ id, port }) => ({ id, port })),
      }),
    ),
  ];
}

function cutting(instance: Instance): Part[] {
  const parts: Part[] = [];
  const add = (made: Part): Part => {
    parts.push(made);
    return made;
  };
  const ready = new Map<string, Part>();
  for (const group of instance.quarantine) {
    const { vpcId, groupId, ingress, egress } = group;
    let last: Part | undefined;
    if (groupId === undefined) last = add(part('quarantine group made', { kind: 'CreateSecurityGroup', vpcId }));
    // A group that is yet to be made begins with egress.
    if (groupId === undefined || egress.ipv4 + egress.ipv6 > 0)
      last = add(part('quarantine group empty', { kind: 'RevokeSecurityGroupEgress', vpcId }, last));
    if (ingress.ipv4 + ingress.ipv6 > 0)
      last = add(part('quarantine group empty', { kind: 'RevokeSecurityGroupIngress', vpcId }, last));
    if (last) ready.set(vpcId, last);
  }
  const own = changeable(instance);
  for (const one of own) {
    const { id: interfaceId, vpcId } = one;
    if (instance.nitro && !isTrackedShortly(one))
      add(
        part('short connection tracking', {
          kind: 'ModifyNetworkInterfaceAttribute',
          interfaceId,
          tracking: SHORTEST_TRACKING,
        }),
      );
    if (!isBehind(instance, one))
      add(
        part(
          'cut off by security groups',
          { kind: 'ModifyNetworkInterfaceAttribute', interfaceId, groups: { quarantineOf: vpcId } },
          ready.get(vpcId),
        ),
      );
  }
  for (const { id: interfaceId, elastic } of own)
    for (const { associationId, publicIp } of elastic)
      add(part('without elastic addresses', { kind: 'DisassociateAddress', interfaceId, associationId, publicIp }));
  for (const { id: interfaceId, ipv6: addresses } of own)
    if (addresses.length > 0)
      add(part('without IPv6 addresses', { kind: 'UnassignIpv6Addresses', interfaceId, addresses }));
  return parts;
}

/** Behind the quarantine's group and no other, whatever rules that has. */
export const isBehind = (instance: Pick<Instance, 'quarantine'>, { vpcId, groups }: NetworkInterface): boolean =>
  groups.length === 1 && groups[0] === quarantineOf(instance, vpcId)?.groupId;

function exchanging({ profile, wearsQuarantine }: Instance, { profile: name }: Isolation): Part | undefined {
  if (!profile || wearsQuarantine) return undefined;
  return part('without its role', { kind: 'ReplaceIamInstanceProfileAssociation', profile: { name } });
}

function denying(instance: Instance, policy: Policy, exchange: Part | undefined): Part[] {
  return [instance.role, instance.givenSince].flatMap((role) =>
    !role || isDenied(instance, role) || whyShared(role, policy) !== undefined
      ? []
      : [part('older sessions of its role denied', { kind: 'PutRolePolicy', roleName: role.name }, exchange)],
  );
}
