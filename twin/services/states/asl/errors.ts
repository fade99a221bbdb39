/** What a state fails with: an error name that Retry and Catch may look for, and why. */
export class StateError extends Error {
  override readonly name = 'StateError';
  constructor(
    /** Such as `States.Timeout` or a function's own `errorType`. */
    readonly error: string,
    override readonly cause?: string,
    /** Names under which it is caught too. */
    readonly aliases: readonly string[] = [],
  ) {
    super(`${error}: ${cause ?? ''}`);
  }
}

/**
 * An execution that cannot go on. Nothing catches it.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html for States.Runtime
 */
export const runtimeError = (cause: string): StateError => new StateError('States.Runtime', cause);

/** Why a branch stopped: somebody else ended it. Not an error of its own. */
export class Aborted extends Error {
  override readonly name = 'Aborted';
}

/** Errors that `States.ALL` and `States.TaskFailed` leave alone. */
const TERMINAL = ['States.DataLimitExceeded', 'States.Runtime'];

/**
 * Whether a retrier or catcher is for an error.
 *
 * | name in ErrorEquals | is for |
 * | --- | --- |
 * | `States.ALL` | all but States.DataLimitExceeded and States.Runtime |
 * | `States.TaskFailed` | the same without States.Timeout |
 * | any other | the error of that name; never States.Runtime, which always fails the execution |
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
export function isFor(names: readonly string[], { error, aliases }: StateError): boolean {
  if (error === 'States.Runtime') return false;
  return names.some((name) => {
    if (name === error || aliases.includes(name)) return true;
    if (TERMINAL.includes(error)) return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout');
  });
}
