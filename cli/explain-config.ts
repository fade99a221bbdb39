import { type ComplianceWake, parseRuleInvocation } from '../functions/core/config-events';
import { InvalidEventError } from '../functions/core/errors';
import { recordedGroup } from '../functions/remediate-security-group/recorded';
import { SECURITY_GROUP } from '../functions/remediate-security-group/security-group';
import type { Explanation } from './explain';
import { judgeRules } from './judge-rules';
import type { SynthesizedStack } from './project';

const TEST_MODE = "Config's test mode: nothing is changed, nothing is recorded";

/** An explanation but for who is woken. */
export type Judgement = Omit<Explanation, 'rules' | 'functions'>;

/** The account of the stack is not known before it is applied; its Region is. */
export function foreign(wake: { readonly region: string }, stack: SynthesizedStack): Judgement | undefined {
  const home = stack.region();
  if (home === undefined || wake.region === home) return undefined;
  return { outcome: 'IGNORED', reason: `belongs to Region ${wake.region}, this installation to ${home}` };
}

/** What Config says of a group makes the function look at it: the event holds no rules. */
export function explainCompliance({
  resourceType,
  resourceId,
  complianceType,
  evaluationMode,
  trigger,
}: ComplianceWake): Judgement {
  const ignored = (reason: string): Judgement => ({ subject: resourceId, outcome: 'IGNORED', reason });
  if (resourceType !== SECURITY_GROUP.type) return ignored(`${resourceType} is not ours`);
  if (evaluationMode === 'PROACTIVE') return ignored('checks a template, not a resource');
  if (complianceType !== 'NON_COMPLIANT') return ignored(`${complianceType} asks for nothing`);
  requireGroupId(resourceId);
  return {
    subject: resourceId,
    outcome: 'LOOKED_UP',
    reason: `the Config rule ${trigger.name} says ${complianceType}, not why; the function reads the live group`,
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

function judge(wake: ReturnType<typeof parseRuleInvocation>, stack: SynthesizedStack): Judgement {
  const { about, account, region, testMode, trigger } = wake;
  const elsewhere = foreign(wake, stack);
  if (elsewhere) return elsewhere;
  if (about.kind === 'everything')
    return { outcome: 'LOOKED_UP', reason: 'every security group is read and judged, and healed where it must be' };
  const { resourceType, resourceId, tags, configuration } = about.item;
  const subject = resourceId;
  if (about.kind === 'not applicable' || resourceType !== SECURITY_GROUP.type)
    return {
      subject,
      outcome: 'IGNORED',
      reason: `${resourceType} ${resourceId} is not, or no longer, in the scope`,
      compliance: 'NOT_APPLICABLE',
    };
  requireGroupId(resourceId);
  if (configuration === undefined)
    return {
      subject,
      outcome: 'LOOKED_UP',
      reason: 'the item was too large for its event; the function fetches it from Config',
    };
  const { groupName, ingress } = recordedGroup(configuration);
  // Items have no rule ids.
  const numbered = ingress.map((rule, index) => ({ ...rule, ruleId: `rule ${index + 1}` }));
  if (numbered.length === 0)
    return { subject, outcome: 'NO_ACTION', reason: 'the item has no ingress rule', compliance: 'COMPLIANT' };
  const place = { account, region, at: trigger.at };
  const { actions: _ofMadeUpIds, ...judged } = judgeRules(
    { groupId: resourceId, groupName, tags, ingress: numbered },
    place,
    stack.policy(),
  );
  const compliance = judged.outcome === 'NO_ACTION' || judged.outcome === 'EXEMPT' ? 'COMPLIANT' : 'NON_COMPLIANT';
  if (testMode && judged.outcome === 'REMEDIATED')
    return { subject, ...judged, outcome: 'DRY_RUN', reason: `${judged.reason}; ${TEST_MODE}`, compliance };
  return { subject, ...judged, compliance };
}

function requireGroupId(id: string): void {
  if (!SECURITY_GROUP.idPattern.test(id))
    throw new InvalidEventError(`${JSON.stringify(id)} is no id of a security group`);
}
