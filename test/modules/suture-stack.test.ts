import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { readPolicy } from '../../functions/core/policy';
import { names } from '../../modules/names';
import { compileEventPattern } from '../../twin/event-pattern';
import { parsed, Stack, stackDirectory, type Variant, variants } from '../support/stacks';

/** A text as Terraform reads it. */
const unescaped = (text: unknown): string => String(text).replace(/([$%])\1\{/g, '$1{');

const enforce = new Stack('enforce');
const everyVariant = Object.keys(variants) as Variant[];

describe.each(everyVariant)('synthesized with the settings "%s"', (variant) => {
  const stack = new Stack(variant);

  it('has no account, partition or path of this machine in it, but what the settings name', () => {
    const { operators } = variants[variant] as { operators?: { principals: string[] } };
    const text = (operators?.principals ?? []).reduce((rest, arn) => rest.replaceAll(arn, ''), stack.text);
    expect(text).not.toMatch(/(?<![0-9a-f])\d{12}(?![0-9a-f])/i);
    expect(text).not.toMatch(/arn:aws[a-z-]*:/);
    expect(stack.text).not.toContain(process.cwd());
  });

  it('has no template that Terraform would take for its own by mistake', () => {
    const templates = [...stack.text.matchAll(/(?<![$%])[$%]\{([^}]*)\}/g)].map(([, inner]) => inner);
    for (const template of templates)
      expect(template).toMatch(
        /^((data\.)?aws_[a-z_0-9]+\.[\w-]+\.[a-z_]+|var\.[a-z_]+|length\(var\.pagerduty_routing_key\) == 32|self\.status != \\"DISABLED\\")$/,
      );
  });

  it('brings each zip, with its digest', () => {
    for (const lambda of Object.values(stack.all('aws_lambda_function'))) {
      const zip = readFileSync(join(stackDirectory(variant), String(lambda.filename)));
      expect(lambda.source_code_hash).toBe(createHash('sha256').update(zip).digest('base64'));
    }
  });

  it('has event patterns that EventBridge accepts', () => {
    for (const rule of Object.values(stack.all('aws_cloudwatch_event_rule')))
      if (rule.event_pattern) expect(() => compileEventPattern(String(rule.event_pattern))).not.toThrow();
  });

  it('carries its policy with the hash that functions check', () => {
    const item = unmarshall(JSON.parse(unescaped(stack.only('aws_dynamodb_table_item').item)));
    expect(item).toMatchObject({ pk: 'POLICY', sk: 'CURRENT' });
    expect(readPolicy(item).policy.securityGroups.allowedPorts).toHaveLength(2);
  });

  it('puts the prefix before every physical name', () => {
    const { prefix = '' } = variants[variant] as { prefix?: string };
    const physical = Object.entries(stack.json.resource).flatMap(([, resources]) =>
      Object.values(resources).flatMap((resource) =>
        ['function_name', 'alarm_name', 'name', 'bucket']
          .map((key) => resource[key])
          .filter((value): value is string => typeof value === 'string' && !value.startsWith('${')),
      ),
    );
    // Inline policies, features of the detector, and a custom action, whose name takes letters and digits only.
    const others = /^(permissions|delivery|nothing|[A-Z0-9_]+|[a-z0-9]*SocIsolate)$/;
    for (const name of physical.filter((one) => !others.test(one)))
      expect(name.split('/').at(-1)).toMatch(
        new RegExp(
          `^${prefix}(Suture|Security|GuardDuty|FindingClosed|AssessIncident|PreserveEvidence|RequestApproval|IsolateInstance|ContainPrincipal|VerifyContainment|UpdateFindings|CloseIncident|NotifyResponders|PageResponders|AwsConfig|ConfigCompliance|SelfHeal|suture-(trail|config|evidence)-|S3|restricted-ssh|s3-(bucket|default)-)`,
        ),
      );
  });
});

it('uses the names that runbooks know', () => {
  expect(names('')).toMatchObject({
    ledgerTable: 'SutureLedger',
    deadLetterQueue: 'SutureDeadLetters',
    alertTopic: 'SutureAlerts',
    remediationLogGroup: '/aws/lambda/SecurityAutoRemediation',
    trail: 'SelfHealTrail',
    securityGroup: {
      function: 'SecurityGroupSelfHeal',
      role: 'AwsConfigLambdaSGRole',
      rule: 'SecurityGroupIngressDetection',
    },
    bucket: {
      function: 'S3BucketSelfHeal',
      role: 'S3BucketSelfHealRole',
      rule: 'S3BucketPublicAccessDetection',
      sweepRule: 'S3BucketPeriodicCheck',
      dashboard: 'S3SecuritySelfHealDashboard',
      actionAlarm: 'S3BucketRemediationActionAlarm',
    },
  });
});

