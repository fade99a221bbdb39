import type { CloudTrailWake } from '../functions/core/events';
import { protocolName } from '../functions/remediate-security-group/planner';
import type { IngressRule, Source } from '../functions/remediate-security-group/security-group';
import { type Loose, listIn, loose } from './loose';

/**
 * The ingress rules that an event names: those that AuthorizeSecurityGroupIngress answered, or that ModifySecurityGroupRules asked
 * for. An event that was cut off for its size names none.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function rulesNamedBy({ eventName, request, response }: CloudTrailWake): IngressRule[] {
  if (eventName === 'AuthorizeSecurityGroupIngress') {
    return listIn(loose(response.securityGroupRuleSet).items).map((rule) =>
      ingressRule(rule, String(rule.securityGroupRuleId ?? 'sgr-unknown')),
    );
  }
  return listIn(loose(request.ModifySecurityGroupRulesRequest).SecurityGroupRule).map((change) => {
    const changed = Object.entries(loose(change.SecurityGroupRule)).map(([name, value]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      value,
    ]);
    return ingressRule(Object.fromEntries(changed) as Loose, String(change.SecurityGroupRuleId ?? 'sgr-unknown'));
  });
}

function ingressRule(rule: Loose, ruleId: string): IngressRule {
  return {
    ruleId,
    protocol: protocolName(String(rule.ipProtocol ?? '-1')),
    fromPort: Number(rule.fromPort ?? -1),
    toPort: Number(rule.toPort ?? -1),
    source: sourceOf(rule),
    tags: {},
  };
}

function sourceOf({ cidrIpv4, cidrIpv6, prefixListId, referencedGroupId }: Loose): Source {
  if (typeof cidrIpv4 === 'string') return { cidrIpv4 };
  if (typeof cidrIpv6 === 'string') return { cidrIpv6 };
  if (typeof prefixListId === 'string') return { prefixListId };
  return { groupId: String(referencedGroupId ?? 'another group') };
}
