/** What an alarm can say. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** What an alarm compares, and how often. */
export interface AlarmRule {
  readonly evaluationPeriods: number;
  /** @default evaluationPeriods */
  readonly datapointsToAlarm?: number | undefined;
  readonly comparisonOperator: string;
  readonly threshold: number;
  readonly treatMissingData: string;
}

/** One period of a metric. */
export interface AlarmPoint {
  /** Start of the period, ms since 1970. */
  readonly time: number;
  /** Undefined if nothing was measured. */
  readonly value: number | undefined;
}

/** What becomes of an alarm, and why. */
export interface Verdict {
  /** Undefined: the alarm stays as it is. */
  readonly state: AlarmState | undefined;
  /** As CloudWatch words it. */
  readonly reason: string;
}

/** The comparison operators, without those of anomaly detection. */
export const COMPARISONS: Readonly<
  Record<string, { readonly test: (value: number, threshold: number) => boolean; readonly words: string }>
> = {
  GreaterThanOrEqualToThreshold: { test: (value, threshold) => value >= threshold, words: 'greater than or equal to' },
  GreaterThanThreshold: { test: (value, threshold) => value > threshold, words: 'greater than' },
  LessThanThreshold: { test: (value, threshold) => value < threshold, words: 'less than' },
  LessThanOrEqualToThreshold: { test: (value, threshold) => value <= threshold, words: 'less than or equal to' },
};

/**
 * How many periods are looked at. AWS says that there are more than `evaluationPeriods`, not how many; in its examples, two.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html#alarms-evaluating-missing-data
 */
export const evaluationRange = (evaluationPeriods: number): number => evaluationPeriods + 2;

/**
 * Decides on an alarm's state. N is `evaluationPeriods`, M is `datapointsToAlarm`.
 *
 * | points with a value in the range      | state                                                        |
 * | ------------------------------------- | ------------------------------------------------------------ |
 * | N or more                             | ALARM if M of the newest N breach, else OK                   |
 * | fewer, missing ones are (not)breaching | the same, after filling up to N                             |
 * | fewer, M of them breach               | ALARM                                                        |
 * | fewer, one does not breach            | OK                                                           |
 * | fewer, missing ones are ignored       | stays                                                        |
 * | none                                  | INSUFFICIENT_DATA                                            |
 * | all breach, oldest at least M periods old | ALARM: those that are missing cannot have been good for long |
 * | all breach, none is so old            | INSUFFICIENT_DATA: too early to tell                         |
 *
 * @param points the newest `evaluationRange(N)` periods, oldest first
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluateAlarm(rule: AlarmRule, points: readonly AlarmPoint[]): Verdict {
  const {
    evaluationPeriods,
    datapointsToAlarm = evaluationPeriods,
    comparisonOperator,
    threshold,
    treatMissingData,
  } = rule;
  const compare = COMPARISONS[comparisonOperator];
  if (!compare) throw new Error(`no comparison ${comparisonOperator}`);
  const real = points.flatMap(({ time, value }, index) =>
    value === undefined ? [] : [{ time, value, breaches: compare.test(value, threshold), age: points.length - index }],
  );
  const counted = real.slice(-evaluationPeriods);
  const missing = evaluationPeriods - counted.length;
  const breaching = counted.filter(({ breaches }) => breaches).length;
  const isFilled = missing > 0 && /breaching$/i.test(treatMissingData);
  const filled = isFilled && treatMissingData === 'breaching' ? missing : 0;

  const say = (state: 'ALARM' | 'OK'): Verdict => {
    const about =
      state === 'ALARM' ? counted.filter(({ breaches }) => breaches) : counted.filter(({ breaches }) => !breaches);
    return { state, reason: reasonFor(rule, state, about, isFilled ? missing : 0, compare.words) };
  };
  if (breaching + filled >= datapointsToAlarm) return say('ALARM');
  if (missing === 0 || isFilled || breaching < counted.length) return say('OK');
  const unknown = `Insufficient Data: ${missing} datapoint${missing === 1 ? ' was' : 's were'} unknown.`;
  if (treatMissingData === 'ignore') return { state: undefined, reason: unknown };
  const [oldest] = real;
  if (oldest && oldest.age >= datapointsToAlarm) return say('ALARM');
  return { state: 'INSUFFICIENT_DATA', reason: unknown };
}

/** `Threshold Crossed: 1 datapoint [2.0 (19/06/24 12:00:00)] was greater than or equal to the threshold (1.0).` */
function reasonFor(
  { evaluationPeriods, datapointsToAlarm, threshold, treatMissingData }: AlarmRule,
  state: 'ALARM' | 'OK',
  points: readonly { readonly time: number; readonly value: number }[],
  filled: number,
  words: string,
): string {
  const were = (count: number) => (count === 1 ? 'was' : 'were');
  const datapoints = (count: number) => `datapoint${count === 1 ? '' : 's'}`;
  const treated = `${filled} missing ${datapoints(filled)} ${were(filled)} treated as [${treatMissingData === 'breaching' ? 'Breaching' : 'NonBreaching'}]`;
  if (points.length === 0) {
    const periods = `${evaluationPeriods} period${evaluationPeriods === 1 ? '' : 's'}`;
    return `Threshold Crossed: no datapoints were received for ${periods} and ${treated}.`;
  }
  const count = points.length;
  const amount =
    datapointsToAlarm === undefined
      ? `${count} ${datapoints(count)}`
      : `${count} out of the last ${evaluationPeriods} datapoints`;
  const values = points.map(({ time, value }) => `${decimal(value)} (${dayAndTime(time)})`).reverse();
  const compared = `${state === 'ALARM' ? '' : 'not '}${words} the threshold (${decimal(threshold)})`;
  const needed = state === 'ALARM' ? (datapointsToAlarm ?? 0) : evaluationPeriods - (datapointsToAlarm ?? 0) + 1;
  const transition = state === 'ALARM' ? 'OK -> ALARM' : 'ALARM -> OK';
  const minimum =
    datapointsToAlarm === undefined ? '' : ` (minimum ${needed} ${datapoints(needed)} for ${transition} transition)`;
  return `Threshold Crossed: ${amount} [${values.join(', ')}] ${were(count)} ${compared}${filled > 0 ? ` and ${treated}` : ''}${minimum}.`;
}

const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

function dayAndTime(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  return `${date.slice(2).split('-').reverse().join('/')} ${clock.slice(0, 8)}`;
}
