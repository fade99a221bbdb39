import { PutBucketEncryptionCommand, PutBucketPolicyCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3-control';
import { ALL_ON } from '../../functions/remediate-bucket/bucket';
import { NONE_ON, policyText, statement } from '../support/bucket';
import { TestBuckets } from '../support/buckets';
import type { Variant } from '../support/stacks';
import { TestTwin } from '../support/twin';

// What the settings ask for about buckets, seen in the account.

let twin: TestTwin;
let buckets: TestBuckets;
const startWith = (variant: Variant) => {
  beforeAll(async () => {
    twin = await TestTwin.start(variant);
    buckets = new TestBuckets(twin);
  });
  afterAll(() => twin.stop());
};
const account = () => ({ AccountId: twin.ready.accountId });
const accountBlock = async () =>
  (await buckets.s3Control.send(new GetPublicAccessBlockCommand(account()))).PublicAccessBlockConfiguration;
const setAccountBlock = (PublicAccessBlockConfiguration: typeof ALL_ON) =>
  buckets.s3Control.send(new PutPublicAccessBlockCommand({ ...account(), PublicAccessBlockConfiguration }));

describe('public statements removed, KMS, the account restored', () => {
  startWith('removing');
  const tls = statement({
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Action: 's3:*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
  const partner = statement({ Sid: 'Partner', Principal: { AWS: 'arn:aws:iam::111122223333:root' } });

  it('removes the public statement alone, and encrypts by KMS', async () => {
    const name = await buckets.make();
    await twin.settle();
    expect(await buckets.everything(name)).toMatchObject({
      encryption: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true },
    });
    const before = await buckets.everything(name);
    const others = await buckets.others(name);
    // Two calls, of which the second is refused once the first is healed: both within the delay of the first event.
    await twin.fault({ operation: 's3:PutPublicAccessBlock', delayMs: 1500, principal: 'S3BucketSelfHealRole' });
    await buckets.block(name, NONE_ON);
    await buckets.publish(name, tls, partner);
    await twin.settle();
    const Resource = `arn:aws:s3:::${name}/*`;
    expect(await buckets.everything(name)).toEqual({
      ...before,
      policy: { Version: '2012-10-17', Statement: [{ ...tls, Resource }, expect.objectContaining({ Sid: 'Partner' })] },
    });
    expect(await buckets.others(name)).toEqual(others);
  });

  it('deletes a policy of which nothing is left', async () => {
    const name = await buckets.make();
    await twin.settle();
    await twin.fault({ operation: 's3:PutPublicAccessBlock', delayMs: 1500, principal: 'S3BucketSelfHealRole' });
    await buckets.block(name, NONE_ON);
    await buckets.publish(name);
    await twin.settle();
    expect(await buckets.everything(name)).toMatchObject({ policy: 'NoSuchBucketPolicy', block: ALL_ON });
  });

  it('removes public grants alone', async () => {
    const name = await buckets.make();
    await twin.settle();
    await twin.fault({ operation: 's3:PutPublicAccessBlock', delayMs: 1500, principal: 'S3BucketSelfHealRole' });
    await buckets.block(name, NONE_ON);
    await buckets.publishByAcl(name, 'public-read');
    await twin.settle();
    expect(await buckets.everything(name)).toMatchObject({
      block: ALL_ON,
      ownership: 'ObjectWriter',
      grants: [{ Permission: 'FULL_CONTROL', Grantee: { Type: 'CanonicalUser' } }],
    });
  });

  it('never exchanges a key of KMS for another', async () => {
    const name = await buckets.make();
    await twin.settle();
    const since = await twin.mark();
    const KMSMasterKeyID = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    await buckets.s3.send(
      new PutBucketEncryptionCommand({
        Bucket: name,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms:dsse', KMSMasterKeyID } }],
        },
      }),
    );
    await twin.settle();
    expect(await buckets.changes(since)).toEqual([]);
    expect(await buckets.everything(name)).toMatchObject({
      encryption: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms:dsse', KMSMasterKeyID } },
    });
  });

  it('does not obey a tag that names no registered exception', async () => {
    const name = await buckets.make();
    const TagSet = [{ Key: 'suture:exempt', Value: 'nobody-registered-it' }];
    await buckets.s3.send(new PutBucketTaggingCommand({ Bucket: name, Tagging: { TagSet } }));
    await buckets.unblock(name);
    await twin.settle();
    expect(await buckets.everything(name)).toMatchObject({ block: ALL_ON });
  });

  it("puts the account's block back", async () => {
    await setAccountBlock(ALL_ON);
    await twin.settle();
    const since = await twin.mark();
    await buckets.s3Control.send(new DeletePublicAccessBlockCommand(account()));
    await twin.settle();
    expect(await accountBlock()).toEqual(ALL_ON);
    expect(await buckets.changes(since)).toEqual(['PutPublicAccessBlock']);
    const chain = await twin.chain(twin.ready.accountId, 'AWS::S3::AccountPublicAccessBlock');
    expect(chain.at(-1)).toMatchObject({ outcome: expect.stringMatching(/REMEDIATED|NO_ACTION/) });
    expect(chain.filter(({ kind }) => kind === 'intent')).toHaveLength(1);
  });
});

describe('the account reported, which is the default', () => {
  startWith('enforce');

  it('covers its buckets as long as it is on, and no longer', async () => {
    await setAccountBlock(ALL_ON);
    await twin.settle();
    const name = await buckets.make();
    await twin.settle();
    const since = await twin.mark();
    await buckets.unblock(name);
    await twin.settle();
    expect(await buckets.changes(since)).toEqual([]);
    expect(await buckets.everything(name)).toMatchObject({ block: 'NoSuchPublicAccessBlockConfiguration' });

    await setAccountBlock({ ...ALL_ON, BlockPublicPolicy: false });
    await twin.settle();
    expect(await buckets.everything(name)).toMatchObject({ block: ALL_ON });
    expect(await buckets.changes(since)).toEqual(['PutPublicAccessBlock']);
    expect(await accountBlock()).toEqual({ ...ALL_ON, BlockPublicPolicy: false });
    const told = (await twin.outbox()).map(({ subject }) => subject);
    expect(told.filter((subject) => subject.startsWith('Suture'))).toEqual([
      `Suture: ${twin.ready.accountId} needs a person`,
    ]);
  });
});

describe('observe', () => {
  startWith('default');

  it('writes down what it would do, and changes nothing', async () => {
    const name = await buckets.make();
    await twin.settle();
    const since = await twin.mark();
    await buckets.unblock(name);
    await buckets.s3.send(
      new PutBucketPolicyCommand({
        Bucket: name,
        Policy: policyText(statement({ Resource: `arn:aws:s3:::${name}/*` })),
      }),
    );
    await twin.settle();
    expect(await buckets.changes(since)).toEqual([]);
    expect(await buckets.everything(name)).toMatchObject({ block: 'NoSuchPublicAccessBlockConfiguration' });
    expect((await buckets.chain(name)).at(-1)).toMatchObject({
      outcome: 'DRY_RUN',
      actions: [{ kind: 'PutPublicAccessBlock', bucket: name, block: ALL_ON }],
    });
  });
});
