import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CreateSecurityGroupCommand, DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { TestTwin, tcp } from '../support/twin';

// The contract that others script against: docs/twin.md.

const root = join(__dirname, '..', '..');

describe('a twin', () => {
  let twin: TestTwin;
  beforeAll(async () => {
    twin = await TestTwin.startWithConfig('enforce');
  });
  afterAll(() => twin.stop());
  afterEach(() => twin.clearFaults());

  it('says in one line how to reach it', async () => {
    expect(twin.ready).toEqual({
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      accountId: '111122223333',
      region: 'eu-west-1',
      operator: { accessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/), secretAccessKey: expect.any(String) },
      environment: expect.objectContaining({
        AWS_ENDPOINT_URL: twin.ready.endpoint,
        AWS_ACCESS_KEY_ID: twin.ready.operator.accessKeyId,
        AWS_REGION: 'eu-west-1',
      }),
      pid: expect.any(Number),
    });
    expect(await twin.control('GET', '/health')).toEqual({
      ready: true,
      version: expect.any(String),
      stacks: ['suture'],
      now: expect.any(String),
    });
  });

  it('starts in a quiet account: nothing was called, sent or asked for in vain', async () => {
    expect(await twin.journal()).toEqual([]);
    expect(await twin.outbox()).toEqual([]);
    expect(await twin.control('GET', '/unsupported')).toEqual({ operations: [], arguments: expect.any(Array) });
  });

  it('keeps a journal of every call, in order, from any number on', async () => {
    const since = await twin.mark();
    await twin.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [] }));
    await expect(
      twin.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: ['sg-0fff0123456789def'] })),
    ).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' });
    const calls = await twin.journal(since);
    expect(calls).toEqual([
      {
        seq: since + 1,
        time: expect.any(String),
        principal: 'arn:aws:iam::111122223333:user/operator',
        service: 'ec2',
        operation: 'DescribeSecurityGroups',
        accountId: '111122223333',
        region: 'eu-west-1',
        parameters: expect.any(Object),
        error: null,
        requestId: expect.any(String),
      },
      expect.objectContaining({
        seq: since + 2,
        parameters: { GroupIds: ['sg-0fff0123456789def'] },
        error: 'InvalidGroup.NotFound',
      }),
    ]);
  });

  describe('faults', () => {
    const describeGroups = () => twin.ec2.send(new DescribeSecurityGroupsCommand({}));

    it('fail as many calls as they are told, after as many as they are told, of whom they are told', async () => {
      await twin.fault({ operation: 'ec2:DescribeSecurityGroups', error: 'RequestLimitExceeded', times: 2, skip: 1 });
      await twin.fault({ operation: 'ec2:DescribeSecurityGroups', error: 'Nope', principal: 'somebody-else' });
      await describeGroups();
      await expect(describeGroups()).rejects.toMatchObject({
        name: 'RequestLimitExceeded',
        $metadata: { httpStatusCode: 503 },
      });
      await expect(describeGroups()).rejects.toMatchObject({ name: 'RequestLimitExceeded' });
      await describeGroups();
    });

    it('happen before the effect', async () => {
      await twin.fault({ operation: 'ec2:CreateSecurityGroup', error: 'InternalError' });
      await expect(
        twin.ec2.send(new CreateSecurityGroupCommand({ GroupName: 'never', Description: 'never' })),
      ).rejects.toThrow();
      expect(JSON.stringify(await twin.everyGroup())).not.toContain('never');
    });

    it('delay in real time', async () => {
      await twin.fault({ operation: 'ec2:DescribeSecurityGroups', delayMs: 120 });
      const began = performance.now();
      await describeGroups();
      expect(performance.now() - began).toBeGreaterThanOrEqual(119);
    });

    it('are forgotten when they are cleared', async () => {
      await twin.fault({ operation: 'ec2:*', error: 'Nope', times: 99 });
      await twin.clearFaults();
      await describeGroups();
    });

    it.each([
      [
        { operation: 'RevokeSecurityGroupIngress', error: 'X' },
        'operation: "RevokeSecurityGroupIngress" given, expected "service:Operation"',
      ],
      [{ operation: 'ec2:DescribeVpcs' }, 'a fault needs "error", "kill" or "delayMs"'],
      [{ operation: 'ec2:DescribeVpcs', kill: 'now' }, 'kill: "now" given, expected "before" or "after"'],
      [{ operation: 'ec2:DescribeVpcs', error: 'X', times: -1 }, 'times: -1 given, expected a whole number'],
    ])('that would do nothing are refused: %j', async (fault, message) => {
      await expect(twin.control('POST', '/faults', fault)).rejects.toThrow(message.replaceAll('"', '\\"'));
    });
  });

  it.each([
    ['POST', '/clock', {}, 'advanceSeconds: nothing given, expected a number from 0'],
    ['POST', '/clock', { advanceSeconds: -5 }, 'advanceSeconds: -5 given'],
    ['POST', '/emit', { events: {} }, 'events: expected a list'],
    ['POST', '/emit', { events: [{ source: 'aws.ec2' }] }, 'an event needs'],
    ['POST', '/install', {}, 'suture is installed already'],
    ['GET', '/nothing', undefined, 'is no control call; there are: GET /health'],
  ])('%s %s refuses %j', async (method, path, body, message) => {
    await expect(twin.control(method, path, body)).rejects.toThrow(message.replaceAll('"', '\\"'));
  });

  it('tells time that it moved', async () => {
    const { now: before } = await twin.control<{ now: string }>('GET', '/health');
    const { now: after } = await twin.advance(7200);
    expect(Date.parse(after) - Date.parse(before)).toBeGreaterThanOrEqual(7_200_000);
    expect(await twin.settle()).toEqual({ settled: true, now: expect.any(String) });
  });

  it('knows Regions apart', async () => {
    const other = new EC2Client({ ...twin.config, region: 'us-west-2' });
    const groupId = await twin.makeGroup();
    const { SecurityGroups = [] } = await other.send(new DescribeSecurityGroupsCommand({}));
    expect(SecurityGroups.map(({ GroupName }) => GroupName)).toEqual(['default']);
    await expect(other.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }))).rejects.toMatchObject({
      name: 'InvalidGroup.NotFound',
    });
    expect(await new SNSClient({ ...twin.config, region: 'us-west-2' }).send(new ListTopicsCommand({}))).toMatchObject({
      Topics: [],
    });
  });

  it('knows who calls, and lets nobody assume a role that does not trust him', async () => {
    const sts = new STSClient(twin.config);
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:iam::111122223333:user/operator',
    });
    await expect(
      sts.send(
        new AssumeRoleCommand({
          RoleArn: 'arn:aws:iam::111122223333:role/AwsConfigLambdaSGRole',
          RoleSessionName: 'me',
        }),
      ),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

it('an empty account becomes an installation when it is told to', async () => {
  const twin = await TestTwin.startWithConfig('enforce', '--bare');
  try {
    expect(await twin.control('GET', '/health')).toMatchObject({ stacks: [] });
    const groupId = await twin.makeGroup();
    await twin.authorize(groupId, tcp(22));
    const before = await twin.rules(groupId);
    expect(await twin.control('POST', '/install', {})).toEqual({ stacks: ['suture'] });
    await twin.settle();
    // Loading triggers nothing: what was there before waits for somebody to look.
    expect(await twin.rules(groupId)).toEqual(before);
    await twin.authorize(groupId, tcp(465));
    await twin.settle();
    expect(
      (await twin.rules(groupId))
        .filter(({ IsEgress }) => !IsEgress)
        .map(({ FromPort }) => FromPort)
        .sort(),
    ).toEqual([22, 443]);
  } finally {
    expect(await twin.stop()).toBe(0);
  }
});

it.each([
  [['--port', 'x'], '--port x: expected a number from 0 to 65535'],
  [['--stack', '/nonexistent'], '--stack /nonexistent: there is no cdk.tf.json in it'],
  [['--nope'], "Unknown option '--nope'"],
  [['--var', 'x'], '--var x: expected NAME=VALUE'],
])('says what is wrong with %j, and ends with 2', (given, message) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'run.js'), 'twin', ...given], {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).toContain('usage: npm run --silent twin');
});
