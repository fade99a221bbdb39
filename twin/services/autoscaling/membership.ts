import { randomUUID } from 'node:crypto';
import { balance, ec2Of, enterService, leaveTargetGroups } from './capacity';
import {
  type AsgCall,
  type AsgOperations,
  type AutoScalingGroup,
  groupOf,
  groupWith,
  invalid,
  membersOf,
} from './state';

/** @throws AwsError where a group would get smaller or larger than it may. */
function resize({ name, minimum, maximum, desired }: AutoScalingGroup, by: number, verb: string): number {
  const size = desired + by;
  if (size < minimum || size > maximum)
    throw invalid(
      `AutoScalingGroup ${name} has min-size=${minimum}, max-size=${maximum}, and desired-size=${desired}. To ${verb} ${Math.abs(by)} instance, please update the AutoScalingGroup sizes appropriately.`,
    );
  return size;
}

/** What a call set off, as the group's history would tell it. */
const activity = ({ twin }: AsgCall, group: AutoScalingGroup, instanceId: string, what: string) => ({
  ActivityId: randomUUID(),
  AutoScalingGroupName: group.name,
  AutoScalingGroupARN: group.arn,
  Description: `${what}: ${instanceId}`,
  Cause: `At ${twin.clock.now().toISOString().slice(0, 19)}Z instance ${instanceId} was changed in response to a user request.`,
  StartTime: twin.clock.now(),
  StatusCode: 'InProgress' as const,
  Progress: 50,
});

/** @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-attach-detach-instances.html */
export const membershipOperations: AsgOperations = {
  AttachInstances({ AutoScalingGroupName, InstanceIds = [] }, call) {
    const { state } = call;
    const group = groupOf(state, AutoScalingGroupName);
    const { instances } = ec2Of(call, group).state;
    for (const id of InstanceIds) {
      const other = groupWith(state, id);
      if (other) throw invalid(`Instance ${id} is already part of AutoScalingGroup:${other.name}`);
      if (instances.get(id)?.state !== 'running')
        throw invalid(`Instance ${id} is not in correct state. Instance(s) must be in 'running' state.`);
    }
    group.desired = resize(group, InstanceIds.length, 'attach');
    for (const instanceId of InstanceIds) {
      const member = { instanceId, lifecycle: 'Pending' as const, protectedFromScaleIn: group.protectsNew };
      group.members.set(instanceId, member);
      enterService(call, group, member);
    }
    return {};
  },

  /** Without a smaller capacity another instance takes the place. Whatever is detached goes on running, in no target group of the group. */
  DetachInstances({ AutoScalingGroupName, InstanceIds, ShouldDecrementDesiredCapacity }, call) {
    const group = groupOf(call.state, AutoScalingGroupName);
    const members = membersOf(group, InstanceIds);
    if (ShouldDecrementDesiredCapacity) group.desired = resize(group, -members.length, 'detach');
    for (const { instanceId } of members) {
      group.members.delete(instanceId);
      leaveTargetGroups(call, group, instanceId);
    }
    balance(call, group);
    return {
      Activities: members.map(({ instanceId }) => activity(call, group, instanceId, 'Detaching EC2 instance')),
    };
  },

  EnterStandby({ AutoScalingGroupName, InstanceIds, ShouldDecrementDesiredCapacity }, call) {
    const group = groupOf(call.state, AutoScalingGroupName);
    const members = membersOf(group, InstanceIds);
    const other = members.find(({ lifecycle }) => lifecycle !== 'InService');
    if (other) throw invalid(`The instance ${other.instanceId} is not in InService state.`);
    if (ShouldDecrementDesiredCapacity) group.desired = resize(group, -members.length, 'enter standby with');
    for (const member of members) {
      member.lifecycle = 'Standby';
      leaveTargetGroups(call, group, member.instanceId);
    }
    balance(call, group);
    return {
      Activities: members.map(({ instanceId }) => activity(call, group, instanceId, 'Moving EC2 instance to Standby')),
    };
  },

  ExitStandby({ AutoScalingGroupName, InstanceIds }, call) {
    const group = groupOf(call.state, AutoScalingGroupName);
    const members = membersOf(group, InstanceIds);
    const other = members.find(({ lifecycle }) => lifecycle !== 'Standby');
    if (other) throw invalid(`The instance ${other.instanceId} is not in Standby state.`);
    group.desired = resize(group, members.length, 'exit standby with');
    for (const member of members) enterService(call, group, member);
    return {
      Activities: members.map(({ instanceId }) =>
        activity(call, group, instanceId, 'Moving EC2 instance out of Standby'),
      ),
    };
  },

  SetInstanceProtection({ AutoScalingGroupName, InstanceIds, ProtectedFromScaleIn = false }, { state }) {
    for (const member of membersOf(groupOf(state, AutoScalingGroupName), InstanceIds))
      member.protectedFromScaleIn = ProtectedFromScaleIn;
    return {};
  },
};
