import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { PutPublicAccessBlockCommand as PutAccountBlockCommand, S3ControlClient } from '@aws-sdk/client-s3-control';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TestBucket } from '../../cli/latency-bucket';
import type { LatencyResult } from '../../cli/latency-result';
import { digest } from '../../functions/core/canonical';
import { budgetKey, POLICY_KEY } from '../../functions/core/ledger-keys';
import { ALL_ON } from '../../functions/remediate-bucket/bucket';
import { NONE_ON } from '../support/bucket';
import { begin, suture } from '../support/command';
import { TestTwin } from '../support/twin';

// `suture latency` as a process of its own, against the twin as it runs, in real time.

const TYPE = 'AWS::S3::Bucket';
const out = join(__dirname, '..', '..', 'out', 'latency');

let twin: TestTwin;
let s3: S3Client;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  s3 = new S3Client(twin.config);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const buckets = async () => ((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name }) => Name);
const block = async (Bucket: string) =>
  (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
const setBlock = (Bucket: string, PublicAccessBlockConfiguration: object) =>
  s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
async function made(name: string): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  await twin.settle();
  return name;
}
/** Calls on buckets that whoever runs the command made, without those that only read. */
const changes = async (since: number) =>
  (await twin.journal(since)).filter(
    ({ principal, service, operation }) =>
      principal.endsWith(':user/operator') && service === 's3' && !/^(Get|List|Head)/.test(operation),
  );
/** What the function logged of each change of a bucket, by receipt. */
async function responseTimes(name: string): Promise<Map<string, number>> {
  const { events = [] } = await new CloudWatchLogsClient(twin.config).send(
    new FilterLogEventsCommand({
      logGroupName: '/aws/lambda/SecurityAutoRemediation',
      filterPattern: `"Remediated bucket ${name}"`,
    }),
  );
  const lines = events.map(({ message = '' }) => JSON.parse(message) as { receipt: string; responseTimeMs: number });
  return new Map(lines.map(({ receipt, responseTimeMs }) => [receipt, responseTimeMs]));
}
/** Has the functions obey another policy, until it is put back. */
async function withPolicy<T>(change: (policy: PolicyDocument) => void, work: () => Promise<T>): Promise<T> {
  const { Item = {} } = await twin.dynamodb.send(
    new GetItemCommand({ TableName: twin.table, Key: marshall(POLICY_KEY), ConsistentRead: true }),
  );
  const { document } = unmarshall(Item) as { document: PolicyDocument };
  change(document);
  await twin.putItem(marshall({ ...POLICY_KEY, document, hash: digest(document) }));
  try {
    return await work();
  } finally {
    await twin.putItem(Item);
  }
}
interface PolicyDocument {
  buckets: { mode: string };
  governor: { actionsPerHour: number };
}

it('measures a bucket of its own, and removes it', async () => {
  const [before, since] = [await buckets(), await twin.mark()];
  rmSync(out, { recursive: true, force: true });
  const { status, stdout, stderr } = await suture(twin, 'latency', '--iterations', '3', '--json');
  expect(stderr).toMatch(/3 times: as many changes by Suture, with \d+ left of the 100 for buckets in this hour\./);
  expect(status).toBe(0);
  const result = JSON.parse(stdout) as LatencyResult;
  expect(result).toMatchObject({
    account: '111122223333',
    region: 'eu-west-1',
    bucket: expect.stringMatching(/^suture-latency-111122223333-eu-west-1-[0-9a-f]{8}$/),
    iterations: 3,
    timeoutSeconds: 300,
    poll: { share: 0.05, leastMs: 10, mostMs: 500 },
    healed: 3,
    notHealed: 0,
    stray: 0,
    complete: true,
  });
  for (const key of ['clientMs', 'reportedMs', 'differenceMs', 'resolutionMs'] as const) {
    const values = result.rounds.map((round) => round[key] ?? Number.NaN).sort((a, b) => a - b);
    expect(result.figures[key]).toMatchObject({ count: 3, p50: values[1], p95: values[2], max: values[2] });
  }
  const outcomes = (await twin.chain(result.bucket, TYPE)).filter(({ outcome }) => outcome === 'REMEDIATED');
  expect(result.rounds.map(({ receipt }) => receipt)).toEqual(outcomes.map(({ pk, sk }) => `${pk}/${sk}`));
  const said = await responseTimes(result.bucket);
  for (const [index, round] of result.rounds.entries()) {
    const { clientMs = 0, reportedMs = 0, differenceMs = 0, resolutionMs = 0, receipt = '', trigger } = round;
    expect(reportedMs).toBe(said.get(receipt));
    expect(trigger).toEqual(outcomes[index]?.trigger);
    expect(trigger).toMatchObject({ name: 'DeleteBucketPublicAccessBlock' });
    expect(clientMs).toBeGreaterThan(0);
    expect(resolutionMs).toBeLessThanOrEqual(clientMs);
    expect(Math.abs(differenceMs - (clientMs - reportedMs))).toBeLessThan(0.2);
  }

  expect(await buckets()).toEqual(before);
  const calls = await changes(since);
  expect(new Set(calls.map(({ parameters }) => parameters.Bucket))).toEqual(new Set([result.bucket]));
  expect(calls.map(({ operation }) => operation)).toEqual([
    'CreateBucket',
    'PutBucketTagging',
    ...Array(3).fill('DeletePublicAccessBlock'),
    'DeleteBucket',
  ]);
  expect(JSON.parse(readFileSync(join(out, 'latency.json'), 'utf8'))).toEqual(result);
  expect(readFileSync(join(out, 'latency.log'), 'utf8').trim().split('\n')).toHaveLength(3);
  expect(readFileSync(join(out, 'latency.html'), 'utf8')).toContain(result.bucket);
});

