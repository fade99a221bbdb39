import { AwsError } from '../../service';
import { bucketOf, type S3Operations } from './buckets';

/** What a bucket tells about itself. What changes buckets through the API comes with their remediation. */
export const bucketOperations: S3Operations = {
  ListBuckets: (_input, { state, account }) => ({
    Buckets: [...state.buckets.values()].map(({ name, created, region }) => ({
      Name: name,
      CreationDate: created,
      BucketRegion: region,
    })),
    Owner: { ID: account },
  }),
  HeadBucket: ({ Bucket }, call) => ({ BucketRegion: bucketOf(call, Bucket).region }),
  GetBucketLocation({ Bucket }, call) {
    const { region } = bucketOf(call, Bucket);
    return region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-west-1' };
  },
  GetBucketPolicy({ Bucket }, call) {
    const { policy } = bucketOf(call, Bucket);
    if (policy === undefined)
      throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', { status: 404 });
    return { Policy: policy };
  },
  GetPublicAccessBlock: ({ Bucket }, call) => ({
    PublicAccessBlockConfiguration: bucketOf(call, Bucket).publicAccessBlock,
  }),
  GetBucketEncryption({ Bucket }, call) {
    const { algorithm, keyId, bucketKey } = bucketOf(call, Bucket).encryption;
    return {
      ServerSideEncryptionConfiguration: {
        Rules: [
          {
            ApplyServerSideEncryptionByDefault: {
              SSEAlgorithm: algorithm,
              ...(keyId !== undefined && { KMSMasterKeyID: keyId }),
            },
            BucketKeyEnabled: bucketKey,
          },
        ],
      },
    };
  },
  GetBucketVersioning({ Bucket }, call) {
    const { versioning } = bucketOf(call, Bucket);
    return versioning ? { Status: versioning } : {};
  },
  GetBucketOwnershipControls({ Bucket }, call) {
    bucketOf(call, Bucket);
    return { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } };
  },
  GetBucketTagging({ Bucket }, call) {
    const tags = Object.entries(bucketOf(call, Bucket).tags);
    if (tags.length === 0) throw new AwsError('NoSuchTagSet', 'The TagSet does not exist', { status: 404 });
    return { TagSet: tags.map(([Key, Value]) => ({ Key, Value })) };
  },
};
