import fc from 'fast-check';
import { servicePrincipal } from '../../../twin/iam/principal';
import type { AwsError } from '../../../twin/service';
import { cloudwatch } from '../../../twin/services/cloudwatch';
import { deliver } from '../../../twin/services/deliver';
import { addUser } from '../../../twin/services/iam';
import { sqs } from '../../../twin/services/sqs';
import { md5OfAttributes } from '../../../twin/services/sqs/message';
import { HOME_ACCOUNT, Twin } from '../../../twin/twin';

const REGION = 'eu-west-1';
const scope = { account: HOME_ACCOUNT, region: REGION };
const urlOf = (name: string) => `https://sqs.${REGION}.amazonaws.com/${HOME_ACCOUNT}/${name}`;
const arnOf = (name: string) => `arn:aws:sqs:${REGION}:${HOME_ACCOUNT}:${name}`;
const queue = urlOf('work');

interface Received {
  readonly MessageId: string;
  readonly Body: string;
  readonly ReceiptHandle: string;
  readonly Attributes?: Record<string, string>;
  readonly MessageAttributes?: object;
  readonly MD5OfMessageAttributes?: string;
}

/** A twin with a queue, and an administrator who uses it. */
async function start(attributes: Record<string, string> = {}) {
  const twin = new Twin();
  const { accessKeyId } = addUser(twin, HOME_ACCOUNT, 'operator', { administrator: true });
  const principal = twin.credentials.identify(accessKeyId, undefined, twin.clock.now());
  if (typeof principal === 'string') throw new Error(principal);
  const call = (operation: string, input: object = {}) =>
    twin.perform({ service: sqs as never, operation, input, principal, ...scope });
  await call('CreateQueue', { QueueName: 'work', Attributes: attributes });
  const receive = async (input: object = {}): Promise<readonly Received[]> => {
    const { Messages = [] } = (await call('ReceiveMessage', {
      QueueUrl: queue,
      MaxNumberOfMessages: 10,
      ...input,
    })) as { Messages?: Received[] };
    return Messages;
  };
  const send = (MessageBody: string, input: object = {}) =>
    call('SendMessage', { QueueUrl: queue, MessageBody, ...input });
  const attributesOf = async (QueueUrl = queue) => {
    const { Attributes } = (await call('GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })) as {
      Attributes: Record<string, string>;
    };
    return Attributes;
  };
  const counts = async () => {
    const all = await attributesOf();
    return [
      all.ApproximateNumberOfMessages,
      all.ApproximateNumberOfMessagesNotVisible,
      all.ApproximateNumberOfMessagesDelayed,
    ].map(Number);
  };
  return { twin, call, send, receive, attributesOf, counts };
}

/** Whatever the clock still has to do. */
const pendingTimers = (twin: Twin): number => (Reflect.get(twin.clock, 'due') as unknown[]).length;

describe('digests, which clients verify', () => {
  it('are those of AWS', async () => {
    const { send } = await start();
    const attributes = { timestamp: { DataType: 'Number', StringValue: '1493147359900' } };
    expect(await send('This is a test message', { MessageAttributes: attributes })).toMatchObject({
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
      MD5OfMessageBody: 'fafb00f5732ab283681e124bf8747ed1',
      // What AWS answered to Moto's authors.
      MD5OfMessageAttributes: '235c5c510d26fb653d073faed50ae77c',
    });
  });

  it('do not depend on the order of the attributes', () => {
    const value = fc.oneof(
      fc.record({
        DataType: fc.constantFrom('String', 'Number', 'String.custom'),
        StringValue: fc.string({ minLength: 1 }),
      }),
      fc.record({ DataType: fc.constant('Binary'), BinaryValue: fc.uint8Array({ minLength: 1 }) }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), value, { minKeys: 1 }), (attributes) => {
        const reversed = Object.fromEntries(Object.entries(attributes).reverse());
        expect(md5OfAttributes(reversed)).toBe(md5OfAttributes(attributes));
      }),
    );
  });

  it('are of those attributes that were asked for', async () => {
    const { send, receive } = await start({ VisibilityTimeout: '0' });
    const attributes = {
      'a.one': { DataType: 'String', StringValue: '1' },
      b: { DataType: 'Binary', BinaryValue: new Uint8Array([1]) },
    };
    await send('x', { MessageAttributes: attributes });
    const [all] = await receive({ MessageAttributeNames: ['All'] });
    const [some] = await receive({ MessageAttributeNames: ['a.*'] });
    const [none] = await receive();
    expect(all).toMatchObject({ MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) });
    expect(some?.MessageAttributes).toEqual({ 'a.one': attributes['a.one'] });
    expect(some?.MD5OfMessageAttributes).toBe(md5OfAttributes({ 'a.one': attributes['a.one'] }));
    expect(none).not.toHaveProperty('MessageAttributes');
  });
});

