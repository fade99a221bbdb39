import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  DeleteBucketCommand,
  PutBucketAclCommand,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
} from '@aws-sdk/client-s3';
import { ALL_ON } from '../../functions/remediate-bucket/bucket';
import { NONE_ON, policyText, statement } from '../support/bucket';
import { TestBuckets } from '../support/buckets';
import { TestTwin } from '../support/twin';

let twin: TestTwin;
let buckets: TestBuckets;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  buckets = new TestBuckets(twin);
});
afterAll(() => twin.stop());

const invoke = (input: object) => twin.invoke('S3BucketSelfHeal', input);
const subjects = async () => (await twin.outbox()).map(({ subject }) => subject);

it('a new bucket with the defaults of today needs nothing', async () => {
  const since = await twin.mark();
  const name = await buckets.make();
  await twin.settle();
  expect(await buckets.changes(since)).toEqual([]);
  expect((await buckets.chain(name)).map(({ outcome }) => outcome)).toEqual(['NO_ACTION']);
});

it('a public ACL is refused on such a bucket, as by AWS', async () => {
  const name = await buckets.make();
  const command = new PutBucketAclCommand({ Bucket: name, ACL: 'public-read' });
  await expect(buckets.s3.send(command)).rejects.toMatchObject({ name: 'AccessControlListNotSupported' });
});

describe('is closed by its block alone, policy and ACL as they were', () => {
  const elsewhere = statement({ Sid: 'Partner', Principal: { AWS: '444455556666' } });

  it.each<[string, (name: string) => Promise<unknown>]>([
    ['a bucket whose block is deleted', async (name) => buckets.unblock(name)],
    [
      'a bucket of whose block one flag goes off',
      async (name) => buckets.block(name, { ...ALL_ON, RestrictPublicBuckets: false }),
    ],
    [
      'a bucket that a policy opens',
      async (name) => {
        await buckets.block(name, NONE_ON);
        await buckets.publish(name, elsewhere);
      },
    ],
    [
      'a bucket that an ACL opens',
      async (name) => {
        await buckets.unblock(name);
        await buckets.publishByAcl(name, 'public-read');
      },
    ],
  ])('%s', async (_case, open) => {
    const name = await buckets.make();
    await twin.settle();
    const others = await buckets.others(name);
    await unseen(() => open(name));
    const opened = await buckets.everything(name);
    const since = await twin.mark();
    await invoke({ bucketName: name });
    expect(await buckets.everything(name)).toEqual({ ...opened, block: ALL_ON });
    expect(await buckets.others(name)).toEqual(others);
    expect(await buckets.changes(since)).toEqual(['PutPublicAccessBlock']);
  });
});

/** What no event tells of. */
async function unseen(run: () => Promise<unknown>): Promise<void> {
  const events = new EventBridgeClient(twin.config);
  await twin.settle();
  await events.send(new DisableRuleCommand({ Name: 'S3BucketPublicAccessDetection' }));
  await run();
  await twin.settle();
  await events.send(new EnableRuleCommand({ Name: 'S3BucketPublicAccessDetection' }));
}

it('a plain fix takes nine calls, of which one changes the bucket', async () => {
  const name = await buckets.make();
  await twin.settle();
  const since = await twin.mark();
  // Our own change would come back as an event, and be looked at like any other.
  await unseen(async () => {
    await buckets.unblock(name);
    await invoke({ bucketName: name });
  });
  const calls = await twin.calls(since);
  expect(calls.map(({ service, operation }) => `${service}:${operation}`).sort()).toEqual([
    'dynamodb:BatchGetItem',
    'dynamodb:TransactWriteItems',
    'dynamodb:TransactWriteItems',
    's3:GetBucketPolicy',
    's3:GetBucketWebsite',
    's3:GetPublicAccessBlock',
    's3:GetPublicAccessBlock',
    's3:PutPublicAccessBlock',
    's3control:GetPublicAccessBlock',
  ]);
  const ofBucket = calls.filter(({ service }) => service === 's3');
  expect(ofBucket.map(({ parameters }) => parameters.ExpectedBucketOwner)).toEqual(
    ofBucket.map(() => twin.ready.accountId),
  );
});

