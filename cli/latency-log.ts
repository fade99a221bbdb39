import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { Outcome } from '../functions/core/outcomes';
import type { Trigger } from '../functions/core/schema';
import { pause } from './latency-decisions';

/** A clock may differ by so much before AWS refuses what it signs. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html RequestTimeTooSkewed */
const SKEW_MS = 15 * 60_000;
/** Between two looks. FilterLogEvents may be called five times a second in some Regions. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

/** What the function writes of one decision, as far as it is read here. */
export interface DecisionLine {
  readonly outcome: Outcome;
  readonly trigger?: Trigger;
  readonly receipt?: string;
  readonly responseTimeMs?: number;
}

/** What the functions log about one bucket. */
export class DecisionLog {
  /** Ids of events that were heard before. */
  private readonly heard = new Set<string>();
  private from = Date.now() - SKEW_MS;

  constructor(
    private readonly logs: CloudWatchLogsClient,
    private readonly logGroupName: string,
    private readonly bucket: string,
  ) {}

  /** Whether a decision is about an event that no earlier round heard of. */
  readonly isNew = ({ trigger }: { readonly trigger?: Trigger }): boolean =>
    trigger !== undefined && !this.heard.has(trigger.id);

  /** Lines, once they say enough, or when the time is up. */
  async until(
    isEnough: (lines: readonly DecisionLine[]) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<DecisionLine[]> {
    const end = performance.now() + timeoutMs;
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      const lines = await this.lines();
      if (isEnough(lines) || signal.aborted || performance.now() > end) return lines;
      await pause(wait, signal);
    }
  }

  /** What was heard belongs to the past. */
  turn(lines: readonly DecisionLine[]): void {
    for (const { trigger } of lines) if (trigger) this.heard.add(trigger.id);
    this.from = Date.now() - SKEW_MS;
  }

  private async lines(): Promise<DecisionLine[]> {
    const { logs, logGroupName, bucket, from } = this;
    const filterPattern = `{ $.resourceId = "${bucket}" }`;
    const pages = paginateFilterLogEvents({ client: logs }, { logGroupName, filterPattern, startTime: from });
    const lines: DecisionLine[] = [];
    for await (const { events = [] } of pages)
      for (const { message = '' } of events) {
        const line = JSON.parse(message) as Partial<DecisionLine>;
        // The lines before a change have no outcome.
        if (line.outcome) lines.push(line as DecisionLine);
      }
    return lines;
  }
}
