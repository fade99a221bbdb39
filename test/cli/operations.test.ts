import { readFileSync } from 'node:fs';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { begin, suture } from '../support/command';
import { TestTwin, tcp } from '../support/twin';

// What an operator does with an installation: pause, resume, redrive, exceptions.

let twin: TestTwin;
let sqs: SQSClient;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  sqs = new SQSClient(twin.config);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const ROLE = 'AwsConfigLambdaSGRole';
const OPERATOR = 'arn:aws:iam::111122223333:user/operator';
const mutations = async (since: number) =>
  (await twin.journal(since))
    .filter(({ service, operation }) => service === 'ec2' && /^(Revoke|Authorize|Modify)/.test(operation))
    .filter(({ principal }) => principal.includes(':assumed-role/'));
const byOperator = async (since: number) =>
  (await twin.journal(since)).filter(({ principal }) => principal === OPERATOR).map(({ operation }) => operation);

describe('pause and resume', () => {
  it('a pause stops every change from the next invocation on, and resume takes up what it held', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const before = await twin.rules(groupId);
    expect(await suture(twin, 'pause', '--reason', 'the pager is down')).toEqual({
      status: 0,
      stdout: 'Paused. Nothing is changed until: suture resume\n',
      stderr: '',
    });
    const since = await twin.mark();
    await twin.authorize(groupId, tcp(22));
    await twin.settle();
    const opened = await twin.rules(groupId);
    expect(opened).toHaveLength(before.length + 1);
    expect(await mutations(since)).toEqual([]);
    expect((await twin.chain(groupId)).at(-1)).toMatchObject({
      outcome: 'HELD',
      reason: `paused by ${OPERATOR}: the pager is down`,
    });

    const { status, stdout } = await suture(twin, 'resume', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      paused: false,
      changed: true,
      ended: { by: OPERATOR, reason: 'the pager is down', at: expect.any(String) },
      invoked: ['SecurityGroupSelfHeal', 'S3BucketSelfHeal'],
    });
    await twin.settle();
    expect(await twin.rules(groupId)).toEqual(before);
    expect((await mutations(since)).map(({ operation }) => operation)).toEqual(['RevokeSecurityGroupIngress']);
    await twin.chain(groupId);
  });

  it('both may be said twice: who paused first stays', async () => {
    const first = await suture(twin, 'pause', '--reason', 'first', '--json');
    expect(JSON.parse(first.stdout)).toMatchObject({ paused: true, changed: true, by: OPERATOR, reason: 'first' });
    const second = await suture(twin, 'pause', '--reason', 'second', '--json');
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout)).toEqual({ ...JSON.parse(first.stdout), changed: false });
    expect(await suture(twin, 'resume')).toMatchObject({ status: 0, stdout: expect.stringContaining('Resumed.') });
    expect(await suture(twin, 'resume')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Was not paused.'),
    });
    await twin.settle();
  });

  it('needs no reason, and says so', async () => {
    const { stdout } = await suture(twin, 'pause', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ paused: true, reason: 'no reason given' });
    await suture(twin, 'resume');
  });

  it('keeps what a terminal would obey out of the ledger', async () => {
    await suture(twin, 'pause', '--reason', 'red \u001b[31malert', '--json');
    const { stdout } = await suture(twin, 'resume', '--json');
    expect(JSON.parse(stdout).ended.reason).toBe('red ?[31malert');
    await twin.settle();
  });

  it.each([
    [['pause', '--because', 'x'], "unknown option '--because'"],
    [['pause', '--reason', ' '], '--reason: expected a text of 1 to 200 characters'],
    [['resume', '--settings', 'nope.json'], 'nope.json: no such settings file'],
  ])('%j is wrong use, and nothing is asked of AWS', async (given, message) => {
    const since = await twin.mark();
    expect(await suture(twin, ...given)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
    expect(await byOperator(since)).toEqual([]);
  });

  it.each([
    [['pause', '--reason', 'x'], 'dynamodb:PutItem'],
    [['resume'], 'dynamodb:DeleteItem'],
  ])('%j says in one line that it is denied', async (given, operation) => {
    await twin.fault({ operation, error: 'AccessDeniedException', times: 9 });
    const { status, stdout, stderr } = await suture(twin, ...given);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^suture: AWS denied it \(AccessDeniedException\): .*\n$/);
  });
});

