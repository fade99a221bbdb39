import { setTimeout as sleep } from 'node:timers/promises';
import { asError } from './errors';
import type { ActionResult } from './ledger';
import type { Outcome } from './outcomes';
import type { Action, Applied, Plan, Remediation, Subject } from './remediation';

/** No effect begins with less of the lease left than this, and none may take longer. */
export const EFFECT_MS = 10_000;
/** Pauses between two read-backs: AWS shows a change after a moment. */
const READ_BACK_PAUSES_MS = [0, 100, 200, 400, 800, 1600, 3200];

/** What became of a plan, as the live state shows it. */
export interface Change<State, A extends Action> {
  readonly outcome: Extract<Outcome, 'REMEDIATED' | 'PARTIAL' | 'FAILED' | 'HELD' | 'GONE'>;
  readonly reason: string;
  readonly results: readonly (ActionResult & { readonly action: A })[];
  /** Read after the last effect. Undefined if the resource is gone. */
  readonly state: State | undefined;
  /** The first thing that went wrong. */
  readonly error?: Error;
}

type Attempt = Applied | { readonly requestIds: readonly []; readonly error: Error };

/**
 * Applies actions one after another and reads the resource back until it shows them, or the time for it ends.
 * What counts is the state: an action whose answer was lost but whose effect is there is done, and the reverse.
 *
 * @throws whatever made it impossible to read back. What became of the actions is then unknown, and nothing is claimed: the intent
 *   stays open, and whoever comes after the lease closes it from live state.
 * @param until when the last effect must have begun and the last read-back be made, in ms since 1970
 */
export async function carryOut<State, A extends Action>(
  remediation: Remediation<State, A>,
  subject: Subject,
  before: State,
  { actions, reason }: Plan<A>,
  { now, until }: { now(): number; readonly until: number },
): Promise<Change<State, A>> {
  const attempts: Attempt[] = [];
  for (const action of actions) attempts.push(await attempt(action));

  const errors = attempts.flatMap((tried) => ('error' in tried ? [tried.error] : []));
  const held = attempts.find((tried) => 'held' in tried && tried.held !== undefined) as Applied | undefined;
  const state = await readBack();
  const results = judgeActions(remediation, actions, state).map((result, index) => ({
    ...result,
    ...told(attempts[index]),
  }));
  const { outcome, left } = summarise(results, state === undefined);
  if (held && errors.length === 0 && left > 0) return { outcome: 'HELD', reason: held.held as string, results, state };
  if (outcome === 'REMEDIATED' || outcome === 'GONE') return { outcome, reason, results, state };
  const error = errors[0] ?? new Error('AWS accepted the change, but the state does not show it');
  return {
    outcome,
    reason: `${left} of ${actions.length} actions not in effect: ${error.message}`,
    results,
    state,
    error,
  };

  async function attempt(action: A): Promise<Attempt> {
    const needed = action.needs === undefined ? undefined : attempts[action.needs];
    if (needed && ('error' in needed || needed.held !== undefined)) return { requestIds: [] };
    if (now() > until) return { requestIds: [], error: new Error('not begun: the time for it had run out') };
    try {
      return await remediation.apply(action, subject, AbortSignal.timeout(EFFECT_MS));
    } catch (thrown) {
      return { requestIds: [], error: asError(thrown) };
    }
  }

  /** Waits only for what AWS accepted: what it refused will not show. */
  async function readBack(): Promise<State | undefined> {
    for (let round = 0; ; round++) {
      const state = await remediation.readBack(subject, before);
      if (state === undefined) return undefined;
      const awaited = actions.some((action, index) => accepted(attempts[index]) && !remediation.isDone(action, state));
      const pause = READ_BACK_PAUSES_MS[round + 1];
      if (!awaited || pause === undefined || now() + pause > until) return state;
      await sleep(pause);
    }
  }
}

const accepted = (tried: Attempt | undefined): boolean =>
  tried !== undefined && !('error' in tried) && tried.held === undefined && tried.requestIds.length > 0;

const told = (tried: Attempt | undefined): Pick<ActionResult, 'requestIds' | 'error'> => ({
  requestIds: tried?.requestIds ?? [],
  ...(tried && 'error' in tried && { error: `${tried.error.name}: ${tried.error.message}` }),
  ...(tried && 'held' in tried && tried.held !== undefined && { error: tried.held }),
});

/** Which actions a state shows in effect. A resource that is gone violates nothing any more. */
export function judgeActions<State, A extends Action>(
  remediation: Remediation<State, A>,
  actions: readonly A[],
  state: State | undefined,
) {
  return actions.map((action) => ({
    action,
    done: state === undefined || remediation.isDone(action, state),
    requestIds: [] as readonly string[],
  }));
}

/** The outcome that results amount to. */
export function summarise(
  results: readonly Pick<ActionResult, 'done'>[],
  gone: boolean,
): { outcome: 'REMEDIATED' | 'PARTIAL' | 'FAILED' | 'GONE'; left: number } {
  const left = results.filter(({ done }) => !done).length;
  if (gone) return { outcome: 'GONE', left: 0 };
  return { outcome: left === 0 ? 'REMEDIATED' : left < results.length ? 'PARTIAL' : 'FAILED', left };
}