describe('an API call that opens a bucket', () => {
  let name: string;

  beforeAll(async () => {
    name = await buckets.make();
    await twin.settle();
    await buckets.unblock(name);
    await twin.settle();
  });

  it('leaves an intent and an outcome, from which the change could be taken back', async () => {
    const [intent, outcome] = (await buckets.chain(name)).filter(({ kind }) => kind !== 'decision');
    expect(intent).toMatchObject({
      mode: 'enforce',
      reason: 'switched off: BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets',
      trigger: { name: 'DeleteBucketPublicAccessBlock', actor: 'arn:aws:iam::111122223333:user/operator' },
      before: { touched: { block: null } },
    });
    expect(outcome).toMatchObject({
      outcome: 'REMEDIATED',
      results: [{ done: true }],
      after: { touched: { block: ALL_ON } },
    });
  });

  it('is told in the log as runbooks expect', async () => {
    const { events = [] } = await new CloudWatchLogsClient(twin.config).send(
      new FilterLogEventsCommand({
        logGroupName: '/aws/lambda/SecurityAutoRemediation',
        filterPattern: `"Remediated bucket ${name}"`,
      }),
    );
    expect(events.map(({ message = '' }) => JSON.parse(message) as object)).toEqual([
      expect.objectContaining({ outcome: 'REMEDIATED', responseTimeMs: expect.any(Number) }),
    ]);
  });
});

describe('a person decides', () => {
  it('about a website, and is told once', async () => {
    const name = await buckets.make();
    const WebsiteConfiguration = { IndexDocument: { Suffix: 'index.html' } };
    await buckets.s3.send(new PutBucketWebsiteCommand({ Bucket: name, WebsiteConfiguration }));
    await twin.settle();
    const since = await twin.mark();
    await buckets.block(name, NONE_ON);
    await buckets.publish(name);
    await twin.settle();
    expect(await buckets.changes(since)).toEqual([]);
    expect((await buckets.chain(name)).at(-1)).toMatchObject({
      outcome: 'HELD',
      reason: expect.stringMatching(/^it serves a website; switched off: /),
    });
    expect((await subjects()).filter((subject) => subject.includes(name))).toEqual([`Suture: ${name} needs a person`]);
  });

  it('about an origin of CloudFront', async () => {
    const name = await buckets.make();
    await twin.settle();
    const origin = statement({
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Resource: `arn:aws:s3:::${name}/*`,
    });
    await unseen(async () => {
      await buckets.s3.send(new PutBucketPolicyCommand({ Bucket: name, Policy: policyText(origin) }));
      await buckets.unblock(name);
    });
    expect(await invoke({ bucketName: name })).toMatchObject({ outcome: 'HELD' });
  });

  it("about the trail's bucket, which the role may not touch either", async () => {
    const name = `suture-trail-111122223333-${twin.ready.region}`;
    const since = await twin.mark();
    await buckets.unblock(name);
    await twin.settle();
    expect(await buckets.changes(since)).toEqual([]);
    expect((await buckets.chain(name)).at(-1)).toMatchObject({
      outcome: 'HELD',
      reason: expect.stringContaining("it is one of Suture's own"),
    });
    await buckets.block(name, ALL_ON);
  });

  it('about a bucket of another Region', async () => {
    const name = await buckets.make(undefined, 'us-west-2');
    const since = await twin.mark();
    expect(await invoke({ bucketName: name })).toMatchObject({
      outcome: 'HELD',
      reason: 'the bucket lives in us-west-2, and this installation looks after eu-west-1',
    });
    expect(await buckets.changes(since)).toEqual([]);
  });
});

