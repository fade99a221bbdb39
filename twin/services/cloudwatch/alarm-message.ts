import { randomUUID } from 'node:crypto';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Scope } from '../../service';
import type { EventEnvelope } from '../events';
import type { AlarmState } from './alarm-evaluation';
import type { Alarm } from './alarms';
import { dimensionsOf, listDimensions, metricIn } from './metric-store';

/** An alarm's state, and why it is that. */
export interface Status {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON. */
  readonly reasonData?: string | undefined;
  readonly since: Date;
}

/** As messages call the Regions. @see https://docs.aws.amazon.com/general/latest/gr/cw_region.html */
const REGION_NAMES: Readonly<Record<string, string>> = {
  'af-south-1': 'Africa (Cape Town)',
  'ap-east-1': 'Asia Pacific (Hong Kong)',
  'ap-northeast-1': 'Asia Pacific (Tokyo)',
  'ap-northeast-2': 'Asia Pacific (Seoul)',
  'ap-northeast-3': 'Asia Pacific (Osaka)',
  'ap-south-1': 'Asia Pacific (Mumbai)',
  'ap-south-2': 'Asia Pacific (Hyderabad)',
  'ap-southeast-1': 'Asia Pacific (Singapore)',
  'ap-southeast-2': 'Asia Pacific (Sydney)',
  'ap-southeast-3': 'Asia Pacific (Jakarta)',
  'ap-southeast-4': 'Asia Pacific (Melbourne)',
  'ca-central-1': 'Canada (Central)',
  'ca-west-1': 'Canada West (Calgary)',
  'eu-central-1': 'EU (Frankfurt)',
  'eu-central-2': 'Europe (Zurich)',
  'eu-north-1': 'EU (Stockholm)',
  'eu-south-1': 'EU (Milan)',
  'eu-south-2': 'Europe (Spain)',
  'eu-west-1': 'EU (Ireland)',
  'eu-west-2': 'EU (London)',
  'eu-west-3': 'EU (Paris)',
  'il-central-1': 'Israel (Tel Aviv)',
  'me-central-1': 'Middle East (UAE)',
  'me-south-1': 'Middle East (Bahrain)',
  'sa-east-1': 'South America (Sao Paulo)',
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
};

/** `2026-11-21T10:00:00.000+0000` */
export const stamp = (time: Date): string => time.toISOString().replace('Z', '+0000');

/** At most 100 characters of ASCII, or SNS would refuse it. */
export function alarmSubject({ definition, status }: Alarm, { region }: Scope): string {
  const subject = `${status.value}: "${definition.AlarmName}" in ${REGION_NAMES[region] ?? region}`;
  return subject.replace(/[^ -~]/g, '?').slice(0, 100);
}

/**
 * What an alarm publishes to a topic.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export function alarmMessage(
  { definition, arn, status, updated }: Alarm,
  previous: Status,
  { account, region }: Scope,
): string {
  const { Metrics, MetricName, Namespace, Statistic, ExtendedStatistic, Unit, Dimensions } = definition;
  const metric = {
    MetricName,
    Namespace,
    ...(Statistic === undefined
      ? { StatisticType: 'ExtendedStatistic', ExtendedStatistic }
      : { StatisticType: 'Statistic', Statistic: Statistic.toUpperCase() }),
    Unit: Unit ?? null,
    Dimensions: listDimensions(dimensionsOf(Dimensions)).map(({ Name, Value }) => ({ value: Value, name: Name })),
    Period: definition.Period,
  };
  return JSON.stringify({
    AlarmName: definition.AlarmName,
    AlarmDescription: definition.AlarmDescription ?? null,
    AWSAccountId: account,
    AlarmConfigurationUpdatedTimestamp: stamp(updated),
    NewStateValue: status.value,
    NewStateReason: status.reason,
    StateChangeTime: stamp(status.since),
    Region: REGION_NAMES[region] ?? region,
    AlarmArn: arn,
    OldStateValue: previous.value,
    OKActions: definition.OKActions ?? [],
    AlarmActions: definition.AlarmActions ?? [],
    InsufficientDataActions: definition.InsufficientDataActions ?? [],
    Trigger: {
      ...(Metrics ? {} : metric),
      EvaluationPeriods: definition.EvaluationPeriods,
      ...(definition.DatapointsToAlarm !== undefined && { DatapointsToAlarm: definition.DatapointsToAlarm }),
      ComparisonOperator: definition.ComparisonOperator,
      Threshold: definition.Threshold,
      TreatMissingData: definition.TreatMissingData ?? '',
      EvaluateLowSampleCountPercentile: definition.EvaluateLowSampleCountPercentile ?? '',
      ...(Metrics && { Metrics }),
    },
  });
}

/**
 * The event that tells of a change of state.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export function stateChangeEvent(
  { definition, arn, status, queries }: Alarm,
  previous: Status,
  { account, region }: Scope,
): EventEnvelope {
  const state = ({ value, reason, reasonData, since }: Status) => ({
    value,
    reason,
    ...(reasonData !== undefined && { reasonData }),
    timestamp: stamp(since),
  });
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account,
    time: `${status.since.toISOString().slice(0, 19)}Z`,
    region,
    resources: [arn],
    detail: {
      alarmName: definition.AlarmName,
      configuration: {
        ...(definition.AlarmDescription !== undefined && { description: definition.AlarmDescription }),
        metrics: queries.map(describeQuery),
      },
      previousState: state(previous),
      state: state(status),
    },
  };
}

function describeQuery(query: MetricDataQuery): object {
  const { Id, Expression, Label, MetricStat, ReturnData = true } = query;
  const common = { id: Id, ...(Label !== undefined && { label: Label }), returnData: ReturnData };
  const metric = metricIn(query);
  if (!metric || !MetricStat) return { ...common, expression: Expression };
  const { Period: period, Stat: stat, Unit: unit } = MetricStat;
  return { ...common, metricStat: { metric, period, stat, ...(unit !== undefined && { unit }) } };
}
