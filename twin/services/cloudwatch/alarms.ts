import type {
  AlarmHistoryItem,
  HistoryItemType,
  MetricDataQuery,
  PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { servicePrincipal } from '../../iam/principal';
import { AwsError, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { deliver } from '../deliver';
import { putEvents } from '../events';
import { type AlarmState, COMPARISONS, evaluateAlarm, evaluationRange } from './alarm-evaluation';
import { alarmMessage, alarmSubject, type Status, stamp, stateChangeEvent } from './alarm-message';
import { MetricMathError } from './metric-math';
import { isStatistic, MINUTE } from './metric-series';
import { type MetricStore, metricIn, metricKey } from './metric-store';

/** As PutMetricAlarm takes it. */
export type AlarmDefinition = Omit<PutMetricAlarmCommandInput, 'Tags'>;

/** A metric alarm. */
export interface Alarm {
  readonly arn: string;
  readonly definition: AlarmDefinition;
  /** What it computes, also for an alarm on one metric. */
  readonly queries: readonly MetricDataQuery[];
  /** Of the metrics that it reads. */
  readonly metricKeys: ReadonlySet<string>;
  readonly periodSeconds: number;
  readonly tags: Record<string, string>;
  readonly updated: Date;
  status: Status;
  actionsEnabled: boolean;
}

/** A request that AWS finds invalid. */
export const validationError = (message: string): AwsError => new AwsError('ValidationError', message);
const notSimulated = (what: string) =>
  new AwsError('NotImplemented', `the twin does not simulate ${what}`, { status: 501 });

/**
 * The alarms of an account in a Region. They are evaluated when a datapoint of theirs arrives and at each full minute, over a window
 * that slides by the minute.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 */
export class Alarms {
  /** Oldest first. */
  readonly history: AlarmHistoryItem[] = [];
  private readonly alarms = new Map<string, Alarm>();
  private callOff: (() => void) | undefined;

  constructor(
    private readonly twin: Twin,
    private readonly scope: Scope,
    private readonly metrics: MetricStore,
  ) {}

  list(): readonly Alarm[] {
    return [...this.alarms.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  }

  /** @throws AwsError if there is none. */
  get(name: string | undefined): Alarm {
    const found = this.alarms.get(name ?? '');
    if (!found) throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist`, { status: 404 });
    return found;
  }

  /** Makes or replaces an alarm. One that is replaced keeps its state. @throws AwsError for a definition that AWS refuses. */
  put(definition: AlarmDefinition, tags: Record<string, string> = {}): Alarm {
    const queries = queriesOf(definition);
    const name = definition.AlarmName ?? '';
    const before = this.alarms.get(name);
    const now = this.twin.clock.now();
    const stats = queries.flatMap(({ MetricStat }) => MetricStat ?? []);
    const alarm: Alarm = {
      arn: `arn:aws:cloudwatch:${this.scope.region}:${this.scope.account}:alarm:${name}`,
      definition,
      queries,
      metricKeys: new Set(queries.flatMap((query) => metricIn(query) ?? []).map(metricKey)),
      periodSeconds: stats[0]?.Period ?? 0,
      tags: before?.tags ?? tags,
      updated: now,
      status: before?.status ?? { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', since: now },
      actionsEnabled: definition.ActionsEnabled ?? true,
    };
    check(definition, alarm);
    try {
      this.metrics.query(queries, 0, alarm.periodSeconds * 1000);
    } catch (error) {
      if (error instanceof MetricMathError) throw notSimulated(`this alarm: ${error.message}`);
      throw error;
    }
    this.alarms.set(name, alarm);
    const data = {
      version: '1.0',
      type: before ? 'Update' : 'Create',
      [before ? 'updatedAlarm' : 'createdAlarm']: definition,
    };
    this.record(alarm, 'ConfigurationUpdate', `Alarm "${name}" ${before ? 'updated' : 'created'}`, data);
    this.setClock();
    return alarm;
  }

  /** @throws AwsError if there is not each of them; then none is deleted. */
  delete(names: readonly string[]): void {
    const alarms = names.map((name) => this.get(name));
    for (const alarm of alarms) {
      this.alarms.delete(alarm.definition.AlarmName ?? '');
      this.record(alarm, 'ConfigurationUpdate', `Alarm "${alarm.definition.AlarmName}" deleted`, {
        version: '1.0',
        type: 'Delete',
      });
    }
    if (this.alarms.size > 0) return;
    this.callOff?.();
    this.callOff = undefined;
  }

  /** A metric has a new datapoint, so the minute that has begun counts. */
  measured(key: string): void {
    const end = (Math.floor(this.twin.clock.now().getTime() / MINUTE) + 1) * MINUTE;
    for (const alarm of this.alarms.values()) if (alarm.metricKeys.has(key)) this.evaluate(alarm, end);
  }

  /** Sets a state, and does what the alarm shall do when it enters it. */
  enter(alarm: Alarm, value: AlarmState, reason: string, reasonData?: string): void {
    const previous = alarm.status;
    alarm.status = { value, reason, reasonData, since: this.twin.clock.now() };
    if (previous.value === value) return;
    const state = (status: Status) => ({
      stateValue: status.value,
      stateReason: status.reason,
      ...(status.reasonData !== undefined && { stateReasonData: parsed(status.reasonData) }),
    });
    const data = { version: '1.0', oldState: state(previous), newState: state(alarm.status) };
    this.record(alarm, 'StateUpdate', `Alarm updated from ${previous.value} to ${value}`, data);
    putEvents(this.twin, this.scope, 'default', [stateChangeEvent(alarm, previous, this.scope)]);
    if (!alarm.actionsEnabled) return;
    const { AlarmActions, OKActions, InsufficientDataActions } = alarm.definition;
    const actions = { ALARM: AlarmActions, OK: OKActions, INSUFFICIENT_DATA: InsufficientDataActions }[value] ?? [];
    const [subject, body] = [alarmSubject(alarm, this.scope), alarmMessage(alarm, previous, this.scope)];
    for (const action of actions) void this.twin.clock.track(this.act(alarm, action, subject, body));
  }

  /** An action that cannot be done is written into the history, and nobody hears of it. */
  private async act(alarm: Alarm, action: string, subject: string, body: string): Promise<void> {
    const done = (error: string | null) => {
      const summary =
        error === null
          ? `Successfully executed action ${action}`
          : `Failed to execute action ${action}. Received error: "${error}"`;
      const publishedMessage = { default: body };
      this.record(alarm, 'Action', summary, {
        actionState: error === null ? 'Succeeded' : 'Failed',
        error,
        notificationResource: action,
        publishedMessage,
      });
    };
    if (!action.startsWith('arn:aws:sns:')) {
      this.twin.unsupported.operation(`cloudwatch alarm action ${action}`);
      done('the twin simulates actions on SNS topics only');
      return;
    }
    const principal = servicePrincipal('cloudwatch.amazonaws.com', this.scope.account, alarm.arn);
    try {
      await deliver(this.twin, { arn: action, subject, body, principal });
      done(null);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      done(error.message);
    }
  }

  /** @param end what is measured from then on does not count yet */
  private evaluate(alarm: Alarm, end: number): void {
    const { definition, queries, periodSeconds } = alarm;
    const { EvaluationPeriods = 1, ComparisonOperator = '', Threshold = 0 } = definition;
    const step = periodSeconds * 1000;
    const from = end - evaluationRange(EvaluationPeriods) * step;
    const id = queries.find(({ ReturnData }) => ReturnData !== false)?.Id ?? '';
    const values = this.metrics.query(queries, from, end).get(id);
    const points = Array.from({ length: evaluationRange(EvaluationPeriods) }, (_, index) => from + index * step).map(
      (time) => ({ time, value: values?.get(time) }),
    );
    const rule = {
      evaluationPeriods: EvaluationPeriods,
      datapointsToAlarm: definition.DatapointsToAlarm,
      comparisonOperator: ComparisonOperator,
      threshold: Threshold,
      treatMissingData: definition.TreatMissingData ?? (definition.Namespace === 'AWS/DynamoDB' ? 'ignore' : 'missing'),
    };
    const { state, reason } = evaluateAlarm(rule, points);
    if (state === undefined || state === alarm.status.value || this.hasTooFewSamples(alarm, end)) return;
    const recent = points.filter(({ value }) => value !== undefined).slice(-EvaluationPeriods);
    const data = {
      version: '1.0',
      queryDate: stamp(this.twin.clock.now()),
      ...(recent[0] && { startDate: stamp(new Date(recent[0].time)) }),
      ...(definition.Unit !== undefined && { unit: definition.Unit }),
      ...(!definition.Metrics && { statistic: definition.Statistic ?? definition.ExtendedStatistic }),
      period: periodSeconds,
      recentDatapoints: recent.map(({ value }) => value),
      threshold: Threshold,
      evaluatedDatapoints: points
        .slice(-EvaluationPeriods)
        .reverse()
        .map(({ time, value }) => ({ timestamp: stamp(new Date(time)), value })),
    };
    this.enter(alarm, state, reason, JSON.stringify(data));
  }

  /**
   * Whether a percentile means so little that the alarm shall not go by it.
   *
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
   */
  private hasTooFewSamples({ definition, queries, periodSeconds }: Alarm, end: number): boolean {
    const { ExtendedStatistic, EvaluateLowSampleCountPercentile, EvaluationPeriods = 1, Unit } = definition;
    const [metric] = queries.flatMap((query) => metricIn(query) ?? []);
    if (ExtendedStatistic === undefined || EvaluateLowSampleCountPercentile !== 'ignore' || !metric) return false;
    const from = end - EvaluationPeriods * periodSeconds * 1000;
    const samples = this.metrics.find(metric)?.series.statistic('SampleCount', from, end, Unit) ?? 0;
    const percent = Number(ExtendedStatistic.slice(1));
    return samples < 1000 / Math.min(percent, 100 - percent);
  }

  /** For the next full minute, as long as there are alarms. */
  private setClock(): void {
    if (this.callOff || this.alarms.size === 0) return;
    const wait = MINUTE - (this.twin.clock.now().getTime() % MINUTE);
    this.callOff = this.twin.clock.after(wait, () => {
      this.callOff = undefined;
      const end = Math.floor(this.twin.clock.now().getTime() / MINUTE) * MINUTE;
      for (const alarm of this.alarms.values()) this.evaluate(alarm, end);
      this.setClock();
    });
  }

  private record({ definition }: Alarm, type: HistoryItemType, summary: string, data: object): void {
    this.history.push({
      AlarmName: definition.AlarmName,
      AlarmType: 'MetricAlarm',
      Timestamp: this.twin.clock.now(),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: JSON.stringify(data),
    });
  }
}

/** Reason data that a person gave may be no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function queriesOf(definition: AlarmDefinition): readonly MetricDataQuery[] {
  const { Metrics, MetricName, Namespace, Dimensions, Period, Statistic, ExtendedStatistic, Unit } = definition;
  if ((Metrics === undefined) === (MetricName === undefined))
    throw validationError('An alarm must have either MetricName or Metrics.');
  if (Metrics) return Metrics;
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    throw validationError('An alarm must have either Statistic or ExtendedStatistic.');
  return [
    {
      Id: 'm1',
      MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: Statistic ?? ExtendedStatistic, Unit },
    },
  ];
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
function check(definition: AlarmDefinition, { queries, periodSeconds }: Alarm): void {
  const {
    AlarmName = '',
    EvaluationPeriods = 0,
    DatapointsToAlarm,
    ComparisonOperator = '',
    TreatMissingData = 'missing',
    Threshold,
  } = definition;
  const isMember = (value: string, values: readonly string[]) => values.includes(value);
  if (!/^.{1,255}$/.test(AlarmName)) throw validationError('The alarm name must have 1 to 255 characters.');
  if (EvaluationPeriods < 1) throw validationError('EvaluationPeriods must be 1 or more.');
  if (DatapointsToAlarm !== undefined && (DatapointsToAlarm < 1 || DatapointsToAlarm > EvaluationPeriods)) {
    throw validationError('DatapointsToAlarm must be between 1 and EvaluationPeriods.');
  }
  const other = [
    'ThresholdMetricId',
    'WarmUpConfiguration',
    'EvaluationCriteria',
    'EvaluationInterval',
    'ActionConfiguration',
  ] as const;
  const unknown = other.find((name) => definition[name] !== undefined);
  if (unknown !== undefined) throw notSimulated(`alarms with ${unknown}`);
  if (definition.EvaluationWindow && !('SlidingWindow' in definition.EvaluationWindow))
    throw notSimulated('alarms with a wall clock window');
  if (/Upper|Lower/.test(ComparisonOperator)) throw notSimulated('alarms on anomaly detection');
  if (!COMPARISONS[ComparisonOperator]) throw validationError(`ComparisonOperator ${ComparisonOperator} is unknown.`);
  if (Threshold === undefined) throw validationError('Threshold is missing.');
  if (!isMember(TreatMissingData, ['breaching', 'notBreaching', 'ignore', 'missing'])) {
    throw validationError(
      `Value '${TreatMissingData}' for field TreatMissingData failed to satisfy constraint: Member must be breaching, notBreaching, ignore or missing`,
    );
  }
  if (queries.filter(({ ReturnData }) => ReturnData !== false).length !== 1)
    throw validationError('Exactly one element of the metrics list should return data.');
  const stats = queries.flatMap(({ MetricStat }) => MetricStat ?? []);
  if (stats.length === 0) throw notSimulated('alarms without a metric');
  const odd = stats.find(({ Stat = '' }) => !isStatistic(Stat));
  if (odd) throw notSimulated(`the statistic ${odd.Stat}`);
  if (stats.some(({ Period }) => Period !== periodSeconds))
    throw validationError('All metrics of an alarm must have the same period.');
  if (isMember(String(periodSeconds), ['10', '20', '30']))
    throw notSimulated('alarms with a period of less than a minute');
  if (periodSeconds < 60 || periodSeconds % 60 !== 0)
    throw validationError('Period must be 10, 20, 30 or a multiple of 60');
  const longest = periodSeconds < 3600 ? 86_400 : 604_800;
  if (periodSeconds * EvaluationPeriods > longest)
    throw validationError(
      `Metrics cannot be checked across more than ${longest / 86_400 === 1 ? 'a day' : 'a week'} (EvaluationPeriods * Period must be <= ${longest}).`,
    );
}
