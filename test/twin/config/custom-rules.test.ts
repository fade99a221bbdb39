import { ACCOUNT, ConfigBench, custom, FUNCTION, fixture, refusal, SECURITY_GROUP, shapeOf, tcp } from './support';

let bench: ConfigBench;
beforeEach(async () => {
  bench = await ConfigBench.start();
});
afterEach(() => bench.stop());

const COMPLIANCE = 'Config Rules Compliance Change';
const messageOf = (invocation = bench.invocations.at(-1)) => JSON.parse(invocation?.invokingEvent ?? '{}');
const status = async (name: string) =>
  (await bench.config.describeConfigRuleEvaluationStatus({ ConfigRuleNames: [name] })).ConfigRulesEvaluationStatus?.[0];

describe('a rule with a function', () => {
  beforeEach(() => bench.record());

  it('judges what changes, as it was recorded', async () => {
    await bench.rule('no-ssh');
    const groupId = await bench.group('web');
    expect(await bench.verdicts('no-ssh')).toMatchObject({ [groupId]: 'COMPLIANT' });
    await bench.authorize(groupId, tcp(22, '0.0.0.0/0'));
    expect(await bench.verdicts('no-ssh')).toMatchObject({ [groupId]: 'NON_COMPLIANT' });
    const { EvaluationResults = [] } = await bench.config.getComplianceDetailsByResource({
      ResourceType: SECURITY_GROUP,
      ResourceId: groupId,
    });
    expect(EvaluationResults).toMatchObject([{ ComplianceType: 'NON_COMPLIANT', Annotation: 'open to the world' }]);
    await bench.revoke(groupId, tcp(22, '0.0.0.0/0'));
    expect(await bench.verdicts('no-ssh')).toMatchObject({ [groupId]: 'COMPLIANT' });
  });

  it('gets an invocation shaped like those of AWS', async () => {
    await bench.rule('no-ssh', { InputParameters: '{"requiredPermissions":"[]"}' });
    const groupId = await bench.group('web', tcp(22, '0.0.0.0/0', '::/0'));
    await bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'team', Value: 'web' }] });
    await bench.settle();
    const sample = fixture('config-rule-invocation-sg-change');
    expect(shapeOf(bench.invocations.at(-1))).toEqual(shapeOf(sample));
    const message = { ...messageOf(), configurationItemDiff: null };
    expect(shapeOf(message)).toEqual(shapeOf(JSON.parse(sample.invokingEvent)));
    expect(bench.invocations.at(-1)).toMatchObject({
      ruleParameters: '{"requiredPermissions":"[]"}',
      eventLeftScope: false,
      configRuleName: 'no-ssh',
      accountId: ACCOUNT,
    });
  });

  it('judges at once what is there when it is made, and again when it is asked, once in a minute', async () => {
    const groupId = await bench.group('web', tcp(22, '0.0.0.0/0'));
    await bench.rule('no-ssh');
    expect(await bench.verdicts('no-ssh')).toMatchObject({ [groupId]: 'NON_COMPLIANT' });
    expect(messageOf().configurationItemDiff).toBeNull();
    const before = bench.invocations.length;
    const again = () => bench.config.startConfigRulesEvaluation({ ConfigRuleNames: ['no-ssh'] });
    await again();
    expect(await refusal(again())).toBe('LimitExceededException');
    await bench.settle();
    expect(bench.invocations.length).toBe(before * 2);
    await bench.twin.clock.advance(61);
    await again();
  });

  it('tells of a change of compliance, and of nothing that stays', async () => {
    await bench.rule('no-ssh');
    await bench.listen();
    const groupId = await bench.group('web', tcp(22, '0.0.0.0/0'));
    await bench.authorize(groupId, tcp(443, '0.0.0.0/0'));
    await bench.settle();
    await bench.revoke(groupId, tcp(22, '0.0.0.0/0'));
    const [first, second, third, ...more] = await bench.told(COMPLIANCE);
    expect(more).toEqual([]);
    const types = [first, second, third].map(({ detail }) => [
      detail.oldEvaluationResult?.complianceType,
      detail.newEvaluationResult.complianceType,
    ]);
    expect(types).toEqual([
      [undefined, 'COMPLIANT'],
      ['COMPLIANT', 'NON_COMPLIANT'],
      ['NON_COMPLIANT', 'COMPLIANT'],
    ]);
    expect(shapeOf(first)).toEqual(shapeOf(fixture('config-compliance-sg-first-evaluation-no-old-result')));
    expect(shapeOf(second.detail.newEvaluationResult)).toContain('.annotation');
    expect(
      shapeOf({ ...third, detail: { ...third.detail, oldEvaluationResult: first.detail.newEvaluationResult } }),
    ).toEqual(shapeOf(fixture('config-compliance-sg-back-to-compliant')));
  });

  it('hears of a deletion, and its result goes', async () => {
    await bench.rule('no-ssh');
    await bench.listen();
    const groupId = await bench.group('web', tcp(22, '0.0.0.0/0'));
    await bench.ec2.deleteSecurityGroup({ GroupId: groupId });
    const last = (await bench.told(COMPLIANCE)).at(-1);
    expect(last.detail).toMatchObject({
      resourceId: groupId,
      newEvaluationResult: { complianceType: 'NOT_APPLICABLE' },
      oldEvaluationResult: { complianceType: 'NON_COMPLIANT' },
    });
    expect(messageOf().configurationItem.configurationItemStatus).toBe('ResourceDeleted');
    expect(await bench.verdicts('no-ssh')).not.toHaveProperty(groupId);
  });

  it('hears of what leaves the scope of its tag', async () => {
    await bench.rule('no-ssh', { Scope: { TagKey: 'team', TagValue: 'web' } });
    const groupId = await bench.group('web');
    expect(bench.invocations).toEqual([]);
    const tag = (Value: string) => bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'team', Value }] });
    await tag('web');
    expect(await bench.verdicts('no-ssh')).toEqual({ [groupId]: 'COMPLIANT' });
    await tag('other');
    expect(await bench.verdicts('no-ssh')).toEqual({ [groupId]: 'NOT_APPLICABLE' });
    expect(bench.invocations.map(({ eventLeftScope }) => eventLeftScope)).toEqual([false, true]);
    await tag('third');
    await bench.settle();
    expect(bench.invocations).toHaveLength(2);
  });

  it('may be for one resource', async () => {
    const groupId = await bench.group('web');
    const other = await bench.group('other');
    await bench.rule('no-ssh', {
      Scope: { ComplianceResourceTypes: [SECURITY_GROUP], ComplianceResourceId: groupId },
    });
    await bench.authorize(other, tcp(22, '0.0.0.0/0'));
    expect(await bench.verdicts('no-ssh')).toEqual({ [groupId]: 'COMPLIANT' });
  });

  it('runs on a schedule, with nothing about a resource', async () => {
    const source = custom('ScheduledNotification').Source;
    const [detail] = source?.SourceDetails ?? [];
    await bench.rule('sweep', {
      Source: { ...source, SourceDetails: [{ ...detail, MaximumExecutionFrequency: 'Six_Hours' }] } as never,
      Scope: undefined as never,
      InputParameters: '{"requiredPermissions":"[]"}',
    });
    expect(bench.invocations).toHaveLength(1);
    await bench.group('web');
    expect(bench.invocations).toHaveLength(1);
    await bench.twin.clock.advance(13 * 3600);
    expect(bench.invocations).toHaveLength(3);
    const sample = fixture('config-rule-invocation-scheduled');
    expect(shapeOf(bench.invocations.at(-1))).toEqual(shapeOf(sample));
    expect(shapeOf(messageOf())).toEqual(shapeOf(JSON.parse(sample.invokingEvent)));
    expect(await bench.verdicts('sweep')).toEqual({ [ACCOUNT]: 'COMPLIANT' });
    await bench.config.deleteConfigRule({ ConfigRuleName: 'sweep' });
    await bench.twin.clock.advance(13 * 3600);
    expect(bench.invocations).toHaveLength(3);
  });

  it.each([
    ['throws', 'throw', 'the function is broken'],
    ['does not answer', 'silent', 'PutEvaluations'],
  ])('shows as failing if its function %s', async (_case, mode, message) => {
    await bench.group('web');
    await bench.rule('broken', { InputParameters: JSON.stringify({ mode }) });
    expect(await status('broken')).toMatchObject({
      LastFailedEvaluationTime: expect.any(Date),
      LastErrorMessage: expect.stringContaining(message),
    });
    expect(await bench.verdicts('broken')).toEqual({});
    await bench.rule('broken', { InputParameters: '{}' });
    const mended = await status('broken');
    expect(mended?.LastErrorCode).toBeUndefined();
    expect(mended?.LastSuccessfulEvaluationTime).toBeInstanceOf(Date);
  });

  it.each([
    ['a function that is not there', { SourceIdentifier: `${FUNCTION}-2` }, 'InsufficientPermissionsException'],
    ['no message types', { SourceDetails: [] }, 'InvalidParameterValueException'],
    [
      'a frequency for changes',
      {
        SourceDetails: [
          {
            EventSource: 'aws.config' as const,
            MessageType: 'ConfigurationItemChangeNotification' as const,
            MaximumExecutionFrequency: 'One_Hour' as const,
          },
        ],
      },
      'InvalidParameterValueException',
    ],
  ])('is refused with %s', async (_case, changed, code) => {
    const rule = { ConfigRuleName: 'wrong', ...custom() };
    const call = bench.config.putConfigRule({
      ConfigRule: { ...rule, Source: { ...rule.Source, Owner: 'CUSTOM_LAMBDA', ...changed } },
    });
    expect(await refusal(call)).toBe(code);
  });

  it.each([
    ['parameters that are no JSON', { InputParameters: '{' }, 'InvalidParameterValueException'],
    ['long parameters', { InputParameters: JSON.stringify({ a: 'x'.repeat(1024) }) }, 'ValidationException'],
    ['a resource without its type', { Scope: { ComplianceResourceId: 'sg-1' } }, 'InvalidParameterValueException'],
    ['a value without its key', { Scope: { TagValue: 'web' } }, 'InvalidParameterValueException'],
  ])('is refused with %s', async (_case, changed, code) => {
    expect(await refusal(bench.rule('wrong', changed))).toBe(code);
  });
});