describe('nothing is done about', () => {
  it('a bucket that is gone', async () => {
    const name = await buckets.make();
    await buckets.s3.send(new DeleteBucketCommand({ Bucket: name }));
    await twin.settle();
    expect(await invoke({ bucketName: name })).toMatchObject({ outcome: 'GONE' });
  });

  it('a name that nobody has', async () => {
    expect(await invoke({ bucketName: 'never-there-at-all' })).toMatchObject({ outcome: 'GONE' });
  });

  it('an id that is none', async () => {
    await expect(invoke({ bucketName: 'a/b' })).rejects.toThrow('InvalidEventError');
    await expect(invoke({ accountId: '444455556666' })).rejects.toThrow('is not the account of this installation');
  });
});

describe('many at once', () => {
  it('make one change of two hundred events', async () => {
    const name = await buckets.make();
    await twin.settle();
    await unseen(() => buckets.unblock(name));
    const since = await twin.mark();
    const event = (index: number) => ({
      version: '0',
      id: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.s3',
      account: twin.ready.accountId,
      time: new Date().toISOString(),
      region: twin.ready.region,
      resources: [],
      detail: {
        eventName: 'DeleteBucketPublicAccessBlock',
        eventSource: 's3.amazonaws.com',
        eventID: String(index),
        eventTime: new Date().toISOString(),
        awsRegion: twin.ready.region,
        requestParameters: { bucketName: name, publicAccessBlock: '' },
        responseElements: null,
      },
    });
    await twin.emit(...Array.from({ length: 200 }, (_, index) => event(index)));
    await twin.settle();
    expect(await buckets.changes(since)).toEqual(['PutPublicAccessBlock']);
    const chain = await buckets.chain(name);
    expect(chain.filter(({ kind }) => kind === 'intent')).toHaveLength(1);
  });

  it('a script that opens it again and again is healed each time, and told once', async () => {
    const name = await buckets.make();
    await twin.settle();
    for (let round = 0; round < 12; round++) {
      await buckets.unblock(name);
      await twin.settle();
      expect(await buckets.everything(name)).toMatchObject({ block: ALL_ON });
    }
    expect((await subjects()).filter((subject) => subject.includes(name))).toEqual([
      `Suture: somebody keeps reopening ${name}`,
    ]);
  });
});

describe('the schedule', () => {
  it('finds buckets that no event told of, and heals them alone', async () => {
    const [opened, fine] = [await buckets.make(), await buckets.make()];
    await twin.settle();
    await unseen(() => buckets.unblock(opened));
    const since = await twin.mark();
    await twin.advance(6 * 3600);
    await twin.settle();
    expect(await buckets.everything(opened)).toMatchObject({ block: ALL_ON });
    expect(await buckets.changes(since)).toEqual(['PutPublicAccessBlock']);
    const healed = (await buckets.chain(opened)).find(({ outcome }) => outcome === 'REMEDIATED');
    expect(healed).toMatchObject({ trigger: { kind: 'sweep' } });
    expect((await buckets.chain(fine)).every(({ outcome }) => outcome === 'NO_ACTION')).toBe(true);
  });

  it('goes on past a bucket that cannot be read, which is alarmed', async () => {
    const [locked, opened] = [await buckets.make(), await buckets.make()];
    const deny = statement({ Effect: 'Deny', Action: 's3:Get*', Resource: `arn:aws:s3:::${locked}`, Principal: '*' });
    await buckets.s3.send(new PutBucketPolicyCommand({ Bucket: locked, Policy: policyText(deny) }));
    await twin.settle();
    await unseen(() => buckets.unblock(opened));
    await invoke({ sweep: { of: 'bucket' } });
    expect(await buckets.everything(opened)).toMatchObject({ block: ALL_ON });
    await twin.advance(300);
    expect((await subjects()).some((subject) => subject.includes('S3BucketSelfHealFailures'))).toBe(true);
    expect((await subjects()).some((subject) => subject.includes('SutureDeadLettersWaiting'))).toBe(true);
  });
});
