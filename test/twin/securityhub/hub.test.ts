import { SecurityHub } from '@aws-sdk/client-securityhub';
import { ACCOUNT, FindingsBench, fixture, REGION } from '../guardduty/support';

const FOUNDATIONAL = `arn:aws:securityhub:${REGION}::standards/aws-foundational-security-best-practices/v/1.0.0`;
const CIS = 'arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0';
const HUB = `arn:aws:securityhub:${REGION}:${ACCOUNT}:hub/default`;
const ACTION = `arn:aws:securityhub:${REGION}:${ACCOUNT}:action/custom/SocIsolate`;

const RESOURCES = {
  aws_securityhub_account: {
    main: {
      enable_default_standards: false,
      auto_enable_controls: false,
      control_finding_generator: 'SECURITY_CONTROL',
    },
  },
  aws_securityhub_standards_subscription: {
    foundational: { standards_arn: FOUNDATIONAL, depends_on: ['aws_securityhub_account.main'] },
  },
  aws_securityhub_action_target: {
    isolate: {
      name: 'SocIsolate',
      identifier: 'SocIsolate',
      description: 'Isolate the resource',
      depends_on: ['aws_securityhub_account.main'],
    },
  },
  aws_guardduty_detector: { main: { enable: true } },
};

let bench: FindingsBench;
beforeAll(async () => {
  bench = await FindingsBench.start(ACCOUNT, RESOURCES);
});
afterAll(() => bench.stop());

const standards = async () =>
  ((await bench.hub.getEnabledStandards({})).StandardsSubscriptions ?? []).map(({ StandardsArn }) => StandardsArn);

describe('a hub', () => {
  it('is made by a stack, with its standards and actions', async () => {
    expect(await bench.hub.describeHub({})).toMatchObject({
      HubArn: HUB,
      SubscribedAt: expect.any(String),
      AutoEnableControls: false,
      ControlFindingGenerator: 'SECURITY_CONTROL',
    });
    expect(await bench.hub.getEnabledStandards({})).toMatchObject({
      StandardsSubscriptions: [
        {
          StandardsSubscriptionArn: `arn:aws:securityhub:${REGION}:${ACCOUNT}:subscription/aws-foundational-security-best-practices/v/1.0.0`,
          StandardsArn: FOUNDATIONAL,
          StandardsStatus: 'READY',
        },
      ],
    });
    expect(await bench.hub.describeActionTargets({})).toMatchObject({
      ActionTargets: [{ ActionTargetArn: ACTION, Name: 'SocIsolate', Description: 'Isolate the resource' }],
    });
    const unsupported = await (await fetch(`${bench.settings.endpoint}/_twin/unsupported`)).json();
    expect(unsupported).toMatchObject({ arguments: [] });
  });

  it.each([
    ['a second one', () => bench.hub.enableSecurityHub({}), 'ResourceConflictException'],
    ['another hub', () => bench.hub.describeHub({ HubArn: `${HUB}x` }), 'ResourceNotFoundException'],
    ['a standard that there is not, and those with it', () => enable(CIS, `${CIS}0`), 'InvalidInputException'],
    ['an action that there is', () => action('SocIsolate'), 'ResourceConflictException'],
    ['an action of 21 letters', () => action('a'.repeat(21)), 'InvalidInputException'],
    ['an action with other than letters and digits', () => action('soc-isolate'), 'InvalidInputException'],
    [
      'an action that there is not',
      () => bench.hub.describeActionTargets({ ActionTargetArns: [`${ACTION}x`] }),
      'ResourceNotFoundException',
    ],
  ])('refuses %s', async (_case, call, code) => {
    expect(await bench.refusal(call)).toBe(code);
  });

  const action = (Id: string) => bench.hub.createActionTarget({ Id, Name: 'name', Description: 'text' });
  const enable = (...arns: string[]) =>
    bench.hub.batchEnableStandards({ StandardsSubscriptionRequests: arns.map((StandardsArn) => ({ StandardsArn })) });

  it('has standards and actions that come and go', async () => {
    const { StandardsSubscriptions = [] } = await enable(CIS);
    expect(await standards()).toEqual([FOUNDATIONAL, CIS]);
    await bench.hub.batchDisableStandards({
      StandardsSubscriptionArns: StandardsSubscriptions.map(
        ({ StandardsSubscriptionArn }) => StandardsSubscriptionArn ?? '',
      ),
    });
    expect(await standards()).toEqual([FOUNDATIONAL]);
    const { ActionTargetArn } = await action('Other');
    await bench.hub.updateActionTarget({ ActionTargetArn, Name: 'changed' });
    expect(await bench.hub.describeActionTargets({ ActionTargetArns: [ActionTargetArn ?? ''] })).toMatchObject({
      ActionTargets: [{ Name: 'changed', Description: 'text' }],
    });
    await bench.hub.deleteActionTarget({ ActionTargetArn });
    expect((await bench.hub.describeActionTargets({})).ActionTargets).toHaveLength(1);
  });

  it('is one in an account, and in another account not there until it is enabled', async () => {
    const other = bench.as('444455556666');
    expect(await bench.refusal(() => other.hub.describeHub({}))).toBe('InvalidAccessException');
    await other.hub.enableSecurityHub({});
    expect((await other.hub.getEnabledStandards({})).StandardsSubscriptions).toHaveLength(2);
    await other.hub.disableSecurityHub({});
    expect(await bench.refusal(() => other.hub.getFindings({}))).toBe('InvalidAccessException');
  });
});

