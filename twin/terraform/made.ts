import { AwsError, type Making } from '../service';

/** Makes what AWS may refuse, and says for which resource it did. @throws Error in AWS's words */
export function made<T>({ address }: Making, make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof AwsError) throw new Error(`${address}: ${thrown.code}: ${thrown.message}`);
    throw thrown;
  }
}