describe('messages', () => {
  it('are hidden while they are handled, and come back when they were not deleted', async () => {
    const { twin, send, receive, counts, call } = await start({ VisibilityTimeout: '60' });
    await send('one');
    const [first] = await receive();
    expect(await receive()).toEqual([]);
    expect(await counts()).toEqual([0, 1, 0]);
    await twin.clock.advance(60);
    const [again] = await receive({ AttributeNames: ['All'] });
    expect(again).toMatchObject({
      MessageId: first?.MessageId,
      Body: 'one',
      Attributes: { ApproximateReceiveCount: '2' },
    });
    // The handle of the first receipt is no longer good for anything.
    await call('DeleteMessage', { QueueUrl: queue, ReceiptHandle: first?.ReceiptHandle });
    expect(await counts()).toEqual([0, 1, 0]);
    await call('DeleteMessage', { QueueUrl: queue, ReceiptHandle: again?.ReceiptHandle });
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it("wait as long as they are told to, by the twin's clock", async () => {
    const { twin, send, receive, counts } = await start({ DelaySeconds: '30' });
    await send('later');
    await send('now', { DelaySeconds: 0 });
    expect(await counts()).toEqual([1, 0, 1]);
    expect((await receive()).map(({ Body }) => Body)).toEqual(['now']);
    await twin.clock.advance(30);
    expect((await receive()).map(({ Body }) => Body)).toContain('later');
  });

  it('are gone after the retention period', async () => {
    const { twin, send, counts } = await start({ MessageRetentionPeriod: '60' });
    await send('old');
    await twin.clock.advance(59);
    expect(await counts()).toEqual([1, 0, 0]);
    await twin.clock.advance(1);
    expect(await counts()).toEqual([0, 0, 0]);
  });

  it('reach who waits for them at once', async () => {
    const { send, receive } = await start();
    const began = performance.now();
    const waiting = receive({ WaitTimeSeconds: 20 });
    await send('here');
    expect((await waiting).map(({ Body }) => Body)).toEqual(['here']);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('reach who waits for them when the clock makes them visible', async () => {
    const { twin, send, receive } = await start({ DelaySeconds: '900' });
    await send('delayed');
    const waiting = receive({ WaitTimeSeconds: 20 });
    await twin.clock.advance(900);
    expect((await waiting).map(({ Body }) => Body)).toEqual(['delayed']);
  });

  it('go to the dead-letter queue when they were received too often', async () => {
    const { twin, call, send, receive, attributesOf } = await start({ VisibilityTimeout: '1' });
    await call('CreateQueue', { QueueName: 'dead' });
    const policy = { deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 2 };
    await call('SetQueueAttributes', { QueueUrl: queue, Attributes: { RedrivePolicy: JSON.stringify(policy) } });
    await send('poison');
    for (let turn = 0; turn < 2; turn++) {
      expect(await receive()).toHaveLength(1);
      await twin.clock.advance(1);
    }
    expect(await receive()).toEqual([]);
    expect(await attributesOf()).toMatchObject({ ApproximateNumberOfMessages: '0' });
    const [dead] = await receive({
      QueueUrl: urlOf('dead'),
      MessageSystemAttributeNames: ['DeadLetterQueueSourceArn'],
    });
    expect(dead).toMatchObject({ Body: 'poison', Attributes: { DeadLetterQueueSourceArn: arnOf('work') } });
    expect(await call('ListDeadLetterSourceQueues', { QueueUrl: urlOf('dead') })).toEqual({ queueUrls: [queue] });
  });

  it('change their visibility, also to none', async () => {
    const { twin, call, send, receive, counts } = await start();
    await send('x');
    const [{ ReceiptHandle } = { ReceiptHandle: '' }] = await receive();
    await call('ChangeMessageVisibility', { QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 600 });
    await twin.clock.advance(599);
    expect(await counts()).toEqual([0, 1, 0]);
    await call('ChangeMessageVisibility', { QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 0 });
    expect(await counts()).toEqual([1, 0, 0]);
    await expect(
      call('ChangeMessageVisibility', { QueueUrl: queue, ReceiptHandle, VisibilityTimeout: 9 }),
    ).rejects.toMatchObject({ code: 'MessageNotInflight' });
  });

  it('fail one by one in a batch', async () => {
    const { call } = await start();
    const Entries = [
      { Id: 'good', MessageBody: 'x' },
      { Id: 'empty', MessageBody: '' },
    ];
    expect(await call('SendMessageBatch', { QueueUrl: queue, Entries })).toMatchObject({
      Successful: [{ Id: 'good', MD5OfMessageBody: '9dd4e461268c8034f5c8564e155c67a6' }],
      Failed: [{ Id: 'empty', Code: 'MissingParameter', SenderFault: true }],
    });
  });

  it('are never lost or doubled, whatever happens to them', async () => {
    const step = fc.oneof(fc.constant('send'), fc.constant('receive'), fc.constant('delete'), fc.constant('wait'));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { twin, call, send, receive, counts } = await start({ VisibilityTimeout: '10' });
        const alive = new Set<string>();
        const held: Received[] = [];
        for (const [index, one] of steps.entries()) {
          if (one === 'send') alive.add(String((await send(`message ${index}`)).MessageId));
          else if (one === 'receive') held.push(...(await receive({ MaxNumberOfMessages: 1 })));
          else if (one === 'wait') {
            await twin.clock.advance(10);
            held.length = 0;
          } else {
            const message = held.pop();
            if (!message) continue;
            await call('DeleteMessage', { QueueUrl: queue, ReceiptHandle: message.ReceiptHandle });
            alive.delete(message.MessageId);
          }
          const [visible = 0, inFlight = 0] = await counts();
          expect([visible + inFlight, inFlight]).toEqual([alive.size, held.length]);
        }
        await twin.stop();
      }),
      { numRuns: 30 },
    );
  });
});

describe('the depth of a queue', () => {
  it('is measured when it changes, and each minute until the queue is empty', async () => {
    const { twin, call, send, receive } = await start({ VisibilityTimeout: '0' });
    await twin.clock.advance(60 - (twin.clock.now().getSeconds() % 60));
    const depth = (statistic: string, minutes: number) => {
      const to = (Math.floor(twin.clock.now().getTime() / 60_000) + 1) * 60_000;
      const { series } =
        twin.state(cloudwatch, scope).metrics.find({
          namespace: 'AWS/SQS',
          name: 'ApproximateNumberOfMessagesVisible',
          dimensions: { QueueName: 'work' },
        }) ?? {};
      return series?.statistic(statistic, to - minutes * 60_000, to);
    };
    expect(pendingTimers(twin)).toBe(0);
    await send('a');
    await send('b');
    expect(depth('Maximum', 1)).toBe(2);
    await twin.clock.advance(600);
    expect(depth('SampleCount', 5)).toBe(5);
    const [{ ReceiptHandle } = { ReceiptHandle: '' }] = await receive();
    await call('DeleteMessage', { QueueUrl: queue, ReceiptHandle });
    expect(depth('Minimum', 1)).toBe(1);
    await call('PurgeQueue', { QueueUrl: queue });
    expect(depth('Minimum', 1)).toBe(0);
    expect(pendingTimers(twin)).toBe(0);
  });
});

describe('queues', () => {
  it('have the address by which the twin is reached', async () => {
    const { twin, call } = await start();
    expect(await call('GetQueueUrl', { QueueName: 'work' })).toEqual({ QueueUrl: queue });
    twin.workers.environment = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4580' };
    const QueueUrl = `http://127.0.0.1:4580/${HOME_ACCOUNT}/work`;
    expect(await call('ListQueues')).toEqual({ QueueUrls: [QueueUrl] });
    expect(await call('SendMessage', { QueueUrl, MessageBody: 'by any host' })).toHaveProperty('MessageId');
  });

  it('are made once, and again if they are the same', async () => {
    const { call } = await start({ VisibilityTimeout: '60' });
    expect(await call('CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '60' } })).toEqual({
      QueueUrl: queue,
    });
    const other = call('CreateQueue', { QueueName: 'work', Attributes: { VisibilityTimeout: '61' } });
    await expect(other).rejects.toMatchObject({
      code: 'QueueNameExists',
      options: { queryCode: 'QueueAlreadyExists' },
    });
  });

  it('are gone for a minute at least', async () => {
    const { twin, call } = await start();
    await call('DeleteQueue', { QueueUrl: queue });
    await expect(call('CreateQueue', { QueueName: 'work' })).rejects.toMatchObject({ code: 'QueueDeletedRecently' });
    await twin.clock.advance(60);
    expect(await call('CreateQueue', { QueueName: 'work' })).toEqual({ QueueUrl: queue });
  });

  it('have tags', async () => {
    const { call } = await start();
    await call('TagQueue', { QueueUrl: queue, Tags: { a: '1', b: '2' } });
    await call('UntagQueue', { QueueUrl: queue, TagKeys: ['a'] });
    expect(await call('ListQueueTags', { QueueUrl: queue })).toEqual({ Tags: { b: '2' } });
  });

  it.each<[string, string, object, Partial<AwsError> | object]>([
    [
      'a queue that does not exist',
      'SendMessage',
      { QueueUrl: urlOf('none'), MessageBody: 'x' },
      { code: 'QueueDoesNotExist', options: { queryCode: 'AWS.SimpleQueueService.NonExistentQueue' } },
    ],
    ['something that is no address', 'SendMessage', { QueueUrl: 'work', MessageBody: 'x' }, { code: 'InvalidAddress' }],
    [
      'an empty message',
      'SendMessage',
      { QueueUrl: queue, MessageBody: '' },
      { code: 'MissingRequiredParameterException' },
    ],
    [
      'a control character',
      'SendMessage',
      { QueueUrl: queue, MessageBody: '\u0001' },
      { code: 'InvalidMessageContents' },
    ],
    [
      'too long a message',
      'SendMessage',
      { QueueUrl: queue, MessageBody: 'x'.repeat(1_048_577) },
      { code: 'InvalidParameterValueException' },
    ],
    [
      'too long a delay',
      'SendMessage',
      { QueueUrl: queue, MessageBody: 'x', DelaySeconds: 901 },
      { code: 'InvalidParameterValueException' },
    ],
    [
      'an attribute of no type',
      'SendMessage',
      { QueueUrl: queue, MessageBody: 'x', MessageAttributes: { a: { DataType: 'Text', StringValue: 'x' } } },
      { code: 'InvalidParameterValueException' },
    ],
    [
      'eleven messages at once',
      'ReceiveMessage',
      { QueueUrl: queue, MaxNumberOfMessages: 11 },
      { code: 'InvalidParameterValueException' },
    ],
    [
      'a handle of nothing',
      'DeleteMessage',
      { QueueUrl: queue, ReceiptHandle: 'x' },
      { code: 'ReceiptHandleIsInvalid' },
    ],
    ['an empty batch', 'SendMessageBatch', { QueueUrl: queue, Entries: [] }, { code: 'EmptyBatchRequest' }],
    [
      'a batch with an id twice',
      'SendMessageBatch',
      {
        QueueUrl: queue,
        Entries: [
          { Id: 'a', MessageBody: 'x' },
          { Id: 'a', MessageBody: 'x' },
        ],
      },
      { code: 'BatchEntryIdsNotDistinct' },
    ],
    [
      'an unknown attribute',
      'SetQueueAttributes',
      { QueueUrl: queue, Attributes: { Color: 'red' } },
      { code: 'InvalidAttributeName' },
    ],
    [
      'a retention of a second',
      'SetQueueAttributes',
      { QueueUrl: queue, Attributes: { MessageRetentionPeriod: '1' } },
      { code: 'InvalidAttributeValue' },
    ],
    [
      'a policy that is none',
      'SetQueueAttributes',
      { QueueUrl: queue, Attributes: { Policy: '{}' } },
      { code: 'InvalidAttributeValue' },
    ],
    [
      'dead letters for a queue that does not exist',
      'SetQueueAttributes',
      {
        QueueUrl: queue,
        Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf('none'), maxReceiveCount: 1 }) },
      },
      { code: 'InvalidAttributeValue' },
    ],
    [
      'a FIFO queue',
      'CreateQueue',
      { QueueName: 'a.fifo', Attributes: { FifoQueue: 'true' } },
      { code: 'NotImplemented' },
    ],
  ])('refuse %s', async (_what, operation, input, error) => {
    const { call } = await start();
    await expect(call(operation, input)).rejects.toMatchObject(error);
  });
});

