import { Cloudtrail } from '@cdktf/provider-aws/lib/cloudtrail';
import { Construct } from 'constructs';
import type { Account } from './account';
import { LogBucket } from './log-bucket';

export interface TrailProps {
  /** Physical names, from `names.ts`. */
  readonly trailName: string;
  readonly bucketPrefix: string;
  readonly account: Account;
}

/**
 * The multi-Region trail by which API calls reach EventBridge within a minute or so, with a bucket of its own.
 * EventBridge gets API calls only where a trail logs them.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
 */
export class Trail extends Construct {
  constructor(scope: Construct, id: string, { trailName, bucketPrefix, account }: TrailProps) {
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
      dependsOn: [bucket.policy],
    });
  }
}
