import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { AwsError, type Call, type Operations, type Scope } from '../../service';
import type { Definition, Json } from './asl/definition';
import type { Frame } from './asl/host';

export type Sdk = typeof import('@aws-sdk/client-sfn');
export type StatesCall = Call<StatesState>;
export type StatesOperations = Operations<Sdk, StatesState>;

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
export interface Logging {
  readonly level: 'ALL' | 'ERROR' | 'FATAL' | 'OFF';
  readonly includeExecutionData: boolean;
  /** The log group, with `:*`. */
  readonly destination?: string;
}

/** A workflow as it was made. */
export interface StateMachine extends Scope {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** As it was given. */
  readonly definition: string;
  readonly parsed: Definition;
  readonly created: Date;
  readonly revisionId: string;
  readonly logging: Logging;
  readonly tracing: boolean;
  readonly tags: Map<string, string>;
}

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** One run of a workflow. */
export interface Execution {
  readonly name: string;
  readonly arn: string;
  /** As it was when the execution began, which a redrive uses too. */
  readonly machine: StateMachine;
  readonly input: string;
  status: Status;
  readonly started: Date;
  stopped?: Date;
  output?: string;
  error?: string;
  cause?: string;
  readonly history: HistoryEvent[];
  readonly frame: Frame;
  redrives: number;
  redriven?: Date;
  /** Of the request that redrove it last: the same request again changes nothing. */
  redriveToken?: string | undefined;
  /** While it runs: ends it. */
  stop?: (reason: Error) => void;
}

/** A task that waits for an answer. */
export interface WaitingTask {
  succeed(output: Json): void;
  fail(error: string | undefined, cause: string | undefined): void;
  beat(): void;
}

export interface StatesState {
  /** By name. */
  readonly machines: Map<string, StateMachine>;
  /** By ARN, in the order of their start. */
  readonly executions: Map<string, Execution>;
  /** By token; undefined once it is answered or timed out. */
  readonly tokens: Map<string, WaitingTask | undefined>;
}

/** The service as far as its state can be found by. */
export const STATES = {
  prefix: 'states',
  initial: (): StatesState => ({ machines: new Map(), executions: new Map(), tokens: new Map() }),
} as const;

/** @throws AwsError if there is none, or the ARN is not one. */
export function machineOf({ state }: { readonly state: StatesState }, arn = ''): StateMachine {
  const name = /^arn:aws:states:[\w-]*:\d{12}:stateMachine:([^:]+)$/.exec(arn)?.[1];
  if (name === undefined)
    throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
  const found = state.machines.get(name);
  if (found?.arn !== arn) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  return found;
}

/** @throws AwsError if there is none, or the ARN is not one. */
export function executionOf({ state }: { readonly state: StatesState }, arn = ''): Execution {
  if (!/^arn:aws:states:[\w-]*:\d{12}:execution:[^:]+:[^:]+$/.test(arn))
    throw new AwsError('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${arn}'`);
  const found = state.executions.get(arn);
  if (!found) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  return found;
}

/** A request that breaks a rule of its shape. */
export const invalid = (message: string): AwsError => new AwsError('ValidationException', message);
