import { existsSync, readFileSync } from 'node:fs';
import { asError, InvalidEventError } from '../functions/core/errors';
import { type CloudTrailWake, parseWake } from '../functions/core/events';
import { policyOn } from '../functions/core/exceptions';
import type { Outcome } from '../functions/core/outcomes';
import type { Policy } from '../functions/core/policy';
import type { Plan } from '../functions/core/remediation';
import { groupArn } from '../functions/remediate-security-group/adapter';
import { GROUP_ID, subjectOf } from '../functions/remediate-security-group/events';
import { planSecurityGroup, portsText } from '../functions/remediate-security-group/planner';
import type { IngressRule, SecurityGroupAction } from '../functions/remediate-security-group/security-group';
import { compileEventPattern } from '../twin/event-pattern';
import { rulesNamedBy } from './named-rules';
import { SynthesizedStack } from './project';
import { clean, columns, paint, UsageError } from './terminal';

/** What would become of an event. */
interface Explanation {
  /** EventBridge rules that match it. */
  readonly rules: readonly string[];
  /** Functions that they invoke. */
  readonly functions: readonly string[];
  readonly subject?: string;
  readonly outcome: Outcome | 'NOT_INVOKED' | 'DEAD_LETTERED' | 'LOOKED_UP';
  readonly reason: string;
  readonly actions?: readonly SecurityGroupAction[];
  /** Each rule that the event names, with its verdict. */
  readonly judged?: readonly { readonly rule: string; readonly opens: string; readonly verdict: string }[];
}

/**
 * Explains an event by the stack's own rules and policy: offline, from what the event itself says. The function would read the
 * live group and see its other rules as well.
 */
export function explain(file: string, { stack, json }: { stack?: string; json?: boolean }): void {
  const synthesized = new SynthesizedStack(stack);
  const explanation = explainEvent(readEvent(file), synthesized);
  if (json) console.log(JSON.stringify(explanation, null, 2));
  else print(explanation);
}

function readEvent(file: string): object {
  if (!existsSync(file)) throw new UsageError(`${file}: no such file`);
  try {
    const event: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (event !== null && typeof event === 'object') return event;
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${asError(error).message}`);
  }
  throw new UsageError(`${file} is no event: expected a JSON object`);
}

function explainEvent(event: object, stack: SynthesizedStack): Explanation {
  const matching = stack.rules().filter(({ pattern }) => compileEventPattern(pattern)(event));
  const rules = matching.map(({ name }) => name);
  const functions = [...new Set(matching.flatMap((rule) => rule.functions))];
  if (rules.length === 0)
    return { rules, functions, outcome: 'NOT_INVOKED', reason: 'no rule of this stack matches the event' };
  try {
    const wake = parseWake(event, { idKey: 'groupId', idPattern: GROUP_ID });
    if (wake.kind !== 'cloudtrail') throw new InvalidEventError('not an AWS event');
    return { rules, functions, ...judge(wake, stack.policy()) };
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    return { rules, functions, outcome: 'DEAD_LETTERED', reason: `${error.name}: ${error.message}` };
  }
}

function judge(wake: CloudTrailWake, policy: Policy): Omit<Explanation, 'rules' | 'functions'> {
  if (wake.errorCode)
    return { outcome: 'IGNORED', reason: `${wake.eventName} failed with ${wake.errorCode}, so nothing changed` };
  const subject = subjectOf(wake);
  if ('prefixListId' in subject)
    return {
      subject: subject.prefixListId,
      outcome: 'LOOKED_UP',
      reason: 'the function is invoked once for each security group that refers to this prefix list',
    };
  const { groupId } = subject;
  const ingress = rulesNamedBy(wake);
  const group = {
    groupId,
    arn: groupArn(groupId, { partition: 'aws', ...wake }),
    groupName: '',
    tags: {},
    ingress,
    prefixLists: listsAssumedHarmless(ingress),
  };
  const plan = planSecurityGroup(group, policyOn(policy, wake.trigger.at.slice(0, 10)));
  return {
    subject: groupId,
    ...outcomeOf(plan, policy),
    actions: plan.actions,
    judged: ingress.map((rule) => ({
      rule: rule.ruleId,
      opens: `${portsText(rule)} from ${Object.values(rule.source)[0]}`,
      verdict: verdictOn(rule, plan),
    })),
  };
}

/** What a list holds does not stand in the event. */
const listsAssumedHarmless = (ingress: readonly IngressRule[]) =>
  Object.fromEntries(ingress.flatMap(({ source }) => ('prefixListId' in source ? [[source.prefixListId, []]] : [])));

function outcomeOf(
  plan: Plan<SecurityGroupAction>,
  { securityGroups: { mode } }: Policy,
): { outcome: Outcome; reason: string } {
  if (plan.actions.length === 0)
    return { outcome: plan.exempt.length > 0 ? 'EXEMPT' : 'NO_ACTION', reason: plan.reason };
  if (mode === 'observe')
    return { outcome: 'DRY_RUN', reason: `${plan.reason}; the mode is observe, so nothing would be changed` };
  if (mode === 'approve')
    return { outcome: 'HELD', reason: `${plan.reason}; the mode is approve, so a person would be asked` };
  return { outcome: 'REMEDIATED', reason: plan.reason };
}

function verdictOn({ ruleId }: IngressRule, { actions, exempt }: Plan<SecurityGroupAction>): string {
  const exception = exempt.find(({ target }) => target === ruleId)?.exception;
  if (exception !== undefined) return `exempt by ${exception}`;
  return actions.some((action) => action.kind === 'RevokeSecurityGroupIngress' && action.ruleIds.includes(ruleId))
    ? 'revoke'
    : 'keep';
}

function print({ rules, functions, subject, outcome, reason, judged = [] }: Explanation): void {
  const lines = [
    ['rule', rules.join(', ') || 'none'],
    ['function', functions.join(', ') || 'none'],
    ...(subject ? [['subject', subject]] : []),
    ['outcome', outcome],
    ['because', reason],
  ];
  console.log(columns(lines.map(([name = '', value = '']) => [paint('dim', name), clean(value)])));
  if (judged.length === 0) return;
  console.log(`\n${columns(judged.map(({ rule, opens, verdict }) => [verdict, clean(rule), clean(opens)]))}`);
  console.log(
    paint(
      'dim',
      '\nJudged by what the event says. The function reads the live group, with all of its rules, tags and prefix lists.',
    ),
  );
}
