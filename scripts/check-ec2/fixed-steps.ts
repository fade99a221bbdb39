import { permit, type Step, step, tcp } from './steps';

const authorize = (group: string, ...IpPermissions: object[]) =>
  step('authorizeSecurityGroupIngress', { GroupId: group, IpPermissions });
const revoke = (group: string, ...IpPermissions: object[]) =>
  step('revokeSecurityGroupIngress', { GroupId: group, IpPermissions });
const egress = (group: string, ...IpPermissions: object[]) =>
  step('authorizeSecurityGroupEgress', { GroupId: group, IpPermissions });
const revokeEgress = (group: string, ...IpPermissions: object[]) =>
  step('revokeSecurityGroupEgress', { GroupId: group, IpPermissions });
const modify = (group: string, SecurityGroupRuleId: string, SecurityGroupRule: object) =>
  step('modifySecurityGroupRules', {
    GroupId: group,
    SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }],
  });
const describe = (group: string, ...IpPermissions: object[]) =>
  step('updateSecurityGroupRuleDescriptionsIngress', { GroupId: group, IpPermissions });
const list = (input: object) => step('modifyManagedPrefixList', { PrefixListId: '<four>', ...input });

const described = (Description: string) => ({ ...tcp(22), IpRanges: [{ CidrIp: '10.0.0.0/8', Description }] });
const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
const many = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => tcp(from + index, '10.0.0.0/8'));

