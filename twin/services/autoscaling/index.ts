import type { Service } from '../../service';
import { ec2 } from '../ec2';
import { follow } from './capacity';
import { groupOperations } from './groups';
import { membershipOperations } from './membership';
import type { AsgState, Sdk } from './state';

/** Groups that keep as many instances running as they should; no policies, hooks or schedules. */
export const autoscaling: Service<Sdk, AsgState> = {
  prefix: 'autoscaling',
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-auto-scaling') as Sdk,
  client: 'AutoScalingClient',
  initial(scope, twin) {
    const state: AsgState = { groups: new Map() };
    twin.state(ec2, scope).watchers.add((instance) => follow({ ...scope, twin, state }, instance));
    return state;
  },
  resources: (_operation, { AutoScalingGroupName: name }: { AutoScalingGroupName?: string }, { state, arn }) =>
    name === undefined
      ? ['*']
      : [state.groups.get(name)?.arn ?? arn(`autoScalingGroup:*:autoScalingGroupName/${name}`)],
  operations: { ...groupOperations, ...membershipOperations },
};