it('measures a bucket that is named, and leaves it as it was', async () => {
  const name = await made('latency-given');
  const before = await buckets();
  const { status, stdout } = await suture(twin, 'latency', '--iterations', '2', '--bucket', name);
  expect(status).toBe(0);
  expect(stdout).toMatch(/client round trip +2 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+\n/);
  expect(stdout).toMatch(/reported by the function +2 /);
  expect(stdout).toMatch(/difference +2 /);
  expect(stdout).toContain('2 of 2 rounds healed.');
  expect(await buckets()).toEqual(before);
  expect(await block(name)).toEqual(ALL_ON);
});

describe('wrong use', () => {
  const refused = async (name: string, message: string, untouched: object) => {
    const since = await twin.mark();
    const ended = await suture(twin, 'latency', '--bucket', name, '--iterations', '1');
    expect(ended).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect(await changes(since)).toEqual([]);
    expect(await block(name)).toEqual(untouched);
  };

  it.each([
    [['--iterations', '0'], '--iterations must be at least 1'],
    [['--iterations', 'many'], 'many: expected a whole number'],
    [['--iterations', '1.5'], '1.5: expected a whole number'],
    [['--timeout', '0'], '--timeout must be at least 1'],
    [['--bucket', 'a b'], 'no name of a bucket'],
  ])('%j, and nothing is asked of AWS', async (given, message) => {
    const since = await twin.mark();
    expect(await suture(twin, 'latency', ...given)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(message),
    });
    expect(await twin.calls(since)).toEqual([]);
    expect((await twin.journal(since)).filter(({ principal }) => principal.endsWith('operator'))).toEqual([]);
  });

  const HOME = { partition: 'aws', account: '111122223333', region: 'eu-west-1' };
  const policyFor = (Bucket: string) => {
    const Statement = [
      { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
    ];
    return JSON.stringify({ Version: '2012-10-17', Statement });
  };
  it.each<[string, (Bucket: string) => Promise<unknown>, string]>([
    ['with objects', (Bucket) => s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'b' })), 'it holds objects'],
    [
      'with a policy',
      (Bucket) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policyFor(Bucket) })),
      'it has a bucket policy',
    ],
    [
      'with versions',
      (Bucket) => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })),
      'it has versioning',
    ],
  ])('a bucket %s is not opened', async (_case, prepare, message) => {
    const name = await made(`latency-${Math.random().toString(36).slice(2)}`);
    await expect(TestBucket.given(s3, HOME, name)).resolves.toMatchObject({ name, isOwn: false });
    await prepare(name);
    await expect(TestBucket.given(s3, HOME, name)).rejects.toThrow(`--bucket ${name}: ${message}`);
  });

  it('a bucket with objects is left alone', async () => {
    const name = await made('latency-full');
    await s3.send(new PutObjectCommand({ Bucket: name, Key: 'a', Body: 'b' }));
    await refused(name, 'it holds objects', ALL_ON);
  });

  it('so is one that serves a website', async () => {
    const name = await made('latency-website');
    const WebsiteConfiguration = { IndexDocument: { Suffix: 'i.html' } };
    await s3.send(new PutBucketWebsiteCommand({ Bucket: name, WebsiteConfiguration }));
    await twin.settle();
    await refused(name, 'would not be healed: it serves a website', ALL_ON);
  });

  it('so are those that are Suture’s own, and those that are not there', async () => {
    const since = await twin.mark();
    const own = await suture(twin, 'latency', '--bucket', 'suture-trail-111122223333-eu-west-1');
    expect(own).toMatchObject({ status: 2, stderr: expect.stringContaining("it is one of Suture's own") });
    const none = await suture(twin, 'latency', '--bucket', 'nobody-has-this-one');
    expect(none).toMatchObject({ status: 2, stderr: expect.stringContaining('has no such bucket') });
    expect(await changes(since)).toEqual([]);
  });

  it('so is one that is open already', async () => {
    const name = await made('latency-open');
    await withPolicy(
      (policy) => {
        policy.buckets.mode = 'observe';
      },
      async () => {
        await setBlock(name, NONE_ON);
        await twin.settle();
      },
    );
    await refused(name, 'is not wholly on', NONE_ON);
  });
});

