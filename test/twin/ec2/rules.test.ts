import type { SecurityGroupRule, SecurityGroupRuleRequest } from '@aws-sdk/client-ec2';
import { ACCOUNT, Ec2Bench, permit, tcp } from './support';

let bench: Ec2Bench;
beforeAll(async () => {
  bench = await Ec2Bench.start();
});
afterAll(() => bench.stop());

const idOf = (rule: SecurityGroupRule | undefined): string => rule?.SecurityGroupRuleId ?? '';

/** A group that admits SSH from two blocks, IPv6, itself and a prefix list. */
async function furnished(vpcId?: string) {
  const groupId = await bench.group(vpcId === undefined ? {} : { vpcId });
  const listId = await bench.list(2);
  const rules = await bench.authorize(
    groupId,
    tcp(22, '10.0.0.0/8', '192.168.0.0/16', '::/0', groupId, listId),
    permit('-1', undefined, '10.1.0.0/16'),
  );
  return { groupId, listId, rules };
}

describe('revoking by what rules admit', () => {
  it('takes exactly those, and tells which', async () => {
    const { groupId, listId, rules } = await furnished();
    const { RevokedSecurityGroupRules, Return, UnknownIpPermissions } = await bench.changingOnly([groupId], () =>
      bench.revoke(groupId, tcp(22, '10.0.0.0/8', groupId, listId)),
    );
    expect({ Return, UnknownIpPermissions }).toEqual({ Return: true, UnknownIpPermissions: undefined });
    const common = { GroupId: groupId, IsEgress: false, IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
    expect(RevokedSecurityGroupRules).toHaveLength(3);
    expect(RevokedSecurityGroupRules).toEqual(
      expect.arrayContaining([
        { ...common, SecurityGroupRuleId: idOf(rules[0]), CidrIpv4: '10.0.0.0/8' },
        expect.objectContaining({ ...common, ReferencedGroupId: groupId }),
        expect.objectContaining({ ...common, PrefixListId: listId }),
      ]),
    );
    expect(await bench.rules(groupId)).toEqual(['tcp 22-22 192.168.0.0/16', 'tcp 22-22 ::/0', '-1 -1--1 10.1.0.0/16']);
  });

  it('minds neither descriptions nor how a block is written', async () => {
    const { groupId } = await furnished();
    await bench.ec2.revokeSecurityGroupIngress({
      GroupId: groupId,
      IpPermissions: [
        { IpProtocol: '6', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.9.9.9/8', Description: 'another' }] },
        permit('-1', [1, 2], '10.1.0.0/16'),
      ],
    });
    expect(await bench.rules(groupId)).not.toContain('tcp 22-22 10.0.0.0/8');
    expect(await bench.rules(groupId)).not.toContain('-1 -1--1 10.1.0.0/16');
  });

  it('does not take what another permission admits as well', async () => {
    const { groupId } = await furnished();
    await expect(bench.revoke(groupId, permit('tcp', [0, 65535], '10.0.0.0/8'))).resolves.toMatchObject({
      UnknownIpPermissions: [expect.objectContaining({ FromPort: 0, ToPort: 65535 })],
    });
    expect(await bench.rules(groupId)).toHaveLength(6);
  });

  it('takes the flat form', async () => {
    const { groupId } = await furnished();
    const ports = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
    await bench.ec2.revokeSecurityGroupIngress({ GroupId: groupId, ...ports, CidrIp: '10.0.0.0/8' });
    expect(await bench.rules(groupId)).not.toContain('tcp 22-22 10.0.0.0/8');
    expect(await bench.rules(groupId)).toHaveLength(5);
  });

  it('leaves egress alone, and egress leaves ingress alone', async () => {
    const groupId = await bench.group();
    const everything = permit('-1', undefined, '0.0.0.0/0');
    await bench.authorize(groupId, everything);
    await bench.revoke(groupId, everything);
    expect([await bench.rules(groupId), await bench.rules(groupId, true)]).toEqual([[], ['-1 -1--1 0.0.0.0/0']]);
    await bench.authorize(groupId, everything);
    await bench.ec2.revokeSecurityGroupEgress({ GroupId: groupId, IpPermissions: [everything] });
    expect([await bench.rules(groupId), await bench.rules(groupId, true)]).toEqual([['-1 -1--1 0.0.0.0/0'], []]);
  });

  it('sets a group free that a rule named', async () => {
    const [groupId, source] = [await bench.group(), await bench.group()];
    await bench.authorize(groupId, tcp(22, source));
    expect(await bench.refusal(bench.ec2.deleteSecurityGroup({ GroupId: source }))).toBe('DependencyViolation');
    await bench.revoke(groupId, tcp(22, source));
    await bench.ec2.deleteSecurityGroup({ GroupId: source });
    expect(await bench.rules(groupId)).toEqual([]);
  });

  it('in the default VPC revokes what it knows, and answers what it does not', async () => {
    const { groupId } = await furnished();
    const { UnknownIpPermissions, RevokedSecurityGroupRules } = await bench.revoke(
      groupId,
      tcp(22, '10.0.0.0/8', '10.0.0.0/9'),
      permit('-1', undefined, '::/0'),
    );
    expect(RevokedSecurityGroupRules).toHaveLength(1);
    expect(UnknownIpPermissions).toEqual([
      expect.objectContaining({ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/9' }] }),
      expect.objectContaining({ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] }),
    ]);
    expect(await bench.rules(groupId)).toHaveLength(5);
  });

  it('in any other VPC fails for what it does not know, and revokes nothing', async () => {
    const { groupId } = await furnished(await bench.vpc());
    const call = bench.revoke(groupId, tcp(22, '10.0.0.0/8', '10.0.0.0/9'));
    expect(await bench.refusal(call)).toBe('InvalidPermission.NotFound');
    expect(await bench.rules(groupId)).toHaveLength(6);
  });
});

describe('revoking by ids', () => {
  it('takes those, and their tags', async () => {
    const { groupId, rules } = await furnished();
    const ids = [idOf(rules[1]), idOf(rules[5])];
    await bench.ec2.createTags({ Resources: ids, Tags: [{ Key: 'a', Value: 'b' }] });
    await bench.changingOnly([groupId], () =>
      bench.ec2.revokeSecurityGroupIngress({ GroupId: groupId, SecurityGroupRuleIds: ids }),
    );
    expect(await bench.rules(groupId)).toHaveLength(4);
    expect(await bench.rules(groupId)).not.toContain('tcp 22-22 192.168.0.0/16');
    expect(ids.map((id) => bench.state.tags.has(id))).toEqual([false, false]);
  });

  it('fails as a whole for an id that the group does not have', async () => {
    const [{ groupId, rules }, other] = [await furnished(), await furnished()];
    const ingress = (...SecurityGroupRuleIds: string[]) =>
      bench.ec2.revokeSecurityGroupIngress({ GroupId: groupId, SecurityGroupRuleIds });
    const egress = bench.state.groups.get(groupId)?.rules.find(({ isEgress }) => isEgress)?.id ?? '';
    const notFound = 'InvalidSecurityGroupRuleId.NotFound';
    expect(await bench.refusal(ingress(idOf(rules[0]), 'sgr-0123456789abcdef0'))).toBe(notFound);
    expect(await bench.refusal(ingress(idOf(rules[0]), idOf(other.rules[0])))).toBe(notFound);
    expect(await bench.refusal(ingress(idOf(rules[0]), egress))).toBe(notFound);
    expect(await bench.refusal(ingress(idOf(rules[0]), 'sgr-nonsense'))).toBe('InvalidSecurityGroupRuleId.Malformed');
  });

  it('fails the second time', async () => {
    const { groupId, rules } = await furnished();
    const revoke = () =>
      bench.ec2.revokeSecurityGroupIngress({ GroupId: groupId, SecurityGroupRuleIds: [idOf(rules[0])] });
    await revoke();
    expect(await bench.refusal(revoke())).toBe('InvalidSecurityGroupRuleId.NotFound');
  });
});

describe('modifying rules', () => {
  const modify = (GroupId: string, ...rules: [id: string, rule: SecurityGroupRuleRequest][]) =>
    bench.ec2.modifySecurityGroupRules({
      GroupId,
      SecurityGroupRules: rules.map(([SecurityGroupRuleId, SecurityGroupRule]) => ({
        SecurityGroupRuleId,
        SecurityGroupRule,
      })),
    });
  const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };

  it('changes protocol, ports, peer and description, and keeps the id and the tags', async () => {
    const { groupId, rules } = await furnished();
    const id = idOf(rules[0]);
    await bench.ec2.createTags({ Resources: [id], Tags: [{ Key: 'a', Value: 'b' }] });
    await bench.changingOnly([groupId], () =>
      modify(groupId, [id, { IpProtocol: 'udp', FromPort: 5, ToPort: 6, CidrIpv4: '10.7.7.7/16', Description: 'new' }]),
    );
    expect((await bench.rules(groupId))[0]).toBe('udp 5-6 10.7.0.0/16');
    expect((await bench.rules(groupId)).slice(1)).toHaveLength(5);
    const { SecurityGroupRules } = await bench.ec2.describeSecurityGroupRules({ SecurityGroupRuleIds: [id] });
    expect(SecurityGroupRules).toEqual([
      expect.objectContaining({ Description: 'new', Tags: [{ Key: 'a', Value: 'b' }], GroupOwnerId: ACCOUNT }),
    ]);
  });

  it('takes a description away that is not given again', async () => {
    const { groupId, rules } = await furnished();
    const id = idOf(rules[0]);
    await modify(groupId, [id, { ...ssh, CidrIpv4: '10.0.0.0/8', Description: 'one' }]);
    await modify(groupId, [id, { ...ssh, CidrIpv4: '10.0.0.0/8' }]);
    const { SecurityGroupRules } = await bench.ec2.describeSecurityGroupRules({ SecurityGroupRuleIds: [id] });
    expect(SecurityGroupRules?.[0]).not.toHaveProperty('Description');
  });

  it('lets two rules change places', async () => {
    const { groupId, rules } = await furnished();
    await modify(
      groupId,
      [idOf(rules[0]), { ...ssh, CidrIpv4: '192.168.0.0/16' }],
      [idOf(rules[1]), { ...ssh, CidrIpv4: '10.0.0.0/8' }],
    );
    expect((await bench.rules(groupId)).slice(0, 2)).toEqual(['tcp 22-22 192.168.0.0/16', 'tcp 22-22 10.0.0.0/8']);
  });

  it('changes all or nothing', async () => {
    const { groupId, rules } = await furnished();
    const fine = [idOf(rules[1]), { ...ssh, CidrIpv4: '10.5.0.0/16' }] as [string, SecurityGroupRuleRequest];
    const first = idOf(rules[0]);
    const refusal = async (id: string, rule: SecurityGroupRuleRequest) =>
      bench.refusal(modify(groupId, fine, [id, rule]));
    expect(await refusal(first, { ...ssh, CidrIpv4: '10.5.0.0/16' })).toBe('InvalidParameterValue');
    expect(await refusal(first, { IpProtocol: '-1', CidrIpv4: '10.1.0.0/16' })).toBe('InvalidPermission.Duplicate');
    expect(await refusal(first, { ...ssh, CidrIpv6: '2001:db8::/32' })).toBe('InvalidParameterValue');
    expect(await refusal(first, { ...ssh, CidrIpv4: '10.0.0.0/99' })).toBe('InvalidParameterValue');
    expect(await refusal(first, ssh)).toBe('MissingParameter');
    expect(await refusal(first, { ...ssh, CidrIpv4: '10.6.0.0/16', CidrIpv6: '::/0' })).toBe(
      'InvalidParameterCombination',
    );
    expect(await refusal(idOf(rules[1]), { ...ssh, CidrIpv4: '10.6.0.0/16' })).toBe('InvalidParameterValue');
    expect(await refusal('sgr-0123456789abcdef0', { ...ssh, CidrIpv4: '10.6.0.0/16' })).toBe(
      'InvalidSecurityGroupRuleId.NotFound',
    );
    expect(await bench.refusal(modify(groupId))).toBe('MissingParameter');
  });

  it('does not let a rule outgrow the quota', async () => {
    const groupId = await bench.group();
    const [small, large] = [await bench.list(1), await bench.list(60)];
    const rules = await bench.authorize(groupId, tcp(22, '10.0.0.0/8', small));
    const id = idOf(rules.find(({ PrefixListId }) => PrefixListId === small));
    expect(await bench.refusal(modify(groupId, [id, { ...ssh, PrefixListId: large }]))).toBe(
      'RulesPerSecurityGroupLimitExceeded',
    );
  });
});

describe('describing rules anew', () => {
  const descriptions = async (groupId: string) =>
    bench.state.groups
      .get(groupId)
      ?.rules.filter(({ isEgress }) => !isEgress)
      .map(({ description }) => description);

  it('works by ids and by what they admit, and nothing takes a description away', async () => {
    const { groupId, rules } = await furnished();
    const update = (input: object) =>
      bench.ec2.updateSecurityGroupRuleDescriptionsIngress({ GroupId: groupId, ...input });
    await bench.changingOnly([groupId], async () => {
      await update({ SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId: idOf(rules[0]), Description: 'first' }] });
      await update({
        IpPermissions: [{ ...tcp(22), IpRanges: [{ CidrIp: '192.168.0.0/16', Description: 'second' }] }],
      });
    });
    expect(await descriptions(groupId)).toEqual(['first', 'second', ...Array(4).fill(undefined)]);
    await update({ IpPermissions: [tcp(22, '10.0.0.0/8')] });
    expect(await descriptions(groupId)).toEqual([undefined, 'second', ...Array(4).fill(undefined)]);
  });

  it('fails as a whole', async () => {
    const { groupId, rules } = await furnished();
    const fine = { SecurityGroupRuleId: idOf(rules[0]), Description: 'first' };
    const update = (input: object) =>
      bench.refusal(bench.ec2.updateSecurityGroupRuleDescriptionsIngress({ GroupId: groupId, ...input }));
    expect(
      await update({
        SecurityGroupRuleDescriptions: [fine, { SecurityGroupRuleId: 'sgr-0123456789abcdef0', Description: 'x' }],
      }),
    ).toBe('InvalidSecurityGroupRuleId.NotFound');
    expect(await update({ IpPermissions: [tcp(22, '10.0.0.0/8'), tcp(23, '10.0.0.0/8')] })).toBe(
      'InvalidPermission.NotFound',
    );
    expect(await update({ SecurityGroupRuleDescriptions: [{ ...fine, Description: 'x'.repeat(256) }] })).toBe(
      'InvalidParameterValue',
    );
    expect(await update({})).toBe('MissingParameter');
    const egress = bench.ec2.updateSecurityGroupRuleDescriptionsEgress({
      GroupId: groupId,
      SecurityGroupRuleDescriptions: [fine],
    });
    expect(await bench.refusal(egress)).toBe('InvalidSecurityGroupRuleId.NotFound');
  });
});
