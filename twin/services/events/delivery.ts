import { randomUUID } from 'node:crypto';
import { servicePrincipal } from '../../iam/principal';
import { AwsError, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { putMetric } from '../cloudwatch';
import { deliver } from '../deliver';
import { invokeDestination } from './destinations';
import { asRole, checkEventsAccess, isBus, isDestination } from './roles';
import { busName, EVENTS, type EventEnvelope, type Rule, type Target } from './state';
import { inputFor } from './target-input';

/**
 * Puts events on a bus: every rule that matches gets them. Read-only API calls reach only rules that ask for them.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export function putEvents(
  twin: Twin,
  scope: Scope,
  name: string,
  envelopes: readonly EventEnvelope[],
  { readOnly = false }: { readOnly?: boolean } = {},
): void {
  const rules = twin.state(EVENTS, scope).buses.get(name);
  for (const event of envelopes) {
    for (const rule of rules?.values() ?? []) {
      const listens = readOnly
        ? rule.state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'
        : rule.state !== 'DISABLED';
      if (listens && rule.matches?.(event)) trigger(twin, scope, rule, event);
    }
  }
}

/** Hands an event to every target of a rule. */
export function trigger(twin: Twin, scope: Scope, rule: Rule, event: EventEnvelope): void {
  putMetric(twin, scope, 'AWS/Events', 'TriggeredRules', { RuleName: rule.name }, 1);
  for (const target of rule.targets.values()) void twin.clock.track(send(twin, scope, rule, target, event, 0));
}

/** Delivers to one target; what the target's owner must mend goes to the dead-letter queue at once, what may pass is tried again. */
async function send(
  twin: Twin,
  scope: Scope,
  rule: Rule,
  target: Target,
  event: EventEnvelope,
  attempt: number,
): Promise<void> {
  try {
    await hand(twin, scope, rule, target, event);
    putMetric(twin, scope, 'AWS/Events', 'Invocations', { RuleName: rule.name }, 1);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const permanent =
      /AccessDenied|Unauthorized|AuthorizationError|NotFound|DoesNotExist|AlreadyExists|Invalid|Validation/.test(
        error.code,
      );
    if (!permanent && attempt < target.maximumRetries && attempt * 60 < target.maximumAgeSeconds) {
      twin.clock.after(60_000, () => send(twin, scope, rule, target, event, attempt + 1));
      return;
    }
    putMetric(twin, scope, 'AWS/Events', 'FailedInvocations', { RuleName: rule.name }, 1);
    if (target.deadLetterArn !== undefined) await bury(twin, scope, rule, target, event, error, attempt);
  }
}

/** Events that came from another bus: they are not sent to a third one. */
const forwarded = new WeakSet<EventEnvelope>();

/**
 * Hands an event to a target once.
 *
 * @throws AwsError
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html for buses
 */
async function hand(twin: Twin, scope: Scope, rule: Rule, target: Target, event: EventEnvelope): Promise<void> {
  const { arn } = target;
  const [, , service, region = '', account = ''] = arn.split(':');
  const body = inputFor(target, rule, event, twin.clock.now());
  if (isBus(arn)) {
    if (forwarded.has(event)) return;
    await asRole(twin, scope, { target, rule }, (principal) =>
      checkEventsAccess(twin, 'events:PutEvents', arn, principal),
    );
    const name = busName(arn);
    if (!twin.state(EVENTS, { account, region }).buses.has(name))
      throw new AwsError('ResourceNotFoundException', `Event bus ${name} does not exist.`);
    const copy = { ...event };
    forwarded.add(copy);
    putEvents(twin, { account, region }, name, [copy]);
  } else if (isDestination(arn)) {
    await asRole(twin, scope, { target, rule }, (principal) => {
      checkEventsAccess(twin, 'events:InvokeApiDestination', arn, principal);
      invokeDestination(twin, { account, region }, { target, principal }, body);
    });
  } else if (service === 'states') {
    const name = `${String(event.id)}_${randomUUID()}`;
    await asRole(twin, scope, { target, rule }, (principal) => deliver(twin, { arn, body, principal, name }));
  } else {
    await deliver(twin, { arn, body, principal: servicePrincipal('events.amazonaws.com', scope.account, rule.arn) });
  }
}

/** @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
async function bury(
  twin: Twin,
  scope: Scope,
  rule: Rule,
  target: Target,
  event: EventEnvelope,
  error: AwsError,
  attempt: number,
): Promise<void> {
  const attributes = {
    RULE_ARN: rule.arn,
    TARGET_ARN: target.arn,
    ERROR_CODE: /AccessDenied|Unauthorized|AuthorizationError/.test(error.code)
      ? 'NO_PERMISSIONS'
      : /NotFound|DoesNotExist/.test(error.code)
        ? 'NO_RESOURCE'
        : /AlreadyExists/.test(error.code)
          ? 'RESOURCE_ALREADY_EXISTS'
          : 'SDK_CLIENT_ERROR',
    ERROR_MESSAGE: error.message,
    RETRY_ATTEMPTS: String(attempt),
    ...(attempt > 0 && { EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts' }),
  };
  try {
    const principal = servicePrincipal('events.amazonaws.com', scope.account, rule.arn);
    await deliver(twin, { arn: target.deadLetterArn ?? '', body: JSON.stringify(event), principal, attributes });
    putMetric(twin, scope, 'AWS/Events', 'InvocationsSentToDLQ', { RuleName: rule.name }, 1);
  } catch (failure) {
    if (!(failure instanceof AwsError)) throw failure;
    putMetric(twin, scope, 'AWS/Events', 'InvocationsFailedToBeSentToDLQ', { RuleName: rule.name }, 1);
  }
}
