import { decide, NO_PLAN, type Verdict } from './decide';
import type { SweepProgress } from './events';
import type { EntryBody, Ledger, Page } from './ledger';
import { ledgerKey, seal } from './ledger';
import { SWEEP_TYPE } from './ledger-keys';
import type { Mode } from './policy';
import type { Action, Home, ResourceKind, Subject, WatchingRemediation } from './remediation';

/** A resource that a sweep came by. */
export interface Judged<A extends Action = Action> {
  readonly id: string;
  readonly verdict: Verdict<A>;
}

/** What a sweep needs beside the resources. */
export interface SweepContext<A extends Action> {
  readonly ledger: Ledger;
  readonly home: Home;
  /** Milliseconds since 1970. */
  now(): number;
  /** Names the invocation. */
  readonly holder: string;
  /** Called with each page's resources. What must be done is not done here. */
  found(page: readonly Judged<A>[]): Promise<void>;
  /** Whether there is no time for another page. */
  isLate(): boolean;
}

/** Whether there may be something to do: `heal` decides. What an exception covers as a whole is left alone. */
export const isViolating = ({ verdict: { outcome } }: Judged): boolean =>
  outcome === 'ACT' || outcome === 'DRY_RUN' || outcome === 'HELD';

/**
 * Judges every resource of a kind by its state as a listing shows it, one page at a time, so that memory does not grow with the account.
 * When the last page is judged, a summary is written into the ledger, and with it how many there are, of which the budget is a share.
 *
 * @returns how far it came; with `from`, there is more.
 */
export async function sweep<State, A extends Action>(
  remediation: WatchingRemediation<State, A>,
  progress: SweepProgress,
  context: SweepContext<A>,
): Promise<SweepProgress> {
  const { ledger, home, now, found, isLate } = context;
  const about = sweepSubject(remediation, home);
  const page = await ledger.open(ledgerKey(about), remediation.name, now());
  let { seen, violating } = progress;
  const startedAt = progress.startedAt ?? new Date(now()).toISOString();
  for await (const { resources, next } of remediation.discover(home, page.policy, progress.from)) {
    const judged = resources.map((found) => ({
      id: found.id,
      verdict:
        found.unreadable === undefined
          ? decide(remediation, subjectOf(remediation, found.id, home), found.state, page, { now: now() })
          : unread(found.unreadable, remediation.mode(page.policy)),
    }));
    await found(judged);
    seen += judged.length;
    violating += judged.filter(isViolating).length;
    if (next !== undefined && isLate()) return { from: next, startedAt, seen, violating };
  }
  const result = { startedAt, seen, violating };
  await summarise(remediation, about, page, result, context);
  await ledger.count(remediation.name, seen);
  return result;
}

/** Its heal fails, is tried again and alarmed; the others are judged all the same. */
const unread = (why: string, mode: Mode): Verdict<never> => ({
  outcome: 'HELD',
  reason: `could not be read: ${why}`,
  plan: NO_PLAN,
  mode,
  expired: [],
});

export const subjectOf = ({ resource }: { readonly resource: ResourceKind }, id: string, home: Home): Subject => ({
  ...home,
  type: resource.type,
  id,
  arn: resource.arn(id, home),
});

/** The sweeps of a kind have a chain of their own. */
const sweepSubject = <State, A extends Action>(
  { name, resource }: WatchingRemediation<State, A>,
  home: Home,
): Subject => ({
  ...home,
  type: SWEEP_TYPE,
  id: name,
  arn: resource.arn('*', home),
});

/** Somebody else's summary at the same moment makes ours superfluous. */
async function summarise<State, A extends Action>(
  remediation: WatchingRemediation<State, A>,
  about: Subject,
  { head, policyHash, policy }: Page,
  { startedAt, seen, violating }: Required<Pick<SweepProgress, 'startedAt' | 'seen' | 'violating'>>,
  { ledger, now, holder }: SweepContext<A>,
): Promise<void> {
  const body: EntryBody = {
    kind: 'decision',
    at: new Date(now()).toISOString(),
    remediation: remediation.name,
    subject: about,
    holder,
    mode: remediation.mode(policy),
    policyHash,
    outcome: 'NO_ACTION',
    reason: `swept since ${startedAt}: ${seen} seen, ${violating} in question`,
    actions: [],
  };
  const key = ledgerKey(about);
  const entry = seal(key, head, body);
  const next = { seq: (head?.seq ?? 0) + 1, hash: entry.hash, digest: entry.hash };
  await ledger.commit({ key, remediation: remediation.name, expected: head, entries: [entry], next });
}
