import type { TestTwin } from '../support/twin';
import type { Path } from './matrix';

/** What a group that is in order lets in. */
export const IN_ORDER = ['22 10.0.0.0/8', '443 0.0.0.0/0'];

/** What paths of security groups have in common. @param ingress what must be open in the end, as `port source` */
export const ofSecurityGroups = (ingress: readonly string[] = IN_ORDER): Omit<Path, 'variant' | 'arrange'> => ({
  role: 'AwsConfigLambdaSGRole',
  mutating: ['RevokeSecurityGroupIngress', 'AuthorizeSecurityGroupIngress'],
  async healed(twin, id) {
    const rules = (await twin.rules(id)).filter(({ IsEgress }) => !IsEgress);
    const open = rules.map(({ FromPort, CidrIpv4, PrefixListId }) => `${FromPort} ${CidrIpv4 ?? PrefixListId}`);
    expect(open.sort()).toEqual([...ingress].sort());
  },
  others: async (twin, id) => (await everyGroup(twin)).filter(({ GroupId }) => GroupId !== id),
  chain: (twin, id) => twin.chain(id),
});

const everyGroup = async (twin: TestTwin) => (await twin.everyGroup()) as { GroupId: string }[];