describe('the function', () => {
  const lambda = enforce.at('aws_lambda_function.security-group_function_function');
  const statements = (variant: Variant) =>
    parsed(new Stack(variant).at('aws_iam_role_policy.security-group_function_policy').policy).Statement;

  it('writes plain lines into the group that has a retention', () => {
    expect(lambda.logging_config).toEqual({
      log_format: 'Text',
      log_group: '${aws_cloudwatch_log_group.remediation-log.name}',
    });
    expect(enforce.at('aws_cloudwatch_log_group.remediation-log')).toMatchObject({
      name: '/aws/lambda/SecurityAutoRemediation',
      retention_in_days: 365,
    });
  });

  it('has no reserved concurrency, which a new account could not give', () => {
    expect(lambda).not.toHaveProperty('reserved_concurrent_executions');
  });

  it('leaves what fails three times in the dead-letter queue', () => {
    expect(enforce.at('aws_lambda_function_event_invoke_config.security-group_function_retries')).toMatchObject({
      maximum_retry_attempts: 2,
      maximum_event_age_in_seconds: 3600,
      destination_config: { on_failure: { destination: '${aws_sqs_queue.dead-letters_queue.arn}' } },
    });
  });

  it('may do this and nothing else', () => {
    const own = [
      'RES#<account_id>#<region>#AWS::EC2::SecurityGroup#*',
      'RES#<account_id>#<region>#Suture::Sweep#security-group',
      'BUDGET#security-group',
    ];
    expect(statements('enforce').map(({ Sid: _sid, ...statement }) => statement)).toEqual([
      {
        Effect: 'Allow',
        Action: ['ec2:DescribeSecurityGroups', 'ec2:DescribeSecurityGroupRules', 'ec2:DescribeManagedPrefixLists'],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: 'ec2:GetManagedPrefixListEntries',
        Resource: 'arn:<partition>:ec2:<region>:*:prefix-list/*',
      },
      { Effect: 'Allow', Action: ['config:PutEvaluations', 'config:GetResourceConfigHistory'], Resource: '*' },
      {
        Effect: 'Allow',
        Action: 'ec2:RevokeSecurityGroupIngress',
        Resource: 'arn:<partition>:ec2:<region>:<account_id>:security-group/*',
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:BatchGetItem',
        Resource: '<arn>',
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...own, 'POLICY', 'PAUSE', 'EXCEPTIONS'] } },
      },
      {
        Effect: 'Allow',
        Action: 'dynamodb:Query',
        Resource: '<arn>/index/pending',
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['security-group'] } },
      },
      {
        Effect: 'Allow',
        Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
        Resource: '<arn>',
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': own } },
      },
      { Effect: 'Allow', Action: 'sns:Publish', Resource: '<arn>' },
      {
        Effect: 'Allow',
        Action: 'lambda:InvokeFunction',
        Resource: 'arn:<partition>:lambda:<region>:<account_id>:function:SecurityGroupSelfHeal',
      },
      { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '<arn>:*' },
      { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '<arn>' },
    ]);
  });

  it('may open something only where the settings ask for it', () => {
    const opens = (variant: Variant) =>
      statements(variant).some(({ Action }) => JSON.stringify(Action).includes('Authorize'));
    expect(everyVariant.filter(opens)).toEqual(['narrow', 'blueprint']);
  });

  it('may restore the groups that a blueprint names by id, and no other', () => {
    const authorize = statements('blueprint').filter(({ Action }) => JSON.stringify(Action).includes('Authorize'));
    expect(authorize.map(({ Resource }) => Resource)).toEqual([
      ['arn:<partition>:ec2:<region>:<account_id>:security-group/sg-0b1ce0000000000e1'],
    ]);
  });

  it('is invoked by its rule alone', () => {
    expect(enforce.at('aws_lambda_permission.security-group_calls_permission')).toMatchObject({
      action: 'lambda:InvokeFunction',
      principal: 'events.amazonaws.com',
      source_arn: '${aws_cloudwatch_event_rule.security-group_calls_rule.arn}',
    });
  });
});

