/** What many measurements come to. */
export interface Figures {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** To a tenth: nothing that is timed over a network is worth more. */
export const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Undefined of nothing. Quantiles by nearest rank: each is a value that was measured, the least that as many are not above. */
export function figuresOf(values: readonly number[]): Figures | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const max = sorted.at(-1);
  if (max === undefined) return undefined;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { count: sorted.length, mean: tenth(mean), p50: quantile(0.5), p95: quantile(0.95), max };
}
