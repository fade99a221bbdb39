import { type Ec2State, error, type PrefixList, type Rule } from './state';

/** Rules of a group in each direction, for IPv4 and IPv6 apart. @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups */
const RULES_PER_GROUP = 60;

const sizeOfList = ({ maxEntries }: PrefixList): number => maxEntries;

/** A prefix list counts for as many as it may hold, or for its weight if it is AWS's; a group counts for both families. */
function weight(
  { prefixLists }: Ec2State,
  { peer }: Rule,
  family: 'ipv4' | 'ipv6',
  sizeOf: (list: PrefixList) => number,
): number {
  if (peer.kind === 'group') return 1;
  if (peer.kind !== 'list') return peer.kind === family ? 1 : 0;
  const list = prefixLists.get(peer.prefixListId);
  return list?.addressFamily.toLowerCase() === family ? sizeOf(list) : 0;
}

/** Whether rules are more than a group may have, each prefix list being of some size. */
export const isOverQuota = (state: Ec2State, rules: readonly Rule[], sizeOf = sizeOfList): boolean =>
  [false, true].some((isEgress) =>
    (['ipv4', 'ipv6'] as const).some((family) => {
      const weights = rules.map((rule) => (rule.isEgress === isEgress ? weight(state, rule, family, sizeOf) : 0));
      return weights.reduce((sum, one) => sum + one, 0) > RULES_PER_GROUP;
    }),
  );

/** @throws AwsError if rules are more than a group may have. */
export function checkQuota(state: Ec2State, rules: readonly Rule[]): void {
  if (isOverQuota(state, rules))
    throw error(
      'RulesPerSecurityGroupLimitExceeded',
      'The maximum number of rules per security group has been reached.',
    );
}
