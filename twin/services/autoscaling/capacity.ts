import { servicePrincipal } from '../../iam/principal';
import { ec2 } from '../ec2';
import { launch } from '../ec2/instances/launch';
import type { Instance } from '../ec2/instances/state';
import { terminate } from '../ec2/instances/states';
import type { Ec2Call } from '../ec2/state';
import { setTags } from '../ec2/tags';
import { deregister, stateOf as elbOf, register } from '../elbv2/state';
import { type AutoScalingGroup, groupWith, type Member, type Place } from './state';

/** EC2 as Auto Scaling sees it, which acts in its own name. */
export const ec2Of = ({ twin, account, region }: Place, { arn }: Pick<AutoScalingGroup, 'arn'>): Ec2Call =>
  twin.callOf(ec2, { account, region }, servicePrincipal('autoscaling.amazonaws.com', account, arn));

/** Those that count for the desired capacity. */
const serving = ({ members }: AutoScalingGroup): Member[] =>
  [...members.values()].filter(({ lifecycle }) => lifecycle !== 'Standby');

function targetGroups(place: Place, { targetGroupArns }: AutoScalingGroup) {
  const { groups } = elbOf(place.twin, place);
  return targetGroupArns.map((arn) => groups.get(arn)).filter((group) => group !== undefined);
}

/** Takes an instance out of the group's target groups. */
export function leaveTargetGroups(place: Place, group: AutoScalingGroup, instanceId: string): void {
  for (const targets of targetGroups(place, group)) deregister(place.twin, targets, instanceId);
}

/** In service: it gets requests. */
export function enterService(place: Place, group: AutoScalingGroup, member: Member): void {
  member.lifecycle = 'InService';
  for (const targets of targetGroups(place, group)) register(targets, member.instanceId);
}

function launchOne(place: Place, group: AutoScalingGroup): void {
  const { blueprint, subnetIds, tags } = group;
  const call = ec2Of(place, group);
  const [instance] = launch(call, {
    ImageId: blueprint.imageId,
    InstanceType: blueprint.instanceType as 't3.micro',
    MinCount: 1,
    MaxCount: 1,
    // In turn, so that zones are balanced.
    SubnetId: subnetIds[group.members.size % subnetIds.length],
    ...(blueprint.groupIds.length > 0 && { SecurityGroupIds: [...blueprint.groupIds] }),
    ...(blueprint.profileArn !== undefined && { IamInstanceProfile: { Arn: blueprint.profileArn } }),
  });
  if (!instance) return;
  const own = tags.filter(({ propagates }) => propagates).map(({ key, value }) => [key, value] as const);
  setTags(call.state, instance.id, new Map([...own, ['aws:autoscaling:groupName', group.name]]));
  group.members.set(instance.id, {
    instanceId: instance.id,
    lifecycle: 'Pending',
    protectedFromScaleIn: group.protectsNew,
  });
}

/** Ends an instance, which protection from termination does not prevent. @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html */
export function endMember(place: Place, group: AutoScalingGroup, { instanceId }: Member): void {
  group.members.delete(instanceId);
  leaveTargetGroups(place, group, instanceId);
  const call = ec2Of(place, group);
  const instance = call.state.instances.get(instanceId);
  if (instance && instance.state !== 'shutting-down' && instance.state !== 'terminated') terminate(call, instance);
}

/** Launches what is missing, and ends what is too many, oldest first, as soon as time goes on. */
export function balance(place: Place, group: AutoScalingGroup): void {
  place.twin.clock.after(0, () => {
    if (place.state.groups.get(group.name) !== group) return;
    while (serving(group).length < group.desired) launchOne(place, group);
    const excess = serving(group).length - group.desired;
    const unprotected = serving(group).filter((member) => !member.protectedFromScaleIn);
    for (const member of unprotected.slice(0, Math.max(0, excess))) endMember(place, group, member);
  });
}

/** What becomes of a group when one of its instances comes to another state: one that does not run is unhealthy, and replaced. */
export function follow(place: Place, { id, state }: Instance): void {
  const group = groupWith(place.state, id);
  const member = group?.members.get(id);
  if (!group || !member || member.lifecycle === 'Standby') return;
  if (state === 'running' && member.lifecycle === 'Pending') enterService(place, group, member);
  if (state === 'stopped' || state === 'shutting-down' || state === 'terminated') {
    endMember(place, group, member);
    balance(place, group);
  }
}
