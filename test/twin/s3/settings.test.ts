import { OTHER, S3Bench } from './support';

let bench: S3Bench;
let Bucket: string;
beforeAll(async () => {
  bench = await S3Bench.start();
});
afterAll(() => bench.stop());
beforeEach(async () => {
  Bucket = await bench.bucket();
});

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('encryption', () => {
  const put = (...Rules: object[]) =>
    bench.s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
  const rules = async () => (await bench.s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules;
  const by = (SSEAlgorithm: string, more: object = {}) => ({
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...more },
  });

  it('is replaced as a whole, and never gone', async () => {
    const whole = {
      ...by('aws:kms', { KMSMasterKeyID: KEY }),
      BucketKeyEnabled: true,
      BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
    };
    await put(whole);
    expect(await rules()).toEqual([whole]);
    await put(by('AES256'));
    expect(await rules()).toEqual([{ ...by('AES256'), BucketKeyEnabled: false }]);
    await bench.s3.deleteBucketEncryption({ Bucket });
    expect(await rules()).toEqual([
      { ...by('AES256'), BucketKeyEnabled: false, BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } },
    ]);
  });

  it('is that of the objects that come then', async () => {
    await bench.s3.putObject({ Bucket, Key: 'before', Body: 'x' });
    await put(by('aws:kms'));
    await bench.s3.putObject({ Bucket, Key: 'after', Body: 'x' });
    const of = async (Key: string) => (await bench.s3.headObject({ Bucket, Key })).ServerSideEncryption;
    expect([await of('before'), await of('after')]).toEqual(['AES256', 'aws:kms']);
  });

  it('refuses keys of clients', async () => {
    const withKey = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) };
    const call = () => bench.s3.putObject({ Bucket, Key: 'a', Body: 'x', ...withKey });
    expect(await bench.refusal(call())).toBe('AccessDenied');
    await put({ ...by('AES256'), BlockedEncryptionTypes: { EncryptionType: ['NONE'] } });
    expect(await bench.refusal(call())).toBe('NotImplemented');
  });

  it.each([
    ['no rule', [], 'MalformedXML'],
    ['two rules', [by('AES256'), by('aws:kms')], 'MalformedXML'],
    ['an unknown way', [by('ROT13')], 'MalformedXML'],
    ['a key for AES256', [by('AES256', { KMSMasterKeyID: KEY })], 'InvalidArgument'],
  ])('is not put with %s', async (_case, given, code) => {
    expect(await bench.refusal(put(...given))).toBe(code);
  });
});

describe('the block of public access', () => {
  it('is off in what a request leaves out', async () => {
    await bench.s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { BlockPublicPolicy: true } });
    expect((await bench.s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: false,
      IgnorePublicAcls: false,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: false,
    });
  });
});

describe('versions', () => {
  const put = (Status?: 'Enabled' | 'Suspended') =>
    bench.s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status } });

  it('are kept, or not any more', async () => {
    expect((await bench.s3.getBucketVersioning({ Bucket })).Status).toBeUndefined();
    for (const Status of ['Enabled', 'Suspended'] as const) {
      await put(Status);
      expect((await bench.s3.getBucketVersioning({ Bucket })).Status).toBe(Status);
    }
    expect(await bench.refusal(put())).toBe('IllegalVersioningConfigurationException');
  });

  it('that are locked stay until their time is over', async () => {
    const ObjectLockConfiguration = {
      ObjectLockEnabled: 'Enabled' as const,
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE' as const, Days: 1 } },
    };
    const lock = () => bench.s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration });
    expect(await bench.refusal(lock())).toBe('InvalidBucketState');
    await put('Enabled');
    await lock();
    expect((await bench.s3.getObjectLockConfiguration({ Bucket })).ObjectLockConfiguration).toEqual(
      ObjectLockConfiguration,
    );
    expect(await bench.refusal(put('Suspended'))).toBe('InvalidBucketState');
    const at = { Bucket, Key: 'a' };
    const [first, second] = [
      await bench.s3.putObject({ ...at, Body: '1' }),
      await bench.s3.putObject({ ...at, Body: '2' }),
    ];
    const remove = (VersionId?: string, more: object = {}) => bench.s3.deleteObject({ ...at, VersionId, ...more });
    expect(await bench.refusal(remove(first.VersionId))).toBe('AccessDenied');
    await remove(first.VersionId, { BypassGovernanceRetention: true });
    await bench.twin.clock.advance(24 * 3600);
    await remove(second.VersionId);
    await bench.s3.deleteBucket({ Bucket });
  });
});

