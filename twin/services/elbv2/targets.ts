import type { TargetDescription, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import ipaddr from 'ipaddr.js';
import { ec2 } from '../ec2';
import {
  deregister,
  type ElbCall,
  type ElbOperations,
  error,
  groupOf,
  register,
  type Target,
  type TargetGroup,
} from './state';

const ec2Of = ({ twin, account, region }: ElbCall) => twin.state(ec2, { account, region });

/** @throws AwsError for an instance that does not run in the group's VPC, or for what is no address. */
function checkTarget(call: ElbCall, { targetType, vpcId }: TargetGroup, id: string): void {
  if (targetType === 'ip') {
    if (!ipaddr.isValid(id)) throw error('ValidationError', `The IP address '${id}' is not valid`);
    return;
  }
  const instance = ec2Of(call).instances.get(id);
  if (!instance) throw error('InvalidTarget', `The following targets do not exist: '${id}'`);
  if (instance.vpcId !== vpcId)
    throw error('InvalidTarget', `The following targets are not in the target group VPC '${vpcId}': '${id}'`);
  if (instance.state !== 'running')
    throw error('InvalidTarget', `The following targets are not in a running state and cannot be registered: '${id}'`);
}

/** Every group counts as in use by a load balancer, and whatever runs counts as healthy. */
function healthOf(
  call: ElbCall,
  { targetType }: TargetGroup,
  { id, draining }: Target,
): TargetHealthDescription['TargetHealth'] {
  if (draining)
    return {
      State: 'draining',
      Reason: 'Target.DeregistrationInProgress',
      Description: 'Target deregistration is in progress',
    };
  if (targetType === 'instance' && ec2Of(call).instances.get(id)?.state !== 'running')
    return { State: 'unused', Reason: 'Target.InvalidState', Description: 'Target is in the stopped state' };
  return { State: 'healthy' };
}

const isGone = (call: ElbCall, { targetType }: TargetGroup, { id }: Target): boolean =>
  targetType === 'instance' && (ec2Of(call).instances.get(id)?.state ?? 'terminated') === 'terminated';

const asked = (targets: readonly TargetDescription[], group: TargetGroup, { id, port }: Target): boolean =>
  targets.some((one) => one.Id === id && (one.Port ?? group.port) === port);

export const targetOperations: ElbOperations = {
  RegisterTargets({ TargetGroupArn, Targets = [] }, call) {
    const group = groupOf(call.state, TargetGroupArn);
    for (const { Id = '' } of Targets) checkTarget(call, group, Id);
    for (const { Id = '', Port } of Targets) register(group, Id, Port);
    return {};
  },

  /** Without a port it is the one registered at the group's. What is not registered needs no removal. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html */
  DeregisterTargets({ TargetGroupArn, Targets = [] }, { state, twin }) {
    const group = groupOf(state, TargetGroupArn);
    for (const { Id = '', Port } of Targets) deregister(twin, group, Id, Port);
    return {};
  },

  /** A terminated instance is no longer a target. */
  DescribeTargetHealth({ TargetGroupArn, Targets }, call) {
    const group = groupOf(call.state, TargetGroupArn);
    const registered = [...group.targets.values()].filter((target) => !isGone(call, group, target));
    const missing = (Targets ?? []).filter(
      ({ Id = '', Port = group.port }) => !registered.some(({ id, port }) => id === Id && port === Port),
    );
    return {
      TargetHealthDescriptions: [
        ...registered
          .filter((target) => !Targets || asked(Targets, group, target))
          .map((target) => ({
            Target: { Id: target.id, Port: target.port },
            HealthCheckPort: String(target.port),
            TargetHealth: healthOf(call, group, target),
          })),
        ...missing.map((Target) => ({
          Target,
          TargetHealth: {
            State: 'unused' as const,
            Reason: 'Target.NotRegistered' as const,
            Description: 'Target is not registered to the target group',
          },
        })),
      ],
    };
  },
};
