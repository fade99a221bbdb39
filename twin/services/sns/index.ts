import { randomUUID } from 'node:crypto';
import { AwsError, type Call, type Making, type Service } from '../../service';
import { plain } from '../../terraform/arguments';
import { addChannel, CHAT_ENDPOINT } from './chat';
import { publish } from './delivery';
import { confirmationRequest, invalidParameter, sizeOf } from './message';
import {
  defaultPolicy,
  describeSubscription,
  effectiveDefaultPolicy,
  makeTopic,
  notFound,
  notSimulated,
  type SnsState,
  type Subscription,
  setSubscriptionAttribute,
  setTopicAttribute,
  subscribe,
  type Topic,
} from './topics';

type Sdk = typeof import('@aws-sdk/client-sns');

const PAGE = 100;

function topicOf({ state, region }: Pick<Call<SnsState>, 'state' | 'region'>, arn: string | undefined): Topic {
  const [, , serviceName, topicRegion, account = '', name = ''] = arn?.split(':') ?? [];
  if (serviceName !== 'sns' || topicRegion !== region || name === '') throw invalidParameter('TopicArn');
  const found = state.of(account).topics.get(name);
  if (!found) throw notFound('Topic');
  return found;
}

function subscriptionOf(call: Call<SnsState>, arn = ''): Subscription {
  const topicArn = arn.split(':').slice(0, 6).join(':');
  const found = topicOf(call, topicArn).subscriptions.get(arn);
  if (!found) throw notFound('Subscription');
  return found;
}

function page<T>(items: readonly T[], token: string | undefined): { items: T[]; next: { NextToken?: string } } {
  const from = Number(token ?? 0);
  return {
    items: items.slice(from, from + PAGE),
    next: from + PAGE < items.length ? { NextToken: String(from + PAGE) } : {},
  };
}

interface Input {
  readonly TopicArn?: string;
  readonly TargetArn?: string;
  readonly ResourceArn?: string;
  readonly SubscriptionArn?: string;
  readonly Name?: string;
  readonly Protocol?: string;
  readonly Endpoint?: string;
}

/** A service that may publish to nothing learns that there is nothing, not that it may not. */
function resources(input: Input, call: Call<SnsState>): string[] {
  const ofSubscription = input.SubscriptionArn?.split(':').slice(0, 6).join(':');
  const arn = input.TopicArn ?? input.TargetArn ?? input.ResourceArn ?? ofSubscription;
  if (call.principal.kind === 'service') return [topicOf(call, arn).arn];
  return [arn || (input.Name === undefined ? '*' : call.arn(input.Name))];
}

