import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');
const environment = join(root, '.venv');

/**
 * A virtual environment with the pinned clients of requirements.txt, made when they change.
 *
 * @throws Error that says what is missing
 */
export function pythonEnvironment(): string {
  const pinned = join(root, 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(pinned)).digest('hex');
  const mark = join(environment, 'requirements.sha256');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) return environment;
  run(
    'python3',
    ['-m', 'venv', '--clear', environment],
    'Python 3 with venv is a prerequisite of npm test (see README.md)',
  );
  run(
    join(environment, 'bin', 'python'),
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', pinned],
    'the clients in requirements.txt could not be installed',
  );
  writeFileSync(mark, digest);
  return environment;
}

function run(command: string, given: string[], otherwise: string): void {
  const { status, stderr, error } = spawnSync(command, given, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${otherwise}: ${error?.message ?? stderr}`);
}

/** What a command said, and how it ended. */
export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the environment as somebody with nothing configured but the given variables. */
export function runPython(
  program: string,
  given: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Said> {
  return new Promise((done) => {
    const env = {
      PATH: `${join(environment, 'bin')}:${process.env.PATH}`,
      HOME: '/nonexistent',
      AWS_PAGER: '',
      ...variables,
    };
    execFile(join(environment, 'bin', program), given, { env, maxBuffer: 1 << 26 }, (error, stdout, stderr) =>
      done({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}
