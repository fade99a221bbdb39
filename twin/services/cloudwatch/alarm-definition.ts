import type { StandardUnit } from '@aws-sdk/client-cloudwatch';
import type { Arguments } from '../../service';
import { blocks, plain } from '../../terraform/arguments';
import type { AlarmDefinition } from './alarms';
import { listDimensions } from './metric-store';

/** The definition of an alarm from the arguments of Terraform's `aws_cloudwatch_metric_alarm`. */
export function alarmDefinition(args: Arguments): AlarmDefinition {
  const optional = <T>(value: unknown, read: (value: unknown) => T): T | undefined =>
    value === undefined || value === null ? undefined : read(value);
  const list = (value: unknown) => optional(value, (given) => plain(given as string[]));
  const dimensions = (value: unknown) =>
    optional(value, (given) => listDimensions(plain(given as Record<string, string>)));
  const queries = blocks(args.metric_query).map((query) => {
    const metric = blocks(query.metric)[0];
    return {
      Id: String(query.id),
      Expression: optional(query.expression, String),
      Label: optional(query.label, String),
      ReturnData: query.return_data === true,
      ...(metric && {
        MetricStat: {
          Metric: {
            Namespace: optional(metric.namespace, String),
            MetricName: String(metric.metric_name),
            Dimensions: dimensions(metric.dimensions),
          },
          Period: Number(metric.period),
          Stat: String(metric.stat),
          Unit: optional(metric.unit, String) as StandardUnit | undefined,
        },
      }),
    };
  });
  return {
    AlarmName: String(args.alarm_name),
    AlarmDescription: optional(args.alarm_description, String),
    ActionsEnabled: args.actions_enabled !== false,
    AlarmActions: list(args.alarm_actions),
    OKActions: list(args.ok_actions),
    InsufficientDataActions: list(args.insufficient_data_actions),
    Namespace: optional(args.namespace, String),
    MetricName: optional(args.metric_name, String),
    Dimensions: dimensions(args.dimensions),
    Statistic: optional(args.statistic, String),
    ExtendedStatistic: optional(args.extended_statistic, String),
    Period: optional(args.period, Number),
    Unit: optional(args.unit, String),
    EvaluationPeriods: Number(args.evaluation_periods),
    DatapointsToAlarm: optional(args.datapoints_to_alarm, Number),
    Threshold: optional(args.threshold, Number),
    ComparisonOperator: String(args.comparison_operator),
    TreatMissingData: optional(args.treat_missing_data, String),
    EvaluateLowSampleCountPercentile: optional(args.evaluate_low_sample_count_percentiles, String),
    ThresholdMetricId: optional(args.threshold_metric_id, String),
    Metrics: queries.length > 0 ? queries : undefined,
  } as AlarmDefinition;
}