describe('who may send', () => {
  const rule = `arn:aws:events:${REGION}:${HOME_ACCOUNT}:rule/one`;
  const policy = (sourceArn: string) => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: arnOf('work'),
        Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
      },
    ],
  });

  it.each([
    ['a rule that the policy names', rule, undefined],
    ['another rule', `${rule}-other`, 'AccessDeniedException'],
  ])('is decided by the policy: %s', async (_who, allowed, code) => {
    const { twin, counts } = await start({ Policy: JSON.stringify(policy(allowed)) });
    const sent = deliver(twin, {
      arn: arnOf('work'),
      body: 'event',
      principal: servicePrincipal('events.amazonaws.com', HOME_ACCOUNT, rule),
    });
    if (code) await expect(sent).rejects.toMatchObject({ code });
    else await sent;
    expect(await counts()).toEqual([code ? 0 : 1, 0, 0]);
  });

  it('may be somebody of another account, with a policy of the queue', async () => {
    const { twin, counts, call } = await start();
    const { accessKeyId } = addUser(twin, '444455556666', 'guest', { administrator: true });
    const principal = twin.credentials.identify(accessKeyId, undefined, twin.clock.now());
    if (typeof principal === 'string') throw new Error(principal);
    const send = () =>
      twin.perform({
        service: sqs as never,
        operation: 'SendMessage',
        input: { QueueUrl: queue, MessageBody: 'x' },
        principal,
        account: '444455556666',
        region: REGION,
      });
    await expect(send()).rejects.toMatchObject({ code: 'AccessDeniedException' });
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: 'sqs:*', Resource: arnOf('work') }],
    });
    await call('SetQueueAttributes', { QueueUrl: queue, Attributes: { Policy } });
    await send();
    expect(await counts()).toEqual([1, 0, 0]);
  });

  it('is no service, if the queue has the key that AWS manages', async () => {
    const { twin } = await start({ Policy: JSON.stringify(policy(rule)), KmsMasterKeyId: 'alias/aws/sqs' });
    const sent = deliver(twin, {
      arn: arnOf('work'),
      body: 'event',
      principal: servicePrincipal('events.amazonaws.com', HOME_ACCOUNT, rule),
    });
    await expect(sent).rejects.toMatchObject({ code: 'KmsAccessDenied' });
  });
});

