import { randomUUID } from 'node:crypto';
import type { Principal } from '../../iam/principal';
import type { AwsError, Scope, Service } from '../../service';
import type { Twin } from '../../twin';
import { putEvents } from '../events';
import { userNameOf } from '../iam';
import { CLOUDTRAIL, type LoggedEvent, type Trail } from './state';

/** Services whose events all arrive in one Region. @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events */
const GLOBAL_EVENTS_REGION = 'us-east-1';

/** A call to be logged. */
interface LoggedCall extends Scope {
  readonly service: Service;
  readonly operation: string;
  readonly input: object;
  readonly output: object | undefined;
  readonly error: AwsError | undefined;
  readonly principal: Principal;
  readonly requestId: string;
  /** What logged before the call: what stops a trail is the last that it logs. */
  readonly listening: readonly Listening[];
}

/** A trail that logs, in an account. */
type Listening = Pick<Trail, 'multiRegion' | 'globalEvents' | 'homeRegion'> & { readonly account: string };

/** Every trail that logs now. */
export const listeningTrails = (twin: Twin): Listening[] =>
  [...twin.statesOf(CLOUDTRAIL)].flatMap(({ account, state: { trails } }) =>
    [...trails.values()].filter(({ logging }) => logging).map((trail) => ({ ...trail, account })),
  );

/**
 * Writes a call into the event history and, where a trail logs, onto the default bus: failed calls too.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function logCall(twin: Twin, call: LoggedCall): void {
  const { service: target, operation, input, output, error, principal, requestId, account, listening } = call;
  if (target.dataEvents?.includes(operation) || !(operation in target.operations)) return;
  const isGlobal = target.global === true && !target.placeOf;
  const owner = target.placeOf?.(operation, input as never, stateful(twin, call)) ?? call;
  const region = isGlobal ? GLOBAL_EVENTS_REGION : owner.region;
  const readOnly = /^(Get|List|Describe|Lookup|Head|BatchGet|Filter|Test|Simulate)/.test(operation);
  const now = twin.clock.now();
  const eventTime = `${now.toISOString().slice(0, 19)}Z`;
  const { requestParameters, responseElements, resources } = target.trail?.(
    operation,
    input as never,
    output as never,
    stateful(twin, call),
  ) ?? {
    requestParameters: camel(input),
    responseElements: output ? camel(output) : null,
  };
  const prefix = target.prefix === 'ec2' ? 'Client.' : '';
  const record = {
    eventVersion: '1.11',
    userIdentity: identityOf(principal),
    eventTime,
    eventSource: `${sourceNames[target.prefix] ?? target.prefix}.amazonaws.com`,
    eventName: target.trailNames?.[operation] ?? operation,
    awsRegion: region,
    sourceIPAddress: '127.0.0.1',
    userAgent: 'suture-twin',
    ...(error && { errorCode: `${prefix}${error.code}`, errorMessage: error.message }),
    requestParameters,
    responseElements: error || readOnly ? null : responseElements,
    requestID: requestId,
    eventID: randomUUID(),
    readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    eventCategory: 'Management',
    ...(resources && { resources }),
  };
  const names = [...resourcesIn(requestParameters, responseElements), ...(resources ?? []).map(named)];
  // Whoever owns what another account calls is told, too.
  for (const recipient of new Set([account, owner.account]))
    deliver(twin, { account: recipient, region }, { ...record, recipientAccountId: recipient }, names, {
      time: now,
      user: userNameOf(principal) ?? principal.arn.split('/').at(-1) ?? '',
      accessKeyId: principal.accessKeyId,
      source: `aws.${sourceNames[target.prefix] ?? target.prefix}`,
      isGlobal,
      listening,
    });
}

interface Delivery extends Pick<LoggedCall, 'listening'> {
  readonly time: Date;
  readonly user: string;
  readonly accessKeyId: string;
  /** Of the event. */
  readonly source: string;
  readonly isGlobal: boolean;
}

