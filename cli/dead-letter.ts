import type { Message } from '@aws-sdk/client-sqs';
import { readEvent } from '../functions/assess-incident/events';
import { asError, InvalidEventError } from '../functions/core/errors';
import { parseWake } from '../functions/core/events';
import type { Installation } from './installation';
import { type Kind, kinds } from './kinds';
import { type Loose, loose } from './loose';

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
  readonly send: Sending | { readonly unknown: string };
}

/** A function or a state machine of the installation, by its name, and the event for it. */
export interface Sending {
  readonly to: 'function' | 'stateMachine';
  readonly name: string;
  readonly event: unknown;
}

type Known = Pick<Installation, 'arn' | 'functions' | 'names'>;

/**
 * Unpacks a message. Only parts of the installation are sent anything, and only what they can read: who may write into a queue
 * must not choose what an operator invokes.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function unpack(message: Message, installation: Known): DeadLetter {
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

function sending(arn: string, event: unknown, installation: Known): DeadLetter['send'] {
  const { arn: arnOf, functions, names } = installation;
  const { stateMachine } = names.incident;
  if (arn === arnOf('states', `stateMachine:${stateMachine}`)) return starting(stateMachine, event);
  const meant = functions.find(({ function: name }) => {
    const own = arnOf('lambda', `function:${name}`);
    return arn === own || arn === `${own}:$LATEST`;
  });
  if (meant === undefined) return { unknown: `${arn} is nothing of this installation that takes events again` };
  const { function: name, kinds: of } = meant;
  return readable(name, () => requireReadable(event, of)) ?? { to: 'function', name, event };
}

/** The longest input of an execution, in bytes. @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const LONGEST_INPUT = 262_144;

function starting(name: string, event: unknown): DeadLetter['send'] {
  const length = Buffer.byteLength(JSON.stringify(event));
  if (length > LONGEST_INPUT)
    return { unknown: `its ${length} bytes are more than ${name} takes (${LONGEST_INPUT}): a person must look at it` };
  return readable(name, () => readEvent(event)) ?? { to: 'stateMachine', name, event };
}

/** Why somebody could not read an event, if so. */
function readable(name: string, read: () => unknown): { readonly unknown: string } | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return { unknown: `${name} could not read it: ${asError(error).message}` };
  }
}

/** @throws InvalidEventError for what the function would fail on again, three times */
function requireReadable(event: unknown, of: readonly Kind[]): void {
  const wake = parseWake(
    event,
    of.map(({ resource }) => resource),
  );
  const refuse = (what: string) => {
    throw new InvalidEventError(`${what} does not concern ${of.map(({ nouns }) => nouns).join(' or ')}`);
  };
  if (wake.kind === 'cloudtrail' && !of.some(({ calls }) => calls.includes(wake.eventName))) refuse(wake.eventName);
  if (wake.kind === 'config-rule' && !of.some(({ judgeItem }) => judgeItem)) refuse('a Config rule of ours');
  if (wake.kind !== 'sweep') return;
  const { of: name } = wake.progress;
  if (name !== undefined && !of.some((kind) => kind.name === name)) refuse(`a sweep of ${name}`);
}

/** A schedule's event is not what its rule gives the function. */
function inputOf(event: unknown, ruleArn: string, { arn, functions }: Known): unknown {
  if (loose(event)['detail-type'] !== 'Scheduled Event') return event;
  const isRule = (name: string) => ruleArn === arn('events', `rule/${name}`);
  if (functions.some(({ sweepRule }) => isRule(sweepRule))) return { sweep: {} };
  if (functions.some(({ pendingRule }) => isRule(pendingRule))) return { sweep: { only: 'pending' } };
  return event;
}

const ID_KEYS = kinds.map(({ resource }) => resource.idKey);

function aboutOf(event: unknown): string {
  const { detail, sweep, configRuleName, 'detail-type': kind } = loose(event);
  const asked = idIn(loose(event));
  if (asked !== undefined) return asked;
  if (sweep !== undefined) return 'sweep';
  if (typeof configRuleName === 'string') return `Config rule ${configRuleName}`;
  const { eventName, eventID, resourceId, requestParameters, id } = loose(detail);
  const resource = idIn(loose(requestParameters)) ?? resourceId ?? eventID ?? id;
  return [eventName ?? kind ?? 'something', resource].filter((part) => typeof part === 'string').join(' ');
}

const idIn = (members: Loose): string | undefined =>
  ID_KEYS.map((key) => members[key]).find((id) => typeof id === 'string');

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
