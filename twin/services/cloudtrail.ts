import { randomUUID } from 'node:crypto';
import type { Principal } from '../iam/principal';
import { AwsError, type Scope, type Service } from '../service';
import type { Twin } from '../twin';
import { putEvents } from './events';
import { userNameOf } from './iam';

type Sdk = typeof import('@aws-sdk/client-cloudtrail');

interface Trail {
  readonly name: string;
  readonly arn: string;
  readonly homeRegion: string;
  readonly bucket: string;
  readonly multiRegion: boolean;
  readonly globalEvents: boolean;
  readonly validation: boolean;
  logging: boolean;
  startedAt: Date;
  stoppedAt?: Date;
}

interface LoggedEvent {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly time: Date;
  readonly readOnly: boolean;
  readonly user: string;
  readonly accessKeyId: string;
  readonly resources: readonly { type: string; name: string }[];
  readonly record: string;
}

interface CloudTrailState {
  /** Of this home Region, by name. */
  readonly trails: Map<string, Trail>;
  /** Newest last; kept as long as the twin runs. */
  readonly history: LoggedEvent[];
}

/** Services whose events all arrive in one Region. @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events */
const GLOBAL_EVENTS_REGION = 'us-east-1';

function find(state: CloudTrailState, reference: string | undefined): Trail {
  const found = [...state.trails.values()].find(({ name, arn }) => name === reference || arn === reference);
  if (!found) throw new AwsError('TrailNotFoundException', `Unknown trail: ${reference}`);
  return found;
}

const describe = ({ name, arn, homeRegion, bucket, multiRegion, globalEvents, validation }: Trail) => ({
  Name: name,
  TrailARN: arn,
  HomeRegion: homeRegion,
  S3BucketName: bucket,
  IsMultiRegionTrail: multiRegion,
  IncludeGlobalServiceEvents: globalEvents,
  LogFileValidationEnabled: validation,
  IsOrganizationTrail: false,
  HasCustomEventSelectors: false,
  HasInsightSelectors: false,
});

