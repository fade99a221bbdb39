import type { EC2, IpPermission } from '@aws-sdk/client-ec2';
import { Random } from '../check-dynamodb/random';
import { permit, type Step, step } from './steps';

const IPV4 = ['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '203.0.113.7/32'];
const IPV6 = ['::/0', '2001:db8::/32'];
const GROUPS = ['<web>', '<database>', '<elsewhere>'];

/** Makes requests over few enough rules that they meet. */
class Requests {
  constructor(private readonly random: Random) {}

  /** Groups are referred to within their VPC. */
  peer(group: string): string {
    const { random } = this;
    const near = group === '<elsewhere>' ? ['<elsewhere>'] : ['<web>', '<database>'];
    return random.pick([IPV4, IPV4, IPV4, IPV6, near, ['<four>', '<six>']].map((some) => random.pick(some)));
  }

  permission(group: string): IpPermission {
    const { random } = this;
    const peers = [...new Set(random.some(2, () => this.peer(group)))];
    return random.pick([
      () =>
        permit(
          'tcp',
          random.pick([
            [22, 22],
            [80, 443],
            [0, 65535],
          ] as const),
          ...peers,
        ),
      () => permit('udp', [53, 53], ...peers),
      () =>
        permit(
          'icmp',
          random.pick([
            [-1, -1],
            [8, -1],
            [3, 4],
          ] as const),
          ...peers,
        ),
      () => permit('-1', undefined, ...peers),
    ])();
  }

  next(): Step {
    const { random } = this;
    const group = random.pick(GROUPS);
    const isEgress = random.chance(0.3);
    const end = isEgress ? 'Egress' : 'Ingress';
    const rule = () => `<${group.slice(1, -1)} ${isEgress ? 'out' : 'in'} ${random.below(6)}>`;
    const call = (operation: string, more: object) => step(operation as keyof EC2, { GroupId: group, ...more });
    const permissions = () => ({ IpPermissions: random.some(2, () => this.permission(group)) });
    return random.pick([
      () => call(`authorizeSecurityGroup${end}`, permissions()),
      () => call(`authorizeSecurityGroup${end}`, permissions()),
      () => call(`revokeSecurityGroup${end}`, permissions()),
      () => call(`revokeSecurityGroup${end}`, { SecurityGroupRuleIds: [...new Set(random.some(2, rule))] }),
      () =>
        call('modifySecurityGroupRules', {
          SecurityGroupRules: [
            {
              SecurityGroupRuleId: rule(),
              SecurityGroupRule: { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIpv4: random.pick(IPV4) },
            },
          ],
        }),
    ])();
  }
}

/** The same steps for the same seed. */
export function randomSteps(count: number, seed: number): Step[] {
  const requests = new Requests(new Random(seed));
  return Array.from({ length: count }, () => requests.next());
}
