import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Entry, GENESIS, isIntact } from '../../functions/core/ledger';
import { begin, suture } from '../support/command';
import { TestTwin, tcp } from '../support/twin';

// `suture sweep --settings FILE --ledger DIR` on an account in which nothing of Suture is installed.

let twin: TestTwin;
let directory: string;
beforeAll(async () => {
  twin = await TestTwin.startWithConfig('enforce', '--bare');
});
afterAll(() => twin.stop());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'suture-bare-'));
});
afterEach(async () => {
  await twin.clearFaults();
  rmSync(directory, { recursive: true });
});

const ledger = () => join(directory, 'ledger');
function settings(content: object = {}): string {
  const path = join(directory, 'settings.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}
const given = (mode: string, content: object = {}) => [
  'sweep',
  '--mode',
  mode,
  '--settings',
  settings(content),
  '--ledger',
  ledger(),
];
const opened = (...ports: number[]) =>
  twin.makeGroup(undefined, [tcp(443), tcp(22, '10.0.0.0/8'), ...ports.map((port) => tcp(port))]);
const ingress = async (groupId: string) =>
  (await twin.rules(groupId))
    .filter(({ IsEgress }) => !IsEgress)
    .map(({ FromPort, CidrIpv4 }) => `${FromPort} ${CidrIpv4}`)
    .sort();
const SAFE = ['22 10.0.0.0/8', '443 0.0.0.0/0'];
const writes = async (since: number) =>
  (await twin.journal(since)).filter(
    ({ operation, error }) => !/^(Describe|Get|List)/.test(operation) && error === null,
  );

/** Every chain of the directory, each checked, by the resource's id. */
function chains(): Record<string, Entry[]> {
  const all: Record<string, Entry[]> = {};
  for (const name of readdirSync(join(ledger(), 'entries'))) {
    const entries = readFileSync(join(ledger(), 'entries', name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry);
    for (const [index, entry] of entries.entries()) {
      expect(isIntact(entry)).toBe(true);
      expect(entry.previousHash).toBe(entries[index - 1]?.hash ?? GENESIS);
      if (entry.kind === 'intent') expect(entries[index + 1]?.kind).toBe('outcome');
    }
    const head = JSON.parse(readFileSync(join(ledger(), 'heads', name.replace(/l$/, '')), 'utf8'));
    expect(head).toMatchObject({ seq: entries.length, hash: entries.at(-1)?.hash });
    expect(head).not.toHaveProperty('busy');
    all[decodeURIComponent(name).replace(/^.*#|\.jsonl$/g, '')] = entries;
  }
  return all;
}
const outcomes = (entries: readonly Entry[] | undefined) => entries?.map(({ kind, outcome }) => outcome ?? kind);

it('observe, then enforce: the same chain of receipts, in files', async () => {
  const [groupId, exempt] = [await opened(22, 8080), await opened(25)];
  const content = {
    exceptions: [
      {
        id: 'mail',
        resource: `arn:aws:ec2:*:*:security-group/${exempt}`,
        reason: 'mail',
        owner: 'ops',
        expires: '2999-12-31',
      },
    ],
  };
  const before = await twin.everyGroup();
  let since = await twin.mark();
  const observed = await suture(twin, ...given('observe', content), '--json');
  expect(observed).toMatchObject({ status: 1, stderr: '' });
  expect(JSON.parse(observed.stdout)).toMatchObject({
    account: '111122223333',
    region: 'eu-west-1',
    outcomes: { DRY_RUN: 1 },
    resources: [{ resourceId: groupId, outcome: 'DRY_RUN', receipt: expect.stringMatching(/E#0000000001$/) }],
  });
  expect(await writes(since)).toEqual([]);
  expect(await twin.everyGroup()).toEqual(before);
  expect(outcomes(chains()[groupId])).toEqual(['DRY_RUN']);

  since = await twin.mark();
  expect(await suture(twin, ...given('enforce', content))).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('1 REMEDIATED.'),
  });
  expect((await writes(since)).map(({ operation, parameters }) => [operation, parameters.GroupId])).toEqual([
    ['RevokeSecurityGroupIngress', groupId],
  ]);
  expect(await ingress(groupId)).toEqual(SAFE);
  expect(await ingress(exempt)).toEqual([...SAFE, '25 0.0.0.0/0'].sort());
  expect(outcomes(chains()[groupId])).toEqual(['DRY_RUN', 'intent', 'REMEDIATED']);
  expect(Object.keys(chains()).sort()).toEqual(
    [groupId, 'security-group', 'bucket', 'account-public-access-block'].sort(),
  );

  const listed = await suture(
    twin,
    'exceptions',
    'list',
    '--settings',
    settings(content),
    '--ledger',
    ledger(),
    '--json',
  );
  expect(JSON.parse(listed.stdout)).toMatchObject([{ id: 'mail', state: 'in force', from: 'settings' }]);
});

it('a killed sweep is gone on with, and no effect is repeated', async () => {
  const ids = [];
  for (let made = 0; made < 25; made++) ids.push(await opened(22));
  const since = await twin.mark();
  await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', delayMs: 200, times: 100 });
  const { child, ended } = begin(twin, given('enforce'));
  child.stdout?.once('data', () => setTimeout(() => child.kill('SIGKILL'), 150));
  expect((await ended).status).toBeNull();
  await twin.clearFaults();
  // What was on its way arrives.
  await twin.settle();
  expect(readdirSync(ledger())).toContain('lock');

  const { status, stdout } = await suture(twin, ...given('enforce'), '--resume', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ remaining: 0, complete: true });
  const revoked = (await writes(since)).map(({ parameters }) => String(parameters.GroupId));
  expect(new Set(revoked).size).toBe(revoked.length);
  expect(revoked).toEqual(expect.arrayContaining(ids));
  const all = chains();
  for (const groupId of ids) {
    expect(await ingress(groupId)).toEqual(SAFE);
    expect(outcomes(all[groupId])?.slice(0, 2)).toEqual(['intent', 'REMEDIATED']);
  }
  expect(readdirSync(ledger())).not.toContain('sweep.json');
  expect(readdirSync(ledger())).not.toContain('lock');
});

it('two commands at once do not interleave', async () => {
  await opened(22);
  await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', delayMs: 4_000 });
  const first = begin(twin, given('enforce'));
  while (!(await twin.journal()).some(({ operation }) => operation === 'DescribeSecurityGroupRules'))
    await new Promise((resolve) => setTimeout(resolve, 100));
  for (let look = 0; look < 100 && !safeList(directory).includes('lock'); look++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await suture(twin, ...given('enforce'))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('another command works with this ledger'),
  });
  expect((await first.ended).status).toBe(0);
  chains();
});

it('the budget of the settings holds', async () => {
  const ids = [await opened(22), await opened(22), await opened(22)];
  const content = { governor: { actionsPerHour: 2, percentOfResources: 0 } };
  const { status, stdout } = await suture(twin, ...given('enforce', content), '--json');
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ outcomes: { REMEDIATED: 2, HELD: 1 }, remaining: 1 });
  const open = (await Promise.all(ids.map(ingress))).filter((rules) => rules.length > SAFE.length);
  expect(open).toHaveLength(1);
  chains();
});

it('is refused where Suture is installed, or where that cannot be known, and leaves nothing behind', async () => {
  await twin.fault({ operation: 'dynamodb:DescribeTable', error: 'AccessDeniedException', times: 9 });
  expect(await suture(twin, ...given('enforce'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^suture: AWS denied it \(AccessDeniedException\).*\n$/),
  });
  await twin.clearFaults();
  await twin.control('POST', '/install');
  await twin.settle();
  const since = await twin.mark();
  expect(await suture(twin, ...given('enforce'))).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(
      'Suture is installed in account 111122223333, Region eu-west-1: its ledger is the table SutureLedger',
    ),
  });
  expect(await writes(since)).toEqual([]);
  expect(readdirSync(directory)).toEqual(['settings.json']);
});

function safeList(path: string): string[] {
  try {
    return readdirSync(join(path, 'ledger'));
  } catch {
    return [];
  }
}
