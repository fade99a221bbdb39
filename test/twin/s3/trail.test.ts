import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { ACCOUNT, CLOSED, OPEN, OTHER, REGION, S3Bench } from './support';

// What CloudTrail says of a call has the words of what it said in AWS: test/fixtures/events.

let bench: S3Bench;
let Bucket: string;
beforeAll(async () => {
  bench = await S3Bench.start();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  Bucket = await bench.bucket({ block: OPEN, acls: true });
});

interface Detail {
  readonly awsRegion: string;
  readonly eventSource: string;
  readonly errorCode?: string;
  readonly requestParameters: Record<string, unknown>;
  readonly responseElements: unknown;
  readonly resources?: unknown;
}

/** The newest record of a name. */
async function last(eventName: string, { credentials = bench.credentials, region = REGION } = {}): Promise<Detail> {
  const trail = new CloudTrailClient({ endpoint: bench.endpoint, region, credentials });
  const { Events: [event] = [] } = await trail.send(
    new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: eventName }] }),
  );
  trail.destroy();
  return JSON.parse(event?.CloudTrailEvent ?? '{}') as Detail;
}

/** What a sample says, of a bucket of ours. */
function sample(name: string): Detail {
  const file = join(__dirname, '..', '..', 'fixtures', 'events', `cloudtrail-${name}.json`);
  const { detail } = JSON.parse(readFileSync(file, 'utf8')) as { detail: Detail };
  const { bucketName } = detail.requestParameters;
  const text = JSON.stringify(detail)
    .replaceAll(String(bucketName), Bucket)
    .replaceAll(detail.awsRegion, REGION)
    // Of the owner.
    .replace(/[0-9a-f]{64}/g, 'ID');
  return JSON.parse(text) as Detail;
}

const parts = ({ awsRegion, eventSource, requestParameters, responseElements, errorCode, resources }: Detail) =>
  JSON.parse(
    JSON.stringify({ awsRegion, eventSource, requestParameters, responseElements, errorCode, resources }).replace(
      /[0-9a-f]{64}/g,
      'ID',
    ),
  );

const statement = (bucket: string) => ({
  Sid: 'PublicRead',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${bucket}/*`,
});

it.each<[string, string, () => Promise<unknown>]>([
  ['put-bucket-acl-public-read', 'PutBucketAcl', () => bench.s3.putBucketAcl({ Bucket, ACL: 'public-read' })],
  [
    'put-bucket-acl-grant-allusers',
    'PutBucketAcl',
    async () => {
      const { Owner } = await bench.s3.getBucketAcl({ Bucket });
      const URI = 'http://acs.amazonaws.com/groups/global/AllUsers';
      const Grants = [{ Grantee: { Type: 'Group' as const, URI }, Permission: 'READ' as const }];
      await bench.s3.putBucketAcl({ Bucket, AccessControlPolicy: { Owner, Grants } });
    },
  ],
  [
    'put-bucket-public-access-block-off',
    'PutBucketPublicAccessBlock',
    () => bench.s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: OPEN }),
  ],
  [
    'put-bucket-public-access-block-by-soc',
    'PutBucketPublicAccessBlock',
    () => bench.s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: CLOSED }),
  ],
  [
    'delete-bucket-public-access-block',
    'DeleteBucketPublicAccessBlock',
    () => bench.s3.deletePublicAccessBlock({ Bucket }),
  ],
  ['delete-bucket-encryption', 'DeleteBucketEncryption', () => bench.s3.deleteBucketEncryption({ Bucket })],
  [
    'put-bucket-policy-public',
    'PutBucketPolicy',
    () =>
      bench.putPolicy(
        Bucket,
        {
          Sid: 'DenyInsecure',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        statement(Bucket),
      ),
  ],
  [
    'put-bucket-policy-access-denied',
    'PutBucketPolicy',
    async () => {
      const closed = await bench.bucket();
      Bucket = closed;
      const { Sid: _none, ...unnamed } = statement(closed);
      await bench.putPolicy(closed, unnamed).catch(() => undefined);
    },
  ],
])('%s is logged as recorded', async (name, eventName, call) => {
  await call();
  expect(parts(await last(eventName))).toEqual(parts(sample(name)));
});

it('a new bucket is logged as recorded, in its Region', async () => {
  Bucket = 'test-insecure-bucket';
  const us = bench.client({ region: 'us-east-1' });
  await us.createBucket({
    Bucket,
    ObjectOwnership: 'ObjectWriter',
    CreateBucketConfiguration: { LocationConstraint: REGION },
  });
  expect(parts(await last('CreateBucket'))).toEqual(parts(sample('create-bucket-eu-west-1')));
  expect((await last('CreateBucket', { region: 'us-east-1' })).requestParameters?.bucketName).not.toBe(Bucket);
});

it('encryption is logged as its XML, one rule as an object', async () => {
  await bench.s3.putBucketEncryption({
    Bucket,
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true }],
    },
  });
  expect((await last('PutBucketEncryption')).requestParameters).toEqual({
    bucketName: Bucket,
    Host: `${Bucket}.s3.${REGION}.amazonaws.com`,
    encryption: '',
    ServerSideEncryptionConfiguration: {
      xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/',
      Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true },
    },
  });
});

it('the block of an account is logged under a name of its own', async () => {
  await bench.control.putPublicAccessBlock({ AccountId: ACCOUNT, PublicAccessBlockConfiguration: OPEN });
  await bench.control.deletePublicAccessBlock({ AccountId: ACCOUNT });
  const { requestParameters, eventSource, awsRegion } = await last('PutAccountPublicAccessBlock');
  expect([eventSource, awsRegion]).toEqual(['s3.amazonaws.com', REGION]);
  expect(requestParameters).toMatchObject({
    publicAccessBlock: '',
    PublicAccessBlockConfiguration: { xmlns: 'http://awss3control.amazonaws.com/doc/2018-08-20/', ...OPEN },
  });
  expect((await last('DeleteAccountPublicAccessBlock')).requestParameters).toMatchObject({ publicAccessBlock: '' });
});

it('what another account does is logged for the owner, too', async () => {
  await bench.putPolicy(Bucket, {
    Effect: 'Allow',
    Principal: { AWS: OTHER },
    Action: 's3:PutBucketTagging',
    Resource: `arn:aws:s3:::${Bucket}`,
  });
  const stranger = bench.user([{ Effect: 'Allow', Action: '*', Resource: '*' }], OTHER);
  await stranger.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } });
  const credentials = await stranger.config.credentials();
  for (const one of [bench.credentials, credentials])
    expect((await last('PutBucketTagging', { credentials: one })).requestParameters.bucketName).toBe(Bucket);
});
