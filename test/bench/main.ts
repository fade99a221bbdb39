import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigServiceClient, StopConfigurationRecorderCommand } from '@aws-sdk/client-config-service';
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, DeletePublicAccessBlockCommand, S3Client } from '@aws-sdk/client-s3';
import { build } from 'esbuild';
import { unzipSync } from 'fflate';
import { containAnInstance } from '../../cli/incident-scene';
import { closingOf, elapsedMs, type JournalEntry, TwinProcess } from '../../cli/twin-process';
import { names } from '../../modules/names';
import { bundle, bundleDirectory, compile, functionNames } from '../../scripts/bundle';
import type { Figure } from './figure';
import { sweeps } from './sweep';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const root = join(__dirname, '..', '..');
const ROUNDS = 50;
/** Until V8 has compiled what each round runs, in the twin and in the function alike. */
const WARM_UP = 150;
const COLD_STARTS = 25;

async function main(): Promise<void> {
  for (const name of functionNames()) await bundle(name);
  const directory = mkdtempSync(join(tmpdir(), 'suture-bench-'));
  try {
    const stack = join(directory, 'stacks', 'suture');
    const synthesized = synthesis(directory);
    if (process.argv.includes('--sweep')) print(await sweeps(stack), 1);
    else {
      const { figures, slowness } = await bundles(directory);
      print([...figures, ...synthesized, ...(await account(stack))], slowness);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** EC2's client alone, with three commands: loading it took 30 ms on the machine where the budgets were set. */
const REFERENCE = join(__dirname, 'ec2-client.ts');
const REFERENCE_MS = 30;

/** Also tells how much longer this machine takes than the one where the budgets were set. */
async function bundles(directory: string): Promise<{ figures: Figure[]; slowness: number }> {
  const figures: Figure[] = [];
  const references: number[] = [];
  const reference = join(directory, 'reference.js');
  writeFileSync(reference, (await compile(REFERENCE)).outputFiles[0]?.contents ?? '');
  for (const name of functionNames()) {
    const zip = readFileSync(join(bundleDirectory, `${name}.zip`));
    const code = unzipSync(zip)['index.js'];
    if (!code) throw new Error(`${name}.zip has no index.js`);
    const ours = join(directory, `${name}.js`);
    writeFileSync(ours, code);
    const plain = join(directory, `${name}-plain.js`);
    await build({
      entryPoints: [join(root, 'functions', name, 'index.ts')],
      bundle: true,
      minify: true,
      platform: 'node',
      target: 'node22',
      outfile: plain,
      logLevel: 'error',
    });
    const [init = 0, referenceInit = 0, plainInit = 0] = initMs(ours, reference, plain);
    references.push(referenceInit);
    figures.push(
      { name: `${name}: zip`, value: zip.length / 1024, unit: 'KB', budget: 120, method: 'bytes of the zip' },
      {
        name: `${name}: init`,
        value: init,
        unit: 'ms',
        budget: 50,
        method: `require() in a fresh process, median of ${COLD_STARTS}, in turns with EC2's client alone`,
      },
      {
        name: `${name}: init against esbuild's defaults`,
        value: (100 * init) / plainInit,
        unit: '%',
        method: 'the same for the same sources, bundled without our plugins',
      },
    );
  }
  return { figures, slowness: median(references) / REFERENCE_MS };
}

/** Time to load each of some bundles, as Lambda's cold start does. In turns, so that what else the machine does hits all alike. */
function initMs(...files: readonly string[]): number[] {
  const script = (file: string) =>
    `const t = process.hrtime.bigint(); require(${JSON.stringify(file)}); process.stdout.write(String(Number(process.hrtime.bigint() - t) / 1e6))`;
  const env = {
    ...process.env,
    AWS_REGION: 'eu-west-1',
    LEDGER_TABLE: 't',
    ALERT_TOPIC_ARN: 'a',
    CHAT_TOPIC_ARN: 'a',
    EVIDENCE_BUCKET: 'b',
    METRIC_NAMESPACE: 'Suture',
    OWN_ROLE_ARN: 'r',
    PAGING_ALARMS: '[]',
    PARTITION: 'aws',
    QUARANTINE_GROUP: 'g',
    QUARANTINE_PROFILE: 'p',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const times = files.map((): number[] => []);
  for (let start = 0; start < COLD_STARTS; start++)
    for (const [index, file] of files.entries())
      times[index]?.push(Number(execFileSync(process.execPath, ['-e', script(file)], { env, encoding: 'utf8' })));
  return times.map(median);
}

function synthesis(directory: string): Figure[] {
  const settings = join(directory, 'settings.json');
  writeFileSync(
    settings,
    JSON.stringify({
      region: 'eu-west-1',
      mode: 'enforce',
      governor: { actionsPerHour: 1_000_000 },
      notifications: { emails: ['soc@example.com'] },
    }),
  );
  const run = () => {
    const began = performance.now();
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', join(root, 'main.ts'), '--settings', settings, '--out', directory],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    return (performance.now() - began) / 1000;
  };
  return [
    {
      name: 'synth',
      value: median([run(), run(), run()]),
      unit: 's',
      budget: 2,
      method: 'the whole process, median of 3',
    },
  ];
}

async function account(stack: string): Promise<Figure[]> {
  const starts: number[] = [];
  let twin: TwinProcess | undefined;
  for (let start = 0; start < 3; start++) {
    await twin?.stop();
    const began = performance.now();
    twin = await TwinProcess.start(stack);
    starts.push((performance.now() - began) / 1000);
  }
  if (!twin) throw new Error('no twin');
  try {
    return [
      {
        name: 'twin ready',
        value: median(starts),
        unit: 's',
        budget: 2,
        method: 'from spawn to the line of JSON, median of 3',
      },
      ...(await isolation(twin)),
      ...(await fixes(twin)),
    ];
  } finally {
    await twin.stop();
  }
}

/** The workflow, from a finding on an instance with two interfaces, in an Auto Scaling group, to its end. */
async function isolation(twin: TwinProcess): Promise<Figure[]> {
  const before = (await twin.journal()).length;
  const { transitions, steps, contained } = await containAnInstance(twin);
  if (!contained) throw new Error('the instance was not isolated');
  const functions = Object.values(names('').incident.functions).map(({ role }) => `/${role}/`);
  const calls = (await twin.journal(before)).filter(({ principal }) =>
    functions.some((one) => principal.includes(one)),
  );
  return [
    {
      name: 'isolation: transitions',
      value: transitions,
      unit: '',
      budget: 12,
      method: "states entered, by the execution's history",
    },
    {
      name: 'isolation: API calls',
      value: calls.length,
      unit: '',
      method: 'calls of all functions of the workflow in the journal',
    },
    {
      name: 'isolation: finding in → told, cold',
      value: steps.find(({ title }) => title.startsWith('Told'))?.atMs ?? Number.NaN,
      unit: 'ms',
      method: "the execution's history; every function is loaded for the first time",
    },
  ];
}

/** A change that is undone, again and again. */
interface Fix {
  readonly what: string;
  readonly role: string;
  /** The calls that the function makes for it, at most. */
  readonly calls: number;
  /** The call that wakes the function, and the one that undoes the change. */
  readonly wake: string;
  readonly undo: string;
  open(): Promise<unknown>;
}

async function fixes(twin: TwinProcess): Promise<Figure[]> {
  const { endpoint, region, operator } = twin.ready;
  const client = { endpoint, region, credentials: { ...operator } };
  const [ec2, s3, config] = [new EC2Client(client), new S3Client(client), new ConfigServiceClient(client)];
  const { securityGroup, bucket, config: recording } = names('');
  // One path at a time: in AWS, Config comes minutes after CloudTrail.
  await config.send(new StopConfigurationRecorderCommand({ ConfigurationRecorderName: recording.recorder }));
  const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: 'bench', Description: 'bench' }));
  const Bucket = 'suture-bench';
  const CreateBucketConfiguration = region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-west-1' };
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  await twin.settle();
  // In AWS, the event of our own change comes when the receipt is long closed; here it would come at once, and be in the way.
  await new EventBridgeClient(client).send(new DisableRuleCommand({ Name: bucket.rule }));
  const lambda = new LambdaClient(client);
  const Payload = Buffer.from(JSON.stringify({ bucketName: Bucket }));
  const request = new InvokeCommand({ FunctionName: bucket.function, InvocationType: 'Event', Payload });
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
  return [
    ...(await figuresOf(twin, {
      what: 'plain fix of a security group',
      role: securityGroup.role,
      calls: 8,
      wake: 'AuthorizeSecurityGroupIngress',
      undo: 'RevokeSecurityGroupIngress',
      open: () => ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions })),
    })),
    ...(await figuresOf(twin, {
      what: 'plain fix of a bucket',
      role: bucket.role,
      calls: 9,
      wake: 'Invoke',
      undo: 'PutPublicAccessBlock',
      open: async () => {
        await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
        await lambda.send(request);
      },
    })),
  ];
}

