import type { S3Control } from '@aws-sdk/client-s3-control';
import { ACCOUNT, ConfigBench, FOUNDATION, managed } from '../config/support';
import { CLOSED, controlAt, OPEN, publicRead } from './support';

// What AWS Config says of buckets and of the account's block, and what Terraform makes of them.

const of = (bucket: string) => `\${aws_s3_bucket.${bucket}.id}`;
const depends_on = ['aws_s3_bucket_ownership_controls.open'];
const rule = { bucket: of('open'), rule: [{ object_ownership: 'BucketOwnerPreferred' }] };
const RESOURCES = {
  ...FOUNDATION,
  aws_s3_bucket: {
    ...FOUNDATION.aws_s3_bucket,
    open: { bucket: 'open' },
    locked: { bucket: 'locked', object_lock_enabled: true },
  },
  aws_s3_bucket_acl: { open: { bucket: of('open'), acl: 'public-read', depends_on } },
  aws_s3_bucket_ownership_controls: { open: rule },
  aws_s3_bucket_public_access_block: { open: { bucket: of('open') } },
  aws_s3_bucket_website_configuration: {
    open: { bucket: of('open'), index_document: { suffix: 'index.html' }, error_document: { key: 'error.html' } },
  },
  aws_s3_bucket_logging: { open: { bucket: of('open'), target_bucket: of('locked'), target_prefix: 'logs/' } },
  aws_s3_bucket_lifecycle_configuration: {
    open: {
      bucket: of('open'),
      rule: [
        {
          id: 'old',
          status: 'Enabled',
          filter: [{ prefix: 'a/' }],
          expiration: [{ days: 30 }],
          noncurrent_version_expiration: [{ noncurrent_days: 7 }],
          transition: [{ days: 10, storage_class: 'GLACIER' }],
        },
      ],
    },
  },
  aws_s3_bucket_object_lock_configuration: {
    locked: { bucket: of('locked'), rule: { default_retention: { mode: 'GOVERNANCE', days: 5 } } },
  },
  aws_s3_account_public_access_block: { account: { block_public_acls: true, ignore_public_acls: true } },
};

let bench: ConfigBench;
let control: S3Control;
beforeAll(async () => {
  bench = await ConfigBench.start(RESOURCES);
  control = controlAt(new URL(bench.settings.endpoint).port, bench.settings.credentials);
  await bench.record();
});
afterAll(async () => {
  control.destroy();
  await bench.stop();
});

/** The newest item of a bucket, as the API answers it. */
async function newest(name: string) {
  const { supplementaryConfiguration = {}, tags } = (await bench.history(name, 'AWS::S3::Bucket')).at(-1) ?? {};
  const parsed = Object.entries(supplementaryConfiguration).map(([key, text]) => [key, JSON.parse(text)]);
  return { tags, ...Object.fromEntries(parsed) };
}

describe('Terraform', () => {
  it('makes what decides who may use a bucket', async () => {
    const Bucket = 'open';
    const { s3 } = bench;
    expect((await s3.getBucketOwnershipControls({ Bucket })).OwnershipControls?.Rules).toEqual([
      { ObjectOwnership: 'BucketOwnerPreferred' },
    ]);
    const { Grants = [] } = await s3.getBucketAcl({ Bucket });
    expect(Grants.map(({ Permission }) => Permission)).toEqual(['FULL_CONTROL', 'READ']);
    expect((await s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration).toEqual(OPEN);
    expect((await control.getPublicAccessBlock({ AccountId: ACCOUNT })).PublicAccessBlockConfiguration).toEqual({
      ...OPEN,
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
    });
  });

  it('makes what else a bucket has', async () => {
    const Bucket = 'open';
    const { s3 } = bench;
    expect(await s3.getBucketWebsite({ Bucket })).toMatchObject({
      IndexDocument: { Suffix: 'index.html' },
      ErrorDocument: { Key: 'error.html' },
    });
    expect((await s3.getBucketLogging({ Bucket })).LoggingEnabled).toEqual({
      TargetBucket: 'locked',
      TargetPrefix: 'logs/',
    });
    expect((await s3.getBucketLifecycleConfiguration({ Bucket })).Rules).toEqual([
      {
        ID: 'old',
        Status: 'Enabled',
        Filter: { Prefix: 'a/' },
        Expiration: { Days: 30 },
        NoncurrentVersionExpiration: { NoncurrentDays: 7 },
        Transitions: [{ Days: 10, StorageClass: 'GLACIER' }],
      },
    ]);
    expect((await s3.getObjectLockConfiguration({ Bucket: 'locked' })).ObjectLockConfiguration).toEqual({
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 5 } },
    });
    expect((await s3.getBucketVersioning({ Bucket: 'locked' })).Status).toBe('Enabled');
  });
});

