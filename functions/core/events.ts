import * as z from 'zod/mini';
import { InvalidEventError } from './errors';

/** What woke a function, as it stands on receipts. */
export const Trigger = z.strictObject({
  kind: z.enum(['cloudtrail', 'request']),
  /** The API call, or who asked. */
  name: z.string().check(z.maxLength(256)),
  id: z.string().check(z.maxLength(256)),
  /** When the change happened, ISO 8601, UTC. Latency counts from here. */
  at: z.iso.datetime(),
  /** ARN of who made the call, where the event says so. */
  actor: z.optional(z.string().check(z.maxLength(2048))),
});
export type Trigger = z.infer<typeof Trigger>;

/**
 * A CloudTrail record, as EventBridge delivers it. Loose: AWS adds fields.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
const CloudTrailEvent = z.looseObject({
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
});

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
  readonly id: string;
  /** Decide, but change nothing. */
  readonly dryRun: boolean;
  /** What woke whoever asks. */
  readonly trigger?: Trigger;
}

export type Wake = CloudTrailWake | RequestWake;

/**
 * Tells what an event is. Whatever is no AWS event must be the function's own input: `{"groupId": "sg-…", "dryRun": false}`.
 *
 * @throws InvalidEventError for anything else.
 */
export function parseWake(event: unknown, resource: { readonly idKey: string; readonly idPattern: RegExp }): Wake {
  if (event === null || typeof event !== 'object' || !('detail-type' in event)) {
    const schema = z.strictObject({
      [resource.idKey]: z.string().check(z.regex(resource.idPattern)),
      dryRun: z._default(z.boolean(), false),
      trigger: z.optional(Trigger),
    });
    const { [resource.idKey]: id, dryRun, trigger } = parseEvent(schema, event) as Record<string, unknown>;
    return {
      kind: 'request',
      id: id as string,
      dryRun: dryRun as boolean,
      ...(trigger ? { trigger: trigger as Trigger } : {}),
    };
  }
  const { account, region, detail } = parseEvent(CloudTrailEvent, event);
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

/**
 * A value that matches a schema.
 *
 * @throws InvalidEventError that says where it does not.
 */
export function parseEvent<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message, code }) => `${path.join('.') || 'event'}: ${message || code}`,
  );
  throw new InvalidEventError(`the event does not match its schema: ${problems.join('; ')}`);
}
