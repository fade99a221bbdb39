import { once } from 'node:events';
import type { Home } from '../functions/core/remediation';
import type { Kind } from './kinds';
import { progress, resultLine } from './progress';
import { type Counts, type Found, remaining, type SweepMode } from './sweep-account';
import { paint } from './terminal';

/** How far a sweep came. */
export interface SweepSummary {
  readonly startedAt: string;
  readonly kinds: readonly { readonly kind: Kind; readonly counts: Counts }[];
  readonly isComplete: boolean;
}

/** Tells how a sweep goes. Nothing is kept: an account may have any number of resources. */
export interface SweepReport {
  found(found: Found): Promise<void>;
  /** How many of a kind are done, of those that are listed so far. */
  progress(kind: Kind, done: number, listed: number): void;
  /** For people, beside the result. */
  note(text: string): void;
  end(summary: SweepSummary, hint: string): Promise<void>;
  /** Leaves the terminal as it was, however it ended. */
  close(): void;
}

export const sweepReport = (mode: SweepMode, home: Home, json: boolean): SweepReport =>
  json ? jsonReport(mode, home) : textReport(mode, home);

/** Counts of several kinds together. */
export function sumOf(all: readonly Counts[]): Counts {
  const outcomes: Record<string, number> = {};
  // In the same order, whichever came first.
  const counted = all.flatMap((one) => Object.entries(one.outcomes)).sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [outcome, count] of counted) outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  const sum = (key: 'seen' | 'inQuestion') => all.reduce((total, one) => total + one[key], 0);
  return { seen: sum('seen'), inQuestion: sum('inQuestion'), outcomes };
}

function textReport(mode: SweepMode, { account, region }: Home): SweepReport {
  const bar = progress();
  return {
    found: async ({ outcome, resourceId, reason }) => bar.line(resultLine(outcome, resourceId, reason)),
    progress: ({ nouns }, done, listed) => bar.at(done, listed, nouns),
    note: (text) => console.error(text),
    close: () => bar.end(),
    end: async ({ kinds, isComplete }, hint) => {
      bar.end();
      const total = sumOf(kinds.map(({ counts }) => counts));
      console.log(
        `${mode === 'observe' ? 'Observed' : 'Swept'} account ${account} in ${region}: ${countsText(total)}.`,
      );
      if (kinds.length > 1) for (const { kind, counts } of kinds) console.log(`  ${kind.nouns}: ${countsText(counts)}`);
      const left = remaining(total);
      if (!isComplete) console.log(paint('yellow', `Not finished. Go on with: ${hint}`));
      else if (left === 0) console.log(paint('green', 'Nothing remains.'));
      else console.log(paint('red', `${left} ${left === 1 ? 'violation remains' : 'violations remain'}.`));
    },
  };
}

const countsText = ({ seen, inQuestion, outcomes }: Counts): string =>
  [
    `${seen} seen`,
    `${inQuestion} in question`,
    ...Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`),
  ].join(', ');

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
    end: ({ startedAt, kinds, isComplete }) => {
      const total = sumOf(kinds.map(({ counts }) => counts));
      const rest = {
        startedAt,
        ...total,
        kinds: Object.fromEntries(kinds.map(({ kind, counts }) => [kind.name, sumOf([counts])])),
        remaining: remaining(total),
        complete: isComplete,
      };
      const begun = count === 0 ? `${head},"resources":[` : '\n';
      return write(`${begun}],${JSON.stringify(rest).slice(1)}\n`);
    },
  };
}
