import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SECONDS_TO_START = 30;

/** Why Moto does not run: Python or the package index is missing. */
export class NotRunnableError extends Error {
  override readonly name = 'NotRunnableError';
}

/** A Moto server, which keeps all in memory. */
export interface Moto {
  readonly endpoint: string;
  stop(): void;
}

function run(command: string, given: readonly string[]): void {
  const { error, status, stdout, stderr } = spawnSync(command, given, { encoding: 'utf8' });
  if (error || status !== 0) throw new NotRunnableError(`${command} failed: ${error?.message ?? `${stdout}${stderr}`}`);
}

/** Installs Moto into a virtual environment, the first time. */
function install(): string {
  const environment = resolve('out/check-ec2/venv');
  const server = join(environment, 'bin', 'moto_server');
  if (existsSync(server)) return server;
  run('python3', ['-m', 'venv', '--clear', environment]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  run(join(environment, 'bin', 'python'), [...pip, '-r', join(__dirname, 'requirements.txt')]);
  return server;
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/**
 * Installs and starts a Moto server on loopback.
 *
 * @throws NotRunnableError if that is not possible here.
 * @see https://docs.getmoto.org/en/latest/docs/server_mode.html
 */
export async function startMoto(): Promise<Moto> {
  const program = install();
  const port = await freePort();
  const server = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  let ended: string | undefined;
  server.once('error', (error) => {
    ended = error.message;
  });
  server.once('exit', (status) => {
    ended ??= `exit status ${status}`;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < SECONDS_TO_START * 5 && ended === undefined; attempt += 1) {
    await sleep(200);
    const isReady = await fetch(`${endpoint}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return { endpoint, stop: () => server.kill() };
  }
  server.kill();
  throw new NotRunnableError(`moto_server failed: ${ended ?? `not ready after ${SECONDS_TO_START} seconds`}`);
}
