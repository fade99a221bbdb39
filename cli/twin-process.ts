import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './project';

/** What a twin says when it is ready. */
export interface TwinReady {
  readonly endpoint: string;
  readonly accountId: string;
  readonly region: string;
  readonly operator: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly pid: number;
}

/** One API call, as the twin's journal has it. */
export interface JournalEntry {
  readonly seq: number;
  readonly time: string;
  readonly principal: string;
  readonly service: string;
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly error: string | null;
  readonly requestId: string;
}

/** The transaction that closes the receipt of a change: the first that succeeds after the call that made it. Undefined if there is none. */
export function closingOf(
  journal: readonly JournalEntry[],
  isChange: (call: JournalEntry) => boolean,
): JournalEntry | undefined {
  const change = journal.find(isChange);
  return (
    change &&
    journal.find(
      ({ operation, error, seq }) => operation === 'TransactWriteItems' && error === null && seq > change.seq,
    )
  );
}

/** From one call to another, in milliseconds. */
export const elapsedMs = (from: JournalEntry, to: JournalEntry): number => Date.parse(to.time) - Date.parse(from.time);

/** A twin in a process of its own, and its control calls. */
export class TwinProcess {
  private constructor(
    readonly ready: TwinReady,
    private readonly child: ReturnType<typeof spawn>,
  ) {}

  /** Starts a twin from a synthesized stack. @throws Error with what it said if it does not come up. */
  static async start(stack: string, ...given: string[]): Promise<TwinProcess> {
    const child = spawn(
      process.execPath,
      [join(root, 'scripts', 'run.js'), 'twin', '--port', '0', '--stack', stack, '--quiet', ...given],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`the twin did not start (status ${code}): ${said.trim()}`)));
    });
    child.removeAllListeners('exit');
    return new TwinProcess(JSON.parse(line) as TwinReady, child);
  }

  fault = (fault: object) => this.control('POST', '/faults', fault);
  clearFaults = () => this.control('DELETE', '/faults');
  emit = (...events: object[]) => this.control('POST', '/emit', { events });
  settle = () => this.control('POST', '/settle');
  journal = (since = 0) => this.control('GET', `/journal?since=${since}`) as Promise<JournalEntry[]>;

  outbox = () => this.control('GET', '/outbox') as Promise<{ to: string; subject: string | null; body: string }[]>;

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
  }

  private async control(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.ready.endpoint}/_twin${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} /_twin${path}: ${JSON.stringify(answer)}`);
    return answer;
  }
}
