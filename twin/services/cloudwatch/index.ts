import type { MetricDatum, StandardUnit } from '@aws-sdk/client-cloudwatch';
import { AwsError, type Call, type Scope, type Service } from '../../service';
import type { Twin } from '../../twin';
import { alarmDefinition } from './alarm-definition';
import { type Alarm, Alarms, validationError } from './alarms';
import { type Dashboards, dashboard, dashboardOperations } from './dashboards';
import { MetricMathError } from './metric-math';
import { isStatistic, MINUTE } from './metric-series';
import { dimensionsOf, listDimensions, MetricStore, metricKey } from './metric-store';

type Sdk = typeof import('@aws-sdk/client-cloudwatch');

interface CloudWatchState {
  readonly metrics: MetricStore;
  readonly alarms: Alarms;
  readonly dashboards: Dashboards;
}

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const invalidValue = (message: string) =>
  new AwsError('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' });
const invalidCombination = (message: string) =>
  new AwsError('InvalidParameterCombinationException', message, { queryCode: 'InvalidParameterCombination' });
const notSimulated = (what: string) =>
  new AwsError('NotImplemented', `the twin does not simulate ${what}`, { status: 501 });

const describeAlarm = ({ definition, arn, status, updated, actionsEnabled }: Alarm) => ({
  ...definition,
  AlarmArn: arn,
  AlarmConfigurationUpdatedTimestamp: updated,
  ActionsEnabled: actionsEnabled,
  OKActions: definition.OKActions ?? [],
  AlarmActions: definition.AlarmActions ?? [],
  InsufficientDataActions: definition.InsufficientDataActions ?? [],
  ...(!definition.Metrics && { Dimensions: definition.Dimensions ?? [] }),
  StateValue: status.value,
  StateReason: status.reason,
  ...(status.reasonData !== undefined && { StateReasonData: status.reasonData }),
  StateUpdatedTimestamp: status.since,
  StateTransitionedTimestamp: status.since,
});

function alarmByArn({ state }: Call<CloudWatchState>, arn: string | undefined): Alarm {
  return state.alarms.get(arn?.split(':alarm:')[1]);
}

/** A page of a list, and where the next one begins. */
function page<T>(
  items: readonly T[],
  token: string | undefined,
  size: number,
): { items: T[]; next: { NextToken?: string } } {
  const from = Number(token ?? 0);
  return {
    items: items.slice(from, from + size),
    next: from + size < items.length ? { NextToken: String(from + size) } : {},
  };
}

