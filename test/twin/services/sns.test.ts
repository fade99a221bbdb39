import { type Principal, servicePrincipal } from '../../../twin/iam/principal';
import { deliver } from '../../../twin/services/deliver';
import { addUser } from '../../../twin/services/iam';
import { sns } from '../../../twin/services/sns';
import { sqs } from '../../../twin/services/sqs';
import { HOME_ACCOUNT, Twin } from '../../../twin/twin';

const REGION = 'eu-west-1';
const scope = { account: HOME_ACCOUNT, region: REGION };
const TopicArn = `arn:aws:sns:${REGION}:${HOME_ACCOUNT}:alerts`;
const QUEUE = `arn:aws:sqs:${REGION}:${HOME_ACCOUNT}:inbox`;

function identify(twin: Twin, account: string, name: string, administrator: boolean): Principal {
  const { accessKeyId } = addUser(twin, account, name, { administrator });
  const principal = twin.credentials.identify(accessKeyId, undefined, twin.clock.now());
  if (typeof principal === 'string') throw new Error(principal);
  return principal;
}

/** A twin with a topic, a queue that takes what topics send, and an administrator who uses them. */
async function start(attributes: Record<string, string> = {}) {
  const twin = new Twin();
  const principal = identify(twin, HOME_ACCOUNT, 'operator', true);
  const perform = (service: unknown, operation: string, input: object = {}) =>
    twin.perform({ service: service as never, operation, input, principal, ...scope });
  const call = (operation: string, input: object = {}) => perform(sns, operation, input);
  await call('CreateTopic', { Name: 'alerts', Attributes: attributes });
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: '*',
        Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
      },
    ],
  });
  await perform(sqs, 'CreateQueue', { QueueName: 'inbox', Attributes: { Policy } });
  const subscribe = async (Protocol: string, Endpoint: string, Attributes: Record<string, string> = {}) =>
    String((await call('Subscribe', { TopicArn, Protocol, Endpoint, Attributes })).SubscriptionArn);
  /** What arrived, after everything has. */
  const received = async (name = 'inbox'): Promise<{ Body: string; MessageAttributes?: object }[]> => {
    await twin.clock.settle();
    const { Messages = [] } = (await perform(sqs, 'ReceiveMessage', {
      QueueUrl: `https://sqs/${HOME_ACCOUNT}/${name}`,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    })) as { Messages?: { Body: string }[] };
    return Messages;
  };
  const publish = (Message: string, input: object = {}) => call('Publish', { TopicArn, Message, ...input });
  const sent = async () => {
    await twin.clock.settle();
    return twin.outbox.entries;
  };
  return { twin, perform, call, subscribe, publish, received, sent };
}

