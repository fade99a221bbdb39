import { type Instance, isDenied, type NetworkInterface, quarantineOf, type Tags, tagOf } from '../incident/instance';
import type { InstanceAction, MoveInterface, TrackShortly } from './actions';
import { isBehind } from './planner';

/** Tags of an instance, or of what is attached to it, by id. Undefined for what is not attached any more. */
export function tagsIn({ instanceId, tags, interfaces, volumes }: Instance, id: string): Tags | undefined {
  if (id === instanceId) return tags;
  return [...interfaces, ...volumes].find((one) => one.id === id)?.tags;
}

/** Whether an instance shows an action in effect. What is no longer attached to it needs nothing any more. */
export function isDone(action: InstanceAction, instance: Instance): boolean {
  switch (action.kind) {
    case 'ModifyInstanceAttribute': {
      const { change } = action;
      if ('disableApiTermination' in change) return instance.disableApiTermination === change.disableApiTermination;
      if ('shutdownBehavior' in change) return instance.shutdownBehavior === change.shutdownBehavior;
      return change.volumes.every(({ device, deleteOnTermination }) =>
        instance.volumes.every((one) => one.device !== device || one.deleteOnTermination === deleteOnTermination),
      );
    }
    case 'CreateTags':
      return action.resources.every((id) => {
        const tags = tagsIn(instance, id);
        return !tags || action.tags.every(({ key, value }) => tagOf(tags, key) === value);
      });
    case 'DeleteTags':
      return action.resources.every((id) => {
        const tags = tagsIn(instance, id);
        return !tags || action.tags.every(({ key, value }) => tagOf(tags, key) !== value);
      });
    case 'DetachInstances':
      return instance.autoScalingGroup !== action.autoScalingGroup;
    case 'AttachInstances':
      return instance.autoScalingGroup === action.autoScalingGroup;
    case 'DeregisterTargets':
      return action.targets.every((target) => !isServed(instance, action.targetGroupArn, target));
    case 'RegisterTargets':
      return action.targets.every((target) => isServed(instance, action.targetGroupArn, target));
    case 'CreateSecurityGroup': {
      const group = quarantineOf(instance, action.vpcId);
      return !group || group.groupId !== undefined;
    }
    case 'RevokeSecurityGroupIngress':
    case 'RevokeSecurityGroupEgress': {
      const group = quarantineOf(instance, action.vpcId);
      if (!group) return true;
      const { ipv4, ipv6 } = action.kind === 'RevokeSecurityGroupEgress' ? group.egress : group.ingress;
      return group.groupId !== undefined && ipv4 + ipv6 === 0;
    }
    case 'ModifyNetworkInterfaceAttribute':
      return at(instance, action.interfaceId, (one) => isAttribute(action, one, instance));
    case 'DisassociateAddress':
      return at(instance, action.interfaceId, ({ elastic }) =>
        elastic.every(({ associationId }) => associationId !== action.associationId),
      );
    case 'AssociateAddress':
      return at(instance, action.interfaceId, ({ elastic }) =>
        elastic.some(({ allocationId }) => allocationId === action.allocationId),
      );
    case 'UnassignIpv6Addresses':
      return at(instance, action.interfaceId, ({ ipv6 }) => !action.addresses.some((one) => ipv6.includes(one)));
    case 'AssignIpv6Addresses':
      return at(instance, action.interfaceId, ({ ipv6 }) => action.addresses.every((one) => ipv6.includes(one)));
    case 'ModifyInstanceMetadataOptions':
      return instance.metadataEndpoint === action.endpoint;
    case 'ReplaceIamInstanceProfileAssociation': {
      const { profile } = instance;
      return 'name' in action.profile ? profile?.name === action.profile.name : profile?.arn === action.profile.arn;
    }
    case 'PutRolePolicy': {
      const role = [instance.role, instance.givenSince].find((one) => one?.name === action.roleName);
      return !role || isDenied(instance, role);
    }
  }
}

const at = ({ interfaces }: Instance, id: string, test: (one: NetworkInterface) => boolean): boolean =>
  interfaces.every((one) => one.id !== id || test(one));

