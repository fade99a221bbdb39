import type { Principal } from '../../iam/principal';
import { AwsError, type Call, type Scope, type Service } from '../../service';
import { block, plain } from '../../terraform/arguments';
import type { Twin } from '../../twin';
import {
  batches,
  checkBatch,
  compile,
  DAY,
  describeFilter,
  describeGroup,
  describeStream,
  eventId,
  eventsOf,
  filterEvents,
  getEvents,
  HOUR,
  ingest,
  invalid,
  type LogGroup,
  type LogLine,
  type LogStream,
  type LogsState,
  type MetricFilter,
} from './log-groups';

export type { LogLine };

type Sdk = typeof import('@aws-sdk/client-cloudwatch-logs');

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const missing = (what: string) => new AwsError('ResourceNotFoundException', `The specified ${what} does not exist.`);
const exists = (what: string) => new AwsError('ResourceAlreadyExistsException', `The specified ${what} already exists`);

/** A group's name, from its name or its ARN. */
const groupName = (reference = ''): string =>
  reference.startsWith('arn:') ? (reference.split(':')[6] ?? '') : reference;

function groupOf({ state }: Pick<Call<LogsState>, 'state'>, reference: string | undefined): LogGroup {
  const found = state.groups.get(groupName(reference));
  if (!found) throw missing('log group');
  return found;
}

function streamOf(group: LogGroup, name: string | undefined): LogStream {
  const found = group.streams.get(name ?? '');
  if (!found) throw missing('log stream');
  return found;
}

