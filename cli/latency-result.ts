import type { Home } from '../functions/core/remediation';
import { type Figures, figuresOf } from './figures';
import { POLL, type Round } from './latency-round';
import { clean, columns } from './terminal';

/** The three figures, in the order in which they are told. */
export const FIGURES = [
  { key: 'clientMs', name: 'client round trip' },
  { key: 'reportedMs', name: 'reported by the function' },
  { key: 'differenceMs', name: 'difference' },
] as const;
export type FigureKey = (typeof FIGURES)[number]['key'];

/** What a run came to: what `--json` prints and `latency.json` holds. */
export interface LatencyResult {
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Rounds that were asked for. */
  readonly iterations: number;
  readonly timeoutSeconds: number;
  readonly poll: typeof POLL;
  readonly healed: number;
  readonly notHealed: number;
  /** Healed, but perhaps on account of something older than the round. */
  readonly stray: number;
  /** In milliseconds. Null where nothing was measured. */
  readonly figures: Readonly<Record<FigureKey | 'resolutionMs', Figures | null>>;
  readonly complete: boolean;
  /** Why it ended before its time. */
  readonly stopped?: string;
  readonly rounds: readonly Round[];
}

export interface Run {
  readonly home: Home;
  readonly bucket: string;
  readonly startedAt: string;
  readonly iterations: number;
  readonly timeoutSeconds: number;
  readonly rounds: readonly Round[];
  readonly stopped?: string | undefined;
}

/** Strays count as healed, and in no figure. */
export function latencyResult({ home, rounds, stopped, ...run }: Run): LatencyResult {
  const counted = rounds.filter(({ healed, stray }) => healed && !stray);
  const figures = (key: FigureKey | 'resolutionMs') => figuresOf(counted.flatMap((round) => round[key] ?? [])) ?? null;
  const healed = rounds.filter((round) => round.healed).length;
  return {
    account: home.account,
    region: home.region,
    ...run,
    endedAt: new Date().toISOString(),
    poll: POLL,
    healed,
    notHealed: rounds.length - healed,
    stray: rounds.filter(({ stray }) => stray).length,
    figures: {
      clientMs: figures('clientMs'),
      reportedMs: figures('reportedMs'),
      differenceMs: figures('differenceMs'),
      resolutionMs: figures('resolutionMs'),
    },
    complete: rounds.length === run.iterations,
    ...(stopped !== undefined && { stopped }),
    rounds,
  };
}

/** How many rounds were healed, and what became of the others. */
export function verdictLine({ rounds, iterations, healed, notHealed, stray, stopped }: LatencyResult): string {
  return [
    `${healed} of ${rounds.length} rounds healed`,
    rounds.length < iterations && `${iterations} were asked for`,
    notHealed > 0 && `${notHealed} not`,
    stray > 0 && `${stray} woken by something older, left out of the figures`,
    stopped !== undefined && `ended early: ${stopped}`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** In words, how good the figures are. */
export function precision({ figures: { resolutionMs } }: LatencyResult): string[] {
  const { share, leastMs, mostMs } = POLL;
  return [
    `The client looks at the block every ${leastMs} to ${mostMs} ms, after ${share * 100} % of the time so far` +
      (resolutionMs
        ? `: a round trip is up to ${resolutionMs.mean} ms too long on average, ${resolutionMs.max} ms at most.`
        : '.'),
    "The function counts from CloudTrail's time of the call, in whole seconds: up to 1000 ms too long, 500 ms on average.",
  ];
}

/** Mean, p50, p95 and max of each figure, in milliseconds. */
export const figureTable = ({ figures }: LatencyResult): string =>
  columns([
    ['milliseconds', 'rounds', 'mean', 'p50', 'p95', 'max'],
    ...FIGURES.map(({ key, name }) => {
      const { count, mean, p50, p95, max } = figures[key] ?? { count: 0 };
      return [name, ...[count, mean, p50, p95, max].map((value) => String(value ?? '-'))];
    }),
  ]);

/** A line for each round, as `key=value`. */
export const logLines = ({ rounds, iterations }: LatencyResult): string =>
  rounds.map((round) => `${clean(logLine(round, iterations))}\n`).join('');

function logLine(
  {
    round,
    startedAt,
    healed,
    clientMs,
    resolutionMs,
    reportedMs,
    differenceMs,
    trigger,
    receipt,
    stray,
    reason,
  }: Round,
  iterations: number,
): string {
  const values = { clientMs, resolutionMs, reportedMs, differenceMs, trigger: trigger?.name, receipt, stray };
  return [
    `${startedAt} round=${round}/${iterations} healed=${healed}`,
    ...Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`])),
    ...(reason === undefined ? [] : [`reason=${JSON.stringify(reason)}`]),
  ].join(' ');
}
