import type { Retrier } from './definition';
import { isFor, type StateError } from './errors';

/** How often each retrier of a state was used since the state was entered. */
export type Attempts = Map<Retrier, number>;

/**
 * How long to wait before the next attempt, in ms. Undefined if there is none left.
 *
 * The first retrier that is for the error decides, whether it has attempts left or not.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
 */
export function pauseBefore(
  retriers: readonly Retrier[],
  error: StateError,
  attempts: Attempts,
  random: () => number = Math.random,
): number | undefined {
  const retrier = retriers.find(({ ErrorEquals }) => isFor(ErrorEquals, error));
  if (!retrier) return undefined;
  const { IntervalSeconds = 1, MaxAttempts = 3, BackoffRate = 2, MaxDelaySeconds, JitterStrategy = 'NONE' } = retrier;
  const used = attempts.get(retrier) ?? 0;
  if (used >= MaxAttempts) return undefined;
  attempts.set(retrier, used + 1);
  const seconds = Math.min(IntervalSeconds * BackoffRate ** used, MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return seconds * 1000 * (JitterStrategy === 'FULL' ? random() : 1);
}