describe('the rule', () => {
  const matches = compileEventPattern(
    String(enforce.at('aws_cloudwatch_event_rule.security-group_calls_rule').event_pattern),
  );
  const samples = readdirSync(join(__dirname, '..', 'fixtures', 'events'));
  const sample = (file: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'events', file), 'utf8'));

  it('matches the calls that can open a group, and no other sample', () => {
    expect(samples.filter((file) => matches(sample(file)))).toEqual([
      'cloudtrail-authorize-sg-ingress-all-ports-0-65535.json',
      'cloudtrail-authorize-sg-ingress-flat-form-noncanonical-slash0.json',
      'cloudtrail-authorize-sg-ingress-ipv6-rdp.json',
      'cloudtrail-authorize-sg-ingress-private-cidr.json',
      'cloudtrail-authorize-sg-ingress-protocol-minus1.json',
      'cloudtrail-authorize-sg-ingress-ssh-ipv4.json',
      'cloudtrail-modify-sg-rules.json',
    ]);
  });

  it.each(['ModifyManagedPrefixList', 'RestoreManagedPrefixListVersion'])(
    'matches %s, which opens every group with the list',
    (eventName) => {
      const event = sample('cloudtrail-modify-sg-rules.json');
      expect(matches({ ...event, detail: { ...(event.detail as object), eventName } })).toBe(true);
    },
  );

  it('leaves what it cannot deliver in the dead-letter queue', () => {
    expect(enforce.at('aws_cloudwatch_event_target.security-group_calls_target')).toMatchObject({
      dead_letter_config: { arn: '${aws_sqs_queue.dead-letters_queue.arn}' },
      retry_policy: { maximum_event_age_in_seconds: 3600, maximum_retry_attempts: 185 },
    });
  });
});

it('lets no service in that is not narrowed to this account or its rule', () => {
  const policies = ['aws_sqs_queue_policy', 'aws_sns_topic_policy', 'aws_s3_bucket_policy'].flatMap((type) =>
    Object.values(enforce.all(type)).flatMap(({ policy }) => parsed(policy).Statement),
  );
  for (const { Effect, Principal, Condition } of policies) {
    if (Effect === 'Deny') continue;
    expect(Principal).toHaveProperty('Service');
    expect(JSON.stringify(Condition)).toMatch(/aws:Source(Arn|Account)/);
  }
});

it('tells somebody as soon as one event lies in the dead-letter queue', () => {
  expect(enforce.at('aws_cloudwatch_metric_alarm.dead-letters_alarm')).toMatchObject({
    namespace: 'AWS/SQS',
    metric_name: 'ApproximateNumberOfMessagesVisible',
    statistic: 'Maximum',
    threshold: 1,
    comparison_operator: 'GreaterThanOrEqualToThreshold',
    alarm_actions: ['${aws_sns_topic.alerts_topic.arn}'],
  });
  expect(enforce.only('aws_sns_topic_subscription')).toMatchObject({ protocol: 'email', endpoint: 'soc@example.com' });
});

it('keeps the ledger: deletion protected, restorable', () => {
  expect(enforce.only('aws_dynamodb_table')).toMatchObject({
    hash_key: 'pk',
    range_key: 'sk',
    billing_mode: 'PAY_PER_REQUEST',
    deletion_protection_enabled: true,
    point_in_time_recovery: { enabled: true },
  });
});

it.each([['aws_cloudtrail'], ['aws_config_configuration_recorder'], ['aws_config_delivery_channel']])(
  'makes no %s where the account has its own trail and recorder',
  (type) => {
    expect(new Stack('prefixed').all(type)).toEqual({});
  },
);

it('makes no bucket but that of evidence where the account has its own trail and recorder', () => {
  expect(new Stack('prefixed').only('aws_s3_bucket').bucket).toMatch(/^team-a-suture-evidence-/);
});

describe('the trail', () => {
  it('logs all Regions into a bucket that nobody else can write or open', () => {
    expect(enforce.only('aws_cloudtrail')).toMatchObject({
      name: 'SelfHealTrail',
      is_multi_region_trail: true,
      include_global_service_events: true,
      enable_log_file_validation: true,
    });
    expect(enforce.at('aws_s3_bucket_public_access_block.trail_bucket_public-access-block')).toMatchObject({
      block_public_acls: true,
      ignore_public_acls: true,
      block_public_policy: true,
      restrict_public_buckets: true,
    });
    const [acl, write] = parsed(enforce.at('aws_s3_bucket_policy.trail_bucket_policy').policy).Statement;
    const trail = 'arn:<partition>:cloudtrail:<region>:<account_id>:trail/SelfHealTrail';
    expect(acl).toMatchObject({ Action: 's3:GetBucketAcl', Condition: { StringEquals: { 'aws:SourceArn': trail } } });
    expect(write).toMatchObject({
      Action: 's3:PutObject',
      Resource: '<arn>/AWSLogs/<account_id>/*',
      Condition: { StringEquals: { 'aws:SourceArn': trail, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    });
  });
});

it('needs nothing outside its folder', () => {
  const [lambda] = Object.values(enforce.all('aws_lambda_function'));
  expect(String(lambda?.filename)).toMatch(/^assets\//);
  expect(existsSync(join(stackDirectory('enforce'), String(lambda?.filename)))).toBe(true);
});
