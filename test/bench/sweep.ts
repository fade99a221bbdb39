import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, EC2Client } from '@aws-sdk/client-ec2';
import { TwinProcess } from '../../cli/twin-process';
import type { Figure } from './figure';

const SIZES = [1_000, 10_000, 50_000];
/** One group of so many is open to the internet. */
const VIOLATING = 1_000;
const root = join(__dirname, '..', '..');

/**
 * Sweeps an account that nothing is installed in, by the command, as a person would: `suture sweep --mode observe`. The same account, made
 * of the same calls, is there for any other tool by AWS_ENDPOINT_URL.
 */
export async function sweeps(stack: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  const heaps: number[] = [];
  for (const size of SIZES) {
    const twin = await TwinProcess.start(stack, '--bare');
    try {
      await seed(twin, size);
      const plain = sweep(twin, {});
      // Two calls made each group.
      const calls = (await twin.journal(2 * size)).length;
      const { peakHeap } = sweep(twin, { SUTURE_PROBE_HEAP: '50' });
      heaps.push(peakHeap);
      const pages = Math.ceil((size + 1) / 1000);
      figures.push(
        {
          name: `sweep of ${size}: API calls`,
          value: calls,
          unit: '',
          budget: 2 * pages + (8 * size) / VIOLATING,
          method: `the twin's journal; ${pages} pages, ${size / VIOLATING} groups in question`,
        },
        {
          name: `sweep of ${size}: CPU`,
          value: plain.cpuSeconds,
          unit: 's',
          method: 'user and system time of the command',
        },
        {
          name: `sweep of ${size}: peak heap`,
          value: peakHeap / 1024 / 1024,
          unit: 'MB',
          method: 'largest heap alive, collected every 50 ms in a run of its own',
        },
      );
    } finally {
      await twin.stop();
    }
  }
  const [smallest = 0, , largest = 0] = heaps;
  figures.push({
    name: 'sweep: peak heap of 50,000 against 1,000',
    value: largest / smallest,
    unit: '',
    budget: 1.3,
    method: 'the two figures above',
  });
  return figures;
}

/** Groups with two rules for private ranges each; one of a thousand with SSH for everybody. */
async function seed({ ready: { endpoint, region, operator } }: TwinProcess, size: number): Promise<void> {
  const ec2 = new EC2Client({ endpoint, region, credentials: { ...operator } });
  const tcp = (port: number, CidrIp: string) => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp }],
  });
  const one = async (index: number) => {
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
  for (let at = 0; at < size; at += 50)
    await Promise.all(Array.from({ length: Math.min(50, size - at) }, (_, index) => one(at + index)));
}

function sweep(
  { ready: { environment } }: TwinProcess,
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
        ...['sweep', '--mode', 'observe', '--json'],
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
