import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { EC2Client } from '@aws-sdk/client-ec2';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { digest } from '../functions/core/canonical';
import type { Ledger } from '../functions/core/ledger';
import { once } from '../functions/core/once';
import { SecurityGroups } from '../functions/remediate-security-group/adapter';
import { securityGroupRemediation } from '../functions/remediate-security-group/remediation';
import type { Account } from './account';
import { Installation } from './installation';
import { interruptible } from './interrupt';
import { openLocalLedger } from './local-ledger';
import { root } from './project';
import { type AccountSweep, remaining, type SweepMode, sweepAccount } from './sweep-account';
import { type SweepReport, sweepReport } from './sweep-report';
import { SweepState } from './sweep-state';
import { UsageError } from './terminal';
import { unwritten } from './unwritten-ledger';

interface SweepOptions {
  readonly mode: SweepMode;
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
 * The same planners over the whole account: observe shows what would be changed, enforce changes it.
 * Exit status 0 if nothing remains, 1 if violations do.
 */
export async function sweepCommand(options: SweepOptions): Promise<void> {
  const { mode, settings, ledger: directory, resume = false, json = false } = options;
  if (directory !== undefined && settings === undefined)
    throw new UsageError(
      '--ledger DIR goes with --settings FILE: without an installation, the policy comes from there',
    );
  const ground = directory === undefined ? await installed(mode, settings) : await local(settings as string, directory);
  try {
    await run(ground, { mode, resume, report: sweepReport(mode, ground.account.home, json) }, hintOf(options));
  } finally {
    ground.close();
  }
}

async function run(
  { account, ledger, keepsReceipts, stateFile, tell, reach }: Ground,
  { mode, resume, report }: { readonly mode: SweepMode; readonly resume: boolean; readonly report: SweepReport },
  hint: string,
): Promise<void> {
  if (!resume && existsSync(stateFile))
    report.note(
      `A sweep that began earlier was not finished. This one begins anew; ${hint} would have gone on with it.`,
    );
  const { signal, ignore } = interruptible(report);
  const state = SweepState.begin(stateFile, mode, account.home, resume);
  const { totals } = state;
  const remediation = securityGroupRemediation(
    new SecurityGroups(
      new EC2Client(account.config),
      once(() => new ConfigServiceClient(account.config)),
    ),
  );
  let isComplete: boolean;
  try {
    isComplete = await reach(
      sweepAccount(remediation, {
        ledger,
        home: account.home,
        mode,
        by: account.caller,
        totals,
        signal,
        tell,
        found: ({ receipt, ...found }) => report.found({ ...found, ...(keepsReceipts && receipt && { receipt }) }),
        moved: () => state.save(),
        progress: (done, listed) => report.progress(done, listed),
      }),
    );
  } catch (error) {
    if (totals.seen + totals.inQuestion === 0) state.forget();
    else await report.end(totals, false, hint);
    throw error;
  } finally {
    ignore();
    report.close();
  }
  if (isComplete) state.forget();
  else state.save();
  await report.end(totals, isComplete, hint);
  if (!isComplete || remaining(totals) > 0) process.exitCode = 1;
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

const hintOf = ({ mode, settings, ledger }: SweepOptions): string =>
  [
    `suture sweep --mode ${mode}`,
    settings !== undefined && `--settings ${settings}`,
    ledger !== undefined && `--ledger ${ledger}`,
    '--resume',
  ]
    .filter(Boolean)
    .join(' ');
