import * as z from 'zod/mini';
import { asError } from '../core/errors';
import { once } from '../core/once';
import { parseEvent } from '../core/schema';
import type { Telemetry } from '../core/telemetry';
import { NOTICE_ATTRIBUTE, Notice } from './notice';

/** What Lambda is invoked with by a topic. @see https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
const TopicEvent = once(() =>
  z.object({
    Records: z
      .array(
        z.object({
          Sns: z.object({
            MessageId: z.string(),
            Subject: z.nullish(z.string()),
            Message: z.string(),
            MessageAttributes: z.optional(z.record(z.string(), z.object({ Value: z.string() }))),
          }),
        }),
      )
      .check(z.minLength(1)),
  }),
);

/** What an alarm publishes. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html */
const Alarm = once(() =>
  z.object({
    AlarmName: z.string().check(z.minLength(1)),
    AlarmArn: z.string().check(z.minLength(1)),
    AlarmDescription: z.nullish(z.string()),
    AWSAccountId: z.string(),
    NewStateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
    NewStateReason: z.string(),
    Region: z.string(),
  }),
);
export type Alarm = z.infer<ReturnType<typeof Alarm>>;

/** A message of the topic that people listen to: about an incident, from an alarm, or plain text. */
export type Alert = { readonly messageId: string } & (
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
  | { readonly kind: 'text'; readonly subject: string; readonly text: string }
);

/**
 * The messages that a topic hands to a function.
 *
 * @throws InvalidEventError for an event that no topic sends, and for a notice that is none: it must not pass for plain text, which nobody
 *   is paged about.
 */
export function alertsIn(event: unknown): Alert[] {
  return parseEvent(TopicEvent(), event).Records.map(({ Sns }): Alert => {
    const { MessageId: messageId, Subject, Message, MessageAttributes = {} } = Sns;
    const attribute = MessageAttributes[NOTICE_ATTRIBUTE];
    if (attribute) return { messageId, kind: 'notice', notice: parseEvent(Notice(), jsonIn(attribute.Value)) };
    const alarm = Alarm().safeParse(jsonIn(Message));
    if (alarm.success) return { messageId, kind: 'alarm', alarm: alarm.data };
    return { messageId, kind: 'text', subject: Subject ?? 'Suture', text: Message };
  });
}

/** What a text says in JSON; undefined if it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * The Lambda handler of one channel.
 *
 * Each channel is a function of its own. What fails is tried again by Lambda as a whole: in one function for all channels, a page that fails
 * would bring a second chat message with each try. A topic sends one message with each invocation, so a try repeats nothing that worked.
 *
 * @param send what the channel does about a message; answers in a few words
 * @throws InvalidEventError; whatever kept a message from being sent. Lambda tries again, and then leaves the event in the dead-letter queue
 */
export const relay =
  (channel: string, telemetry: Pick<Telemetry, 'info' | 'error'>, send: (alert: Alert) => Promise<string>) =>
  async (event: unknown): Promise<void> => {
    const errors: Error[] = [];
    for (const alert of alertsIn(event)) {
      const { messageId, kind } = alert;
      const about = {
        channel,
        messageId,
        kind,
        ...(alert.kind === 'notice' && { incidentId: alert.notice.incidentId, event: alert.notice.event }),
        ...(alert.kind === 'alarm' && { alarmName: alert.alarm.AlarmName, state: alert.alarm.NewStateValue }),
      };
      try {
        telemetry.info('Responders were notified', { ...about, status: await send(alert) });
      } catch (thrown) {
        const error = asError(thrown);
        errors.push(error);
        telemetry.error('Responders could not be notified', { ...about, error });
      }
    }
    const [first] = errors;
    if (first) throw first;
  };