describe('a message', () => {
  it.each([
    ['empty', '', {}, 'Empty message'],
    ['too long', 'x'.repeat(262_145), {}, 'Message too long'],
    [
      'too long with its attributes',
      'x'.repeat(262_140),
      { MessageAttributes: { a: { DataType: 'String', StringValue: 'x' } } },
      'Message too long',
    ],
    ['with too long a subject', 'x', { Subject: 'x'.repeat(101) }, 'Subject'],
    ['with an empty subject', 'x', { Subject: '' }, 'Subject'],
    ['with a subject of two lines', 'x', { Subject: 'a\nb' }, 'Subject'],
    ['with a subject that begins with a blank', 'x', { Subject: ' a' }, 'Subject'],
    ['with a subject that is not ASCII', 'x', { Subject: 'Größe' }, 'Subject'],
    [
      'with a structure that is no JSON',
      'x',
      { MessageStructure: 'json' },
      'Message Structure - JSON message body failed to parse',
    ],
    [
      'with a structure without a default',
      '{"email":"x"}',
      { MessageStructure: 'json' },
      'Message Structure - No default entry in JSON message body',
    ],
    ['with another structure', 'x', { MessageStructure: 'xml' }, 'Invalid message structure parameter'],
  ])('is refused: %s', async (_what, message, input, reason) => {
    const { publish } = await start();
    await expect(publish(message, input)).rejects.toMatchObject({
      code: 'InvalidParameter',
      message: `Invalid parameter: ${reason}`,
    });
  });

  it.each([
    [{ DataType: 'Text', StringValue: 'x' }],
    [{ DataType: 'String', StringValue: '' }],
    [{ DataType: 'Number', StringValue: 'x' }],
  ])('is refused with the attribute %j', async (a) => {
    const { publish } = await start();
    await expect(publish('x', { MessageAttributes: { a } })).rejects.toMatchObject({ code: 'ParameterValueInvalid' });
  });

  it('is taken at the limits', async () => {
    const { publish } = await start();
    expect(await publish('x'.repeat(262_144), { Subject: `!${'~'.repeat(99)}` })).toEqual({
      MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('may differ by protocol', async () => {
    const { publish, subscribe, received, sent } = await start();
    await subscribe('email', 'a@example.com');
    await subscribe('sqs', QUEUE, { RawMessageDelivery: 'true' });
    await publish(JSON.stringify({ default: 'for all', email: 'for people' }), { MessageStructure: 'json' });
    expect((await received()).map(({ Body }) => Body)).toEqual(['for all']);
    expect(await sent()).toMatchObject([{ body: 'for people' }]);
  });

  it('fails by itself in a batch', async () => {
    const { call } = await start();
    const PublishBatchRequestEntries = [
      { Id: 'good', Message: 'x' },
      { Id: 'bad', Message: '' },
    ];
    expect(await call('PublishBatch', { TopicArn, PublishBatchRequestEntries })).toMatchObject({
      Successful: [{ Id: 'good' }],
      Failed: [{ Id: 'bad', Code: 'InvalidParameter', SenderFault: true }],
    });
    await expect(call('PublishBatch', { TopicArn, PublishBatchRequestEntries: [] })).rejects.toMatchObject({
      code: 'EmptyBatchRequest',
    });
  });
});

describe('subscribers', () => {
  it('get mails, confirmed at once', async () => {
    const { publish, subscribe, sent } = await start();
    const arn = await subscribe('email', 'a@example.com');
    await subscribe('email-json', 'b@example.com');
    expect(arn).toMatch(new RegExp(`^${TopicArn}:[0-9a-f-]{36}$`));
    await publish('text', { Subject: 'About' });
    await publish('text');
    const mails = await sent();
    expect(mails[0]).toMatchObject({ channel: 'email', to: 'a@example.com', subject: 'About', body: 'text' });
    expect(mails[2]).toMatchObject({ to: 'a@example.com', subject: 'AWS Notification Message', body: 'text' });
    expect(JSON.parse(mails[1]?.body ?? '')).toMatchObject({
      Type: 'Notification',
      TopicArn,
      Subject: 'About',
      Message: 'text',
    });
    expect(JSON.parse(mails[3]?.body ?? '')).not.toHaveProperty('Subject');
  });

  it('get an envelope in a queue, or the bare message', async () => {
    const { perform, publish, subscribe, received } = await start();
    const attributes = { severity: { DataType: 'String', StringValue: 'high' } };
    const Attributes = {
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:*', Resource: '*' }],
      }),
    };
    await perform(sqs, 'CreateQueue', { QueueName: 'raw', Attributes });
    const arn = await subscribe('sqs', QUEUE);
    await subscribe('sqs', QUEUE.replace('inbox', 'raw'), { RawMessageDelivery: 'true' });
    const { MessageId } = await publish('text', { MessageAttributes: attributes });
    const [enveloped] = await received();
    expect(JSON.parse(enveloped?.Body ?? '')).toEqual({
      Type: 'Notification',
      MessageId,
      TopicArn,
      Message: 'text',
      Timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      SignatureVersion: '1',
      Signature: expect.any(String),
      SigningCertURL: expect.stringContaining(`https://sns.${REGION}.amazonaws.com/`),
      UnsubscribeURL: expect.stringContaining(arn),
      MessageAttributes: { severity: { Type: 'String', Value: 'high' } },
    });
    expect(await received('raw')).toMatchObject([{ Body: 'text', MessageAttributes: attributes }]);
  });

  it('confirm a web hook before they get anything', async () => {
    const { call, publish, sent } = await start();
    const input = { TopicArn, Protocol: 'https', Endpoint: 'https://example.com/hook' };
    expect(await call('Subscribe', input)).toEqual({ SubscriptionArn: 'pending confirmation' });
    expect(await call('ListSubscriptions')).toMatchObject({
      Subscriptions: [{ SubscriptionArn: 'PendingConfirmation', Endpoint: input.Endpoint }],
    });
    await publish('too early');
    const [request, ...others] = await sent();
    expect(others).toEqual([]);
    const { Type, Token } = JSON.parse(request?.body ?? '') as { Type: string; Token: string };
    expect(Type).toBe('SubscriptionConfirmation');
    await expect(call('ConfirmSubscription', { TopicArn, Token: 'guessed' })).rejects.toMatchObject({
      code: 'InvalidParameter',
    });
    await call('ConfirmSubscription', { TopicArn, Token });
    await publish('in time');
    const [, notification] = await sent();
    expect(notification).toMatchObject({ channel: 'https', to: input.Endpoint, subject: null });
    expect(JSON.parse(notification?.body ?? '')).toMatchObject({ Type: 'Notification', Message: 'in time' });
  });

  it('lose what they do not let in, unless they have a dead-letter queue', async () => {
    const { perform, publish, subscribe, received } = await start();
    await perform(sqs, 'CreateQueue', { QueueName: 'closed' });
    await subscribe('sqs', QUEUE.replace('inbox', 'closed'), {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QUEUE }),
    });
    await subscribe('sqs', QUEUE.replace('inbox', 'gone'));
    await publish('text');
    expect(await received('closed')).toEqual([]);
    expect(JSON.parse((await received())[0]?.Body ?? '')).toMatchObject({ Message: 'text' });
  });

  it.each([
    ['email', 'nobody', 'InvalidParameter'],
    ['https', 'http://example.com', 'InvalidParameter'],
    ['sqs', 'https://sqs/1/a', 'InvalidParameter'],
    ['pigeon', 'x', 'InvalidParameter'],
    ['sms', '+4912345', 'NotImplemented'],
  ])('must have an endpoint of their protocol: %s, %s', async (protocol, endpoint, code) => {
    const { subscribe } = await start();
    await expect(subscribe(protocol, endpoint)).rejects.toMatchObject({ code });
  });

  it('are listed, described and removed', async () => {
    const { call, subscribe } = await start();
    const SubscriptionArn = await subscribe('sqs', QUEUE);
    expect(await subscribe('sqs', QUEUE)).toBe(SubscriptionArn);
    await call('SetSubscriptionAttributes', {
      SubscriptionArn,
      AttributeName: 'RawMessageDelivery',
      AttributeValue: 'true',
    });
    expect(await call('GetSubscriptionAttributes', { SubscriptionArn })).toMatchObject({
      Attributes: {
        TopicArn,
        Protocol: 'sqs',
        Endpoint: QUEUE,
        RawMessageDelivery: 'true',
        PendingConfirmation: 'false',
      },
    });
    expect(await call('ListSubscriptionsByTopic', { TopicArn })).toEqual({
      Subscriptions: [{ SubscriptionArn, TopicArn, Protocol: 'sqs', Endpoint: QUEUE, Owner: HOME_ACCOUNT }],
    });
    expect(await call('GetTopicAttributes', { TopicArn })).toMatchObject({
      Attributes: { SubscriptionsConfirmed: '1', SubscriptionsPending: '0' },
    });
    await call('Unsubscribe', { SubscriptionArn });
    await expect(call('GetSubscriptionAttributes', { SubscriptionArn })).rejects.toMatchObject({
      code: 'NotFound',
      options: { status: 404 },
    });
  });
});

