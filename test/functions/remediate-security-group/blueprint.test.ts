import { planSecurityGroup } from '../../../functions/remediate-security-group/planner';
import type { SecurityGroup } from '../../../functions/remediate-security-group/security-group';
import { groupPolicy, policy } from '../../support/policy';
import { applied, group, rule } from '../../support/security-group';

const WEB = [
  { protocol: 'tcp', port: 80, source: '0.0.0.0/0' },
  { protocol: 'tcp', port: 443, source: '0.0.0.0/0' },
];
const ID = 'sg-0abc0123456789def';
const blueprint = (groups: object, required: object[] = WEB) => groupPolicy({ blueprints: [{ groups, required }] });
const revoke = (...ruleIds: string[]) => ({ kind: 'RevokeSecurityGroupIngress', groupId: ID, ruleIds });

describe('a group with a blueprint', () => {
  const [web, tls] = [rule({ port: 80 }), rule({ port: 443 })];

  it.each([
    ['id', { ids: [ID] }],
    ['name', { names: ['LabSG1'] }],
    ['tags', { tags: { tier: 'web', team: 'shop' } }],
  ])('named by %s loses what is not written down, the closed and the open alike', (_by, groups) => {
    const [careless, extra] = [rule({ port: 465 }), rule({ port: 993, cidr: '10.0.0.0/8' })];
    const lab = group([web, careless, tls, extra], {
      groupName: 'LabSG1',
      tags: { tier: 'web', team: 'shop', more: 'x' },
    });
    expect(planSecurityGroup(lab, blueprint(groups))).toEqual({
      actions: [revoke(careless.ruleId, extra.ruleId)],
      exempt: [],
      reason: 'open to the internet: port 465; not in the blueprint: port 993',
    });
  });

  it('named by id gets back what is missing, before anything goes', () => {
    const careless = rule({ port: 465 });
    const plan = planSecurityGroup(group([web, careless]), blueprint({ ids: [ID] }));
    expect(plan).toEqual({
      actions: [
        {
          kind: 'AuthorizeSecurityGroupIngress',
          groupId: ID,
          permissions: [{ protocol: 'tcp', fromPort: 443, toPort: 443, source: { cidrIpv4: '0.0.0.0/0' } }],
        },
        revoke(careless.ruleId),
      ],
      exempt: [],
      reason: 'missing from the blueprint: port 443; open to the internet: port 465',
    });
    expect(planSecurityGroup(applied(plan.actions, group([web, careless])), blueprint({ ids: [ID] })).actions).toEqual(
      [],
    );
  });

  it.each([
    ['name', { names: ['web'] }],
    ['tags', { tags: { tier: 'web' } }],
  ])('named by %s gets nothing back', (_by, groups) => {
    const lab = group([web], { tags: { tier: 'web' } });
    expect(planSecurityGroup(lab, blueprint(groups)).actions).toEqual([]);
  });

  it('keeps what the internet may not reach elsewhere only if it is named by id', () => {
    const ssh = rule({ port: 22 });
    const required = [{ protocol: 'tcp', port: 22, source: '0.0.0.0/0' }];
    expect(planSecurityGroup(group([ssh]), blueprint({ ids: [ID] }, required)).actions).toEqual([]);
    expect(planSecurityGroup(group([ssh]), blueprint({ names: ['web'] }, required)).actions).toEqual([
      revoke(ssh.ruleId),
    ]);
  });

  it.each<[string, string, Partial<SecurityGroup['ingress'][number]>]>([
    ['a block typed with host bits', '10.1.2.3/8', { source: { cidrIpv4: '10.0.0.0/8' } }],
    ['an IPv6 block in long form', '2001:DB8:0::1/32', { source: { cidrIpv6: '2001:db8::/32' } }],
    ['a prefix list', 'pl-0123456789abcdef0', { source: { prefixListId: 'pl-0123456789abcdef0' } }],
    [
      'another group of the account',
      'sg-0fff0123456789def',
      { source: { groupId: 'sg-0fff0123456789def', userId: '111122223333' } },
    ],
  ])('knows %s as EC2 keeps it', (_case, source, parts) => {
    const lab = group([rule({ port: 8443, ...parts })], { prefixLists: { 'pl-0123456789abcdef0': ['192.0.2.0/24'] } });
    expect(planSecurityGroup(lab, blueprint({ ids: [ID] }, [{ protocol: 'tcp', port: 8443, source }])).actions).toEqual(
      [],
    );
  });

  it('obeys all the blueprints that name it', () => {
    const rules = groupPolicy({
      blueprints: [
        { groups: { ids: [ID] }, required: [WEB[0]] },
        { groups: { names: ['web'] }, required: [WEB[1]] },
      ],
    });
    expect(planSecurityGroup(group([web, tls]), rules).actions).toEqual([]);
    expect(planSecurityGroup(group([web, tls, rule({ port: 8080, cidr: '10.0.0.0/8' })]), rules).actions).toHaveLength(
      1,
    );
  });

  it('that an exception covers is left alone altogether', () => {
    const rules = policy({
      securityGroups: { blueprints: [{ groups: { ids: [ID] }, required: WEB }] },
      exceptions: [
        {
          id: 'legacy',
          resource: `arn:*:ec2:*:*:security-group/${ID}`,
          reason: 'r',
          owner: 'o',
          expires: '2999-12-31',
        },
      ],
    });
    expect(planSecurityGroup(group([]), rules)).toMatchObject({
      actions: [],
      exempt: [{ target: ID, exception: 'legacy' }],
    });
    expect(planSecurityGroup(group([rule()]), rules)).toMatchObject({ actions: [], exempt: [{ exception: 'legacy' }] });
  });

  it('says nothing about other groups', () => {
    const other = {
      groups: { ids: ['sg-0fff0123456789def'], names: ['LabSG1'], tags: { tier: 'web' } },
      required: WEB,
    };
    expect(
      planSecurityGroup(group([rule({ port: 993, cidr: '10.0.0.0/8' })]), groupPolicy({ blueprints: [other] })).actions,
    ).toEqual([]);
  });
});
