import { ConfigService } from '@aws-sdk/client-config-service';
import { addUser } from '../../../twin/services/iam';
import { ACCOUNT, BUCKET, ConfigBench, managed, refusal, SECURITY_GROUP, tcp } from './support';

let bench: ConfigBench;
let groups: string[];
/** A recorder over thirty groups, of which all but two let SSH in, with two rules. */
beforeAll(async () => {
  bench = await ConfigBench.start();
  groups = [];
  for (let index = 0; index < 30; index++)
    groups.push(await bench.group(`group-${index}`, ...(index < 28 ? [tcp(22, '0.0.0.0/0')] : [])));
  await bench.record();
  await bench.rule('ssh', managed('INCOMING_SSH_DISABLED'));
  await bench.rule('read', managed('S3_BUCKET_PUBLIC_READ_PROHIBITED'));
  await bench.rule('default-closed', managed('VPC_DEFAULT_SECURITY_GROUP_CLOSED'));
  await bench.rule('idle', { ...managed('INCOMING_SSH_DISABLED'), Scope: { TagKey: 'nobody' } });
});
afterAll(() => bench.stop());

describe('compliance', () => {
  it('is told by rule, counted up to 25', async () => {
    const { ComplianceByConfigRules } = await bench.config.describeComplianceByConfigRule({});
    expect(ComplianceByConfigRules).toEqual([
      {
        ConfigRuleName: 'default-closed',
        Compliance: {
          ComplianceType: 'NON_COMPLIANT',
          ComplianceContributorCount: { CappedCount: 1, CapExceeded: false },
        },
      },
      { ConfigRuleName: 'idle', Compliance: { ComplianceType: 'INSUFFICIENT_DATA' } },
      { ConfigRuleName: 'read', Compliance: { ComplianceType: 'COMPLIANT' } },
      {
        ConfigRuleName: 'ssh',
        Compliance: {
          ComplianceType: 'NON_COMPLIANT',
          ComplianceContributorCount: { CappedCount: 25, CapExceeded: true },
        },
      },
    ]);
    const bad = await bench.config.describeComplianceByConfigRule({ ComplianceTypes: ['COMPLIANT'] });
    expect(bad.ComplianceByConfigRules).toMatchObject([{ ConfigRuleName: 'read' }]);
    const unknown = bench.config.describeComplianceByConfigRule({ ConfigRuleNames: ['nothing'] });
    expect(await refusal(unknown)).toBe('NoSuchConfigRuleException');
  });

  it('is told by resource', async () => {
    const { ComplianceByResources } = await bench.config.describeComplianceByResource({
      ResourceType: SECURITY_GROUP,
      ResourceId: groups[0],
    });
    expect(ComplianceByResources).toEqual([
      {
        ResourceType: SECURITY_GROUP,
        ResourceId: groups[0],
        Compliance: {
          ComplianceType: 'NON_COMPLIANT',
          ComplianceContributorCount: { CappedCount: 1, CapExceeded: false },
        },
      },
    ]);
    const good = await bench.config.describeComplianceByResource({
      ResourceType: SECURITY_GROUP,
      ComplianceTypes: ['COMPLIANT'],
    });
    expect(good.ComplianceByResources?.map(({ ResourceId }) => ResourceId).sort()).toEqual(groups.slice(28).sort());
  });

  it('comes in pages of ten, or as many as are asked for', async () => {
    const seen = new Set<string | undefined>();
    const sizes: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = await bench.config.getComplianceDetailsByConfigRule({
        ConfigRuleName: 'ssh',
        ComplianceTypes: ['NON_COMPLIANT'],
        NextToken,
      });
      const results = page.EvaluationResults ?? [];
      sizes.push(results.length);
      for (const { EvaluationResultIdentifier } of results)
        seen.add(EvaluationResultIdentifier?.EvaluationResultQualifier?.ResourceId);
      NextToken = page.NextToken;
    } while (NextToken);
    expect(sizes).toEqual([10, 10, 8]);
    expect([...seen].sort()).toEqual(groups.slice(0, 28).sort());
    const all = await bench.config.getComplianceDetailsByConfigRule({ ConfigRuleName: 'ssh', Limit: 100 });
    expect(all.EvaluationResults).toHaveLength(31);
    expect(all.NextToken).toBeUndefined();
    const details = (more: object) =>
      refusal(bench.config.getComplianceDetailsByConfigRule({ ConfigRuleName: 'ssh', ...more }));
    expect(await details({ NextToken: 'nonsense' })).toBe('InvalidNextTokenException');
    expect(await details({ Limit: 101 })).toBe('InvalidLimitException');
    expect(await refusal(bench.config.getComplianceDetailsByConfigRule({ ConfigRuleName: 'nothing' }))).toBe(
      'NoSuchConfigRuleException',
    );
  });

  it('shows what does not apply only to who asks for it', async () => {
    const details = async (ComplianceTypes?: 'NOT_APPLICABLE'[]) =>
      (
        await bench.config.getComplianceDetailsByConfigRule({
          ConfigRuleName: 'default-closed',
          Limit: 100,
          ...(ComplianceTypes && { ComplianceTypes }),
        })
      ).EvaluationResults?.length;
    expect(await details()).toBe(1);
    expect(await details(['NOT_APPLICABLE'])).toBe(30);
  });

  it('is summed up', async () => {
    const { ComplianceSummary } = await bench.config.getComplianceSummaryByConfigRule({});
    expect(ComplianceSummary).toMatchObject({
      CompliantResourceCount: { CappedCount: 1 },
      NonCompliantResourceCount: { CappedCount: 2 },
    });
    const { ComplianceSummariesByResourceType } = await bench.config.getComplianceSummaryByResourceType({
      ResourceTypes: ['AWS::S3::Bucket', SECURITY_GROUP],
    });
    expect(ComplianceSummariesByResourceType).toMatchObject([
      { ResourceType: 'AWS::S3::Bucket', ComplianceSummary: { CompliantResourceCount: { CappedCount: 1 } } },
      {
        ResourceType: SECURITY_GROUP,
        ComplianceSummary: {
          CompliantResourceCount: { CappedCount: 2 },
          NonCompliantResourceCount: { CappedCount: 25, CapExceeded: true },
        },
      },
    ]);
  });
});

