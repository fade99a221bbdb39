import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { checkAccess } from '../iam/enforce';
import { type Principal, servicePrincipal } from '../iam/principal';
import type { Code, Outcome } from '../lambda/workers';
import { AwsError, type Call, type Making, type Scope, type Service } from '../service';
import { block, plain } from '../terraform/arguments';
import type { Twin } from '../twin';
import { putMetric } from './cloudwatch';
import { deliver } from './deliver';
import { assumeForService, type Role, roleByArn } from './iam';
import { follow, isLoop, type Lineage, lineageOf } from './lambda-recursion';
import { type LogLine, writeLog } from './logs';

type Sdk = typeof import('@aws-sdk/client-lambda');

/** A new account's quota. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const CONCURRENT_EXECUTIONS = 10;
/** Pauses before Lambda tries an asynchronous invocation again. @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const RETRY_PAUSES_SECONDS = [60, 120];

interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly description: string;
  readonly runtime: string;
  readonly code: Code;
  readonly codeSha256: string;
  readonly codeSize: number;
  readonly logGroup: string;
  readonly lastModified: string;
  readonly tags: Record<string, string>;
  readonly environment: Record<string, string>;
  readonly architectures: string[];
  logStream?: string;
  /** Statements of its resource policy, by id. */
  readonly permissions: Map<string, object>;
  retries: number;
  maximumEventAgeSeconds: number;
  onFailure?: string;
  recursiveLoop: 'Allow' | 'Terminate';
}

interface Queued {
  readonly target: LambdaFunction;
  readonly scope: Scope;
  readonly payload: unknown;
  readonly requestId: string;
  readonly since: number;
  readonly attempt: number;
  readonly lineage: Lineage;
  /** Told how each attempt ended. */
  readonly ended?: (outcome: Outcome) => void;
}

interface LambdaState {
  readonly functions: Map<string, LambdaFunction>;
  running: number;
  readonly queue: Queued[];
}

const notFound = (arn: string) =>
  new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, { status: 404, members: { Type: 'User' } });

/** By name, or by ARN, with or without a qualifier. */
function find(call: Call<LambdaState>, reference: string | undefined): LambdaFunction {
  const name = reference?.includes(':function:')
    ? reference.split(':function:')[1]?.split(':')[0]
    : reference?.split(':')[0];
  const found = call.state.functions.get(name ?? '');
  if (!found) throw notFound(call.arn(`function:${name}`));
  return found;
}

const configuration = ({
  name,
  arn,
  roleArn,
  description,
  runtime,
  code,
  codeSha256,
  codeSize,
  lastModified,
  environment,
  logGroup,
  architectures,
}: LambdaFunction) => ({
  FunctionName: name,
  FunctionArn: arn,
  Runtime: runtime as 'nodejs24.x',
  Role: roleArn,
  Handler: code.handler,
  CodeSize: codeSize,
  Description: description,
  Timeout: code.timeoutSeconds,
  MemorySize: code.memoryMegabytes,
  LastModified: lastModified,
  CodeSha256: codeSha256,
  Version: '$LATEST',
  Environment: { Variables: environment },
  TracingConfig: { Mode: 'PassThrough' as const },
  State: 'Active' as const,
  LastUpdateStatus: 'Successful' as const,
  PackageType: 'Zip' as const,
  Architectures: architectures as 'arm64'[],
  LoggingConfig: { LogFormat: 'Text' as const, LogGroup: logGroup },
});

