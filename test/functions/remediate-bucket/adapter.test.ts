import type { S3Client } from '@aws-sdk/client-s3';
import type { AccountBlocks } from '../../../functions/remediate-bucket/account-adapter';
import { Buckets } from '../../../functions/remediate-bucket/adapter';
import { ALL_ON } from '../../../functions/remediate-bucket/bucket';
import { ACCOUNT, policyText, statement } from '../../support/bucket';
import { bucketPolicy } from '../../support/policy';

const home = { account: ACCOUNT, region: 'eu-west-1', partition: 'aws' };
type Answer = (operation: string, input: { Bucket?: string }) => object;

/** Buckets over a client that answers as it is told, and what was written. */
function over(answer: Answer) {
  const written: [string, unknown][] = [];
  const send = async (command: { input: { Bucket?: string } }) => {
    const operation = command.constructor.name.replace('Command', '');
    const found = answer(operation, command.input);
    if (found instanceof Error) throw found;
    if (/^(Put|Delete)/.test(operation)) written.push([operation, command.input]);
    return { $metadata: { requestId: 'r' }, ...found };
  };
  const accounts = { block: async () => undefined } as unknown as AccountBlocks;
  return { buckets: new Buckets({ send } as unknown as S3Client, accounts), written };
}

/** What S3 answers with an error. */
const refusal = (name: string) => Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 403 } });
async function sweepOf(buckets: Buckets) {
  const pages = [];
  for await (const page of buckets.discover(home, bucketPolicy({}), undefined)) pages.push(page);
  return pages;
}

const signal = AbortSignal.timeout(10_000);

it.each(['AccessDenied', 'AllAccessDisabled', 'MethodNotAllowed', 'PermanentRedirect', 'OperationAborted', 'SlowDown'])(
  'a bucket about which S3 answers %s does not keep a sweep from the others',
  async (name) => {
    const { buckets } = over((operation, { Bucket }) => {
      if (operation === 'ListBuckets') return { Buckets: [{ Name: 'a' }, { Name: 'odd' }, { Name: 'z' }] };
      return Bucket === 'odd' ? refusal(name) : { PublicAccessBlockConfiguration: ALL_ON };
    });
    const pages = await sweepOf(buckets);
    expect(pages.flatMap(({ resources }) => resources.map(({ id, unreadable }) => [id, unreadable]))).toEqual([
      ['a', undefined],
      ['odd', `S3 answers ${name}`],
      ['z', undefined],
    ]);
  },
);

it('what is no answer of S3 ends a sweep: nobody knows what it means', async () => {
  const { buckets } = over((operation) =>
    operation === 'ListBuckets' ? { Buckets: [{ Name: 'a' }] } : new Error('socket hang up'),
  );
  await expect(sweepOf(buckets)).rejects.toThrow('socket hang up');
});

describe('encryption', () => {
  const put = {
    kind: 'PutBucketEncryption',
    bucket: 'b',
    encryption: { algorithm: 'aws:kms', bucketKey: true },
  } as const;
  const present = (rule: object) =>
    over((operation) =>
      operation === 'GetBucketEncryption' ? { ServerSideEncryptionConfiguration: { Rules: [rule] } } : {},
    );

  it('that somebody made KMS meanwhile stays as it is', async () => {
    const { buckets, written } = present({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms:dsse', KMSMasterKeyID: 'theirs' },
    });
    expect(await buckets.apply(put, ACCOUNT, signal)).toEqual({ requestIds: [] });
    expect(written).toEqual([]);
  });

  it('keeps what somebody forbade uploads meanwhile', async () => {
    const { buckets, written } = present({
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
      BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
    });
    await buckets.apply(put, ACCOUNT, signal);
    expect(written).toMatchObject([
      [
        'PutBucketEncryption',
        {
          ServerSideEncryptionConfiguration: {
            Rules: [
              {
                ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' },
                BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] },
              },
            ],
          },
        },
      ],
    ]);
  });
});

it('a policy of which nothing was left comes back word for word', async () => {
  const { buckets, written } = over((operation) =>
    operation === 'GetBucketPolicy' ? refusal('NoSuchBucketPolicy') : {},
  );
  const whole = JSON.stringify({ Version: '2008-10-17', Id: 'mine', Statement: [statement()] });
  await buckets.apply({ kind: 'PutBucketPolicy', bucket: 'b', remove: [], add: [statement()], whole }, ACCOUNT, signal);
  expect(written).toEqual([['PutBucketPolicy', { Bucket: 'b', ExpectedBucketOwner: ACCOUNT, Policy: whole }]]);
});

it('a statement that somebody added meanwhile stays', async () => {
  const theirs = statement({ Sid: 'Theirs', Effect: 'Deny' });
  const { buckets, written } = over((operation) =>
    operation === 'GetBucketPolicy' ? { Policy: policyText(statement(), theirs) } : {},
  );
  await buckets.apply({ kind: 'PutBucketPolicy', bucket: 'b', remove: [statement()], add: [] }, ACCOUNT, signal);
  expect(written).toEqual([
    ['PutBucketPolicy', { Bucket: 'b', ExpectedBucketOwner: ACCOUNT, Policy: policyText(theirs) }],
  ]);
});
