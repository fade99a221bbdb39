import { servicePrincipal } from '../../iam/principal';
import { AwsError, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { putMetric } from '../cloudwatch';
import { deliver } from '../deliver';
import { EVENTS, type EventEnvelope, type Rule, type Target } from './state';
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
  const principal = servicePrincipal('events.amazonaws.com', scope.account, rule.arn);
  try {
    await deliver(twin, { arn: target.arn, body: inputFor(target, rule, event, twin.clock.now()), principal });
    putMetric(twin, scope, 'AWS/Events', 'Invocations', { RuleName: rule.name }, 1);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const permanent = /AccessDenied|Unauthorized|AuthorizationError|NotFound|DoesNotExist|InvalidParameter/.test(
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