describe('redrive', () => {
  const queueUrl = () => `${twin.ready.endpoint}/${twin.ready.accountId}/SutureDeadLetters`;
  const waiting = async () => {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl(), AttributeNames: ['All'] }),
    );
    return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  };
  const leave = (body: string) => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: body }));
  /** Takes out what no test needs any more. */
  const empty = async () => {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl(), MaxNumberOfMessages: 10, VisibilityTimeout: 43_000 }),
      );
      if (Messages.length === 0) return;
    }
  };

  it('sends what the function failed on three times to it again, and the group is healed', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const before = await twin.rules(groupId);
    await twin.fault({ operation: 'dynamodb:BatchGetItem', error: 'AccessDeniedException', times: 3, principal: ROLE });
    await twin.authorize(groupId, tcp(22));
    await twin.advance(400);
    expect(await twin.rules(groupId)).toHaveLength(before.length + 1);
    expect(await waiting()).toBe(1);

    const since = await twin.mark();
    const { status, stdout } = await suture(twin, 'redrive', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        messageId: expect.any(String),
        sentAt: expect.any(String),
        from: 'lambda',
        about: `AuthorizeSecurityGroupIngress ${groupId}`,
        sentTo: 'SecurityGroupSelfHeal',
      },
    ]);
    await twin.settle();
    expect(await twin.rules(groupId)).toEqual(before);
    expect(await waiting()).toBe(0);
    const sent = (await byOperator(since)).filter((operation) => /Invoke|DeleteMessage/.test(operation));
    expect(sent).toEqual(['Invoke', 'DeleteMessage']);
    expect((await mutations(since)).map(({ parameters }) => parameters.GroupId)).toEqual([groupId]);
    await twin.chain(groupId);
  });

  it('unpacks what EventBridge left for the function', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const before = await twin.rules(groupId);
    await twin.fault({ operation: 'dynamodb:BatchGetItem', error: 'AccessDeniedException', times: 3, principal: ROLE });
    await twin.authorize(groupId, tcp(22));
    await twin.advance(400);
    const { Messages: [letter] = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl(), VisibilityTimeout: 43_000 }),
    );
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl(),
        MessageBody: JSON.stringify(JSON.parse(letter?.Body ?? '').requestPayload),
        MessageAttributes: {
          RULE_ARN: text('arn:aws:events:eu-west-1:111122223333:rule/SecurityGroupIngressDetection'),
          TARGET_ARN: text('arn:aws:lambda:eu-west-1:111122223333:function:SecurityGroupSelfHeal'),
          ERROR_CODE: text('NO_PERMISSIONS'),
        },
      }),
    );
    const { status, stdout } = await suture(twin, 'redrive');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`eventbridge +AuthorizeSecurityGroupIngress ${groupId} +sent to SecurityGroupSelfHeal`),
    );
    expect(stdout).toContain('1 sent, 0 left in SutureDeadLetters.');
    await twin.settle();
    expect(await twin.rules(groupId)).toEqual(before);
    await twin.chain(groupId);
  });

  it('sends to the function of buckets what it can read, schedules among it, and nothing else', async () => {
    await empty();
    const rule = (name: string) => `arn:aws:events:eu-west-1:111122223333:rule/${name}`;
    const toBuckets = (ruleName: string, event: object) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl(),
          MessageBody: JSON.stringify(event),
          MessageAttributes: {
            RULE_ARN: { DataType: 'String', StringValue: rule(ruleName) },
            TARGET_ARN: {
              DataType: 'String',
              StringValue: 'arn:aws:lambda:eu-west-1:111122223333:function:S3BucketSelfHeal',
            },
          },
        }),
      );
    const fromLambda = (requestPayload: object) =>
      leave(
        JSON.stringify({
          requestContext: { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:S3BucketSelfHeal:$LATEST' },
          requestPayload,
        }),
      );
    const schedule = { 'detail-type': 'Scheduled Event', detail: {} };
    await toBuckets('S3BucketPeriodicCheck', schedule);
    await toBuckets('S3BucketPendingCheck', schedule);
    await fromLambda({ bucketName: 'demo-bucket', dryRun: true });
    await fromLambda({ accountId: '111122223333', dryRun: true });
    await fromLambda({ sweep: { of: 'account-public-access-block' } });
    await fromLambda({ groupId: 'sg-0a1b2c3d4e5f60718' });
    await fromLambda({ sweep: { of: 'security-group' } });
    await fromLambda(
      JSON.parse(readFileSync('test/fixtures/events/cloudtrail-authorize-sg-ingress-ssh-ipv4.json', 'utf8')),
    );
    await fromLambda(JSON.parse(readFileSync('test/fixtures/events/config-rule-invocation-sg-change.json', 'utf8')));
    const since = await twin.mark();
    const { status, stdout } = await suture(twin, 'redrive', '--json');
    expect(status).toBe(1);
    const results = JSON.parse(stdout) as { about: string; sentTo?: string; left?: string }[];
    expect(
      results
        .filter(({ left }) => left === undefined)
        .map(({ about, sentTo }) => [about, sentTo])
        .sort(),
    ).toEqual(['111122223333', 'demo-bucket', 'sweep', 'sweep', 'sweep'].map((about) => [about, 'S3BucketSelfHeal']));
    expect(results.flatMap(({ left = [] }) => left).sort()).toEqual([
      expect.stringContaining('S3BucketSelfHeal could not read it: AuthorizeSecurityGroupIngress does not concern bu'),
      expect.stringContaining('S3BucketSelfHeal could not read it: a Config rule of ours does not concern buckets'),
      expect.stringContaining('S3BucketSelfHeal could not read it: a sweep of security-group does not concern buckets'),
      expect.stringContaining('groupId'),
    ]);
    const sent = (await twin.journal(since))
      .filter(({ principal, operation }) => principal === OPERATOR && operation === 'Invoke')
      .map(({ parameters }) => JSON.stringify(parameters));
    expect(sent).toHaveLength(5);
    for (const parameters of sent) expect(parameters).toContain('S3BucketSelfHeal');
    await twin.settle();
    await empty();
  });

  it('leaves what it cannot understand, where the alarm sees it', async () => {
    await empty();
    await leave('no JSON');
    await leave(JSON.stringify({ groupId: 'sg-0a1b2c3d4e5f60718' }));
    await leave(
      JSON.stringify({
        requestContext: { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:Payroll:$LATEST' },
        requestPayload: { pay: 'me' },
      }),
    );
    await leave(
      JSON.stringify({
        requestContext: { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:SecurityGroupSelfHeal:$LATEST' },
        requestPayload: { groupId: 'sg-0a1b2c3d4e5f60718', force: true },
      }),
    );
    const since = await twin.mark();
    const { status, stdout } = await suture(twin, 'redrive', '--json');
    expect(status).toBe(1);
    expect((JSON.parse(stdout) as { left: string }[]).map(({ left }) => left).sort()).toEqual([
      expect.stringContaining('SecurityGroupSelfHeal could not read it'),
      'arn:aws:lambda:eu-west-1:111122223333:function:Payroll:$LATEST is nothing of this installation that takes events again',
      'neither Lambda nor EventBridge left it: it names no function',
      'the message is not JSON',
    ]);
    expect((await byOperator(since)).filter((operation) => /Invoke|DeleteMessage/.test(operation))).toEqual([]);
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl(), AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '4' });
    await empty();
  });

  it('keeps a message when Lambda does not take its event', async () => {
    await leave(
      JSON.stringify({
        requestContext: { functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:SecurityGroupSelfHeal:$LATEST' },
        requestPayload: { groupId: 'sg-0a1b2c3d4e5f60718' },
      }),
    );
    await twin.fault({ operation: 'lambda:Invoke', error: 'AccessDeniedException', times: 9, principal: 'operator' });
    const { status, stdout } = await suture(twin, 'redrive');
    expect(status).toBe(1);
    expect(stdout).toMatch(/stays: AWS denied it \(AccessDeniedException\)/);
    await twin.clearFaults();
    expect(await suture(twin, 'redrive')).toMatchObject({ status: 0 });
    expect(await suture(twin, 'redrive')).toEqual({ status: 0, stdout: 'SutureDeadLetters is empty.\n', stderr: '' });
    await twin.settle();
  });

  it('is wrong use without room for a message, and says in one line what is denied, or not there', async () => {
    expect(await suture(twin, 'redrive', '--max', '0')).toMatchObject({
      status: 2,
      stderr: 'suture: --max must be at least 1\n',
    });
    await twin.fault({ operation: 'sqs:ReceiveMessage', error: 'AccessDenied', times: 9 });
    expect(await suture(twin, 'redrive')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^suture: AWS denied it .*\n$/),
    });
    expect(await begin(twin, ['redrive'], { AWS_REGION: 'eu-north-1' }).ended).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^suture: Suture is not installed here: .* has no queue SutureDeadLetters\..*\n$/),
    });
  });
});

