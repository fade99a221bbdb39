import { randomBytes } from 'node:crypto';
import type { Json, State } from './definition';
import { StateError } from './errors';
import type { Data } from './expression';
import { type EventDetails, type EventType, type Frame, type Host, inputOf, outputText, type TaskKind } from './host';
import { checkSize, fill, type Place, valueAt } from './payload';
import { childOf, unlessAborted } from './waiting';

/** A task state at work. */
export interface TaskRun {
  readonly host: Host;
  readonly frame: Frame;
  readonly state: State;
  readonly name: string;
  /** The state's input after InputPath. */
  readonly effective: Json;
  /** `$$` as the state sees it, for a task token. */
  context(token: string): Json;
  readonly place: Place;
  readonly signal: AbortSignal;
}

/** How the events of a task are called, and what they tell: a function named by its own ARN has events of its own. */
function eventsOf({ host, frame, state }: TaskRun, { resource, resourceType }: TaskKind) {
  const record = (type: EventType, details: EventDetails) => {
    frame.previous = host.record(type, frame.previous, details);
  };
  const which = { resource, resourceType: resourceType ?? 'lambda' };
  const isFunction = resourceType === undefined;
  return {
    scheduled: (parameters: Json, limits: { timeoutInSeconds?: number; heartbeatInSeconds?: number }) =>
      isFunction
        ? record('LambdaFunctionScheduled', {
            lambdaFunctionScheduledEventDetails: {
              resource: state.Resource,
              ...inputOf(parameters),
              ...(limits.timeoutInSeconds !== undefined && { timeoutInSeconds: limits.timeoutInSeconds }),
            },
          })
        : record('TaskScheduled', {
            taskScheduledEventDetails: {
              ...which,
              region: host.region,
              parameters: JSON.stringify(parameters),
              ...limits,
            },
          }),
    started: () =>
      isFunction
        ? record('LambdaFunctionStarted', {})
        : record('TaskStarted', { taskStartedEventDetails: { ...which } }),
    submitted: (output: Json) =>
      record('TaskSubmitted', { taskSubmittedEventDetails: { ...which, ...outputText(output) } }),
    succeeded: (output: Json) =>
      isFunction
        ? record('LambdaFunctionSucceeded', { lambdaFunctionSucceededEventDetails: outputText(output) })
        : record('TaskSucceeded', { taskSucceededEventDetails: { ...which, ...outputText(output) } }),
    failed: ({ error, cause }: StateError) => {
      const why = { error, ...(cause !== undefined && { cause }) };
      const timedOut = error === 'States.Timeout' && cause === undefined;
      if (isFunction)
        return timedOut
          ? record('LambdaFunctionTimedOut', { lambdaFunctionTimedOutEventDetails: why })
          : record('LambdaFunctionFailed', { lambdaFunctionFailedEventDetails: why });
      return timedOut
        ? record('TaskTimedOut', { taskTimedOutEventDetails: { ...which, ...why } })
        : record('TaskFailed', { taskFailedEventDetails: { ...which, ...why } });
    },
  };
}

/**
 * Does a task once: schedules it, waits for the service and, where the resource says so, for an answer to the token.
 *
 * @throws StateError
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
 */
export async function attemptTask(run: TaskRun): Promise<Json> {
  const { host, state, name, effective, place, signal } = run;
  const kind = host.task(state.Resource ?? '');
  // As opaque as AWS's, which are some hundred characters long.
  const token = `AQCEAAAAKgAAAAMAAAAAAAAAA${randomBytes(240).toString('base64')}`;
  const context = run.context(token);
  const data: Data = { input: effective, context };
  const parameters = state.Parameters === undefined ? effective : fill(state.Parameters, data, place);
  checkSize(parameters, name);
  const limit = (given: number | undefined, path: string | undefined, field: string) =>
    seconds(valueAt(given, path, { data, place, field }), field, place);
  const timeoutInSeconds = limit(state.TimeoutSeconds, state.TimeoutSecondsPath, 'TimeoutSecondsPath');
  const heartbeatInSeconds = limit(state.HeartbeatSeconds, state.HeartbeatSecondsPath, 'HeartbeatSecondsPath');

  const events = eventsOf(run, kind);
  events.scheduled(parameters, {
    ...(timeoutInSeconds !== undefined && { timeoutInSeconds }),
    ...(heartbeatInSeconds !== undefined && { heartbeatInSeconds }),
  });
  events.started();

  const scope = childOf(signal);
  const expire = (after: number, aliases: readonly string[]) => {
    const timer = childOf(scope.signal);
    host.pause(after * 1000, timer.signal).then(
      () => scope.stop(new StateError('States.Timeout', undefined, aliases)),
      () => undefined,
    );
    return () => timer.stop();
  };
  if (timeoutInSeconds !== undefined) expire(timeoutInSeconds, []);
  let callOff: (() => void) | undefined;
  const beat = () => {
    callOff?.();
    if (heartbeatInSeconds !== undefined) callOff = expire(heartbeatInSeconds, ['States.HeartbeatTimeout']);
  };
  beat();
  try {
    // Somebody may answer while the service is still being called.
    const answered = kind.waitsForToken ? host.answer(token, scope.signal, beat) : undefined;
    answered?.catch(() => undefined);
    const result = await unlessAborted(kind.run({ state, name, parameters, token }), scope.signal);
    checkSize(result, kind.resourceType ?? String(state.Resource));
    if (answered) events.submitted(result);
    const output = answered ? await answered : result;
    checkSize(output, kind.resourceType ?? String(state.Resource));
    events.succeeded(output);
    return output;
  } catch (error) {
    // What fails for good has no event of the task's own.
    if (error instanceof StateError && error.error !== 'States.Runtime') events.failed(error);
    throw error;
  } finally {
    scope.leave();
    scope.stop();
  }
}

function seconds(value: unknown, field: string, place: Place): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw place(`The ${field} parameter must be a positive integer, got ${JSON.stringify(value)}`);
}
