import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { Construct } from 'constructs';
import type { Account } from './account';
import { dashboardBody, graphsWith, type Widget } from './dashboard';
import type { Names } from './names';
import type { NodeFunction } from './node-function';

export interface RemediationMonitoringProps {
  /** Physical names, from `names.ts`. */
  readonly dashboardName: string;
  readonly alarmNames: Names['alarms'];
  readonly metricNamespace: string;
  /** As in metrics: `security-group`. */
  readonly remediation: string;
  readonly self: NodeFunction;
  readonly logGroupName: string;
  readonly deadLetterQueueName: string;
  readonly alertTopicArn: string;
  readonly account: Account;
  readonly sweepEveryHours: number;
  /** Alarms that tell of each change, of which remediation. @default none */
  readonly actionAlarms?: readonly { readonly remediation: string; readonly alarmName: string }[];
}

/** CloudTrail delivers within five minutes on average. @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html */
const SLOW_MS = 300_000;

/** Who watches a remediation: alarms for when it fails, is throttled or falls silent, and a page to look at. */
export class RemediationMonitoring extends Construct {
  constructor(scope: Construct, id: string, props: RemediationMonitoringProps) {
    super(scope, id);
    const { alarmNames, metricNamespace, remediation, self, alertTopicArn, sweepEveryHours } = props;
    const alarm = (of: string, more: Omit<CloudwatchMetricAlarmConfig, 'alarmActions'>) =>
      new CloudwatchMetricAlarm(this, of, { ...more, alarmActions: [alertTopicArn] });
    const ofFunction = (metricName: string) => ({
      namespace: 'AWS/Lambda',
      metricName,
      dimensions: { FunctionName: self.functionName },
      statistic: 'Sum',
      period: 300,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData: 'notBreaching',
    });
    alarm('failures', {
      alarmName: alarmNames.failures(self.physicalName),
      alarmDescription: `${self.physicalName} failed. Lambda tries each event twice more; what fails then waits in the dead-letter queue.`,
      ...ofFunction('Errors'),
    });
    alarm('throttles', {
      alarmName: alarmNames.throttles(self.physicalName),
      alarmDescription: `${self.physicalName} could not start: the account's concurrency is used up. Events wait up to an hour.`,
      ...ofFunction('Throttles'),
    });
    alarm('silence', {
      alarmName: alarmNames.silence(self.physicalName),
      alarmDescription: `${self.physicalName} has looked at nothing for two sweeps. Its schedule, its rules or the function itself may be off.`,
      namespace: metricNamespace,
      metricName: 'EvaluationsPerformed',
      dimensions: { Remediation: remediation },
      statistic: 'Sum',
      // By the hour: CloudWatch looks a few periods further back than it is told to.
      period: 3600,
      evaluationPeriods: 2 * sweepEveryHours,
      threshold: 1,
      comparisonOperator: 'LessThanThreshold',
      // Silence is no data at all. Taken for breaching, it would page with each installation, until the first sweep.
      treatMissingData: 'missing',
      insufficientDataActions: [alertTopicArn],
    });
    const own = {
      namespace: metricNamespace,
      dimensions: { Remediation: remediation },
      period: 300,
      evaluationPeriods: 1,
    };
    alarm('slow', {
      alarmName: alarmNames.slow(self.physicalName),
      alarmDescription: `One in twenty fixes of ${self.physicalName} came more than ${SLOW_MS / 60_000} minutes after the change. Events may be late, or the function throttled.`,
      ...own,
      metricName: 'RemediationResponseTime',
      extendedStatistic: 'p95',
      threshold: SLOW_MS,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
    });
    for (const { remediation: of, alarmName } of props.actionAlarms ?? [])
      alarm(of === remediation ? 'actions' : `${of}-actions`, {
        alarmName,
        alarmDescription: `${self.physicalName} changed something. Its dashboard and its receipts say what, and why.`,
        ...own,
        dimensions: { Remediation: of },
        metricName: 'RemediationActions',
        statistic: 'Sum',
        threshold: 1,
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        treatMissingData: 'notBreaching',
      });
    new CloudwatchDashboard(this, 'dashboard', {
      dashboardName: props.dashboardName,
      dashboardBody: dashboardBody(widgets(props)),
    });
  }
}

function widgets(props: RemediationMonitoringProps): Widget[] {
  const { metricNamespace, remediation, self, logGroupName, deadLetterQueueName, account } = props;
  const graph = graphsWith({ region: account.region, width: 8, periodSeconds: 300 });
  const own = (metric: string, options: object = {}) => [metricNamespace, metric, 'Remediation', remediation, options];
  const ofFunction = (metric: string, options: object = {}) => [
    'AWS/Lambda',
    metric,
    'FunctionName',
    self.physicalName,
    options,
  ];
  const outcomes = `SEARCH('{${metricNamespace},Outcome,Remediation} MetricName="EvaluationsPerformed" Remediation="${remediation}"', 'Sum', 300)`;
  return [
    graph('What was decided', [[{ expression: outcomes, label: '' }]], { stacked: true }),
    graph('Changes and looks', [
      own('RemediationActions'),
      own('RemediationFailures', { color: '#d62728' }),
      own('EvaluationsPerformed', { yAxis: 'right' }),
    ]),
    graph('From the change to the verified fix', [
      own('RemediationResponseTime', { stat: 'p50', label: 'p50' }),
      own('RemediationResponseTime', { stat: 'p95', label: 'p95' }),
      own('RemediationResponseTime', { stat: 'Maximum', label: 'max' }),
    ]),
    graph('The function', [
      ofFunction('Errors', { color: '#d62728' }),
      ofFunction('Throttles'),
      ofFunction('Invocations'),
    ]),
    graph('How long it runs', [ofFunction('Duration', { stat: 'p50' }), ofFunction('Duration', { stat: 'Maximum' })]),
    graph(
      'What could not be handled',
      [['AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'QueueName', deadLetterQueueName]],
      { stat: 'Maximum' },
    ),
    {
      type: 'log',
      width: 24,
      height: 8,
      properties: {
        title: 'The last decisions',
        region: account.region,
        view: 'table',
        query: `SOURCE '${logGroupName}' | fields @timestamp, outcome, resourceId, reason, trigger.actor | filter ispresent(outcome) | sort @timestamp desc | limit 50`,
      },
    },
  ];
}
