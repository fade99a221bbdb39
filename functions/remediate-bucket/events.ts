import { InvalidEventError } from '../core/errors';
import type { CloudTrailWake } from '../core/events';
import type { Subjects } from '../core/remediation';
import { BUCKET } from './bucket';

/**
 * API calls that can open a bucket or weaken its encryption, as CloudTrail spells them, which is not as the API does.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
 */
const BUCKET_CALLS: readonly string[] = [
  'CreateBucket',
  'PutBucketPolicy',
  'DeleteBucketPolicy',
  'PutBucketAcl',
  'PutBucketPublicAccessBlock',
  'DeleteBucketPublicAccessBlock',
  'PutBucketOwnershipControls',
  'DeleteBucketOwnershipControls',
  'PutBucketEncryption',
  'DeleteBucketEncryption',
  'PutBucketWebsite',
  'DeleteBucketWebsite',
];
/** API calls that can open every bucket of an account. */
export const ACCOUNT_CALLS: readonly string[] = ['PutAccountPublicAccessBlock', 'DeleteAccountPublicAccessBlock'];
export const CALLS: readonly string[] = [...BUCKET_CALLS, ...ACCOUNT_CALLS];

/** Directory buckets, tables and access points have no such configuration. */
const OTHER_KINDS = /--(?:x-s3|table-s3|ol-s3)$|-s3alias$/;

/**
 * The bucket that a call was about, or all of them where it was about the account.
 *
 * @throws InvalidEventError if the call names none.
 */
export function subjectsOf({ eventName, request: { bucketName } }: CloudTrailWake): Subjects {
  if (ACCOUNT_CALLS.includes(eventName)) return 'all';
  if (typeof bucketName !== 'string' || !BUCKET.idPattern.test(bucketName))
    throw new InvalidEventError(`${eventName} names no bucket: got ${JSON.stringify(bucketName) ?? 'nothing'}`);
  return { named: OTHER_KINDS.test(bucketName) ? [] : [bucketName] };
}
