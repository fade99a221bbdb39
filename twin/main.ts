import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Control } from './control';
import { endpointsAt } from './lambda/workers';
import { createTwinServer } from './server';
import { addUser } from './services/iam';
import { Stacks } from './terraform/stacks';
import { HOME_ACCOUNT, Twin } from './twin';

const USAGE = 'usage: npm run --silent twin -- [--port N] [--stack DIR]… [--bare] [--var NAME=VALUE]… [--quiet]';

class UsageError extends Error {}

/** Starts a twin and says, in one line of JSON on standard output, how to reach it. */
async function main(): Promise<void> {
  const { port, directories, bare, variables, quiet } = options();
  const twin = new Twin();
  const stacks = new Stacks(twin, directories, variables);
  if (!bare) stacks.install();
  const operator = addUser(twin, HOME_ACCOUNT, 'operator', { administrator: true });
  const server = createTwinServer(twin, new Control(twin, stacks));
  await new Promise<void>((ready, failed) => server.once('error', failed).listen(port, '127.0.0.1', ready));

  const listening = (server.address() as AddressInfo).port;
  const endpoint = `http://127.0.0.1:${listening}`;
  const { region } = stacks;
  const environment = {
    ...endpointsAt(listening),
    AWS_ACCESS_KEY_ID: operator.accessKeyId,
    AWS_SECRET_ACCESS_KEY: operator.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // Or a client looks for a metadata service, or for a profile of the person at the keyboard.
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  twin.workers.environment = endpointsAt(listening);
  process.stdout.write(
    `${JSON.stringify({ endpoint, accountId: HOME_ACCOUNT, region, operator, environment, pid: process.pid })}\n`,
  );
  if (!quiet)
    process.stderr.write(
      `The twin listens at ${endpoint}${bare ? ', empty' : ` with ${stacks.loaded().join(', ')}`}. End it with Ctrl-C.\n`,
    );

  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await twin.stop();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
}

function options() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '4580' },
        stack: { type: 'string', multiple: true },
        bare: { type: 'boolean', default: false },
        var: { type: 'string', multiple: true, default: [] },
        quiet: { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65535)
      throw new UsageError(`--port ${values.port}: expected a number from 0 to 65535`);
    const fromEnvironment = Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('TF_VAR_') ? [[name.slice(7), value ?? '']] : [],
    );
    const fromArguments = values.var.map((assignment) => {
      const at = assignment.indexOf('=');
      if (at < 1) throw new UsageError(`--var ${assignment}: expected NAME=VALUE`);
      return [assignment.slice(0, at), assignment.slice(at + 1)];
    });
    return {
      ...values,
      port,
      directories: (values.stack ?? [undefined]).map(stackDirectory),
      variables: Object.fromEntries([...fromEnvironment, ...fromArguments]) as Record<string, string>,
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function stackDirectory(named: string | undefined): string {
  const directory = resolve(named ?? join(__dirname, '..', 'cdktf.out', 'stacks', 'suture'));
  if (existsSync(join(directory, 'cdk.tf.json'))) return directory;
  throw new UsageError(
    named
      ? `--stack ${named}: there is no cdk.tf.json in it`
      : 'nothing is synthesized yet; make it with: npm run build',
  );
}

main().catch((error: unknown) => {
  const isUsage = error instanceof UsageError;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${isUsage ? `${USAGE}\n` : ''}`);
  process.exit(isUsage ? 2 : 1);
});
