import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(__dirname, '..', '..');
const environment = join(root, '.venv');
const LONGEST_INSTALL_MS = 240_000;

/**
 * A virtual environment with the pinned clients of requirements.txt, made when they change.
 *
 * @throws Error that says what is missing
 */
export function pythonEnvironment(): string {
  const pinned = join(root, 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(pinned)).digest('hex');
  const mark = join(environment, 'requirements.sha256');
  const isMade = () => existsSync(mark) && readFileSync(mark, 'utf8') === digest;
  // Test files run beside one another: one of them makes it, the others wait.
  const lock = `${environment}.lock`;
  for (const until = Date.now() + LONGEST_INSTALL_MS; !isMade(); pause(200)) {
    if (claim(lock)) {
      try {
        if (!isMade()) make(pinned, mark, digest);
      } finally {
        rmSync(lock, { recursive: true });
      }
    } else if (Date.now() > until) throw new Error(`${lock} is held by a run that ended; remove it`);
  }
  return environment;
}

function make(pinned: string, mark: string, digest: string): void {
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
}

/** Whether the folder is ours: nobody else had made it. */
function claim(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

const pause = (milliseconds: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

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

/** The AWS CLI in one interpreter, which runs one command after another: starting it takes longer than what is asked of it. */
export class AwsCli {
  private constructor(
    private readonly child: ChildProcess,
    private readonly answers: AsyncIterator<string>,
  ) {}

  /** @param variables what is set for it; nothing else is configured */
  static start(variables: Readonly<Record<string, string>>): AwsCli {
    const child = spawn(join(environment, 'bin', 'python'), [join(__dirname, 'aws_cli.py')], {
      env: { PATH: String(process.env.PATH), HOME: '/nonexistent', AWS_PAGER: '', ...variables },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new AwsCli(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
  }

  stop(): void {
    this.child.stdin?.end();
  }

  /** @returns what the command prints, as JSON. @throws Error with what it says if it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever AWS answers
  async run(...given: readonly string[]): Promise<any> {
    this.child.stdin?.write(`${JSON.stringify([...given, '--output', 'json'])}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the AWS CLI ended');
    const { status, stdout, stderr } = JSON.parse(value) as Said;
    if (status !== 0) throw new Error(stderr);
    return stdout.trim() === '' ? undefined : JSON.parse(stdout);
  }
}
