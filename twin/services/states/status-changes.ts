import { randomUUID } from 'node:crypto';
import type { Twin } from '../../twin';
import { putMetric } from '../cloudwatch';
import { putEvents } from '../events';
import { redriveStatus } from './redrivable';
import type { Execution } from './state';

/**
 * Tells the default bus what became of an execution.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export function announce(twin: Twin, execution: Execution): void {
  const { machine, arn, name, status, started, stopped, input, output = null, error = null, cause = null } = execution;
  const { account, region } = machine;
  const included = { included: true };
  const detail = {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate: started.getTime(),
    stopDate: stopped?.getTime() ?? null,
    input,
    inputDetails: included,
    output,
    outputDetails: output === null ? null : included,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: execution.redrives,
    redriveDate: execution.redriven?.getTime() ?? null,
    ...redriveStatus(twin, execution),
    error,
    cause,
  };
  const event = {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account,
    time: `${twin.clock.now().toISOString().slice(0, 19)}Z`,
    region,
    resources: [arn],
    detail,
  };
  putEvents(twin, { account, region }, 'default', [event]);
}

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html */
export function measure(twin: Twin, { machine, started, redriven, stopped }: Execution, metric: string): void {
  const dimensions = { StateMachineArn: machine.arn };
  putMetric(twin, machine, 'AWS/States', metric, dimensions, 1);
  if (!stopped) return;
  const milliseconds = stopped.getTime() - (redriven ?? started).getTime();
  putMetric(twin, machine, 'AWS/States', 'ExecutionTime', dimensions, milliseconds, 'Milliseconds');
}
