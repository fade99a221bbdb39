import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { subjectOf } from '../functions/core/sweep';
import { AccountBlocks } from '../functions/remediate-bucket/account-adapter';
import { Buckets } from '../functions/remediate-bucket/adapter';
import { BUCKET } from '../functions/remediate-bucket/bucket';
import { bucketRemediation } from '../functions/remediate-bucket/remediation';
import { Installation } from './installation';
import { interruptible } from './interrupt';
import { newBucketName, TestBucket } from './latency-bucket';
import { BucketDecisions, type Forecast } from './latency-decisions';
import { DecisionLog } from './latency-log';
import { latencyPage } from './latency-page';
import { figureTable, latencyResult, logLines, precision, verdictLine } from './latency-result';
import { isQuiet, measureRound, type Round } from './latency-round';
import { problemLine } from './problem';
import { type Progress, progress } from './progress';
import { root } from './project';
import { s3ControlClient } from './s3-control';
import { clean, paint, UsageError } from './terminal';

/** Who is not healed so often in a row is not healed at all. */
const MOST_MISSES = 3;

interface LatencyOptions {
  readonly iterations: number;
  readonly bucket?: string;
  readonly timeout: number;
  readonly settings?: string;
  readonly json?: boolean;
}

/** How a run goes, and why it ended before its time. */
interface Course {
  readonly rounds: Round[];
  stopped?: string;
}

/**
 * Opens a bucket again and again by S3's API, and measures how long it takes until it is closed.
 * Exit status 0 if each round was healed, 1 if not.
 */
export async function latencyCommand(options: LatencyOptions): Promise<void> {
  const { iterations, bucket: given, timeout, settings, json = false } = options;
  if (given !== undefined && !BUCKET.idPattern.test(given))
    throw new UsageError(`--bucket ${clean(given)}: no name of a bucket`);
  const installation = await Installation.find(settings);
  const { home } = installation.account;
  const ground = await prepare(installation, options);
  const { bucket } = ground;
  for (const line of warnings(ground, installation, iterations)) console.error(line);

  const bar = progress();
  const { signal, ignore } = interruptible(
    { note: (text) => console.error(text), close: () => bar.end() },
    `Ending with this round; once more ends at once, and leaves the bucket ${bucket.name} as it is.`,
  );
  const course: Course = { rounds: [] };
  const asked = { home, bucket: bucket.name, startedAt: new Date().toISOString(), iterations, timeoutSeconds: timeout };
  try {
    try {
      await run({ ...ground, iterations, timeoutMs: timeout * 1000, signal, bar }, course);
    } finally {
      bar.end();
      await bucket.leave();
    }
  } catch (error) {
    // What was measured so far is worth keeping.
    if (course.rounds.length > 0) write(latencyResult({ ...asked, ...course, stopped: problemLine(error) }));
    throw error;
  } finally {
    ignore();
  }
  const result = latencyResult({ ...asked, ...course, ...(signal.aborted && { stopped: 'interrupted' }) });
  write(result);
  if (json) console.log(JSON.stringify(result, null, 2));
  else tell(result);
  if (result.notHealed > 0 || !result.complete) process.exitCode = 1;
}

type Ground = Awaited<ReturnType<typeof prepare>>;

/**
 * What a run needs, before anything is changed.
 *
 * @throws UsageError if the named bucket is not fit for it; Error if no bucket would be healed
 */
async function prepare(installation: Installation, { bucket: given }: LatencyOptions) {
  const { account, names, ledger } = installation;
  const { config, home } = account;
  const s3 = new S3Client(config);
  const accounts = new AccountBlocks(s3ControlClient(config));
  const remediation = bucketRemediation(new Buckets(s3, accounts));
  const decisionsAbout = (name: string) => new BucketDecisions(ledger, remediation, subjectOf(remediation, name, home));

  // Any bucket first: that one is not healed is the installation's affair, not that of who names it.
  const name = newBucketName(home);
  const accountBlock = await accounts.block(home.account);
  const plain = { name, arn: BUCKET.arn(name, home), ...home, tags: {}, website: false };
  const any = await installation.reach(
    decisionsAbout(name).forecast({ ...plain, ...(accountBlock && { accountBlock }) }),
  );
  if (any?.verdict.outcome !== 'ACT') throw new Error(`no bucket would be healed: ${whyNot(any)}`);

  if (given !== undefined) {
    const own = await decisionsAbout(given).forecast();
    if (!own) throw new UsageError(`--bucket ${given}: the account ${home.account} has no such bucket`);
    if (own.verdict.outcome !== 'ACT') throw new UsageError(`--bucket ${given} would not be healed: ${whyNot(own)}`);
  }
  return {
    bucket: given === undefined ? TestBucket.own(s3, home, name) : await TestBucket.given(s3, home, given),
    decisions: decisionsAbout(given ?? name),
    log: new DecisionLog(new CloudWatchLogsClient(config), names.remediationLogGroup, given ?? name),
    forecast: any,
  };
}