async function figuresOf(twin: TwinProcess, { what, role, calls: most, wake, undo, open }: Fix): Promise<Figure[]> {
  let seen = (await twin.journal()).length;
  /** From the call that wakes the function to the transaction that closes the receipt. */
  const round = async (): Promise<JournalEntry[]> => {
    await open();
    await twin.settle();
    // Of this round alone: all of it, thousands of lines after some rounds, would be rubbish to collect for the twin while it is measured.
    const journal = await twin.journal(seen);
    seen += journal.length;
    const closed = closingOf(journal, ({ operation, error }) => operation === undo && error === null);
    if (!closed) throw new Error(`${what}: a round was not healed`);
    const from = journal.findIndex(({ operation }) => operation === wake);
    return journal.slice(from, journal.indexOf(closed) + 1);
  };
  const elapsed = (journal: readonly JournalEntry[]) => {
    const [first, last] = [journal[0], journal.at(-1)];
    return first && last ? elapsedMs(first, last) : Number.NaN;
  };
  for (let index = 0; index < WARM_UP; index++) await round();
  const journals: JournalEntry[][] = [];
  for (let index = 0; index < ROUNDS; index++) journals.push(await round());
  const counts = journals.map((journal) => journal.filter(({ principal }) => principal.includes(`/${role}/`)).length);
  const latencies = journals.map(elapsed);
  const fewest = journals[counts.indexOf(Math.min(...counts))] ?? [];

  const delayMs = 200;
  await twin.fault({ operation: '*', delayMs, times: 1000, principal: role });
  const trips = Math.round(elapsed(await round()) / delayMs);
  await twin.clearFaults();
  return [
    {
      name: `${what}: API calls`,
      value: Math.min(...counts),
      unit: '',
      budget: most,
      method: `the function's calls in the journal: ${fewest
        .slice(1)
        .map(({ operation }) => operation)
        .join(', ')}`,
    },
    {
      name: `${what}: sequential round trips`,
      value: trips,
      unit: '',
      budget: 6,
      method: `time of a fix whose every call takes ${delayMs} ms longer, divided by that`,
    },
    {
      name: `${what}: event in → receipt closed, median`,
      value: median(latencies),
      unit: 'ms',
      budget: 25,
      method: `journal, from ${wake} to the transaction that closes, ${ROUNDS} rounds after ${WARM_UP} to warm up`,
    },
    { name: `${what}: the same, p95`, value: quantile(latencies, 0.95), unit: 'ms', method: 'the same rounds' },
  ];
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;
const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Times are held against their budgets as they would be on the machine where those were set. */
function print(figures: readonly Figure[], slowness: number): void {
  console.log(
    `Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}. ${
      slowness === 1
        ? 'Times travel as ratios only.'
        : `This machine takes ${slowness.toFixed(2)} times as long as the one of the budgets: EC2's client alone is loaded in ${(slowness * REFERENCE_MS).toFixed(1)} ms, not in ${REFERENCE_MS}.`
    }\n`,
  );
  for (const { name, value, unit, budget, method } of figures) {
    const there = unit === 'ms' || unit === 's' ? value / slowness : value;
    const verdict = budget === undefined ? '' : there <= budget ? `within ${budget}` : `OVER ${budget}`;
    console.log(
      `${name.padEnd(64)} ${value.toFixed(Number.isInteger(value) ? 0 : 1).padStart(8)} ${unit.padEnd(3)} ${(there === value ? '' : `= ${there.toFixed(1)} there`).padEnd(14)} ${verdict.padEnd(11)} ${method}`,
    );
  }
}

void main();
