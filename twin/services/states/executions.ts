import { randomUUID } from 'node:crypto';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { AwsError } from '../../service';
import type { Twin } from '../../twin';
import type { Json } from './asl/definition';
import { runtimeError, StateError } from './asl/errors';
import type { EventDetails, EventType, Frame, Host } from './asl/host';
import { runBranch } from './asl/interpreter';
import { PAYLOAD_BYTES } from './asl/payload';
import { unlessAborted } from './asl/waiting';
import { taskOf } from './integrations';
import { log } from './logging';
import { MOST_EVENTS, redriveObstacle } from './redrivable';
import { type Execution, invalid, STATES, type StateMachine } from './state';
import { announce, measure } from './status-changes';
import { answerTo } from './task-tokens';

/** How long a name stays taken after its execution has ended. */
const NAME_KEPT_MS = 90 * 24 * 3_600_000;

/** A machine or execution that ran out of time. */
class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** An execution that somebody stopped. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  constructor(
    readonly error: string | undefined,
    override readonly cause: string | undefined,
  ) {
    super('stopped');
  }
}

/**
 * Starts an execution, or finds the one that was started by the same request before.
 *
 * @throws AwsError
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export function startExecution(
  twin: Twin,
  machine: StateMachine,
  { name = randomUUID(), input = '{}' }: { readonly name?: string | undefined; readonly input?: string | undefined },
): Execution {
  if (!/^[^\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u.test(name))
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  if (Buffer.byteLength(input) > PAYLOAD_BYTES)
    throw invalid(
      `1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to ${PAYLOAD_BYTES}`,
    );
  const parsed = parseInput(input);
  const { executions } = twin.state(STATES, machine);
  const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
  const old = executions.get(arn);
  if (old?.status === 'RUNNING' && old.input === input) return old;
  if (old && (!old.stopped || twin.clock.now().getTime() - old.stopped.getTime() < NAME_KEPT_MS))
    throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  const frame: Frame = { branch: machine.parsed, input: parsed, previous: 0 };
  const started = twin.clock.now();
  const execution: Execution = {
    name,
    arn,
    machine,
    input,
    status: 'RUNNING',
    started,
    history: [],
    frame,
    redrives: 0,
  };
  executions.delete(arn);
  executions.set(arn, execution);
  record(twin, execution, 'ExecutionStarted', 0, {
    executionStartedEventDetails: { input, inputDetails: { truncated: false }, roleArn: machine.roleArn },
  });
  measure(twin, execution, 'ExecutionsStarted');
  void run(twin, execution);
  return execution;
}

function parseInput(input: string): Json {
  try {
    return JSON.parse(input) as Json;
  } catch {
    throw new AwsError('InvalidExecutionInput', "Invalid State Machine Execution Input: 'Invalid execution input.'");
  }
}

/**
 * Goes on with an execution from the states that did not end well, with the input that they had.
 *
 * @throws AwsError
 */
export function redriveExecution(twin: Twin, execution: Execution, token: string | undefined): Date {
  if (execution.redriven && token !== undefined && token === execution.redriveToken) return execution.redriven;
  const obstacle = redriveObstacle(twin, execution);
  if (obstacle !== undefined) throw new AwsError('ExecutionNotRedrivable', obstacle);
  const redriven = twin.clock.now();
  for (const member of ['stopped', 'error', 'cause', 'output'] as const) delete execution[member];
  Object.assign(execution, { status: 'RUNNING', redriven, redriveToken: token, redrives: execution.redrives + 1 });
  const last = execution.history.at(-1)?.id ?? 0;
  const id = record(twin, execution, 'ExecutionRedriven', last, {
    executionRedrivenEventDetails: { redriveCount: execution.redrives },
  });
  goOnAfter(execution.frame, id);
  void run(twin, execution);
  return redriven;
}

function goOnAfter(frame: Frame, id: number): void {
  frame.previous = id;
  if (frame.position) frame.position.retries = 0;
  for (const child of frame.position?.children ?? []) if (child.output === undefined) goOnAfter(child, id);
}

