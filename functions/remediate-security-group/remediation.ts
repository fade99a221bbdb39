import type { WatchingRemediation } from '../core/remediation';
import type { SecurityGroups } from './adapter';
import { CALLS, subjectOf } from './events';
import { isDone, planSecurityGroup, portsText, restoreRules, touchedRules } from './planner';
import { SECURITY_GROUP, type SecurityGroup, type SecurityGroupAction } from './security-group';

/** What `heal` needs to know about security groups; everything else about a decision is the same for all resources. */
export const securityGroupRemediation = (
  groups: SecurityGroups,
): WatchingRemediation<SecurityGroup, SecurityGroupAction> => ({
  name: 'security-group',
  resource: SECURITY_GROUP,
  mode: (policy) => policy.securityGroups.mode,
  calls: CALLS,
  subjects: async (wake) => {
    const subject = subjectOf(wake);
    return 'groupId' in subject
      ? { named: [subject.groupId] }
      : { lookedUp: await groups.referringTo(subject.prefixListId) };
  },
  read: (subject) => groups.describe(subject.id, subject),
  recorded: (item, subject) => groups.recorded(item, subject),
  discover: (home, _policy, from) => groups.discover(home, from),
  readBack: (subject, before) => groups.describeAgain(before, subject),
  plan: planSecurityGroup,
  apply: (action, _subject, signal) => groups.apply(action, signal),
  isDone,
  touched: touchedRules,
  invert: restoreRules,
  describe: (action, { ingress }) =>
    action.kind === 'RevokeSecurityGroupIngress'
      ? ingress.filter(({ ruleId }) => action.ruleIds.includes(ruleId)).map((rule) => `Revoking for ${portsText(rule)}`)
      : action.permissions.map((permission) => `Authorizing ${portsText(permission)}`),
});
