import { error } from '../state';
import type { NetworkInterface } from './state';

/**
 * What a service manages is its own.
 *
 * @throws AwsError for an interface that somebody else asked for.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html
 * @see https://github.com/cloud-custodian/cloud-custodian/issues/3406 for the code
 */
export function checkOwn({ operator }: NetworkInterface): void {
  if (operator !== undefined)
    throw error('AuthFailure', 'You do not have permission to access the specified resource.');
}
