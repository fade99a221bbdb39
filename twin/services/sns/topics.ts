import { randomUUID } from 'node:crypto';
import { MalformedPolicyError, parsePolicy } from '../../iam/policy';
import { AwsError, type Scope } from '../../service';
import { compileFilterPolicy, type FilterPolicyScope, invalidParameter, type Notification } from './message';

/** Where a topic sends what it gets. */
export interface Subscription {
  readonly arn: string;
  readonly topic: Topic;
  readonly protocol: string;
  readonly endpoint: string;
  readonly owner: string;
  /** What confirms it, if it is still to be confirmed. */
  token?: string | undefined;
  readonly attributes: Map<string, string>;
  accepts: (notification: Notification, text: string) => boolean;
}

/** A standard topic. */
export interface Topic {
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  readonly attributes: Map<string, string>;
  readonly tags: Record<string, string>;
  /** By ARN. */
  readonly subscriptions: Map<string, Subscription>;
}

/** What an account has in a Region. */
export interface SnsState {
  /** By name. */
  readonly topics: Map<string, Topic>;
  /** Another account's, in this Region: its topics may let our principals in. */
  readonly of: (account: string) => SnsState;
}

const TOPIC_ATTRIBUTES = [
  'Policy',
  'DisplayName',
  'KmsMasterKeyId',
  'DeliveryPolicy',
  'SignatureVersion',
  'TracingConfig',
];
const SUBSCRIPTION_ATTRIBUTES = [
  'FilterPolicy',
  'FilterPolicyScope',
  'RawMessageDelivery',
  'RedrivePolicy',
  'DeliveryPolicy',
  'SubscriptionRoleArn',
];
/** What AWS can do and the twin cannot. */
export const notSimulated = (what: string) =>
  new AwsError('NotImplemented', `the twin does not simulate ${what}`, { status: 501 });
/** A topic or subscription that does not exist. */
export const notFound = (what: string) => new AwsError('NotFound', `${what} does not exist`, { status: 404 });

function checkPolicy(policy: string): void {
  try {
    parsePolicy(policy, 'resource');
  } catch (error) {
    if (error instanceof MalformedPolicyError) throw invalidParameter(`Policy Error: ${error.message}`);
    throw error;
  }
}

/** An empty value takes the attribute away. @throws AwsError for what AWS refuses. */
export function setTopicAttribute(topic: Topic, name: string, value: string): void {
  if (name === 'FifoTopic' || name === 'ContentBasedDeduplication') throw notSimulated('FIFO topics');
  if (!TOPIC_ATTRIBUTES.includes(name)) throw invalidParameter('AttributeName');
  if (name === 'Policy' && value !== '') checkPolicy(value);
  if (value === '') topic.attributes.delete(name);
  else topic.attributes.set(name, value);
}

/** Makes a topic, also where one was. @throws AwsError for what AWS refuses. */
export function makeTopic(
  state: SnsState,
  { account, region }: Scope,
  name: string,
  attributes: Readonly<Record<string, string>>,
  tags: Record<string, string>,
): Topic {
  if (name.endsWith('.fifo')) throw notSimulated('FIFO topics');
  if (!/^[\w-]{1,256}$/.test(name)) throw invalidParameter('Topic Name');
  const topic: Topic = {
    name,
    arn: `arn:aws:sns:${region}:${account}:${name}`,
    account,
    attributes: new Map(),
    tags,
    subscriptions: new Map(),
  };
  for (const [key, value] of Object.entries(attributes)) setTopicAttribute(topic, key, value);
  state.topics.set(name, topic);
  return topic;
}