describe('a filter policy', () => {
  const attributes = {
    severity: { DataType: 'String', StringValue: 'high' },
    score: { DataType: 'Number', StringValue: '7.5' },
    tags: { DataType: 'String.Array', StringValue: '["a","b"]' },
  };

  it.each([
    ['an exact value', { severity: ['high', 'critical'] }, true],
    ['another value', { severity: ['low'] }, false],
    ['every key', { severity: ['high'], region: ['x'] }, false],
    ['a prefix', { severity: [{ prefix: 'hi' }] }, true],
    ['anything but', { severity: [{ 'anything-but': ['high'] }] }, false],
    ['a number', { score: [{ numeric: ['>=', 7, '<', 8] }] }, true],
    ['another number', { score: [{ numeric: ['=', 7] }] }, false],
    ['one of a list', { tags: ['b'] }, true],
    ['none of a list', { tags: ['c'] }, false],
    ['that a key exists', { severity: [{ exists: true }] }, true],
    ['that a key does not exist', { region: [{ exists: false }] }, true],
    ['nothing at all', {}, true],
  ])('by attributes: %s', async (_what, policy, passes) => {
    const { publish, subscribe, received } = await start();
    await subscribe('sqs', QUEUE, { FilterPolicy: JSON.stringify(policy), RawMessageDelivery: 'true' });
    await publish('text', { MessageAttributes: attributes });
    expect(await received()).toHaveLength(passes ? 1 : 0);
  });

  it.each([
    ['a nested value', '{"detail":{"severity":"high"}}', true],
    ['another one', '{"detail":{"severity":"low"}}', false],
    ['no JSON', 'severity high', false],
  ])('by body: %s', async (_what, message, passes) => {
    const { publish, subscribe, received } = await start();
    await subscribe('sqs', QUEUE, {
      FilterPolicy: '{"detail":{"severity":["high"]}}',
      FilterPolicyScope: 'MessageBody',
    });
    await publish(message);
    expect(await received()).toHaveLength(passes ? 1 : 0);
  });

  it('is refused if it is none, and the old one stays', async () => {
    const { call, publish, subscribe, received } = await start();
    const SubscriptionArn = await subscribe('sqs', QUEUE, { FilterPolicy: '{"a":["b"]}' });
    const set = call('SetSubscriptionAttributes', {
      SubscriptionArn,
      AttributeName: 'FilterPolicy',
      AttributeValue: '{"a":"b"}',
    });
    await expect(set).rejects.toMatchObject({ code: 'InvalidParameter' });
    await publish('text');
    expect(await received()).toEqual([]);
  });
});