describe('exceptions list', () => {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const key = { pk: 'EXCEPTIONS', sk: 'CURRENT' };
  const added = (id: string, expires: string) => ({
    id,
    reason: 'an undo \u001b[31m',
    owner: 'ops',
    expires,
    resource: 'arn:aws:ec2:*:*:security-group-rule/sgr-0abc',
  });

  it('lists what was added at run time with its state, soonest end first', async () => {
    expect(await suture(twin, 'exceptions', 'list', '--json')).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
    const exceptions = [added('long', day(365)), added('soon', day(3)), added('past', day(-1)), added('last', day(0))];
    await twin.putItem(marshall({ ...key, exceptions }));
    const { status, stdout } = await suture(twin, 'exceptions', 'list', '--json');
    expect(status).toBe(0);
    const listed = JSON.parse(stdout) as { id: string; state: string; from: string }[];
    expect(listed.map(({ id, state, from }) => [id, state, from])).toEqual([
      ['past', 'over', 'ledger'],
      ['last', 'ends today', 'ledger'],
      ['soon', 'ends in 3 days', 'ledger'],
      ['long', 'in force', 'ledger'],
    ]);
    const text = (await suture(twin, 'exceptions', 'list')).stdout;
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(text).toMatch(/over +\S+ +past +arn:aws:ec2:/);
    await twin.deleteItem(marshall(key));
  });

  it('refuses to guess what the ledger holds', async () => {
    await twin.putItem(marshall({ ...key, exceptions: 'all of them' }));
    expect(await suture(twin, 'exceptions', 'list')).toMatchObject({
      status: 1,
      stderr: 'suture: the exceptions in the ledger table are not what they should be\n',
    });
    await twin.deleteItem(marshall(key));
  });

  it('is wrong use with a ledger and no settings, and says in one line that it is denied', async () => {
    expect(await suture(twin, 'exceptions', 'list', '--ledger', 'out')).toMatchObject({ status: 2 });
    expect(await suture(twin, 'exceptions')).toMatchObject({ status: 2 });
    await twin.fault({ operation: 'dynamodb:BatchGetItem', error: 'AccessDeniedException', times: 9 });
    expect(await suture(twin, 'exceptions', 'list')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^suture: AWS denied it .*\n$/),
    });
  });
});
