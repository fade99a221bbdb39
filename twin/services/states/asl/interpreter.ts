import { runMap, runParallel } from './branches';
import { holds } from './choice';
import type { Json, State } from './definition';
import { isFor, StateError } from './errors';
import type { Data } from './expression';
import { type EventDetails, type EventType, type Frame, type Host, inputOf, outputText, type Position } from './host';
import { fill, insert, outputOf, type Place, placeOf, select, valueAt } from './payload';
import { type Attempts, pauseBefore } from './retry';
import { attemptTask } from './tasks';
import { unlessAborted } from './waiting';

/** What a state hands on, and to whom; to nobody at the end of a branch. */
interface Outcome {
  readonly output: Json;
  readonly next: string | undefined;
}

/** A state at work, as those of each type see it. */
export interface StateRun {
  readonly host: Host;
  readonly frame: Frame;
  readonly position: Position;
  readonly state: State;
  /** The state's input, before and after InputPath, with the context object. */
  readonly raw: Data;
  readonly effective: Data;
  readonly place: Place;
  readonly signal: AbortSignal;
}

/** Whether entering, leaving and aborting of a type of state is told. */
const EXITED: readonly State['Type'][] = ['Choice', 'Map', 'Parallel', 'Pass', 'Succeed', 'Task', 'Wait'];

/**
 * Runs a branch from where it is to its end.
 *
 * @throws StateError that nothing in the branch caught, or what the signal was stopped with.
 * @see https://states-language.net/
 */
export async function runBranch(host: Host, frame: Frame, signal: AbortSignal): Promise<Json> {
  frame.position ??= enter(host, frame, frame.branch.StartAt, frame.input);
  for (;;) {
    const { position } = frame;
    // States that wait for nothing would otherwise not hear of a stop.
    await unlessAborted(Promise.resolve(), signal);
    const state = frame.branch.States[position.name] as State;
    const { output, next } = await runState(host, frame, position, signal);
    if (EXITED.includes(state.Type))
      record(host, frame, `${state.Type}StateExited` as EventType, {
        stateExitedEventDetails: { name: position.name, ...outputText(output) },
      });
    if (next === undefined) {
      frame.output = [output];
      return output;
    }
    frame.position = enter(host, frame, next, output);
  }
}

const record = (host: Host, frame: Frame, type: EventType, details: EventDetails): number => {
  frame.previous = host.record(type, frame.previous, details);
  return frame.previous;
};

function enter(host: Host, frame: Frame, name: string, input: Json): Position {
  const { Type } = frame.branch.States[name] as State;
  const enteredTime = host.now().toISOString();
  const enteredId = record(host, frame, `${Type}StateEntered` as EventType, {
    stateEnteredEventDetails: { name, ...inputOf(input) },
  });
  return { name, input, enteredId, enteredTime, retries: 0 };
}

/** `$$` in a state. @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
export function contextOf(host: Host, frame: Frame, position: Position, token?: string): Json {
  const { Type } = frame.branch.States[position.name] as State;
  const item = itemOf(frame);
  return {
    ...host.context(),
    State: {
      Name: position.name,
      EnteredTime: position.enteredTime,
      ...(['Task', 'Parallel', 'Map'].includes(Type) && { RetryCount: position.retries }),
    },
    ...(token !== undefined && { Task: { Token: token } }),
    ...(item && { Map: { Item: item } }),
  };
}

/** The item that the innermost Map state around is at. */
const itemOf = (frame: Frame): Frame['item'] => frame.item ?? (frame.parent && itemOf(frame.parent));

async function runState(host: Host, frame: Frame, position: Position, signal: AbortSignal): Promise<Outcome> {
  const state = frame.branch.States[position.name] as State;
  const place = placeOf(position.name, position.enteredId);
  const raw: Data = { input: position.input, context: contextOf(host, frame, position) };
  const effective: Data = { ...raw, input: select(state.InputPath, raw, place) };
  const run: StateRun = { host, frame, position, state, raw, effective, place, signal };
  try {
    return await perform(run);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const catcher = state.Catch?.find(({ ErrorEquals }) => isFor(ErrorEquals, error));
    if (!catcher) throw error;
    const told = { Error: error.error, ...(error.cause !== undefined && { Cause: error.cause }) };
    return { output: insert(catcher.ResultPath, raw.input, told), next: catcher.Next };
  }
}

async function perform(run: StateRun): Promise<Outcome> {
  const { host, state, position, raw, effective, place, signal } = run;
  const then = (output: Json): Outcome => ({ output, next: state.End ? undefined : state.Next });
  const withResult = (result: Json) => then(outputOf(state, { result, data: raw, place, name: position.name }));
  const passOn = () => select(state.OutputPath, effective, place);
  switch (state.Type) {
    case 'Pass': {
      const given = state.Parameters === undefined ? effective.input : fill(state.Parameters, effective, place);
      return withResult(state.Result === undefined ? given : state.Result);
    }
    case 'Succeed':
      return { output: passOn(), next: undefined };
    case 'Fail':
      throw failureOf(run);
    case 'Choice': {
      const chosen = state.Choices?.find((rule) => holds(rule, effective, place))?.Next ?? state.Default;
      if (chosen === undefined)
        throw new StateError(
          'States.NoChoiceMatched',
          placeOf(position.name, position.enteredId)('No choice rule matched and there is no Default.').cause,
        );
      return { output: passOn(), next: chosen };
    }
    case 'Wait':
      await host.pause(waitOf(run), signal);
      return then(passOn());
    case 'Task':
      return withResult(
        await retried(run, () =>
          attemptTask({
            host,
            frame: run.frame,
            state,
            name: position.name,
            effective: effective.input,
            context: (token) => contextOf(host, run.frame, position, token),
            place,
            signal,
          }),
        ),
      );
    case 'Parallel':
      return withResult(await retried(run, () => runParallel(run, runBranch)));
    case 'Map':
      return withResult(await retried(run, () => runMap(run, runBranch)));
  }
}

/** Tries again as the state's retriers say. */
async function retried(run: StateRun, attempt: () => Promise<Json>): Promise<Json> {
  const { host, state, position, signal } = run;
  const attempts: Attempts = new Map();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const pause = pauseBefore(state.Retry ?? [], error, attempts, () => host.random());
      if (pause === undefined) throw error;
      position.retries++;
      delete position.children;
      await host.pause(pause, signal);
    }
  }
}

function failureOf({ state, effective, place }: StateRun): StateError {
  const text = (given: string | undefined, path: string | undefined, field: string) =>
    valueAt(given, path, { data: effective, place, field });
  return new StateError(
    text(state.Error, state.ErrorPath, 'ErrorPath') ?? '',
    text(state.Cause, state.CausePath, 'CausePath'),
  );
}

/** How long a Wait state waits, in ms. */
function waitOf({ host, state, effective, place }: StateRun): number {
  const at = <T>(given: T | undefined, path: string | undefined, field: string) =>
    valueAt(given, path, { data: effective, place, field });
  const seconds = at(state.Seconds, state.SecondsPath, 'SecondsPath');
  if (seconds !== undefined) {
    if (typeof seconds !== 'number' || seconds < 0 || !Number.isInteger(seconds))
      throw place(`The SecondsPath parameter must be a positive integer, got ${JSON.stringify(seconds)}`);
    return seconds * 1000;
  }
  const moment = Date.parse(String(at(state.Timestamp, state.TimestampPath, 'TimestampPath')));
  if (Number.isNaN(moment)) throw place('The TimestampPath parameter does not reference a valid ISO-8601 timestamp');
  return Math.max(0, moment - host.now().getTime());
}
