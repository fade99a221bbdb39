import type { Message } from '@aws-sdk/client-sqs';
import { asError } from '../functions/core/errors';
import { parseWake } from '../functions/core/events';
import { SECURITY_GROUP } from '../functions/remediate-security-group/security-group';
import type { Installation } from './installation';

/** What lies in the dead-letter queue, unpacked. */
export interface DeadLetter {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly sentAt: string;
  /** Who left it: `lambda` after three tries, `eventbridge` when it could not deliver. */
  readonly from: 'lambda' | 'eventbridge' | 'unknown';
  /** What the event is about, in words. */
  readonly about: string;
  /** Whom to send the event to, and what; or why that cannot be known. */
  readonly send: { readonly functionName: string; readonly event: unknown } | { readonly unknown: string };
}

type Loose = Readonly<Record<string, unknown>>;
const loose = (value: unknown): Loose => (value !== null && typeof value === 'object' ? (value as Loose) : {});

/**
 * Unpacks a message. Only functions of the installation are sent anything, and only what they can read: who may write into a queue
 * must not choose what an operator invokes.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function unpack(message: Message, installation: Pick<Installation, 'arn' | 'functions' | 'names'>): DeadLetter {
  const { MessageId = '', ReceiptHandle = '', Body = '', MessageAttributes = {}, Attributes = {} } = message;
  const attribute = (name: string) => MessageAttributes[name]?.StringValue;
  const common = {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    sentAt: new Date(Number(Attributes.SentTimestamp ?? 0)).toISOString(),
  };
  const body = json(Body);
  if (body === undefined)
    return { ...common, from: 'unknown', about: '', send: { unknown: 'the message is not JSON' } };

  const { requestContext, requestPayload } = loose(body);
  const { functionArn } = loose(requestContext);
  if (typeof functionArn === 'string') {
    const about = aboutOf(requestPayload);
    return { ...common, from: 'lambda', about, send: sending(functionArn, requestPayload, installation) };
  }
  const targetArn = attribute('TARGET_ARN');
  const ruleArn = attribute('RULE_ARN');
  if (targetArn !== undefined && ruleArn !== undefined) {
    const event = inputOf(body, ruleArn, installation);
    return { ...common, from: 'eventbridge', about: aboutOf(event), send: sending(targetArn, event, installation) };
  }
  return {
    ...common,
    from: 'unknown',
    about: aboutOf(body),
    send: { unknown: 'neither Lambda nor EventBridge left it: it names no function' },
  };
}

function sending(arn: string, event: unknown, { arn: arnOf, functions }: Pick<Installation, 'arn' | 'functions'>) {
  const functionName = functions.find((name) => {
    const own = arnOf('lambda', `function:${name}`);
    return arn === own || arn === `${own}:$LATEST`;
  });
  if (functionName === undefined) return { unknown: `${arn} is no function of this installation` };
  try {
    parseWake(event, [SECURITY_GROUP]);
    return { functionName, event };
  } catch (error) {
    return { unknown: `${functionName} could not read it: ${asError(error).message}` };
  }
}

/** A schedule's event is not what its rule gives the function. */
function inputOf(event: unknown, ruleArn: string, { arn, names }: Pick<Installation, 'arn' | 'names'>): unknown {
  const { sweepRule, pendingRule } = names.securityGroup;
  if (loose(event)['detail-type'] !== 'Scheduled Event') return event;
  if (ruleArn === arn('events', `rule/${sweepRule}`)) return { sweep: {} };
  if (ruleArn === arn('events', `rule/${pendingRule}`)) return { sweep: { only: 'pending' } };
  return event;
}

function aboutOf(event: unknown): string {
  const { detail, groupId, sweep, configRuleName, 'detail-type': kind } = loose(event);
  if (typeof groupId === 'string') return groupId;
  if (sweep !== undefined) return 'sweep';
  if (typeof configRuleName === 'string') return `Config rule ${configRuleName}`;
  const { eventName, eventID, resourceId, requestParameters } = loose(detail);
  const group = loose(requestParameters).groupId ?? resourceId ?? eventID;
  return [eventName ?? kind ?? 'something', group].filter((part) => typeof part === 'string').join(' ');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
