import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import { compileEventPattern, InvalidEventPatternError } from '../../event-pattern';
import { AwsError } from '../../service';

/** By name. */
export type MessageAttributes = Readonly<Record<string, MessageAttributeValue>>;

/** A message, accepted by a topic. */
export interface Notification {
  readonly id: string;
  readonly topicArn: string;
  readonly subject?: string | undefined;
  /** By protocol; `default` for the others. */
  readonly texts: Readonly<Record<string, string>> & { readonly default: string };
  readonly attributes: MessageAttributes;
  readonly time: Date;
}

/** Bytes. @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const LONGEST_MESSAGE = 262_144;

/** A parameter that AWS refuses. */
export const invalidParameter = (reason: string): AwsError =>
  new AwsError('InvalidParameter', `Invalid parameter: ${reason}`);

/** What a publisher gives. */
interface Publishing {
  readonly Message?: string | undefined;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
  readonly MessageAttributes?: MessageAttributes | undefined;
}

/**
 * Reads what is to be published.
 *
 * @throws AwsError for what AWS refuses.
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export function readPublishing({
  Message = '',
  Subject,
  MessageStructure,
  MessageAttributes = {},
}: Publishing): Pick<Notification, 'subject' | 'texts' | 'attributes'> {
  if (Message === '') throw invalidParameter('Empty message');
  if (sizeOf(Message, MessageAttributes) > LONGEST_MESSAGE) throw invalidParameter('Message too long');
  // ASCII without control characters, which begins with a letter, a number or a punctuation mark.
  if (Subject !== undefined && !/^[!-~][ -~]{0,99}$/.test(Subject)) throw invalidParameter('Subject');
  for (const [name, { DataType = '', StringValue, BinaryValue }] of Object.entries(MessageAttributes)) {
    const isBinary = DataType.startsWith('Binary');
    if (!/^(String|String\.Array|Number|Binary)(\.|$)/.test(DataType))
      throw parameterValueInvalid(
        `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
      );
    if (!(isBinary ? BinaryValue?.length : StringValue))
      throw parameterValueInvalid(
        `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
      );
    if (DataType === 'Number' && !Number.isFinite(Number(StringValue)))
      throw parameterValueInvalid(`Could not cast message attribute '${name}' value to number.`);
  }
  return { subject: Subject, texts: textsIn(Message, MessageStructure), attributes: MessageAttributes };
}

const parameterValueInvalid = (message: string) => new AwsError('ParameterValueInvalid', message);

/** Bytes of the message and of the names, types and values of its attributes. */
export function sizeOf(message: string, attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue }]) =>
      sum + Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.length ?? 0),
    Buffer.byteLength(message),
  );
}

function textsIn(message: string, structure: string | undefined): Notification['texts'] {
  if (structure === undefined) return { default: message };
  if (structure !== 'json') throw invalidParameter('Invalid message structure parameter');
  const texts = parseObject(message);
  if (!texts) throw invalidParameter('Message Structure - JSON message body failed to parse');
  const entries = Object.entries(texts).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const { default: fallback, ...others } = Object.fromEntries(entries);
  if (fallback === undefined) throw invalidParameter('Message Structure - No default entry in JSON message body');
  return { ...others, default: fallback };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What a filter policy is applied to. */
export type FilterPolicyScope = 'MessageAttributes' | 'MessageBody';

/**
 * Tells whether a message passes a subscription's filter policy. The patterns are EventBridge's: exact values, `prefix`, `suffix`,
 * `anything-but`, `numeric`, `exists` and the rest.
 *
 * @throws AwsError for a policy that AWS refuses.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function compileFilterPolicy(
  policy: string,
  scope: FilterPolicyScope,
): (notification: Notification, text: string) => boolean {
  if (policy === '{}') return () => true;
  let matches: (event: object) => boolean;
  try {
    matches = compileEventPattern(policy);
  } catch (error) {
    if (error instanceof InvalidEventPatternError)
      throw invalidParameter(`Attributes Reason: FilterPolicy: ${error.message}`);
    throw error;
  }
  if (scope === 'MessageAttributes') return ({ attributes }) => matches(attributeValues(attributes));
  return (_notification, text) => {
    const body = parseObject(text);
    return body !== undefined && matches(body);
  };
}

/** Numbers and lists as what they are; what is binary cannot be filtered by. */
function attributeValues(attributes: MessageAttributes): object {
  const entries = Object.entries(attributes).flatMap(
    ([name, { DataType = '', StringValue = '' }]): [string, unknown][] => {
      if (DataType.startsWith('Binary')) return [];
      if (DataType.startsWith('String.Array')) return [[name, parseList(StringValue)]];
      return [[name, DataType.startsWith('Number') ? Number(StringValue) : StringValue]];
    },
  );
  return Object.fromEntries(entries);
}

function parseList(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** How attributes stand in a notification: `{ "severity": { "Type": "String", "Value": "high" } }`. */
export function listAttributes(attributes: MessageAttributes): Record<string, { Type: string; Value: string }> {
  const value = ({ StringValue, BinaryValue }: MessageAttributeValue) =>
    StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64');
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [
      name,
      { Type: attribute.DataType ?? '', Value: value(attribute) },
    ]),
  );
}

/** Nobody signed it: who verifies signatures refuses what comes from the twin. */
const UNSIGNED = { SignatureVersion: '1', Signature: 'c2ltdWxhdGVk' };

const urls = (topicArn: string, subscriptionArn: string) => {
  const host = `https://sns.${topicArn.split(':')[3]}.amazonaws.com`;
  return {
    certificate: `${host}/SimpleNotificationService-0000000000000000000000000000000000000000.pem`,
    unsubscribe: `${host}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
  };
};

/** What queues, web hooks and JSON mails get. @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
export function envelope(
  { id, topicArn, subject, attributes, time }: Notification,
  text: string,
  subscriptionArn: string,
): string {
  const { certificate, unsubscribe } = urls(topicArn, subscriptionArn);
  return JSON.stringify({
    Type: 'Notification',
    MessageId: id,
    TopicArn: topicArn,
    ...(subject !== undefined && { Subject: subject }),
    Message: text,
    Timestamp: time.toISOString(),
    ...UNSIGNED,
    SigningCertURL: certificate,
    UnsubscribeURL: unsubscribe,
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: listAttributes(attributes) }),
  });
}

/** What functions get. @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function lambdaEvent(
  { id, topicArn, subject, attributes, time }: Notification,
  text: string,
  subscriptionArn: string,
): string {
  const { certificate, unsubscribe } = urls(topicArn, subscriptionArn);
  const Sns = {
    Type: 'Notification',
    MessageId: id,
    TopicArn: topicArn,
    Subject: subject ?? null,
    Message: text,
    Timestamp: time.toISOString(),
    ...UNSIGNED,
    SigningCertUrl: certificate,
    UnsubscribeUrl: unsubscribe,
    MessageAttributes: listAttributes(attributes),
  };
  return JSON.stringify({
    Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn: subscriptionArn, Sns }],
  });
}

/** What asks a web hook to confirm. */
export function confirmationRequest(topicArn: string, token: string, id: string, time: Date): string {
  const host = `https://sns.${topicArn.split(':')[3]}.amazonaws.com`;
  return JSON.stringify({
    Type: 'SubscriptionConfirmation',
    MessageId: id,
    Token: token,
    TopicArn: topicArn,
    Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: `${host}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`,
    Timestamp: time.toISOString(),
    ...UNSIGNED,
    SigningCertURL: urls(topicArn, '').certificate,
  });
}