describe('who may publish', () => {
  const cloudwatch = servicePrincipal(
    'cloudwatch.amazonaws.com',
    HOME_ACCOUNT,
    `arn:aws:cloudwatch:${REGION}:${HOME_ACCOUNT}:alarm:a`,
  );
  const events = servicePrincipal(
    'events.amazonaws.com',
    HOME_ACCOUNT,
    `arn:aws:events:${REGION}:${HOME_ACCOUNT}:rule/a`,
  );
  const statement = (changes: object) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sns:Publish', Resource: TopicArn, ...changes }],
    });
  const forEvents = statement({ Principal: { Service: 'events.amazonaws.com' } });

  it.each([
    ['alarms of the account', 'no policy', cloudwatch, {}, undefined],
    ['alarms of another account', 'no policy', { ...cloudwatch, account: '444455556666' }, {}, 'AuthorizationError'],
    ['rules', 'no policy', events, {}, 'AuthorizationError'],
    ['rules', 'a policy that names EventBridge', events, { Policy: forEvents }, undefined],
    ['alarms', 'a policy that names EventBridge', cloudwatch, { Policy: forEvents }, 'AuthorizationError'],
    [
      'rules',
      'the key that AWS manages',
      events,
      { Policy: forEvents, KmsMasterKeyId: 'alias/aws/sns' },
      'KMSAccessDenied',
    ],
    ['alarms', 'the key that AWS manages', cloudwatch, { KmsMasterKeyId: 'alias/aws/sns' }, 'KMSAccessDenied'],
    ['alarms', 'a key of the account', cloudwatch, { KmsMasterKeyId: 'alias/ours' }, undefined],
  ])('%s, to a topic with %s', async (_who, _with, principal, attributes: Record<string, string>, code) => {
    const { twin } = await start(attributes);
    const published = deliver(twin, { arn: TopicArn, body: 'x', subject: 'y', principal });
    if (code) await expect(published).rejects.toMatchObject({ code });
    else await published;
  });

  it('is said to a service if the topic does not exist', async () => {
    const { twin } = await start();
    await expect(deliver(twin, { arn: `${TopicArn}x`, body: 'x', principal: events })).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('users with a policy of their own, and those of other accounts with one of the topic, too', async () => {
    const { twin, call } = await start();
    const publishAs = (principal: Principal) =>
      twin.perform({
        service: sns as never,
        operation: 'Publish',
        input: { TopicArn, Message: 'x' },
        principal,
        account: principal.account,
        region: REGION,
      });
    await expect(publishAs(identify(twin, HOME_ACCOUNT, 'nobody', false))).rejects.toMatchObject({
      code: 'AuthorizationError',
      options: { status: 403 },
    });
    const guest = identify(twin, '444455556666', 'guest', true);
    await expect(publishAs(guest)).rejects.toMatchObject({ code: 'AuthorizationError' });
    await call('SetTopicAttributes', {
      TopicArn,
      AttributeName: 'Policy',
      AttributeValue: statement({ Principal: { AWS: '444455556666' } }),
    });
    expect(await publishAs(guest)).toHaveProperty('MessageId');
  });
});

