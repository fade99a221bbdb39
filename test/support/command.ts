import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestTwin } from './twin';

const root = join(__dirname, '..', '..');

/** What the command said, and how it ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a process of its own, with nothing configured but what the twin says and `more`. */
export function begin(
  twin: Pick<TestTwin, 'ready'>,
  given: readonly string[],
  more: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [join(root, 'cli', 'suture.js'), ...given], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME: '/nonexistent', NO_COLOR: '1', ...twin.ready.environment, ...more },
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk.toString();
    });
  const ended = new Promise<Ended>((resolve) => child.once('close', (status) => resolve({ status, ...said })));
  return { child, ended };
}

/** Runs the command to its end. */
export const suture = (twin: Pick<TestTwin, 'ready'>, ...given: string[]): Promise<Ended> => begin(twin, given).ended;
