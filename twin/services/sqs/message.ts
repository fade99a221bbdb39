import { createHash } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { AwsError } from '../../service';
import type { Message } from './queue';

/** By name. */
export type MessageAttributes = Readonly<Record<string, MessageAttributeValue>>;

/** Errors of the query protocol, in which clients of old know them. */
export const sqsError = (code: string, message: string, queryCode = `AWS.SimpleQueueService.${code}`): AwsError =>
  new AwsError(code, message, { queryCode });
/** A parameter that AWS refuses. */
export const invalidParameter = (message: string): AwsError =>
  new AwsError('InvalidParameterValueException', message, { queryCode: 'InvalidParameterValue' });

/** Clients compute it, too, and refuse what differs. */
export const md5OfBody = (body: string): string => createHash('md5').update(body).digest('hex');

/**
 * Clients compute it, too, and refuse what differs. Undefined if there are no attributes.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const update = (value: string | Uint8Array) => {
    const bytes = Buffer.from(value as string);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = '', StringValue = '', BinaryValue } = attributes[name] ?? {};
    const isBinary = DataType.startsWith('Binary');
    update(name);
    update(DataType);
    hash.update(Buffer.from([isBinary ? 2 : 1]));
    update(isBinary ? (BinaryValue ?? '') : StringValue);
  }
  return hash.digest('hex');
}

/** Bytes that count against the limit: the body, and names, types and values of the attributes. */
export function sizeOf(body: string, attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.length ?? 0),
    Buffer.byteLength(body),
  );
}

/**
 * @throws AwsError for a message that AWS refuses.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function checkMessage(body: string | undefined, attributes: MessageAttributes, maximumBytes: number): string {
  if (!body) {
    const queryCode = 'MissingParameter';
    const message = 'The request must contain the parameter MessageBody.';
    throw new AwsError('MissingRequiredParameterException', message, { queryCode });
  }
  // XML's characters; a lone surrogate is none.
  if (!/^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u.test(body)) {
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  if (Object.keys(attributes).length > 10)
    throw invalidParameter('Number of message attributes [over 10] exceeds the allowed maximum [10].');
  for (const [name, { DataType = '', StringValue, BinaryValue }] of Object.entries(attributes)) {
    const of = `The message attribute '${name}'`;
    if (!/^(String|Number|Binary)(\.|$)/.test(DataType)) {
      throw invalidParameter(
        `${of} has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    }
    if (!(DataType.startsWith('Binary') ? BinaryValue?.length : StringValue)) {
      throw invalidParameter(
        `${of} must contain non-empty message attribute value for message attribute type '${DataType}'.`,
      );
    }
    if (DataType.startsWith('Number') && !Number.isFinite(Number(StringValue))) {
      throw invalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
    }
  }
  if (sizeOf(body, attributes) > maximumBytes) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${maximumBytes} bytes.`,
    );
  }
  return body;
}

/** What of a message a client asked to see. */
interface View {
  readonly system: readonly string[];
  readonly attributes: readonly string[];
}

/** A message as ReceiveMessage answers it. */
export function describeMessage(message: Message, { system, attributes }: View) {
  const all = {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    DeadLetterQueueSourceArn: message.deadLetterSourceArn,
    AWSTraceHeader: message.systemAttributes.AWSTraceHeader?.StringValue,
  };
  const shownSystem = Object.entries(all).filter(
    ([name, value]) => value !== undefined && (system.includes('All') || system.includes(name)),
  );
  const isAsked = (name: string) =>
    attributes.some(
      (asked) =>
        /^(All|\.\*)$/.test(asked) || asked === name || (asked.endsWith('.*') && name.startsWith(asked.slice(0, -1))),
    );
  const shown = Object.fromEntries(Object.entries(message.attributes).filter(([name]) => isAsked(name)));
  const md5 = md5OfAttributes(shown);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5OfBody(message.body),
    ...(shownSystem.length > 0 && { Attributes: Object.fromEntries(shownSystem) }),
    ...(md5 !== undefined && { MessageAttributes: shown, MD5OfMessageAttributes: md5 }),
  };
}

/** Does each of a batch by itself. @throws AwsError for a batch that AWS refuses as a whole. */
export function batch<E extends { readonly Id?: string | undefined }, R>(
  entries: readonly E[] | undefined,
  run: (entry: E) => R,
) {
  if (!entries || entries.length === 0)
    throw sqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > 10)
    throw sqsError('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10. You have sent more.');
  const ids = entries.map(({ Id = '' }) => Id);
  const odd = ids.find((id) => !/^[\w-]{1,80}$/.test(id));
  if (odd !== undefined)
    throw sqsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw sqsError('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  const Successful: ({ Id: string } & R)[] = [];
  const Failed: { Id: string; SenderFault: boolean; Code: string; Message: string }[] = [];
  for (const [index, entry] of entries.entries()) {
    const Id = ids[index] ?? '';
    try {
      Successful.push({ Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id, SenderFault: true, Code: error.options.queryCode ?? error.code, Message: error.message });
    }
  }
  return { Successful, Failed };
}
