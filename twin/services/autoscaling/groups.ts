import { randomUUID } from 'node:crypto';
import type { CreateAutoScalingGroupType } from '@aws-sdk/client-auto-scaling';
import { AwsError } from '../../service';
import { associationOf } from '../ec2/instances/profiles';
import { interfacesAt } from '../ec2/interfaces/at';
import { instanceOf, subnetOf } from '../ec2/lookups';
import type { Ec2State } from '../ec2/state';
import { balance, ec2Of, endMember } from './capacity';
import {
  type AsgCall,
  type AsgOperations,
  type AutoScalingGroup,
  type Blueprint,
  groupOf,
  groupWith,
  invalid,
  type Member,
} from './state';

/** Of what a template or a configuration would make: they are taken at their word. */
const PLAIN: Blueprint = { imageId: 'ami-0abcdef1234567890', instanceType: 't3.micro', groupIds: [] };

/** What new instances are like: as the one that is named, or plain. */
function blueprintOf(
  state: Ec2State,
  { InstanceId, LaunchTemplate, LaunchConfigurationName }: CreateAutoScalingGroupType,
): Blueprint {
  const ways = [InstanceId, LaunchTemplate, LaunchConfigurationName].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw invalid(
      'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    );
  if (InstanceId === undefined) return PLAIN;
  const { id, imageId, type } = instanceOf(state, InstanceId);
  const profile = associationOf(state, id)?.profile;
  return {
    imageId,
    instanceType: type,
    groupIds: interfacesAt(state, id)[0]?.groups ?? [],
    ...(profile && { profileArn: profile.Arn }),
  };
}

/** The subnets that are named, or the default ones of zones, or that of the instance. */
function subnetsOf(state: Ec2State, request: CreateAutoScalingGroupType): string[] {
  const { VPCZoneIdentifier, AvailabilityZones = [], InstanceId } = request;
  if (VPCZoneIdentifier) return VPCZoneIdentifier.split(',').map((id) => subnetOf(state, id.trim()).id);
  const inZones = [...state.subnets.values()].filter(
    ({ isDefault, zone }) => isDefault && AvailabilityZones.includes(zone),
  );
  if (inZones.length > 0) return inZones.map(({ id }) => id);
  if (InstanceId !== undefined) return [instanceOf(state, InstanceId).subnetId];
  throw invalid('At least one Availability Zone or VPC Subnet is required.');
}

function checkSizes({ minimum, maximum, desired }: Pick<AutoScalingGroup, 'minimum' | 'maximum' | 'desired'>): void {
  if (minimum > maximum) throw invalid('Max bound must be greater than or equal to min bound');
  if (desired < minimum)
    throw invalid(
      `Desired capacity:${desired} must be between the specified min size:${minimum} and max size:${maximum}`,
    );
  if (desired > maximum)
    throw invalid(
      `Desired capacity:${desired} must be between the specified min size:${minimum} and max size:${maximum}`,
    );
}

function describeMember(
  state: Ec2State,
  group: AutoScalingGroup,
  { instanceId, lifecycle, protectedFromScaleIn }: Member,
) {
  const instance = state.instances.get(instanceId);
  return {
    InstanceId: instanceId,
    InstanceType: instance?.type,
    AvailabilityZone: instance?.zone ?? '',
    LifecycleState: lifecycle,
    ProtectedFromScaleIn: protectedFromScaleIn,
    ...(group.launchTemplate && { LaunchTemplate: group.launchTemplate }),
    ...(group.launchConfiguration !== undefined && { LaunchConfigurationName: group.launchConfiguration }),
  };
}

function describe(call: AsgCall, group: AutoScalingGroup) {
  const { state } = ec2Of(call, group);
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    MinSize: group.minimum,
    MaxSize: group.maximum,
    DesiredCapacity: group.desired,
    DefaultCooldown: 300,
    AvailabilityZones: [...new Set(group.subnetIds.map((id) => state.subnets.get(id)?.zone ?? ''))],
    VPCZoneIdentifier: group.subnetIds.join(','),
    TargetGroupARNs: [...group.targetGroupArns],
    HealthCheckType: group.healthCheckType,
    HealthCheckGracePeriod: 0,
    CreatedTime: group.created,
    NewInstancesProtectedFromScaleIn: group.protectsNew,
    ...(group.launchTemplate && { LaunchTemplate: group.launchTemplate }),
    ...(group.launchConfiguration !== undefined && { LaunchConfigurationName: group.launchConfiguration }),
    Instances: [...group.members.values()].map((member) => ({
      ...describeMember(state, group, member),
      HealthStatus: 'Healthy',
    })),
    Tags: group.tags.map(({ key, value, propagates }) => ({
      ResourceId: group.name,
      ResourceType: 'auto-scaling-group',
      Key: key,
      Value: value,
      PropagateAtLaunch: propagates,
    })),
  };
}