/** Runs an execution to its end. */
async function run(twin: Twin, execution: Execution): Promise<void> {
  const { machine, frame } = execution;
  const controller = new AbortController();
  execution.stop = (reason) => controller.abort(reason);
  announce(twin, execution);
  const { TimeoutSeconds } = machine.parsed;
  const callOff =
    TimeoutSeconds === undefined
      ? () => undefined
      : twin.clock.after(TimeoutSeconds * 1000, () => controller.abort(new TimedOut('timed out')));
  try {
    const output = JSON.stringify(await runBranch(hostOf(twin, execution), frame, controller.signal));
    end(twin, execution, 'SUCCEEDED', { output });
  } catch (error) {
    endBadly(twin, execution, error);
  } finally {
    callOff();
  }
}

function endBadly(twin: Twin, execution: Execution, thrown: unknown): void {
  if (thrown instanceof TimedOut) {
    end(twin, execution, 'TIMED_OUT', { error: 'States.Timeout' });
  } else if (thrown instanceof Stopped || thrown instanceof StateError) {
    const { error, cause } = thrown;
    const status = thrown instanceof Stopped ? 'ABORTED' : 'FAILED';
    end(twin, execution, status, { ...(error && { error }), ...(cause !== undefined && { cause }) });
  } else {
    console.error(thrown);
    end(twin, execution, 'FAILED', { error: 'States.Runtime', cause: `the twin itself failed: ${String(thrown)}` });
  }
}

const ENDS = {
  SUCCEEDED: ['ExecutionSucceeded', 'executionSucceededEventDetails'],
  FAILED: ['ExecutionFailed', 'executionFailedEventDetails'],
  TIMED_OUT: ['ExecutionTimedOut', 'executionTimedOutEventDetails'],
  ABORTED: ['ExecutionAborted', 'executionAbortedEventDetails'],
} as const;

function end(
  twin: Twin,
  execution: Execution,
  status: keyof typeof ENDS,
  told: { readonly output?: string; readonly error?: string; readonly cause?: string },
): void {
  const [type, member] = ENDS[status];
  const details = status === 'SUCCEEDED' ? { ...told, outputDetails: { truncated: false } } : told;
  Object.assign(execution, told, { status, stopped: twin.clock.now() });
  delete execution.stop;
  record(twin, execution, type, execution.frame.previous, { [member]: details });
  measure(
    twin,
    execution,
    {
      SUCCEEDED: 'ExecutionsSucceeded',
      FAILED: 'ExecutionsFailed',
      TIMED_OUT: 'ExecutionsTimedOut',
      ABORTED: 'ExecutionsAborted',
    }[status],
  );
  announce(twin, execution);
}

function record(twin: Twin, execution: Execution, type: EventType, previous: number, details: EventDetails): number {
  const { history } = execution;
  const closes = type === 'ExecutionFailed' || type === 'ExecutionAborted' || type === 'ExecutionTimedOut';
  if (history.length >= MOST_EVENTS - 1 && !closes)
    throw runtimeError(`The execution reached the maximum number of history events (${MOST_EVENTS}).`);
  const event: HistoryEvent = {
    timestamp: twin.clock.now(),
    type,
    id: history.length + 1,
    previousEventId: previous,
    ...details,
  };
  history.push(event);
  log(twin, execution, event);
  return history.length;
}

/** What the interpreter sees of the twin. */
function hostOf(twin: Twin, execution: Execution): Host {
  const { machine, frame } = execution;
  const fixed = {
    Execution: {
      Id: execution.arn,
      Input: frame.input,
      Name: execution.name,
      RoleArn: machine.roleArn,
      StartTime: execution.started.toISOString(),
      RedriveCount: execution.redrives,
      ...(execution.redriven && { RedriveTime: execution.redriven.toISOString() }),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
  };
  return {
    region: machine.region,
    now: () => twin.clock.now(),
    pause: (milliseconds, signal) => {
      let callOff = (): void => undefined;
      const due = new Promise<void>((resolve) => {
        callOff = twin.clock.after(milliseconds, resolve);
      });
      return unlessAborted(due, signal).finally(callOff);
    },
    record: (type, previous, details) => record(twin, execution, type, previous, details),
    context: () => fixed,
    task: (resource) => taskOf(twin, execution, resource),
    answer: (token, signal, beat) => answerTo(twin.state(STATES, machine), token, signal, beat),
    random: Math.random,
  };
}
