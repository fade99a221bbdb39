import { NormalizedSchema } from '@smithy/core/schema';
import type { Service } from '../../../service';
import type { Twin } from '../../../twin';
import { operationsOf } from '../../../wire/schema';
import type { Json } from '../asl/definition';
import { runtimeError } from '../asl/errors';
import type { TaskCall, TaskKind } from '../asl/host';
import type { Execution } from '../state';
import { callAs } from './caller';
import { sdkNaming } from './errors';
import { optimized } from './optimized';

/** Names of services in `aws-sdk` resources, where they are not the twin's. */
const SDK_SERVICES: Readonly<Record<string, string>> = { eventbridge: 'events', cloudwatchlogs: 'logs', sfn: 'states' };

/** A Task's resource, understood. */
export interface Resource {
  readonly resourceType?: string;
  readonly resource: string;
  readonly waitsForToken: boolean;
  /** Prefix of the twin's service. */
  readonly service: string;
  readonly operation: string;
  /** In the table of integrations with manners of their own. */
  readonly optimized?: string;
}

/**
 * Reads a Task's resource: a function's ARN, an optimized integration, or any operation of an AWS service. Undefined for what the twin does
 * not simulate, such as activities and `.sync`.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
 */
export function parseResource(arn: string): Resource | undefined {
  if (/^arn:aws:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/.test(arn))
    return { resource: arn, waitsForToken: false, service: 'lambda', operation: 'Invoke', optimized: 'lambda:invoke' };
  const [, sdk, type = '', action = '', pattern] =
    /^arn:aws:states:::(aws-sdk:)?(\w+):(\w+)(\.waitForTaskToken)?$/.exec(arn) ?? [];
  const waitsForToken = pattern !== undefined;
  const resource = `${action}${pattern ?? ''}`;
  if (sdk) {
    const service = SDK_SERVICES[type] ?? type;
    const operation = action.charAt(0).toUpperCase() + action.slice(1);
    return { resourceType: `aws-sdk:${type}`, resource, waitsForToken, service, operation };
  }
  const found = optimized[`${type}:${action}`];
  if (!found || (waitsForToken && !found.canWaitForToken)) return undefined;
  const { service, operation } = found;
  return { resourceType: type, resource, waitsForToken, service, operation, optimized: `${type}:${action}` };
}

/** How a task is done for an execution. */
export function taskOf(twin: Twin, execution: Execution, arn: string): TaskKind {
  const resource = parseResource(arn);
  const service = resource && twin.service(resource.service);
  if (!resource || !service) throw runtimeError(`The twin does not simulate the resource ${arn}`);
  const { resourceType, waitsForToken } = resource;
  return {
    ...(resourceType !== undefined && { resourceType }),
    resource: resource.resource,
    waitsForToken,
    run: (call) => run(twin, execution, { arn, resource, service }, call),
  };
}

async function run(
  twin: Twin,
  execution: Execution,
  { arn, resource, service }: { arn: string; resource: Resource; service: Service },
  { parameters: given }: TaskCall,
): Promise<Json> {
  const { operation } = resource;
  const integration = resource.optimized === undefined ? undefined : optimized[resource.optimized];
  const isFunction = resource.resourceType === undefined;
  const wanted: Json = isFunction ? { FunctionName: arn, Payload: given } : given;
  const { output, requestId } = await callAs(twin, execution.machine, {
    service,
    operation,
    naming: integration?.naming ?? sdkNaming(service.prefix),
    parameters: integration?.prepare?.(wanted, execution) ?? wanted,
  });
  const result: Json = integration?.conclude?.(output) ?? output;
  if (isFunction) return result.Payload;
  return integration && !integration.isBare ? { ...result, ...metadata(requestId) } : result;
}

/** Optimized integrations tell of the HTTP answer too. */
const metadata = (requestId: string) => ({
  SdkHttpMetadata: {
    AllHttpHeaders: { 'x-amzn-RequestId': [requestId] },
    HttpHeaders: { 'x-amzn-RequestId': requestId },
    HttpStatusCode: 200,
  },
  SdkResponseMetadata: { RequestId: requestId },
});

/** Whether an AWS service has the operation that a resource names, and which fields it takes. Undefined if it has not. */
export function fieldsOf(service: Service, operation: string): readonly string[] | undefined {
  const schema = operationsOf(service.sdk()).get(operation);
  if (!schema) return undefined;
  const input = NormalizedSchema.of(schema.input as never);
  return input.isStructSchema() ? Object.keys(input.getMemberSchemas()) : [];
}