/** One of each kind, and what is known to be easy to get wrong. Each begins where the one before it ended. */
export const FIXED_STEPS: readonly Step[] = [
  // Rules come, are there, and go.
  authorize('<web>', tcp(22, '10.0.0.0/8', '2001:db8::/32', '<web>', '<database>', '<four>')),
  authorize('<web>', permit('-1', undefined, '0.0.0.0/0', '::/0'), permit('udp', [53, 53], '10.0.0.0/8')),
  authorize('<web>', permit('icmp', [8, -1], '10.0.0.0/8'), permit('icmpv6', [-1, -1], '::/0')),
  egress('<web>', tcp(443, '10.0.0.0/8', '<six>')),
  authorize('<elsewhere>', tcp(22, '10.0.0.0/8', '<elsewhere>')),
  revoke('<web>', tcp(22, '10.0.0.0/8', '<database>')),
  revoke('<web>', permit('-1', undefined, '::/0')),
  revokeEgress('<web>', tcp(443, '10.0.0.0/8')),
  egress('<web>', tcp(443, '::/0')),
  revokeEgress('<web>', tcp(443, '::/0')),
  revokeEgress('<elsewhere>', permit('-1', undefined, '::/0')),
  step('revokeSecurityGroupIngress', { GroupId: '<web>', SecurityGroupRuleIds: ['<web in 0>', '<web in 2>'] }),
  step('revokeSecurityGroupEgress', { GroupId: '<web>', SecurityGroupRuleIds: ['<web out 0>'] }),
  step('authorizeSecurityGroupIngress', { GroupName: 'database', ...ssh, CidrIp: '10.0.0.0/8' }),
  step('revokeSecurityGroupIngress', { GroupName: 'database', ...ssh, CidrIp: '10.0.0.0/8' }),

  // What is there already, or is not.
  authorize('<elsewhere>', tcp(22, '10.0.0.0/8')),
  authorize('<elsewhere>', tcp(80, '10.0.0.0/8'), tcp(22, '10.0.0.0/8')),
  authorize('<elsewhere>', tcp(80, '10.0.0.0/8', '10.0.0.0/8')),
  revoke('<elsewhere>', tcp(22, '10.0.0.0/8'), tcp(81, '10.0.0.0/8')),
  revoke('<web>', tcp(81, '10.0.0.0/8')),
  step('revokeSecurityGroupIngress', { GroupId: '<web>', SecurityGroupRuleIds: ['sgr-0123456789abcdef0'] }),
  step('revokeSecurityGroupIngress', { GroupId: '<web>', SecurityGroupRuleIds: ['<elsewhere in 0>'] }),
  authorize('sg-0123456789abcdef0', tcp(80, '10.0.0.0/8')),
  authorize('<web>', tcp(80, 'sg-0123456789abcdef0')),
  authorize('<web>', tcp(80, 'pl-0123456789abcdef0')),
  authorize('<web>', tcp(80, '<elsewhere>')),

  // What is written in several ways.
  authorize('<web>', tcp(100, '100.68.0.18/18')),
  authorize('<web>', tcp(101, '2001:0DB8:0::1/32')),
  authorize('<web>', permit('6', [102, 102], '10.0.0.0/8')),
  authorize('<web>', permit('icmpv6', undefined, '2001:db8::/32')),
  authorize('<web>', permit('50', [0, 0], '10.0.0.0/8')),
  authorize('<database>', permit('-1', [22, 22], '10.0.0.0/8')),
  revoke('<database>', permit('-1', undefined, '10.0.0.0/8')),

  // What EC2 does not take.
  authorize('<web>', tcp(103)),
  authorize('<web>', tcp(103, '10.0.0.0/33')),
  authorize('<web>', tcp(103, '10.0.0/8')),
  authorize('<web>', permit('tcp', undefined, '10.0.0.0/8')),
  authorize('<web>', permit('tcp', [80, 79], '10.0.0.0/8')),
  authorize('<web>', permit('tcp', [1, 65536], '10.0.0.0/8')),
  authorize('<web>', permit('esp', undefined, '10.0.0.0/8')),
  authorize('<web>', permit('icmp', [256, 0], '10.0.0.0/8')),

  // The quota.
  authorize('<database>', ...many(1000, 60)),
  authorize('<database>', tcp(2000, '10.0.0.0/8')),
  authorize('<database>', tcp(2000, '::/0')),
  authorize('<elsewhere>', ...many(1000, 61)),
  revoke('<database>', ...many(1000, 60)),

  // Rules change.
  authorize('<elsewhere>', described('office')),
  describe('<elsewhere>', described('home')),
  modify('<elsewhere>', '<elsewhere in 0>', { ...ssh, CidrIpv4: '10.1.0.0/16', Description: 'new' }),
  authorize('<elsewhere>', tcp(22, '10.2.0.0/16')),
  modify('<elsewhere>', '<elsewhere in 0>', { ...ssh, CidrIpv4: '10.2.0.0/16' }),
  modify('<elsewhere>', '<elsewhere in 0>', { IpProtocol: '-1', CidrIpv4: '10.1.0.0/16' }),
  modify('<elsewhere>', 'sgr-0123456789abcdef0', { ...ssh, CidrIpv4: '10.1.0.0/16' }),
  modify('<elsewhere>', '<elsewhere in 0>', { ...ssh, CidrIpv6: '2001:db8::/32' }),

  // Prefix lists.
  list({ CurrentVersion: 1, AddEntries: [{ Cidr: '198.51.100.0/24' }], PrefixListName: 'four' }),
  list({ CurrentVersion: 2, RemoveEntries: [{ Cidr: '192.0.2.0/24' }], PrefixListName: 'four' }),
  list({ CurrentVersion: 9, RemoveEntries: [{ Cidr: '198.51.100.0/24' }], PrefixListName: 'four' }),

  // Groups.
  step('createSecurityGroup', { GroupName: 'web', Description: 'again' }),
  step('createSecurityGroup', { GroupName: 'web', Description: 'again', VpcId: '<vpc>' }),
  step('createSecurityGroup', { GroupName: 'new' }),
  step('deleteSecurityGroup', { GroupId: 'sg-0123456789abcdef0' }),
  step('describeSecurityGroups', { GroupIds: ['<web>', 'sg-0123456789abcdef0'] }),
  step('describeSecurityGroupRules', { SecurityGroupRuleIds: ['sgr-0123456789abcdef0'] }),
  step('describeSecurityGroupRules', { Filters: [{ Name: 'group-id', Values: ['web'] }] }),
  step('authorizeSecurityGroupIngress', { GroupId: '<web>', IpPermissions: [tcp(9, '10.0.0.0/8')], DryRun: true }),
];
