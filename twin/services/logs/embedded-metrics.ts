import type { Scope } from '../../service';
import type { Twin } from '../../twin';
import { putMetric } from '../cloudwatch';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const HOUR = 3_600_000;

/**
 * Records the metrics that a log line describes, for each of its sets of dimensions. What is malformed is left out, as AWS does.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function putEmbeddedMetrics(twin: Twin, scope: Scope, message: string): void {
  const root = parse(message);
  const metadata = root?._aws;
  if (!root || !isObject(metadata)) return;
  const { Timestamp: timestamp, CloudWatchMetrics: directives } = metadata;
  const age = twin.clock.now().getTime() - Number(timestamp);
  if (typeof timestamp !== 'number' || age > 14 * 24 * HOUR || age < -2 * HOUR) return;
  for (const directive of listOf(directives)) {
    if (!isObject(directive) || typeof directive.Namespace !== 'string' || directive.Namespace === '') continue;
    const metrics = listOf(directive.Metrics);
    if (metrics.length > 100) continue;
    for (const names of listOf(directive.Dimensions)) {
      const dimensions = dimensionsIn(root, names);
      if (!dimensions) continue;
      for (const metric of metrics) putOne(twin, scope, directive.Namespace, metric, root, dimensions, timestamp);
    }
  }
}

function putOne(
  twin: Twin,
  scope: Scope,
  namespace: string,
  metric: unknown,
  root: Json,
  dimensions: Record<string, string>,
  timestamp: number,
): void {
  if (!isObject(metric) || typeof metric.Name !== 'string') return;
  const unit = typeof metric.Unit === 'string' ? metric.Unit : 'None';
  const value = root[metric.Name];
  const values = Array.isArray(value) ? value : [value];
  if (values.length > 100 || !values.every((one) => typeof one === 'number' && Number.isFinite(one))) return;
  for (const one of values) putMetric(twin, scope, namespace, metric.Name, { ...dimensions }, one, unit, timestamp);
}

/** The values stand in the line itself. Undefined if one is missing or no text. */
function dimensionsIn(root: Json, names: unknown): Record<string, string> | undefined {
  if (!Array.isArray(names) || names.length > 30) return undefined;
  const entries = names.map((name: unknown) => [String(name), root[String(name)]] as const);
  return entries.every(([, value]) => typeof value === 'string' && value !== '')
    ? (Object.fromEntries(entries) as Record<string, string>)
    : undefined;
}

function parse(message: string): Json | undefined {
  // Most lines are no JSON.
  if (!message.includes('"_aws"')) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
