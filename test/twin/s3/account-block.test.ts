import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endpointsAt } from '../../../twin/lambda/workers';
import { pythonEnvironment, runPython } from '../../support/python';
import { ACCOUNT, CLOSED, OPEN, OTHER, REGION, S3Bench } from './support';

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

describe('clients put the account before the host name, which works', () => {
  afterEach(() => bench.control.deletePublicAccessBlock({ AccountId: ACCOUNT }));

  it('in a function', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'suture-s3-'));
    const client = JSON.stringify(require.resolve('@aws-sdk/client-s3-control'));
    writeFileSync(
      join(directory, 'index.js'),
      `const { S3Control } = require(${client});
      exports.handler = (event) => new S3Control({}).putPublicAccessBlock(event).then(() => 'done');`,
    );
    bench.twin.workers.environment = endpointsAt(bench.port);
    const { result, error } = await bench.twin.workers.run(
      {
        directory,
        handler: 'index.handler',
        functionArn: 'arn',
        environment: { AWS_REGION: REGION },
        memoryMegabytes: 256,
        timeoutSeconds: 30,
      },
      {
        event: { AccountId: ACCOUNT, PublicAccessBlockConfiguration: CLOSED },
        context: { awsRequestId: 'one' },
        credentials: bench.credentials,
      },
      () => undefined,
    );
    rmSync(directory, { recursive: true });
    expect([result, error]).toEqual(['done', undefined]);
    expect(await get()).toEqual(CLOSED);
  });

  it('in the AWS CLI, if the twin is its proxy', async () => {
    pythonEnvironment();
    const { status, stderr } = await runPython(
      'aws',
      [
        's3control',
        'put-public-access-block',
        '--account-id',
        ACCOUNT,
        '--public-access-block-configuration',
        'BlockPublicAcls=true',
      ],
      {
        ...endpointsAt(bench.port),
        HTTP_PROXY: bench.endpoint,
        AWS_DEFAULT_REGION: REGION,
        AWS_ACCESS_KEY_ID: bench.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: bench.credentials.secretAccessKey,
      },
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(await get()).toEqual({ ...OPEN, BlockPublicAcls: true });
  }, 300_000);
});