export const lambda: Service<Sdk, LambdaState> = {
  prefix: 'lambda',
  sdk: () => require('@aws-sdk/client-lambda') as Sdk,
  client: 'LambdaClient',
  initial: () => ({ functions: new Map(), running: 0, queue: [] }),
  dataEvents: ['Invoke'],
  resources: (_operation, input: { FunctionName?: string; Resource?: string }, call) => {
    const reference = input.FunctionName ?? input.Resource;
    if (reference === undefined) return ['*'];
    return [reference.startsWith('arn:') ? reference : call.arn(`function:${reference}`)];
  },
  resourcePolicy: ({ functions }, arn) => policyOf(functions.get(arn.split(':function:')[1]?.split(':')[0] ?? '')),
  operations: {
    async Invoke({ FunctionName, InvocationType = 'RequestResponse', Payload }, call) {
      const target = find(call, FunctionName);
      const payload = parsePayload(Payload as Uint8Array | undefined);
      if (InvocationType === 'DryRun') return { StatusCode: 204 };
      const lineage = lineageOf(call.twin, call.principal.accessKeyId);
      if (target.recursiveLoop === 'Terminate' && isLoop(lineage, target.arn)) {
        putMetric(call.twin, call, 'AWS/Lambda', 'RecursiveInvocationsDropped', { FunctionName: target.name }, 1);
        throw new AwsError('RecursiveInvocationException', 'Lambda has detected a recursive loop and stopped it.', {
          members: { Type: 'User' },
        });
      }
      if (InvocationType === 'Event') {
        invokeAsync(call.twin, call, target, payload, undefined, lineage);
        return { StatusCode: 202, Payload: new Uint8Array() as never };
      }
      if (call.state.running >= CONCURRENT_EXECUTIONS)
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
          status: 429,
          members: { Reason: 'ConcurrentInvocationLimitExceeded' },
        });
      const { result, error } = await execute(call.twin, call, target, payload, call.requestId, lineage);
      const answer = new TextEncoder().encode(JSON.stringify(error ?? result ?? null));
      return {
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        Payload: answer as never,
        ...(error && { FunctionError: 'Unhandled' }),
      };
    },
    GetFunction({ FunctionName }, call) {
      const found = find(call, FunctionName);
      return { Configuration: configuration(found), Tags: found.tags };
    },
    GetFunctionConfiguration: ({ FunctionName }, call) => configuration(find(call, FunctionName)),
    ListFunctions: (_input, { state }) => ({ Functions: [...state.functions.values()].map(configuration) }),
    ListTags: ({ Resource }, call) => ({ Tags: find(call, Resource).tags }),
    GetPolicy({ FunctionName }, call) {
      const policy = policyOf(find(call, FunctionName));
      if (!policy)
        throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', { status: 404 });
      return { Policy: JSON.stringify(policy), RevisionId: randomUUID() };
    },
    GetFunctionEventInvokeConfig({ FunctionName }, call) {
      const { arn, retries, maximumEventAgeSeconds, onFailure } = find(call, FunctionName);
      return {
        FunctionArn: `${arn}:$LATEST`,
        MaximumRetryAttempts: retries,
        MaximumEventAgeInSeconds: maximumEventAgeSeconds,
        DestinationConfig: { OnSuccess: {}, OnFailure: onFailure ? { Destination: onFailure } : {} },
      };
    },
    GetFunctionRecursionConfig: ({ FunctionName }, call) => ({
      RecursiveLoop: find(call, FunctionName).recursiveLoop,
    }),
    GetAccountSettings: (_input, { state }) => ({
      AccountLimit: {
        ConcurrentExecutions: CONCURRENT_EXECUTIONS,
        UnreservedConcurrentExecutions: CONCURRENT_EXECUTIONS,
        TotalCodeSize: 80_530_636_800,
      },
      AccountUsage: { FunctionCount: state.functions.size },
    }),
  },
  terraform: {
    aws_lambda_function: (args, making) => {
      const name = String(args.function_name);
      const { twin, account, region } = making;
      const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
      const zip = readFileSync(making.file(String(args.filename)));
      const codeSha256 = createHash('sha256').update(zip).digest('base64');
      if (args.source_code_hash !== undefined && args.source_code_hash !== codeSha256)
        throw new Error(
          `${making.address}: source_code_hash is ${String(args.source_code_hash)}, the zip's is ${codeSha256}`,
        );
      const logging = block(args.logging_config);
      if (logging.log_format === 'JSON')
        throw new Error(`${making.address}: the twin simulates the Text log format only`);
      const environment = plain((block(args.environment).variables ?? {}) as Record<string, string>);
      const logGroup = String(logging.log_group ?? `/aws/lambda/${name}`);
      const memoryMegabytes = Number(args.memory_size ?? 128);
      const handler = String(args.handler);
      twin.state(lambda, making).functions.set(name, {
        name,
        arn,
        roleArn: String(args.role),
        description: String(args.description ?? ''),
        runtime: String(args.runtime),
        codeSha256,
        codeSize: zip.length,
        logGroup,
        lastModified: twin.clock.now().toISOString(),
        tags: making.tags,
        environment,
        architectures: plain((args.architectures as string[] | undefined) ?? ['x86_64']),
        permissions: new Map(),
        retries: 2,
        maximumEventAgeSeconds: 21_600,
        recursiveLoop: 'Terminate',
        code: {
          functionArn: arn,
          directory: unpack(zip),
          handler,
          memoryMegabytes,
          timeoutSeconds: Number(args.timeout ?? 3),
          environment: { ...environment, ...runtimeVariables({ name, region, memoryMegabytes, handler, logGroup }) },
        },
      });
      return {
        arn,
        id: name,
        qualified_arn: `${arn}:$LATEST`,
        invoke_arn: `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`,
        version: '$LATEST',
      };
    },
    aws_lambda_function_event_invoke_config: (args, making) => {
      const target = named(making, args.function_name);
      target.retries = Number(args.maximum_retry_attempts ?? 2);
      target.maximumEventAgeSeconds = Number(args.maximum_event_age_in_seconds ?? 21_600);
      const { destination } = block(block(args.destination_config).on_failure);
      if (destination !== undefined) target.onFailure = String(destination);
      return { id: target.name };
    },
    aws_lambda_function_recursion_config: (args, making) => {
      const target = named(making, args.function_name);
      target.recursiveLoop = args.recursive_loop === 'Allow' ? 'Allow' : 'Terminate';
      return { id: target.name };
    },
    aws_lambda_permission: (args, making) => {
      const target = named(making, args.function_name);
      const principal = String(args.principal);
      const id = String(args.statement_id);
      target.permissions.set(id, {
        Sid: id,
        Effect: 'Allow',
        Principal: principal.includes('.amazonaws.com') ? { Service: principal } : { AWS: principal },
        Action: String(args.action),
        Resource: target.arn,
        Condition: {
          ...(args.source_arn !== undefined && { ArnLike: { 'AWS:SourceArn': String(args.source_arn) } }),
          ...(args.source_account !== undefined && {
            StringEquals: { 'AWS:SourceAccount': String(args.source_account) },
          }),
        },
      });
      return { id };
    },
  },
};

