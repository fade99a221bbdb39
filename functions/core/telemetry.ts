import type { Outcome } from './outcomes';

/** What one decision counts for. */
export interface DecisionMetrics {
  readonly remediation: string;
  readonly outcome: Outcome;
  /** Resources of which the same was decided. @default 1 */
  readonly evaluations?: number;
  /** From the time in the event to the verified change, in milliseconds. Only for changes. */
  readonly responseTimeMs?: number;
}

/** Log lines and metrics of a function. Whole events and answers stay out of both. */
export interface Telemetry {
  info(message: string, data: Record<string, unknown>): void;
  error(message: string, data: Record<string, unknown>): void;
  count(metrics: DecisionMetrics): void;
  /** Counts what a whole sweep found. */
  swept(of: { readonly remediation: string; readonly seen: number; readonly violating: number }): void;
}

/**
 * Writes each line as one JSON object to standard output, which the Text log format passes on as it is. Keys are those of Powertools' Logger,
 * which people's queries expect; the library itself does much more, in 21 KB that every cold start has to read.
 * Metrics are lines in the embedded metric format, so that a decision needs no call for them.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @see https://docs.aws.amazon.com/powertools/typescript/latest/features/logger/#standard-structured-keys
 */
export class LambdaTelemetry implements Telemetry {
  /** @param namespace of all metrics */
  constructor(private readonly namespace: string) {}

  info(message: string, data: Record<string, unknown>): void {
    log('INFO', message, data);
  }

  error(message: string, data: Record<string, unknown>): void {
    log('ERROR', message, data);
  }

  count({ remediation, outcome, evaluations = 1, responseTimeMs }: DecisionMetrics): void {
    const changed = outcome === 'REMEDIATED' || outcome === 'PARTIAL';
    const failed = outcome === 'FAILED' || outcome === 'PARTIAL';
    const values = {
      EvaluationsPerformed: evaluations,
      RemediationActions: changed ? 1 : 0,
      RemediationFailures: failed ? 1 : 0,
      ...(responseTimeMs !== undefined && { RemediationResponseTime: responseTimeMs }),
    };
    // Alarms need a set without dimensions: an alarm sees only the set that it names exactly.
    this.emit(
      [[], ['Remediation'], ['Remediation', 'Outcome']],
      { Remediation: remediation, Outcome: outcome },
      values,
    );
  }

  swept({ remediation, seen, violating }: { remediation: string; seen: number; violating: number }): void {
    this.emit([['Remediation']], { Remediation: remediation }, { ResourcesSeen: seen, ViolationsFound: violating });
  }

  private emit(
    dimensionSets: readonly (readonly string[])[],
    dimensions: Readonly<Record<string, string>>,
    values: Readonly<Record<string, number>>,
  ): void {
    const line = {
      _aws: {
        Timestamp: Date.now(),
        CloudWatchMetrics: [
          {
            Namespace: this.namespace,
            Dimensions: dimensionSets,
            Metrics: Object.keys(values).map((name) => ({
              Name: name,
              Unit: name === 'RemediationResponseTime' ? 'Milliseconds' : 'Count',
            })),
          },
        ],
      },
      ...dimensions,
      ...values,
    };
    write(line);
  }
}

function log(level: 'INFO' | 'ERROR', message: string, data: Record<string, unknown>): void {
  // `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=…;Sampled=1`
  const traceId = process.env._X_AMZN_TRACE_ID?.split(';')[0]?.replace('Root=', '');
  const timestamp = new Date().toISOString();
  write({
    level,
    message,
    timestamp,
    service: 'suture',
    ...(traceId && { xray_trace_id: traceId }),
    ...data,
  });
}

const write = (line: object): void => {
  process.stdout.write(
    `${JSON.stringify(line, (_key, value: unknown) => (value instanceof Error ? plain(value) : value))}\n`,
  );
};

/** Errors keep what matters in properties that JSON leaves out. Of what the SDK adds, the request id is asked for by AWS Support. */
const plain = (error: Error): object => ({
  name: error.name,
  message: error.message,
  stack: error.stack,
  cause: error.cause,
  ...('$metadata' in error && { $metadata: error.$metadata }),
});
