import type { Tag } from '@aws-sdk/client-s3';
import { AwsError } from '../../service';
import { bucketOf, type S3Operations } from './buckets';
import { objectLockOperations } from './object-lock';

const notFound = (code: string, message: string): AwsError => new AwsError(code, message, { status: 404 });
const malformed = (): AwsError =>
  new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

/** @throws AwsError for tags that no bucket may have. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html */
export function tagsFrom(given: readonly Tag[] = []): Record<string, string> {
  if (given.length > 50) throw new AwsError('BadRequest', 'Bucket tag count cannot be greater than 50');
  const invalid = (message: string) => new AwsError('InvalidTag', message);
  for (const { Key = '', Value = '' } of given) {
    if (Key.length < 1 || Key.length > 128) throw invalid('The TagKey you have provided is invalid');
    if (Value.length > 256) throw invalid('The TagValue you have provided is invalid');
    if (Key.startsWith('aws:')) throw invalid('System tags cannot be added/updated by requester');
  }
  const tags = Object.fromEntries(given.map(({ Key = '', Value = '' }) => [Key, Value]));
  if (Object.keys(tags).length < given.length) throw invalid('Cannot provide multiple Tags with the same key');
  return tags;
}

/** What a bucket has beside access and encryption. What is put replaces what was there. */
export const settingOperations: S3Operations = {
  GetBucketTagging({ Bucket }, call) {
    const tags = Object.entries(bucketOf(call, Bucket).tags);
    if (tags.length === 0) throw notFound('NoSuchTagSet', 'The TagSet does not exist');
    return { TagSet: tags.map(([Key, Value]) => ({ Key, Value })) };
  },
  PutBucketTagging({ Bucket, Tagging }, call) {
    const bucket = bucketOf(call, Bucket);
    bucket.tags = tagsFrom(Tagging?.TagSet);
    return {};
  },
  DeleteBucketTagging({ Bucket }, call) {
    bucketOf(call, Bucket).tags = {};
    return {};
  },

  GetBucketVersioning({ Bucket }, call) {
    const { versioning } = bucketOf(call, Bucket);
    return versioning ? { Status: versioning } : {};
  },
  PutBucketVersioning({ Bucket, VersioningConfiguration }, call) {
    const bucket = bucketOf(call, Bucket);
    const { Status, MFADelete } = VersioningConfiguration ?? {};
    if (MFADelete === 'Enabled')
      throw new AwsError('NotImplemented', 'the twin does not simulate MFA delete', { status: 501 });
    if (Status !== 'Enabled' && Status !== 'Suspended')
      throw new AwsError('IllegalVersioningConfigurationException', 'The Versioning element must be specified');
    if (Status === 'Suspended' && bucket.objectLock)
      throw new AwsError(
        'InvalidBucketState',
        'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
        { status: 409 },
      );
    bucket.versioning = Status;
    return {};
  },

  GetBucketWebsite({ Bucket }, call) {
    const { website } = bucketOf(call, Bucket);
    if (!website)
      throw notFound('NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration');
    return website;
  },
  PutBucketWebsite({ Bucket, WebsiteConfiguration }, call) {
    const bucket = bucketOf(call, Bucket);
    const { IndexDocument, RedirectAllRequestsTo } = WebsiteConfiguration ?? {};
    if (!IndexDocument?.Suffix === !RedirectAllRequestsTo?.HostName) throw malformed();
    bucket.website = WebsiteConfiguration;
    return {};
  },
  DeleteBucketWebsite({ Bucket }, call) {
    bucketOf(call, Bucket).website = undefined;
    return {};
  },

  GetBucketLogging({ Bucket }, call) {
    const { logging } = bucketOf(call, Bucket);
    return logging ? { LoggingEnabled: logging } : {};
  },
  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html */
  PutBucketLogging({ Bucket, BucketLoggingStatus }, call) {
    const bucket = bucketOf(call, Bucket);
    const { LoggingEnabled: logging } = BucketLoggingStatus ?? {};
    if (logging) {
      const target = call.state.buckets.get(logging.TargetBucket ?? '');
      if (target?.account !== bucket.account)
        throw new AwsError('InvalidTargetBucketForLogging', 'The target bucket for logging does not exist', {
          members: { TargetBucket: logging.TargetBucket ?? '' },
        });
      if (target.region !== bucket.region)
        throw new AwsError('CrossLocationLoggingProhibitted', 'Cross S3 location logging not allowed.', {
          status: 403,
        });
    }
    bucket.logging = logging;
    return {};
  },

  GetBucketLifecycleConfiguration({ Bucket }, call) {
    const { lifecycle } = bucketOf(call, Bucket);
    if (!lifecycle) throw notFound('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist');
    return lifecycle;
  },
  PutBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration }, call) {
    const bucket = bucketOf(call, Bucket);
    const { Rules = [] } = LifecycleConfiguration ?? {};
    if (Rules.length === 0 || Rules.some(({ Status }) => Status !== 'Enabled' && Status !== 'Disabled'))
      throw malformed();
    bucket.lifecycle = { Rules };
    return {};
  },
  DeleteBucketLifecycle({ Bucket }, call) {
    bucketOf(call, Bucket).lifecycle = undefined;
    return {};
  },

  ...objectLockOperations,
};
