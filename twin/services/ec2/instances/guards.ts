import { instanceOf } from '../lookups';
import { type Ec2State, error } from '../state';
import type { Instance } from './state';

/**
 * An instance that a request may change.
 *
 * @throws AwsError if it is gone, or if a service manages it.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-managed-instances.html
 */
export function changeable(state: Ec2State, id: string | undefined): Instance {
  const instance = instanceOf(state, id);
  checkUnmanaged(instance);
  if (instance.state === 'shutting-down' || instance.state === 'terminated')
    throw error(
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in a state from which it can be modified.`,
    );
  return instance;
}

/** @throws AwsError for an instance that a service manages. */
export function checkUnmanaged({ id, operator }: Instance): void {
  if (operator !== undefined)
    throw error('OperationNotPermitted', `The instance '${id}' is managed by ${operator} and may not be modified.`);
}
