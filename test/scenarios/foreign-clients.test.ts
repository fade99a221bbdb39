import { join } from 'node:path';
import { AwsCli, pythonEnvironment, runPython } from '../support/python';
import { TestTwin } from '../support/twin';

// Clients that know nothing of the twin: the AWS CLI and boto3, as they come from PyPI.

let twin: TestTwin;
let cli: AwsCli;
beforeAll(async () => {
  pythonEnvironment();
  twin = await TestTwin.start('enforce');
  cli = AwsCli.start(twin.ready.environment);
}, 300_000);
afterAll(async () => {
  cli?.stop();
  await twin?.stop();
});

const aws = (...given: string[]) => cli.run(...given);

it('the AWS CLI opens a port, and sees it closed', async () => {
  const { GroupId } = await aws('ec2', 'create-security-group', '--group-name', 'cli', '--description', 'by the CLI');
  await aws(
    'ec2',
    'authorize-security-group-ingress',
    '--group-id',
    GroupId,
    '--ip-permissions',
    'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0,Description=quick}]',
    'IpProtocol=tcp,FromPort=443,ToPort=443,Ipv6Ranges=[{CidrIpv6=::/0}]',
  );
  await aws(
    'ec2',
    'authorize-security-group-ingress',
    '--group-id',
    GroupId,
    '--protocol',
    'tcp',
    '--port',
    '8080',
    '--cidr',
    '198.51.100.0/24',
  );
  await twin.settle();
  const { SecurityGroupRules } = await aws(
    'ec2',
    'describe-security-group-rules',
    '--filters',
    `Name=group-id,Values=${GroupId}`,
  );
  const ingress = (SecurityGroupRules as { IsEgress: boolean; FromPort: number }[]).filter(({ IsEgress }) => !IsEgress);
  expect(ingress.map(({ FromPort }) => FromPort).sort((a, b) => a - b)).toEqual([443, 8080]);

  // As runbooks have it.
  const logs = await aws(
    'logs',
    'filter-log-events',
    '--log-group-name',
    '/aws/lambda/SecurityAutoRemediation',
    '--filter-pattern',
    'Remediated',
  );
  expect(logs.events.map(({ message }: { message: string }) => JSON.parse(message).message)).toContain(
    `Remediated security group ${GroupId}`,
  );
  const rules = await aws('events', 'list-rules', '--name-prefix', 'SecurityGroupIngress');
  expect(rules.Rules).toMatchObject([{ Name: 'SecurityGroupIngressDetection', State: 'ENABLED' }]);
  const { Events } = await aws(
    'cloudtrail',
    'lookup-events',
    '--lookup-attributes',
    'AttributeKey=EventName,AttributeValue=RevokeSecurityGroupIngress',
  );
  expect(JSON.parse(Events[0].CloudTrailEvent)).toMatchObject({
    userIdentity: { type: 'AssumedRole' },
    requestParameters: { groupId: GroupId },
  });
}, 120_000);

it.each([
  [['sts', 'get-caller-identity'], { Account: '111122223333', Arn: 'arn:aws:iam::111122223333:user/operator' }],
  [
    ['lambda', 'get-function', '--function-name', 'SecurityGroupSelfHeal'],
    { Configuration: { Runtime: 'nodejs24.x', Timeout: 60 } },
  ],
  [['sns', 'list-subscriptions'], { Subscriptions: [{ Protocol: 'email', Endpoint: 'soc@example.com' }] }],
  [['dynamodb', 'describe-table', '--table-name', 'SutureLedger'], { Table: { DeletionProtectionEnabled: true } }],
  [
    ['cloudwatch', 'describe-alarms', '--alarm-name-prefix', 'Suture'],
    { MetricAlarms: [{ AlarmName: 'SutureDeadLettersWaiting' }] },
  ],
  [['iam', 'list-role-policies', '--role-name', 'AwsConfigLambdaSGRole'], { PolicyNames: ['permissions'] }],
  [
    ['s3api', 'get-public-access-block', '--bucket', 'suture-trail-111122223333-eu-west-1'],
    { PublicAccessBlockConfiguration: { RestrictPublicBuckets: true } },
  ],
  [['cloudtrail', 'describe-trails'], { trailList: [{ Name: 'SelfHealTrail', IsMultiRegionTrail: true }] }],
  [
    ['logs', 'describe-log-groups', '--log-group-name-prefix', '/aws/lambda/'],
    { logGroups: [{ logGroupName: '/aws/lambda/SecurityAutoRemediation', retentionInDays: 365 }] },
  ],
])('the AWS CLI reads: %j', async (command, answer) => {
  expect(await aws(...command)).toMatchObject(answer);
});

