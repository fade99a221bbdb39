import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Entry } from '../../functions/core/ledger';
import { begin, suture } from '../support/command';
import { TestTwin, tcp } from '../support/twin';

// `suture sweep` over all kinds of resources, one after the other, on an account in which nothing of Suture is installed.

let twin: TestTwin;
let s3: S3Client;
let directory: string;
beforeAll(async () => {
  twin = await TestTwin.startWithConfig('enforce', '--bare');
  s3 = new S3Client({ ...twin.config, forcePathStyle: true });
});
afterAll(() => twin.stop());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'suture-kinds-'));
});
afterEach(async () => {
  await twin.clearFaults();
  rmSync(directory, { recursive: true });
});

const given = (mode: string, content: object = {}) => {
  const path = join(directory, 'settings.json');
  writeFileSync(path, JSON.stringify(content));
  return ['sweep', '--mode', mode, '--settings', path, '--ledger', join(directory, 'ledger')];
};
const stateFile = () => join(directory, 'ledger', 'sweep.json');
const chain = (id: string): Entry[] => {
  const folder = join(directory, 'ledger', 'entries');
  const name = readdirSync(folder).find((file) => decodeURIComponent(file).endsWith(`#${id}.jsonl`)) ?? '';
  const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Entry);
};
async function made(...names: string[]): Promise<string[]> {
  for (const Bucket of names)
    await s3.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' as const } }),
    );
  return names;
}
async function opened(...names: string[]): Promise<string[]> {
  await made(...names);
  for (const Bucket of names) await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  return names;
}
const isClosed = async (Bucket: string) => {
  try {
    const { PublicAccessBlockConfiguration = {} } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    return Object.values(PublicAccessBlockConfiguration).every(Boolean);
  } catch (error) {
    if ((error as Error).name === 'NoSuchPublicAccessBlockConfiguration') return false;
    throw error;
  }
};
const writes = async (since: number) =>
  (await twin.journal(since))
    .filter(({ operation, error }) => !/^(Describe|Get|List)/.test(operation) && error === null)
    .map(({ operation, parameters }) => [operation, parameters.Bucket ?? parameters.GroupId ?? parameters.AccountId]);

it('one report of all kinds; what cannot be read is FAILED, and the rest is healed', async () => {
  const [open = '', denied = ''] = await opened('open-bucket', 'denied-bucket');
  await made('closed-bucket');
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:GetBucketPublicAccessBlock',
        Resource: `arn:aws:s3:::${denied}`,
      },
    ],
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket: denied, Policy }));
  const groupId = await twin.makeGroup(undefined, [tcp(443), tcp(22)]);
  let since = await twin.mark();
  const observed = await suture(twin, ...given('observe'));
  expect(observed).toMatchObject({ status: 1, stderr: '' });
  expect(observed.stdout).toMatch(new RegExp(`DRY_RUN +${groupId} +open to the internet`));
  expect(observed.stdout).toMatch(new RegExp(`DRY_RUN +${open} +switched off: BlockPublicAcls`));
  expect(observed.stdout).toMatch(new RegExp(`FAILED +${denied} +AWS denied it \\(AccessDenied\\)`));
  expect(observed.stdout).toMatch(/5 seen, 3 in question, 2 DRY_RUN, 1 FAILED\.\n {2}security groups: 2 seen, 1 in/);
  expect(observed.stdout).toMatch(/\n {2}buckets: 3 seen, 2 in question, 1 DRY_RUN, 1 FAILED\n/);
  expect(observed.stdout).toContain('3 violations remain.');
  expect(await writes(since)).toEqual([]);

  since = await twin.mark();
  const enforced = await suture(twin, ...given('enforce'), '--json');
  expect(enforced).toMatchObject({ status: 1, stderr: '' });
  expect(JSON.parse(enforced.stdout)).toMatchObject({
    seen: 5,
    remaining: 1,
    complete: true,
    kinds: {
      'security-group': { seen: 2, inQuestion: 1, outcomes: { REMEDIATED: 1 } },
      bucket: { seen: 3, inQuestion: 2, outcomes: { REMEDIATED: 1, FAILED: 1 } },
      'account-public-access-block': { seen: 0, inQuestion: 0, outcomes: {} },
    },
  });
  expect(await writes(since)).toEqual([
    ['RevokeSecurityGroupIngress', groupId],
    ['PutPublicAccessBlock', open],
  ]);
  expect(chain(open).map(({ kind, outcome }) => outcome ?? kind)).toEqual(['DRY_RUN', 'intent', 'REMEDIATED']);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: denied }));

  since = await twin.mark();
  const alone = await suture(twin, ...given('enforce'), '--only', 'bucket', '--json');
  expect(alone).toMatchObject({ status: 0 });
  expect(JSON.parse(alone.stdout)).toMatchObject({ seen: 3, outcomes: { REMEDIATED: 1 }, kinds: { bucket: {} } });
  expect(Object.keys(JSON.parse(alone.stdout).kinds)).toEqual(['bucket']);
  expect(await writes(since)).toEqual([['PutPublicAccessBlock', denied]]);
  expect((await twin.journal(since)).filter(({ service }) => service === 'ec2')).toEqual([]);
});

