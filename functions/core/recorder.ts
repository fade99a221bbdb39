import { digest } from './canonical';
import { type Change, judgeActions, summarise } from './change';
import { limitOf, type Verdict } from './decide';
import { UnreadableStateError } from './errors';
import {
  type Entry,
  type EntryBody,
  type Fixes,
  type Head,
  type Ledger,
  ledgerKey,
  type Page,
  type Snapshot,
  seal,
} from './ledger';
import type { Outcome } from './outcomes';
import type { Action, Plan, Remediation, Subject } from './remediation';
import type { Trigger } from './schema';

/** After this, a holder counts as dead, and whoever comes next takes over. */
const LEASE_MS = 45_000;

/** Who writes. */
export interface Author {
  readonly ledger: Ledger;
  /** Milliseconds since 1970. */
  now(): number;
  /** Names this heal alone. */
  readonly holder: string;
  readonly trigger?: Trigger | undefined;
}

export type Written =
  | { readonly committed: true; readonly head: Head; readonly entries: readonly Entry[] }
  | { readonly committed: false; readonly lost: 'head'; readonly head: Head | undefined }
  | { readonly committed: false; readonly lost: 'budget' };

/** Writes one resource's history. */
export class Recorder<State, A extends Action> {
  readonly key: string;

  constructor(
    private readonly remediation: Remediation<State, A>,
    private readonly subject: Subject,
    private readonly author: Author,
  ) {
    this.key = ledgerKey(subject);
  }

  /** Opens a change. */
  intent(page: Page, verdict: Verdict<A>, state: State): EntryBody {
    return { ...this.body(page, verdict), kind: 'intent', before: this.snapshot(verdict.plan.actions, state) };
  }

  /** A decision that changes nothing. */
  decision(page: Page, verdict: Verdict<A>, outcome: Outcome, state: State | undefined): EntryBody {
    return {
      ...this.body(page, verdict),
      kind: 'decision',
      outcome,
      before: this.snapshot(verdict.plan.actions, state),
    };
  }

  /** Closes a change. */
  outcome(
    page: Page,
    verdict: Verdict<A>,
    { outcome, reason, results }: Change<State, A>,
    state: State | undefined,
  ): EntryBody {
    return {
      ...this.body(page, verdict),
      kind: 'outcome',
      outcome,
      reason,
      results,
      after: this.snapshot(verdict.plan.actions, state),
    };
  }

  /**
   * Closes a change that a dead holder left open, by what the live state shows.
   *
   * @throws UnreadableStateError if the entry opens none
   */
  recovered(intent: Entry, state: State | undefined): EntryBody & { readonly outcome: Outcome } {
    if (intent.kind !== 'intent')
      throw new UnreadableStateError(`${intent.pk}/${intent.sk} should be an intent, and is an ${intent.kind}`);
    const { remediation, subject, trigger, mode, policyHash, reason } = intent;
    const actions = intent.actions as readonly A[];
    const results = judgeActions(this.remediation, actions, state);
    const { outcome } = summarise(results, state === undefined);
    return {
      kind: 'outcome',
      at: this.timestamp(),
      remediation,
      subject,
      ...(trigger && { trigger }),
      holder: this.author.holder,
      mode,
      policyHash,
      outcome,
      reason: `recovered: ${reason}`,
      actions,
      results,
      after: this.snapshot(actions, state),
      recovered: true,
    };
  }

  /**
   * Appends entries and moves HEAD, all of it or nothing.
   *
   * @param expected HEAD as it was read
   * @param decision digest of what was decided last
   * @param lock HEAD is ours from now on, and the hour's budget one change poorer
   * @param pending the sweep shall come back to it
   * @param fixes of the resource, where there is one more
   */
  async commit(
    page: Page,
    expected: Head | undefined,
    bodies: readonly (EntryBody | undefined)[],
    decision: string,
    {
      lock,
      pending,
      fixes,
    }: { readonly lock: boolean; readonly pending?: boolean; readonly fixes?: Fixes | undefined },
  ): Promise<Written> {
    const entries: Entry[] = [];
    let last: Pick<Head, 'seq' | 'hash'> | undefined = expected;
    for (const body of bodies) {
      if (!body) continue;
      const entry = seal(this.key, last, body);
      last = { seq: (last?.seq ?? 0) + 1, hash: entry.hash };
      entries.push(entry);
    }
    if (!last) throw new Error('nothing to write');
    const head: Head = {
      ...last,
      digest: decision,
      ...(lock && { busy: { holder: this.author.holder, lease: this.author.now() + LEASE_MS, wake: 0 } }),
      ...(pending && { pending }),
      ...((fixes ?? expected?.fixes) && { fixes: fixes ?? (expected?.fixes as Fixes) }),
    };
    const result = await this.author.ledger.commit({
      key: this.key,
      remediation: this.remediation.name,
      expected,
      entries,
      next: head,
      spend: lock ? { budget: page.budget, limit: limitOf(page) } : undefined,
    });
    return result.committed ? { committed: true, head, entries } : result;
  }

  private body(page: Page, { reason, plan: { actions, exempt }, mode, expired }: Verdict<A>): Omit<EntryBody, 'kind'> {
    const { trigger, holder } = this.author;
    return {
      at: this.timestamp(),
      remediation: this.remediation.name,
      subject: this.subject,
      ...(trigger && { trigger }),
      holder,
      mode,
      policyHash: page.policyHash,
      reason,
      actions,
      ...(exempt.length > 0 && { exempt }),
      ...(expired.length > 0 && { expired }),
    };
  }

  /** A digest of the whole, and what the actions touch, so that a receipt suffices to take them back. */
  private snapshot(actions: readonly A[], state: State | undefined): Snapshot {
    if (state === undefined) return { digest: 'gone' };
    return { digest: digest(state), ...(actions.length > 0 && { touched: this.remediation.touched(actions, state) }) };
  }

  private timestamp(): string {
    return new Date(this.author.now()).toISOString();
  }
}

/** The same for the same decision, so that it is written down, and told, once. */
export const decisionDigest = (
  outcome: string,
  { reason, plan: { actions, exempt } }: { readonly reason: string; readonly plan: Plan<Action> },
  { policyHash }: Page,
): string => digest({ outcome, reason, actions, exempt, policy: policyHash });

/** A receipt's id. */
export const receiptOf = ({ pk, sk }: Entry): string => `${pk}/${sk}`;
