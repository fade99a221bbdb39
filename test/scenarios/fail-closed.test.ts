import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { TestTwin, tcp } from '../support/twin';

// Whatever cannot be read or understood stops the function before it changes anything; the event is tried again, kept, and somebody told.

let twin: TestTwin;
let sqs: SQSClient;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  sqs = new SQSClient(twin.config);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const ROLE = 'AwsConfigLambdaSGRole';
const queueUrl = () => `${twin.ready.endpoint}/${twin.ready.accountId}/SutureDeadLetters`;

/** Takes what lies in the dead-letter queue. */
async function deadLetters(): Promise<
  { body: Record<string, unknown>; attributes: Record<string, string | undefined> }[]
> {
  const found = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl(),
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        VisibilityTimeout: 86_400 / 2,
      }),
    );
    if (Messages.length === 0) return found;
    for (const { Body = '', MessageAttributes = {} } of Messages) {
      found.push({
        body: JSON.parse(Body),
        attributes: Object.fromEntries(
          Object.entries(MessageAttributes).map(([key, { StringValue }]) => [key, StringValue]),
        ),
      });
    }
  }
}

const writes = async (since: number) =>
  (await twin.calls(since)).filter(
    ({ operation, error }) => /^(Revoke|Authorize|TransactWrite|UpdateItem)/.test(operation) && error === null,
  );

describe.each([
  ['the state of the group', 'ec2:DescribeSecurityGroupRules', 'UnauthorizedOperation'],
  ['its tags', 'ec2:DescribeSecurityGroups', 'UnauthorizedOperation'],
  ['the ledger with the policy', 'dynamodb:BatchGetItem', 'AccessDeniedException'],
])('when %s cannot be read', (_case, operation, error) => {
  it('nothing changes, three tries fail, the event is kept and somebody is told', async () => {
    await deadLetters();
    const mails = (await twin.outbox()).length;
    const groupId = await twin.makeGroup();
    await twin.settle();
    const since = await twin.mark();
    await twin.fault({ operation, error, times: 3, principal: ROLE });
    await twin.authorize(groupId, tcp(22));
    const opened = await twin.rules(groupId);
    await twin.advance(400);
    expect(await twin.rules(groupId)).toEqual(opened);
    expect(await writes(since)).toEqual([]);
    expect((await twin.calls(since)).filter((call) => call.error === error)).toHaveLength(3);

    const [letter, ...more] = await deadLetters();
    expect(more).toEqual([]);
    expect(letter?.body).toMatchObject({
      requestContext: {
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
        functionArn: expect.stringContaining(':function:SecurityGroupSelfHeal'),
      },
      requestPayload: { source: 'aws.ec2', detail: { requestParameters: { groupId } } },
      responsePayload: { errorType: expect.any(String) },
    });
    await twin.advance(120);
    const told = (await twin.outbox()).slice(mails);
    expect(told.map(({ channel, to }) => [channel, to])).toContainEqual(['email', 'soc@example.com']);
    const subjects = told.map(({ subject }) => subject.split('"')[1]);
    expect(subjects).toContain('SutureDeadLettersWaiting');
  });

  it('and can be again, the same event heals', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const before = await twin.rules(groupId);
    await twin.fault({ operation, error, times: 2, principal: ROLE });
    await twin.authorize(groupId, tcp(22));
    await twin.advance(200);
    expect(await twin.rules(groupId)).toEqual(before);
    await twin.chain(groupId);
  });
});

it('a policy that is not what its hash says stops every change', async () => {
  await deadLetters();
  const key = { pk: { S: 'POLICY' }, sk: { S: 'CURRENT' } };
  const { Item } = await twin.dynamodb.send(new GetItemCommand({ TableName: 'SutureLedger', Key: key }));
  const groupId = await twin.makeGroup();
  await twin.settle();
  const since = await twin.mark();
  await twin.dynamodb.send(new PutItemCommand({ TableName: 'SutureLedger', Item: { ...Item, hash: { S: 'forged' } } }));
  await twin.authorize(groupId, tcp(22));
  const opened = await twin.rules(groupId);
  await twin.advance(400);
  expect(await twin.rules(groupId)).toEqual(opened);
  expect(await writes(since)).toEqual([]);
  expect(await deadLetters()).toMatchObject([{ body: { responsePayload: { errorType: 'UnreadableStateError' } } }]);
  await twin.dynamodb.send(new DeleteItemCommand({ TableName: 'SutureLedger', Key: key }));
  await twin.dynamodb.send(new PutItemCommand({ TableName: 'SutureLedger', Item }));
});

