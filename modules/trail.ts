import { Cloudtrail } from '@cdktf/provider-aws/lib/cloudtrail';
import { Construct } from 'constructs';
import { ownBucketName } from '../functions/core/policy';
import type { Account } from './account';
import { LogBucket } from './log-bucket';

export interface TrailProps {
  /** Physical names, from `names.ts`. */
  readonly trailName: string;
  readonly bucketPrefix: string;
  readonly account: Account;
  /** Whether calls that write objects are logged, in every bucket but Suture's own. */
  readonly objectWrites: boolean;
  /** How the names of Suture's own buckets begin. */
  readonly ownBuckets: readonly string[];
}

/**
 * The multi-Region trail by which API calls reach EventBridge within a minute or so, with a bucket of its own.
 * EventBridge gets API calls only where a trail logs them.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
 */
export class Trail extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { trailName, bucketPrefix, account, objectWrites, ownBuckets }: TrailProps,
  ) {
    super(scope, id);
    // Written out, since the bucket's policy must exist before the trail that it names.
    const trailArn = account.arn('cloudtrail', `trail/${trailName}`);
    const cloudTrail = { Service: 'cloudtrail.amazonaws.com' };
    const ofTrail = { 'aws:SourceArn': trailArn };

    const bucket = new LogBucket(this, 'bucket', {
      bucketPrefix,
      account,
      statements: ({ arn }) => [
        {
          Sid: 'TrailReadsAcl',
          Principal: cloudTrail,
          Action: 's3:GetBucketAcl',
          Resource: arn,
          Condition: { StringEquals: ofTrail },
        },
        {
          Sid: 'TrailWrites',
          Principal: cloudTrail,
          Action: 's3:PutObject',
          Resource: `${arn}/AWSLogs/${account.id}/*`,
          Condition: { StringEquals: { ...ofTrail, 's3:x-amz-acl': 'bucket-owner-full-control' } },
        },
      ],
    });
    new Cloudtrail(this, 'trail', {
      name: trailName,
      s3BucketName: bucket.name,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      ...(objectWrites && { advancedEventSelector: withObjectWrites(account, ownBuckets) }),
      dependsOn: [bucket.policy],
    });
  }
}

/**
 * Management events, and calls that write objects. Not in our own buckets: each delivery of a log would be logged again.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
 */
const withObjectWrites = (account: Account, ownBuckets: readonly string[]) => [
  { name: 'Management events', fieldSelector: [{ field: 'eventCategory', equalTo: ['Management'] }] },
  {
    name: 'Objects that are written',
    fieldSelector: [
      { field: 'eventCategory', equalTo: ['Data'] },
      { field: 'resources.type', equalTo: ['AWS::S3::Object'] },
      { field: 'readOnly', equalTo: ['false'] },
      {
        field: 'resources.ARN',
        notStartsWith: ownBuckets.map(
          (prefix) => `arn:${account.partition}:s3:::${ownBucketName(prefix, account.id, account.region)}/`,
        ),
      },
    ],
  },
];
