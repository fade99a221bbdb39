import type { Twin } from '../../twin';
import type { Execution } from './state';

/** Longer histories fail. @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const MOST_EVENTS = 25_000;

/** How long after its end an execution can be redriven. @see https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html */
const REDRIVABLE_MS = 14 * 24 * 3_600_000;

/** Why an execution cannot be redriven. Undefined if it can. */
export function redriveObstacle(twin: Twin, { status, stopped, history }: Execution): string | undefined {
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  if (stopped && twin.clock.now().getTime() - stopped.getTime() > REDRIVABLE_MS)
    return 'Execution has exceeded the redrivable period of 14 days';
  if (history.length >= MOST_EVENTS - 1) return 'Execution has exceeded the history event limit for redrive';
  return undefined;
}

/** Whether an execution can be redriven, and why not. */
export function redriveStatus(twin: Twin, execution: Execution) {
  const obstacle = redriveObstacle(twin, execution);
  return obstacle === undefined
    ? { redriveStatus: 'REDRIVABLE' as const, redriveStatusReason: null }
    : { redriveStatus: 'NOT_REDRIVABLE' as const, redriveStatusReason: obstacle };
}
