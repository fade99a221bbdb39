import { canonicalId } from '../../../twin/services/s3/buckets';
import { ACCOUNT, CLOSED, OPEN, OTHER, publicRead, S3Bench } from './support';

let bench: S3Bench;
beforeAll(async () => {
  bench = await S3Bench.start();
});
afterAll(() => bench.stop());
afterEach(() => bench.control.deletePublicAccessBlock({ AccountId: ACCOUNT }));

const allow = (Action: string, more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });

describe('IAM', () => {
  it.each<[string, (s3: S3Bench['s3'], bucket: string) => Promise<unknown>]>([
    ['s3:GetBucketPublicAccessBlock', (s3, Bucket) => s3.getPublicAccessBlock({ Bucket })],
    [
      's3:PutBucketPublicAccessBlock',
      (s3, Bucket) => s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: CLOSED }),
    ],
    ['s3:PutBucketPublicAccessBlock', (s3, Bucket) => s3.deletePublicAccessBlock({ Bucket })],
    ['s3:GetEncryptionConfiguration', (s3, Bucket) => s3.getBucketEncryption({ Bucket })],
    ['s3:PutEncryptionConfiguration', (s3, Bucket) => s3.deleteBucketEncryption({ Bucket })],
    ['s3:GetBucketAcl', (s3, Bucket) => s3.getBucketAcl({ Bucket })],
    ['s3:ListBucket', (s3, Bucket) => s3.headBucket({ Bucket })],
    ['s3:PutBucketOwnershipControls', (s3, Bucket) => s3.deleteBucketOwnershipControls({ Bucket })],
    ['s3:PutBucketTagging', (s3, Bucket) => s3.deleteBucketTagging({ Bucket })],
    ['s3:DeleteBucketWebsite', (s3, Bucket) => s3.deleteBucketWebsite({ Bucket })],
    ['s3:PutLifecycleConfiguration', (s3, Bucket) => s3.deleteBucketLifecycle({ Bucket })],
    ['s3:DeleteBucketPolicy', (s3, Bucket) => s3.deleteBucketPolicy({ Bucket })],
  ])('asks for %s', async (action, call) => {
    const Bucket = await bench.bucket();
    const allBut = [allow('s3:*'), { Effect: 'Deny', Action: action, Resource: '*' }];
    await expect(call(bench.user(allBut), Bucket)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    const own = [allow(action, { Condition: { StringEquals: { 's3:ResourceAccount': ACCOUNT } } })];
    await call(bench.user(own), Bucket);
    const others = [allow(action, { Condition: { StringNotEquals: { 'aws:ResourceAccount': ACCOUNT } } })];
    await expect(call(bench.user(others), Bucket)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });

  it('asks for what a new bucket is given', async () => {
    const creator = bench.user([allow('s3:CreateBucket')]);
    await creator.createBucket({ Bucket: 'plain' });
    const given = { Bucket: 'given', ObjectOwnership: 'ObjectWriter' as const };
    expect(await bench.refusal(creator.createBucket(given))).toBe('AccessDenied');
    expect(await bench.refusal(creator.createBucket({ Bucket: 'given', ACL: 'private' }))).toBe('AccessDenied');
    await bench.user([allow('s3:CreateBucket'), allow('s3:PutBucketOwnershipControls')]).createBucket(given);
  });

  it('lets no administrator past a denial of the bucket', async () => {
    const Bucket = await bench.bucket();
    await bench.putPolicy(Bucket, {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutBucketPublicAccessBlock',
      Resource: `arn:aws:s3:::${Bucket}`,
    });
    expect(await bench.refusal(bench.s3.deletePublicAccessBlock({ Bucket }))).toBe('AccessDenied');
  });
});