function makeGroup(
  twin: Twin,
  scope: Scope,
  name: string,
  kmsKeyId: string | undefined,
  tags: Record<string, string>,
): LogGroup {
  const { groups } = twin.state(logs, scope);
  if (!/^[\w./#-]{1,512}$/.test(name))
    throw invalid(
      `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
    );
  if (groups.has(name)) throw exists('log group');
  const arn = `arn:aws:logs:${scope.region}:${scope.account}:log-group:${name}`;
  const group: LogGroup = {
    name,
    arn,
    created: twin.clock.now().getTime(),
    kmsKeyId,
    tags,
    streams: new Map(),
    filters: new Map(),
  };
  groups.set(name, group);
  return group;
}

function page<T>(
  items: readonly T[],
  token: string | undefined,
  size: number,
): { items: T[]; next: { nextToken?: string } } {
  const from = Number(token ?? 0);
  return {
    items: items.slice(from, from + size),
    next: from + size < items.length ? { nextToken: String(from + size) } : {},
  };
}

/** Log groups with their streams, and metrics from what is written to them. */
export const logs: Service<Sdk, LogsState> = {
  prefix: 'logs',
  sdk: () => require('@aws-sdk/client-cloudwatch-logs') as Sdk,
  client: 'CloudWatchLogsClient',
  initial: () => ({ groups: new Map(), sequence: 0 }),
  dataEvents: ['PutLogEvents', 'GetLogEvents', 'FilterLogEvents'],
  // As in AWS's own refusals: only tagging is on the bare ARN of a group.
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
  resources: (
    _operation,
    input: { logGroupName?: string; logGroupIdentifier?: string; logStreamName?: string; resourceArn?: string },
    call,
  ) => {
    if (input.resourceArn !== undefined) return [input.resourceArn.replace(/:\*$/, '')];
    return [
      call.arn(
        `log-group:${groupName(input.logGroupIdentifier ?? input.logGroupName)}:log-stream:${input.logStreamName ?? ''}`,
      ),
    ];
  },
  operations: {
    CreateLogGroup({ logGroupName = '', kmsKeyId, tags = {} }, { twin, account, region }) {
      makeGroup(twin, { account, region }, logGroupName, kmsKeyId, { ...tags });
      return {};
    },
    DeleteLogGroup({ logGroupName }, call) {
      call.state.groups.delete(groupOf(call, logGroupName).name);
      return {};
    },
    DescribeLogGroups(
      { logGroupNamePrefix = '', logGroupNamePattern = '', logGroupIdentifiers, limit = 50, nextToken },
      { state, twin },
    ) {
      const names = logGroupIdentifiers?.map(groupName);
      const found = [...state.groups.values()].filter(
        ({ name }) =>
          name.startsWith(logGroupNamePrefix) && name.includes(logGroupNamePattern) && (!names || names.includes(name)),
      );
      const { items, next } = page(
        found.sort((a, b) => (a.name < b.name ? -1 : 1)),
        nextToken,
        limit,
      );
      return { logGroups: items.map((group) => describeGroup(twin, group)), ...next };
    },
    CreateLogStream({ logGroupName, logStreamName = '' }, call) {
      const group = groupOf(call, logGroupName);
      if (!/^[^:*]{1,512}$/.test(logStreamName))
        throw invalid(
          `1 validation error detected: Value '${logStreamName}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
        );
      if (group.streams.has(logStreamName)) throw exists('log stream');
      group.streams.set(logStreamName, {
        name: logStreamName,
        arn: `${group.arn}:log-stream:${logStreamName}`,
        created: call.twin.clock.now().getTime(),
        events: [],
      });
      return {};
    },
    DeleteLogStream({ logGroupName, logStreamName }, call) {
      const group = groupOf(call, logGroupName);
      group.streams.delete(streamOf(group, logStreamName).name);
      return {};
    },
    DescribeLogStreams(
      {
        logGroupName,
        logGroupIdentifier,
        logStreamNamePrefix = '',
        orderBy = 'LogStreamName',
        descending = false,
        limit = 50,
        nextToken,
      },
      call,
    ) {
      if (orderBy === 'LastEventTime' && logStreamNamePrefix !== '')
        throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
      const group = groupOf(call, logGroupIdentifier ?? logGroupName);
      const found = [...group.streams.values()]
        .filter(({ name }) => name.startsWith(logStreamNamePrefix))
        .map((stream) => describeStream(call.twin, group, stream));
      found.sort((a, b) =>
        orderBy === 'LastEventTime'
          ? (a.lastEventTimestamp ?? 0) - (b.lastEventTimestamp ?? 0)
          : a.logStreamName < b.logStreamName
            ? -1
            : 1,
      );
      const { items, next } = page(descending ? found.reverse() : found, nextToken, limit);
      return { logStreams: items, ...next };
    },
    PutLogEvents({ logGroupName, logStreamName, logEvents = [] }, call) {
      const group = groupOf(call, logGroupName);
      const stream = streamOf(group, logStreamName);
      const lines = logEvents.map(({ timestamp = 0, message = '' }) => ({ timestamp, message }));
      checkBatch(lines);
      const now = call.twin.clock.now().getTime();
      const expired = now - (group.retentionDays ?? 14) * DAY;
      const [oldest, newest] = [Math.max(now - 14 * DAY, expired), now + 2 * HOUR];
      const taken = lines.filter(({ timestamp }) => timestamp >= oldest && timestamp <= newest);
      ingest(call, group, stream, taken);
      const tooOld = lines.filter(({ timestamp }) => timestamp < now - 14 * DAY).length;
      const tooShort = lines.filter(({ timestamp }) => timestamp < expired).length;
      const tooNew = lines.findIndex(({ timestamp }) => timestamp > newest);
      const rejected = {
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(group.retentionDays !== undefined && tooShort > 0 && { expiredLogEventEndIndex: tooShort }),
        ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
      };
      return {
        nextSequenceToken: eventId(now, call.state.sequence),
        ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }),
      };
    },
    GetLogEvents({ logGroupName, logGroupIdentifier, logStreamName, ...range }, call) {
      const group = groupOf(call, logGroupIdentifier ?? logGroupName);
      return getEvents(eventsOf(call.twin, group, streamOf(group, logStreamName)), range);
    },
    FilterLogEvents(
      { logGroupName, logGroupIdentifier, logStreamNames, logStreamNamePrefix = '', filterPattern = '', ...range },
      call,
    ) {
      const group = groupOf(call, logGroupIdentifier ?? logGroupName);
      if (logStreamNames && logStreamNamePrefix !== '')
        throw invalid('logStreamNames and logStreamNamePrefix exclude each other.');
      const filter = compile(filterPattern);
      const streams =
        logStreamNames?.map((name) => streamOf(group, name)) ??
        [...group.streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix));
      const events = streams.flatMap((stream) =>
        eventsOf(call.twin, group, stream).map((event) => ({ ...event, logStreamName: stream.name })),
      );
      return filterEvents(
        events.filter(({ message }) => filter.match(message)),
        range,
      );
    },
    PutRetentionPolicy({ logGroupName, retentionInDays = 0 }, call) {
      if (!RETENTION_DAYS.includes(retentionInDays))
        throw invalid(
          `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`,
        );
      groupOf(call, logGroupName).retentionDays = retentionInDays;
      return {};
    },
    DeleteRetentionPolicy({ logGroupName }, call) {
      groupOf(call, logGroupName).retentionDays = undefined;
      return {};
    },
    ListTagsForResource: ({ resourceArn }, call) => ({ tags: { ...groupOf(call, resourceArn).tags } }),
    ListTagsLogGroup: ({ logGroupName }, call) => ({ tags: { ...groupOf(call, logGroupName).tags } }),
    TagResource({ resourceArn, tags = {} }, call) {
      Object.assign(groupOf(call, resourceArn).tags, tags);
      return {};
    },
    UntagResource({ resourceArn, tagKeys = [] }, call) {
      const { tags } = groupOf(call, resourceArn);
      for (const key of tagKeys) delete tags[key];
      return {};
    },
    PutMetricFilter({ logGroupName, filterName = '', filterPattern = '', metricTransformations = [] }, call) {
      const group = groupOf(call, logGroupName);
      const [transformation, another] = metricTransformations;
      if (!transformation || another) throw invalid('There must be exactly one metric transformation.');
      const {
        metricName: name = '',
        metricNamespace: namespace = '',
        metricValue: value = '',
        defaultValue,
        unit,
        dimensions = {},
      } = transformation;
      if (defaultValue !== undefined && Object.keys(dimensions).length > 0)
        throw invalid('Invalid metric transformation: dimensions and default value are mutually exclusive properties.');
      putFilter(call.twin, group, filterName, filterPattern, {
        name,
        namespace,
        value,
        defaultValue,
        unit,
        dimensions,
      });
      return {};
    },
    DescribeMetricFilters(
      { logGroupName, filterNamePrefix = '', metricName, metricNamespace, limit = 50, nextToken },
      call,
    ) {
      const groups = logGroupName === undefined ? [...call.state.groups.values()] : [groupOf(call, logGroupName)];
      const found = groups.flatMap((group) =>
        [...group.filters.values()].map((filter) => describeFilter(group, filter)),
      );
      const wanted = found.filter(
        ({ filterName, metricTransformations: [metric] }) =>
          filterName.startsWith(filterNamePrefix) &&
          (metricName === undefined || metric?.metricName === metricName) &&
          (metricNamespace === undefined || metric?.metricNamespace === metricNamespace),
      );
      const { items, next } = page(wanted, nextToken, limit);
      return { metricFilters: items, ...next };
    },
    DeleteMetricFilter({ logGroupName, filterName = '' }, call) {
      if (!groupOf(call, logGroupName).filters.delete(filterName)) throw missing('metric filter');
      return {};
    },
    TestMetricFilter({ filterPattern = '', logEventMessages = [] }) {
      const filter = compile(filterPattern);
      const matches = logEventMessages.flatMap((eventMessage, index) => {
        const extractedValues = filter.match(eventMessage);
        return extractedValues ? [{ eventNumber: index + 1, eventMessage, extractedValues }] : [];
      });
      return { matches };
    },
  },
  terraform: {
    aws_cloudwatch_log_group: (args, making) => {
      const name = String(args.name);
      const group = makeGroup(making.twin, making, name, args.kms_key_id as string | undefined, making.tags);
      // 0 is Terraform's word for ever.
      if (args.retention_in_days) group.retentionDays = Number(args.retention_in_days);
      return { arn: group.arn, id: name, name };
    },
    aws_cloudwatch_log_metric_filter: (args, making) => {
      const group = groupOf({ state: making.twin.state(logs, making) }, String(args.log_group_name));
      const {
        name,
        namespace,
        value,
        default_value: defaultValue,
        unit,
        dimensions,
      } = block(args.metric_transformation);
      putFilter(making.twin, group, String(args.name), String(args.pattern), {
        name: String(name),
        namespace: String(namespace),
        value: String(value),
        defaultValue: defaultValue === undefined || defaultValue === null ? undefined : Number(defaultValue),
        unit: unit as string | undefined,
        dimensions: plain((dimensions ?? {}) as Record<string, string>),
      });
      return { id: String(args.name) };
    },
  },
};

