import type { ListBucketsOutput } from '@aws-sdk/client-s3';
import { OTHER, REGION, S3Bench } from './support';

let bench: S3Bench;
beforeAll(async () => {
  bench = await S3Bench.start();
});
afterAll(() => bench.stop());

describe('a new bucket', () => {
  it('has what new buckets have today', async () => {
    const Bucket = await bench.bucket();
    const { PublicAccessBlockConfiguration: block } = await bench.s3.getPublicAccessBlock({ Bucket });
    expect(block).toEqual({
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    });
    const { OwnershipControls } = await bench.s3.getBucketOwnershipControls({ Bucket });
    expect(OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
    const { ServerSideEncryptionConfiguration } = await bench.s3.getBucketEncryption({ Bucket });
    expect(ServerSideEncryptionConfiguration?.Rules).toEqual([
      {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
        BucketKeyEnabled: false,
        BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
      },
    ]);
    const { Owner, Grants } = await bench.s3.getBucketAcl({ Bucket });
    expect(Grants).toEqual([{ Grantee: { Type: 'CanonicalUser', ID: Owner?.ID }, Permission: 'FULL_CONTROL' }]);
    expect(await bench.s3.headBucket({ Bucket })).toMatchObject({ BucketRegion: REGION });
    expect((await bench.s3.getBucketLocation({ Bucket })).LocationConstraint).toBe(REGION);
    for (const call of [
      bench.s3.getBucketPolicy({ Bucket }),
      bench.s3.getBucketPolicyStatus({ Bucket }),
      bench.s3.getBucketTagging({ Bucket }),
      bench.s3.getBucketWebsite({ Bucket }),
      bench.s3.getObjectLockConfiguration({ Bucket }),
      bench.s3.getBucketLifecycleConfiguration({ Bucket }),
    ])
      await expect(call).rejects.toMatchObject({ name: expect.stringMatching(/^NoSuch|NotFoundError$/) });
  });

  it('may keep locks, and versions with them', async () => {
    const Bucket = 'with-locks';
    await bench.s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
    expect((await bench.s3.getBucketVersioning({ Bucket })).Status).toBe('Enabled');
    expect((await bench.s3.getObjectLockConfiguration({ Bucket })).ObjectLockConfiguration).toEqual({
      ObjectLockEnabled: 'Enabled',
    });
  });

  it('takes tags and grants along', async () => {
    const Bucket = 'with-all';
    await bench.s3.createBucket({
      Bucket,
      ObjectOwnership: 'BucketOwnerPreferred',
      ACL: 'log-delivery-write' as never,
      CreateBucketConfiguration: { LocationConstraint: REGION, Tags: [{ Key: 'team', Value: 'a' }] },
    });
    expect((await bench.s3.getBucketTagging({ Bucket })).TagSet).toEqual([{ Key: 'team', Value: 'a' }]);
    const { Grants = [] } = await bench.s3.getBucketAcl({ Bucket });
    expect(Grants.map(({ Permission }) => Permission)).toEqual(['FULL_CONTROL', 'WRITE', 'READ_ACP']);
  });

  it.each([
    ['a capital letter', { Bucket: 'Bucket' }, 'InvalidBucketName'],
    ['the looks of an address', { Bucket: '192.168.5.4' }, 'InvalidBucketName'],
    ['a reserved ending', { Bucket: 'abc-s3alias' }, 'InvalidBucketName'],
    ['two dots', { Bucket: 'a..b' }, 'InvalidBucketName'],
    [
      'another Region',
      { Bucket: 'elsewhere', CreateBucketConfiguration: { LocationConstraint: 'us-west-2' as const } },
      'IllegalLocationConstraintException',
    ],
    [
      'a Region that there is not',
      { Bucket: 'nowhere', CreateBucketConfiguration: { LocationConstraint: 'nowhere' as never } },
      'InvalidLocationConstraint',
    ],
    [
      'grants without access lists',
      { Bucket: 'open', ACL: 'public-read' as const },
      'InvalidBucketAclWithObjectOwnership',
    ],
    [
      'grants to everybody',
      { Bucket: 'open', ACL: 'public-read' as const, ObjectOwnership: 'ObjectWriter' as const },
      'InvalidBucketAclWithBlockPublicAccessError',
    ],
    [
      'both kinds of grants',
      { Bucket: 'both', ACL: 'private' as const, GrantRead: 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"' },
      'InvalidRequest',
    ],
    [
      'a tag twice',
      { Bucket: 'tags', CreateBucketConfiguration: { Tags: [1, 2].map(() => ({ Key: 'a', Value: 'b' })) } },
      'InvalidTag',
    ],
  ])('is not made with %s', async (_case, input, code) => {
    // The SDK checks some names itself.
    const s3 = bench.client({ bucketEndpoint: false });
    expect(await bench.refusal(s3.createBucket(input))).toBe(code);
  });

  it('is not made twice, nor with the name of another account', async () => {
    const Bucket = await bench.bucket();
    expect(await bench.refusal(bench.s3.createBucket({ Bucket }))).toBe('BucketAlreadyOwnedByYou');
    const stranger = bench.user([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }], OTHER);
    expect(await bench.refusal(stranger.createBucket({ Bucket }))).toBe('BucketAlreadyExists');
  });

  it('is made again in us-east-1, where only its access list is new', async () => {
    const us = bench.client({ region: 'us-east-1' });
    const Bucket = 'old-friend';
    await us.createBucket({ Bucket, ObjectOwnership: 'ObjectWriter' });
    await us.putBucketAcl({ Bucket, ACL: 'log-delivery-write' as never });
    await us.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } });
    await us.createBucket({ Bucket });
    expect((await us.getBucketAcl({ Bucket })).Grants).toHaveLength(1);
    expect((await us.getBucketTagging({ Bucket })).TagSet).toHaveLength(1);
    expect((await us.getBucketLocation({ Bucket })).LocationConstraint).toBeUndefined();
  });
});