describe('tags', () => {
  const put = (...TagSet: { Key: string; Value: string }[]) =>
    bench.s3.putBucketTagging({ Bucket, Tagging: { TagSet } });

  it('are replaced as a whole', async () => {
    await put({ Key: 'a', Value: '1' }, { Key: 'b', Value: '' });
    await put({ Key: 'c', Value: '3' });
    expect((await bench.s3.getBucketTagging({ Bucket })).TagSet).toEqual([{ Key: 'c', Value: '3' }]);
    await bench.s3.deleteBucketTagging({ Bucket });
    expect(await bench.refusal(bench.s3.getBucketTagging({ Bucket }))).toBe('NoSuchTagSet');
  });

  it.each([
    ['one key twice', [1, 2].map(() => ({ Key: 'a', Value: 'b' })), 'InvalidTag'],
    ['a key of AWS', [{ Key: 'aws:a', Value: 'b' }], 'InvalidTag'],
    ['a long value', [{ Key: 'a', Value: 'b'.repeat(257) }], 'InvalidTag'],
    ['51 of them', Array.from({ length: 51 }, (_none, index) => ({ Key: `k${index}`, Value: '' })), 'BadRequest'],
  ])('are not put with %s', async (_case, tags, code) => {
    expect(await bench.refusal(put(...tags))).toBe(code);
  });
});

describe('a website', () => {
  it('is put, told and taken away', async () => {
    const WebsiteConfiguration = { IndexDocument: { Suffix: 'index.html' }, ErrorDocument: { Key: 'error.html' } };
    await bench.s3.putBucketWebsite({ Bucket, WebsiteConfiguration });
    expect(await bench.s3.getBucketWebsite({ Bucket })).toMatchObject(WebsiteConfiguration);
    await bench.s3.deleteBucketWebsite({ Bucket });
    expect(await bench.refusal(bench.s3.getBucketWebsite({ Bucket }))).toBe('NoSuchWebsiteConfiguration');
    const nothing = bench.s3.putBucketWebsite({ Bucket, WebsiteConfiguration: {} });
    expect(await bench.refusal(nothing)).toBe('MalformedXML');
  });
});

describe('logging', () => {
  it('goes to a bucket of the same owner and Region', async () => {
    const put = (TargetBucket?: string, client = bench.s3) =>
      client.putBucketLogging({
        Bucket,
        BucketLoggingStatus:
          TargetBucket === undefined ? {} : { LoggingEnabled: { TargetBucket, TargetPrefix: 'logs/' } },
      });
    const target = await bench.bucket();
    await put(target);
    expect((await bench.s3.getBucketLogging({ Bucket })).LoggingEnabled).toEqual({
      TargetBucket: target,
      TargetPrefix: 'logs/',
    });
    await put();
    expect((await bench.s3.getBucketLogging({ Bucket })).LoggingEnabled).toBeUndefined();
    expect(await bench.refusal(put('not-there'))).toBe('InvalidTargetBucketForLogging');
    await bench.user([{ Effect: 'Allow', Action: '*', Resource: '*' }], OTHER).createBucket({ Bucket: 'of-another' });
    expect(await bench.refusal(put('of-another'))).toBe('InvalidTargetBucketForLogging');
    await bench.client({ region: 'us-east-1' }).createBucket({ Bucket: 'far-away' });
    expect(await bench.refusal(put('far-away'))).toBe('CrossLocationLoggingProhibitted');
  });
});

describe('a life cycle', () => {
  it('is put, told and taken away', async () => {
    const Rules = [{ ID: 'old', Status: 'Enabled' as const, Filter: { Prefix: 'a/' }, Expiration: { Days: 30 } }];
    await bench.s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
    expect((await bench.s3.getBucketLifecycleConfiguration({ Bucket })).Rules).toEqual(Rules);
    await bench.s3.deleteBucketLifecycle({ Bucket });
    const get = bench.s3.getBucketLifecycleConfiguration({ Bucket });
    expect(await bench.refusal(get)).toBe('NoSuchLifecycleConfiguration');
    const empty = bench.s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [] } });
    expect(await bench.refusal(empty)).toBe('MalformedXML');
  });
});
