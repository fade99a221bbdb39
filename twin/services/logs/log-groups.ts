import { AwsError, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { putMetric } from '../cloudwatch';
import { putEmbeddedMetrics } from './embedded-metrics';
import { compileLogFilter, InvalidFilterPatternError, type LogFilter } from './log-filter';

/** What is written to a log. */
export interface LogLine {
  /** ms since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** A line, as it is kept. */
export interface LogEvent extends LogLine {
  /** Sorts by time, then by arrival. */
  readonly id: string;
  readonly ingested: number;
}

/** Events from one source. */
export interface LogStream {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  /** By id. */
  events: LogEvent[];
}

/** What makes a metric of lines. */
export interface MetricFilter {
  readonly name: string;
  readonly pattern: string;
  readonly filter: LogFilter;
  readonly metric: {
    readonly namespace: string;
    readonly name: string;
    /** A number, or what selects one. */
    readonly value: string;
    readonly defaultValue?: number | undefined;
    readonly unit?: string | undefined;
    /** By name, what selects the value. */
    readonly dimensions: Readonly<Record<string, string>>;
  };
  readonly created: number;
}

/** Streams that share retention, filters and permissions. */
export interface LogGroup {
  readonly name: string;
  /** Without `:*`. */
  readonly arn: string;
  readonly created: number;
  readonly kmsKeyId?: string | undefined;
  retentionDays?: number | undefined;
  readonly tags: Record<string, string>;
  readonly streams: Map<string, LogStream>;
  readonly filters: Map<string, MetricFilter>;
}

/** What an account has in a Region. */
export interface LogsState {
  readonly groups: Map<string, LogGroup>;
  /** How many events have come so far. */
  sequence: number;
}

/** In ms. */
export const HOUR = 3_600_000;
/** In ms. */
export const DAY = 24 * HOUR;
/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
const BATCH = { events: 10_000, bytes: 1_048_576, bytesPerEvent: 26 };

/** A parameter that AWS refuses. */
export const invalid = (message: string) => new AwsError('InvalidParameterException', message);

/** @throws AwsError for a pattern that AWS refuses, and for selectors of values that do not fit it. */
export function compile(pattern: string, selectors: readonly string[] = []): LogFilter {
  try {
    const filter = compileLogFilter(pattern);
    for (const selector of selectors) if (selector.startsWith('$')) filter.value('', selector);
    return filter;
  } catch (error) {
    if (error instanceof InvalidFilterPatternError) throw invalid(`Invalid filter pattern: ${error.message}`);
    throw error;
  }
}

/** What retention has left of a stream. */
export function eventsOf(twin: Twin, { retentionDays }: LogGroup, stream: LogStream): readonly LogEvent[] {
  if (retentionDays === undefined) return stream.events;
  const oldest = twin.clock.now().getTime() - retentionDays * DAY;
  if ((stream.events[0]?.timestamp ?? oldest) < oldest)
    stream.events = stream.events.filter(({ timestamp }) => timestamp >= oldest);
  return stream.events;
}

/** As DescribeMetricFilters answers it. */
export const describeFilter = ({ name: logGroupName }: LogGroup, { name, pattern, metric, created }: MetricFilter) => ({
  filterName: name,
  filterPattern: pattern,
  logGroupName,
  creationTime: created,
  metricTransformations: [
    {
      metricName: metric.name,
      metricNamespace: metric.namespace,
      metricValue: metric.value,
      ...(metric.defaultValue !== undefined && { defaultValue: metric.defaultValue }),
      ...(metric.unit !== undefined && { unit: metric.unit as 'Count' }),
      ...(Object.keys(metric.dimensions).length > 0 && { dimensions: { ...metric.dimensions } }),
    },
  ],
});

/** As DescribeLogStreams answers it. AWS has not counted a stream's bytes since 2019. */
export function describeStream(twin: Twin, group: LogGroup, stream: LogStream) {
  const events = eventsOf(twin, group, stream);
  const [first, last] = [events[0], events.at(-1)];
  return {
    logStreamName: stream.name,
    creationTime: stream.created,
    arn: stream.arn,
    storedBytes: 0,
    ...(first &&
      last && {
        firstEventTimestamp: first.timestamp,
        lastEventTimestamp: last.timestamp,
        lastIngestionTime: last.ingested,
        uploadSequenceToken: last.id,
      }),
  };
}

/** As DescribeLogGroups answers it. */
export const describeGroup = (twin: Twin, group: LogGroup) => ({
  logGroupName: group.name,
  logGroupArn: group.arn,
  arn: `${group.arn}:*`,
  creationTime: group.created,
  metricFilterCount: group.filters.size,
  storedBytes: [...group.streams.values()]
    .flatMap((stream) => eventsOf(twin, group, stream))
    .reduce((sum, { message }) => sum + Buffer.byteLength(message) + BATCH.bytesPerEvent, 0),
  logGroupClass: 'STANDARD' as const,
  ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
  ...(group.kmsKeyId !== undefined && { kmsKeyId: group.kmsKeyId }),
});

/** Sorts by time, then by arrival; as long as AWS's own. */
export const eventId = (timestamp: number, sequence: number): string =>
  String(timestamp).padStart(20, '0') + String(sequence).padStart(36, '0');

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export function checkBatch(lines: readonly LogLine[]): void {
  const bytes = lines.reduce((sum, { message }) => sum + Buffer.byteLength(message) + BATCH.bytesPerEvent, 0);
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last || lines.length > BATCH.events)
    throw invalid(
      `1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length between 1 and ${BATCH.events}`,
    );
  if (lines.some(({ message }) => message === ''))
    throw invalid(
      "1 validation error detected: Value '' at 'logEvents.message' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  if (bytes > BATCH.bytes) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${BATCH.bytes}`);
  if (lines.some(({ timestamp }, index) => timestamp < (lines[index - 1]?.timestamp ?? 0)))
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  if (last.timestamp - first.timestamp > DAY)
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
}

/** Where lines arrive. */
interface Ingestion extends Scope {
  readonly twin: Twin;
  readonly state: LogsState;
}

/** Stores lines, and makes metrics of them: those that lines describe themselves, and those of the group's filters. */
export function ingest(
  { twin, state, account, region }: Ingestion,
  group: LogGroup,
  stream: LogStream,
  lines: readonly LogLine[],
): void {
  const now = twin.clock.now().getTime();
  const latest = stream.events.at(-1)?.timestamp ?? 0;
  for (const { timestamp, message } of lines) {
    state.sequence++;
    stream.events.push({ id: eventId(timestamp, state.sequence), timestamp, message, ingested: now });
  }
  if ((lines[0]?.timestamp ?? latest) < latest) stream.events.sort(byId);
  for (const { timestamp, message } of lines) {
    putEmbeddedMetrics(twin, { account, region }, message);
    for (const { filter, metric } of group.filters.values()) {
      const { namespace, name, unit = 'None', defaultValue } = metric;
      const isMatch = filter.match(message) !== undefined;
      const value = isMatch
        ? Number(metric.value.startsWith('$') ? filter.value(message, metric.value) : metric.value)
        : defaultValue;
      const dimensions = Object.entries(metric.dimensions).map(
        ([key, selector]) => [key, filter.value(message, selector)] as const,
      );
      if (value === undefined || !Number.isFinite(value) || dimensions.some(([, found]) => found === undefined))
        continue;
      putMetric(
        twin,
        { account, region },
        namespace,
        name,
        Object.fromEntries(dimensions) as Record<string, string>,
        value,
        unit,
        timestamp,
      );
    }
  }
}

/** Which events to read. */
interface Range {
  readonly startTime?: number | undefined;
  readonly endTime?: number | undefined;
  readonly nextToken?: string | undefined;
  readonly limit?: number | undefined;
  readonly startFromHead?: boolean | undefined;
}

/** The events that follow a position, or come before it; the direction is the token's. */
function turn<E extends LogEvent>(events: readonly E[], { nextToken, limit = 10_000 }: Range, fromHead: boolean) {
  const [, direction = fromHead ? 'f' : 'b', position] = /^([fb])\/(\d+)$/.exec(nextToken ?? '') ?? [];
  if (nextToken !== undefined && position === undefined) throw invalid('The specified nextToken is invalid.');
  const isForward = direction === 'f';
  const left = position === undefined ? events : events.filter(({ id }) => (isForward ? id > position : id < position));
  const shown = isForward ? left.slice(0, limit) : left.slice(-limit);
  return { isForward, position, shown, isLast: shown.length === left.length };
}

/** As GetLogEvents answers. At either end the token that was given comes back: that is how clients see it. */
export function getEvents(events: readonly LogEvent[], range: Range) {
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY, startFromHead = false } = range;
  const inTime = events.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);
  const { shown, position = eventId(0, 0) } = turn(inTime, range, startFromHead);
  return {
    events: shown.map(({ timestamp, message, ingested }) => ({ timestamp, message, ingestionTime: ingested })),
    nextForwardToken: `f/${shown.at(-1)?.id ?? position}`,
    nextBackwardToken: `b/${shown[0]?.id ?? position}`,
  };
}