describe('where nothing would be healed, nothing is opened', () => {
  const refused = async (message: string) => {
    const since = await twin.mark();
    const { status, stdout, stderr } = await suture(twin, 'latency', '--iterations', '1');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^suture: no bucket would be healed: .*\n$/);
    expect(stderr).toContain(message);
    expect(await changes(since)).toEqual([]);
  };

  it.each([
    ['observe', 'the policy observes buckets (mode observe)'],
    ['approve', 'each change of a bucket waits for approval (mode approve)'],
  ])('mode %s', async (mode, message) => {
    await withPolicy(
      (policy) => {
        policy.buckets.mode = mode;
      },
      () => refused(message),
    );
  });

  it('paused', async () => {
    await suture(twin, 'pause', '--reason', 'migration');
    try {
      await refused('paused by arn:aws:iam::111122223333:user/operator: migration');
    } finally {
      await suture(twin, 'resume');
      await twin.settle();
    }
  });
});

it('ends when the budget is used up, before it opens anything', async () => {
  const Key = marshall(budgetKey('bucket'));
  const { Item = {} } = await twin.dynamodb.send(new GetItemCommand({ TableName: twin.table, Key }));
  const { status, stdout, stderr } = await withPolicy(
    (policy) => {
      policy.governor.actionsPerHour = Number(unmarshall(Item).used) + 1;
    },
    () => suture(twin, 'latency', '--iterations', '4', '--json'),
  );
  expect(stderr).toContain('That is more than are left');
  expect(status).toBe(1);
  const result = JSON.parse(stdout) as LatencyResult;
  expect(result).toMatchObject({
    healed: 1,
    notHealed: 0,
    complete: false,
    stopped: expect.stringMatching(/^the budget of \d+ changes per hour is used up$/),
  });
  expect(await buckets()).not.toContain(result.bucket);
  expect((await twin.chain(result.bucket, TYPE)).map(({ outcome }) => outcome)).not.toContain('HELD');
});

it('tells of a round that is not healed in time, and closes the bucket itself', async () => {
  const name = await made('latency-unhealed');
  await twin.fault({
    operation: 's3:PutPublicAccessBlock',
    error: 'AccessDenied',
    times: 99,
    principal: 'S3BucketSelfHealRole',
  });
  const { status, stdout, stderr } = await suture(
    twin,
    ...['latency', '--iterations', '1', '--timeout', '4', '--bucket', name, '--json'],
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(/Round 1 was not healed: not within 4 s: FAILED: /);
  const result = JSON.parse(stdout) as LatencyResult;
  expect(result).toMatchObject({ healed: 0, notHealed: 1, complete: true, figures: { clientMs: null } });
  expect(await block(name)).toEqual(ALL_ON);
});

it('removes its bucket when something fails on the way', async () => {
  const [before, since] = [await buckets(), await twin.mark()];
  await twin.fault({
    operation: 'logs:FilterLogEvents',
    error: 'AccessDeniedException',
    times: 99,
    principal: 'operator',
  });
  const { status, stdout, stderr } = await suture(twin, 'latency', '--iterations', '2');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/suture: AWS denied it \(AccessDeniedException\): .*\n$/);
  expect((await changes(since)).map(({ operation }) => operation)).toContain('CreateBucket');
  expect(await buckets()).toEqual(before);
});

it('says which bucket is left where it cannot be removed', async () => {
  await twin.fault({ operation: 's3:DeleteBucket', error: 'AccessDenied', times: 99, principal: 'operator' });
  const { status, stderr } = await suture(twin, 'latency', '--iterations', '1');
  expect(status).toBe(1);
  expect(stderr).toMatch(/suture: the bucket (\S+) was not removed: aws s3api delete-bucket --bucket \1\n$/);
});

it('ends at Ctrl-C, and removes its bucket', async () => {
  const before = await buckets();
  const { child, ended } = begin(twin, ['latency', '--iterations', '50', '--json']);
  const measured = new Set((await twin.journal()).map(({ parameters }) => parameters.Bucket));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const isOpened = async () =>
    (await twin.journal()).some(
      ({ operation, parameters }) => operation === 'DeletePublicAccessBlock' && !measured.has(parameters.Bucket),
    );
  while (!isOver && !(await isOpened())) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGINT');
  const { status, stdout, stderr } = await ended;
  expect(status).toBe(1);
  expect(stderr).toContain('Ending with this round; once more ends at once');
  expect(JSON.parse(stdout)).toMatchObject({ complete: false, stopped: 'interrupted' });
  expect(await buckets()).toEqual(before);
  expect(existsSync(join(out, 'latency.json'))).toBe(true);
});

// The last: it leaves the account closed.
it('opens nothing where the account blocks public access for each of its buckets', async () => {
  // The twin's address has no names before it that could tell accounts.
  const endpointProvider = () => ({ url: new URL(twin.ready.endpoint) });
  const s3Control = new S3ControlClient({ ...twin.config, disableHostPrefix: true, endpointProvider });
  await s3Control.send(
    new PutAccountBlockCommand({ AccountId: '111122223333', PublicAccessBlockConfiguration: { ...ALL_ON } }),
  );
  await twin.settle();
  const since = await twin.mark();
  const { status, stderr } = await suture(twin, 'latency', '--iterations', '1');
  expect(status).toBe(1);
  expect(stderr).toContain("the account's own public access block covers each of its buckets");
  expect(await changes(since)).toEqual([]);
});
