import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard';
import { Construct } from 'constructs';
import type { Account } from './account';
import { dashboardBody, graphsWith, type Widget } from './dashboard';

export interface ExecutiveDashboardProps {
  /** Physical name, from `names.ts`. */
  readonly dashboardName: string;
  readonly metricNamespace: string;
  readonly account: Account;
  /** Of the workflow of incidents. */
  readonly stateMachineArn: string;
}

/** Over all remediations: how fast, how well, what was found and what waits for a person; and the responses to incidents. */
export class ExecutiveDashboard extends Construct {
  constructor(scope: Construct, id: string, props: ExecutiveDashboardProps) {
    super(scope, id);
    new CloudwatchDashboard(this, 'dashboard', {
      dashboardName: props.dashboardName,
      dashboardBody: dashboardBody(widgets(props)),
    });
  }
}

const HOUR = 3600;

function widgets({ metricNamespace, account, stateMachineArn }: ExecutiveDashboardProps): Widget[] {
  const graph = graphsWith({ region: account.region, width: 12, periodSeconds: HOUR });
  const search = (metric: string, dimensions: string, where = '', stat = 'Sum') =>
    `SEARCH('{${metricNamespace},${dimensions}} MetricName="${metric}"${where}', '${stat}', ${HOUR})`;
  const executions = (metric: string, label: string) => [
    'AWS/States',
    metric,
    'StateMachineArn',
    stateMachineArn,
    { label },
  ];
  const responseTime = (stat: string) => [metricNamespace, 'RemediationResponseTime', { stat, label: stat }];
  return [
    graph('From the change to the verified fix', [responseTime('p50'), responseTime('p95')]),
    graph(
      'Changes that took, in percent',
      [
        [metricNamespace, 'RemediationActions', { id: 'done', visible: false }],
        [metricNamespace, 'RemediationFailures', { id: 'failed', visible: false }],
        [{ expression: '100 * done / (done + failed)', label: 'success' }],
      ],
      { yAxis: { left: { min: 0, max: 100 } } },
    ),
    graph(
      'In question at the last sweep',
      [[{ expression: search('ViolationsFound', 'Remediation', '', 'Maximum'), label: '' }]],
      {
        view: 'singleValue',
        stat: 'Maximum',
      },
    ),
    graph('Held for a person, a budget or an approval', [
      [{ expression: search('EvaluationsPerformed', 'Outcome,Remediation', ' Outcome="HELD"'), label: '' }],
    ]),
    graph('Changes, by remediation', [[{ expression: search('RemediationActions', 'Remediation'), label: '' }]], {
      stacked: true,
    }),
    graph('Failures, by remediation', [[{ expression: search('RemediationFailures', 'Remediation'), label: '' }]], {
      stacked: true,
    }),
    // https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    graph('Responses to incidents', [
      executions('ExecutionsStarted', 'findings'),
      executions('ExecutionsFailed', 'failed'),
      executions('ExecutionsTimedOut', 'timed out'),
    ]),
  ];
}
