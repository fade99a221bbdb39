import { setTimeout as sleep } from 'node:timers/promises';
import { digest as digestOf } from './canonical';
import { type Change, carryOut, EFFECT_MS } from './change';
import { decide, NO_PLAN, type Verdict } from './decide';
import type { ActionResult, Fixes, Head, Page } from './ledger';
import type { Outcome } from './outcomes';
import type { Mode } from './policy';
import { type Author, decisionDigest, Recorder, receiptOf } from './recorder';
import type { Action, Plan, Remediation, Subject } from './remediation';

/** A heal ends by then: well before Lambda's first retry, which comes after a minute. */
const DEADLINE_MS = 30_000;

/** Between two looks, for who lost against others at the same resource. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** How many of those who reopen a resource are named. */
const MAX_ACTORS = 5;

/** What a heal needs beside the resource itself. */
export interface HealContext extends Author {
  /** Names the invocation, also when Lambda tries it again. */
  readonly invocation: string;
  /** Decide, but change nothing, whatever the policy says. @default false */
  readonly dryRun?: boolean | undefined;
  /** Called with what governs the decision, as soon as it is read for the first time. */
  opened?(page: Page): void;
  /** Called with each log line of a change, before it happens. */
  announce(line: string): void;
  /** Called with each decision as soon as it is written down. */
  decided(decision: Decision): void;
  /** Sends a message to people. */
  tell(message: { readonly subject: string; readonly reason: string }): Promise<void>;
}

/** What came of looking at a resource once. */
export interface Decision<A extends Action = Action> {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly plan: Plan<A>;
  readonly mode?: Mode;
  readonly results: readonly ActionResult[];
  readonly expired: readonly string[];
  /** `pk/sk` of the ledger entry, if this decision made one. */
  readonly receipt?: string;
  /** Somebody else began it and died. */
  readonly recovered?: true;
  /** What went wrong, for FAILED and PARTIAL. */
  readonly error?: Error;
}

/**
 * Looks at a resource and brings it back into policy: the one path of every remediation, whoever asks.
 *
 * The ledger is read first, then the live state: while HEAD stays as it was read, no other heal has changed the resource since, so
 * the state is good to act on. (Read at the same time, the state may be older than a HEAD that somebody closed in between.) Before
 * anything changes, an intent is written that locks the resource; the plan is applied and read back, and the outcome closes it. Whoever comes meanwhile raises HEAD's wake count and leaves,
 * and the holder looks again before it closes. Whoever finds a dead lease closes it from live state and plans afresh.
 *
 * @returns what was decided, oldest first; more than one if more had to be done before the lock could be given back.
 * @throws whatever made it impossible to decide. Then nothing was changed, or an open intent stays to be recovered.
 */
export async function heal<State, A extends Action>(
  remediation: Remediation<State, A>,
  subject: Subject,
  context: HealContext,
): Promise<Decision<A>[]> {
  const healing = new Healing(remediation, subject, context);
  for (let pause = FIRST_PAUSE_MS; !(await healing.look()); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    healing.checkDeadline();
    await sleep(Math.random() * pause);
  }
  return healing.decisions;
}

/** One call of `heal`. */
class Healing<State, A extends Action> {
  readonly decisions: Decision<A>[] = [];
  private readonly recorder: Recorder<State, A>;
  private readonly deadline: number;
  private isOpened = false;
  /** Digest of the actions for which AWS had no room. */
  private held: string | undefined;
  /** What people were told in this heal. */
  private readonly told = new Set<string>();

  constructor(
    private readonly remediation: Remediation<State, A>,
    private readonly subject: Subject,
    private readonly context: HealContext,
  ) {
    this.recorder = new Recorder(remediation, subject, context);
    this.deadline = context.now() + DEADLINE_MS;
  }

