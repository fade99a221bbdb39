import type { RecordedType } from '../../service';
import { canonicalId, type S3State } from './buckets';

/** Buckets as AWS Config records them: nearly everything is beside the configuration, and the access list is a text of JSON. */
export const recordedBuckets: RecordedType<S3State> = {
  type: 'AWS::S3::Bucket',
  *ids({ buckets }, { region }) {
    for (const bucket of buckets.values()) if (bucket.region === region) yield bucket.name;
  },
  describe(id, { buckets }, { region }) {
    const bucket = buckets.get(id);
    if (bucket?.region !== region) return undefined;
    const owner = { displayName: null, id: canonicalId(bucket.account) };
    const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } = bucket.publicAccessBlock;
    const { algorithm, keyId = null, bucketKey } = bucket.encryption;
    return {
      name: id,
      arn: `arn:aws:s3:::${id}`,
      availabilityZone: 'Regional',
      created: bucket.created,
      tags: bucket.tags,
      relationships: [],
      configuration: { name: id, owner, creationDate: bucket.created.toISOString() },
      supplementaryConfiguration: {
        AccessControlList: JSON.stringify({
          grantSet: null,
          grantList: [{ grantee: { id: owner.id, displayName: null }, permission: 'FullControl' }],
          owner,
          isRequesterCharged: false,
        }),
        BucketPolicy: { policyText: bucket.policy ?? null },
        PublicAccessBlockConfiguration: {
          blockPublicAcls: BlockPublicAcls,
          ignorePublicAcls: IgnorePublicAcls,
          blockPublicPolicy: BlockPublicPolicy,
          restrictPublicBuckets: RestrictPublicBuckets,
        },
        ServerSideEncryptionConfiguration: {
          rules: [
            {
              applyServerSideEncryptionByDefault: { sseAlgorithm: algorithm, kmsMasterKeyID: keyId },
              bucketKeyEnabled: bucketKey,
            },
          ],
        },
        BucketVersioningConfiguration: { status: bucket.versioning ?? 'Off', isMfaDeleteEnabled: null },
      },
    };
  },
  *touched(operation, { Bucket }: { Bucket?: string }) {
    // Objects are none of a bucket's configuration.
    if (Bucket !== undefined && /Bucket|PublicAccessBlock|Configuration/.test(operation)) yield Bucket;
  },
};
