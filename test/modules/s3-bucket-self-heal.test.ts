import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALLS } from '../../functions/remediate-bucket/events';
import { compileEventPattern } from '../../twin/event-pattern';
import { parsed, Stack, type Variant } from '../support/stacks';

const enforce = new Stack('enforce');
const removing = new Stack('removing');
const statementsOf = (stack: Stack) => parsed(stack.at('aws_iam_role_policy.bucket_function_policy').policy).Statement;
const s3Statements = (stack: Stack) =>
  statementsOf(stack).filter(({ Action }) => JSON.stringify(Action).includes('"s3:'));

describe('the role', () => {
  const every = 'arn:<partition>:s3:::*';
  const Condition = { StringEquals: { 'aws:ResourceAccount': '<account_id>' } };
  const never = {
    Sid: 'NeverTouchItsOwn',
    Effect: 'Deny',
    Action: ['s3:Put*', 's3:Delete*'],
    Resource: ['trail', 'config', 'evidence'].flatMap((kind) => {
      const arn = `arn:<partition>:s3:::suture-${kind}-<account_id>-<region>`;
      return [arn, `${arn}/*`];
    }),
  };

  it('may read what it must, and switch the block on', () => {
    expect(s3Statements(enforce)).toEqual([
      {
        Sid: 'ReadBuckets',
        Effect: 'Allow',
        Action: ['s3:GetBucketPublicAccessBlock', 's3:GetBucketPolicy', 's3:GetBucketWebsite'],
        Resource: every,
        Condition,
      },
      {
        Sid: 'ReadTheAccount',
        Effect: 'Allow',
        Action: ['s3:GetAccountPublicAccessBlock', 's3:ListAllMyBuckets'],
        Resource: '*',
      },
      {
        Sid: 'BlockPublicAccess',
        Effect: 'Allow',
        Action: 's3:PutBucketPublicAccessBlock',
        Resource: every,
        Condition,
      },
      never,
    ]);
  });

  it('may write policies, ACLs, encryption and the account only where the settings ask for it', () => {
    const writes = (stack: Stack) =>
      s3Statements(stack)
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Action }) => Action as string | string[])
        .filter((action) => /^s3:(Put|Delete)/.test(action));
    expect(writes(enforce)).toEqual(['s3:PutBucketPublicAccessBlock']);
    expect(writes(removing)).toEqual([
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketPolicy',
      's3:DeleteBucketPolicy',
      's3:PutBucketAcl',
      's3:PutEncryptionConfiguration',
      's3:PutAccountPublicAccessBlock',
    ]);
  });

  it.each<Variant>(['enforce', 'removing', 'default'])(
    'is kept from the buckets of Suture by an explicit deny under "%s"',
    (variant) => {
      expect(s3Statements(new Stack(variant)).filter(({ Effect }) => Effect === 'Deny')).toEqual([never]);
    },
  );
});

describe('the rules', () => {
  const samples = readdirSync(join(__dirname, '..', 'fixtures', 'events'));
  const matching = (address: string) => {
    const matches = compileEventPattern(String(enforce.at(`aws_cloudwatch_event_rule.${address}`).event_pattern));
    return samples.filter((file) =>
      matches(JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'events', file), 'utf8'))),
    );
  };

  it('match the calls that can open a bucket, and no other sample', () => {
    expect(matching('bucket_calls_rule')).toEqual([
      'cloudtrail-create-bucket-eu-west-1.json',
      'cloudtrail-delete-bucket-encryption.json',
      'cloudtrail-delete-bucket-public-access-block.json',
      'cloudtrail-put-bucket-acl-grant-allusers.json',
      'cloudtrail-put-bucket-acl-public-read.json',
      'cloudtrail-put-bucket-policy-public.json',
      'cloudtrail-put-bucket-public-access-block-by-soc.json',
      'cloudtrail-put-bucket-public-access-block-off.json',
    ]);
  });

  it('name every call that the function understands', () => {
    const { detail } = JSON.parse(String(enforce.at('aws_cloudwatch_event_rule.bucket_calls_rule').event_pattern)) as {
      detail: { eventName: string[] };
    };
    expect([...detail.eventName].sort()).toEqual([...CALLS].sort());
  });

  it("match what Config's rules say of buckets", () => {
    expect(matching('bucket_compliance_rule')).toEqual([
      'config-compliance-conformance-pack-rule.json',
      'config-compliance-s3-encryption-kms-noncompliant.json',
      'config-compliance-s3-public-read-noncompliant.json',
    ]);
  });

  it('have a check every six hours, which gives the function a constant', () => {
    expect(enforce.named('aws_cloudwatch_event_rule', 'name', 'S3BucketPeriodicCheck')).toMatchObject({
      schedule_expression: 'rate(6 hours)',
    });
    expect(enforce.at('aws_cloudwatch_event_target.bucket_sweep_target').input).toBe('{"sweep":{}}');
  });
});