function isAttribute(action: MoveInterface | TrackShortly, one: NetworkInterface, instance: Instance): boolean {
  if ('tracking' in action) {
    const { tcpEstablished, udpStream, udp } = action.tracking;
    const { tracking } = one;
    return tracking.tcpEstablished === tcpEstablished && tracking.udpStream === udpStream && tracking.udp === udp;
  }
  if ('quarantineOf' in action.groups) return isBehind(instance, one);
  return one.groups.join() === [...action.groups].sort().join();
}

/** What drains gets no new requests. */
const isServed = ({ targets }: Instance, arn: string, { id, port }: { id: string; port: number }): boolean =>
  targets.some((one) => one.targetGroupArn === arn && one.id === id && one.port === port && one.health !== 'draining');

/** All that isolation changes, as it was: what takes one action back is found here by its id. */
export type Touched = Pick<
  Instance,
  'disableApiTermination' | 'shutdownBehavior' | 'metadataEndpoint' | 'tags' | 'interfaces' | 'volumes' | 'targets'
> & {
  readonly profileArn: string | null;
  readonly autoScalingGroup: string | null;
  readonly revocation: string | null;
};

export const touchedParts = (_actions: readonly InstanceAction[], instance: Instance): Touched => ({
  disableApiTermination: instance.disableApiTermination,
  shutdownBehavior: instance.shutdownBehavior,
  metadataEndpoint: instance.metadataEndpoint,
  tags: instance.tags,
  interfaces: instance.interfaces,
  volumes: instance.volumes,
  targets: instance.targets,
  profileArn: instance.profile?.arn ?? null,
  autoScalingGroup: instance.autoScalingGroup ?? null,
  revocation: instance.role?.revocation ?? null,
});

/** A log line for an action. */
export function describe(action: InstanceAction, { instanceId, profile }: Instance): string[] {
  switch (action.kind) {
    case 'ModifyInstanceAttribute':
      return [
        `Setting ${Object.entries(action.change)
          .map(([name, value]) => `${name} to ${JSON.stringify(value)}`)
          .join()} of ${instanceId}`,
      ];
    case 'CreateTags':
      return [`Tagging ${action.resources.join(', ')}`];
    case 'DeleteTags':
      return [`Untagging ${action.resources.join(', ')}`];
    case 'DetachInstances':
      return [`Detaching ${instanceId} from ${action.autoScalingGroup}`];
    case 'AttachInstances':
      return [`Attaching ${instanceId} to ${action.autoScalingGroup}`];
    case 'DeregisterTargets':
      return [`Taking ${instanceId} out of ${action.targetGroupArn}`];
    case 'RegisterTargets':
      return [`Putting ${instanceId} into ${action.targetGroupArn}`];
    case 'CreateSecurityGroup':
      return [`Making the quarantine group of ${action.vpcId}`];
    case 'RevokeSecurityGroupIngress':
    case 'RevokeSecurityGroupEgress':
      return [`Emptying the quarantine group of ${action.vpcId}`];
    case 'ModifyNetworkInterfaceAttribute':
      if ('tracking' in action) return [`Setting idle timeouts of connections of ${action.interfaceId}`];
      return [
        'quarantineOf' in action.groups
          ? `Cutting off ${action.interfaceId}`
          : `Putting ${action.interfaceId} behind ${action.groups.join(', ')}`,
      ];
    case 'DisassociateAddress':
      return [`Taking ${action.publicIp} from ${action.interfaceId}`];
    case 'AssociateAddress':
      return [`Giving ${action.allocationId} to ${action.interfaceId}`];
    case 'UnassignIpv6Addresses':
      return [`Taking ${action.addresses.join(', ')} from ${action.interfaceId}`];
    case 'AssignIpv6Addresses':
      return [`Giving ${action.addresses.join(', ')} to ${action.interfaceId}`];
    case 'ModifyInstanceMetadataOptions':
      return [`Setting the metadata service of ${instanceId} to ${action.endpoint}`];
    case 'ReplaceIamInstanceProfileAssociation':
      return [`Replacing the profile ${profile?.name} of ${instanceId}`];
    case 'PutRolePolicy':
      return [`Denying older sessions of ${action.roleName}`];
  }
}
