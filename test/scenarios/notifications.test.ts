import { CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Incident } from '../../functions/incident/incident';
import { messageOf, NOTICE_ATTRIBUTE, type NoticeEvent } from '../../functions/incident/notice';
import { terraformVariables } from '../support/stacks';
import { TestTwin } from '../support/twin';

// Published on the topic for people as the workflow does: who is told, by which way, and what happens where one way is closed.

const KEY = terraformVariables.notified?.pagerduty_routing_key;
const CHANNEL = 'C0123456789';

/** A new alarm first says that it is OK, which is told too. */
async function start(): Promise<TestTwin> {
  const started = await TestTwin.start('notified');
  await started.advance(120);
  return started;
}

let twin: TestTwin;
let told = 0;
beforeAll(async () => {
  twin = await start();
});
afterAll(() => twin.stop());
beforeEach(async () => {
  await twin.clearFaults();
  await twin.settle();
  told = (await twin.outbox()).length;
});

const topic = () => `arn:aws:sns:${twin.ready.region}:${twin.ready.accountId}:SutureAlerts`;
const incident = (id: string): Incident => ({
  id,
  account: twin.ready.accountId,
  region: twin.ready.region,
  type: 'Backdoor:EC2/C&CActivity.B!DNS',
  title: '<!channel> *i-0abc* asks https://c2.example.com',
  severity: 8,
  band: 'high',
  at: '2026-11-21T10:00:00Z',
  source: 'GuardDuty',
  vouched: true,
  findings: [],
  targets: [],
  resources: ['i-0abc'],
  response: 'contain',
  needsApproval: true,
  why: 'high',
});

/** Publishes what the workflow would about an incident. */
async function publish(
  id: string,
  event: NoticeEvent,
  headline = `i-0abc: ${event}`,
  given: object = {},
): Promise<void> {
  const { subject, text, notice } = messageOf({ ...incident(id), ...given }, event, {
    headline,
    lines: ['a line'],
    nextSteps: ['a step'],
  });
  await new SNSClient(twin.config).send(
    new PublishCommand({
      TopicArn: topic(),
      Subject: subject,
      Message: text,
      MessageAttributes: { [NOTICE_ATTRIBUTE]: { DataType: 'String', StringValue: notice } },
    }),
  );
  await twin.settle();
}

interface Chat {
  readonly content: { readonly title: string; readonly description: string };
  readonly metadata: { readonly threadId?: string };
}

interface Page {
  readonly event_action: string;
  readonly dedup_key: string;
}

/** What left since the test began, by channel. */
async function since() {
  const all = (await twin.outbox()).slice(told);
  const of = (wanted: string) => all.filter(({ channel }) => channel === wanted);
  return {
    all,
    mails: of('email').map(({ to, subject }) => [to, subject]),
    chats: of('chat').map(({ to, subject, body }) => ({ to, subject, ...(JSON.parse(body) as Chat) })),
    pages: of('https').map(({ to, body }) => ({ to, ...(JSON.parse(body) as Page) })),
  };
}

const deadLetters = async () => {
  const sqs = new SQSClient(twin.config);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'SutureDeadLetters' }));
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
};

it('one message brings one mail, one message in chat and one page', async () => {
  await publish('gd-00000001', 'approval', 'i-0abc waits for a decision');
  const { all, mails, chats, pages } = await since();
  expect(all).toHaveLength(3);
  expect(mails).toEqual([['soc@example.com', 'Suture HIGH: i-0abc waits for a decision']]);
  expect(chats).toMatchObject([
    { to: CHANNEL, subject: 'HIGH: i-0abc waits for a decision', metadata: { threadId: 'gd-00000001' } },
  ]);
  expect(chats[0]?.content.description).toContain(
    'Finding: &lt;!channel&gt; ∗i-0abc∗ asks https[:]//c2[.]example[.]com',
  );
  expect(pages).toEqual([
    {
      to: 'https://events.pagerduty.com/v2/enqueue',
      event_action: 'trigger',
      dedup_key: 'gd-00000001',
      routing_key: KEY,
      client: 'Suture',
      payload: expect.objectContaining({
        severity: 'error',
        summary: expect.stringMatching(/^i-0abc waits/) as string,
      }),
    },
  ]);
});

it('the key is nowhere but in the request', async () => {
  expect(KEY).toHaveLength(32);
  expect(JSON.stringify(await twin.journal())).not.toContain(KEY);
  expect(JSON.stringify(await twin.control('GET', '/unsupported'))).not.toContain(KEY);
});

it('one incident is one thread and one key, from the request to its end, which a person makes', async () => {
  for (const event of ['approval', 'contained', 'closed'] as const) await publish('gd-00000002', event);
  const { mails, chats, pages } = await since();
  expect(mails).toHaveLength(3);
  expect(chats.map(({ metadata }) => metadata.threadId)).toEqual(['gd-00000002', 'gd-00000002', 'gd-00000002']);
  expect(pages.map(({ event_action, dedup_key }) => [event_action, dedup_key])).toEqual([
    ['trigger', 'gd-00000002'],
    ['trigger', 'gd-00000002'],
    ['resolve', 'gd-00000002'],
  ]);
});

it('what is not grave is told and not paged', async () => {
  await publish('gd-00000003', 'told', 'a port was scanned', { band: 'medium' });
  const { mails, chats, pages } = await since();
  expect([mails.length, chats.length, pages.length]).toEqual([1, 1, 0]);
});

