/** What was measured in one minute in one unit. */
interface Minute {
  /** ms since 1970. */
  readonly start: number;
  readonly unit: string;
  sum: number;
  count: number;
  minimum: number;
  maximum: number;
  /** How often each value came. Unknown for some samples if they came as a statistic set. */
  readonly values: Map<number, number>;
}

/** Samples that a client summed up by itself. */
export interface StatisticSet {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** In ms. */
export const MINUTE = 60_000;

const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/;

/** Whether `statistic` can be computed: `SampleCount`, `Average`, `Sum`, `Minimum`, `Maximum` or a percentile such as `p99.9`. */
export const isStatistic = (statistic: string): boolean =>
  /^(SampleCount|Average|Sum|Minimum|Maximum)$/.test(statistic) || PERCENTILE.test(statistic);

/**
 * The samples of one metric, kept by the minute as CloudWatch does for metrics of standard resolution.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Resolution_definition
 */
export class MetricSeries {
  /** By time. */
  private readonly minutes: Minute[] = [];

  add(timestamp: number, unit: string, value: number, times = 1): void {
    this.addSet(timestamp, unit, { count: times, sum: value * times, minimum: value, maximum: value });
  }

  addSet(timestamp: number, unit: string, set: StatisticSet): void {
    const minute = this.minuteOf(timestamp, unit);
    minute.sum += set.sum;
    minute.count += set.count;
    minute.minimum = Math.min(minute.minimum, set.minimum);
    minute.maximum = Math.max(minute.maximum, set.maximum);
    if (set.minimum === set.maximum) minute.values.set(set.minimum, (minute.values.get(set.minimum) ?? 0) + set.count);
  }

  /** A statistic of what was measured from one moment to another, which is not included. Undefined if that is nothing. */
  statistic(name: string, from: number, to: number, unit?: string): number | undefined {
    const minutes = this.between(from, to, unit);
    if (minutes.length === 0) return undefined;
    const total = (key: 'sum' | 'count') => minutes.reduce((sum, minute) => sum + minute[key], 0);
    switch (name) {
      case 'SampleCount':
        return total('count');
      case 'Sum':
        return total('sum');
      case 'Average':
        return total('sum') / total('count');
      case 'Minimum':
        return Math.min(...minutes.map(({ minimum }) => minimum));
      case 'Maximum':
        return Math.max(...minutes.map(({ maximum }) => maximum));
      default:
        return percentile(minutes, Number(PERCENTILE.exec(name)?.[1]));
    }
  }

  /** The unit of what was measured first in a time. */
  unitIn(from: number, to: number, unit?: string): string | undefined {
    return this.between(from, to, unit)[0]?.unit;
  }

  /** Start of the first minute with a sample. */
  get earliest(): number {
    return this.minutes[0]?.start ?? Number.POSITIVE_INFINITY;
  }

  /** Start of the last minute with a sample. */
  get latest(): number {
    return this.minutes.at(-1)?.start ?? Number.NEGATIVE_INFINITY;
  }

  private between(from: number, to: number, unit?: string): readonly Minute[] {
    const found = this.minutes.slice(this.indexOf(from), this.indexOf(to));
    return unit === undefined ? found : found.filter((minute) => minute.unit === unit);
  }

  /** Of the first minute that does not start before a time. */
  private indexOf(time: number): number {
    let [low, high] = [0, this.minutes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.minutes[middle]?.start ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private minuteOf(timestamp: number, unit: string): Minute {
    const start = Math.floor(timestamp / MINUTE) * MINUTE;
    const found = this.between(start, start + 1, unit)[0];
    if (found) return found;
    const nothing = { sum: 0, count: 0, minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };
    const minute: Minute = { start, unit, ...nothing, values: new Map() };
    this.minutes.splice(this.indexOf(start), 0, minute);
    return minute;
  }
}

/** The smallest value that so many percent of the samples do not exceed. Undefined if not all values are known. */
function percentile(minutes: readonly Minute[], percent: number): number | undefined {
  const counts = new Map<number, number>();
  for (const { values } of minutes)
    for (const [value, count] of values) counts.set(value, (counts.get(value) ?? 0) + count);
  const known = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (known < minutes.reduce((sum, { count }) => sum + count, 0)) return undefined;
  // Rounded, or 99.9 percent of 1000 samples would be more than 999 of them.
  let left = Number(((percent * known) / 100).toFixed(6));
  const sorted = [...counts].sort(([a], [b]) => a - b);
  for (const [value, count] of sorted) {
    left -= count;
    if (left <= 0) return value;
  }
  return sorted.at(-1)?.[0];
}
