import { ACCOUNT, CLOSED, OPEN, OTHER, S3Bench } from './support';

let bench: S3Bench;
beforeAll(async () => {
  bench = await S3Bench.start();
});
afterAll(() => bench.stop());

const get = async () =>
  (await bench.control.getPublicAccessBlock({ AccountId: ACCOUNT })).PublicAccessBlockConfiguration;

describe('the block of an account', () => {
  it('is put, told and taken away', async () => {
    expect(await bench.refusal(get())).toBe('NoSuchPublicAccessBlockConfiguration');
    await bench.control.putPublicAccessBlock({ AccountId: ACCOUNT, PublicAccessBlockConfiguration: CLOSED });
    expect(await get()).toEqual(CLOSED);
    await bench.control.putPublicAccessBlock({
      AccountId: ACCOUNT,
      PublicAccessBlockConfiguration: { IgnorePublicAcls: true },
    });
    expect(await get()).toEqual({ ...OPEN, IgnorePublicAcls: true });
    await bench.control.deletePublicAccessBlock({ AccountId: ACCOUNT });
    expect(await bench.refusal(get())).toBe('NoSuchPublicAccessBlockConfiguration');
  });

  it('is none of a bucket', async () => {
    const Bucket = await bench.bucket({ block: OPEN });
    await bench.control.putPublicAccessBlock({ AccountId: ACCOUNT, PublicAccessBlockConfiguration: CLOSED });
    expect((await bench.s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration).toEqual(OPEN);
    await bench.control.deletePublicAccessBlock({ AccountId: ACCOUNT });
  });

  it('is nobody else’s', async () => {
    const call = bench.control.putPublicAccessBlock({ AccountId: OTHER, PublicAccessBlockConfiguration: OPEN });
    expect(await bench.refusal(call)).toBe('AccessDenied');
  });

  it('needs actions of its own', async () => {
    const may = async (Action: string) => {
      const user = bench.user([{ Effect: 'Allow', Action, Resource: '*' }]);
      return bench.controlOf(await user.config.credentials());
    };
    const put = { AccountId: ACCOUNT, PublicAccessBlockConfiguration: CLOSED };
    const reader = await may('s3:GetAccountPublicAccessBlock');
    expect(await bench.refusal((await may('s3:PutBucketPublicAccessBlock')).putPublicAccessBlock(put))).toBe(
      'AccessDenied',
    );
    expect(await bench.refusal(reader.putPublicAccessBlock(put))).toBe('AccessDenied');
    const writer = await may('s3:PutAccountPublicAccessBlock');
    await writer.putPublicAccessBlock(put);
    expect((await reader.getPublicAccessBlock({ AccountId: ACCOUNT })).PublicAccessBlockConfiguration).toEqual(CLOSED);
    await writer.deletePublicAccessBlock({ AccountId: ACCOUNT });
  });
});
