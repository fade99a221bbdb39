import { existsSync, readFileSync } from 'node:fs';
import { asError, InvalidEventError } from '../functions/core/errors';
import { type CloudTrailWake, parseWake } from '../functions/core/events';
import type { Outcome } from '../functions/core/outcomes';
import type { Policy } from '../functions/core/policy';
import { subjectOf } from '../functions/remediate-security-group/events';
import { SECURITY_GROUP, type SecurityGroupAction } from '../functions/remediate-security-group/security-group';
import { compileEventPattern } from '../twin/event-pattern';
import { explainCompliance, explainRuleInvocation, foreign, type Judgement } from './explain-config';
import { type JudgedRule, judgeRules } from './judge-rules';
import { rulesNamedBy } from './named-rules';
import { SynthesizedStack } from './project';
import { clean, columns, paint, UsageError } from './terminal';

/** What would become of an event. */
export interface Explanation {
  /** EventBridge rules that match it, or the Config rule that asks. */
  readonly rules: readonly string[];
  /** Functions that they invoke. */
  readonly functions: readonly string[];
  readonly subject?: string;
  /** `LOOKED_UP`: the event alone does not tell; the function reads what it is about. */
  readonly outcome: Outcome | 'NOT_INVOKED' | 'DEAD_LETTERED' | 'LOOKED_UP';
  readonly reason: string;
  readonly actions?: readonly SecurityGroupAction[];
  /** Each rule that the event names, with its verdict. */
  readonly judged?: readonly JudgedRule[];
  /** What the Config rule that asks is answered. */
  readonly compliance?: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE';
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
  // A Config rule invokes the function itself.
  if ('invokingEvent' in event) return parsed(() => explainRuleInvocation(event, stack), [], []);
  const matching = stack.rules().filter(({ pattern }) => compileEventPattern(pattern)(event));
  const rules = matching.map(({ name }) => name);
  const functions = [...new Set(matching.flatMap((rule) => rule.functions))];
  if (rules.length === 0)
    return { rules, functions, outcome: 'NOT_INVOKED', reason: 'no rule of this stack matches the event' };
  return parsed(
    () => {
      const wake = parseWake(event, [SECURITY_GROUP]);
      if (wake.kind !== 'cloudtrail' && wake.kind !== 'compliance') throw new InvalidEventError('not an AWS event');
      const judged =
        foreign(wake, stack) ?? (wake.kind === 'compliance' ? explainCompliance(wake) : judge(wake, stack.policy()));
      return { rules, functions, ...judged };
    },
    rules,
    functions,
  );
}

/** What the function cannot understand, it fails on three times. */
function parsed(explain: () => Explanation, rules: readonly string[], functions: readonly string[]): Explanation {
  try {
    return explain();
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    return { rules, functions, outcome: 'DEAD_LETTERED', reason: `${error.name}: ${error.message}` };
  }
}

function judge(wake: CloudTrailWake, policy: Policy): Judgement {
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
  const { at, actor } = wake.trigger;
  return {
    subject: groupId,
    ...judgeRules({ groupId, groupName: '', tags: {}, ingress: rulesNamedBy(wake) }, { ...wake, at, actor }, policy),
  };
}

function print({ rules, functions, subject, outcome, reason, compliance, judged = [] }: Explanation): void {
  const lines = [
    ['rule', rules.join(', ') || 'none'],
    ['function', functions.join(', ') || 'none'],
    ...(subject ? [['subject', subject]] : []),
    ['outcome', outcome],
    ['because', reason],
    ...(compliance ? [['answer', `${compliance}, to the Config rule`]] : []),
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