describe('who watches it', () => {
  it('tells of each change, of slow fixes, failures, throttles and silence', () => {
    const alarms = Object.values(enforce.all('aws_cloudwatch_metric_alarm')).filter(({ alarm_name }) =>
      String(alarm_name).startsWith('S3'),
    );
    expect(alarms.map(({ alarm_name }) => alarm_name).sort()).toEqual([
      'S3AccountRemediationActionAlarm',
      'S3BucketRemediationActionAlarm',
      'S3BucketSelfHealFailures',
      'S3BucketSelfHealSilence',
      'S3BucketSelfHealSlow',
      'S3BucketSelfHealThrottles',
    ]);
    expect(alarms.find(({ alarm_name }) => alarm_name === 'S3BucketRemediationActionAlarm')).toMatchObject({
      namespace: 'Suture',
      metric_name: 'RemediationActions',
      dimensions: { Remediation: 'bucket' },
      statistic: 'Sum',
      threshold: 1,
      comparison_operator: 'GreaterThanOrEqualToThreshold',
      alarm_actions: ['${aws_sns_topic.alerts_topic.arn}'],
    });
    expect(alarms.find(({ alarm_name }) => alarm_name === 'S3BucketSelfHealSlow')).toMatchObject({
      metric_name: 'RemediationResponseTime',
      extended_statistic: 'p95',
    });
  });

  it('has a page with what it did, how fast, and what was decided last', () => {
    const { dashboard_body: body } = enforce.named(
      'aws_cloudwatch_dashboard',
      'dashboard_name',
      'S3SecuritySelfHealDashboard',
    );
    for (const part of [
      'RemediationActions',
      'EvaluationsPerformed',
      'RemediationResponseTime',
      '"p50"',
      '"p95"',
      '"Maximum"',
      'ApproximateNumberOfMessagesVisible',
      "SOURCE '${aws_cloudwatch_log_group.remediation-log.name}'",
    ])
      expect(String(body)).toContain(part);
  });

  it('has a page over all remediations', () => {
    const { dashboard_body: body } = enforce.named(
      'aws_cloudwatch_dashboard',
      'dashboard_name',
      'SutureExecutiveDashboard',
    );
    for (const part of [
      'RemediationResponseTime',
      'done / (done + failed)',
      'ViolationsFound',
      'HELD',
      'ExecutionsFailed',
    ])
      expect(String(body)).toContain(part);
  });
});

it('logs calls that write objects, but not those into its own buckets, where the settings ask for it', () => {
  expect(enforce.only('aws_cloudtrail').advanced_event_selector).toMatchObject([
    { field_selector: [{ field: 'eventCategory', equals: ['Management'] }] },
    {
      field_selector: [
        { field: 'eventCategory', equals: ['Data'] },
        { field: 'resources.type', equals: ['AWS::S3::Object'] },
        { field: 'readOnly', equals: ['false'] },
        {
          field: 'resources.ARN',
          not_starts_with: ['trail', 'config', 'evidence'].map((own) => expect.stringMatching(`suture-${own}-.*/$`)),
        },
      ],
    },
  ]);
  expect(removing.only('aws_cloudtrail')).not.toHaveProperty('advanced_event_selector');
});

it('asks Config for KMS where the settings do', () => {
  const rules = (stack: Stack) => Object.values(stack.all('aws_config_config_rule')).map(({ name }) => String(name));
  expect(rules(removing).filter((name) => !rules(enforce).includes(name))).toEqual(['s3-default-encryption-kms']);
  expect(rules(enforce)).toEqual(
    expect.arrayContaining([
      's3-bucket-public-read-prohibited',
      's3-bucket-public-write-prohibited',
      's3-bucket-level-public-access-prohibited',
      's3-bucket-ssl-requests-only',
    ]),
  );
});