/** Metrics, statistics, metric alarms, and dashboards as they were written. Anomaly detection is left out. */
export const cloudwatch: Service<Sdk, CloudWatchState> = {
  prefix: 'cloudwatch',
  signingNames: ['monitoring', 'cloudwatch'],
  sdk: () => require('@aws-sdk/client-cloudwatch') as Sdk,
  client: 'CloudWatchClient',
  initial: (scope, twin) => {
    const metrics = new MetricStore();
    return { metrics, alarms: new Alarms(twin, scope, metrics), dashboards: new Map() };
  },
  dataEvents: ['PutMetricData', 'GetMetricData', 'GetMetricStatistics', 'ListMetrics'],
  resources: (
    _operation,
    input: {
      AlarmName?: string;
      AlarmNames?: string[];
      ResourceARN?: string;
      DashboardName?: string;
      DashboardNames?: string[];
    },
    call,
  ) => {
    const dashboards = input.DashboardNames ?? (input.DashboardName === undefined ? [] : [input.DashboardName]);
    if (dashboards.length > 0) return dashboards.map((name) => `arn:aws:cloudwatch::${call.account}:dashboard/${name}`);
    if (input.ResourceARN !== undefined) return [input.ResourceARN];
    const names = input.AlarmNames ?? (input.AlarmName === undefined ? ['*'] : [input.AlarmName]);
    return names.map((name) => call.arn(`alarm:${name}`));
  },
  access: (operation, input: { Namespace?: string }) =>
    operation === 'PutMetricData'
      ? [
          {
            action: 'cloudwatch:PutMetricData',
            resources: ['*'],
            context: { 'cloudwatch:namespace': input.Namespace ?? '' },
          },
        ]
      : undefined,
  operations: {
    ...dashboardOperations,
    PutMetricData({ Namespace = '', MetricData = [], EntityMetricData = [] }, { twin, account, region }) {
      if (!/^[^:].{0,254}$/.test(Namespace) || Namespace.startsWith('AWS/'))
        throw invalidValue(`The value ${Namespace} for parameter Namespace is invalid.`);
      const data = [...MetricData, ...EntityMetricData.flatMap((entity) => entity.MetricData ?? [])];
      const now = twin.clock.now().getTime();
      for (const [index, datum] of data.entries()) checkDatum(datum, `MetricData.member.${index + 1}`, now);
      for (const datum of data) store(twin, { account, region }, Namespace, datum);
      return {};
    },
    GetMetricStatistics(
      {
        Namespace = '',
        MetricName = '',
        Dimensions,
        StartTime,
        EndTime,
        Period = 0,
        Statistics = [],
        ExtendedStatistics = [],
        Unit,
      },
      { state },
    ) {
      const [from, to] = timeRange(StartTime, EndTime);
      if (Period < 1 || (Period % 60 !== 0 && ![1, 5, 10, 20, 30].includes(Period)))
        throw invalidValue('The parameter Period must be a multiple of 60.');
      if (Statistics.length + ExtendedStatistics.length === 0)
        throw invalidCombination('At least one of the parameters Statistics or ExtendedStatistics must be specified.');
      const odd = [...Statistics, ...ExtendedStatistics].find((statistic) => !isStatistic(statistic));
      if (odd !== undefined) throw notSimulated(`the statistic ${odd}`);
      const series = state.metrics.find({
        namespace: Namespace,
        name: MetricName,
        dimensions: dimensionsOf(Dimensions),
      })?.series;
      const step = Math.max(Period * 1000, MINUTE);
      const requested = Math.ceil((to - from) / step);
      if (requested > 1440)
        throw invalidCombination(
          `You have requested up to ${requested} datapoints, which exceeds the limit of 1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
        );
      const Datapoints = [];
      for (let start = from; series && start < to; start += step) {
        const end = Math.min(start + step, to);
        const unit = series.unitIn(start, end, Unit);
        if (unit === undefined) continue;
        const value = (statistic: string) => series.statistic(statistic, start, end, Unit);
        Datapoints.push({
          Timestamp: new Date(start),
          ...Object.fromEntries(Statistics.map((statistic) => [statistic, value(statistic)])),
          ...(ExtendedStatistics.length > 0 && {
            ExtendedStatistics: Object.fromEntries(
              ExtendedStatistics.flatMap((statistic) => {
                const found = value(statistic);
                return found === undefined ? [] : [[statistic, found]];
              }),
            ),
          }),
          Unit: unit as StandardUnit,
        });
      }
      return { Label: MetricName, Datapoints };
    },
    GetMetricData({ MetricDataQueries = [], StartTime, EndTime, ScanBy = 'TimestampDescending' }, { state }) {
      const [from, to] = timeRange(StartTime, EndTime);
      const odd = MetricDataQueries.find(({ MetricStat }) => MetricStat && !isStatistic(MetricStat.Stat ?? ''));
      if (odd) throw notSimulated(`the statistic ${odd.MetricStat?.Stat}`);
      const results = attempt(() => state.metrics.query(MetricDataQueries, from, to));
      const shown = MetricDataQueries.filter(({ ReturnData }) => ReturnData !== false);
      return {
        Messages: [],
        MetricDataResults: shown.map(({ Id = '', Label, MetricStat }) => {
          const points = [...(results.get(Id) ?? [])].sort(([a], [b]) =>
            ScanBy === 'TimestampAscending' ? a - b : b - a,
          );
          return {
            Id,
            Label: Label ?? MetricStat?.Metric?.MetricName ?? Id,
            Timestamps: points.map(([time]) => new Date(time)),
            Values: points.map(([, value]) => value),
            StatusCode: 'Complete' as const,
          };
        }),
      };
    },
    ListMetrics({ Namespace, MetricName, Dimensions = [], RecentlyActive, NextToken }, { state, twin }) {
      const now = twin.clock.now().getTime();
      const found = state.metrics
        .list()
        .filter(
          ({ namespace, name, dimensions, series }) =>
            (Namespace === undefined || namespace === Namespace) &&
            (MetricName === undefined || name === MetricName) &&
            Dimensions.every(
              ({ Name = '', Value }) => Name in dimensions && (Value === undefined || dimensions[Name] === Value),
            ) &&
            now - series.latest <= (RecentlyActive === 'PT3H' ? 3 * HOUR : 14 * DAY),
        );
      const { items, next } = page(found, NextToken, 500);
      return {
        Metrics: items.map(({ namespace, name, dimensions }) => ({
          Namespace: namespace,
          MetricName: name,
          Dimensions: listDimensions(dimensions),
        })),
        ...next,
      };
    },
    PutMetricAlarm({ Tags = [], ...definition }, { state }) {
      state.alarms.put(definition, Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])));
      return {};
    },
    DeleteAlarms({ AlarmNames = [] }, { state }) {
      state.alarms.delete(AlarmNames);
      return {};
    },
    DescribeAlarms(
      {
        AlarmNames,
        AlarmNamePrefix = '',
        StateValue,
        ActionPrefix,
        AlarmTypes = ['MetricAlarm'],
        MaxRecords = 50,
        NextToken,
      },
      { state },
    ) {
      const found = state.alarms.list().filter(({ definition, status }) => {
        const { AlarmName = '', AlarmActions = [], OKActions = [], InsufficientDataActions = [] } = definition;
        const actions = [...AlarmActions, ...OKActions, ...InsufficientDataActions];
        return (
          (!AlarmNames || AlarmNames.includes(AlarmName)) &&
          AlarmName.startsWith(AlarmNamePrefix) &&
          (StateValue === undefined || status.value === StateValue) &&
          (ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix))) &&
          AlarmTypes.includes('MetricAlarm')
        );
      });
      const { items, next } = page(found, NextToken, MaxRecords);
      return { MetricAlarms: items.map(describeAlarm), CompositeAlarms: [], ...next };
    },
    DescribeAlarmsForMetric(
      { Namespace = '', MetricName = '', Dimensions, Statistic, ExtendedStatistic, Period, Unit },
      { state },
    ) {
      const key = metricKey({ namespace: Namespace, name: MetricName, dimensions: dimensionsOf(Dimensions) });
      const found = state.alarms
        .list()
        .filter(
          ({ definition, metricKeys }) =>
            metricKeys.has(key) &&
            (Statistic === undefined || definition.Statistic === Statistic) &&
            (ExtendedStatistic === undefined || definition.ExtendedStatistic === ExtendedStatistic) &&
            (Period === undefined || definition.Period === Period) &&
            (Unit === undefined || definition.Unit === Unit),
        );
      return { MetricAlarms: found.map(describeAlarm) };
    },
    DescribeAlarmHistory(
      { AlarmName, HistoryItemType, StartDate, EndDate, MaxRecords = 100, NextToken, ScanBy = 'TimestampDescending' },
      { state },
    ) {
      const found = state.alarms.history.filter(
        (item) =>
          (AlarmName === undefined || item.AlarmName === AlarmName) &&
          (HistoryItemType === undefined || item.HistoryItemType === HistoryItemType) &&
          (!StartDate || (item.Timestamp ?? 0) >= StartDate) &&
          (!EndDate || (item.Timestamp ?? 0) <= EndDate),
      );
      const { items, next } = page(ScanBy === 'TimestampAscending' ? found : found.reverse(), NextToken, MaxRecords);
      return { AlarmHistoryItems: items, ...next };
    },
    SetAlarmState({ AlarmName, StateValue, StateReason = '', StateReasonData }, { state }) {
      const alarm = state.alarms.get(AlarmName);
      if (StateValue === undefined) throw validationError('StateValue is missing.');
      state.alarms.enter(alarm, StateValue, StateReason, StateReasonData);
      return {};
    },
    EnableAlarmActions: ({ AlarmNames = [] }, call) => switchActions(call, AlarmNames, true),
    DisableAlarmActions: ({ AlarmNames = [] }, call) => switchActions(call, AlarmNames, false),
    ListTagsForResource: ({ ResourceARN }, call) => ({
      Tags: Object.entries(alarmByArn(call, ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })),
    }),
    TagResource({ ResourceARN, Tags = [] }, call) {
      const { tags } = alarmByArn(call, ResourceARN);
      for (const { Key = '', Value = '' } of Tags) tags[Key] = Value;
      return {};
    },
    UntagResource({ ResourceARN, TagKeys = [] }, call) {
      const { tags } = alarmByArn(call, ResourceARN);
      for (const key of TagKeys) delete tags[key];
      return {};
    },
  },
  terraform: {
    aws_cloudwatch_metric_alarm: (args, making) => {
      const definition = alarmDefinition(args);
      const { arn } = stateOf(making.twin, making).alarms.put(definition, making.tags);
      return { arn, id: definition.AlarmName };
    },
    aws_cloudwatch_dashboard: (args, making) => {
      const name = String(args.dashboard_name);
      const made = dashboard(name, String(args.dashboard_body), making.twin.clock.now());
      stateOf(making.twin, making).dashboards.set(name, made);
      return { id: name, dashboard_arn: `arn:aws:cloudwatch::${making.account}:dashboard/${name}` };
    },
  },
};

function stateOf(twin: Twin, scope: Scope): CloudWatchState {
  return twin.state(cloudwatch, scope);
}

/** Records a sample, as AWS's own services do. */
export function putMetric(
  twin: Twin,
  scope: Scope,
  namespace: string,
  name: string,
  dimensions: Record<string, string>,
  value: number,
  unit = 'Count',
  timestamp = twin.clock.now().getTime(),
): void {
  const { metrics, alarms } = stateOf(twin, scope);
  const metric = { namespace, name, dimensions };
  metrics.get(metric).add(timestamp, unit, value);
  alarms.measured(metricKey(metric));
}

function store(
  twin: Twin,
  scope: Scope,
  namespace: string,
  { MetricName: name = '', Dimensions, Timestamp, Unit = 'None', ...datum }: MetricDatum,
): void {
  const { metrics, alarms } = stateOf(twin, scope);
  const metric = { namespace, name, dimensions: dimensionsOf(Dimensions) };
  const series = metrics.get(metric);
  const time = (Timestamp ?? twin.clock.now()).getTime();
  const { Value, Values = Value === undefined ? [] : [Value], Counts = [], StatisticValues } = datum;
  for (const [index, value] of Values.entries()) series.add(time, Unit, value, Counts[index] ?? 1);
  if (StatisticValues) {
    const { SampleCount: count = 0, Sum: sum = 0, Minimum: minimum = 0, Maximum: maximum = 0 } = StatisticValues;
    series.addSet(time, Unit, { count, sum, minimum, maximum });
  }
  alarms.measured(metricKey(metric));
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
function checkDatum(
  { MetricName = '', Dimensions = [], Timestamp, Value, Values, Counts, StatisticValues }: MetricDatum,
  where: string,
  now: number,
): void {
  if (MetricName === '')
    throw new AwsError('MissingRequiredParameterException', `The parameter ${where}.MetricName is required.`, {
      queryCode: 'MissingParameter',
    });
  if (Dimensions.length > 30)
    throw invalidValue(`The collection ${where}.Dimensions must not have a size greater than 30.`);
  const given = [Value, Values, StatisticValues].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw invalidCombination(`${where} must have exactly one of Value, Values and StatisticValues.`);
  if (Counts && Counts.length !== Values?.length)
    throw invalidValue(`The parameters ${where}.Values and ${where}.Counts must have the same length.`);
  const numbers = [Value ?? 0, ...(Values ?? []), ...(Counts ?? []), ...Object.values(StatisticValues ?? {})];
  if (!numbers.every((number) => Number.isFinite(number)))
    throw invalidValue(`The value of ${where} must be a number.`);
  const time = Timestamp?.getTime() ?? now;
  if (time < now - 14 * DAY || time > now + 2 * HOUR)
    throw invalidValue(
      `The parameter ${where}.Timestamp must specify a time no more than two weeks in the past and two hours in the future.`,
    );
}

/** Whole minutes, as CloudWatch rounds. */
function timeRange(start: Date | undefined, end: Date | undefined): [from: number, to: number] {
  if (!start || !end)
    throw new AwsError('MissingRequiredParameterException', 'StartTime and EndTime are required.', {
      queryCode: 'MissingParameter',
    });
  if (start >= end) throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  return [Math.floor(start.getTime() / MINUTE) * MINUTE, Math.ceil(end.getTime() / MINUTE) * MINUTE];
}

function switchActions({ state }: Call<CloudWatchState>, names: readonly string[], enabled: boolean): object {
  for (const alarm of state.alarms.list())
    if (names.includes(alarm.definition.AlarmName ?? '')) alarm.actionsEnabled = enabled;
  return {};
}

function attempt<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof MetricMathError) throw notSimulated(`this expression: ${error.message}`);
    throw error;
  }
}
