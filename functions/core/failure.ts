import { RemediationFailedError } from './errors';
import type { Decision } from './heal';
import type { Action, Subject } from './remediation';

/** What a heal is to be thrown for: the first of its own changes that did not take. What somebody else left half done is not its own. */
export function failureIn<A extends Action>(
  subject: Subject,
  decisions: readonly Decision<A>[],
): RemediationFailedError | undefined {
  const failed = decisions.find(
    ({ outcome, recovered }) => !recovered && (outcome === 'FAILED' || outcome === 'PARTIAL'),
  );
  if (!failed) return undefined;
  const { reason, results, error } = failed;
  const split = (done: boolean) => results.filter((result) => result.done === done).map(({ action }) => action);
  return new RemediationFailedError(`${subject.id}: ${reason}`, split(true), split(false), error && { cause: error });
}
