import { ACCOUNT, CLOSED, OPEN, publicRead, S3Bench } from './support';

let bench: S3Bench;
beforeAll(async () => {
  bench = await S3Bench.start();
});
afterAll(() => bench.stop());
afterEach(() => bench.control.deletePublicAccessBlock({ AccountId: ACCOUNT }));

const forRole = (bucket: string) => ({
  ...publicRead(bucket),
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/reader` },
});

describe('a policy', () => {
  it('is kept, judged and taken away', async () => {
    const Bucket = await bench.bucket({ block: OPEN });
    await bench.putPolicy(Bucket, publicRead(Bucket));
    const { Policy = '' } = await bench.s3.getBucketPolicy({ Bucket });
    expect(JSON.parse(Policy)).toEqual({ Version: '2012-10-17', Statement: [publicRead(Bucket)] });
    expect((await bench.s3.getBucketPolicyStatus({ Bucket })).PolicyStatus).toEqual({ IsPublic: true });
    // The status is of the policy, whatever is blocked.
    await bench.s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: CLOSED });
    expect((await bench.s3.getBucketPolicyStatus({ Bucket })).PolicyStatus).toEqual({ IsPublic: true });
    await bench.putPolicy(Bucket, forRole(Bucket));
    expect((await bench.s3.getBucketPolicyStatus({ Bucket })).PolicyStatus).toEqual({ IsPublic: false });
    await bench.s3.deleteBucketPolicy({ Bucket });
    await bench.s3.deleteBucketPolicy({ Bucket });
    expect(await bench.refusal(bench.s3.getBucketPolicy({ Bucket }))).toBe('NoSuchBucketPolicy');
  });

  it('for everybody is refused by the block of the bucket, and by that of the account', async () => {
    const Bucket = await bench.bucket();
    const call = bench.putPolicy(Bucket, publicRead(Bucket));
    await expect(call).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(
        'because public policies are blocked by the BlockPublicPolicy block public access setting',
      ),
    });
    await bench.s3.deletePublicAccessBlock({ Bucket });
    await bench.control.putPublicAccessBlock({
      AccountId: ACCOUNT,
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true },
    });
    expect(await bench.refusal(bench.putPolicy(Bucket, publicRead(Bucket)))).toBe('AccessDenied');
    await bench.putPolicy(Bucket, forRole(Bucket));
    await bench.control.deletePublicAccessBlock({ AccountId: ACCOUNT });
    await bench.putPolicy(Bucket, publicRead(Bucket));
  });

  it.each<[string, (bucket: string) => string | object, RegExp]>([
    ['that is no JSON', () => 'hello', /must be valid JSON/],
    ['that is broken', () => '{"Version":', /invalid Json/],
    ['without statements', () => ({ Version: '2012-10-17' }), /Missing required field Statement/],
    ['without a principal', (b) => [{ ...publicRead(b), Principal: undefined }], /Missing required field Principal/],
    ['with an unknown principal', (b) => [{ ...publicRead(b), Principal: { AWS: 'me' } }], /Invalid principal/],
    ['without resources', (b) => [{ ...publicRead(b), Resource: undefined }], /Missing required field Resource/],
    ['about another bucket', () => [publicRead('another')], /invalid resource/],
    ['about a longer name', (b) => [publicRead(`${b}-too`)], /invalid resource/],
    ['with an action that there is not', (b) => [{ ...publicRead(b), Action: 's3:Fetch' }], /invalid action/],
    ['with an action of another service', (b) => [{ ...publicRead(b), Action: 'ec2:RunInstances' }], /invalid action/],
    [
      'with an action of objects on the bucket',
      (b) => [{ ...publicRead(b), Resource: `arn:aws:s3:::${b}` }],
      /Action does not apply to any resource/,
    ],
    [
      'with an action of buckets on objects',
      (b) => [{ ...publicRead(b), Action: 's3:ListBucket' }],
      /Action does not apply to any resource/,
    ],
  ])('%s is malformed', async (_case, policyFor, message) => {
    const Bucket = await bench.bucket({ block: OPEN });
    const given = policyFor(Bucket);
    const Policy =
      typeof given === 'string'
        ? given
        : JSON.stringify(Array.isArray(given) ? { Version: '2012-10-17', Statement: given } : given);
    const call = bench.s3.putBucketPolicy({ Bucket, Policy });
    await expect(call).rejects.toMatchObject({ name: 'MalformedPolicy', message: expect.stringMatching(message) });
    expect(await bench.refusal(bench.s3.getBucketPolicy({ Bucket }))).toBe('NoSuchBucketPolicy');
  });

  it('is at most 20 KB long, white space not counted', async () => {
    const Bucket = await bench.bucket();
    const long = (length: number) => ({ Version: '2012-10-17', Id: 'x'.repeat(length), Statement: [forRole(Bucket)] });
    const room = 20 * 1024 - JSON.stringify(long(0)).length;
    const put = (document: object) => bench.s3.putBucketPolicy({ Bucket, Policy: JSON.stringify(document, null, 8) });
    await put(long(room));
    expect(await bench.refusal(put(long(room + 1)))).toBe('PolicyTooLarge');
  });
});
