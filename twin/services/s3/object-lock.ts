import type { ObjectLockConfiguration, ObjectLockRetentionMode } from '@aws-sdk/client-s3';
import { AwsError } from '../../service';
import { type Bucket, bucketOf, type S3Operations } from './buckets';

/** Until when a version must not be deleted. */
export interface Retention {
  readonly mode: ObjectLockRetentionMode;
  readonly until: Date;
}

const DAY = 86_400_000;

/**
 * What the bucket's default gives to a version that is written now.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export function defaultRetention({ objectLock }: Bucket, now: Date): Retention | undefined {
  const { Mode: mode, Days, Years } = objectLock?.Rule?.DefaultRetention ?? {};
  if (!mode) return undefined;
  return { mode, until: new Date(now.getTime() + (Days ?? (Years ?? 0) * 365) * DAY) };
}

/** @throws AwsError if a version is still to be kept. */
export function checkRetention(retention: Retention | undefined, now: Date, bypass: boolean): void {
  if (!retention || retention.until <= now || (bypass && retention.mode === 'GOVERNANCE')) return;
  throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', { status: 403 });
}

function isComplete({ ObjectLockEnabled, Rule }: ObjectLockConfiguration): boolean {
  if (ObjectLockEnabled !== 'Enabled') return false;
  if (!Rule) return true;
  const { Mode, Days, Years } = Rule.DefaultRetention ?? {};
  return (Mode === 'GOVERNANCE' || Mode === 'COMPLIANCE') && (Days === undefined) !== (Years === undefined);
}

export const objectLockOperations: S3Operations = {
  GetObjectLockConfiguration({ Bucket }, call) {
    const { objectLock } = bucketOf(call, Bucket);
    if (!objectLock)
      throw new AwsError(
        'ObjectLockConfigurationNotFoundError',
        'Object Lock configuration does not exist for this bucket',
        { status: 404 },
      );
    return { ObjectLockConfiguration: objectLock };
  },

  PutObjectLockConfiguration({ Bucket, ObjectLockConfiguration = {} }, call) {
    const bucket = bucketOf(call, Bucket);
    if (!isComplete(ObjectLockConfiguration))
      throw new AwsError(
        'MalformedXML',
        'The XML you provided was not well-formed or did not validate against our published schema',
      );
    if (bucket.versioning !== 'Enabled')
      throw new AwsError(
        'InvalidBucketState',
        "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        { status: 409 },
      );
    bucket.objectLock = ObjectLockConfiguration;
    return {};
  },
};
