import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Decision, heal } from '../functions/core/heal';
import type { Ledger } from '../functions/core/ledger';
import type { Outcome } from '../functions/core/outcomes';
import type { Action, Discovered, Home, Subject, WatchingRemediation } from '../functions/core/remediation';
import { messageFor } from '../functions/core/report';
import type { Trigger } from '../functions/core/schema';
import { isViolating, type Judged, subjectOf, sweep } from '../functions/core/sweep';
import type { KindName } from './kind-names';
import { isAboutCredentials, problemLine } from './problem';

/** Heals at a time. */
const CONCURRENCY = 10;
/** Between two looks at what somebody else is at: longer, together, than the lease of one who died. */
const JOINED_PAUSES_MS = [1, 2, 4, 8, 8, 8, 8, 8].map((seconds) => seconds * 1000);

export type SweepMode = 'observe' | 'enforce';

/** What came of one resource. */
export interface Found {
  /** AWS's own spelling. */
  readonly resourceType: string;
  readonly resourceId: string;
  readonly resourceArn: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly actions: readonly Action[];
  readonly receipt?: string;
}

/** What a sweep came by. */
export interface Counts {
  readonly seen: number;
  readonly inQuestion: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
}

/** How far a sweep has come with one kind of resources, over all of its runs. */
export interface SweepTotals extends Counts {
  readonly kind: KindName;
  /** Token of the page to go on with. */
  from?: string | undefined;
  seen: number;
  inQuestion: number;
  outcomes: Partial<Record<Outcome, number>>;
  /** It came to its end. */
  isDone: boolean;
}

export interface AccountSweep {
  readonly ledger: Ledger;
  readonly home: Home;
  readonly mode: SweepMode;
  /** Who asked, for the receipts. */
  readonly by: string;
  /** Names the sweep. */
  readonly id: string;
  readonly startedAt: string;
  readonly totals: SweepTotals;
  /** Ends it after what has begun. */
  readonly signal: AbortSignal;
  /** Called with each resource in question. */
  found(found: Found): Promise<void>;
  /** Called when the totals have changed. */
  moved(): void;
  /** Called with how many are done, of those that are listed so far. */
  progress(done: number, listed: number): void;
  /** Tells people. */
  tell(message: { readonly subject: string; readonly text: string }): Promise<void>;
}

/** Outcomes after which nothing remains to be done. */
const SETTLED: readonly Outcome[] = ['REMEDIATED', 'NO_ACTION', 'EXEMPT', 'GONE'];

/** Resources that are not as they should be. */
export const remaining = ({ outcomes }: Pick<Counts, 'outcomes'>): number =>
  Object.entries(outcomes).reduce(
    (sum, [outcome, count]) => (SETTLED.includes(outcome as Outcome) ? sum : sum + count),
    0,
  );

/** A page of resources could not be had: what is in it and behind it was not looked at. */
export class ListingError extends Error {
  override readonly name = 'ListingError';
}

/**
 * Looks at every resource of a kind in an account and Region, page by page, and heals those in question in this process. If it does not
 * come to the end, `totals.from` says where to go on.
 *
 * @throws ListingError if there is a page that could not be had
 */
export async function sweepAccount<State, A extends Action>(
  remediation: WatchingRemediation<State, A>,
  options: AccountSweep,
): Promise<void> {
  await new Sweeping(remediation, options).run();
}

/** Thrown out of a page that was not finished. */
class Interrupted extends Error {}

class Sweeping<State, A extends Action> {
  private readonly remediation: WatchingRemediation<State, A>;
  private readonly trigger: Trigger;
  /** Token of the page after the one at hand. */
  private next: string | undefined;

  constructor(
    remediation: WatchingRemediation<State, A>,
    private readonly options: AccountSweep,
  ) {
    const { mode, by, id, startedAt } = options;
    this.trigger = {
      kind: 'sweep',
      name: `suture sweep by ${by}`.slice(0, 256),
      id,
      at: startedAt,
    };
    // The person who runs the command decides about the mode; pause, budget and exceptions count as ever.
    this.remediation = {
      ...remediation,
      mode: () => mode,
      discover: (...of) => this.followed(remediation.discover(...of)),
    };
  }