/** Trails and the history of API calls. Log files are not delivered to the bucket. */
export const cloudtrail: Service<Sdk, CloudTrailState> = {
  prefix: 'cloudtrail',
  sdk: () => require('@aws-sdk/client-cloudtrail') as Sdk,
  client: 'CloudTrailClient',
  initial: () => ({ trails: new Map(), history: [] }),
  resources: (_operation, input: { Name?: string; TrailName?: string; TrailNameList?: string[] }, call) => {
    const name = input.Name ?? input.TrailName;
    return name === undefined ? ['*'] : [name.startsWith('arn:') ? name : call.arn(`trail/${name}`)];
  },
  operations: {
    DescribeTrails({ trailNameList = [] }, { state, twin, account, region }) {
      const shadows = [...twin.statesOf(cloudtrail)]
        .filter((other) => other.account === account && other.region !== region)
        .flatMap((other) => [...other.state.trails.values()].filter(({ multiRegion }) => multiRegion));
      const visible = [...state.trails.values(), ...shadows];
      return {
        trailList: visible
          .filter(
            ({ name, arn }) =>
              trailNameList.length === 0 || trailNameList.includes(name) || trailNameList.includes(arn),
          )
          .map(describe),
      };
    },
    ListTrails: (_input, { state }) => ({
      Trails: [...state.trails.values()].map(({ name, arn, homeRegion }) => ({
        Name: name,
        TrailARN: arn,
        HomeRegion: homeRegion,
      })),
    }),
    GetTrail: ({ Name }, { state }) => ({ Trail: describe(find(state, Name)) }),
    GetTrailStatus({ Name }, { state }) {
      const { logging, startedAt, stoppedAt } = find(state, Name);
      return { IsLogging: logging, StartLoggingTime: startedAt, ...(stoppedAt && { StopLoggingTime: stoppedAt }) };
    },
    GetEventSelectors: ({ TrailName }, { state }) => ({
      TrailARN: find(state, TrailName).arn,
      EventSelectors: [
        { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
      ],
    }),
    StartLogging({ Name }, { state, twin }) {
      const trail = find(state, Name);
      trail.logging = true;
      trail.startedAt = twin.clock.now();
      return {};
    },
    StopLogging({ Name }, { state, twin }) {
      const trail = find(state, Name);
      trail.logging = false;
      trail.stoppedAt = twin.clock.now();
      return {};
    },
    LookupEvents({ LookupAttributes = [], StartTime, EndTime, MaxResults = 50, NextToken }, { state }) {
      const matching = state.history
        .filter(
          (event) =>
            LookupAttributes.every(({ AttributeKey, AttributeValue }) =>
              attributeOf(event, AttributeKey ?? '').includes(AttributeValue ?? ''),
            ) &&
            (!StartTime || event.time >= StartTime) &&
            (!EndTime || event.time <= EndTime),
        )
        .reverse();
      const from = Number(NextToken ?? 0);
      const page = matching.slice(from, from + MaxResults);
      return {
        Events: page.map(({ id, name, source, time, readOnly, user, accessKeyId, resources, record }) => ({
          EventId: id,
          EventName: name,
          EventSource: source,
          EventTime: time,
          ReadOnly: String(readOnly),
          Username: user,
          AccessKeyId: accessKeyId,
          Resources: resources.map((resource) => ({ ResourceType: resource.type, ResourceName: resource.name })),
          CloudTrailEvent: record,
        })),
        ...(from + MaxResults < matching.length && { NextToken: String(from + MaxResults) }),
      };
    },
  },
  terraform: {
    aws_cloudtrail: (args, making) => {
      const name = String(args.name);
      const { twin, account, region } = making;
      const arn = `arn:aws:cloudtrail:${region}:${account}:trail/${name}`;
      twin.state(cloudtrail, making).trails.set(name, {
        name,
        arn,
        homeRegion: region,
        bucket: String(args.s3_bucket_name),
        multiRegion: args.is_multi_region_trail === true,
        globalEvents: args.include_global_service_events !== false,
        validation: args.enable_log_file_validation === true,
        logging: args.enable_logging !== false,
        startedAt: twin.clock.now(),
      });
      return { arn, id: arn, home_region: region };
    },
  },
};

function attributeOf(event: LoggedEvent, key: string): string[] {
  switch (key) {
    case 'EventId':
      return [event.id];
    case 'EventName':
      return [event.name];
    case 'EventSource':
      return [event.source];
    case 'ReadOnly':
      return [String(event.readOnly)];
    case 'Username':
      return [event.user];
    case 'AccessKeyId':
      return [event.accessKeyId];
    case 'ResourceName':
      return event.resources.map(({ name }) => name);
    default:
      return event.resources.map(({ type }) => type);
  }
}

/** A call to be logged. */
interface LoggedCall extends Scope {
  readonly service: Service;
  readonly operation: string;
  readonly input: object;
  readonly output: object | undefined;
  readonly error: AwsError | undefined;
  readonly principal: Principal;
  readonly requestId: string;
}

/**
 * Writes a call into the event history and, where a trail logs, onto the default bus: failed calls too.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
export function logCall(twin: Twin, call: LoggedCall): void {
  const { service: target, operation, input, output, error, principal, requestId, account } = call;
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
    });
}

interface Delivery {
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
  { time, user, accessKeyId, source, isGlobal }: Delivery,
): void {
  twin.state(cloudtrail, { account, region }).history.push({
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
  if (!isLogged(twin, account, region, isGlobal)) return;
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

function isLogged(twin: Twin, account: string, region: string, globalEvent: boolean): boolean {
  return [...twin.statesOf(cloudtrail)].some(
    (state) =>
      state.account === account &&
      [...state.state.trails.values()].some(
        ({ logging, multiRegion, globalEvents, homeRegion }) =>
          logging && (multiRegion || homeRegion === region) && (!globalEvent || globalEvents),
      ),
  );
}

/** @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
function identityOf({ kind, arn, account, userId, accessKeyId, roleArn, issued }: Principal) {
  if (kind === 'service') return { type: 'AWSService', invokedBy: arn };
  if (kind === 'anonymous') return { type: 'AWSAccount', principalId: '', accountId: 'anonymous' };
  const common = { principalId: userId, arn, accountId: account, accessKeyId };
  if (kind === 'user') return { type: 'IAMUser', ...common, userName: arn.split('/').at(-1) };
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
