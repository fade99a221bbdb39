import { MalformedPolicyError, parsePolicy } from '../../iam/policy';
import { AwsError, type Call, type Making, type Scope, type Service } from '../../service';
import type { Twin } from '../../twin';
import {
  batch,
  checkMessage,
  describeMessage,
  invalidParameter,
  type MessageAttributes,
  md5OfAttributes,
  md5OfBody,
  sizeOf,
  sqsError,
} from './message';
import { Queue, SETTABLE_ATTRIBUTES } from './queue';

type Sdk = typeof import('@aws-sdk/client-sqs');

interface SqsState {
  /** By name. */
  readonly queues: Map<string, Queue>;
  /** When queues were deleted, by name. */
  readonly deleted: Map<string, number>;
  /** Another account's, in this Region: its queues may let our principals in. */
  readonly of: (account: string) => SqsState;
}

/** The longest that a batch may be. @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const BATCH_BYTES = 1_048_576;
/** A name may be used again, and a queue purged again, after this pause. */
const PAUSE_MS = 60_000;

const noSuchQueue = () =>
  sqsError('QueueDoesNotExist', 'The specified queue does not exist.', 'AWS.SimpleQueueService.NonExistentQueue');

/** `https://any.host/111122223333/name` */
function addressed(url: string | undefined): { account: string; name: string } {
  const [, account, name] = /\/(\d{12})\/([^/]+)\/?$/.exec(url ?? '') ?? [];
  if (account === undefined || name === undefined) {
    throw sqsError('InvalidAddress', `The address ${url} is not valid for this endpoint.`, 'InvalidAddress');
  }
  return { account, name };
}

function queueAt({ state }: Pick<Call<SqsState>, 'state'>, url: string | undefined): Queue {
  const { account, name } = addressed(url);
  const found = state.of(account).queues.get(name);
  if (!found) throw noSuchQueue();
  return found;
}

function queueByArn(twin: Twin, arn: string): Queue | undefined {
  const [, , , region = '', account = '', name = ''] = arn.split(':');
  return twin.state(sqs, { account, region }).queues.get(name);
}

function makeQueue(
  twin: Twin,
  scope: Scope,
  name: string,
  attributes: Record<string, string>,
  tags: Record<string, string>,
) {
  const queue = new Queue(twin, scope, name, (arn) => queueByArn(twin, arn));
  queue.configure(checkPolicy(attributes));
  Object.assign(queue.tags, tags);
  twin.state(sqs, scope).queues.set(name, queue);
  return queue;
}

/** Clients send what follows to this very host. */
function urlOf({ twin, region, account }: Pick<Call<unknown>, 'twin' | 'region' | 'account'>, name: string): string {
  const endpoint = twin.workers.environment.AWS_ENDPOINT_URL ?? `https://sqs.${region}.amazonaws.com`;
  return `${endpoint.replace(/\/$/, '')}/${account}/${name}`;
}

