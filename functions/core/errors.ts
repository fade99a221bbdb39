// Names are string literals: minifiers rename classes, and Step Functions and Lambda's callers match on the name.

/** A setting or an environment variable is missing or wrong. Fails at synth or at cold start. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** An event that does not match its schema. Fails on every try alike and ends in the dead-letter queue. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}

/** What decides (policy, ledger, live state) could not be read as what it should be. Nothing was changed. */
export class UnreadableStateError extends Error {
  override readonly name = 'UnreadableStateError';
}

/** Somebody else is changing what is to be contained, and was told to look again. The workflow tries again after a moment. */
export class ContainmentBusyError extends Error {
  override readonly name = 'ContainmentBusyError';
}

/** AWS refused, or did not show, at least one change. */
export class RemediationFailedError<Action = unknown> extends Error {
  override readonly name = 'RemediationFailedError';
  constructor(
    message: string,
    /** Actions seen to be in effect. */
    readonly applied: readonly Action[],
    /** Actions that are not. */
    readonly left: readonly Action[],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The workflow of an incident failed, and nobody has redriven it. */
export class IncidentUnresolvedError extends Error {
  override readonly name = 'IncidentUnresolvedError';
}

/** Anything thrown, as an Error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** Of an error's message, as far as it leaves a function. */
const LONGEST_MESSAGE = 300;

/** Makes an error as short as whoever invoked the function can hand it on: the log has the whole of it. */
export function shortened(thrown: unknown): Error {
  const error = asError(thrown);
  if (error.message.length > LONGEST_MESSAGE) error.message = `${error.message.slice(0, LONGEST_MESSAGE - 1)}…`;
  error.stack = error.name;
  return error;
}