/**
 * A function that a service may invoke for one of its resources.
 *
 * @throws AwsError if there is no such function, or its policy does not let the service invoke it.
 */
export function invocable(twin: Twin, arn: string, principal: Principal): { target: LambdaFunction; scope: Scope } {
  const [, , , region = '', account = ''] = arn.split(':');
  const call = twin.callOf(lambda, { account, region }, principal);
  const target = find(call, arn);
  checkAccess(twin, lambda, [{ action: 'lambda:InvokeFunction', resources: [target.arn] }], call);
  return { target, scope: { account, region } };
}

/** Puts an event into a function's queue, as Lambda does for EventBridge and for invocations of type Event. */
export function invokeAsync(
  twin: Twin,
  scope: Scope,
  target: LambdaFunction,
  payload: unknown,
  ended?: Queued['ended'],
  lineage: Lineage = new Map(),
): void {
  enqueue(twin, {
    ...(ended && { ended }),
    lineage,
    target,
    scope: { account: scope.account, region: scope.region },
    payload,
    requestId: randomUUID(),
    since: twin.clock.now().getTime(),
    attempt: 1,
  });
}

function enqueue(twin: Twin, queued: Queued): void {
  const state = twin.state(lambda, queued.scope);
  state.queue.push(queued);
  drain(twin, state);
}

/** Starts what waits, as far as the account's concurrency goes. */
function drain(twin: Twin, state: LambdaState): void {
  while (state.running < CONCURRENT_EXECUTIONS) {
    const next = state.queue.shift();
    if (!next) return;
    void twin.clock.track(attempt(twin, state, next));
  }
}

