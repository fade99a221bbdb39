import { once } from 'node:events';
import type { Home } from '../functions/core/remediation';
import { progress, resultLine } from './progress';
import { type Found, remaining, type SweepMode, type SweepTotals } from './sweep-account';
import { paint } from './terminal';

/** Tells how a sweep goes. Nothing is kept: an account may have any number of resources. */
export interface SweepReport {
  found(found: Found): Promise<void>;
  /** How many are done, of those that are listed so far. */
  progress(done: number, listed: number): void;
  /** For people, beside the result. */
  note(text: string): void;
  end(totals: SweepTotals, isComplete: boolean, hint: string): Promise<void>;
  /** Leaves the terminal as it was, however it ended. */
  close(): void;
}

export const sweepReport = (mode: SweepMode, home: Home, json: boolean): SweepReport =>
  json ? jsonReport(mode, home) : textReport(mode, home);

function textReport(mode: SweepMode, { account, region }: Home): SweepReport {
  const bar = progress('security groups');
  return {
    found: async ({ outcome, resourceId, reason }) => bar.line(resultLine(outcome, resourceId, reason)),
    progress: (done, listed) => bar.at(done, listed),
    note: (text) => console.error(text),
    close: () => bar.end(),
    end: async (totals, isComplete, hint) => {
      bar.end();
      const counts = Object.entries(totals.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
      const left = remaining(totals);
      const told = [`${totals.seen} seen`, `${totals.inQuestion} in question`].join(', ');
      console.log(
        `${mode === 'observe' ? 'Observed' : 'Swept'} account ${account} in ${region}: ${[told, ...counts].join(', ')}.`,
      );
      if (!isComplete) console.log(paint('yellow', `Not finished. Go on with: ${hint}`));
      else if (left === 0) console.log(paint('green', 'Nothing remains.'));
      else console.log(paint('red', `${left} ${left === 1 ? 'violation remains' : 'violations remain'}.`));
    },
  };
}

/** One object, the resources in question first, each as soon as it is known. */
function jsonReport(mode: SweepMode, { account, region }: Home): SweepReport {
  let count = 0;
  const write = async (text: string) => {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  };
  const head = JSON.stringify({ mode, account, region }).slice(0, -1);
  return {
    found: (found) => write(`${count++ === 0 ? `${head},"resources":[\n` : ',\n'}${JSON.stringify(found)}`),
    progress: () => undefined,
    note: (text) => console.error(text),
    close: () => undefined,
    end: (totals, isComplete) => {
      const { startedAt, seen, inQuestion, outcomes } = totals;
      const rest = { startedAt, seen, inQuestion, outcomes, remaining: remaining(totals), complete: isComplete };
      const begun = count === 0 ? `${head},"resources":[` : '\n';
      return write(`${begun}],${JSON.stringify(rest).slice(1)}\n`);
    },
  };
}
