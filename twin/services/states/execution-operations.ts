import type { Twin } from '../../twin';
import { redriveExecution, Stopped, startExecution } from './executions';
import { pageOf } from './paging';
import { redriveStatus } from './redrivable';
import { type Execution, executionOf, machineOf, type StatesOperations } from './state';

const summary = ({ arn, machine, name, status, started, stopped, redrives, redriven }: Execution) => ({
  executionArn: arn,
  stateMachineArn: machine.arn,
  name,
  status,
  startDate: started,
  ...(stopped && { stopDate: stopped }),
  ...(redriven && { redriveDate: redriven }),
  redriveCount: redrives,
});

const included = { included: true };

function describe(twin: Twin, execution: Execution) {
  const { input, output, error, cause } = execution;
  const { redriveStatus: status, redriveStatusReason: reason } = redriveStatus(twin, execution);
  return {
    ...summary(execution),
    input,
    inputDetails: included,
    ...(output !== undefined && { output, outputDetails: included }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    redriveStatus: status,
    ...(reason !== null && { redriveStatusReason: reason }),
  };
}

/** Executions, and what is known of them. @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html */
export const executionOperations: StatesOperations = {
  StartExecution({ stateMachineArn, name, input }, call) {
    const { arn, started } = startExecution(call.twin, machineOf(call, stateMachineArn), { name, input });
    return { executionArn: arn, startDate: started };
  },
  async StopExecution({ executionArn, error, cause }, call) {
    const execution = executionOf(call, executionArn);
    execution.stop?.(new Stopped(error, cause));
    // The interpreter hears of it in its next turn.
    await new Promise((resolve) => setImmediate(resolve));
    return { stopDate: execution.stopped };
  },
  DescribeExecution: ({ executionArn }, call) => describe(call.twin, executionOf(call, executionArn)),
  ListExecutions({ stateMachineArn, statusFilter, redriveFilter, maxResults, nextToken }, call) {
    const { arn } = machineOf(call, stateMachineArn);
    const found = [...call.state.executions.values()]
      .filter(({ machine }) => machine.arn === arn)
      .filter(({ status }) => statusFilter === undefined || status === statusFilter)
      .filter(({ redrives }) => redriveFilter === undefined || redrives > 0 === (redriveFilter === 'REDRIVEN'))
      .reverse();
    const { items, next } = pageOf(found, nextToken, maxResults);
    return { executions: items.map(summary), ...next };
  },
  GetExecutionHistory(
    { executionArn, reverseOrder = false, includeExecutionData = true, maxResults, nextToken },
    call,
  ) {
    const { history } = executionOf(call, executionArn);
    const { items, next } = pageOf(reverseOrder ? [...history].reverse() : history, nextToken, maxResults);
    return { events: includeExecutionData ? items : items.map(withoutData), ...next };
  },
  RedriveExecution({ executionArn, clientToken }, call) {
    return { redriveDate: redriveExecution(call.twin, executionOf(call, executionArn), clientToken) };
  },
  DescribeStateMachineForExecution({ executionArn }, call) {
    const { machine } = executionOf(call, executionArn);
    const { arn, name, definition, roleArn, created, logging, tracing, revisionId } = machine;
    return {
      stateMachineArn: arn,
      name,
      definition,
      roleArn,
      updateDate: created,
      loggingConfiguration: loggingOf(logging),
      tracingConfiguration: { enabled: tracing },
      revisionId,
    };
  },
};

/** As operations tell it. */
export const loggingOf = ({ level, includeExecutionData, destination }: Execution['machine']['logging']) => ({
  level,
  includeExecutionData,
  ...(destination !== undefined && { destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: destination } }] }),
});

const DATA = ['input', 'output', 'parameters'];

/** The same event without what the workflow carried. */
function withoutData<T extends object>(event: T): T {
  return Object.fromEntries(
    Object.entries(event).map(([member, value]) =>
      member.endsWith('Details')
        ? [member, Object.fromEntries(Object.entries(value as object).filter(([name]) => !DATA.includes(name)))]
        : [member, value],
    ),
  ) as T;
}