  /** Reads, judges, and records or acts. False if it must be done again: somebody was quicker, or there is more to do. */
  async look(): Promise<boolean> {
    const { context, recorder, remediation, subject } = this;
    const { ledger, now } = context;
    const page = await ledger.open(recorder.key, remediation.name, now());
    if (!this.isOpened) context.opened?.(page);
    this.isOpened = true;
    const { head } = page;
    if (head?.busy && head.busy.lease > now()) {
      if (!(await ledger.wake(recorder.key, head.busy))) return false;
      this.decided({
        outcome: 'JOINED',
        reason: 'somebody is at it and was told to look again',
        plan: NO_PLAN,
        results: [],
        expired: [],
      });
      return true;
    }
    const [state, left] = await Promise.all([
      remediation.read(subject, page.policy),
      head?.busy && ledger.entry(recorder.key, head.seq),
    ]);
    const recovered = left && recorder.recovered(left, state);
    const verdict = this.judge(state, page);
    const { outcome } = verdict;
    const digest = decisionDigest(outcome, verdict, page);
    const reportRecovered = (entry: Parameters<typeof receiptOf>[0] | undefined) => {
      if (!recovered || !entry) return;
      const plan = { actions: recovered.actions as readonly A[], exempt: [], reason: recovered.reason };
      this.decided({
        ...recovered,
        plan,
        results: recovered.results ?? [],
        expired: [],
        receipt: receiptOf(entry),
        recovered: true,
      });
    };

    // AWS had no room for it a moment ago; a person knows.
    if (outcome === 'ACT' && !recovered && this.held === digestOf(verdict.plan.actions)) return true;
    if (outcome === 'ACT') {
      const written = await recorder.commit(
        page,
        head,
        [recovered, recorder.intent(page, verdict, state as State)],
        digest,
        { lock: true },
      );
      if (!written.committed) return false;
      reportRecovered(written.entries[0]);
      return this.change(page, written.head, verdict, state as State);
    }
    // What was decided before needs no second entry; neither does a resource that nobody ever heard of.
    const isNew = recovered !== undefined || (head ? head.digest !== digest : outcome !== 'GONE');
    let receipt: string | undefined;
    if (isNew) {
      const written = await recorder.commit(
        page,
        head,
        [recovered, recorder.decision(page, verdict, outcome, state)],
        digest,
        // Who only asks takes nothing off the list of what waits.
        { lock: false, pending: verdict.pending === true || (context.dryRun === true && head?.pending === true) },
      );
      if (!written.committed) return false;
      reportRecovered(written.entries[0]);
      receipt = written.entries.slice(-1).map(receiptOf)[0];
    }
    this.decided({ ...verdict, outcome, results: [], ...(receipt && { receipt }) });
    await this.tellOnce(page, { ...verdict, outcome });
    return true;
  }

  /** @throws Error when the time for a decision is over */
  checkDeadline(): void {
    if (this.isLate()) throw new Error(`no decision about ${this.subject.id} within ${DEADLINE_MS / 1000} s`);
  }

  /** Carries out what is locked, and closes it; goes on under the same lock while there is more to do. */
  private async change(page: Page, locked: Head, first: Verdict<A>, initial: State): Promise<boolean> {
    const { context, remediation, subject } = this;
    let [head, verdict, state] = [locked, first, initial];
    for (;;) {
      for (const action of verdict.plan.actions)
        for (const line of remediation.describe(action, state)) context.announce(line);
      const until = Math.min(this.deadline, (head.busy?.lease ?? 0) - EFFECT_MS);
      const change = await carryOut(remediation, subject, state, verdict.plan, { now: context.now, until });
      const closed = await this.close(page, head, verdict, change);
      if (closed === 'lost') {
        this.decided({
          ...verdict,
          outcome: 'JOINED',
          reason: 'the lease ran out and somebody took over',
          results: change.results,
        });
        return true;
      }
      const { outcome, reason, results, error } = change;
      this.decided({ ...verdict, outcome, reason, results, receipt: closed.receipt, ...(error && { error }) });
      if (outcome === 'HELD') {
        this.held = digestOf(verdict.plan.actions);
        await this.tellOnce(page, {
          ...verdict,
          outcome,
          reason,
          tell: { once: 'decision', subject: `${subject.id} needs a person` },
        });
      }
      if (!closed.next) return closed.done;
      ({ head, verdict, state } = closed.next);
    }
  }