/** As FilterLogEvents answers: the events of several streams, in one order. */
export function filterEvents(events: readonly (LogEvent & { readonly logStreamName: string })[], range: Range) {
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY, startFromHead = true } = range;
  const inTime = events.filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime).sort(byId);
  const { isForward, shown, isLast } = turn(inTime, range, startFromHead);
  const inOrder = isForward ? shown : [...shown].reverse();
  return {
    events: inOrder.map(({ id, logStreamName, timestamp, message, ingested }) => ({
      logStreamName,
      timestamp,
      message,
      ingestionTime: ingested,
      eventId: id,
    })),
    // AWS has left it empty since 2020.
    searchedLogStreams: [],
    ...(!isLast && { nextToken: `${isForward ? 'f' : 'b'}/${inOrder.at(-1)?.id}` }),
  };
}

const byId = (a: LogEvent, b: LogEvent): number => (a.id < b.id ? -1 : 1);

/** In order of time, and no more in one than PutLogEvents takes. */
export function batches(lines: readonly LogLine[]): LogLine[][] {
  const result: LogLine[][] = [];
  let bytes = 0;
  for (const line of [...lines].sort((a, b) => a.timestamp - b.timestamp)) {
    const size = Buffer.byteLength(line.message) + BATCH.bytesPerEvent;
    const current = result.at(-1);
    if (!current || bytes + size > BATCH.bytes || current.length === BATCH.events) {
      result.push([line]);
      bytes = size;
    } else {
      current.push(line);
      bytes += size;
    }
  }
  return result;
}