it('the AWS CLI reads a queue, where version 1 wants to be told the endpoint itself', async () => {
  const queue = [
    '--endpoint-url',
    twin.ready.endpoint,
    '--queue-url',
    `${twin.ready.endpoint}/111122223333/SutureDeadLetters`,
  ];
  expect(await aws('sqs', 'get-queue-attributes', ...queue, '--attribute-names', 'All')).toMatchObject({
    Attributes: { SqsManagedSseEnabled: 'true' },
  });
});

it('a key that nobody issued is refused, by each family of services in its own words', async () => {
  const stranger = { ...twin.ready.environment, AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' };
  for (const [command, code] of [
    [['ec2', 'describe-vpcs'], 'AuthFailure'],
    [['sts', 'get-caller-identity'], 'InvalidClientTokenId'],
    [['dynamodb', 'list-tables'], 'UnrecognizedClientException'],
    [['s3api', 'list-buckets'], 'InvalidAccessKeyId'],
  ] as const) {
    const { status, stderr } = await runPython('aws', [...command], stranger);
    expect({ status: status !== 0, stderr }).toEqual({ status: true, stderr: expect.stringContaining(code) });
  }
});

it('what is not simulated says so, and is listed', async () => {
  for (const command of [
    ['inspector2', 'list-findings'],
    ['ec2', 'describe-images'],
    ['rds', 'describe-db-instances'],
  ]) {
    const { status, stderr } = await runPython('aws', command, { ...twin.ready.environment, AWS_MAX_ATTEMPTS: '1' });
    expect({ failed: status !== 0, stderr }).toEqual({
      failed: true,
      stderr: expect.stringContaining('not simulated by the twin'),
    });
  }
  const { operations } = await twin.control<{ operations: { operation: string }[] }>('GET', '/unsupported');
  expect(operations.map(({ operation }) => operation)).toEqual(expect.arrayContaining(['ec2:DescribeImages']));
  expect(JSON.stringify(operations)).toMatch(/inspector2.*rds|rds.*inspector2/);
});

it('boto3 heals a group, and reads all that was made', async () => {
  const { stdout, stderr } = await runPython(
    'python',
    [join(__dirname, 'boto3_tour.py'), twin.ready.endpoint],
    twin.ready.environment,
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({
    ingress: [443],
    duplicate: 'InvalidPermission.Duplicate',
    outcomes: expect.arrayContaining([null, 'REMEDIATED']),
    received: 'by hand',
    metrics: ['Stops'],
    alarms: [
      'S3AccountRemediationActionAlarm',
      'S3BucketRemediationActionAlarm',
      'S3BucketSelfHealFailures',
      'S3BucketSelfHealSilence',
      'S3BucketSelfHealSlow',
      'S3BucketSelfHealThrottles',
      'SecurityGroupSelfHealFailures',
      'SecurityGroupSelfHealSilence',
      'SecurityGroupSelfHealSlow',
      'SecurityGroupSelfHealThrottles',
      'SecurityIncidentResponseAborted',
      'SecurityIncidentResponseFailed',
      'SecurityIncidentResponseTimedOut',
      'SutureDeadLettersWaiting',
    ],
    topics: 1,
    trust: { Service: 'lambda.amazonaws.com' },
    trail: true,
    bucket: 'suture-config-111122223333-eu-west-1',
    answer: 'NO_ACTION',
    missing: 'ResourceNotFoundException',
    conditional: 'ConditionalCheckFailedException',
  });
});