function checkPolicy(attributes: Record<string, string>): Record<string, string> {
  if (
    Object.keys(attributes).some((name) =>
      /^(FifoQueue|ContentBasedDeduplication|DeduplicationScope|FifoThroughputLimit)$/.test(name),
    )
  )
    throw fifo();
  try {
    if (attributes.Policy) parsePolicy(attributes.Policy, 'resource');
  } catch (error) {
    if (error instanceof MalformedPolicyError)
      throw new AwsError('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
    throw error;
  }
  return attributes;
}

const fifo = () =>
  new AwsError('NotImplemented', 'the twin simulates standard queues only, no FIFO queues', { status: 501 });

function receiveVisibility(given: number | undefined, queue: Queue): number {
  const seconds = given ?? queue.seconds('VisibilityTimeout');
  if (seconds >= 0 && seconds <= 43_200) return seconds;
  throw invalidParameter(
    `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.`,
  );
}

interface Sending {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: MessageAttributes | undefined;
  readonly MessageSystemAttributes?: MessageAttributes | undefined;
  readonly MessageGroupId?: string | undefined;
}

function send(queue: Queue, { principal }: Call<SqsState>, sending: Sending) {
  const { MessageAttributes: attributes = {}, MessageSystemAttributes: systemAttributes = {} } = sending;
  const body = checkMessage(sending.MessageBody, attributes, queue.seconds('MaximumMessageSize'));
  const delay = sending.DelaySeconds ?? queue.seconds('DelaySeconds');
  if (delay < 0 || delay > 900)
    throw invalidParameter(
      `Value ${delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
    );
  // Only the owner of a key can let services use it, and the key that AWS manages is not ours.
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services
  if (principal.kind === 'service' && /(^|:)alias\/aws\/sqs$/.test(queue.attributes.get('KmsMasterKeyId') ?? '')) {
    throw sqsError(
      'KmsAccessDenied',
      `${principal.arn} may not use the key alias/aws/sqs.`,
      'KMS.AccessDeniedException',
    );
  }
  const { id } = queue.send({ body, attributes, systemAttributes, senderId: principal.userId }, delay);
  const [md5, systemMd5] = [md5OfAttributes(attributes), md5OfAttributes(systemAttributes)];
  return {
    MessageId: id,
    MD5OfMessageBody: md5OfBody(body),
    ...(md5 !== undefined && { MD5OfMessageAttributes: md5 }),
    ...(systemMd5 !== undefined && { MD5OfMessageSystemAttributes: systemMd5 }),
  };
}

/** A service that may send to nothing learns that there is nothing, not that it may not. */
function resources(input: Input, call: Call<SqsState>): string[] {
  if (input.QueueUrl === undefined && input.QueueName === undefined) return ['*'];
  if (call.principal.kind === 'service') return [queueAt(call, input.QueueUrl).arn];
  const { QueueOwnerAWSAccountId = call.account, QueueName } = input;
  const { account, name } =
    input.QueueUrl === undefined ? { account: QueueOwnerAWSAccountId, name: QueueName } : addressed(input.QueueUrl);
  return [`arn:aws:sqs:${call.region}:${account}:${name}`];
}

interface Input {
  readonly QueueUrl?: string;
  readonly QueueName?: string;
  readonly QueueOwnerAWSAccountId?: string;
}

/** Standard queues. */
export const sqs: Service<Sdk, SqsState> = {
  prefix: 'sqs',
  sdk: () => require('@aws-sdk/client-sqs') as Sdk,
  client: 'SQSClient',
  initial: ({ region }, twin) => ({
    queues: new Map(),
    deleted: new Map(),
    of: (account): SqsState => twin.state(sqs, { account, region }),
  }),
  dataEvents: [
    'SendMessage',
    'SendMessageBatch',
    'ReceiveMessage',
    'DeleteMessage',
    'DeleteMessageBatch',
    'ChangeMessageVisibility',
    'ChangeMessageVisibilityBatch',
  ],
  resources: (_operation, input: Input, call) => resources(input, call),
  // A batch needs the permission for one. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
  access: (operation, input: Input, call) =>
    /Batch$/.test(operation)
      ? [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resources: resources(input, call) }]
      : undefined,
  resourcePolicy: (state, arn) =>
    state
      .of(arn.split(':')[4] ?? '')
      .queues.get(arn.split(':')[5] ?? '')
      ?.attributes.get('Policy'),
  operations: {
    SendMessage: ({ QueueUrl, ...sending }, call) => send(queueAt(call, QueueUrl), call, sending),
    SendMessageBatch({ QueueUrl, Entries }, call) {
      const queue = queueAt(call, QueueUrl);
      const bytes = (Entries ?? []).reduce(
        (sum, { MessageBody = '', MessageAttributes = {} }) => sum + sizeOf(MessageBody, MessageAttributes),
        0,
      );
      if (bytes > BATCH_BYTES)
        throw sqsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
        );
      return batch(Entries, (entry) => send(queue, call, entry));
    },
    async ReceiveMessage({ QueueUrl, MaxNumberOfMessages = 1, WaitTimeSeconds, VisibilityTimeout, ...asked }, call) {
      const queue = queueAt(call, QueueUrl);
      const wait = WaitTimeSeconds ?? queue.seconds('ReceiveMessageWaitTimeSeconds');
      const invalid = (name: string, value: number, range: string) =>
        invalidParameter(
          `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${range}, if provided.`,
        );
      if (MaxNumberOfMessages < 1 || MaxNumberOfMessages > 10)
        throw invalid('MaxNumberOfMessages', MaxNumberOfMessages, '1 and 10');
      if (wait < 0 || wait > 20) throw invalid('WaitTimeSeconds', wait, '0 and 20');
      const { AttributeNames = [], MessageSystemAttributeNames = [], MessageAttributeNames: attributes = [] } = asked;
      const view = { system: [...AttributeNames, ...MessageSystemAttributeNames], attributes };
      const messages = await queue.receive(MaxNumberOfMessages, wait, receiveVisibility(VisibilityTimeout, queue));
      return messages.length > 0 ? { Messages: messages.map((message) => describeMessage(message, view)) } : {};
    },
    DeleteMessage({ QueueUrl, ReceiptHandle }, call) {
      queueAt(call, QueueUrl).delete(ReceiptHandle);
      return {};
    },
    DeleteMessageBatch({ QueueUrl, Entries }, call) {
      const queue = queueAt(call, QueueUrl);
      return batch(Entries, ({ ReceiptHandle }) => queue.delete(ReceiptHandle));
    },
    ChangeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout }, call) {
      const queue = queueAt(call, QueueUrl);
      queue.changeVisibility(ReceiptHandle, receiveVisibility(VisibilityTimeout, queue));
      return {};
    },
    ChangeMessageVisibilityBatch({ QueueUrl, Entries }, call) {
      const queue = queueAt(call, QueueUrl);
      return batch(Entries, ({ ReceiptHandle, VisibilityTimeout }) =>
        queue.changeVisibility(ReceiptHandle, receiveVisibility(VisibilityTimeout, queue)),
      );
    },
    GetQueueUrl({ QueueName = '', QueueOwnerAWSAccountId }, call) {
      const account = QueueOwnerAWSAccountId ?? call.account;
      if (!call.state.of(account).queues.has(QueueName)) throw noSuchQueue();
      return { QueueUrl: urlOf({ ...call, account }, QueueName) };
    },
    GetQueueAttributes({ QueueUrl, AttributeNames = [] }, call) {
      const queue = queueAt(call, QueueUrl);
      const { visible, inFlight, delayed } = queue.depth();
      const known: Record<string, string> = {
        ...Object.fromEntries(queue.attributes),
        QueueArn: queue.arn,
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
        ApproximateNumberOfMessagesDelayed: String(delayed),
        CreatedTimestamp: String(Math.floor(queue.created / 1000)),
        LastModifiedTimestamp: String(Math.floor(queue.modified / 1000)),
      };
      const names: readonly string[] = AttributeNames;
      const unknown = names.find(
        (name) => name !== 'All' && !(name in known) && !SETTABLE_ATTRIBUTES.includes(name) && name !== 'FifoQueue',
      );
      if (unknown !== undefined) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
      const shown = Object.entries(known).filter(([name]) => names.includes('All') || names.includes(name));
      return shown.length > 0 ? { Attributes: Object.fromEntries(shown) } : {};
    },
    SetQueueAttributes({ QueueUrl, Attributes = {} }, call) {
      queueAt(call, QueueUrl).configure(checkPolicy(Attributes as Record<string, string>));
      return {};
    },
    ListQueues({ QueueNamePrefix = '', MaxResults = 1000, NextToken = '0' }, call) {
      const names = [...call.state.queues.keys()].filter((name) => name.startsWith(QueueNamePrefix)).sort();
      return page(
        names.map((name) => urlOf(call, name)),
        MaxResults,
        NextToken,
        'QueueUrls',
      );
    },
    ListDeadLetterSourceQueues({ QueueUrl, MaxResults = 1000, NextToken = '0' }, call) {
      const { arn } = queueAt(call, QueueUrl);
      const sources = [...call.state.queues.values()].filter(
        (queue) => queue.redrivePolicy()?.deadLetterTargetArn === arn,
      );
      const urls = sources.map(({ name }) => urlOf(call, name));
      const { QueueUrls = [], NextToken: next } = page(urls, MaxResults, NextToken, 'QueueUrls');
      return { queueUrls: QueueUrls, ...(next !== undefined && { NextToken: next }) };
    },
    PurgeQueue({ QueueUrl }, call) {
      const queue = queueAt(call, QueueUrl);
      const now = call.twin.clock.now().getTime();
      if (now - queue.purgedAt < PAUSE_MS)
        throw sqsError(
          'PurgeQueueInProgress',
          `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
        );
      queue.purgedAt = now;
      queue.purge();
      return {};
    },
    CreateQueue({ QueueName = '', Attributes = {}, tags = {} }, call) {
      if (QueueName.endsWith('.fifo')) throw fifo();
      if (!/^[\w-]{1,80}$/.test(QueueName))
        throw invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
      const { twin, state } = call;
      const deletedAt = state.deleted.get(QueueName) ?? Number.NEGATIVE_INFINITY;
      if (twin.clock.now().getTime() - deletedAt < PAUSE_MS)
        throw sqsError(
          'QueueDeletedRecently',
          'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
        );
      const attributes = Attributes as Record<string, string>;
      const existing = state.queues.get(QueueName);
      const differing = Object.entries(attributes).find(
        ([name, value]) => existing && existing.attributes.get(name) !== value,
      );
      if (differing)
        throw sqsError(
          'QueueNameExists',
          `A queue already exists with the same name and a different value for attribute ${differing[0]}`,
          'QueueAlreadyExists',
        );
      if (!existing) makeQueue(twin, call, QueueName, attributes, tags);
      return { QueueUrl: urlOf(call, QueueName) };
    },
    DeleteQueue({ QueueUrl }, call) {
      const queue = queueAt(call, QueueUrl);
      const state = call.state.of(addressed(QueueUrl).account);
      queue.purge();
      state.queues.delete(queue.name);
      state.deleted.set(queue.name, call.twin.clock.now().getTime());
      return {};
    },
    ListQueueTags: ({ QueueUrl }, call) => ({ Tags: { ...queueAt(call, QueueUrl).tags } }),
    TagQueue: ({ QueueUrl, Tags = {} }, call) => {
      Object.assign(queueAt(call, QueueUrl).tags, Tags);
      return {};
    },
    UntagQueue({ QueueUrl, TagKeys = [] }, call) {
      const { tags } = queueAt(call, QueueUrl);
      for (const key of TagKeys) delete tags[key];
      return {};
    },
  },
  terraform: {
    aws_sqs_queue: (args, making) => {
      const name = String(args.name);
      if (args.fifo_queue === true) throw new Error(`${making.address}: the twin simulates standard queues only`);
      const attributes = Object.entries({
        MessageRetentionPeriod: args.message_retention_seconds,
        VisibilityTimeout: args.visibility_timeout_seconds,
        DelaySeconds: args.delay_seconds,
        ReceiveMessageWaitTimeSeconds: args.receive_wait_time_seconds,
        MaximumMessageSize: args.max_message_size,
        SqsManagedSseEnabled: args.sqs_managed_sse_enabled,
        KmsMasterKeyId: args.kms_master_key_id,
        KmsDataKeyReusePeriodSeconds: args.kms_data_key_reuse_period_seconds,
        RedrivePolicy: args.redrive_policy,
        RedriveAllowPolicy: args.redrive_allow_policy,
        Policy: args.policy,
      });
      const given = attributes.flatMap(([key, value]) =>
        value === undefined || value === null ? [] : [[key, String(value)]],
      );
      const { arn } = makeQueue(making.twin, making, name, Object.fromEntries(given), making.tags);
      const url = terraformUrl(making, name);
      return { id: url, url, arn, name };
    },
    aws_sqs_queue_policy: (args, making) => {
      const url = String(args.queue_url);
      queueAt({ state: making.twin.state(sqs, making) }, url).configure(checkPolicy({ Policy: String(args.policy) }));
      return { id: url };
    },
  },
};

/** The twin's own address is not known yet when a stack is loaded. */
const terraformUrl = ({ account, region }: Making, name: string): string =>
  `https://sqs.${region}.amazonaws.com/${account}/${name}`;

function page<K extends string>(items: string[], size: number, token: string, key: K) {
  const from = Number(token);
  return {
    ...(items.length > 0 && ({ [key]: items.slice(from, from + size) } as Record<K, string[]>)),
    ...(from + size < items.length && { NextToken: String(from + size) }),
  } as { [P in K]?: string[] } & { NextToken?: string };
}
