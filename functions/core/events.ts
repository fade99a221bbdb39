import * as z from 'zod/mini';
import { type ComplianceWake, type ConfigRuleWake, parseComplianceChange, parseRuleInvocation } from './config-events';
import { InvalidEventError } from './errors';
import { once } from './once';
import type { ResourceKind } from './remediation';
import { parseEvent, Trigger } from './schema';

/**
 * A CloudTrail record, as EventBridge delivers it. Loose: AWS adds fields.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
const CloudTrailEvent = once(() =>
  z.looseObject({
    'detail-type': z.literal('AWS API Call via CloudTrail'),
    account: z.string(),
    region: z.string(),
    detail: z.looseObject({
      eventName: z.string(),
      eventID: z.string(),
      eventTime: z.iso.datetime(),
      errorCode: z.optional(z.string()),
      requestParameters: z.nullish(z.record(z.string(), z.unknown())),
      responseElements: z.nullish(z.record(z.string(), z.unknown())),
      userIdentity: z.optional(z.looseObject({ arn: z.optional(z.string()) })),
    }),
  }),
);

/** A CloudTrail event, as far as all functions understand it alike. */
export interface CloudTrailWake {
  readonly kind: 'cloudtrail';
  readonly trigger: Trigger;
  readonly account: string;
  readonly region: string;
  readonly eventName: string;
  /** Set when the call failed and nothing changed. */
  readonly errorCode?: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: Readonly<Record<string, unknown>>;
}

/** The function's own input: from the workflow, the sweep, a person, or itself. */
export interface RequestWake {
  readonly kind: 'request';
  /** AWS's own spelling. */
  readonly resourceType: string;
  readonly id: string;
  /** Decide, but change nothing. */
  readonly dryRun: boolean;
  /** What woke whoever asks. */
  readonly trigger?: Trigger;
}

/** How far a sweep has come, for the invocation that goes on. */
const SweepProgress = once(() =>
  z.strictObject({
    /** The remediation whose resources are swept. @default each that the function has */
    of: z.optional(z.string()),
    /** Only what waits: intents that nobody closed, and what a budget or a pause held. */
    only: z.optional(z.literal('pending')),
    /** The page token. */
    from: z.optional(z.string()),
    startedAt: z.optional(z.iso.datetime()),
    seen: z._default(z.int().check(z.minimum(0)), 0),
    violating: z._default(z.int().check(z.minimum(0)), 0),
  }),
);
export type SweepProgress = z.infer<ReturnType<typeof SweepProgress>>;

/** A look at every resource of the kind: from the schedule, a person, or the invocation before. */
export interface SweepWake {
  readonly kind: 'sweep';
  readonly progress: SweepProgress;
}

export type Wake = CloudTrailWake | ComplianceWake | ConfigRuleWake | RequestWake | SweepWake;

/**
 * Tells what an event is. Whatever comes neither from EventBridge nor from a Config rule must be the function's own input:
 * `{"groupId": "sg-…", "dryRun": false}` or `{"sweep": {}}`.
 *
 * @throws InvalidEventError for anything else.
 */
export function parseWake(event: unknown, resources: readonly ResourceKind[]): Wake {
  const keys = event !== null && typeof event === 'object' ? event : {};
  if ('invokingEvent' in keys) return parseRuleInvocation(event);
  if ('sweep' in keys)
    return { kind: 'sweep', progress: parseEvent(z.strictObject({ sweep: SweepProgress() }), event).sweep };
  if (!('detail-type' in keys)) return parseRequest(event, resources);
  switch (keys['detail-type']) {
    case 'AWS API Call via CloudTrail':
      return parseApiCall(event);
    case 'Config Rules Compliance Change':
      return parseComplianceChange(event);
    default:
      throw new InvalidEventError(`no function reads events of the kind ${JSON.stringify(keys['detail-type'])}`);
  }
}

/** Which kind is meant, the key of the id tells. */
function parseRequest(event: unknown, resources: readonly ResourceKind[]): RequestWake {
  const keys = event !== null && typeof event === 'object' ? event : {};
  const meant = resources.find(({ idKey }) => idKey in keys) ?? resources[0];
  if (!meant) throw new InvalidEventError('this function has no input of its own');
  const schema = z.strictObject({
    [meant.idKey]: z.string().check(z.regex(meant.idPattern)),
    dryRun: z._default(z.boolean(), false),
    trigger: z.optional(Trigger()),
  });
  const { [meant.idKey]: id, dryRun, trigger } = parseEvent(schema, event) as Record<string, unknown>;
  return {
    kind: 'request',
    resourceType: meant.type,
    id: id as string,
    dryRun: dryRun as boolean,
    ...(trigger ? { trigger: trigger as Trigger } : {}),
  };
}

function parseApiCall(event: unknown): CloudTrailWake {
  const { account, region, detail } = parseEvent(CloudTrailEvent(), event);
  return {
    kind: 'cloudtrail',
    trigger: {
      kind: 'cloudtrail',
      name: detail.eventName,
      id: detail.eventID,
      at: detail.eventTime,
      ...(detail.userIdentity?.arn && { actor: detail.userIdentity.arn }),
    },
    account,
    region,
    eventName: detail.eventName,
    ...(detail.errorCode && { errorCode: detail.errorCode }),
    request: detail.requestParameters ?? {},
    response: detail.responseElements ?? {},
  };
}