  async run(): Promise<void> {
    const { ledger, home, id, startedAt, mode, totals, signal } = this.options;
    try {
      if (mode === 'enforce') await this.takeUpPending();
      const { from, seen } = totals;
      const result = await sweep(
        this.remediation,
        { ...(from !== undefined && { from }), startedAt, seen, violating: totals.inQuestion },
        {
          ledger,
          home,
          now: Date.now,
          holder: `${id}/${randomUUID()}`,
          found: (page) => this.page(page),
          isLate: () => signal.aborted,
        },
      );
      totals.isDone = result.from === undefined;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
  }

  /** What somebody began and did not end need not show in a listing. */
  private async takeUpPending(): Promise<void> {
    const { ledger, totals } = this.options;
    for await (const ids of ledger.pending(this.remediation.name)) {
      const isDone = await this.each(ids, async (id) => {
        const found = await this.heal(id);
        // Whatever else is wrong with it, the listing shows.
        if (found.outcome !== 'REMEDIATED') return;
        totals.inQuestion += 1;
        add(totals.outcomes, found.outcome);
        await this.options.found(found);
      });
      if (!isDone) throw new Interrupted();
    }
  }

  private async page(page: readonly Judged<A>[]): Promise<void> {
    const { totals } = this.options;
    const inQuestion = page.filter(isViolating).map(({ id }) => id);
    const outcomes: SweepTotals['outcomes'] = {};
    const listed = totals.seen + page.length;
    let done = listed - inQuestion.length;
    this.options.progress(done, listed);
    const isDone = await this.each(inQuestion, async (id) => {
      const found = await this.heal(id);
      // What was healed does not show again when the page is begun anew; everything else does, and is counted when the page ends.
      if (found.outcome === 'REMEDIATED') {
        totals.inQuestion += 1;
        add(totals.outcomes, found.outcome);
        this.options.moved();
      } else add(outcomes, found.outcome);
      await this.options.found(found);
      done += 1;
      this.options.progress(done, listed);
    });
    if (!isDone) throw new Interrupted();
    for (const [outcome, count] of Object.entries(outcomes)) {
      totals.inQuestion += count;
      add(totals.outcomes, outcome as Outcome, count);
    }
    totals.seen += page.length;
    totals.from = this.next;
    this.options.moved();
  }

  /** Runs ten at a time. False if it was told to end before it had begun with all. */
  private async each(ids: readonly string[], run: (id: string) => Promise<void>): Promise<boolean> {
    const { signal } = this.options;
    let begun = 0;
    const work = async () => {
      while (begun < ids.length && !signal.aborted) await run(ids[begun++] as string);
    };
    const ended = await Promise.allSettled(Array.from({ length: CONCURRENCY }, work));
    const failed = ended.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return begun === ids.length;
  }

  /** @throws what makes every further call futile; everything else is an outcome */
  private async heal(id: string): Promise<Found> {
    const { home, signal } = this.options;
    const subject = subjectOf(this.remediation, id, home);
    const about = { resourceType: subject.type, resourceId: id, resourceArn: subject.arn };
    try {
      for (const pause of [...JOINED_PAUSES_MS, 0]) {
        const found = summary(await this.healOnce(subject));
        if (found.outcome !== 'JOINED' || pause === 0 || signal.aborted) return { ...about, ...found };
        await sleep(pause, undefined, { signal }).catch(() => undefined);
      }
      throw new Error('unreachable');
    } catch (error) {
      if (isAboutCredentials(error)) throw error;
      return { ...about, outcome: 'FAILED', reason: problemLine(error), actions: [] };
    }
  }

  private healOnce(subject: Subject): Promise<Decision<A>[]> {
    const { ledger, id, mode, tell } = this.options;
    const { trigger } = this;
    return heal(this.remediation, subject, {
      ledger,
      now: Date.now,
      dryRun: mode === 'observe',
      invocation: id,
      holder: `${id}/${randomUUID()}`,
      trigger,
      announce: () => undefined,
      decided: () => undefined,
      tell: ({ subject: about, reason }) => tell(messageFor(subject, about, reason, trigger)),
    });
  }

  private async *followed(pages: AsyncIterable<Discovered<State>>): AsyncIterable<Discovered<State>> {
    const iterator = pages[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await iterator.next().catch(unlisted);
      if (done) return;
      this.next = value.next;
      yield value;
    }
  }
}

/** @throws what makes every further call futile as it is */
function unlisted(error: unknown): never {
  if (isAboutCredentials(error)) throw error;
  throw new ListingError('a page could not be had', { cause: error });
}

const add = (outcomes: SweepTotals['outcomes'], outcome: Outcome, count = 1): void => {
  outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
};

/** Of several decisions in one heal: what failed, else what was closed for somebody who died, else the last. */
function summary<A extends Action>(
  decisions: readonly Decision<A>[],
): Omit<Found, 'resourceType' | 'resourceId' | 'resourceArn'> {
  const last = decisions.at(-1);
  const chosen =
    decisions.find(({ outcome, recovered }) => !recovered && (outcome === 'FAILED' || outcome === 'PARTIAL')) ??
    (last?.outcome === 'NO_ACTION' ? decisions.findLast(({ outcome }) => outcome === 'REMEDIATED') : undefined) ??
    last;
  if (!chosen) throw new Error('nothing was decided');
  const { outcome, reason, plan, receipt } = chosen;
  return { outcome, reason, actions: plan.actions, ...(receipt && { receipt }) };
}
