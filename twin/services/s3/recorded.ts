import type { RecordedType } from '../../service';
import { ALL_USERS, AUTHENTICATED_USERS, type Grant, grantsOf } from './access-lists';
import { type Bucket, canonicalId, type S3State } from './buckets';
import type { PublicAccessBlock } from './public-access-block';

/** As Config writes a block. */
export const recordedBlock = (block: PublicAccessBlock) => ({
  blockPublicAcls: block.BlockPublicAcls,
  ignorePublicAcls: block.IgnorePublicAcls,
  blockPublicPolicy: block.BlockPublicPolicy,
  restrictPublicBuckets: block.RestrictPublicBuckets,
});

const PERMISSIONS: Readonly<Record<string, string>> = {
  FULL_CONTROL: 'FullControl',
  READ: 'Read',
  WRITE: 'Write',
  READ_ACP: 'ReadAcp',
  WRITE_ACP: 'WriteAcp',
};
const GROUPS: Readonly<Record<string, string>> = {
  [ALL_USERS]: 'AllUsers',
  [AUTHENTICATED_USERS]: 'AuthenticatedUsers',
};

/** Groups are named, accounts are objects. */
const recordedGrant = ({ holder, permission }: Grant) => ({
  grantee: holder.type === 'Group' ? (GROUPS[holder.uri] ?? 'LogDelivery') : { id: holder.id, displayName: null },
  permission: PERMISSIONS[permission],
});

function recordedEncryption({ encryption: { algorithm, keyId, bucketKey, blocked } }: Bucket) {
  return {
    rules: [
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: algorithm, kmsMasterKeyID: keyId ?? null },
        bucketKeyEnabled: bucketKey,
        ...(blocked && { blockedEncryptionTypes: { encryptionType: blocked } }),
      },
    ],
  };
}

/** Members in small letters, as Config writes what it does not treat specially. */
function small(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(small);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.charAt(0).toLowerCase() + name.slice(1), small(inner)]),
  );
}

/** What only buckets have on which it was set. */
function optional({ website, logging, lifecycle, objectLock, ownership, tags }: Bucket): Record<string, unknown> {
  return {
    ...(website && {
      BucketWebsiteConfiguration: {
        indexDocumentSuffix: website.IndexDocument?.Suffix ?? null,
        errorDocument: website.ErrorDocument?.Key ?? null,
        redirectAllRequestsTo: small(website.RedirectAllRequestsTo ?? null),
        routingRules: small(website.RoutingRules ?? []),
      },
    }),
    ...(logging && {
      BucketLoggingConfiguration: {
        destinationBucketName: logging.TargetBucket ?? null,
        logFilePrefix: logging.TargetPrefix ?? null,
      },
    }),
    ...(lifecycle && { BucketLifecycleConfiguration: small(lifecycle) }),
    ...(objectLock && { ObjectLockConfiguration: small(objectLock) }),
    ...(ownership && { OwnershipControls: { rules: [{ objectOwnership: ownership }] } }),
    ...(Object.keys(tags).length > 0 && { BucketTaggingConfiguration: { tagSets: [{ tags }] } }),
  };
}

/** Buckets as AWS Config records them: nearly everything is beside the configuration, and the access list is a text of JSON. */
export const recordedBuckets: RecordedType<S3State> = {
  type: 'AWS::S3::Bucket',
  *ids({ buckets }, { account, region }) {
    for (const bucket of buckets.values())
      if (bucket.account === account && bucket.region === region) yield bucket.name;
  },
  describe(id, { buckets }, { account, region }) {
    const bucket = buckets.get(id);
    if (bucket?.region !== region || bucket.account !== account) return undefined;
    const owner = { displayName: null, id: canonicalId(account) };
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
          grantList: grantsOf(bucket).map(recordedGrant),
          owner,
          isRequesterCharged: false,
        }),
        BucketPolicy: { policyText: bucket.policy ?? null },
        PublicAccessBlockConfiguration: bucket.publicAccessBlock ? recordedBlock(bucket.publicAccessBlock) : null,
        ServerSideEncryptionConfiguration: recordedEncryption(bucket),
        BucketVersioningConfiguration: { status: bucket.versioning ?? 'Off', isMfaDeleteEnabled: null },
        ...optional(bucket),
      },
    };
  },
  *touched(operation, { Bucket }: { Bucket?: string }) {
    // Objects are none of a bucket's configuration.
    if (Bucket !== undefined && /Bucket|PublicAccessBlock|Configuration/.test(operation)) yield Bucket;
  },
};
