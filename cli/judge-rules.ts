import { policyOn } from '../functions/core/exceptions';
import type { Policy } from '../functions/core/policy';
import type { Plan } from '../functions/core/remediation';
import { isInternet } from '../functions/remediate-security-group/internet';
import { planSecurityGroup, portsText } from '../functions/remediate-security-group/planner';
import {
  type IngressRule,
  SECURITY_GROUP,
  type SecurityGroup,
  type SecurityGroupAction,
} from '../functions/remediate-security-group/security-group';
import { type Judgement, outcomeOf, type Place, partitionOf } from './judgement';

/** What would become of rules, by the planner alone. */
export function judgeRules(
  named: Pick<SecurityGroup, 'groupId' | 'groupName' | 'tags' | 'ingress'>,
  place: Place,
  policy: Policy,
): Judgement {
  if (named.ingress.length === 0)
    return { outcome: 'LOOKED_UP', reason: 'the event names no rules; the function reads the live group' };
  const faults = new Map(named.ingress.map((rule) => [rule, faultIn(rule)]));
  const ingress = named.ingress.filter((rule) => faults.get(rule) === undefined);
  const group = {
    ...named,
    arn: SECURITY_GROUP.arn(named.groupId, { ...place, partition: partitionOf(place) }),
    ingress,
    prefixLists: listsAssumedHarmless(ingress),
  };
  const plan = planSecurityGroup(group, policyOn(policy, place.at.slice(0, 10)));
  const judged = named.ingress.map((rule) => ({
    rule: rule.ruleId,
    opens: `${portsText(rule)} from ${Object.values(rule.source)[0]}`,
    verdict: faults.get(rule) ?? verdictOn(rule, plan),
  }));
  const [fault] = [...faults.values()].filter((one) => one !== undefined);
  if (fault !== undefined && plan.actions.length === 0)
    return {
      outcome: 'LOOKED_UP',
      reason: `the event cannot be judged: ${fault}; the function reads the live group`,
      judged,
    };
  return {
    ...outcomeOf(plan, policy.securityGroups.mode),
    actions: plan.actions,
    judged,
    unseen: 'all of its rules, tags and prefix lists',
  };
}

/** What cannot be so in a rule: an event may be made up, or written by hand. */
function faultIn({ source, fromPort, toPort }: IngressRule): string | undefined {
  const cidr = 'cidrIpv4' in source ? source.cidrIpv4 : 'cidrIpv6' in source ? source.cidrIpv6 : undefined;
  if (Number.isNaN(fromPort) || Number.isNaN(toPort)) return 'its ports are no numbers';
  if (cidr === undefined) return undefined;
  try {
    isInternet(cidr, { ipv4: 0, ipv6: 0 });
    return undefined;
  } catch {
    return `${JSON.stringify(cidr)} is no CIDR`;
  }
}

/** What a list holds does not stand in the event. */
const listsAssumedHarmless = (ingress: readonly IngressRule[]) =>
  Object.fromEntries(ingress.flatMap(({ source }) => ('prefixListId' in source ? [[source.prefixListId, []]] : [])));

function verdictOn({ ruleId }: IngressRule, { actions, exempt }: Plan<SecurityGroupAction>): string {
  const exception = exempt.find(({ target }) => target === ruleId)?.exception;
  if (exception !== undefined) return `exempt by ${exception}`;
  return actions.some((action) => action.kind === 'RevokeSecurityGroupIngress' && action.ruleIds.includes(ruleId))
    ? 'revoke'
    : 'keep';
}