it('plain messages are told in chat too', async () => {
  await new SNSClient(twin.config).send(
    new PublishCommand({ TopicArn: topic(), Subject: 'Suture: held', Message: 'Why: the budget of the hour' }),
  );
  await twin.settle();
  const { mails, chats, pages } = await since();
  expect(mails).toEqual([['soc@example.com', 'Suture: held']]);
  expect(chats).toMatchObject([{ subject: 'Suture: held', content: { description: 'Why: the budget of the hour' } }]);
  expect(pages).toEqual([]);
});

it('an alarm about dead letters pages, and is over when the queue is empty; one about slow fixes does not', async () => {
  const cloudwatch = new CloudWatchClient(twin.config);
  for (const [AlarmName, StateValue] of [
    ['S3BucketSelfHealSlow', 'ALARM'],
    ['SutureDeadLettersWaiting', 'ALARM'],
    ['SutureDeadLettersWaiting', 'OK'],
  ] as const) {
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'a test' }));
    await twin.settle();
  }
  const { chats, pages } = await since();
  expect(chats.map(({ subject, metadata }) => [subject, metadata.threadId])).toEqual([
    ['ALARM: S3BucketSelfHealSlow', 'S3BucketSelfHealSlow'],
    ['ALARM: SutureDeadLettersWaiting', 'SutureDeadLettersWaiting'],
    ['OK: SutureDeadLettersWaiting', 'SutureDeadLettersWaiting'],
  ]);
  const arn = `arn:aws:cloudwatch:${twin.ready.region}:${twin.ready.accountId}:alarm:SutureDeadLettersWaiting`;
  expect(pages.map(({ event_action, dedup_key }) => [event_action, dedup_key])).toEqual([
    ['trigger', arn],
    ['resolve', arn],
  ]);
});

it('PagerDuty that fails for a while is asked again; mail and chat went out once', async () => {
  await twin.fault({ operation: 'events:InvokeApiDestination', error: '500', times: 2 });
  await twin.fault({ operation: 'events:InvokeApiDestination', error: 'Timeout' });
  await publish('gd-00000004', 'approval');
  expect((await since()).pages).toEqual([]);
  await twin.advance(600);
  const { mails, chats, pages } = await since();
  expect([mails.length, chats.length, pages.length]).toEqual([1, 1, 1]);
  expect(await deadLetters()).toEqual([]);
});

it.each([
  ['chat', { operation: 'sns:Publish', principal: 'NotifyRespondersRole' }, [1, 0, 1], [1, 1, 1]],
  ['the pager', { operation: 'events:PutEvents', principal: 'PageRespondersRole' }, [1, 1, 0], [1, 1, 1]],
])(
  'a failure of %s keeps nobody else from the message, and is made up for once',
  async (_way, fault, before, after) => {
    // Each of five tries of the first invocation.
    await twin.fault({ ...fault, error: 'ServiceUnavailable', times: 5 });
    await publish('gd-00000005', 'approval');
    const counts = async () => {
      const { mails, chats, pages } = await since();
      return [mails.length, chats.length, pages.length];
    };
    expect(await counts()).toEqual(before);
    await twin.advance(180);
    expect(await counts()).toEqual(after);
    expect(await deadLetters()).toEqual([]);
  },
);

it('what cannot be told in chat waits in the dead-letter queue', async () => {
  await twin.fault({ operation: 'sns:Publish', principal: 'NotifyRespondersRole', error: 'AccessDenied', times: 3 });
  await publish('gd-00000006', 'approval');
  await twin.advance(200);
  const [letter, ...more] = await deadLetters();
  expect(more).toEqual([]);
  expect(letter?.Body).toContain('gd-00000006');
  expect(letter?.Body).toContain(':function:NotifyResponders:');
  const { pages, chats } = await since();
  expect(pages.filter(({ dedup_key }) => dedup_key === 'gd-00000006')).toHaveLength(1);
  // The alarm about it is told in chat, where the incident was not.
  expect(chats.map(({ subject }) => subject)).toEqual(['ALARM: SutureDeadLettersWaiting']);
});

it('a page that PagerDuty does not take within the hour waits in the dead-letter queue, and mail and chat say so', async () => {
  const other = await start();
  const first = twin;
  twin = other;
  told = (await twin.outbox()).length;
  try {
    await twin.fault({ operation: 'events:InvokeApiDestination', error: '500', times: 1000 });
    await publish('gd-00000007', 'approval');
    await twin.advance(3700);
    const letters = await deadLetters();
    expect(
      letters.map(({ Body = '' }) => (JSON.parse(Body) as { detail: { dedup_key: string } }).detail.dedup_key),
    ).toEqual(['gd-00000007']);
    expect(letters[0]?.MessageAttributes?.RULE_ARN?.StringValue).toMatch(/:rule\/SuturePage$/);
    expect(JSON.stringify(letters)).not.toContain(KEY);
    const { mails, chats, pages } = await since();
    expect(pages).toEqual([]);
    expect(mails.map(([, subject]) => subject)).toEqual([
      'Suture HIGH: i-0abc: approval',
      'ALARM: "SutureDeadLettersWaiting" in EU (Ireland)',
    ]);
    expect(chats.map(({ subject }) => subject)).toEqual(['HIGH: i-0abc: approval', 'ALARM: SutureDeadLettersWaiting']);
  } finally {
    twin = first;
    await other.stop();
  }
});

it('who switches off the pager is told of by the other ways', async () => {
  const events = new EventBridge(twin.config);
  await events.disableRule({ Name: 'SuturePage' });
  await twin.settle();
  const sent = await twin.control<{ channel: string; body: string }[]>('GET', '/outbox');
  const channels = sent.filter(({ body }) => body.includes('rule SuturePage')).map(({ channel }) => channel);
  expect(channels.sort()).toEqual(['chat', 'email']);
  await events.enableRule({ Name: 'SuturePage' });
  events.destroy();
});
