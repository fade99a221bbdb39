import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { digest } from '../functions/core/canonical';
import type { Ledger } from '../functions/core/ledger';
import { once } from '../functions/core/once';
import type { Account } from './account';
import { Installation } from './installation';
import { interruptible } from './interrupt';
import { type Kind, kinds } from './kinds';
import { openLocalLedger } from './local-ledger';
import { problemLine } from './problem';
import { root } from './project';
import { type AccountSweep, type Counts, ListingError, remaining, type SweepMode, sweepAccount } from './sweep-account';
import { type SweepReport, sumOf, sweepReport } from './sweep-report';
import { SweepState } from './sweep-state';
import { UsageError } from './terminal';
import { unwritten } from './unwritten-ledger';

interface SweepOptions {
  readonly mode: SweepMode;
  /** One kind alone, by its name. */
  readonly only?: string;
  readonly settings?: string;
  readonly ledger?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** Where a sweep finds its policy and leaves its receipts. */
interface Ground {
  readonly account: Account;
  readonly ledger: Ledger;
  /** Whether what is decided is written down. */
  readonly keepsReceipts: boolean;
  readonly stateFile: string;
  readonly tell: AccountSweep['tell'];
  reach<T>(work: Promise<T>): Promise<T>;
  close(): void;
}

/**
 * The same planners over the whole account, one kind of resources after the other: observe shows what would be changed, enforce changes
 * it. Exit status 0 if nothing remains, 1 if violations do.
 */
export async function sweepCommand(options: SweepOptions): Promise<void> {
  const { mode, only, settings, ledger: directory, resume = false, json = false } = options;
  const swept = kinds.filter(({ name }) => only === undefined || name === only);
  if (directory !== undefined && settings === undefined)
    throw new UsageError(
      '--ledger DIR goes with --settings FILE: without an installation, the policy comes from there',
    );
  const ground = directory === undefined ? await installed(mode, settings) : await local(settings as string, directory);
  try {
    const report = sweepReport(mode, ground.account.home, json);
    await run(ground, { mode, kinds: swept, resume, report }, hintOf(options));
  } finally {
    ground.close();
  }
}

interface Run {
  readonly mode: SweepMode;
  readonly kinds: readonly Kind[];
  readonly resume: boolean;
  readonly report: SweepReport;
}

async function run(ground: Ground, { mode, kinds, resume, report }: Run, hint: string): Promise<void> {
  const { account, stateFile } = ground;
  if (!resume && existsSync(stateFile))
    report.note(
      `A sweep that began earlier was not finished. This one begins anew; ${hint} would have gone on with it.`,
    );
  const { signal, ignore } = interruptible(report);
  const scope = { mode, home: account.home, kinds: kinds.map(({ name }) => name) };
  const state = SweepState.begin(stateFile, scope, resume);
  /** Kinds that could not be listed to their end. */
  const unlisted = new Set<Kind>();
  const countsOf = (kind: Kind): Counts => {
    const totals = state.totals.filter((one) => one.kind === kind.name);
    return sumOf(unlisted.has(kind) ? [...totals, NOT_LISTED] : totals);
  };
  const summary = () => ({
    startedAt: state.startedAt,
    kinds: kinds.map((kind) => ({ kind, counts: countsOf(kind) })),
    isComplete: state.isComplete,
  });
  try {
    for (const kind of kinds) {
      if (signal.aborted) break;
      if (!(await sweepKind(kind, ground, { state, mode, signal, report }))) unlisted.add(kind);
    }
  } catch (error) {
    const { seen, inQuestion } = sumOf(state.totals);
    if (seen + inQuestion + unlisted.size === 0) state.forget();
    else await report.end(summary(), hint);
    throw error;
  } finally {
    ignore();
    report.close();
  }
  if (state.isComplete) state.forget();
  else state.save();
  await report.end(summary(), hint);
  if (!state.isComplete || remaining(sumOf(state.totals)) > 0) process.exitCode = 1;
}

/** What it may hold is not as it should be, as far as anybody knows. */
const NOT_LISTED: Counts = { seen: 0, inQuestion: 1, outcomes: { FAILED: 1 } };

/** False if it could not be listed to its end: that is told, and the other kinds are swept all the same. */
async function sweepKind(
  kind: Kind,
  { account, ledger, keepsReceipts, tell, reach }: Ground,
  {
    state,
    mode,
    signal,
    report,
  }: {
    readonly state: SweepState;
    readonly mode: SweepMode;
    readonly signal: AbortSignal;
    readonly report: SweepReport;
  },
): Promise<boolean> {
  const totals = state.totals.find((one) => one.kind === kind.name);
  if (!totals || totals.isDone) return true;
  try {
    await reach(
      sweepAccount(kind.remediation(account.config), {
        ledger,
        home: account.home,
        mode,
        by: account.caller,
        id: state.id,
        startedAt: state.startedAt,
        totals,
        signal,
        tell,
        found: ({ receipt, ...found }) => report.found({ ...found, ...(keepsReceipts && receipt && { receipt }) }),
        moved: () => state.save(),
        progress: (done, listed) => report.progress(kind, done, listed),
      }),
    );
    state.save();
    return true;
  } catch (error) {
    if (!(error instanceof ListingError)) throw error;
    await report.found({
      resourceType: kind.resource.type,
      resourceId: '*',
      resourceArn: kind.resource.arn('*', account.home),
      outcome: 'FAILED',
      reason: `${kind.nouns} could not be read: ${problemLine(error.cause)}`,
      actions: [],
    });
    return false;
  }
}

/** The policy and the ledger of what is deployed. */
async function installed(mode: SweepMode, settings: string | undefined): Promise<Ground> {
  const installation = await Installation.find(settings);
  const { account, names, ledger } = installation;
  const sns = once(() => new SNSClient(account.config));
  const { account: id, region } = account.home;
  return {
    account,
    ledger: mode === 'observe' ? unwritten(ledger) : ledger,
    keepsReceipts: mode === 'enforce',
    stateFile: join(root, 'out', 'sweeps', `${[names.ledgerTable, id, region, ...elsewhere()].join('-')}.json`),
    tell: async ({ subject, text }) => {
      const TopicArn = installation.arn('sns', names.alertTopic);
      await sns().send(new PublishCommand({ TopicArn, Subject: subject, Message: text }));
    },
    reach: (work) => installation.reach(work),
    close: () => undefined,
  };
}

/** Accounts behind other endpoints may have the same number. */
function elsewhere(): string[] {
  const { AWS_ENDPOINT_URL: endpoint } = process.env;
  return endpoint ? [digest(endpoint).slice(0, 8)] : [];
}

/** The policy of a settings file and a ledger of files: to try Suture where nothing is deployed. */
async function local(settings: string, directory: string): Promise<Ground> {
  const { account, ledger } = await openLocalLedger(settings, directory);
  return {
    account,
    ledger,
    keepsReceipts: true,
    stateFile: join(directory, 'sweep.json'),
    // Whoever runs it reads the outcome.
    tell: async () => undefined,
    reach: (work) => work,
    close: () => ledger.close(),
  };
}

const hintOf = ({ mode, only, settings, ledger }: SweepOptions): string =>
  [
    `suture sweep --mode ${mode}`,
    only !== undefined && `--only ${only}`,
    settings !== undefined && `--settings ${settings}`,
    ledger !== undefined && `--ledger ${ledger}`,
    '--resume',
  ]
    .filter(Boolean)
    .join(' ');