/** Topics, and what they send to subscribers. */
export const sns: Service<Sdk, SnsState> = {
  prefix: 'sns',
  accessDenied: 'AuthorizationError',
  sdk: () => require('@aws-sdk/client-sns') as Sdk,
  client: 'SNSClient',
  initial: ({ region }, twin) => ({
    topics: new Map(),
    of: (account): SnsState => twin.state(sns, { account, region }),
  }),
  dataEvents: ['Publish', 'PublishBatch'],
  resources: (_operation, input: Input, call) => resources(input, call),
  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
  access: (operation, input: Input, call) => {
    if (operation === 'PublishBatch') return [{ action: 'sns:Publish', resources: resources(input, call) }];
    if (operation !== 'Subscribe') return undefined;
    return [
      {
        action: 'sns:Subscribe',
        resources: resources(input, call),
        context: { 'sns:Protocol': input.Protocol ?? '', 'sns:Endpoint': input.Endpoint ?? '' },
      },
    ];
  },
  resourcePolicy: (state, arn) => {
    const [, , , , account = '', name = ''] = arn.split(':');
    const topic = state.of(account).topics.get(name);
    return topic && (topic.attributes.get('Policy') ?? effectiveDefaultPolicy(topic));
  },
  operations: {
    Publish({ TopicArn, TargetArn, PhoneNumber, ...publishing }, call) {
      if (PhoneNumber !== undefined) throw notSimulated('text messages');
      return { MessageId: publish(call, topicOf(call, TopicArn ?? TargetArn), publishing) };
    },
    PublishBatch({ TopicArn, PublishBatchRequestEntries: entries = [] }, call) {
      const topic = topicOf(call, TopicArn);
      const ids = entries.map(({ Id = '' }) => Id);
      const bytes = entries.reduce(
        (sum, { Message = '', MessageAttributes = {} }) => sum + sizeOf(Message, MessageAttributes),
        0,
      );
      if (entries.length === 0)
        throw new AwsError('EmptyBatchRequest', 'The batch request does not contain any entries.');
      if (entries.length > 10)
        throw new AwsError('TooManyEntriesInBatchRequest', 'The batch request contains more entries than permissible.');
      if (new Set(ids).size < ids.length)
        throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
      if (!ids.every((id) => /^[\w-]{1,80}$/.test(id)))
        throw new AwsError(
          'InvalidBatchEntryId',
          'The Id of a batch entry in a batch request does not abide by the specification.',
        );
      if (bytes > 262_144)
        throw new AwsError(
          'BatchRequestTooLong',
          'The length of all the messages put together is more than the limit.',
        );
      const Successful: { Id: string; MessageId: string }[] = [];
      const Failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = [];
      for (const { Id = '', ...publishing } of entries) {
        try {
          Successful.push({ Id, MessageId: publish(call, topic, publishing) });
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          Failed.push({ Id, Code: error.code, Message: error.message, SenderFault: true });
        }
      }
      return { Successful, Failed };
    },
    Subscribe({ TopicArn, Protocol = '', Endpoint = '', Attributes = {}, ReturnSubscriptionArn = false }, call) {
      const topic = topicOf(call, TopicArn);
      const { arn, token, endpoint } = subscribe(topic, call.account, Protocol, Endpoint, Attributes);
      const time = call.twin.clock.now();
      if (token === undefined) return { SubscriptionArn: arn };
      call.twin.outbox.send({
        channel: 'https',
        to: endpoint,
        subject: null,
        body: confirmationRequest(topic.arn, token, randomUUID(), time),
        time: time.toISOString(),
      });
      return { SubscriptionArn: ReturnSubscriptionArn ? arn : 'pending confirmation' };
    },
    ConfirmSubscription({ TopicArn, Token }, call) {
      const pending = [...topicOf(call, TopicArn).subscriptions.values()].find(
        ({ token }) => token !== undefined && token === Token,
      );
      if (!pending) throw invalidParameter('Token');
      pending.token = undefined;
      return { SubscriptionArn: pending.arn };
    },
    Unsubscribe({ SubscriptionArn = '' }, call) {
      const { topic, arn } = subscriptionOf(call, SubscriptionArn);
      topic.subscriptions.delete(arn);
      return {};
    },
    ListSubscriptions({ NextToken }, call) {
      const { items, next } = page(
        [...call.state.topics.values()].flatMap(({ subscriptions }) => [...subscriptions.values()]),
        NextToken,
      );
      return { Subscriptions: items.map(describeSubscription), ...next };
    },
    ListSubscriptionsByTopic({ TopicArn, NextToken }, call) {
      const { items, next } = page([...topicOf(call, TopicArn).subscriptions.values()], NextToken);
      return { Subscriptions: items.map(describeSubscription), ...next };
    },
    GetSubscriptionAttributes({ SubscriptionArn }, call) {
      const { arn, topic, protocol, endpoint, owner, token, attributes } = subscriptionOf(call, SubscriptionArn);
      return {
        Attributes: {
          SubscriptionArn: arn,
          TopicArn: topic.arn,
          Owner: owner,
          Protocol: protocol,
          Endpoint: endpoint,
          PendingConfirmation: String(token !== undefined),
          ConfirmationWasAuthenticated: String(token === undefined && !protocol.startsWith('email')),
          RawMessageDelivery: 'false',
          ...(attributes.has('FilterPolicy') && { FilterPolicyScope: 'MessageAttributes' }),
          ...Object.fromEntries(attributes),
        },
      };
    },
    SetSubscriptionAttributes({ SubscriptionArn, AttributeName = '', AttributeValue = '' }, call) {
      setSubscriptionAttribute(subscriptionOf(call, SubscriptionArn), AttributeName, AttributeValue);
      return {};
    },
    GetTopicAttributes({ TopicArn }, call) {
      const topic = topicOf(call, TopicArn);
      const subscriptions = [...topic.subscriptions.values()];
      const pending = subscriptions.filter(({ token }) => token !== undefined).length;
      return {
        Attributes: {
          TopicArn: topic.arn,
          Owner: topic.account,
          DisplayName: '',
          Policy: JSON.stringify(defaultPolicy(topic)),
          SubscriptionsConfirmed: String(subscriptions.length - pending),
          SubscriptionsPending: String(pending),
          SubscriptionsDeleted: '0',
          ...Object.fromEntries(topic.attributes),
        },
      };
    },
    SetTopicAttributes({ TopicArn, AttributeName = '', AttributeValue = '' }, call) {
      setTopicAttribute(topicOf(call, TopicArn), AttributeName, AttributeValue);
      return {};
    },
    ListTopics({ NextToken }, { state }) {
      const { items, next } = page([...state.topics.values()], NextToken);
      return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), ...next };
    },
    CreateTopic({ Name = '', Attributes = {}, Tags = [] }, { state, account, region }) {
      const existing = state.topics.get(Name);
      const differs =
        existing && Object.entries(Attributes).some(([name, value]) => existing.attributes.get(name) !== value);
      if (differs) throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
      const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
      return { TopicArn: (existing ?? makeTopic(state, { account, region }, Name, Attributes, tags)).arn };
    },
    DeleteTopic({ TopicArn = '' }, { state }) {
      // One that does not exist is no error.
      const [, , , , account = '', name = ''] = TopicArn.split(':');
      state.of(account).topics.delete(name);
      return {};
    },
    ListTagsForResource: ({ ResourceArn }, call) => ({
      Tags: Object.entries(topicOf(call, ResourceArn).tags).map(([Key, Value]) => ({ Key, Value })),
    }),
    TagResource({ ResourceArn, Tags = [] }, call) {
      const { tags } = topicOf(call, ResourceArn);
      for (const { Key = '', Value = '' } of Tags) tags[Key] = Value;
      return {};
    },
    UntagResource({ ResourceArn, TagKeys = [] }, call) {
      const { tags } = topicOf(call, ResourceArn);
      for (const key of TagKeys) delete tags[key];
      return {};
    },
  },
  terraform: {
    aws_sns_topic: (args, making) => {
      const name = String(args.name);
      if (args.fifo_topic === true) throw new Error(`${making.address}: the twin does not simulate FIFO topics`);
      const attributes = given({
        DisplayName: args.display_name,
        KmsMasterKeyId: args.kms_master_key_id,
        Policy: args.policy,
      });
      const { arn } = makeTopic(making.twin.state(sns, making), making, name, attributes, making.tags);
      return { arn, id: arn, name };
    },
    aws_sns_topic_policy: (args, making) => {
      const topic = topicIn(making, args.arn);
      setTopicAttribute(topic, 'Policy', String(args.policy));
      return { id: topic.arn };
    },
    aws_sns_topic_subscription: (args, making) => {
      const attributes = given({
        FilterPolicyScope: args.filter_policy_scope,
        FilterPolicy: args.filter_policy,
        RawMessageDelivery: args.raw_message_delivery,
        RedrivePolicy: args.redrive_policy,
      });
      const subscription = subscribe(
        topicIn(making, args.topic_arn),
        making.account,
        String(args.protocol),
        String(args.endpoint),
        attributes,
      );
      if (args.endpoint_auto_confirms === true) subscription.token = undefined;
      return { arn: subscription.arn, id: subscription.arn };
    },
    aws_chatbot_slack_channel_configuration: (args, making) => {
      const topics = plain((args.sns_topic_arns ?? []) as string[]).map((arn) => topicIn(making, arn));
      const name = addChannel(making, args);
      for (const topic of topics) subscribe(topic, making.account, 'https', CHAT_ENDPOINT, {}).token = undefined;
      const arn = `arn:aws:chatbot::${making.account}:chat-configuration/slack-channel/${name}`;
      return { chat_configuration_arn: arn, slack_channel_name: '', slack_team_name: '' };
    },
  },
};

function topicIn({ twin, account, region }: Making, arn: unknown): Topic {
  return topicOf({ state: twin.state(sns, { account, region }), region }, String(arn));
}

/** The arguments that have a value, as text. */
function given(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, String(value)]],
    ),
  );
}