/** What is looked at of a record on its way. */
interface DeliveredRecord extends Pick<LoggedEvent, 'readOnly'> {
  readonly eventID: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly eventTime: string;
  readonly recipientAccountId: string;
}

/** Into one account's history and, where a trail logs, onto its default bus. */
function deliver(
  twin: Twin,
  { account, region }: Scope,
  record: DeliveredRecord,
  resources: LoggedEvent['resources'],
  { time, user, accessKeyId, source, isGlobal, listening }: Delivery,
): void {
  twin.state(CLOUDTRAIL, { account, region }).history.push({
    id: record.eventID,
    name: record.eventName,
    source: record.eventSource,
    time,
    readOnly: record.readOnly,
    user,
    accessKeyId,
    resources,
    record: JSON.stringify(record),
  });
  const isLogged = [...listening, ...listeningTrails(twin)].some(
    (trail) =>
      trail.account === account &&
      (trail.multiRegion || trail.homeRegion === region) &&
      (!isGlobal || trail.globalEvents),
  );
  if (!isLogged) return;
  const event = {
    version: '0',
    id: randomUUID(),
    'detail-type': 'AWS API Call via CloudTrail',
    source,
    account,
    time: record.eventTime,
    region,
    resources: [],
    detail: record,
  };
  putEvents(twin, { account, region }, 'default', [event], { readOnly: record.readOnly });
}

/** Where the prefix in IAM is not the name in events. */
const sourceNames: Readonly<Record<string, string>> = { cloudwatch: 'monitoring', s3control: 's3' };

/** What a service's own hooks look at. */
const stateful = (twin: Twin, { service, account, region }: LoggedCall) => ({
  account,
  region,
  state: twin.state(service, { account, region }),
});

/** A resource as look-ups know it: buckets by their names. */
const named = ({ type, ARN }: { type: string; ARN: string }) => ({ type, name: ARN.split(':').at(-1) ?? '' });

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
function identityOf({ kind, arn, account, userId, accessKeyId, roleArn, issued }: Principal) {
  if (kind === 'service') return { type: 'AWSService', invokedBy: arn };
  if (kind === 'anonymous') return { type: 'AWSAccount', principalId: '', accountId: 'anonymous' };
  const common = { principalId: userId, arn, accountId: account, accessKeyId };
  const session = issued && {
    attributes: { creationDate: `${issued.toISOString().slice(0, 19)}Z`, mfaAuthenticated: 'false' },
  };
  if (kind === 'user')
    return {
      type: 'IAMUser',
      ...common,
      userName: arn.split('/').at(-1),
      ...(session && { sessionContext: session }),
    };
  if (kind === 'root') return { type: 'Root', ...common };
  const issuer = {
    type: 'Role',
    principalId: userId.split(':')[0],
    arn: roleArn,
    accountId: account,
    userName: roleArn?.split('/').at(-1),
  };
  return {
    type: 'AssumedRole',
    ...common,
    sessionContext: {
      sessionIssuer: issuer,
      attributes: {
        ...(issued && { creationDate: `${issued.toISOString().slice(0, 19)}Z` }),
        mfaAuthenticated: 'false',
      },
    },
  };
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html */
const SECRETS = ['SecretAccessKey', 'Password'];

/** First letters in lower case, dates as text, secrets left out, as CloudTrail writes most services. */
function camel(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !SECRETS.includes(key))
      .map(([key, inner]) => [key.charAt(0).toLowerCase() + key.slice(1), camel(inner)]),
  );
}

/** Ids of resources that a call names, for look-ups. */
function resourcesIn(...values: unknown[]): { type: string; name: string }[] {
  const text = JSON.stringify(values);
  const groups = [...new Set([...text.matchAll(/"(sg-[0-9a-f]{8,17})"/g)].map(([, id]) => id ?? ''))];
  return groups.map((name) => ({ type: 'AWS::EC2::SecurityGroup', name }));
}
