import * as z from 'zod/mini';
import { once } from '../core/once';
import type { Policy } from '../core/policy';
import type { Home } from '../core/remediation';
import { parseEvent } from '../core/schema';
import { type PartKind, type PartNames, REFUSALS, spelled, TAMPER_CALLS, type TamperCalls } from '../core/tamper-calls';
import { bandOf, type Incident, incidentIdOf, plainText } from '../incident/incident';

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
const ApiCall = once(() =>
  z.looseObject({
    'detail-type': z.literal('AWS API Call via CloudTrail'),
    account: z.string(),
    detail: z.looseObject({
      eventSource: z.string(),
      eventName: z.string(),
      eventID: z.string(),
      eventTime: z.iso.datetime(),
      awsRegion: z.string(),
      errorCode: z.optional(z.string()),
      requestParameters: z.nullish(z.record(z.string(), z.unknown())),
      userIdentity: z.optional(
        z.looseObject({
          type: z.optional(z.string()),
          arn: z.optional(z.string()),
          invokedBy: z.optional(z.string()),
        }),
      ),
    }),
  }),
);

/** A change of one of Suture's own parts, or an attempt at one. */
export interface Tampering {
  /** The call, as CloudTrail spells it. */
  readonly what: string;
  /** What it was about, for people: `trail SelfHealTrail`. */
  readonly part: string;
  readonly kind: PartKind;
  /** The part's name; empty for the kinds of which there is only one. */
  readonly name: string;
  /** ARN of who called; for a service that called by itself, its name. */
  readonly actor: string;
  /** When, ISO 8601, UTC. */
  readonly at: string;
  /** CloudTrail's id of the event. */
  readonly id: string;
  readonly account: string;
  /** Where it was called. Of IAM: us-east-1. Of chat: one of its four Regions. */
  readonly region: string;
  /** IAM refused: nothing changed. */
  readonly refused: boolean;
}

/**
 * Which of Suture's own parts a call tampers with, if any. The principal makes no difference: Suture itself changes none of its parts when it runs, so
 * that a call under one of its own roles tells of a stolen role. A service that calls for a person (`invokedBy`) is that person's doing; one that calls
 * by itself is named instead of a person.
 *
 * A call that failed changed nothing and is left out, unless IAM refused it: that is an attempt.
 *
 * @param event as EventBridge delivers it
 * @param parts of the installation
 * @throws InvalidEventError if the event is none of CloudTrail's
 */
export function tamperingIn(event: unknown, parts: PartNames): Tampering | undefined {
  const { account, detail } = parseEvent(ApiCall(), event);
  const { eventName, eventSource, errorCode, requestParameters, userIdentity = {} } = detail;
  if (errorCode !== undefined && !REFUSALS.includes(errorCode)) return undefined;
  for (const calls of TAMPER_CALLS) {
    if (eventSource !== `${calls.service}.amazonaws.com`) continue;
    if (!calls.eventNames.some((name) => isLike(eventName, name))) continue;
    const found = partIn(calls, requestParameters ?? {}, parts[calls.kind] ?? []);
    if (found === undefined) continue;
    const name = plainText(found, 256);
    return {
      what: plainText(eventName, 100),
      part: name ? `${NOUNS[calls.kind]} ${name}` : NOUNS[calls.kind],
      kind: calls.kind,
      name,
      actor: plainText(userIdentity.arn ?? userIdentity.invokedBy ?? userIdentity.type, 300) || 'somebody unknown',
      at: detail.eventTime,
      id: plainText(detail.eventID, 128),
      account,
      region: plainText(detail.awsRegion, 30),
      refused: errorCode !== undefined,
    };
  }
  return undefined;
}

/** The name of the part that a call is about: empty where there is only one. Undefined if it is about none of ours. */
function partIn(
  calls: TamperCalls,
  request: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined {
  if (!calls.parameter) return '';
  const given = calls.parameter.reduce<unknown>(
    (value, key) =>
      value !== null && typeof value === 'object' ? (value as Readonly<Record<string, unknown>>)[key] : undefined,
    request,
  );
  for (const value of Array.isArray(given) ? given : [given]) {
    if (typeof value !== 'string') continue;
    const name = names.find((one) => spelled(calls, one).some((text) => isLike(value, text, calls.anyCase)));
    // Of a name that stands for several, the call says which.
    if (name !== undefined) return name.includes('*') ? value : name;
  }
  return undefined;
}

/** Whether a text is as a pattern says, in which `*` is any text. */
function isLike(text: string, pattern: string, anyCase = false): boolean {
  const [value, wanted] = anyCase ? [text.toLowerCase(), pattern.toLowerCase()] : [text, pattern];
  const [first = '', ...parts] = wanted.split('*');
  const last = parts.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first) || !value.endsWith(last)) return false;
  let end = first.length;
  for (const part of parts) {
    const start = value.indexOf(part, end);
    if (start < 0) return false;
    end = start + part.length;
  }
  return end + last.length <= value.length;
}