describe('who does not sign', () => {
  const get = (bucket: string) => bench.anybody(`${bucket}/a`);
  const list = (bucket: string) => bench.anybody(`${bucket}?list-type=2`);

  it('reads what a public policy shows, until the bucket or its account is restricted', async () => {
    const Bucket = await bench.bucket({ block: OPEN });
    await bench.s3.putObject({ Bucket, Key: 'a', Body: 'x' });
    expect(await get(Bucket)).toBe(403);
    await bench.putPolicy(Bucket, publicRead(Bucket));
    expect([await get(Bucket), await list(Bucket)]).toEqual([200, 403]);
    await bench.s3.putPublicAccessBlock({
      Bucket,
      PublicAccessBlockConfiguration: { ...OPEN, RestrictPublicBuckets: true },
    });
    expect(await get(Bucket)).toBe(403);
    await bench.s3.deletePublicAccessBlock({ Bucket });
    expect(await get(Bucket)).toBe(200);
    await bench.control.putPublicAccessBlock({
      AccountId: ACCOUNT,
      PublicAccessBlockConfiguration: { RestrictPublicBuckets: true },
    });
    expect(await get(Bucket)).toBe(403);
  });

  it('is let in by conditions that everybody meets, and kept out by a denial', async () => {
    const Bucket = await bench.bucket({ block: OPEN });
    await bench.s3.putObject({ Bucket, Key: 'a', Body: 'x' });
    await bench.putPolicy(Bucket, publicRead(Bucket), {
      ...publicRead(Bucket),
      Effect: 'Deny',
      Condition: { Null: { 'aws:PrincipalArn': 'true' } },
    });
    expect(await get(Bucket)).toBe(403);
    await bench.putPolicy(Bucket, {
      ...publicRead(Bucket),
      Condition: { StringEqualsIfExists: { 'aws:PrincipalAccount': ACCOUNT } },
    });
    expect(await get(Bucket)).toBe(200);
  });

  it('lists and writes what a public access list allows, until it is ignored', async () => {
    const Bucket = await bench.bucket({ block: OPEN, acls: true });
    const put = () => bench.anybody(`${Bucket}/b`, { method: 'PUT', body: 'y' });
    await bench.s3.putBucketAcl({ Bucket, ACL: 'authenticated-read' });
    expect(await list(Bucket)).toBe(403);
    expect((await bench.user([allow('s3:*')], OTHER).listObjectsV2({ Bucket })).KeyCount).toBe(0);
    await bench.s3.putBucketAcl({ Bucket, ACL: 'public-read-write' });
    expect([await list(Bucket), await put(), await bench.anybody(`${Bucket}/b`)]).toEqual([200, 200, 403]);
    await bench.s3.putPublicAccessBlock({
      Bucket,
      PublicAccessBlockConfiguration: { ...OPEN, IgnorePublicAcls: true },
    });
    expect([await list(Bucket), await put()]).toEqual([403, 403]);
  });

  it('is nobody to other services, and to buckets that there are not', async () => {
    expect(await bench.anybody('')).toBe(403);
    expect(await bench.anybody('not-there/a')).toBe(403);
    expect(await bench.anybody('', { method: 'POST', body: 'Action=DescribeVpcs' })).toBe(403);
  });
});

describe('another account', () => {
  it('is let in by its own policies and the bucket together, and kept out of a public bucket that is restricted', async () => {
    const Bucket = await bench.bucket({ block: OPEN });
    await bench.s3.putObject({ Bucket, Key: 'a', Body: 'x' });
    const named = { ...publicRead(Bucket), Principal: { AWS: OTHER } };
    const [may, mayNot] = [bench.user([allow('s3:*')], OTHER), bench.user([], OTHER)];
    expect(await bench.refusal(may.getObject({ Bucket, Key: 'a' }))).toBe('AccessDenied');
    await bench.putPolicy(Bucket, named);
    await may.getObject({ Bucket, Key: 'a' });
    expect(await bench.refusal(mayNot.getObject({ Bucket, Key: 'a' }))).toBe('AccessDenied');
    await bench.putPolicy(Bucket, named, { ...publicRead(Bucket), Action: 's3:GetObjectTagging' });
    await bench.s3.putPublicAccessBlock({
      Bucket,
      PublicAccessBlockConfiguration: { ...OPEN, RestrictPublicBuckets: true },
    });
    expect(await bench.refusal(may.getObject({ Bucket, Key: 'a' }))).toBe('AccessDenied');
    await bench.s3.getObject({ Bucket, Key: 'a' });
  });

  it('is let in by a grant, which no block is against', async () => {
    const Bucket = await bench.bucket({ acls: true });
    await bench.s3.putBucketAcl({ Bucket, GrantReadACP: `id=${canonicalId(OTHER)}` });
    expect((await bench.user([allow('s3:*')], OTHER).getBucketAcl({ Bucket })).Grants).toHaveLength(1);
    expect(await bench.refusal(bench.user([allow('s3:*')], OTHER).listObjectsV2({ Bucket }))).toBe('AccessDenied');
    expect(await bench.refusal(bench.user([], OTHER).getBucketAcl({ Bucket }))).toBe('AccessDenied');
  });

  it('stays out by a denial, also in a public policy that a restriction took the rest from', async () => {
    const Bucket = await bench.bucket({ block: OPEN, acls: true });
    await bench.s3.putBucketAcl({ Bucket, GrantReadACP: `id=${canonicalId(OTHER)}` });
    const deny = { Effect: 'Deny', Principal: '*', Action: 's3:GetBucketAcl', Resource: `arn:aws:s3:::${Bucket}` };
    const restrict = () =>
      bench.s3.putPublicAccessBlock({
        Bucket,
        PublicAccessBlockConfiguration: { ...OPEN, RestrictPublicBuckets: true },
      });
    const stranger = bench.user([allow('s3:*')], OTHER);
    await bench.putPolicy(Bucket, publicRead(Bucket));
    await restrict();
    expect((await stranger.getBucketAcl({ Bucket })).Grants).toHaveLength(1);
    await bench.putPolicy(Bucket, publicRead(Bucket), deny);
    expect(await bench.refusal(stranger.getBucketAcl({ Bucket }))).toBe('AccessDenied');
  });
});
