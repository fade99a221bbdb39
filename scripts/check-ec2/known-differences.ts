import { BROKEN, type Outcome } from './sides';
import type { Step } from './steps';

/** Where the two differ and AWS's documentation, or what AWS has answered others, is with the twin. */
export interface KnownDifference {
  /** What Moto does. */
  readonly why: string;
  /** What says otherwise. */
  readonly see: string;
  explains(step: Step, ours: Outcome, moto: Outcome): boolean;
}

const API = 'https://docs.aws.amazon.com/AWSEC2/latest/APIReference';

const isUnchanged = ({ before, after }: Outcome) => JSON.stringify(before) === JSON.stringify(after);

/** One fails in its way and changes nothing, the other in another one or not at all. */
const errors =
  (ours: string | undefined, moto: string | undefined) =>
  (_step: Step, outcome: Outcome, other: Outcome): boolean =>
    outcome.error === ours && other.error === moto && (ours === undefined || isUnchanged(outcome));

const isInvalid = errors('InvalidParameterValue', undefined);
const isAuthorize = ({ operation }: Step) => operation.startsWith('authorize');
const isModify = ({ operation }: Step) => operation === 'modifySecurityGroupRules';
const text = ({ input }: Step) => JSON.stringify(input);

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    why: 'Moto takes the permissions of a call one by one: those before the one that fails have come or gone.',
    see: `${API}/API_RevokeSecurityGroupIngress.html: "no rules are revoked"`,
    explains: (_step, ours, moto) => ours.error !== undefined && ours.error === moto.error && isUnchanged(ours),
  },
  {
    why: 'Moto calls a permission that a request names twice a duplicate of the first.',
    see: 'https://github.com/hashicorp/terraform-provider-aws/issues/29492: "must not appear multiple times"',
    explains: errors('InvalidParameterValue', 'InvalidPermission.Duplicate'),
  },
  {
    why: 'Moto fails in the default VPC, too, for rules that are not there.',
    see: `${API}/API_RevokeSecurityGroupIngress.html: "no error is returned"`,
    explains: (step, ...outcomes) =>
      step.input.GroupId !== '<elsewhere>' && errors(undefined, 'InvalidPermission.NotFound')(step, ...outcomes),
  },
  {
    why: 'Moto leaves IPv6 out when rules outwards are revoked in a VPC without IPv6.',
    see: 'https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_security_group.go: NotFound for ::/0',
    explains: (step, _ours, moto) =>
      step.operation === 'revokeSecurityGroupEgress' && /Ipv6Ranges/.test(text(step)) && moto.error === undefined,
  },
  {
    why: 'Moto does not have the code for a rule id that the group does not have, except to describe rules.',
    see: `${API}/errors-overview.html`,
    explains: errors('InvalidSecurityGroupRuleId.NotFound', 'InvalidPermission.NotFound'),
  },
  {
    why: 'Moto takes rules with prefix lists that are not there.',
    see: 'https://github.com/aws-cloudformation/rain/issues/308: "The prefix list ID does not exist"',
    explains: errors('InvalidPrefixListID.NotFound', undefined),
  },
  {
    why: 'Moto takes rules with groups of other VPCs, between which there is no peering.',
    see: `${API}/API_UserIdGroupPair.html`,
    explains: errors('InvalidGroup.NotFound', undefined),
  },
  {
    why: 'Moto keeps blocks as they were typed.',
    see: `${API}/API_IpRange.html: "100.68.0.18/18" becomes "100.68.0.0/18"`,
    explains: (step) => isAuthorize(step) && /100\.68\.0\.18|0DB8/.test(text(step)),
  },
  {
    why: 'Moto wants types and codes for ICMPv6.',
    see: `${API}/API_IpPermission.html: "For icmpv6, the port range is optional"`,
    explains: (step, ...outcomes) => /icmpv6/.test(text(step)) && errors(undefined, BROKEN)(step, ...outcomes),
  },
  {
    why: 'Moto keeps ports of protocols that have none.',
    see: `${API}/API_IpPermission.html: "allows traffic on all ports, regardless of any port range you specify"`,
    explains: (step, ours, moto) => /"50"/.test(text(step)) && ours.error === moto.error,
  },
  {
    why: 'Moto takes a permission without a peer, and makes no rule of it.',
    see: `${API}/API_AuthorizeSecurityGroupIngress.html`,
    explains: errors('MissingParameter', undefined),
  },
  {
    why: 'Moto takes ports and ICMP types that are out of range or the wrong way round.',
    see: `${API}/API_IpPermission.html`,
    explains: (step, ...outcomes) => isAuthorize(step) && isInvalid(step, ...outcomes),
  },
  {
    why: 'Moto itself fails for TCP without ports and for protocols without a number.',
    see: `${API}/API_IpPermission.html: "For tcp, udp, and icmp, you must specify a port range"`,
    explains: errors('InvalidParameterValue', BROKEN),
  },
  {
    why: 'Moto counts rules for IPv4 and IPv6 together.',
    see: 'https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html: "enforced separately"',
    explains: errors(undefined, 'RulesPerSecurityGroupLimitExceeded'),
  },
  {
    why: 'Moto does not change a rule to all protocols, which have no ports.',
    see: `${API}/API_SecurityGroupRuleRequest.html`,
    explains: (step, ...outcomes) => isModify(step) && errors(undefined, 'InvalidParameterValue')(step, ...outcomes),
  },
  {
    why: 'Moto lets a rule become the same as another one.',
    see: `${API}/errors-overview.html: InvalidPermission.Duplicate`,
    explains: (step, ...outcomes) =>
      isModify(step) && errors('InvalidPermission.Duplicate', undefined)(step, ...outcomes),
  },
  {
    why: 'Moto takes a peer of another kind for a rule, and leaves the rule as it is.',
    see: `${API}/API_ModifySecurityGroupRules.html`,
    explains: (step, ...outcomes) => isModify(step) && isInvalid(step, ...outcomes),
  },
  {
    why: 'Moto does not look at the version of a prefix list.',
    see: `${API}/API_ModifyManagedPrefixList.html: CurrentVersion`,
    explains: errors('PrefixListVersionMismatch', undefined),
  },
];
