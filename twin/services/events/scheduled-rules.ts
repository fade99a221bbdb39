import { randomUUID } from 'node:crypto';
import { AwsError, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { trigger } from './delivery';
import { InvalidScheduleError, parseSchedule } from './schedule-expression';
import type { Rule } from './state';

/**
 * Checks what sets a rule off.
 *
 * @throws AwsError if EventBridge would not take it.
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
 */
export function checkTriggers(pattern: string | undefined, schedule: string | undefined, on: string): void {
  if (pattern === undefined && schedule === undefined)
    throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.');
  if (schedule === undefined) return;
  if (on !== 'default')
    throw new AwsError('ValidationException', 'ScheduleExpression is supported only on the default event bus.');
  try {
    parseSchedule(schedule);
  } catch (error) {
    if (error instanceof InvalidScheduleError) throw new AwsError('ValidationException', error.message);
    throw error;
  }
}

/** Waits for a rule's next time, from now on, if it has a schedule and is enabled. */
export function arm(twin: Twin, { account, region }: Scope, rule: Rule): void {
  rule.callOff?.();
  delete rule.callOff;
  if (rule.schedule === undefined || rule.state === 'DISABLED') return;
  const next = parseSchedule(rule.schedule);
  const wait = (from: Date): void => {
    const due = next(from);
    if (!due) return;
    rule.callOff = twin.clock.after(due.getTime() - twin.clock.now().getTime(), () => {
      wait(due);
      trigger(twin, { account, region }, rule, eventOf(rule, due, { account, region }));
    });
  };
  wait(twin.clock.now());
}

const eventOf = ({ arn }: Rule, time: Date, { account, region }: Scope) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account,
  time: `${time.toISOString().slice(0, 19)}Z`,
  region,
  resources: [arn],
  detail: {},
});
