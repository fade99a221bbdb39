import { randomUUID } from 'node:crypto';
import { servicePrincipal } from '../../iam/principal';
import { AwsError, type Call, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { putMetric } from '../cloudwatch';
import { deliver } from '../deliver';
import { CHAT_ENDPOINT, showInChat } from './chat';
import { envelope, lambdaEvent, type Notification, readPublishing } from './message';
import type { Subscription, Topic } from './topics';

/** Of mails whose publisher gave none. */
const NO_SUBJECT = 'AWS Notification Message';

/** Accepts a message, and sends it on. @throws AwsError for a message that AWS refuses. */
export function publish(call: Call<unknown>, topic: Topic, publishing: Parameters<typeof readPublishing>[0]): string {
  const { twin, principal, region } = call;
  const read = readPublishing(publishing);
  // The policy of the key that AWS manages admits no services, and cannot be changed.
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
  if (principal.kind === 'service' && /(^|:)alias\/aws\/sns$/.test(topic.attributes.get('KmsMasterKeyId') ?? '')) {
    throw new AwsError(
      'KMSAccessDenied',
      `${principal.arn} does not have authorization to access the SNS topic encryption key alias/aws/sns.`,
    );
  }
  const notification = { ...read, id: randomUUID(), topicArn: topic.arn, time: twin.clock.now() };
  const scope = { account: topic.account, region };
  putMetric(twin, scope, 'AWS/SNS', 'NumberOfMessagesPublished', { TopicName: topic.name }, 1);
  for (const subscription of topic.subscriptions.values()) {
    const text = notification.texts[subscription.protocol] ?? notification.texts.default;
    if (subscription.token !== undefined) continue;
    if (subscription.accepts(notification, text))
      void twin.clock.track(send(twin, scope, subscription, notification, text));
    else putMetric(twin, scope, 'AWS/SNS', 'NumberOfNotificationsFilteredOut', { TopicName: topic.name }, 1);
  }
  return notification.id;
}

/** What cannot be delivered goes to the subscription's dead-letter queue, if it has one; what AWS would try again fails here at once. */
async function send(
  twin: Twin,
  scope: Scope,
  subscription: Subscription,
  notification: Notification,
  text: string,
): Promise<void> {
  const { topic, protocol, endpoint, arn, attributes } = subscription;
  const { subject } = notification;
  const isRaw = attributes.get('RawMessageDelivery')?.toLowerCase() === 'true';
  const body = isRaw ? text : envelope(notification, text, arn);
  const time = notification.time.toISOString();
  const principal = servicePrincipal('sns.amazonaws.com', topic.account, topic.arn);
  const metric = (name: string) => putMetric(twin, scope, 'AWS/SNS', name, { TopicName: topic.name }, 1);
  try {
    if (protocol === 'sqs')
      await deliver(twin, {
        arn: endpoint,
        body,
        principal,
        ...(isRaw && { attributes: textAttributes(notification) }),
      });
    else if (protocol === 'lambda')
      await deliver(twin, { arn: endpoint, body: lambdaEvent(notification, text, arn), principal });
    else if (protocol === 'email')
      twin.outbox.send({ channel: 'email', to: endpoint, subject: subject ?? NO_SUBJECT, body: text, time });
    else if (protocol === 'email-json')
      twin.outbox.send({
        channel: 'email',
        to: endpoint,
        subject: subject ?? NO_SUBJECT,
        body: envelope(notification, text, arn),
        time,
      });
    else if (endpoint === CHAT_ENDPOINT) showInChat(twin, scope, topic.arn, text);
    else twin.outbox.send({ channel: 'https', to: endpoint, subject: subject ?? null, body, time });
    metric('NumberOfNotificationsDelivered');
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    metric('NumberOfNotificationsFailed');
    const redrive = attributes.get('RedrivePolicy');
    if (redrive === undefined) return;
    const { deadLetterTargetArn = '' } = JSON.parse(redrive) as { deadLetterTargetArn?: string };
    await deliver(twin, { arn: deadLetterTargetArn, body, principal }).then(
      () => metric('NumberOfNotificationsRedrivenToDlq'),
      () => metric('NumberOfNotificationsFailedToRedriveToDlq'),
    );
  }
}

function textAttributes({ attributes }: Notification): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { StringValue }]) =>
      StringValue === undefined ? [] : [[name, StringValue]],
    ),
  );
}
