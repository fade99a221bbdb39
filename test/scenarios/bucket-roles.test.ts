import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutBucketOwnershipControlsCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { DeletePublicAccessBlockCommand } from '@aws-sdk/client-s3-control';
import { marshall } from '@aws-sdk/util-dynamodb';
import { NONE_ON, policyText, statement } from '../support/bucket';
import { TestBuckets } from '../support/buckets';
import { provesRole } from '../support/role-proof';
import type { Variant } from '../support/stacks';
import type { TestTwin } from '../support/twin';

const ROLE = 'S3BucketSelfHealRole';
/** What only a person's undo calls. */
const TAKES_BACK = ['s3:DeletePublicAccessBlock', 's3control:DeletePublicAccessBlock'];

describe.each<[Variant, string[]]>([
  [
    'enforce',
    [
      's3:GetBucketTagging', // only with exemptTag
      's3:GetBucketPolicyStatus', // only to remove public statements
      's3:GetBucketAcl',
      's3:GetBucketOwnershipControls',
      's3:PutBucketPolicy',
      's3:DeleteBucketPolicy',
      's3:PutBucketAcl',
      's3:GetBucketEncryption', // only for KMS
      's3:PutBucketEncryption',
      's3control:PutPublicAccessBlock', // only to restore the account
    ],
  ],
  ['removing', []],
])('the role of buckets with the settings "%s"', (variant, unreachable) => {
  provesRole({
    role: ROLE,
    bundle: 'remediate-bucket',
    variant,
    unreachable: [...unreachable, ...TAKES_BACK],
    doEverything,
    fenced: [
      ['write the policy', 'dynamodb:PutItem', 'POLICY'],
      ['lift a pause', 'dynamodb:UpdateItem', 'PAUSE'],
      ['grant itself an exception', 'dynamodb:PutItem', 'EXCEPTIONS'],
      ['write about a group', 'dynamodb:PutItem', 'RES#111122223333#REGION#AWS::EC2::SecurityGroup#sg-1'],
      ['spend the budget of another remediation', 'dynamodb:UpdateItem', 'BUDGET#security-group'],
      ['find what another remediation has pending', 'dynamodb:Query', 'security-group'],
    ],
    own: 'RES#111122223333#REGION#AWS::S3::Bucket#b',
    forbidden: [
      's3:GetObject',
      's3:PutObject',
      's3:DeleteBucket',
      's3:PutBucketWebsite',
      'iam:PassRole',
      'kms:Decrypt',
    ],
  });
});

/** Every path of the function: fixes of all kinds, a join, a sweep, the account, a message. */
async function doEverything(twin: TestTwin): Promise<void> {
  const buckets = new TestBuckets(twin);
  const slowly = () => twin.fault({ operation: 's3:PutPublicAccessBlock', delayMs: 1500, principal: ROLE });
  const [partly, wholly] = [await buckets.make(), await buckets.make()];
  await twin.settle();
  for (const [name, ...others] of [[partly, statement({ Sid: 'Tls', Effect: 'Deny' })], [wholly]] as const) {
    await slowly();
    await buckets.block(name, NONE_ON);
    await buckets.publish(name, ...others);
    await buckets.publishByAcl(name, 'public-read');
    await twin.settle();
    const Rules = [{ ObjectOwnership: 'BucketOwnerPreferred' as const }];
    await buckets.s3.send(new PutBucketOwnershipControlsCommand({ Bucket: name, OwnershipControls: { Rules } }));
    await twin.settle();
  }
  await buckets.s3.send(
    new PutBucketPolicyCommand({
      Bucket: wholly,
      Policy: policyText(statement({ Effect: 'Deny', Resource: `arn:aws:s3:::${wholly}/*` })),
    }),
  );
  await buckets.s3Control.send(new DeletePublicAccessBlockCommand({ AccountId: twin.ready.accountId }));
  await twin.settle();
  await twin.invoke('S3BucketSelfHeal', { sweep: {} });
  // Somebody must be told: the hour's budget is used up.
  const { now } = await twin.control<{ now: string }>('GET', '/health');
  for (const of of ['bucket', 'account-public-access-block'])
    await twin.dynamodb.send(
      new PutItemCommand({
        TableName: 'SutureLedger',
        Item: marshall({ pk: `BUDGET#${of}`, sk: 'CURRENT', window: now.slice(0, 13), used: 100 }),
      }),
    );
  const late = await buckets.make();
  await buckets.s3Control.send(new DeletePublicAccessBlockCommand({ AccountId: twin.ready.accountId }));
  await buckets.unblock(late);
  await twin.settle();
}
