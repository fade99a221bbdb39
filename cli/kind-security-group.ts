import { CALLS, subjectOf } from '../functions/remediate-security-group/events';
import { recordedGroup } from '../functions/remediate-security-group/recorded';
import { securityGroupRemediation } from '../functions/remediate-security-group/remediation';
import { SECURITY_GROUP } from '../functions/remediate-security-group/security-group';
import { judgeRules } from './judge-rules';
import type { JudgedItem } from './judgement';
import type { Kind } from './kinds';
import { rulesNamedBy } from './named-rules';

/** Security groups: events name the rules that were opened. */
export const securityGroups: Kind = {
  name: 'security-group',
  nouns: 'security groups',
  resource: SECURITY_GROUP,
  calls: CALLS,
  remediation: (config) => {
    const { ConfigServiceClient } =
      require('@aws-sdk/client-config-service') as typeof import('@aws-sdk/client-config-service');
    const { EC2Client } = require('@aws-sdk/client-ec2') as typeof import('@aws-sdk/client-ec2');
    const { SecurityGroups } =
      require('../functions/remediate-security-group/adapter') as typeof import('../functions/remediate-security-group/adapter');
    const configService = new ConfigServiceClient(config);
    return securityGroupRemediation(new SecurityGroups(new EC2Client(config), () => configService));
  },
  judge: (wake, policy) => {
    const subject = subjectOf(wake);
    if ('prefixListId' in subject)
      return {
        subject: subject.prefixListId,
        outcome: 'LOOKED_UP',
        reason: 'the function is invoked once for each security group that refers to this prefix list',
      };
    const { groupId } = subject;
    const { at, actor } = wake.trigger;
    const named = { groupId, groupName: '', tags: {}, ingress: rulesNamedBy(wake) };
    return { subject: groupId, ...judgeRules(named, { ...wake, at, actor }, policy) };
  },
  judgeItem,
};

function judgeItem(...[{ resourceId, tags, configuration }, place, policy]: Parameters<JudgedItem>) {
  const { groupName, ingress } = recordedGroup(configuration);
  if (ingress.length === 0) return { outcome: 'NO_ACTION' as const, reason: 'the item has no ingress rule' };
  // Items have no rule ids.
  const numbered = ingress.map((rule, index) => ({ ...rule, ruleId: `rule ${index + 1}` }));
  const { actions: _ofMadeUpIds, ...judged } = judgeRules(
    { groupId: resourceId, groupName, tags, ingress: numbered },
    place,
    policy,
  );
  return judged;
}