describe('Terraform', () => {
  it('makes queues and their policies', async () => {
    const { twin, attributesOf } = await start();
    const making = { twin, ...scope, address: 'aws_sqs_queue.dead', tags: { team: 'a' }, file: (path: string) => path };
    const made = sqs.terraform?.aws_sqs_queue?.(
      { name: 'dead', message_retention_seconds: 1_209_600, sqs_managed_sse_enabled: true },
      making,
    );
    expect(made).toEqual({ id: urlOf('dead'), url: urlOf('dead'), arn: arnOf('dead'), name: 'dead' });
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: arnOf('dead') }],
    });
    sqs.terraform?.aws_sqs_queue_policy?.({ queue_url: urlOf('dead'), policy }, making);
    // Even the administrator is denied by it.
    await expect(attributesOf(urlOf('dead'))).rejects.toMatchObject({ code: 'AccessDeniedException' });
    expect(twin.state(sqs, scope).queues.get('dead')?.attributes.get('MessageRetentionPeriod')).toBe('1209600');
    expect(twin.state(sqs, scope).queues.get('dead')?.tags).toEqual({ team: 'a' });
  });

  it('refuses FIFO queues', async () => {
    const { twin } = await start();
    const making = { twin, ...scope, address: 'aws_sqs_queue.fifo', tags: {}, file: (path: string) => path };
    expect(() => sqs.terraform?.aws_sqs_queue?.({ name: 'a', fifo_queue: true }, making)).toThrow(
      'standard queues only',
    );
  });
});