describe('a bucket', () => {
  it('goes only when it is empty, marks of deletion included', async () => {
    const Bucket = await bench.bucket();
    await bench.s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    await bench.s3.putObject({ Bucket, Key: 'a', Body: 'x' });
    const { VersionId } = await bench.s3.deleteObject({ Bucket, Key: 'a' });
    expect(await bench.refusal(bench.s3.deleteBucket({ Bucket }))).toBe('BucketNotEmpty');
    const other = await bench.bucket();
    await bench.s3.deleteBucket({ Bucket: other });
    expect(await bench.refusal(bench.s3.deleteBucket({ Bucket: other }))).toBe('NoSuchBucket');
    expect(VersionId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('says where it is to who asks in another Region, or may not know more', async () => {
    const Bucket = await bench.bucket();
    const us = bench.client({ region: 'us-east-1' });
    expect(await bench.refusal(us.getBucketAcl({ Bucket }))).toBe('PermanentRedirect');
    const following = bench.client({ region: 'us-east-1', followRegionRedirects: true });
    expect((await following.headBucket({ Bucket })).BucketRegion).toBe(REGION);
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=${bench.credentials.accessKeyId}/20261121/us-east-1/s3/aws4_request`,
    };
    const moved = await fetch(`${bench.endpoint}/${Bucket}`, { method: 'HEAD', headers, redirect: 'manual' });
    expect([moved.status, moved.headers.get('x-amz-bucket-region')]).toEqual([301, REGION]);
    const denied = await fetch(`${bench.endpoint}/${Bucket}`, { method: 'HEAD' });
    expect([denied.status, denied.headers.get('x-amz-bucket-region')]).toEqual([403, REGION]);
  });

  it('is only touched for the owner that is expected', async () => {
    const Bucket = await bench.bucket();
    const call = (ExpectedBucketOwner: string) => bench.s3.deletePublicAccessBlock({ Bucket, ExpectedBucketOwner });
    expect(await bench.refusal(call(OTHER))).toBe('AccessDenied');
    expect(await bench.refusal(call('me'))).toBe('InvalidBucketOwnerAWSAccountID');
    await call('111122223333');
    expect(await bench.refusal(bench.s3.getPublicAccessBlock({ Bucket }))).toBe('NoSuchPublicAccessBlockConfiguration');
  });

  it('that is not there is told as such by every call', async () => {
    const Bucket = 'not-there';
    for (const call of [
      bench.s3.putBucketPolicy({ Bucket, Policy: '{}' }),
      bench.s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: {} }),
      bench.s3.deleteBucketEncryption({ Bucket }),
      bench.user([]).getBucketAcl({ Bucket }),
    ])
      expect(await bench.refusal(call)).toBe('NoSuchBucket');
  });
});

describe('the list of buckets', () => {
  it('is of one account, in the order of names, in pages', async () => {
    const own = bench.user([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }], '777788889999');
    const us = bench.client({ region: 'us-east-1', credentials: own.config.credentials });
    for (const Bucket of ['list-c', 'list-a', 'other-list']) await own.createBucket({ Bucket });
    await us.createBucket({ Bucket: 'list-b' });
    const names = (page: ListBucketsOutput) => page.Buckets?.map(({ Name }) => Name);
    expect(names(await own.listBuckets({}))).toEqual(['list-a', 'list-b', 'list-c', 'other-list']);
    const first = await own.listBuckets({ Prefix: 'list-', MaxBuckets: 2 });
    expect(names(first)).toEqual(['list-a', 'list-b']);
    const { ContinuationToken, ...second } = await own.listBuckets({
      Prefix: 'list-',
      MaxBuckets: 2,
      ContinuationToken: first.ContinuationToken,
    });
    expect([names(second), ContinuationToken]).toEqual([['list-c'], undefined]);
    expect(names(await us.listBuckets({ BucketRegion: 'us-east-1' }))).toEqual(['list-b']);
    expect(await bench.refusal(own.listBuckets({ BucketRegion: 'us-east-1' }))).toBe('InvalidArgument');
    expect(await bench.refusal(own.listBuckets({ MaxBuckets: 10_001 }))).toBe('InvalidArgument');
    expect(await bench.refusal(own.listBuckets({ ContinuationToken: 'nonsense' }))).toBe('InvalidArgument');
  });
});
