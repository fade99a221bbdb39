import { Cloudtrail } from '@cdktf/provider-aws/lib/cloudtrail';
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import { Construct } from 'constructs';
import type { Account } from './account';
import { policyDocument } from './policy-document';

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

    const bucket = new S3Bucket(this, 'bucket', { bucket: `${bucketPrefix}-${account.id}-${account.region}` });
    const block = new S3BucketPublicAccessBlock(this, 'public-access-block', {
      bucket: bucket.id,
      blockPublicAcls: true,
      ignorePublicAcls: true,
      blockPublicPolicy: true,
      restrictPublicBuckets: true,
    });
    new S3BucketVersioningA(this, 'versioning', { bucket: bucket.id, versioningConfiguration: { status: 'Enabled' } });
    const policy = new S3BucketPolicy(this, 'policy', {
      bucket: bucket.id,
      policy: policyDocument([
        {
          Sid: 'TrailReadsAcl',
          Principal: cloudTrail,
          Action: 's3:GetBucketAcl',
          Resource: bucket.arn,
          Condition: { StringEquals: ofTrail },
        },
        {
          Sid: 'TrailWrites',
          Principal: cloudTrail,
          Action: 's3:PutObject',
          Resource: `${bucket.arn}/AWSLogs/${account.id}/*`,
          Condition: { StringEquals: { ...ofTrail, 's3:x-amz-acl': 'bucket-owner-full-control' } },
        },
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [bucket.arn, `${bucket.arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
      dependsOn: [block],
    });
    new Cloudtrail(this, 'trail', {
      name: trailName,
      s3BucketName: bucket.id,
      isMultiRegionTrail: true,
      includeGlobalServiceEvents: true,
      enableLogFileValidation: true,
      dependsOn: [policy],
    });
  }
}
