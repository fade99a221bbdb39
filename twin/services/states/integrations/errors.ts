import { NormalizedSchema } from '@smithy/core/schema';
import type { AwsError, Service } from '../../../service';
import { StateError } from '../asl/errors';

/** How an integration names a service and its errors. */
export interface Naming {
  /** Before the dot: `Ec2`. */
  readonly prefix: string;
  /** Of errors that the service's model does not name: `Ec2Exception`. */
  readonly other: string;
  /** In causes. */
  readonly service: string;
  /** Optimized integrations tell causes as version 1 of the Java SDK does, the others as version 2. */
  readonly java: 1 | 2;
}

/** By prefix of the twin: what the Java SDKs call a service, where that is not the prefix with a capital. */
const CLASSES: Readonly<Record<string, string>> = {
  dynamodb: 'DynamoDb',
  events: 'EventBridge',
  guardduty: 'GuardDuty',
  securityhub: 'SecurityHub',
  cloudtrail: 'CloudTrail',
  cloudwatch: 'CloudWatch',
  logs: 'CloudWatchLogs',
  states: 'Sfn',
};

/** How errors of `aws-sdk` integrations are named. @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html */
export function sdkNaming(prefix: string): Naming {
  const service = CLASSES[prefix] ?? prefix.charAt(0).toUpperCase() + prefix.slice(1);
  return { prefix: service, other: `${service}Exception`, service, java: 2 };
}

/**
 * The error that a task fails with when a service refuses: `S3.NoSuchBucketException`, or `Ec2.Ec2Exception` where the service's model
 * does not name it, as EC2's names none.
 */
export function taskError(
  service: Service,
  { prefix, other, service: name, java }: Naming,
  error: AwsError,
  requestId: string,
): StateError {
  const status = error.options.status ?? 400;
  const cause =
    java === 1
      ? `${error.message} (Service: ${name}; Status Code: ${status}; Error Code: ${error.code}; Request ID: ${requestId}; Proxy: null)`
      : `${error.message} (Service: ${name}, Status Code: ${status}, Request ID: ${requestId})`;
  return new StateError(`${prefix}.${modelled(service, error.code) ?? other}`, cause);
}

const models = new WeakMap<object, ReadonlyMap<string, string>>();

/** The Java class of an error that a service's model names. */
function modelled(service: Service, code: string): string | undefined {
  const sdk = service.sdk();
  let names = models.get(sdk);
  if (!names) {
    names = new Map(
      Object.values(sdk)
        .filter((value: unknown): value is [-3, string, string] => Array.isArray(value) && value[0] === -3)
        .flatMap((schema) => {
          const [, , name] = schema;
          const traits = NormalizedSchema.of(schema as never).getMergedTraits() as {
            error?: string;
            awsQueryError?: readonly [string, number];
          };
          if (traits.error === undefined) return [];
          const className = name.endsWith('Exception') ? name : `${name.replace(/Error$/, '')}Exception`;
          return [name, traits.awsQueryError?.[0] ?? name].map((wire) => [wire, className] as const);
        }),
    );
    models.set(sdk, names);
  }
  return names.get(code);
}
