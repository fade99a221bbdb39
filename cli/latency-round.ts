import type { Entry } from '../functions/core/ledger';
import { receiptOf } from '../functions/core/recorder';
import type { Trigger } from '../functions/core/schema';
import { tenth } from './figures';
import type { TestBucket } from './latency-bucket';
import { type BucketDecisions, pause } from './latency-decisions';
import type { DecisionLine, DecisionLog } from './latency-log';

/** What opens the bucket and what closes it again, as CloudTrail spells them. */
const OPENING = 'DeleteBucketPublicAccessBlock';
const CLOSING = 'PutBucketPublicAccessBlock';

/** Between two looks at the block: a share of the time so far, within bounds. So the figure is good to five per cent, and S3 is not flooded. */
export const POLL = { share: 0.05, leastMs: 10, mostMs: 500 } as const;

/** Between two looks at the ledger, while the block is off. */
const LEDGER_MS = 1_000;

/** One time that the bucket was opened. */
export interface Round {
  readonly round: number;
  /** ISO 8601, UTC, by this machine's clock. */
  readonly startedAt: string;
  readonly healed: boolean;
  /** From the answer to the call that opened it to the answer that showed all four flags on. */
  readonly clientMs?: number;
  /** So long before `clientMs` the block may have been on already: since the last look that showed it off. */
  readonly resolutionMs?: number;
  /** What the function says itself: from the time in the event to the verified change. */
  readonly reportedMs?: number;
  /** `clientMs` without `reportedMs`. */
  readonly differenceMs?: number;
  readonly receipt?: string;
  readonly trigger?: Trigger;
  /** What woke the function is not known to come from this round: such a round counts in no figure. */
  readonly stray?: true;
  /** Why it was not healed. */
  readonly reason?: string;
}

interface Ground {
  readonly bucket: TestBucket;
  readonly decisions: BucketDecisions;
  readonly log: DecisionLog;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Whether all that a round sets off was looked at, so that none of it can heal the round after it. */
export const isQuiet =
  ({ isNew }: DecisionLog, ...calls: readonly string[]) =>
  (lines: readonly DecisionLine[]): boolean =>
    calls.every((call) => lines.some((line) => line.trigger?.name === call && isNew(line)));

/**
 * Opens the bucket and waits until Suture has closed it. Undefined if it is interrupted.
 *
 * The block alone does not tell: S3's bucket configurations are eventually consistent, so an answer may be older than the call that opened
 * it, and anybody may close a bucket. A round is healed when there is a receipt for it and the block is seen on; what counts is the first
 * of the looks that showed it on without a break.
 *
 * The function's own figure is the one of its log line, found by the receipt: the receipt's own time is before the transaction that writes it,
 * and metrics are kept without what they belong to. It begins at CloudTrail's `eventTime`, when S3 completed the call by its own clock, cut
 * to whole seconds: it is up to a second too long, half of one on average, and so the difference that much too small.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export async function measureRound(number: number, ground: Ground): Promise<Round | undefined> {
  const { bucket, log, timeoutMs, signal } = ground;
  const startedAt = new Date().toISOString();
  const seen = await openAndWatch(ground);
  if (!('entry' in seen)) {
    if (signal.aborted) return undefined;
    // Late events of this round find it closed.
    await bucket.close();
    log.turn(await log.until(isQuiet(log, OPENING), timeoutMs, signal));
    return { round: number, startedAt, healed: false, reason: seen.reason };
  }
  const { entry, clientMs, resolutionMs } = seen;
  const receipt = receiptOf(entry);
  const line = (lines: readonly DecisionLine[]) => lines.find((one) => one.receipt === receipt);
  const isOver = isQuiet(log, OPENING, CLOSING);
  const lines = await log.until((all) => line(all) !== undefined && isOver(all), timeoutMs, signal);
  const reportedMs = line(lines)?.responseTimeMs;
  const { trigger } = entry;
  // Both times are AWS's own. What was heard before, or happened before the call, belongs to an earlier round.
  const opening = lines.find((one) => one.trigger?.name === OPENING && log.isNew(one))?.trigger;
  const isStray = !log.isNew(entry) || !trigger || !opening || Date.parse(trigger.at) < Date.parse(opening.at);
  log.turn(lines);
  return {
    round: number,
    startedAt,
    healed: true,
    clientMs: tenth(clientMs),
    resolutionMs: tenth(resolutionMs),
    ...(reportedMs !== undefined && { reportedMs, differenceMs: tenth(clientMs - reportedMs) }),
    receipt,
    ...(trigger && { trigger }),
    ...(isStray && { stray: true }),
  };
}

async function openAndWatch({
  bucket,
  decisions,
  timeoutMs,
  signal,
}: Ground): Promise<
  { readonly entry: Entry; readonly clientMs: number; readonly resolutionMs: number } | { readonly reason: string }
> {
  const newEntries = await decisions.follow();
  await bucket.open();
  const opened = performance.now();
  let [lastOff, onSince, reason]: [number, number | undefined, string] = [opened, undefined, 'no decision about it'];
  let entry: Entry | undefined;
  let lastAsked = opened;
  for (;;) {
    const asked = performance.now();
    const isClosed = await bucket.isClosed();
    const answered = performance.now();
    if (isClosed) onSince ??= answered;
    else [lastOff, onSince] = [asked, undefined];
    if (entry && onSince !== undefined)
      return { entry, clientMs: onSince - opened, resolutionMs: onSince - Math.max(opened, lastOff) };
    const elapsed = answered - opened;
    if (elapsed > timeoutMs || signal.aborted) return { reason: `not within ${timeoutMs / 1000} s: ${reason}` };
    const wait = Math.min(POLL.mostMs, Math.max(POLL.leastMs, POLL.share * elapsed));
    // While it is open, the ledger is asked now and then: it slows the looks down.
    const isDue = onSince !== undefined || answered - lastAsked >= LEDGER_MS;
    if (isDue) lastAsked = answered;
    const [entries] = await Promise.all([isDue ? newEntries() : [], pause(wait, signal)]);
    for (const one of entries) {
      if (one.outcome === undefined) continue;
      reason = `${one.outcome}: ${one.reason}`;
      if (one.outcome === 'REMEDIATED' && one.actions.some(({ kind }) => kind === 'PutPublicAccessBlock')) entry = one;
      else if (one.outcome === 'HELD' || one.outcome === 'DRY_RUN' || one.outcome === 'EXEMPT') return { reason };
    }
  }
}
