import { existsSync, readFileSync } from 'node:fs';
import { asError, InvalidEventError } from '../functions/core/errors';
import { type CloudTrailWake, parseWake } from '../functions/core/events';
import type { Policy } from '../functions/core/policy';
import { compileEventPattern } from '../twin/event-pattern';
import { explainCompliance, explainRuleInvocation, foreign } from './explain-config';
import type { Judgement } from './judgement';
import { kinds } from './kinds';
import { SynthesizedStack } from './project';
import { clean, columns, paint, UsageError } from './terminal';

/** What would become of an event. */
export interface Explanation extends Omit<Judgement, 'outcome'> {
  /** EventBridge rules that match it, or the Config rule that asks. */
  readonly rules: readonly string[];
  /** Functions that they invoke. */
  readonly functions: readonly string[];
  readonly outcome: Judgement['outcome'] | 'NOT_INVOKED' | 'DEAD_LETTERED' | 'INCIDENT';
}

/**
 * Explains an event by the stack's own rules and policy: offline, from what the event itself says. The function would read the
 * live resource and see the rest of it as well.
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

/** The same, of an event that was read. */
export function explainEvent(event: object, stack: SynthesizedStack): Explanation {
  // A Config rule invokes the function itself.
  if ('invokingEvent' in event) return parsed(() => explainRuleInvocation(event, stack), [], []);
  const matching = stack.rules().filter(({ pattern }) => compileEventPattern(pattern)(event));
  const rules = matching.map(({ name }) => name);
  const functions = [...new Set(matching.flatMap((rule) => rule.functions))];
  if (rules.length === 0)
    return { rules, functions, outcome: 'NOT_INVOKED', reason: 'no rule of this stack matches the event' };
  if (functions.length === 0)
    return {
      rules,
      functions,
      outcome: 'INCIDENT',
      reason: 'it starts the workflow, which reads it again at its source',
    };
  return parsed(
    () => {
      const wake = parseWake(
        event,
        kinds.map(({ resource }) => resource),
      );
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

/** One call may concern several kinds, as one that is about an account and with it about its buckets. */
function judge(wake: CloudTrailWake, policy: Policy): Judgement {
  const { eventName, errorCode } = wake;
  if (errorCode) return { outcome: 'IGNORED', reason: `${eventName} failed with ${errorCode}, so nothing changed` };
  const judgements = kinds.filter(({ calls }) => calls.includes(eventName)).map((kind) => kind.judge(wake, policy));
  const told = judgements.find(({ outcome }) => outcome !== 'LOOKED_UP') ?? judgements[0];
  if (!told) throw new InvalidEventError(`${eventName} is not a call that concerns any function`);
  const others = judgements.filter((one) => one !== told);
  return { ...told, reason: [told, ...others].map(({ reason }) => reason).join('; ') };
}

function print({ rules, functions, subject, outcome, reason, compliance, unseen, judged = [] }: Explanation): void {
  const lines = [
    ['rule', rules.join(', ') || 'none'],
    ['function', functions.join(', ') || 'none'],
    ...(subject ? [['subject', subject]] : []),
    ['outcome', outcome],
    ['because', reason],
    ...(compliance ? [['answer', `${compliance}, to the Config rule`]] : []),
  ];
  console.log(columns(lines.map(([name = '', value = '']) => [paint('dim', name), clean(value)])));
  if (judged.length > 0)
    console.log(`\n${columns(judged.map(({ rule, opens, verdict }) => [verdict, clean(rule), clean(opens)]))}`);
  if (unseen)
    console.log(paint('dim', `\nJudged by what the event says. The function reads the live resource, with ${unseen}.`));
}