  /**
   * Writes the outcome and gives the lock back, or takes the next intent with it if the state asks for more.
   * While events come in, it looks again: none of them is lost.
   */
  private async close(page: Page, locked: Head, verdict: Verdict<A>, change: Change<State, A>) {
    const { context, recorder, remediation, subject } = this;
    let [head, state, mayGoOn] = [locked, change.state, true];
    for (let isFresh = false; ; ) {
      // Only after a success: what failed is left to Lambda's retry, what is held to a person.
      const next = change.outcome === 'REMEDIATED' ? this.judge(state, page) : undefined;
      if (next?.outcome === 'ACT' && !isFresh) {
        // A read-back shows that there is more to do; what, is decided on all of the resource.
        [state, isFresh] = [await remediation.read(subject, page.policy), true];
        continue;
      }
      const more = next?.outcome === 'ACT' && mayGoOn && !this.isLate() ? next : undefined;
      const bodies = [
        recorder.outcome(page, verdict, change, state),
        more && recorder.intent(page, more, state as State),
      ];
      const fixes = change.outcome === 'REMEDIATED' ? this.oneMoreFix(head, page) : undefined;
      const digest = more
        ? decisionDigest('ACT', more, page)
        : decisionDigest(change.outcome, { ...verdict, reason: change.reason }, page);
      const written = await recorder.commit(page, head, bodies, digest, { lock: more !== undefined, fixes });
      if (written.committed) {
        const [receipt = ''] = written.entries.map(receiptOf);
        if (fixes) await this.tellOfFight(page, fixes);
        // Who came meanwhile was told that somebody looks again: also at what is held, or was gone and may have come back.
        const looksAgain = change.outcome === 'HELD' || change.outcome === 'GONE';
        const done = next?.outcome !== 'ACT' && !(looksAgain && (head.busy?.wake ?? 0) > 0);
        return { receipt, done, ...(more && { next: { head: written.head, verdict: more, state: state as State } }) };
      }
      if (written.lost === 'budget') mayGoOn = false;
      else if (written.head?.busy?.holder !== context.holder) return 'lost' as const;
      else [head, state, isFresh] = [written.head, await remediation.read(subject, page.policy), true];
    }
  }

  private judge(state: State | undefined, page: Page): Verdict<A> {
    const { now, dryRun } = this.context;
    return decide(this.remediation, this.subject, state, page, { now: now(), dryRun });
  }

  private isLate(): boolean {
    return this.context.now() > this.deadline;
  }

  private decided(decision: Decision<A>): void {
    this.decisions.push(decision);
    this.context.decided(decision);
  }

  /** Counts a fix, with who made it necessary; from one again when the window of the first is over. */
  private oneMoreFix({ fixes }: Head, { policy: { fight } }: Page): Fixes {
    const { now, trigger } = this.context;
    const isOver = !fixes || now() - fixes.since >= fight.windowMinutes * 60_000;
    const { since, count, by } = isOver ? { since: now(), count: 0, by: [] } : fixes;
    const known = trigger?.actor === undefined ? by : [...new Set([...by, trigger.actor])].slice(0, MAX_ACTORS);
    return { since, count: count + 1, by: known };
  }

  /** Says who puts back what is healed, once per window. Healing goes on: else persistence would win. */
  private async tellOfFight({ policy: { fight } }: Page, { since, count, by }: Fixes): Promise<void> {
    if (count < fight.repeats) return;
    const { ledger, invocation, tell } = this.context;
    const { id } = this.subject;
    const of = { key: this.recorder.key, topic: 'fight' } as const;
    if (!(await ledger.claimTelling(of, String(since), `${invocation}/${count}`))) return;
    await tell({
      subject: `somebody keeps reopening ${id}`,
      reason: `${count} fixes since ${new Date(since).toISOString()}; put back by ${by.join(', ') || 'somebody whom no event names'}`,
    });
  }

  /** Tells people, unless they were told of the same already, by whomever. */
  private async tellOnce(page: Page, verdict: Verdict<A>): Promise<void> {
    const { tell, outcome, reason } = verdict;
    if (!tell) return;
    const { ledger, invocation } = this.context;
    const decision = decisionDigest(outcome, verdict, page);
    const token = tell.once === 'hour' ? page.budget.window : decision;
    if (this.told.has(token)) return;
    this.told.add(token);
    const of =
      tell.once === 'hour'
        ? { remediation: this.remediation.name }
        : { key: this.recorder.key, topic: 'decision' as const };
    const isFirst = await ledger.claimTelling(of, token, invocation);
    if (isFirst) await this.context.tell({ subject: tell.subject, reason });
  }
}