const NOUNS: Readonly<Record<PartKind, string>> = {
  trail: 'trail',
  recorder: "AWS Config's recorder",
  'config-rule': 'Config rule',
  detector: "GuardDuty's detector",
  hub: 'Security Hub',
  rule: 'rule',
  connection: 'connection',
  'api-destination': 'API destination',
  'chat-channel': 'chat channel',
  function: 'function',
  role: 'role',
  table: 'table',
  topic: 'topic',
  queue: 'queue',
  'state-machine': 'state machine',
  bucket: 'bucket',
  'log-group': 'log group',
  alarm: 'alarm',
};

/** What precedes a part's name in its ARN. The others' names do not tell their ARNs. */
const ARNS: Readonly<Partial<Record<PartKind, (home: Home) => string>>> = {
  trail: ({ partition, region, account }) => `arn:${partition}:cloudtrail:${region}:${account}:trail/`,
  rule: ({ partition, region, account }) => `arn:${partition}:events:${region}:${account}:rule/`,
  'chat-channel': ({ partition, account }) => `arn:${partition}:chatbot::${account}:chat-configuration/slack-channel/`,
  function: ({ partition, region, account }) => `arn:${partition}:lambda:${region}:${account}:function:`,
  role: ({ partition, account }) => `arn:${partition}:iam::${account}:role/`,
  table: ({ partition, region, account }) => `arn:${partition}:dynamodb:${region}:${account}:table/`,
  topic: ({ partition, region, account }) => `arn:${partition}:sns:${region}:${account}:`,
  queue: ({ partition, region, account }) => `arn:${partition}:sqs:${region}:${account}:`,
  'state-machine': ({ partition, region, account }) => `arn:${partition}:states:${region}:${account}:stateMachine:`,
  bucket: ({ partition }) => `arn:${partition}:s3:::`,
  'log-group': ({ partition, region, account }) => `arn:${partition}:logs:${region}:${account}:log-group:`,
  alarm: ({ partition, region, account }) => `arn:${partition}:cloudwatch:${region}:${account}:alarm:`,
};

/** A part's ARN, where its name tells it. */
function arnOf({ kind, name, part, region }: Tampering, home: Home): string {
  if (name.startsWith('arn:')) return name;
  const before = ARNS[kind]?.({ ...home, region });
  return before === undefined ? part : before + name;
}

/**
 * Whether somebody may change Suture's parts without a page. The role must be of the account itself: a role of that name elsewhere is somebody else's.
 *
 * @param actor ARN of a session or a role
 */
export function isDeployer(actor: string, account: string, { roles }: Policy['deployers']): boolean {
  const [, of, session, path] =
    /^arn:[^:]+:(?:sts|iam)::(\d{12}):(?:assumed-role\/([^/]+)\/[^/]+|role\/(.+))$/.exec(actor) ?? [];
  const name = session ?? path?.split('/').at(-1);
  return of === account && name !== undefined && roles.includes(name);
}

/**
 * The incident that a change of Suture's own parts is.
 *
 * | who, what                      | band     | people are       |
 * | ------------------------------ | -------- | ---------------- |
 * | a deployer, whatever           | medium   | told, not paged  |
 * | anybody else, refused by IAM   | medium   | told             |
 * | anybody else                   | critical | paged            |
 *
 * It is not looked up at CloudTrail, which would cost minutes: nobody but AWS puts events of `aws.` sources on a bus, and whoever can start executions
 * of the workflow by hand can make noise with it, no more. So nobody vouches for it, nothing is contained, and people look at who it was.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html for sources
 */
export function tamperIncident(
  tampering: Tampering,
  { deployers, home }: { readonly deployers: Policy['deployers']; readonly home: Home },
): Incident & { readonly byDeployer: boolean; readonly quiet: boolean } {
  const { what, part, actor, at, id, account, region, refused } = tampering;
  const byDeployer = isDeployer(actor, home.account, deployers);
  const severity = byDeployer || refused ? 5 : 9;
  return {
    // Attempts that go on all day are one conversation an hour. Each change is its own.
    id: refused ? incidentIdOf('tamper', 'refused', actor, at.slice(0, 13)) : incidentIdOf('tamper', id),
    account,
    region,
    type: `Tampering:Suture/${what}`,
    title: refused
      ? `${actor} tried to change Suture's own ${part} and was refused: ${what}`
      : `Suture's own ${part} was changed by ${actor}: ${what}`,
    severity,
    band: bandOf(severity),
    at,
    source: 'CloudTrail',
    vouched: false,
    findings: [],
    targets: [],
    resources: [arnOf(tampering, home), actor],
    response: 'notify',
    needsApproval: false,
    why: byDeployer
      ? 'deployers may change Suture'
      : refused
        ? 'IAM refused it'
        : 'only people can tell whether Suture still works, and who that was',
    byDeployer,
    quiet: byDeployer,
  };
}