async function attempt(twin: Twin, state: LambdaState, queued: Queued): Promise<void> {
  const { target, scope, payload, requestId, since } = queued;
  const outcome = await execute(twin, scope, target, payload, requestId, queued.lineage);
  drain(twin, state);
  queued.ended?.(outcome);
  if (!outcome.error) return;
  const pause = RETRY_PAUSES_SECONDS[queued.attempt - 1];
  const isLast = queued.attempt > target.retries || pause === undefined;
  const isOld =
    pause !== undefined && twin.clock.now().getTime() + pause * 1000 - since > target.maximumEventAgeSeconds * 1000;
  if (!isLast && !isOld) {
    twin.clock.after(pause * 1000, () => enqueue(twin, { ...queued, attempt: queued.attempt + 1 }));
    return;
  }
  putMetric(twin, scope, 'AWS/Lambda', 'AsyncEventsDropped', { FunctionName: target.name }, 1);
  if (target.onFailure) await giveUp(twin, queued, outcome, isLast ? 'RetriesExhausted' : 'EventAgeExceeded');
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
async function giveUp(
  twin: Twin,
  { target, scope, payload, requestId, attempt }: Queued,
  { error }: Outcome,
  condition: string,
): Promise<void> {
  const record = {
    version: '1.0',
    timestamp: twin.clock.now().toISOString(),
    requestContext: { requestId, functionArn: `${target.arn}:$LATEST`, condition, approximateInvokeCount: attempt },
    requestPayload: payload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: error,
  };
  const session = startSession(twin, target);
  try {
    await deliver(twin, { arn: target.onFailure ?? '', body: JSON.stringify(record), principal: session.principal });
  } catch {
    putMetric(twin, scope, 'AWS/Lambda', 'DestinationDeliveryFailures', { FunctionName: target.name }, 1);
  } finally {
    twin.credentials.remove(session.accessKeyId);
  }
}

/** One run of a function, with its log lines and metrics. */
async function execute(
  twin: Twin,
  scope: Scope,
  target: LambdaFunction,
  payload: unknown,
  requestId: string,
  lineage: Lineage,
): Promise<Outcome> {
  const state = twin.state(lambda, scope);
  state.running++;
  const session = startSession(twin, target);
  const forget = follow(twin, session.accessKeyId, lineage, target.arn);
  target.logStream ??= `${twin.clock.now().toISOString().slice(0, 10).replaceAll('-', '/')}/${target.name}[$LATEST]${twin.hex(32)}`;
  const { logGroup, logStream, name, arn, code } = target;
  const lines: LogLine[] = [];
  const log = (text: string) => lines.push({ timestamp: twin.clock.now().getTime(), message: text });
  const began = performance.now();
  log(`START RequestId: ${requestId} Version: $LATEST`);
  const context = {
    awsRequestId: requestId,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: arn,
    memoryLimitInMB: String(code.memoryMegabytes),
    logGroupName: logGroup,
    logStreamName: logStream,
  };
  const outcome = await twin.workers.run(code, { event: payload, context, credentials: session }, (text) => {
    for (const line of text.split('\n').filter(Boolean)) log(line);
  });
  const milliseconds = performance.now() - began;
  if (outcome.error && !outcome.error.trace)
    log(`${twin.clock.now().toISOString()} ${requestId} ${outcome.error.errorMessage}`);
  log(`END RequestId: ${requestId}`);
  log(
    `REPORT RequestId: ${requestId}\tDuration: ${milliseconds.toFixed(2)} ms\tBilled Duration: ${Math.ceil(milliseconds)} ms\tMemory Size: ${code.memoryMegabytes} MB\tMax Memory Used: ${outcome.usedMegabytes} MB`,
  );
  // As in Lambda, lines are lost if the role may not write them.
  await writeLog(twin, { ...scope, logGroup, logStream, lines, principal: session.principal });
  for (const [metric, value, unit] of [
    ['Invocations', 1, 'Count'],
    ['Errors', outcome.error ? 1 : 0, 'Count'],
    ['Duration', milliseconds, 'Milliseconds'],
  ] as const) {
    putMetric(twin, scope, 'AWS/Lambda', metric, { FunctionName: name }, value, unit);
  }
  forget();
  twin.credentials.remove(session.accessKeyId);
  state.running--;
  return outcome;
}

/** Each invocation has a key of its own, so that each call is known by the invocation that made it. */
function startSession(twin: Twin, { roleArn, name, arn }: LambdaFunction): ReturnType<typeof assumeForService> {
  const role: Role | undefined = roleByArn(twin, roleArn);
  if (!role) throw new Error(`${name} has the role ${roleArn}, which does not exist`);
  const lambdaService: Principal = servicePrincipal('lambda.amazonaws.com', role.account, arn);
  return assumeForService(twin, role, lambdaService, name);
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const runtimeVariables = ({
  name,
  region,
  memoryMegabytes,
  handler,
  logGroup,
}: {
  name: string;
  region: string;
  memoryMegabytes: number;
  handler: string;
  logGroup: string;
}) => ({
  _HANDLER: handler,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
  // The SDK announces which Node.js it wants next year; the twin runs on what the machine has.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

const unpacked: string[] = [];

function unpack(zip: Uint8Array): string {
  const directory = mkdtempSync(join(tmpdir(), 'suture-twin-'));
  if (unpacked.length === 0)
    process.once('exit', () => {
      for (const path of unpacked) rmSync(path, { recursive: true, force: true });
    });
  unpacked.push(directory);
  for (const [name, content] of Object.entries(unzipSync(zip))) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return directory;
}

function parsePayload(payload: Uint8Array | undefined): unknown {
  if (!payload || payload.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json', {
      members: { Type: 'User' },
    });
  }
}

function named(making: Making, reference: unknown): LambdaFunction {
  const found = making.twin.state(lambda, making).functions.get(String(reference).split(':function:').at(-1) ?? '');
  if (!found) throw new Error(`${making.address}: there is no function ${String(reference)}`);
  return found;
}

const policyOf = (found: LambdaFunction | undefined) =>
  found && found.permissions.size > 0
    ? { Version: '2012-10-17', Id: 'default', Statement: [...found.permissions.values()] }
    : undefined;