/** Sets an attribute, and compiles what the filter policy has become. @throws AwsError for what AWS refuses. */
export function setSubscriptionAttribute(subscription: Subscription, name: string, value: string): void {
  const { attributes } = subscription;
  if (!SUBSCRIPTION_ATTRIBUTES.includes(name)) throw invalidParameter('AttributeName');
  if (name === 'RawMessageDelivery' && !/^(true|false)$/i.test(value))
    throw invalidParameter('Attributes Reason: RawMessageDelivery: Invalid value. Must be true or false.');
  if (name === 'FilterPolicyScope' && !/^(MessageAttributes|MessageBody)$/.test(value))
    throw invalidParameter(
      'Attributes Reason: FilterPolicyScope: Invalid value. Must be MessageAttributes or MessageBody.',
    );
  const next = new Map(attributes).set(name, value);
  const scope = (next.get('FilterPolicyScope') ?? 'MessageAttributes') as FilterPolicyScope;
  subscription.accepts = compileFilterPolicy(next.get('FilterPolicy') || '{}', scope);
  attributes.set(name, value);
}

/** @see https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
const ENDPOINTS: Readonly<Record<string, RegExp>> = {
  email: /^[^@\s]+@[^@\s]+$/,
  'email-json': /^[^@\s]+@[^@\s]+$/,
  http: /^http:\/\/./,
  https: /^https:\/\/./,
  sqs: /^arn:aws[\w-]*:sqs:[^:]+:\d{12}:[^:]+$/,
  lambda: /^arn:aws[\w-]*:lambda:[^:]+:\d{12}:function:.+$/,
};

/** Mails count as confirmed, as somebody who is no part of AWS reads them; queues and functions need no confirmation. */
export function subscribe(
  topic: Topic,
  owner: string,
  protocol: string,
  endpoint: string,
  attributes: Readonly<Record<string, string>>,
): Subscription {
  const form = ENDPOINTS[protocol];
  if (/^(sms|application|firehose)$/.test(protocol)) throw notSimulated(`subscriptions of protocol ${protocol}`);
  if (!form) throw invalidParameter('Does not support this protocol string');
  if (!form.test(endpoint)) throw invalidParameter(`${protocol} endpoint: ${endpoint}`);
  const existing = [...topic.subscriptions.values()].find(
    (one) => one.protocol === protocol && one.endpoint === endpoint,
  );
  if (existing) {
    const differs = Object.entries(attributes).some(([name, value]) => existing.attributes.get(name) !== value);
    if (differs) throw invalidParameter('Attributes Reason: Subscription already exists with different attributes');
    return existing;
  }
  const subscription: Subscription = {
    arn: `${topic.arn}:${randomUUID()}`,
    topic,
    protocol,
    endpoint,
    owner,
    token: /^https?$/.test(protocol) ? randomUUID().replaceAll('-', '') : undefined,
    attributes: new Map(),
    accepts: () => true,
  };
  for (const [name, value] of Object.entries(attributes)) setSubscriptionAttribute(subscription, name, value);
  topic.subscriptions.set(subscription.arn, subscription);
  return subscription;
}

/** As the lists of subscriptions have it. */
export const describeSubscription = ({ arn, topic, protocol, endpoint, owner, token }: Subscription) => ({
  SubscriptionArn: token === undefined ? arn : 'PendingConfirmation',
  Owner: owner,
  Protocol: protocol,
  Endpoint: endpoint,
  TopicArn: topic.arn,
});

const MANAGEMENT_ACTIONS = [
  'GetTopicAttributes',
  'SetTopicAttributes',
  'AddPermission',
  'RemovePermission',
  'DeleteTopic',
  'Subscribe',
  'ListSubscriptionsByTopic',
  'Publish',
].map((action) => `SNS:${action}`);

/** A topic's policy as it is shown when none was set. @see https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html */
export const defaultPolicy = ({ arn, account }: Topic) => ({
  Version: '2008-10-17',
  Id: '__default_policy_ID',
  Statement: [
    {
      Sid: '__default_statement_ID',
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: MANAGEMENT_ACTIONS,
      Resource: arn,
      Condition: { StringEquals: { 'AWS:SourceOwner': account } },
    },
  ],
});

/** What that comes to: the account itself, and alarms, which say on whose behalf they publish. EventBridge does not. */
export const effectiveDefaultPolicy = ({ arn, account }: Topic) => ({
  Version: '2008-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: account }, Action: MANAGEMENT_ACTIONS, Resource: arn },
    {
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'SNS:Publish',
      Resource: arn,
      Condition: { StringEquals: { 'AWS:SourceAccount': account } },
    },
  ],
});