/** In a sentence, why a bucket that is opened would stay so. */
function whyNot(forecast: Forecast | undefined): string {
  if (!forecast) return 'it is gone';
  const { outcome, mode, reason } = forecast.verdict;
  if (outcome === 'DRY_RUN')
    return 'the policy observes buckets (mode observe); to measure, set buckets.mode to enforce';
  if (outcome === 'HELD' && mode === 'approve' && reason.startsWith('waits for approval'))
    return 'each change of a bucket waits for approval (mode approve); to measure, set buckets.mode to enforce';
  if (outcome === 'NO_ACTION') return "the account's own public access block covers each of its buckets";
  return reason;
}

/** What the run will set off, for those who are told of it. */
function warnings({ bucket, forecast }: Ground, { names }: Installation, iterations: number): string[] {
  const { policy, left, limit } = forecast;
  const { repeats, windowMinutes } = policy.fight;
  return [
    `Opening and healing ${bucket.isOwn ? 'a bucket of its own, ' : ''}${bucket.name}, ${iterations} times: as many changes by Suture, ` +
      `with ${left} left of the ${limit} for buckets in this hour. The alarm ${names.bucket.actionAlarm} will go off.`,
    ...(iterations > left
      ? [
          'That is more than are left: it ends when they are used up, and until the next hour no other bucket is healed either.',
        ]
      : []),
    ...(iterations >= repeats
      ? [
          `${repeats} fixes of one resource in ${windowMinutes} minutes count as a fight: expect the message "somebody keeps reopening ${bucket.name}".`,
        ]
      : []),
  ];
}

async function run(
  ground: Ground & {
    readonly iterations: number;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly bar: Progress;
  },
  course: Course,
): Promise<void> {
  const { bucket, decisions, log, iterations, timeoutMs, signal, bar } = ground;
  if (bucket.isOwn) {
    await bucket.make();
    const isHeard = isQuiet(log, 'CreateBucket');
    const lines = await log.until(isHeard, timeoutMs, signal);
    if (!isHeard(lines) && !signal.aborted)
      throw new Error(
        `Suture did not look at the new bucket within ${timeoutMs / 1000} s: see whether a trail logs management events here, and whether the rule is on`,
      );
    log.turn(lines);
  }
  let misses = 0;
  for (let number = 1; number <= iterations && !signal.aborted; number++) {
    bar.at(number - 1, iterations, 'rounds');
    const forecast = await decisions.forecast();
    if (forecast?.verdict.outcome !== 'ACT') {
      course.stopped = whyNot(forecast);
      return;
    }
    const round = await measureRound(number, { bucket, decisions, log, timeoutMs, signal });
    if (!round) return;
    course.rounds.push(round);
    bar.at(number, iterations, 'rounds');
    if (!round.healed) console.error(`Round ${number} was not healed: ${clean(round.reason ?? '')}`);
    misses = round.healed ? 0 : misses + 1;
    if (misses === MOST_MISSES) {
      course.stopped = `${MOST_MISSES} rounds in a row were not healed`;
      return;
    }
  }
}

const directory = join(root, 'out', 'latency');

function write(result: ReturnType<typeof latencyResult>): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'latency.log'), logLines(result));
  writeFileSync(join(directory, 'latency.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(directory, 'latency.html'), latencyPage(result));
}

function tell(result: ReturnType<typeof latencyResult>): void {
  console.log(figureTable(result));
  console.log(`\n${precision(result).join('\n')}`);
  console.log(paint(result.complete && result.notHealed === 0 ? 'green' : 'red', `${verdictLine(result)}.`));
  console.log('out/latency/ holds latency.log, latency.json and latency.html.');
}