describe('IAM', () => {
  const ours = `arn:aws:securityhub:${REGION}:${ACCOUNT}:product/${ACCOUNT}/default`;
  const finding = {
    SchemaVersion: '2018-10-08',
    Id: 'suture/iam',
    ProductArn: ours,
    GeneratorId: 'suture',
    AwsAccountId: ACCOUNT,
    CreatedAt: '2026-10-05T14:00:00.000Z',
    UpdatedAt: '2026-10-05T14:00:00.000Z',
    Severity: { Label: 'LOW' as const },
    Title: 'a finding',
    Description: 'of our own',
    Resources: [{ Type: 'AwsS3Bucket', Id: 'arn:aws:s3:::exports' }],
  };

  it('looks at the hub, at products, and at what an update sets', async () => {
    const hub = new SecurityHub(
      bench.userWho(
        { Effect: 'Allow', Action: ['securityhub:GetFindings', 'securityhub:BatchUpdateFindings'], Resource: HUB },
        {
          Effect: 'Allow',
          Action: 'securityhub:BatchImportFindings',
          Resource: ours,
          Condition: { StringEquals: { 'securityhub:TargetAccount': ACCOUNT } },
        },
        {
          Effect: 'Deny',
          Action: 'securityhub:BatchUpdateFindings',
          Resource: '*',
          Condition: { StringEquals: { 'securityhub:ASFFSyntaxPath/Workflow.Status': 'SUPPRESSED' } },
        },
        {
          Effect: 'Deny',
          Action: 'securityhub:BatchUpdateFindings',
          Resource: '*',
          Condition: { Null: { 'securityhub:ASFFSyntaxPath/Severity.Label': 'false' } },
        },
      ),
    );
    await hub.batchImportFindings({ Findings: [finding] });
    const FindingIdentifiers = [{ Id: finding.Id, ProductArn: ours }];
    await hub.batchUpdateFindings({ FindingIdentifiers, Workflow: { Status: 'NOTIFIED' } });
    expect((await hub.getFindings({})).Findings).toMatchObject([{ Id: finding.Id, Workflow: { Status: 'NOTIFIED' } }]);
    for (const refused of [
      () => hub.batchUpdateFindings({ FindingIdentifiers, Workflow: { Status: 'SUPPRESSED' } }),
      () => hub.batchUpdateFindings({ FindingIdentifiers, Severity: { Label: 'LOW' } }),
      () => hub.batchImportFindings({ Findings: [{ ...finding, AwsAccountId: '444455556666' }] }),
      () => hub.batchImportFindings({ Findings: [{ ...finding, ProductArn: `${ours}x` }] }),
      () => hub.getFindingsV2({}),
      () => hub.disableSecurityHub({}),
    ])
      expect(await bench.refusal(refused)).toBe('AccessDeniedException');
  });
});

describe('a finding of GuardDuty', () => {
  const sample = fixture('guardduty-ec2-c2-high-8');
  const copy = fixture('securityhub-imported-guardduty-duplicate').detail.findings[0];
  const find = async () => {
    const { Findings = [] } = await bench.hub.getFindings({
      Filters: { Id: [{ Value: sample.detail.arn, Comparison: 'EQUALS' }] },
    });
    return Findings[0];
  };

  it('is imported as Security Hub writes it, and told of', async () => {
    await bench.listen('aws.securityhub');
    await bench.emit('guardduty-ec2-c2-high-8');
    const found = await find();
    const { ProductFields: fields, Resources: _resources, ...rest } = copy;
    expect(found).toEqual({
      ...rest,
      Title: sample.detail.title,
      Description: sample.detail.description,
      ProductFields: expect.objectContaining(fields),
      Resources: [expect.objectContaining({ Type: 'AwsEc2Instance', Id: copy.Resources[0].Id })],
      ProcessedAt: expect.any(String),
    });
    expect(found?.Resources?.[0]?.Details).toEqual(copy.Resources[0].Details);
    expect(await bench.told()).toEqual([
      expect.objectContaining({
        resources: [`${copy.ProductArn}/${sample.detail.arn}`],
        detail: { findings: [found] },
      }),
    ]);
  });

  it('is changed by what GuardDuty finds later, and keeps the state of its investigation', async () => {
    await bench.hub.batchUpdateFindings({
      FindingIdentifiers: [{ Id: sample.detail.arn, ProductArn: copy.ProductArn }],
      Workflow: { Status: 'NOTIFIED' },
    });
    const later = { ...sample.detail, updatedAt: '2026-10-05T18:00:00.000Z', severity: 9.1 };
    await bench.emit({ ...sample, detail: later });
    expect(await find()).toMatchObject({
      UpdatedAt: '2026-10-05T18:00:00.000Z',
      Severity: { Label: 'CRITICAL', Normalized: 90, Product: 9.1 },
      Workflow: { Status: 'NOTIFIED' },
    });
  });

  it.each([
    'guardduty-iam-user-access-key',
    'guardduty-s3-anonymous-access-granted',
    'guardduty-attack-sequence-critical-9-5',
  ])('names a resource, whatever it is about: %s', async (name) => {
    await bench.emit(name);
    const { arn } = fixture(name).detail;
    const { Findings = [] } = await bench.hub.getFindings({ Filters: { Id: [{ Value: arn, Comparison: 'EQUALS' }] } });
    for (const { Type, Id } of Findings[0]?.Resources ?? []) expect([Type, Id]).not.toContain(undefined);
    expect(Findings[0]?.Resources?.length).toBeGreaterThan(0);
  });

  it('is not imported while GuardDuty is suspended, nor if it is of another account', async () => {
    const before = (await bench.hub.getFindings({})).Findings;
    await bench.emit('guardduty-member-account-finding-in-admin');
    await bench.guardduty.updateDetector({ DetectorId: await bench.detectorId(), Enable: false });
    await bench.emit('guardduty-severity-6-9');
    expect((await bench.hub.getFindings({})).Findings).toEqual(before);
  });
});
