import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutPublicAccessBlockCommand, S3Client } from '@aws-sdk/client-s3';
import type { KindName } from '../../cli/kind-names';
import { TwinProcess } from '../../cli/twin-process';
import { ALL_ON } from '../../functions/remediate-bucket/bucket';
import type { Figure } from './figure';

/** One resource of so many is open to the internet. */
const VIOLATING = 1_000;
/** Calls that make a resource, of whatever kind: what the journal has after them is the sweep's. */
const CALLS_EACH = 2;
/** Resources at a time, while an account is filled. */
const SEEDING = 50;
const root = join(__dirname, '..', '..');

/** Resources of a kind: how many, how they are made, and what a sweep of them may cost. */
interface Kind {
  /** As `--only` takes it. */
  readonly name: KindName;
  readonly sizes: readonly number[];
  make(twin: TwinProcess): (index: number) => Promise<unknown>;
  budget(size: number): number;
  method(size: number): string;
}

const KINDS: readonly Kind[] = [
  {
    name: 'security-group',
    sizes: [1_000, 10_000, 50_000],
    make: makeGroups,
    budget: (size) => 2 * Math.ceil((size + 1) / 1000) + (8 * size) / VIOLATING,
    method: (size) => `${Math.ceil((size + 1) / 1000)} pages, ${size / VIOLATING} groups in question`,
  },
  {
    name: 'bucket',
    sizes: [1_000, 10_000],
    make: makeBuckets,
    // Who asks, whether there is a table, the account's block; the pages; the block of each; what else is read of those in question.
    budget: (size) => 3 + Math.ceil(size / 250) + size + (4 * size) / VIOLATING,
    method: (size) => `${Math.ceil(size / 250)} pages, one block each, ${size / VIOLATING} buckets in question`,
  },
];

/**
 * Sweeps an account that nothing is installed in, by the command, as a person would: `suture sweep --mode observe`. The same account, made
 * of the same calls, is there for any other tool by AWS_ENDPOINT_URL.
 */
export async function sweeps(stack: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const kind of KINDS) figures.push(...(await sweepsOf(kind, stack)));
  return figures;
}

async function sweepsOf({ name, sizes, make, budget, method }: Kind, stack: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  const heaps: number[] = [];
  for (const size of sizes) {
    const twin = await TwinProcess.start(stack, '--bare');
    try {
      const one = make(twin);
      for (let at = 0; at < size; at += SEEDING)
        await Promise.all(Array.from({ length: Math.min(SEEDING, size - at) }, (_, index) => one(at + index)));
      const plain = sweep(twin, name, {});
      const calls = (await twin.journal(CALLS_EACH * size)).length;
      const { peakHeap } = sweep(twin, name, { SUTURE_PROBE_HEAP: '50' });
      heaps.push(peakHeap);
      figures.push(
        {
          name: `sweep of ${size} (${name}): API calls`,
          value: calls,
          unit: '',
          budget: budget(size),
          method: `the twin's journal; ${method(size)}`,
        },
        {
          name: `sweep of ${size} (${name}): CPU`,
          value: plain.cpuSeconds,
          unit: 's',
          method: 'user and system time of the command',
        },
        {
          name: `sweep of ${size} (${name}): peak heap`,
          value: peakHeap / 1024 / 1024,
          unit: 'MB',
          method: 'largest heap alive, collected every 50 ms in a run of its own',
        },
      );
    } finally {
      await twin.stop();
    }
  }
  figures.push({
    name: `sweep (${name}): peak heap of ${sizes.at(-1)} against ${sizes[0]}`,
    value: (heaps.at(-1) ?? 0) / (heaps[0] ?? 0),
    unit: '',
    budget: 1.3,
    method: 'the two figures above',
  });
  return figures;
}

const clientConfig = ({ ready: { endpoint, region, operator } }: TwinProcess) => ({
  endpoint,
  region,
  credentials: { ...operator },
});

/** Groups with two rules for private ranges each; one of a thousand with SSH for everybody. */
function makeGroups(twin: TwinProcess): (index: number) => Promise<unknown> {
  const ec2 = new EC2Client(clientConfig(twin));
  const tcp = (port: number, CidrIp: string) => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp }],
  });
  return async (index) => {
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `group-${index}`, Description: 'of a benchmark' }),
    );
    const open = index % VIOLATING === 0 ? [tcp(22, '0.0.0.0/0')] : [];
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: [tcp(443, '10.0.0.0/8'), tcp(22, '192.168.0.0/16'), ...open],
      }),
    );
  };
}

/** Buckets as they are made today; one of a thousand without its block. */
function makeBuckets(twin: TwinProcess): (index: number) => Promise<unknown> {
  const s3 = new S3Client({ ...clientConfig(twin), forcePathStyle: true });
  const CreateBucketConfiguration = { LocationConstraint: twin.ready.region as 'eu-west-1' };
  const where = twin.ready.region === 'us-east-1' ? {} : { CreateBucketConfiguration };
  return async (index) => {
    const Bucket = `bench-${String(index).padStart(5, '0')}`;
    await s3.send(new CreateBucketCommand({ Bucket, ...where }));
    const isOpen = index % VIOLATING === 0;
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: isOpen ? {} : ALL_ON }));
  };
}

function sweep(
  { ready: { environment } }: TwinProcess,
  only: KindName,
  probe: Record<string, string>,
): { peakHeap: number; cpuSeconds: number } {
  const directory = mkdtempSync(join(tmpdir(), 'suture-sweep-'));
  try {
    const [settings, result] = [join(directory, 'settings.json'), join(directory, 'probe.json')];
    writeFileSync(settings, '{}');
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        '--require',
        join(__dirname, 'heap-probe.cjs'),
        join(root, 'cli', 'suture.js'),
        ...['sweep', '--mode', 'observe', '--only', only, '--json'],
        ...['--settings', settings, '--ledger', join(directory, 'ledger')],
      ],
      { encoding: 'utf8', env: { ...process.env, ...environment, ...probe, SUTURE_PROBE: result }, maxBuffer: 2 ** 28 },
    );
    // There are violations, so that it ends with 1.
    if (status !== 1) throw new Error(`the sweep ended with status ${status}: ${stderr}`);
    return JSON.parse(readFileSync(result, 'utf8')) as { peakHeap: number; cpuSeconds: number };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
