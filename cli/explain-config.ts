import { type ComplianceWake, parseRuleInvocation } from '../functions/core/config-events';
import { InvalidEventError } from '../functions/core/errors';
import type { Explanation } from './explain';
import type { Judgement } from './judgement';
import { type Kind, kinds } from './kinds';
import type { SynthesizedStack } from './project';

const TEST_MODE = "Config's test mode: nothing is changed, nothing is recorded";

/** The account of the stack is not known before it is applied; its Region is. */
export function foreign(wake: { readonly region: string }, stack: SynthesizedStack): Judgement | undefined {
  const home = stack.region();
  if (home === undefined || wake.region === home) return undefined;
  return { outcome: 'IGNORED', reason: `belongs to Region ${wake.region}, this installation to ${home}` };
}

/** What Config says of a resource makes the function look at it: the event does not hold it. */
export function explainCompliance({
  resourceType,
  resourceId,
  complianceType,
  evaluationMode,
  trigger,
}: ComplianceWake): Judgement {
  const ignored = (reason: string): Judgement => ({ subject: resourceId, outcome: 'IGNORED', reason });
  const kind = kinds.find(({ resource }) => resource.type === resourceType);
  if (!kind) return ignored(`${resourceType} is not ours`);
  if (evaluationMode === 'PROACTIVE') return ignored('checks a template, not a resource');
  if (complianceType !== 'NON_COMPLIANT') return ignored(`${complianceType} asks for nothing`);
  requireId(kind, resourceId);
  return {
    subject: resourceId,
    outcome: 'LOOKED_UP',
    reason: `the Config rule ${trigger.name} says ${complianceType}, not why; the function reads the live ${kind.resource.noun}`,
  };
}

/** An invocation by a Config rule: answered by the item as it was recorded, while the live group is healed. */
export function explainRuleInvocation(event: object, stack: SynthesizedStack): Explanation {
  const wake = parseRuleInvocation(event);
  const asking = stack.configRules();
  const own = asking.find(({ name }) => name === wake.trigger.name);
  const functions = [...new Set((own ? [own] : asking).map((rule) => rule.function))];
  const { reason, ...judged } = judge(wake, stack);
  const note = own ? '' : ` (as if a rule of this stack had asked: none is called ${wake.trigger.name})`;
  return { rules: [wake.trigger.name], functions, ...judged, reason: `${reason}${note}` };
}

/** Kinds about which a rule of ours may ask. */
const askedAbout = kinds.filter(({ judgeItem }) => judgeItem !== undefined);

function judge(wake: ReturnType<typeof parseRuleInvocation>, stack: SynthesizedStack): Judgement {
  const { about, account, region, testMode, trigger } = wake;
  const elsewhere = foreign(wake, stack);
  if (elsewhere) return elsewhere;
  if (about.kind === 'everything') {
    const nouns = askedAbout.map(({ resource }) => resource.noun).join(' and ');
    return { outcome: 'LOOKED_UP', reason: `every ${nouns} is read and judged, and healed where it must be` };
  }
  const { resourceType, resourceId: subject, configuration } = about.item;
  const kind = askedAbout.find(({ resource }) => resource.type === resourceType);
  if (about.kind === 'not applicable' || !kind?.judgeItem)
    return {
      subject,
      outcome: 'IGNORED',
      reason: `${resourceType} ${subject} is not, or no longer, in the scope`,
      compliance: 'NOT_APPLICABLE',
    };
  requireId(kind, subject);
  if (configuration === undefined)
    return {
      subject,
      outcome: 'LOOKED_UP',
      reason: 'the item was too large for its event; the function fetches it from Config',
    };
  const judged = kind.judgeItem({ ...about.item, configuration }, { account, region, at: trigger.at }, stack.policy());
  const compliance = judged.outcome === 'NO_ACTION' || judged.outcome === 'EXEMPT' ? 'COMPLIANT' : 'NON_COMPLIANT';
  if (testMode && judged.outcome === 'REMEDIATED')
    return { subject, ...judged, outcome: 'DRY_RUN', reason: `${judged.reason}; ${TEST_MODE}`, compliance };
  return { subject, ...judged, compliance };
}

function requireId({ resource }: Kind, id: string): void {
  if (!resource.idPattern.test(id)) throw new InvalidEventError(`${JSON.stringify(id)} is no id of a ${resource.noun}`);
}
