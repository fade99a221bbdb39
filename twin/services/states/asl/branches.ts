import type { Branch, Json } from './definition';
import { Aborted, StateError } from './errors';
import { readPath } from './expression';
import type { EventType, Frame, Host } from './host';
import type { StateRun } from './interpreter';
import { NoSuchPathError } from './json-path';
import { fill } from './payload';
import { childOf } from './waiting';

type RunBranch = (host: Host, frame: Frame, signal: AbortSignal) => Promise<Json>;

/** Most iterations of a Map state at a time. @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html */
const MOST_AT_A_TIME = 40;

/**
 * Runs every branch on the same input. One that fails ends the others and fails the state.
 *
 * @throws StateError of the branch that failed.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
 */
export async function runParallel(run: StateRun, runBranch: RunBranch): Promise<Json> {
  const { host, frame, position, state, effective, place } = run;
  const input = state.Parameters === undefined ? effective.input : fill(state.Parameters, effective, place);
  position.children ??= (() => {
    frame.previous = host.record('ParallelStateStarted', frame.previous, {});
    return (state.Branches ?? []).map((branch) => childFrame(frame, branch, input));
  })();
  const work = (child: Frame, signal: AbortSignal) => runBranch(host, child, signal);
  await together(run, position.children, position.children.length, work, () => undefined);
  frame.previous = host.record('ParallelStateSucceeded', frame.previous, {});
  return position.children.map(({ output }) => output?.[0]);
}

/**
 * Runs the processor for each item, some at a time.
 *
 * @throws StateError of the iteration that failed.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
 */
export async function runMap(run: StateRun, runBranch: RunBranch): Promise<Json> {
  const { host, frame, position, state } = run;
  const branch = (state.ItemProcessor ?? state.Iterator) as Branch;
  position.children ??= (() => {
    const items = itemsOf(run);
    frame.previous = host.record('MapStateStarted', frame.previous, {
      mapStateStartedEventDetails: { length: items.length },
    });
    return items.map((Value, Index) => ({
      ...childFrame(frame, branch, inputFor(run, { Index, Value })),
      item: { Index, Value },
    }));
  })();
  const tell = (child: Frame, what: 'Started' | 'Succeeded' | 'Failed' | 'Aborted') => {
    const details = { name: position.name, index: child.item?.Index ?? 0 };
    child.previous = host.record(`MapIteration${what}`, child.previous, {
      [`mapIteration${what}EventDetails`]: details,
    });
  };
  const work = async (child: Frame, signal: AbortSignal) => {
    if (!child.position) tell(child, 'Started');
    const output = await runBranch(host, child, signal);
    tell(child, 'Succeeded');
    return output;
  };
  const most = Math.min(state.MaxConcurrency || MOST_AT_A_TIME, MOST_AT_A_TIME);
  await together(run, position.children, most, work, tell);
  frame.previous = host.record('MapStateSucceeded', frame.previous, {});
  return position.children.map(({ output }) => output?.[0]);
}

const childFrame = (parent: Frame, branch: Branch, input: Json): Frame => ({
  branch,
  input,
  parent,
  previous: parent.previous,
});

function itemsOf({ state, effective, place }: StateRun): Json[] {
  const path = state.ItemsPath ?? '$';
  try {
    const items: Json = readPath(path, effective);
    if (Array.isArray(items)) return items;
  } catch (error) {
    if (!(error instanceof NoSuchPathError)) throw error;
  }
  throw place(`Reference path "${path}" must point to array.`);
}

function inputFor({ state, effective, place }: StateRun, item: { Index: number; Value: Json }): Json {
  const template = state.ItemSelector ?? state.Parameters;
  if (template === undefined) return item.Value;
  return fill(template, { ...effective, context: { ...effective.context, Map: { Item: item } } }, place);
}

/** Runs those that are not done yet, some at a time; the first that fails ends the others. */
async function together(
  { host, frame, state, signal }: StateRun,
  children: readonly Frame[],
  most: number,
  work: (child: Frame, signal: AbortSignal) => Promise<Json>,
  tell: (child: Frame, what: 'Failed' | 'Aborted') => void,
): Promise<void> {
  const scope = childOf(signal);
  const waiting = children.filter(({ output }) => output === undefined);
  let failure: { readonly error: unknown; readonly child: Frame } | undefined;
  const next = async (): Promise<void> => {
    for (let child = waiting.shift(); child && !scope.signal.aborted; child = waiting.shift()) {
      try {
        await work(child, scope.signal);
        frame.previous = child.previous;
      } catch (error) {
        failure ??= { error, child };
        if (error instanceof StateError && failure.child === child && error.error !== 'States.Runtime') {
          tell(child, 'Failed');
          frame.previous = child.previous;
        } else if (!signal.aborted) abort(host, child, tell);
        scope.stop(new Aborted('a branch failed'));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, waiting.length) }, next));
  scope.leave();
  if (!failure) return;
  if (failure.error instanceof StateError && failure.error.error !== 'States.Runtime')
    frame.previous = host.record(`${state.Type}StateFailed` as EventType, frame.previous, {});
  throw failure.error;
}

/** Only states that may last are told to be aborted. */
function abort(host: Host, child: Frame, tell: (child: Frame, what: 'Aborted') => void): void {
  const type = child.position && child.branch.States[child.position.name]?.Type;
  if (type && ['Map', 'Parallel', 'Task', 'Wait'].includes(type))
    child.previous = host.record(`${type}StateAborted` as EventType, child.previous, {});
  tell(child, 'Aborted');
}
