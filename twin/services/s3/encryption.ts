import type { EncryptionType, ServerSideEncryption, ServerSideEncryptionRule } from '@aws-sdk/client-s3';
import { AwsError } from '../../service';
import { bucketOf, type S3Operations } from './buckets';

/** How objects are encrypted that do not say it themselves. */
export interface DefaultEncryption {
  readonly algorithm: ServerSideEncryption;
  readonly keyId?: string | undefined;
  readonly bucketKey: boolean;
  /** Ways of encrypting that objects must not ask for; undefined where the last request said nothing of them. */
  readonly blocked?: readonly EncryptionType[] | undefined;
}

/**
 * Also what is left when a configuration is deleted: there is no bucket without encryption, and keys that clients bring are refused
 * unless somebody asks for them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html
 */
export const encryptionOfNewBuckets = (): DefaultEncryption => ({
  algorithm: 'AES256',
  bucketKey: false,
  blocked: ['SSE-C'],
});

const malformed = () =>
  new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

/**
 * A configuration as it is put. It replaces the one before: what a request leaves out is gone.
 *
 * @throws AwsError for what S3 would not take.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html
 */
export function encryptionFrom(rules: readonly ServerSideEncryptionRule[] = []): DefaultEncryption {
  const [rule, ...more] = rules;
  if (!rule || more.length > 0) throw malformed();
  const { ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled, BlockedEncryptionTypes } = rule;
  const { SSEAlgorithm: algorithm = 'AES256', KMSMasterKeyID: keyId } = byDefault ?? {};
  if (!['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm)) throw malformed();
  if (keyId !== undefined && algorithm === 'AES256')
    throw new AwsError(
      'InvalidArgument',
      'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      { members: { ArgumentName: 'ApplyServerSideEncryptionByDefault' } },
    );
  return { algorithm, keyId, bucketKey: BucketKeyEnabled === true, blocked: BlockedEncryptionTypes?.EncryptionType };
}

export const encryptionOperations: S3Operations = {
  GetBucketEncryption({ Bucket }, call) {
    const { algorithm, keyId, bucketKey, blocked } = bucketOf(call, Bucket).encryption;
    return {
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: {
              SSEAlgorithm: algorithm,
              ...(keyId !== undefined && { KMSMasterKeyID: keyId }),
            },
            BucketKeyEnabled: bucketKey,
            ...(blocked && { BlockedEncryptionTypes: { EncryptionType: [...blocked] } }),
          },
        ],
      },
    };
  },

  PutBucketEncryption({ Bucket, ServerSideEncryptionConfiguration }, call) {
    const bucket = bucketOf(call, Bucket);
    bucket.encryption = encryptionFrom(ServerSideEncryptionConfiguration?.Rules);
    return {};
  },

  DeleteBucketEncryption({ Bucket }, call) {
    bucketOf(call, Bucket).encryption = encryptionOfNewBuckets();
    return {};
  },
};