describe('what was recorded', () => {
  it('is listed in pages', async () => {
    const first = await bench.config.listDiscoveredResources({ resourceType: SECURITY_GROUP, limit: 30 });
    expect(first.resourceIdentifiers).toHaveLength(30);
    const second = await bench.config.listDiscoveredResources({
      resourceType: SECURITY_GROUP,
      limit: 30,
      nextToken: first.nextToken,
    });
    expect(second.resourceIdentifiers).toHaveLength(1);
    const named = await bench.config.listDiscoveredResources({
      resourceType: SECURITY_GROUP,
      resourceName: 'group-3',
    });
    expect(named.resourceIdentifiers).toEqual([
      { resourceType: SECURITY_GROUP, resourceId: groups[3], resourceName: 'group-3' },
    ]);
    expect(
      (await bench.config.listDiscoveredResources({ resourceType: 'AWS::EC2::Instance' })).resourceIdentifiers,
    ).toEqual([]);
  });

  it('is counted', async () => {
    expect(await bench.config.getDiscoveredResourceCounts({})).toMatchObject({
      totalDiscoveredResources: 32,
      resourceCounts: [
        { resourceType: SECURITY_GROUP, count: 31 },
        { resourceType: 'AWS::S3::Bucket', count: 1 },
      ],
    });
  });

  it('is read in a batch', async () => {
    const missing = { resourceType: SECURITY_GROUP, resourceId: 'sg-0123456789abcdef0' } as const;
    const { baseConfigurationItems, unprocessedResourceKeys } = await bench.config.batchGetResourceConfig({
      resourceKeys: [{ resourceType: 'AWS::S3::Bucket', resourceId: BUCKET }, missing],
    });
    expect(unprocessedResourceKeys).toEqual([missing]);
    expect(baseConfigurationItems).toMatchObject([
      { resourceId: BUCKET, arn: `arn:aws:s3:::${BUCKET}`, version: '1.3', availabilityZone: 'Regional' },
    ]);
    expect(JSON.parse(baseConfigurationItems?.[0]?.configuration ?? '')).toMatchObject({ name: BUCKET });
  });

  it('is a history, newest first, between two times', async () => {
    const resourceId = groups[29] ?? '';
    await bench.authorize(resourceId, tcp(443, '0.0.0.0/0'));
    await bench.settle();
    const between = bench.twin.clock.now();
    await bench.twin.clock.advance(60);
    await bench.authorize(resourceId, tcp(444, '0.0.0.0/0'));
    await bench.settle();
    const history = async (more: object = {}) => {
      const { configurationItems = [] } = await bench.config.getResourceConfigHistory({
        resourceType: SECURITY_GROUP,
        resourceId,
        ...more,
      });
      return configurationItems.map(
        ({ configuration = '' }) => (JSON.parse(configuration) as { ipPermissions: unknown[] }).ipPermissions.length,
      );
    };
    expect(await history()).toEqual([2, 1, 0]);
    expect(await history({ chronologicalOrder: 'Forward' })).toEqual([0, 1, 2]);
    expect(await history({ laterTime: between })).toEqual([1, 0]);
    expect(await history({ earlierTime: between })).toEqual([2]);
    expect(await history({ limit: 1 })).toEqual([2]);
    expect(await refusal(history({ limit: 101 }))).toBe('InvalidLimitException');
    expect(await refusal(history({ earlierTime: between, laterTime: new Date(0) }))).toBe('InvalidTimeRangeException');
  });
});

it('rules are described, and have tags', async () => {
  const { ConfigRules = [] } = await bench.config.describeConfigRules({ ConfigRuleNames: ['ssh'] });
  expect(ConfigRules).toMatchObject([
    {
      ConfigRuleName: 'ssh',
      ConfigRuleState: 'ACTIVE',
      ConfigRuleArn: expect.stringMatching(
        /^arn:aws:config:eu-west-1:111122223333:config-rule\/config-rule-[0-9a-z]{6}$/,
      ),
      Source: { Owner: 'AWS', SourceIdentifier: 'INCOMING_SSH_DISABLED' },
    },
  ]);
  const ResourceArn = ConfigRules[0]?.ConfigRuleArn;
  await bench.config.tagResource({ ResourceArn, Tags: [{ Key: 'team', Value: 'web' }] });
  expect((await bench.config.listTagsForResource({ ResourceArn })).Tags).toEqual([{ Key: 'team', Value: 'web' }]);
  await bench.config.untagResource({ ResourceArn, TagKeys: ['team'] });
  expect((await bench.config.listTagsForResource({ ResourceArn })).Tags).toEqual([]);
  expect(await refusal(bench.config.listTagsForResource({ ResourceArn: `${ResourceArn}-2` }))).toBe(
    'ResourceNotFoundException',
  );
});

it('nobody may ask without permission', async () => {
  const credentials = addUser(bench.twin, ACCOUNT, 'stranger');
  const config = new ConfigService({ ...bench.settings, credentials, maxAttempts: 1 });
  expect(await refusal(config.describeConfigRules({}))).toBe('AccessDeniedException');
  config.destroy();
});
