import { setTimeout as sleep } from 'node:timers/promises';
import { decide, limitOf, type Verdict } from '../functions/core/decide';
import { type Entry, type Ledger, ledgerKey, type Page } from '../functions/core/ledger';
import type { Remediation, Subject } from '../functions/core/remediation';
import type { Bucket, BucketAction } from '../functions/remediate-bucket/bucket';

/** What governs a bucket's decision, and what it would be. */
export interface Forecast {
  readonly verdict: Verdict<BucketAction>;
  readonly policy: Page['policy'];
  /** Changes that are left of the hour's budget, of so many. */
  readonly left: number;
  readonly limit: number;
}

/** What Suture decides about one bucket: ahead of time by its own planner, and afterwards by its receipts. */
export class BucketDecisions {
  private readonly key: string;

  constructor(
    private readonly ledger: Ledger,
    private readonly remediation: Remediation<Bucket, BucketAction>,
    readonly subject: Subject,
  ) {
    this.key = ledgerKey(subject);
  }

  /**
   * What would be decided if the bucket's block were off now: by the policy, the pause, the exceptions and the budget as they are.
   *
   * @param assumed of a bucket that does not exist yet; else it is read
   * @returns undefined if there is no such bucket
   */
  async forecast(assumed?: Bucket): Promise<Forecast | undefined> {
    const { ledger, remediation, key, subject } = this;
    const page = await ledger.open(key, remediation.name, Date.now());
    const found = assumed ?? (await remediation.read(subject, page.policy));
    if (!found) return undefined;
    const { block: _block, ...open } = found;
    const limit = limitOf(page);
    return {
      verdict: decide(remediation, subject, open, page, { now: Date.now() }),
      policy: page.policy,
      left: Math.max(0, limit - page.budget.used),
      limit,
    };
  }

  /** Answers, each time it is asked, with the entries that were written since the time before. */
  async follow(): Promise<() => Promise<Entry[]>> {
    const { ledger, remediation, key } = this;
    const last = async () => (await ledger.open(key, remediation.name, Date.now())).head?.seq ?? 0;
    let seen = await last();
    return async () => {
      const entries: Entry[] = [];
      for (const end = await last(); seen < end; seen++) entries.push(await ledger.entry(key, seen + 1));
      return entries;
    };
  }
}

/** Waits, unless it is called off. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);