describe('Config', () => {
  it('records a bucket from its creation to its end, an item for each change', async () => {
    const Bucket = 'recorded';
    const { s3 } = bench;
    await s3.createBucket({ Bucket, ObjectOwnership: 'ObjectWriter' });
    const block = (PublicAccessBlockConfiguration: object) =>
      s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
    await block(CLOSED);
    expect(await bench.history(Bucket, 'AWS::S3::Bucket')).toHaveLength(1);
    await s3.deletePublicAccessBlock({ Bucket });
    expect((await newest(Bucket)).PublicAccessBlockConfiguration).toBeNull();
    await control.deletePublicAccessBlock({ AccountId: ACCOUNT });
    await s3.putBucketAcl({ Bucket, ACL: 'public-read' });
    const { grantList } = JSON.parse((await newest(Bucket)).AccessControlList);
    expect(grantList).toEqual([
      { grantee: { id: expect.any(String), displayName: null }, permission: 'FullControl' },
      { grantee: 'AllUsers', permission: 'Read' },
    ]);
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [publicRead(Bucket)] });
    await s3.putBucketPolicy({ Bucket, Policy });
    await s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: 'team', Value: 'a' }] } });
    await s3.putBucketWebsite({ Bucket, WebsiteConfiguration: { IndexDocument: { Suffix: 'index.html' } } });
    expect(await newest(Bucket)).toMatchObject({
      tags: { team: 'a' },
      BucketPolicy: { policyText: Policy },
      BucketWebsiteConfiguration: { indexDocumentSuffix: 'index.html' },
    });
    await s3.deleteBucket({ Bucket });
    const statuses = (await bench.history(Bucket, 'AWS::S3::Bucket')).map((item) => item.configurationItemStatus);
    expect(statuses).toEqual(['ResourceDiscovered', 'OK', 'OK', 'OK', 'OK', 'OK', 'ResourceDeleted']);
  });

  it('records the block of the account, and judges it', async () => {
    await bench.rule('periodic', managed('S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC'));
    await bench.rule('changes', managed('S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS', { RestrictPublicBuckets: 'False' }));
    const judgeAgain = async () => {
      await bench.twin.clock.advance(61);
      await bench.config.startConfigRulesEvaluation({ ConfigRuleNames: ['periodic'] });
    };
    const put = async (PublicAccessBlockConfiguration: object) => {
      await control.putPublicAccessBlock({ AccountId: ACCOUNT, PublicAccessBlockConfiguration });
      await judgeAgain();
    };
    const verdicts = async () => [await bench.verdicts('periodic'), await bench.verdicts('changes')];
    await put({ ...CLOSED, RestrictPublicBuckets: false });
    expect(await verdicts()).toEqual([{ [ACCOUNT]: 'NON_COMPLIANT' }, { [ACCOUNT]: 'COMPLIANT' }]);
    await put(CLOSED);
    expect(await verdicts()).toEqual([{ [ACCOUNT]: 'COMPLIANT' }, { [ACCOUNT]: 'COMPLIANT' }]);
    const { configurationItems: [item] = [] } = await bench.config.getResourceConfigHistory({
      resourceType: 'AWS::S3::AccountPublicAccessBlock',
      resourceId: ACCOUNT,
    });
    expect(JSON.parse(item?.configuration ?? '')).toEqual({
      blockPublicAcls: true,
      ignorePublicAcls: true,
      blockPublicPolicy: true,
      restrictPublicBuckets: true,
    });
    await control.deletePublicAccessBlock({ AccountId: ACCOUNT });
    await judgeAgain();
    expect(await verdicts()).toEqual([{ [ACCOUNT]: 'NON_COMPLIANT' }, {}]);
  });

  it('judges a bucket as it is opened and closed', async () => {
    const Bucket = 'judged';
    const { s3 } = bench;
    const rules = {
      read: 'S3_BUCKET_PUBLIC_READ_PROHIBITED',
      write: 'S3_BUCKET_PUBLIC_WRITE_PROHIBITED',
      level: 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED',
      kms: 'S3_DEFAULT_ENCRYPTION_KMS',
      tls: 'S3_BUCKET_SSL_REQUESTS_ONLY',
    };
    for (const [name, identifier] of Object.entries(rules)) await bench.rule(name, managed(identifier));
    await s3.createBucket({ Bucket });
    const failing = async () => {
      const found: string[] = [];
      for (const name of Object.keys(rules))
        if ((await bench.verdicts(name))[Bucket] === 'NON_COMPLIANT') found.push(name);
      return found;
    };
    expect(await failing()).toEqual(['kms', 'tls']);
    await s3.deletePublicAccessBlock({ Bucket });
    await s3.putBucketPolicy({
      Bucket,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: [{ ...publicRead(Bucket), Action: 's3:*Object' }] }),
    });
    expect(await failing()).toEqual(['read', 'write', 'level', 'kms', 'tls']);
    await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: CLOSED });
    await s3.putBucketEncryption({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }],
      },
    });
    expect(await failing()).toEqual(['tls']);
  });
});