it('no guess about buckets where S3 Control cannot be reached: they and the account are FAILED, the groups are healed', async () => {
  const [name = ''] = await opened('unknown-bucket');
  const groupId = await twin.makeGroup(undefined, [tcp(22)]);
  const since = await twin.mark();
  const nowhere = { AWS_ENDPOINT_URL_S3_CONTROL: 'http://nowhere.invalid' };
  const { status, stdout } = await begin(twin, [...given('enforce'), '--json'], nowhere).ended;
  expect(status).toBe(1);
  const reason = expect.stringContaining('no answer from 111122223333.nowhere.invalid: ');
  expect(JSON.parse(stdout)).toMatchObject({
    complete: false,
    outcomes: { REMEDIATED: 1, FAILED: 2 },
    remaining: 2,
    resources: [
      { resourceId: groupId, outcome: 'REMEDIATED' },
      { resourceType: 'AWS::S3::Bucket', resourceId: '*', outcome: 'FAILED', reason },
      { resourceType: 'AWS::S3::AccountPublicAccessBlock', resourceId: '111122223333', outcome: 'FAILED', reason },
    ],
  });
  expect(await writes(since)).toEqual([['RevokeSecurityGroupIngress', groupId]]);
  expect(await isClosed(name)).toBe(false);

  // One variable is enough.
  const { AWS_ENDPOINT_URL_S3_CONTROL: _not, ...environment } = twin.ready.environment;
  const plain = { ready: { ...twin.ready, environment } };
  expect(await suture(plain, ...given('enforce'))).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('anew'),
  });
  expect(await isClosed(name)).toBe(true);
});

it("the account's own block is restored where the policy says so", async () => {
  const content = { buckets: { accountLevel: 'restore' } };
  const since = await twin.mark();
  const { status, stdout } = await suture(twin, ...given('enforce', content), '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    outcomes: { REMEDIATED: 1 },
    resources: [{ resourceId: '111122223333', actions: [{ kind: 'PutAccountPublicAccessBlock' }] }],
  });
  expect(await writes(since)).toEqual([['PutPublicAccessBlock', '111122223333']]);
});

describe('resumed', () => {
  it('goes on with the kind that it was at, and repeats no effect', async () => {
    // The account's block covers every bucket by now; their encryption it does not.
    const content = { buckets: { encryption: 'kms' } };
    await made(...Array.from({ length: 25 }, (_, index) => `many-${String(index).padStart(2, '0')}`));
    const since = await twin.mark();
    await twin.fault({ operation: 's3:PutBucketEncryption', delayMs: 300, times: 100 });
    const { child, ended } = begin(twin, given('enforce', content));
    child.stdout?.once('data', () => child.kill('SIGINT'));
    const first = await ended;
    expect(first.status).toBe(1);
    expect(first.stdout).toContain('Not finished. Go on with: suture sweep --mode enforce');
    const half = await writes(since);
    expect(half.length).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(stateFile(), 'utf8'))).toMatchObject({
      kinds: [
        { kind: 'security-group', isDone: true },
        { kind: 'bucket', isDone: false, outcomes: { REMEDIATED: half.length } },
        { kind: 'account-public-access-block', seen: 0, isDone: false },
      ],
    });
    await twin.clearFaults();
    expect(await suture(twin, ...given('enforce', content), '--resume', '--only', 'bucket')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('was of security-group, bucket, account-public-access-block, not of bucket;'),
    });
    const middle = await twin.mark();
    const { status, stdout } = await suture(twin, ...given('enforce', content), '--resume', '--json');
    expect(status).toBe(0);
    const names = (await writes(since)).map(([operation, name]) => `${operation} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(JSON.parse(stdout)).toMatchObject({ complete: true, outcomes: { REMEDIATED: names.length }, remaining: 0 });
    expect(names.length).toBeGreaterThanOrEqual(25);
    expect((await twin.journal(middle)).filter(({ service }) => service === 'ec2')).toEqual([]);
    expect(existsSync(stateFile())).toBe(false);
  });

  it('a state of the older shape is refused', async () => {
    const args = given('observe');
    await suture(twin, ...args, '--only', 'account-public-access-block');
    const totals = { id: 'x', startedAt: new Date().toISOString(), seen: 1, inQuestion: 0, outcomes: {} };
    const older = { mode: 'observe', account: '111122223333', region: 'eu-west-1', totals };
    writeFileSync(stateFile(), JSON.stringify(older));
    expect(await suture(twin, ...args, '--resume')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is not what it should be; begin anew without --resume'),
    });
  });
});
