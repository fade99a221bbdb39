import type { Conflict, Plan } from '../core/remediation';
import { type Instance, type NetworkInterface, quarantineOf, SHORTEST_TRACKING, tagOf } from '../incident/instance';
import type { InstanceAction } from './actions';
import { type Touched, tagsIn } from './effects';

/** What AWS sets where nobody does. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingConfiguration.html */
const USUAL_TRACKING = { tcpEstablished: 432_000, udpStream: 180, udp: 30 };

/** Somebody has changed what would be restored. */
class Changed extends Error {}

/**
 * Takes an isolation back: what each action changed is put as it was, the role first and the network last. What somebody put back already needs
 * nothing; what somebody changed otherwise is a conflict.
 *
 * | action                                | taken back by                                                              |
 * | ------------------------------------- | -------------------------------------------------------------------------- |
 * | making and emptying the group         | nothing: it stays, empty                                                   |
 * | denying older sessions                | nothing: they stay denied, the instance gets new ones                      |
 * | the rest                              | its opposite                                                               |
 *
 * Attached anew to an Auto Scaling group, an instance raises its capacity, and is refused where that is the largest.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-attach-detach-instances.html
 */
export function restoreInstance(
  change: { readonly actions: readonly InstanceAction[]; readonly touched: unknown },
  instance: Instance,
): Plan<InstanceAction> | Conflict {
  const before = change.touched as Touched;
  try {
    const actions = [...change.actions].reverse().flatMap((action) => opposite(action, before, instance));
    return {
      actions,
      exempt: [],
      reason: actions.length === 0 ? 'it is as it was' : `${actions.length} changes taken back`,
    };
  } catch (error) {
    if (error instanceof Changed) return { conflict: error.message };
    throw error;
  }
}

/** @throws Changed */
function opposite(action: InstanceAction, before: Touched, instance: Instance): InstanceAction[] {
  switch (action.kind) {
    case 'ModifyInstanceAttribute':
      return attributes(action.change, before, instance);
    case 'CreateTags':
      return untagged(action, before, instance);
    case 'DetachInstances':
      if (instance.autoScalingGroup === action.autoScalingGroup) return [];
      if (instance.autoScalingGroup !== undefined)
        throw new Changed(`it is in the Auto Scaling group ${instance.autoScalingGroup} by now`);
      return [{ kind: 'AttachInstances', autoScalingGroup: action.autoScalingGroup }];
    case 'DeregisterTargets': {
      const missing = action.targets.filter(
        ({ id, port }) =>
          !instance.targets.some(
            (one) =>
              one.targetGroupArn === action.targetGroupArn &&
              one.id === id &&
              one.port === port &&
              one.health !== 'draining',
          ),
      );
      if (missing.length === 0) return [];
      return [{ kind: 'RegisterTargets', targetGroupArn: action.targetGroupArn, targets: missing }];
    }
    case 'ModifyNetworkInterfaceAttribute':
      return at(action.interfaceId, before, instance, (was, is) =>
        'tracking' in action ? tracking(was, is) : groups(was, is, instance),
      );
    case 'DisassociateAddress':
      return at(action.interfaceId, before, instance, (was, is) =>
        was.elastic
          .filter(({ associationId }) => associationId === action.associationId)
          .filter(({ allocationId }) => !is.elastic.some((one) => one.allocationId === allocationId))
          .map(({ allocationId, privateIp }) => {
            if (is.elastic.some((one) => one.privateIp === privateIp))
              throw new Changed(`${is.id} has another elastic address at ${privateIp} by now`);
            return { kind: 'AssociateAddress', interfaceId: is.id, allocationId, privateIp };
          }),
      );
    case 'UnassignIpv6Addresses':
      return at(action.interfaceId, before, instance, (_was, { id, ipv6 }) => {
        const addresses = action.addresses.filter((address) => !ipv6.includes(address));
        return addresses.length === 0 ? [] : [{ kind: 'AssignIpv6Addresses', interfaceId: id, addresses }];
      });
    case 'ModifyInstanceMetadataOptions':
      if (instance.metadataEndpoint === before.metadataEndpoint) return [];
      return [{ kind: 'ModifyInstanceMetadataOptions', endpoint: before.metadataEndpoint }];
    case 'ReplaceIamInstanceProfileAssociation':
      return profile(before, instance);
    default:
      return [];
  }
}

