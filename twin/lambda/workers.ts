import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock';
import type { Credentials } from '../iam/credentials';

/** What a worker is started with. */
export interface WorkerData {
  /** Where the unpacked code lies. */
  readonly directory: string;
  /** `index.handler` */
  readonly handler: string;
  readonly clockOffset: Float64Array;
}

/** What a worker is asked to do. */
export interface Invocation {
  readonly event: unknown;
  readonly context: Readonly<Record<string, unknown>> & { readonly awsRequestId: string };
  readonly credentials: Readonly<Record<string, string>>;
  /** When Lambda gives up, ms since 1970 in the twin's time. */
  readonly deadline: number;
}

/** A function's code and how to run it. */
export interface Code extends Omit<WorkerData, 'clockOffset'> {
  /** Workers of the same function are reused. */
  readonly functionArn: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
}

/** What a function answered. */
export interface Outcome {
  readonly result?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string; readonly trace?: readonly string[] };
  readonly usedMegabytes: number;
  readonly coldStart: boolean;
}

/** What a worker says. */
type Message =
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'result'; readonly result: unknown; readonly heap: number }
  | { readonly kind: 'error'; readonly error: NonNullable<Outcome['error']>; readonly heap: number };

interface Slot {
  readonly worker: Worker;
  readonly functionArn: string;
  busyWith?: string;
}

/**
 * What tells AWS's clients to speak to a twin on some port. Those of S3 Control put the account before the host name, which an
 * address does not allow.
 */
export const endpointsAt = (port: number) => ({
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_ENDPOINT_URL_S3_CONTROL: `http://localhost:${port}`,
});

/** Threads that run functions, reused while they are warm. */
export class Workers {
  /** Set in every function: how it reaches AWS. */
  environment: Readonly<Record<string, string>> = {};
  private readonly slots = new Set<Slot>();

  constructor(private readonly clock: Clock) {}

  /** Runs a function once. Never rejects: a function that dies has an error like any other. */
  async run(
    code: Code,
    { event, context, credentials }: { event: unknown; context: Invocation['context']; credentials: Credentials },
    onLog: (text: string) => void,
  ): Promise<Outcome> {
    const idle = [...this.slots].find((slot) => slot.functionArn === code.functionArn && slot.busyWith === undefined);
    const slot = idle ?? this.start(code);
    slot.busyWith = credentials.accessKeyId;
    const { worker } = slot;
    const outcome = await new Promise<Omit<Outcome, 'coldStart'>>((resolve) => {
      const end = (value: Omit<Outcome, 'coldStart'>) => {
        callOff();
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        resolve(value);
      };
      const fail = (errorType: string, what: string) => {
        this.discard(slot);
        end({
          error: { errorType, errorMessage: `RequestId: ${context.awsRequestId} Error: ${what}` },
          usedMegabytes: 0,
        });
      };
      const onMessage = (message: Message) => {
        if (message.kind === 'log') onLog(message.text);
        else {
          const usedMegabytes = Math.ceil(message.heap / 2 ** 20);
          end(
            message.kind === 'error'
              ? { error: message.error, usedMegabytes }
              : { result: message.result, usedMegabytes },
          );
        }
      };
      const onError = (error: Error) =>
        fail('Runtime.ExitError', `Runtime exited with ${error.name}: ${error.message}`);
      const onExit = () => fail('Runtime.ExitError', 'Runtime exited without providing a reason');
      const callOff = this.clock.after(code.timeoutSeconds * 1000, () =>
        fail('Sandbox.Timedout', `Task timed out after ${code.timeoutSeconds.toFixed(2)} seconds`),
      );
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      const { accessKeyId, secretAccessKey, sessionToken = '' } = credentials;
      const invocation: Invocation = {
        event,
        context,
        credentials: {
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_SESSION_TOKEN: sessionToken,
        },
        deadline: this.clock.now().getTime() + code.timeoutSeconds * 1000,
      };
      worker.postMessage(invocation);
    });
    delete slot.busyWith;
    return { ...outcome, coldStart: !idle };
  }

  /** Ends the worker that runs under a session key, in the middle of what it does. */
  async kill(accessKeyId: string): Promise<void> {
    const slot = [...this.slots].find(({ busyWith }) => busyWith === accessKeyId);
    if (slot) await slot.worker.terminate();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.slots].map(({ worker }) => worker.terminate()));
  }

  private start({ directory, handler, environment, memoryMegabytes, functionArn }: Code): Slot {
    const workerData: WorkerData = { directory, handler, clockOffset: this.clock.offset };
    const worker = new Worker(join(__dirname, 'worker.mjs'), {
      workerData,
      env: { ...environment, ...this.environment, TZ: ':UTC' },
      // Whatever loads the twin's own sources is not for the functions.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes },
    });
    const slot: Slot = { worker, functionArn };
    this.slots.add(slot);
    // A worker that ends between two invocations is not used again.
    worker.on('error', () => this.discard(slot)).on('exit', () => this.discard(slot));
    return slot;
  }

  private discard(slot: Slot): void {
    this.slots.delete(slot);
    void slot.worker.terminate();
  }
}
