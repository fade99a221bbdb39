import { servicePrincipal } from '../../iam/principal';
import { AwsError } from '../../service';
import { invocable, invokeAsync } from '../lambda';
import { managedRule } from './managed';
import { type ChangeMessage, messageOf } from './notifications';
import { issueToken } from './result-tokens';
import { recordResult } from './results';
import { isInScope, triggersOf } from './scope';
import { type Item, isDeleted, liveItem, liveItems, millisecondsOf, type Place, type Rule } from './state';

/** Who invokes functions: the service, for a rule. */
export const invoker = (account: string, ruleArn: string) => servicePrincipal('config.amazonaws.com', account, ruleArn);

/** Has every rule judge an item that has just been recorded. */
export function evaluateChange(place: Place, item: Item, previous: Item | undefined, message: ChangeMessage): void {
  for (const rule of place.state.rules.values()) {
    const isIn = isInScope(rule, item);
    const wasIn = previous !== undefined && !isDeleted(previous) && isInScope(rule, previous);
    if ((!isIn && !wasIn) || !triggersOf(rule).messages.has(message.messageType)) continue;
    if (rule.definition.Source?.Owner === 'AWS') judge(place, rule, item, { leftScope: !isIn });
    else invokeFunction(place, rule, message, { leftScope: !isIn });
  }
}

/** Has a rule judge everything in its scope: when it is made, when it is asked for, and when its time has come. */
export function evaluateRule(place: Place, rule: Rule, { isScheduled = false }: { isScheduled?: boolean } = {}): void {
  const { messages, frequency } = triggersOf(rule);
  if (rule.definition.Source?.Owner === 'AWS') {
    if (judgeAccount(place, rule)) return;
    for (const item of itemsFor(place, rule)) judge(place, rule, item);
    forgetTheGone(place, rule);
    return;
  }
  if (frequency) invokeFunction(place, rule, scheduledMessage(place));
  if (isScheduled) return;
  for (const item of itemsFor(place, rule)) {
    const message = messageOf(place, item, null);
    if (messages.has(message.messageType)) invokeFunction(place, rule, message);
  }
}

/** Judges everything by the managed rules without telling. */
export function judgeSilently(place: Place): void {
  for (const rule of place.state.rules.values())
    if (rule.definition.Source?.Owner === 'AWS' && !judgeAccount(place, rule, { silently: true }))
      for (const item of itemsFor(place, rule)) judge(place, rule, item, { silently: true });
}

/** Runs a periodic rule whenever its time comes, from now on. */
export function schedule(place: Place, rule: Rule): void {
  rule.stopSchedule?.();
  delete rule.stopSchedule;
  const { frequency } = triggersOf(rule);
  if (!frequency) return;
  rule.stopSchedule = place.twin.clock.after(millisecondsOf(frequency), () => {
    schedule(place, rule);
    if (place.state.recorder?.recording) evaluateRule(place, rule, { isScheduled: true });
  });
}

/** Tells rules of a snapshot. */
export function evaluateSnapshot(place: Place, message: object): void {
  for (const rule of place.state.rules.values())
    if (triggersOf(rule).messages.has('ConfigurationSnapshotDeliveryCompleted')) invokeFunction(place, rule, message);
}

function* itemsFor({ state }: Place, rule: Rule): Iterable<Item> {
  const wanted = rule.definition.Scope?.ComplianceResourceTypes ?? [];
  for (const type of state.items.keys()) {
    if (wanted.length > 0 && !wanted.includes(type)) continue;
    for (const item of liveItems(state, type)) if (isInScope(rule, item)) yield item;
  }
}

const scheduledMessage = ({ twin, account }: Place) => ({
  awsAccountId: account,
  notificationCreationTime: twin.clock.now().toISOString(),
  messageType: 'ScheduledNotification',
  recordVersion: '1.0',
});

/** Judges an item by a managed rule, unless the twin does not have the rule. */
function judge(
  place: Place,
  rule: Rule,
  item: Item,
  { leftScope = false, silently = false }: { leftScope?: boolean; silently?: boolean } = {},
): void {
  const managed = managedRule(rule.definition);
  if (!managed) return;
  const now = place.twin.clock.now();
  const verdict =
    leftScope || isDeleted(item)
      ? ({ compliance: 'NOT_APPLICABLE' } as const)
      : managed.judge(
          {
            name: item.name,
            configuration: JSON.parse(item.configuration ?? '{}') as never,
            supplementary: JSON.parse(item.supplementary) as never,
          },
          parametersOf(rule),
        );
  rule.status.invokedAt = now;
  rule.status.evaluatedAt = now;
  const { type, id, captured } = item;
  // What is judged again without a change is judged as of now.
  const ordering = item === liveItem(place.state, type, id) && captured < now ? now : captured;
  recordResult(place, rule, { type, id, ...verdict, ordering, invoked: now }, { silently });
}

/** Judges the account, if that is what a rule is about. */
function judgeAccount(place: Place, rule: Rule, { silently = false }: { silently?: boolean } = {}): boolean {
  const { twin, account } = place;
  const verdict = managedRule(rule.definition)?.judgeAccount?.(twin, place, parametersOf(rule));
  if (!verdict) return false;
  const now = twin.clock.now();
  rule.status.invokedAt = now;
  rule.status.evaluatedAt = now;
  recordResult(
    place,
    rule,
    { type: 'AWS::::Account', id: account, ...verdict, ordering: now, invoked: now },
    { silently },
  );
  return true;
}

const parametersOf = ({ definition }: Rule): Record<string, string> =>
  JSON.parse(definition.InputParameters || '{}') as Record<string, string>;

/** Results about resources that are no longer recorded. */
function forgetTheGone(place: Place, rule: Rule): void {
  const now = place.twin.clock.now();
  for (const { type, id } of [...rule.results.values()])
    if (!liveItem(place.state, type, id))
      recordResult(place, rule, { type, id, compliance: 'NOT_APPLICABLE', ordering: now, invoked: now });
}

/**
 * Invokes a rule's function. It answers by PutEvaluations, or the rule is failing.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html
 */
function invokeFunction(place: Place, rule: Rule, message: object, { leftScope = false } = {}): void {
  const { twin, state, account } = place;
  const { status, definition } = rule;
  const invoked = twin.clock.now();
  const resultToken = issueToken(state.secret, { ruleId: rule.id, invoked: invoked.toISOString() });
  const event = {
    version: '1.0',
    invokingEvent: JSON.stringify(message),
    ruleParameters: definition.InputParameters || '{}',
    resultToken,
    eventLeftScope: leftScope,
    executionRoleArn: state.recorder?.roleArn,
    configRuleArn: rule.arn,
    configRuleName: rule.name,
    configRuleId: rule.id,
    accountId: account,
  };
  const failed = (code: string, text: string) => {
    status.evaluationFailedAt = twin.clock.now();
    status.error = { code, message: text };
  };
  try {
    const { target, scope } = invocable(twin, definition.Source?.SourceIdentifier ?? '', invoker(account, rule.arn));
    state.unanswered.add(resultToken);
    invokeAsync(twin, scope, target, event, ({ error }) => {
      const isUnanswered = state.unanswered.delete(resultToken);
      if (error) failed(error.errorType, error.errorMessage);
      else if (isUnanswered) failed('NoResultsReported', 'The function ended without calling PutEvaluations.');
    });
    status.invokedAt = invoked;
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    status.invocationFailedAt = invoked;
    failed(thrown.code, thrown.message);
  }
}
