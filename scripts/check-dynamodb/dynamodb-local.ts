import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';

const SECONDS_TO_START = 60;

/** DynamoDB Local, running in memory. */
export interface DynamoDbLocal {
  readonly client: DynamoDBClient;
  stop(): void;
}

/** Why DynamoDB Local does not run: Java, Maven or Maven Central is missing. */
export class NotRunnableError extends Error {
  override readonly name = 'NotRunnableError';
}

function fetchLibraries(): string {
  const libraries = resolve('out/check-dynamodb/lib');
  mkdirSync(libraries, { recursive: true });
  const pom = join(__dirname, 'pom.xml');
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
  const { error, status, stdout, stderr } = spawnSync('mvn', ['-q', '-B', '-f', pom, ...goal], { encoding: 'utf8' });
  if (error || status !== 0) throw new NotRunnableError(`mvn failed: ${error?.message ?? `${stdout}${stderr}`}`);
  return libraries;
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
 * Fetches DynamoDB Local from Maven Central and starts it. It reports nothing to AWS.
 *
 * @throws NotRunnableError if that is not possible here.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.html
 */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal> {
  const libraries = fetchLibraries();
  const port = await freePort();
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
  const options = [`-Djava.library.path=${libraries}`, '-cp', join(libraries, '*')];
  const server = spawn('java', [...options, main, '-inMemory', '-disableTelemetry', '-port', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, DDB_LOCAL_TELEMETRY: '0' },
  });
  let ended: string | undefined;
  server.once('error', (error) => {
    ended = error.message;
  });
  server.once('exit', (status) => {
    ended ??= `exit status ${status}`;
  });
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  const stop = () => {
    client.destroy();
    server.kill();
  };
  for (let attempt = 0; attempt < SECONDS_TO_START * 5 && ended === undefined; attempt += 1) {
    await sleep(200);
    const isReady = await client.send(new ListTablesCommand({})).then(
      () => true,
      () => false,
    );
    if (isReady) return { client, stop };
  }
  stop();
  throw new NotRunnableError(`java failed: ${ended ?? `not ready after ${SECONDS_TO_START} seconds`}`);
}