function putFilter(twin: Twin, group: LogGroup, name: string, pattern: string, metric: MetricFilter['metric']): void {
  const filter = compile(pattern, [metric.value, ...Object.values(metric.dimensions)]);
  if (!metric.value.startsWith('$') && !Number.isFinite(Number(metric.value)))
    throw invalid(`Invalid metric transformation: metricValue ${metric.value} is neither a number nor a selector.`);
  group.filters.set(name, { name, pattern, metric, filter, created: twin.clock.now().getTime() });
}

/** Lines of a service that logs for a principal. */
interface Writing extends Scope {
  readonly logGroup: string;
  readonly logStream: string;
  readonly lines: readonly LogLine[];
  readonly principal: Principal;
}

/** Writes lines as the principal. Without permission, or without the group, they are lost, and nobody is told. */
export async function writeLog(
  twin: Twin,
  { account, region, logGroup: logGroupName, logStream: logStreamName, lines, principal }: Writing,
): Promise<void> {
  const perform = (operation: string, input: object) =>
    twin.perform({
      service: logs as never,
      operation,
      input: { logGroupName, logStreamName, ...input },
      principal,
      account,
      region,
    });
  try {
    const group = twin.state(logs, { account, region }).groups.get(logGroupName);
    if (!group?.streams.has(logStreamName)) await perform('CreateLogStream', {}).catch(unlessItExists);
    for (const logEvents of batches(lines)) await perform('PutLogEvents', { logEvents });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
  }
}

function unlessItExists(error: unknown): void {
  if (!(error instanceof AwsError) || error.code !== 'ResourceAlreadyExistsException') throw error;
}