it('needs a recorder', async () => {
  expect(await refusal(bench.rule('no-ssh'))).toBe('NoAvailableConfigurationRecorderException');
});

describe('PutEvaluations', () => {
  let groupId: string;
  beforeEach(async () => {
    await bench.record();
    groupId = await bench.group('web');
    await bench.rule('no-ssh');
  });

  const evaluation = (changed: object = {}) => ({
    ComplianceResourceType: SECURITY_GROUP,
    ComplianceResourceId: groupId,
    ComplianceType: 'NON_COMPLIANT' as const,
    OrderingTimestamp: new Date(bench.twin.clock.now().getTime() + 1000),
    ...changed,
  });
  const put = (Evaluations: object[], ResultToken = bench.invocations.at(-1)?.resultToken, TestMode?: boolean) =>
    bench.config.putEvaluations({
      Evaluations: Evaluations as never,
      ResultToken,
      ...(TestMode !== undefined && { TestMode }),
    });

  it('is taken with the token of an invocation, several times', async () => {
    expect((await put([evaluation()])).FailedEvaluations).toEqual([]);
    await put([evaluation({ ComplianceResourceId: 'sg-0123456789abcdef0' })]);
    expect(await bench.verdicts('no-ssh')).toMatchObject({
      [groupId]: 'NON_COMPLIANT',
      'sg-0123456789abcdef0': 'NON_COMPLIANT',
    });
  });

  it('does not let what is older win', async () => {
    await put([evaluation({ OrderingTimestamp: new Date(0) })]);
    expect(await bench.verdicts('no-ssh')).toMatchObject({ [groupId]: 'COMPLIANT' });
  });

  it('keeps nothing in test mode, for any token', async () => {
    await put([evaluation()], 'TESTMODE', true);
    expect(await bench.verdicts('no-ssh')).toMatchObject({ [groupId]: 'COMPLIANT' });
  });

  it.each([
    ['a token that was never issued', () => put([evaluation()], 'TESTMODE'), 'InvalidResultTokenException'],
    [
      'insufficient data',
      () => put([evaluation({ ComplianceType: 'INSUFFICIENT_DATA' })]),
      'InvalidParameterValueException',
    ],
    ['more than a hundred', () => put(Array.from({ length: 101 }, () => evaluation())), 'ValidationException'],
    ['a long annotation', () => put([evaluation({ Annotation: 'x'.repeat(257) })]), 'ValidationException'],
    ['no id', () => put([evaluation({ ComplianceResourceId: '' })]), 'ValidationException'],
  ])('is refused with %s', async (_case, call, code) => {
    expect(await refusal(call())).toBe(code);
    expect(await bench.verdicts('no-ssh')).toMatchObject({ [groupId]: 'COMPLIANT' });
  });

  it('is refused once the rule is gone', async () => {
    await bench.config.deleteConfigRule({ ConfigRuleName: 'no-ssh' });
    expect(await refusal(put([evaluation()]))).toBe('NoSuchConfigRuleException');
  });
});
