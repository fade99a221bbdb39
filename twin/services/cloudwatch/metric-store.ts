import type { Dimension, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { evaluateMetricMath, MetricMathError, type Points } from './metric-math';
import { MetricSeries } from './metric-series';

/** What identifies a metric. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A metric with its samples. */
export interface StoredMetric extends MetricName {
  readonly series: MetricSeries;
}

/** The order of the dimensions does not matter. */
export const metricKey = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, ...Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

/** Dimensions by name. */
export const dimensionsOf = (dimensions: readonly Dimension[] | undefined): Record<string, string> =>
  Object.fromEntries((dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));

/** Dimensions as the API lists them. */
export const listDimensions = (dimensions: Readonly<Record<string, string>>): { Name: string; Value: string }[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

/** The metric that a query reads, if it is not an expression. */
export function metricIn({ MetricStat }: MetricDataQuery): MetricName | undefined {
  if (!MetricStat?.Metric) return undefined;
  const { Namespace: namespace = '', MetricName: name = '', Dimensions } = MetricStat.Metric;
  return { namespace, name, dimensions: dimensionsOf(Dimensions) };
}

/** The metrics of an account in a Region. Kept as long as the twin runs. */
export class MetricStore {
  private readonly metrics = new Map<string, StoredMetric>();

  list(): readonly StoredMetric[] {
    return [...this.metrics.values()];
  }

  find(metric: MetricName): StoredMetric | undefined {
    return this.metrics.get(metricKey(metric));
  }

  /** The metric of a name, made when it is first measured. */
  get(metric: MetricName): MetricSeries {
    const key = metricKey(metric);
    const found = this.metrics.get(key) ?? { ...metric, series: new MetricSeries() };
    this.metrics.set(key, found);
    return found.series;
  }

  /**
   * What queries find from one moment to another, which is not included, by their ids. Periods begin at the first moment.
   *
   * @throws MetricMathError for expressions that are wrong, unknown or refer to each other in a circle.
   */
  query(queries: readonly MetricDataQuery[], from: number, to: number): ReadonlyMap<string, Points> {
    const metrics = new Map<string, Points>();
    for (const query of queries) {
      const metric = metricIn(query);
      if (metric) metrics.set(query.Id ?? '', this.points(metric, query.MetricStat, from, to));
    }
    const periods = queries.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []);
    const times = () => starts(from, to, Math.min(...periods, (to - from) / 1000) * 1000);
    const results = new Map(metrics);
    const series = (id: string, trail: readonly string[]): Points => {
      const known = results.get(id);
      if (known) return known;
      const expression = queries.find(({ Id }) => Id === id)?.Expression;
      if (expression === undefined) throw new MetricMathError(`${id} is neither a metric nor an expression`);
      if (trail.includes(id)) throw new MetricMathError(`${id} refers to itself`);
      const points = evaluateMetricMath(expression, {
        series: (other) => series(other, [...trail, id]),
        metrics,
        times,
      });
      results.set(id, points);
      return points;
    };
    for (const { Id = '' } of queries) series(Id, []);
    return results;
  }

  private points(metric: MetricName, stat: MetricDataQuery['MetricStat'], from: number, to: number): Points {
    const { Period = 60, Stat = '', Unit } = stat ?? {};
    const found = this.find(metric)?.series;
    if (!found) return new Map();
    const step = Period * 1000;
    const first = from + Math.max(0, Math.floor((found.earliest - from) / step)) * step;
    const entries = starts(first, Math.min(to, found.latest + 1), step).flatMap((start): [number, number][] => {
      const value = found.statistic(Stat, start, Math.min(start + step, to), Unit);
      return value === undefined ? [] : [[start, value]];
    });
    return new Map(entries);
  }
}

function starts(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, index) => from + index * step);
}