describe('topics', () => {
  it('are made, listed, tagged and deleted', async () => {
    const { call } = await start();
    expect(await call('CreateTopic', { Name: 'alerts', Tags: [{ Key: 'late', Value: '1' }] })).toEqual({ TopicArn });
    expect(await call('ListTopics')).toEqual({ Topics: [{ TopicArn }] });
    await call('TagResource', {
      ResourceArn: TopicArn,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    await call('UntagResource', { ResourceArn: TopicArn, TagKeys: ['a'] });
    expect(await call('ListTagsForResource', { ResourceArn: TopicArn })).toEqual({ Tags: [{ Key: 'b', Value: '2' }] });
    await call('DeleteTopic', { TopicArn });
    await call('DeleteTopic', { TopicArn });
    await expect(call('GetTopicAttributes', { TopicArn })).rejects.toMatchObject({
      code: 'NotFound',
      options: { status: 404 },
    });
  });

  it.each([
    ['a FIFO topic', 'CreateTopic', { Name: 'a.fifo' }, 'NotImplemented'],
    ['a name with blanks', 'CreateTopic', { Name: 'a b' }, 'InvalidParameter'],
    [
      'a topic of another Region',
      'GetTopicAttributes',
      { TopicArn: TopicArn.replace(REGION, 'us-east-1') },
      'InvalidParameter',
    ],
    [
      'an unknown attribute',
      'SetTopicAttributes',
      { TopicArn, AttributeName: 'Color', AttributeValue: 'red' },
      'InvalidParameter',
    ],
    [
      'a policy that is none',
      'SetTopicAttributes',
      { TopicArn, AttributeName: 'Policy', AttributeValue: '{}' },
      'InvalidParameter',
    ],
    ['text messages', 'Publish', { PhoneNumber: '+491', Message: 'x' }, 'NotImplemented'],
  ])('refuse %s', async (_what, operation, input, code) => {
    const { call } = await start();
    await expect(call(operation, input)).rejects.toMatchObject({ code });
  });

  it('come from Terraform, with policy and subscriptions', async () => {
    const { twin, publish, sent } = await start();
    const making = { twin, ...scope, address: 'aws_sns_topic.t', tags: { team: 'a' }, file: (path: string) => path };
    const arn = `arn:aws:sns:${REGION}:${HOME_ACCOUNT}:made`;
    const { terraform } = sns;
    expect(terraform?.aws_sns_topic?.({ name: 'made', kms_master_key_id: null }, making)).toEqual({
      arn,
      id: arn,
      name: 'made',
    });
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish', Resource: arn },
      ],
    });
    terraform?.aws_sns_topic_policy?.({ arn, policy }, making);
    const hook = { topic_arn: arn, protocol: 'https', endpoint: 'https://example.com' };
    expect(
      terraform?.aws_sns_topic_subscription?.(
        { ...hook, endpoint_auto_confirms: true, filter_policy: '{"a":["b"]}' },
        making,
      ),
    ).toEqual({ arn: expect.stringContaining(`${arn}:`), id: expect.any(String) });
    terraform?.aws_sns_topic_subscription?.({ topic_arn: arn, protocol: 'email', endpoint: 'a@example.com' }, making);
    expect(await sent()).toEqual([]);
    await publish('to the made one', {
      TopicArn: arn,
      MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
    });
    expect((await sent()).map(({ channel }) => channel)).toEqual(['https', 'email']);
  });
});