/** Positions as tokens. */
function page<T>(all: readonly T[], token: string | undefined, size: number): { items: T[]; NextToken?: string } {
  const [from, to] = [Number(token ?? 0), Number(token ?? 0) + size];
  return { items: all.slice(from, to), ...(to < all.length && { NextToken: String(to) }) };
}

export const groupOperations: AsgOperations = {
  CreateAutoScalingGroup(request, call) {
    const { state, twin, arn } = call;
    const { AutoScalingGroupName: name = '', MinSize = 0, MaxSize = 0, DesiredCapacity = MinSize } = request;
    if (name === '') throw invalid('A name is required.');
    if (state.groups.has(name))
      throw new AwsError(
        'AlreadyExists',
        'AutoScalingGroup by this name already exists - A group with the name already exists',
      );
    const sizes = { minimum: MinSize, maximum: MaxSize, desired: DesiredCapacity };
    checkSizes(sizes);
    const groupArn = arn(`autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`);
    const ec2State = ec2Of(call, { arn: groupArn }).state;
    const { LaunchTemplateId, LaunchTemplateName, Version } = request.LaunchTemplate ?? {};
    const group: AutoScalingGroup = {
      ...sizes,
      name,
      arn: groupArn,
      created: twin.clock.now(),
      blueprint: blueprintOf(ec2State, request),
      subnetIds: subnetsOf(ec2State, request),
      ...(request.LaunchTemplate && {
        launchTemplate: {
          ...(LaunchTemplateId !== undefined && { LaunchTemplateId }),
          ...(LaunchTemplateName !== undefined && { LaunchTemplateName }),
          ...(Version !== undefined && { Version }),
        },
      }),
      ...(request.LaunchConfigurationName !== undefined && { launchConfiguration: request.LaunchConfigurationName }),
      targetGroupArns: request.TargetGroupARNs ?? [],
      healthCheckType: request.HealthCheckType ?? 'EC2',
      protectsNew: request.NewInstancesProtectedFromScaleIn ?? false,
      tags: (request.Tags ?? []).map(({ Key = '', Value = '', PropagateAtLaunch = false }) => ({
        key: Key,
        value: Value,
        propagates: PropagateAtLaunch,
      })),
      members: new Map(),
    };
    state.groups.set(name, group);
    balance(call, group);
    return {};
  },

  UpdateAutoScalingGroup({ AutoScalingGroupName, MinSize, MaxSize, DesiredCapacity, ...others }, call) {
    const group = groupOf(call.state, AutoScalingGroupName);
    const [other] = Object.keys(others);
    if (other !== undefined) throw new AwsError('NotImplemented', `${other} of a group is not changed by the twin`);
    const [minimum, maximum] = [MinSize ?? group.minimum, MaxSize ?? group.maximum];
    // A capacity that is not named follows the bounds.
    const desired = DesiredCapacity ?? Math.min(Math.max(group.desired, minimum), maximum);
    checkSizes({ minimum, maximum, desired });
    Object.assign(group, { minimum, maximum, desired });
    balance(call, group);
    return {};
  },

  SetDesiredCapacity({ AutoScalingGroupName, DesiredCapacity: desired = 0 }, call) {
    const group = groupOf(call.state, AutoScalingGroupName);
    checkSizes({ ...group, desired });
    group.desired = desired;
    balance(call, group);
    return {};
  },

  DeleteAutoScalingGroup({ AutoScalingGroupName, ForceDelete = false }, call) {
    const group = groupOf(call.state, AutoScalingGroupName);
    if (group.members.size > 0 && !ForceDelete)
      throw new AwsError(
        'ResourceInUse',
        'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
      );
    for (const member of [...group.members.values()]) endMember(call, group, member);
    call.state.groups.delete(group.name);
    return {};
  },

  /** Names that are not there are left out. */
  DescribeAutoScalingGroups({ AutoScalingGroupNames = [], NextToken, MaxRecords = 50 }, call) {
    const all = [...call.state.groups.values()];
    const asked =
      AutoScalingGroupNames.length > 0 ? all.filter(({ name }) => AutoScalingGroupNames.includes(name)) : all;
    const { items, ...next } = page(asked, NextToken, MaxRecords);
    return { AutoScalingGroups: items.map((group) => describe(call, group)), ...next };
  },

  /** Instances of no group are left out. */
  DescribeAutoScalingInstances({ InstanceIds, NextToken, MaxRecords = 50 }, call) {
    const all = [...call.state.groups.values()].flatMap(({ members }) => [...members.keys()]);
    const { items, ...next } = page(
      InstanceIds ? all.filter((id) => InstanceIds.includes(id)) : all,
      NextToken,
      MaxRecords,
    );
    return {
      AutoScalingInstances: items.flatMap((id) => {
        const group = groupWith(call.state, id);
        const member = group?.members.get(id);
        if (!group || !member) return [];
        const { state } = ec2Of(call, group);
        return [{ ...describeMember(state, group, member), AutoScalingGroupName: group.name, HealthStatus: 'HEALTHY' }];
      }),
      ...next,
    };
  },
};
