import type { IngressRule, SecurityGroup } from '../../functions/remediate-security-group/security-group';

let count = 0;

/** A rule: TCP 22 from everywhere, unless the case says otherwise. */
export function rule(parts: Partial<IngressRule> & { port?: number; cidr?: string } = {}): IngressRule {
  const { port = 22, cidr = '0.0.0.0/0', ...rest } = parts;
  count += 1;
  return {
    ruleId: `sgr-${String(count).padStart(17, '0')}`,
    protocol: 'tcp',
    fromPort: port,
    toPort: port,
    source: cidr.includes(':') ? { cidrIpv6: cidr } : { cidrIpv4: cidr },
    tags: {},
    ...rest,
  };
}

/** A group with some ingress. */
export const group = (ingress: readonly IngressRule[], parts: Partial<SecurityGroup> = {}): SecurityGroup => ({
  groupId: 'sg-0abc0123456789def',
  arn: 'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-0abc0123456789def',
  groupName: 'web',
  vpcId: 'vpc-0123456789abcdef0',
  tags: {},
  ingress,
  prefixLists: {},
  ...parts,
});

/** The group as it is after actions, as EC2 would have it: new rules get new ids. */
export function applied(
  actions: readonly import('../../functions/remediate-security-group/security-group').SecurityGroupAction[],
  before: SecurityGroup,
): SecurityGroup {
  let { ingress } = before;
  for (const action of actions) {
    ingress =
      action.kind === 'RevokeSecurityGroupIngress'
        ? ingress.filter(({ ruleId }) => !action.ruleIds.includes(ruleId))
        : [...ingress, ...action.permissions.map((permission) => ({ ...rule(), ...permission }))];
  }
  return { ...before, ingress };
}
