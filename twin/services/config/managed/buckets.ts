import { grants, requiresTls } from './bucket-policies';
import { compliantIf, listed, type ManagedRule, type Recorded } from './rule';

interface Block {
  readonly blockPublicAcls: boolean;
  readonly ignorePublicAcls: boolean;
  readonly blockPublicPolicy: boolean;
  readonly restrictPublicBuckets: boolean;
}

const NO_BLOCK: Block = {
  blockPublicAcls: false,
  ignorePublicAcls: false,
  blockPublicPolicy: false,
  restrictPublicBuckets: false,
};

const blockOf = ({ supplementary }: Recorded): Block => supplementary.PublicAccessBlockConfiguration ?? NO_BLOCK;
const policyOf = ({ supplementary }: Recorded): string | undefined =>
  supplementary.BucketPolicy?.policyText ?? undefined;

interface Grant {
  readonly grantee: unknown;
  readonly permission: string;
}

/** Groups in access lists that are everybody, as Config writes them and as S3 does. */
const EVERYBODY = /AllUsers|AuthenticatedUsers/;

/** Whether the access list lets everybody do something. */
function listGrants({ supplementary }: Recorded, permissions: readonly string[]): boolean {
  const { grantList = [] } = JSON.parse(supplementary.AccessControlList ?? '{}') as { grantList?: Grant[] };
  return grantList.some(
    ({ grantee, permission }) => permissions.includes(permission) && EVERYBODY.test(JSON.stringify(grantee)),
  );
}

/** A bucket is public if its policy or its access list makes it so, and no block stands against that. */
function isPublic(bucket: Recorded, actions: readonly string[], permissions: readonly string[]): boolean {
  const { restrictPublicBuckets, ignorePublicAcls } = blockOf(bucket);
  const policy = policyOf(bucket);
  const byPolicy = !restrictPublicBuckets && policy !== undefined && grants(policy, actions);
  return byPolicy || (!ignorePublicAcls && listGrants(bucket, permissions));
}

interface Encryption {
  readonly rules?: readonly {
    readonly applyServerSideEncryptionByDefault?: { readonly sseAlgorithm?: string; readonly kmsMasterKeyID?: string };
  }[];
}

const encryptionOf = ({ supplementary }: Recorded) =>
  (supplementary.ServerSideEncryptionConfiguration as Encryption | undefined)?.rules?.[0]
    ?.applyServerSideEncryptionByDefault;

const ON_BUCKETS = { types: ['AWS::S3::Bucket'], onChange: true, periodic: false, parameters: [] } as const;

/** Managed rules about buckets, as far as the bucket itself tells: what is blocked for the whole account is not known to them. */
export const bucketRules: Readonly<Record<string, ManagedRule>> = {
  /** @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-public-read-prohibited.html */
  S3_BUCKET_PUBLIC_READ_PROHIBITED: {
    ...ON_BUCKETS,
    periodic: true,
    judge: (bucket) =>
      compliantIf(
        !isPublic(bucket, ['s3:GetObject', 's3:ListBucket'], ['Read', 'FullControl']),
        'The S3 bucket allows public read access.',
      ),
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-public-write-prohibited.html */
  S3_BUCKET_PUBLIC_WRITE_PROHIBITED: {
    ...ON_BUCKETS,
    periodic: true,
    judge: (bucket) =>
      compliantIf(
        !isPublic(bucket, ['s3:PutObject', 's3:DeleteObject', 's3:PutObjectAcl'], ['Write', 'FullControl']),
        'The S3 bucket allows public write access.',
      ),
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-level-public-access-prohibited.html */
  S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED: {
    ...ON_BUCKETS,
    parameters: ['excludedPublicBuckets'],
    judge: (bucket, { excludedPublicBuckets }) =>
      compliantIf(
        listed(excludedPublicBuckets).includes(bucket.name ?? '') || Object.values(blockOf(bucket)).every(Boolean),
      ),
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-server-side-encryption-enabled.html */
  S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED: {
    ...ON_BUCKETS,
    judge: (bucket) => compliantIf(encryptionOf(bucket)?.sseAlgorithm !== undefined),
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/s3-default-encryption-kms.html */
  S3_DEFAULT_ENCRYPTION_KMS: {
    ...ON_BUCKETS,
    parameters: ['kmsKeyArns'],
    judge: (bucket, { kmsKeyArns }) => {
      const { sseAlgorithm, kmsMasterKeyID } = encryptionOf(bucket) ?? {};
      const keys = listed(kmsKeyArns);
      const hasRightKey = keys.length === 0 || keys.includes(kmsMasterKeyID ?? '');
      return compliantIf(sseAlgorithm?.startsWith('aws:kms') === true && hasRightKey);
    },
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-ssl-requests-only.html */
  S3_BUCKET_SSL_REQUESTS_ONLY: {
    ...ON_BUCKETS,
    judge: (bucket) => compliantIf(requiresTls(policyOf(bucket))),
  },
};
