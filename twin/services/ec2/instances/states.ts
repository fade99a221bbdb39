import { interfacesAt, removeInterface } from '../interfaces/at';
import { renewPublicIp } from '../interfaces/make';
import { instanceOf } from '../lookups';
import { type Ec2Call, type Ec2Operations, error, missingParameter } from '../state';
import { removeVolume, volumesAt } from '../storage/volumes';
import { checkUnmanaged } from './guards';
import { associationOf } from './profiles';
import type { Instance, StateName } from './state';
import { stateView } from './views';

/** How long a terminated instance can still be described. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html */
const REMEMBERED_MS = 3_600_000;

/** Tells those who watch over instances. */
function enter({ state }: Ec2Call, instance: Instance, name: StateName): void {
  instance.state = name;
  for (const watch of state.watchers) watch(instance);
}

/** Comes to its next state as soon as time goes on, unless it is on its way to another by then. */
export function pass(call: Ec2Call, instance: Instance, from: StateName, to: StateName, then?: () => void): void {
  enter(call, instance, from);
  call.twin.clock.after(0, () => {
    if (instance.state !== from) return;
    then?.();
    enter(call, instance, to);
  });
}

/** What is attached goes with the instance, or stays without it. */
export function terminate(call: Ec2Call, instance: Instance): void {
  const { state, twin } = call;
  pass(call, instance, 'shutting-down', 'terminated', () => {
    for (const one of interfacesAt(state, instance.id)) {
      if (one.attachment?.deleteOnTermination) removeInterface(state, one);
      else {
        delete one.attachment;
        delete one.publicIp;
      }
    }
    for (const volume of volumesAt(state, instance.id)) {
      if (volume.attachment?.deleteOnTermination) removeVolume(state, volume);
      else delete volume.attachment;
    }
    const association = associationOf(state, instance.id);
    if (association) state.profileAssociations.delete(association.id);
    twin.clock.after(REMEMBERED_MS, () => {
      state.instances.delete(instance.id);
      state.tags.delete(instance.id);
    });
  });
}

/** All those named, each once. @throws AwsError if one is not there. */
function named({ state }: Ec2Call, ids: readonly string[] = []): Instance[] {
  if (ids.length === 0) throw missingParameter('InstanceId');
  return [...new Set(ids)].map((id) => instanceOf(state, id));
}

const byUser = ({ twin }: Ec2Call) =>
  `User initiated (${twin.clock.now().toISOString().slice(0, 19).replace('T', ' ')} GMT)`;

/** Moves instances, and tells where each was and where it is. */
function change(instances: readonly Instance[], move: (instance: Instance) => void) {
  return instances.map((instance) => {
    const before = instance.state;
    move(instance);
    return {
      InstanceId: instance.id,
      CurrentState: stateView(instance.state),
      PreviousState: stateView(before),
    };
  });
}

const isGone = ({ state }: Instance): boolean => state === 'terminated' || state === 'shutting-down';

const incorrect = ({ id }: Instance, verb: string) =>
  error('IncorrectInstanceState', `The instance '${id}' is not in a state from which it can be ${verb}.`);

/** All of a request's instances change, or none. */
export const instanceStateOperations: Ec2Operations = {
  TerminateInstances({ InstanceIds }, call) {
    const instances = named(call, InstanceIds);
    for (const instance of instances) {
      checkUnmanaged(instance);
      if (instance.terminationProtected && !isGone(instance))
        throw error(
          'OperationNotPermitted',
          `The instance '${instance.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
    }
    return {
      TerminatingInstances: change(instances, (instance) => {
        if (isGone(instance)) return;
        instance.transition = { code: 'Client.UserInitiatedShutdown', reason: byUser(call) };
        terminate(call, instance);
      }),
    };
  },

  StopInstances({ InstanceIds }, call) {
    const instances = named(call, InstanceIds);
    for (const instance of instances) {
      checkUnmanaged(instance);
      if (isGone(instance) || instance.state === 'pending') throw incorrect(instance, 'stopped');
      if (instance.stopProtected)
        throw error(
          'OperationNotPermitted',
          `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
        );
      if (instance.spot && !instance.spot.isPersistent)
        throw error(
          'UnsupportedOperation',
          `You can't stop the Spot Instance '${instance.id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`,
        );
    }
    return {
      StoppingInstances: change(instances, (instance) => {
        if (instance.state !== 'running') return;
        instance.transition = { code: 'Client.UserInitiatedShutdown', reason: byUser(call) };
        pass(call, instance, 'stopping', 'stopped', () => {
          for (const one of interfacesAt(call.state, instance.id)) renewPublicIp(call.state, one, false);
        });
      }),
    };
  },

  StartInstances({ InstanceIds }, call) {
    const instances = named(call, InstanceIds);
    for (const instance of instances) {
      checkUnmanaged(instance);
      if (isGone(instance) || instance.state === 'stopping') throw incorrect(instance, 'started');
    }
    return {
      StartingInstances: change(instances, (instance) => {
        if (instance.state !== 'stopped') return;
        delete instance.transition;
        instance.launched = call.twin.clock.now();
        for (const one of interfacesAt(call.state, instance.id)) renewPublicIp(call.state, one, true);
        pass(call, instance, 'pending', 'running');
      }),
    };
  },
};