function attributes(
  change: Extract<InstanceAction, { kind: 'ModifyInstanceAttribute' }>['change'],
  before: Touched,
  instance: Instance,
): InstanceAction[] {
  const kind = 'ModifyInstanceAttribute';
  if ('disableApiTermination' in change)
    return instance.disableApiTermination === before.disableApiTermination
      ? []
      : [{ kind, change: { disableApiTermination: before.disableApiTermination } }];
  if ('shutdownBehavior' in change)
    return instance.shutdownBehavior === before.shutdownBehavior
      ? []
      : [{ kind, change: { shutdownBehavior: before.shutdownBehavior } }];
  const volumes = change.volumes.flatMap(({ device }) => {
    const was = before.volumes.find((one) => one.device === device);
    const is = instance.volumes.find((one) => one.device === device);
    if (!was || !is || was.id !== is.id || was.deleteOnTermination === is.deleteOnTermination) return [];
    return [{ device, deleteOnTermination: was.deleteOnTermination }];
  });
  return volumes.length === 0 ? [] : [{ kind, change: { volumes } }];
}

/** Tags that stand as they were written go, or become again what they were. */
function untagged(
  { resources, tags }: Extract<InstanceAction, { kind: 'CreateTags' }>,
  before: Touched,
  instance: Instance,
): InstanceAction[] {
  const was = { ...instance, tags: before.tags, interfaces: before.interfaces, volumes: before.volumes };
  const ours = resources.filter((id) => {
    const present = tagsIn(instance, id);
    return present !== undefined && tags.every(({ key, value }) => tagOf(present, key) === value);
  });
  const restored = ours.flatMap((id) =>
    tags.flatMap(({ key }) => {
      const value = tagOf(tagsIn(was, id) ?? [], key);
      return value === undefined ? [] : [{ id, key, value }];
    }),
  );
  const isRestored = (id: string) => restored.some((one) => one.id === id);
  const removed = ours.filter((id) => !isRestored(id));
  return [
    ...(removed.length === 0 ? [] : [{ kind: 'DeleteTags', resources: removed, tags } satisfies InstanceAction]),
    ...ours.filter(isRestored).flatMap((id): InstanceAction[] => {
      const old = restored.filter((one) => one.id === id).map(({ key, value }) => ({ key, value }));
      const rest = tags.filter(({ key }) => !old.some((one) => one.key === key));
      return [
        { kind: 'CreateTags', resources: [id], tags: old },
        ...(rest.length === 0 ? [] : [{ kind: 'DeleteTags', resources: [id], tags: rest } satisfies InstanceAction]),
      ];
    }),
  ];
}

/** An interface that was taken off needs nothing. */
function at(
  id: string,
  before: Touched,
  { interfaces }: Instance,
  make: (was: NetworkInterface, is: NetworkInterface) => InstanceAction[],
): InstanceAction[] {
  const was = before.interfaces.find((one) => one.id === id);
  const is = interfaces.find((one) => one.id === id);
  return was && is ? make(was, is) : [];
}

function tracking(was: NetworkInterface, is: NetworkInterface): InstanceAction[] {
  const wanted = { ...USUAL_TRACKING, ...was.tracking };
  const same = (one: NetworkInterface['tracking']) =>
    one.tcpEstablished === wanted.tcpEstablished && one.udpStream === wanted.udpStream && one.udp === wanted.udp;
  if (same(is.tracking)) return [];
  const { tcpEstablished, udpStream } = is.tracking;
  if (tcpEstablished !== SHORTEST_TRACKING.tcpEstablished || udpStream !== SHORTEST_TRACKING.udpStream)
    throw new Changed(`the idle timeouts of ${is.id} were changed since`);
  return [{ kind: 'ModifyNetworkInterfaceAttribute', interfaceId: is.id, tracking: wanted }];
}

function groups(was: NetworkInterface, is: NetworkInterface, instance: Instance): InstanceAction[] {
  if (is.groups.join() === was.groups.join()) return [];
  if (is.groups.join() !== quarantineOf(instance, is.vpcId)?.groupId)
    throw new Changed(`the groups of ${is.id} were changed since`);
  return [{ kind: 'ModifyNetworkInterfaceAttribute', interfaceId: is.id, groups: was.groups }];
}

function profile({ profileArn }: Touched, { profile: worn, wearsQuarantine }: Instance): InstanceAction[] {
  if (profileArn === null || worn?.arn === profileArn) return [];
  if (!wearsQuarantine) throw new Changed(`it wears ${worn ? `the profile ${worn.name}` : 'no profile'} by now`);
  return [{ kind: 'ReplaceIamInstanceProfileAssociation', profile: { arn: profileArn } }];
}
