import { Readable } from 'node:stream';
import { S3 } from '@aws-sdk/client-s3';
import { addUser } from '../../../twin/services/iam';
import { ACCOUNT, ConfigBench, REGION, type Resources } from '../config/support';

const Bucket = 'things';
const RESOURCES: Resources = {
  aws_s3_bucket: { things: { bucket: Bucket }, versions: { bucket: 'versions' } },
  aws_s3_bucket_versioning: {
    versions: { bucket: '${aws_s3_bucket.versions.id}', versioning_configuration: [{ status: 'Enabled' }] },
  },
  aws_s3_bucket_policy: {
    things: {
      bucket: '${aws_s3_bucket.things.id}',
      policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/reader` },
            Action: 's3:GetObject',
            Resource: `arn:aws:s3:::${Bucket}/shared/*`,
          },
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${Bucket}/locked/*`,
          },
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::${Bucket}/once/*`,
            Condition: { Null: { 's3:if-none-match': 'true' } },
          },
        ],
      }),
    },
  },
};

let bench: ConfigBench;
let s3: S3;
beforeAll(async () => {
  bench = await ConfigBench.start(RESOURCES);
  s3 = bench.s3;
});
afterAll(() => bench.stop());

/** The name that a call fails with. */
const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'nothing',
    (error: Error) => error.name,
  );

const text = async (Key: string, more: object = {}, client = s3) =>
  (await client.getObject({ Bucket, Key, ...more })).Body?.transformToString();

describe('an object', () => {
  it('comes back as it was put', async () => {
    const Key = 'folder with blanks/ä+b:c.txt';
    const put = await s3.putObject({
      Bucket,
      Key,
      Body: 'hello',
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      Metadata: { receipt: '42' },
    });
    const got = await s3.getObject({ Bucket, Key });
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({
      ContentType: 'text/plain',
      CacheControl: 'no-store',
      ContentLength: 5,
      ETag: put.ETag,
      Metadata: { receipt: '42' },
      LastModified: expect.any(Date),
      ServerSideEncryption: 'AES256',
    });
    const { $metadata: _metadata, ...head } = await s3.headObject({ Bucket, Key });
    expect(head).toMatchObject({ ContentType: 'text/plain', ContentLength: 5, ETag: put.ETag });
    await s3.deleteObject({ Bucket, Key });
    expect(await failure(s3.getObject({ Bucket, Key }))).toBe('NoSuchKey');
    expect(await failure(s3.headObject({ Bucket, Key }))).toBe('NotFound');
    await s3.deleteObject({ Bucket, Key });
  });

  it('may be bytes, or nothing at all', async () => {
    const Body = Uint8Array.from({ length: 256 }, (_none, index) => index);
    await s3.putObject({ Bucket, Key: 'bytes', Body });
    const got = await s3.getObject({ Bucket, Key: 'bytes' });
    expect(await got.Body?.transformToByteArray()).toEqual(Body);
    expect(got.ContentType).toBe('application/octet-stream');
    await s3.putObject({ Bucket, Key: 'empty', Body: '', ContentLength: 0 });
    expect(await text('empty')).toBe('');
  });

  it('may come as a stream', async () => {
    const Body = Readable.from([Buffer.from('one, '), Buffer.from('two')]);
    await s3.putObject({ Bucket, Key: 'stream', Body, ContentLength: 8 });
    expect(await text('stream')).toBe('one, two');
  });

  it('may come in chunks, of which nothing is left', async () => {
    const { endpoint, credentials } = bench.settings;
    const { status } = await fetch(`${endpoint}/${Bucket}/chunks`, {
      method: 'PUT',
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/20261121/${REGION}/s3/aws4_request`,
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'content-encoding': 'gzip, aws-chunked',
      },
      body: '5\r\none, \r\n3;chunk-signature=0a\r\ntwo\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n',
    });
    expect(status).toBe(200);
    expect(await text('chunks')).toBe('one, two');
    expect((await s3.headObject({ Bucket, Key: 'chunks' })).ContentEncoding).toBe('gzip');
  });

  it('is not written over by who asks for that', async () => {
    const put = (Body: string, more: object) => s3.putObject({ Bucket, Key: 'once', Body, ...more });
    const { ETag } = await put('first', { IfNoneMatch: '*' });
    expect(await failure(put('second', { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    expect(await failure(put('second', { IfMatch: '"0123"' }))).toBe('PreconditionFailed');
    expect(await text('once')).toBe('first');
    await put('second', { IfMatch: ETag });
    expect(await text('once')).toBe('second');
    expect(await failure(text('once', { IfMatch: ETag }))).toBe('PreconditionFailed');
    await s3.deleteObject({ Bucket, Key: 'once' });
    await put('third', { IfNoneMatch: '*' });
    expect(await failure(s3.putObject({ Bucket, Key: 'none', Body: 'x', IfMatch: ETag }))).toBe('NoSuchKey');
  });

  it('is written once where the policy of the bucket asks for that, whoever writes', async () => {
    const Key = 'once/key';
    expect(await failure(s3.putObject({ Bucket, Key, Body: 'first' }))).toBe('AccessDenied');
    const { ETag } = await s3.putObject({ Bucket, Key, Body: 'first', IfNoneMatch: '*' });
    expect(await failure(s3.putObject({ Bucket, Key, Body: 'second' }))).toBe('AccessDenied');
    expect(await failure(s3.putObject({ Bucket, Key, Body: 'second', IfMatch: ETag }))).toBe('AccessDenied');
    expect(await failure(s3.putObject({ Bucket, Key, Body: 'second', IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    expect(await text(Key, { IfMatch: ETag })).toBe('first');
  });

  it('has no access list of its own', async () => {
    const put = (ACL: 'public-read' | 'bucket-owner-full-control') =>
      s3.putObject({ Bucket, Key: 'acl', Body: 'x', ACL });
    expect(await failure(put('public-read'))).toBe('AccessControlListNotSupported');
    await put('bucket-owner-full-control');
  });

  it.each([
    ['tags', { Tagging: 'a=b' }],
    ['a lock', { ObjectLockMode: 'GOVERNANCE' as const, ObjectLockRetainUntilDate: new Date() }],
  ])('with %s is not simulated, and says so', async (_case, more) => {
    expect(await failure(s3.putObject({ Bucket, Key: 'more', Body: 'x', ...more }))).toBe('NotImplemented');
  });

  it('is in a bucket of its Region', async () => {
    expect(await failure(s3.putObject({ Bucket: 'nothing', Key: 'a', Body: 'x' }))).toBe('NoSuchBucket');
    const elsewhere = new S3({ ...bench.settings, region: 'us-east-1', maxAttempts: 1 });
    expect(await failure(elsewhere.putObject({ Bucket, Key: 'a', Body: 'x' }))).toBe('PermanentRedirect');
    elsewhere.destroy();
  });
});

describe('in a bucket that keeps versions, an object', () => {
  it('hides behind a mark when it is deleted, and comes back without it', async () => {
    const at = { Bucket: 'versions', Key: 'a' };
    const first = await s3.putObject({ ...at, Body: 'first' });
    const second = await s3.putObject({ ...at, Body: 'second' });
    expect(first.VersionId).not.toBe(second.VersionId);
    const read = async (VersionId?: string) =>
      (await s3.getObject({ ...at, ...(VersionId !== undefined && { VersionId }) })).Body?.transformToString();
    expect(await read()).toBe('second');
    expect(await read(first.VersionId)).toBe('first');
    const { DeleteMarker, VersionId } = await s3.deleteObject(at);
    expect(DeleteMarker).toBe(true);
    expect(await failure(read())).toBe('NoSuchKey');
    expect((await s3.listObjectsV2({ Bucket: 'versions' })).KeyCount).toBe(0);
    await s3.deleteObject({ ...at, VersionId });
    expect(await read()).toBe('second');
  });
});

describe('a list', () => {
  beforeAll(async () => {
    for (const Key of ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/é', 'list/z'])
      await s3.putObject({ Bucket, Key, Body: 'x' });
  });
  const list = async (more: object) => {
    const {
      Contents = [],
      CommonPrefixes = [],
      ...rest
    } = await s3.listObjectsV2({ Bucket, Prefix: 'list/', ...more });
    return { ...rest, keys: Contents.map(({ Key }) => Key), prefixes: CommonPrefixes.map(({ Prefix }) => Prefix) };
  };

  it('is in the order of bytes', async () => {
    expect((await list({})).keys).toEqual(['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/z', 'list/é']);
    expect((await list({ StartAfter: 'list/c' })).keys).toEqual(['list/z', 'list/é']);
  });

  it('has folders', async () => {
    const { keys, prefixes, KeyCount } = await list({ Delimiter: '/' });
    expect(keys).toEqual(['list/a', 'list/c', 'list/z', 'list/é']);
    expect(prefixes).toEqual(['list/b/']);
    expect(KeyCount).toBe(5);
  });

  it('comes in pages', async () => {
    const seen: unknown[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await list({ MaxKeys: 2, Delimiter: '/', ContinuationToken });
      seen.push([...page.keys, ...page.prefixes].sort());
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(seen).toEqual([['list/a', 'list/b/'], ['list/c', 'list/z'], ['list/é']]);
    expect(await failure(list({ ContinuationToken: 'nonsense' }))).toBe('InvalidArgument');
  });
});

describe('IAM', () => {
  it('lets in who the bucket names, where it names them, and does not tell others what is there', async () => {
    for (const Key of ['shared/a', 'private/a']) await s3.putObject({ Bucket, Key, Body: 'x' });
    const credentials = addUser(bench.twin, ACCOUNT, 'reader');
    const reader = new S3({ ...bench.settings, region: REGION, credentials, maxAttempts: 1 });
    expect(await text('shared/a', {}, reader)).toBe('x');
    expect(await failure(text('private/a', {}, reader))).toBe('AccessDenied');
    expect(await failure(text('shared/nothing', {}, reader))).toBe('AccessDenied');
    expect(await failure(reader.listObjectsV2({ Bucket }))).toBe('AccessDenied');
    expect(await failure(reader.putObject({ Bucket, Key: 'shared/b', Body: 'x' }))).toBe('AccessDenied');
    expect(await failure(s3.putObject({ Bucket, Key: 'locked/a', Body: 'x' }))).toBe('AccessDenied');
    reader.destroy();
  });
});