describe('input', () => {
  const invoke = (event: unknown) => twin.invoke('SecurityGroupSelfHeal', event);
  const sample = (name: string) =>
    JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'events', `${name}.json`), 'utf8'));
  const ours = (name: string, detail: object = {}) => {
    const event = sample(name);
    return { ...event, region: 'eu-west-1', detail: { ...event.detail, ...detail } };
  };

  it.each([
    ['nothing', null],
    ['a text', 'sg-0a1b2c3d4e5f60718'],
    ['an id that is none', { groupId: 'sg-1; DROP TABLE' }],
    ['an unknown key', { groupId: 'sg-0a1b2c3d4e5f60718', force: true }],
    ['an event of another service', sample('guardduty-severity-8-9')],
    [
      'an event without a group',
      ours('cloudtrail-authorize-sg-ingress-ssh-ipv4', { requestParameters: null, responseElements: null }),
    ],
  ])('that is %s is an InvalidEventError, and no call is made', async (_case, event) => {
    await twin.settle();
    const since = await twin.mark();
    await expect(invoke(event)).rejects.toThrow('"errorType":"InvalidEventError"');
    expect(await twin.calls(since)).toEqual([]);
  });

  it.each([
    ['a call that failed', ours('cloudtrail-authorize-sg-ingress-failed-duplicate')],
    ['another account', { ...ours('cloudtrail-authorize-sg-ingress-ssh-ipv4'), account: '444455556666' }],
    ['another Region', sample('cloudtrail-authorize-sg-ingress-ssh-ipv4')],
  ])('about %s is ignored, and no call is made', async (_case, event) => {
    await twin.settle();
    const since = await twin.mark();
    expect(await invoke(event)).toMatchObject({ outcome: 'IGNORED' });
    expect(await twin.calls(since)).toEqual([]);
  });

  it('of its own form heals one group, or only says what it would do', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const before = await twin.rules(groupId);
    await twin.fault({ operation: 'dynamodb:BatchGetItem', error: 'AccessDeniedException', times: 1, principal: ROLE });
    await twin.authorize(groupId, tcp(22));
    await twin.settle();
    const opened = await twin.rules(groupId);
    expect(await invoke({ groupId, dryRun: true })).toMatchObject({
      outcome: 'DRY_RUN',
      actions: [{ kind: 'RevokeSecurityGroupIngress' }],
    });
    expect(await twin.rules(groupId)).toEqual(opened);
    expect(await invoke({ groupId })).toMatchObject({
      outcome: 'REMEDIATED',
      resourceId: groupId,
      receipt: expect.stringContaining(groupId),
    });
    expect(await twin.rules(groupId)).toEqual(before);
    await twin.advance(200);
  });

  it('that is malformed and comes as an event ends in the dead-letter queue', async () => {
    await deadLetters();
    await twin.emit(
      ours('cloudtrail-authorize-sg-ingress-ssh-ipv4', { requestParameters: null, responseElements: null }),
    );
    await twin.advance(400);
    expect(await deadLetters()).toMatchObject([{ body: { responsePayload: { errorType: 'InvalidEventError' } } }]);
  });
});

it('EventBridge leaves what it may not deliver in the same queue, with the reason', async () => {
  await deadLetters();
  const groupId = await twin.makeGroup();
  await twin.settle();
  const target = {
    Id: 'gone',
    Arn: `arn:aws:lambda:${twin.ready.region}:${twin.ready.accountId}:function:NotThere`,
    DeadLetterConfig: { Arn: `arn:aws:sqs:${twin.ready.region}:${twin.ready.accountId}:SutureDeadLetters` },
  };
  await new EventBridgeClient(twin.config).send(
    new PutTargetsCommand({ Rule: 'SecurityGroupIngressDetection', Targets: [target] }),
  );
  await twin.authorize(groupId, tcp(8080, '10.0.0.0/8'));
  await twin.settle();
  expect(await deadLetters()).toMatchObject([
    {
      body: { source: 'aws.ec2' },
      attributes: {
        ERROR_CODE: expect.stringMatching(/NO_(PERMISSIONS|RESOURCE)/),
        RULE_ARN: expect.stringContaining('SecurityGroupIngressDetection'),
      },
    },
  ]);
});
