import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning';
import { Construct } from 'constructs';
import { ownBucketName } from '../functions/core/policy';
import type { Account } from './account';
import { type PolicyStatement, policyDocument } from './policy-document';

export interface LogBucketProps {
  /** Physical name, from `names.ts`; the account and Region follow. */
  readonly bucketPrefix: string;
  readonly account: Account;
  /** Who may write into it. */
  readonly statements: (bucket: { readonly arn: string }) => readonly PolicyStatement[];
  /**
   * Keys, with `*`, that are written once: who writes there must ask that nothing is there yet. @default none
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
   */
  readonly writtenOnce?: string;
}

/**
 * A bucket for what happened: versioned, closed to the public, reached by TLS only. Nobody deletes from it, not even the root user: who wants to must take
 * its policy away first, and that call starts the workflow (functions/core/tamper-calls.ts). `terraform destroy` does so by itself, and then stops at
 * what is in the bucket.
 */
export class LogBucket extends Construct {
  readonly name: string;
  readonly arn: string;
  /** The service checks it when it is told of the bucket. */
  readonly policy: S3BucketPolicy;

  constructor(scope: Construct, id: string, { bucketPrefix, account, statements, writtenOnce }: LogBucketProps) {
    super(scope, id);
    const bucket = new S3Bucket(this, 'bucket', { bucket: ownBucketName(bucketPrefix, account.id, account.region) });
    const block = new S3BucketPublicAccessBlock(this, 'public-access-block', {
      bucket: bucket.id,
      blockPublicAcls: true,
      ignorePublicAcls: true,
      blockPublicPolicy: true,
      restrictPublicBuckets: true,
    });
    new S3BucketVersioningA(this, 'versioning', { bucket: bucket.id, versioningConfiguration: { status: 'Enabled' } });
    this.policy = new S3BucketPolicy(this, 'policy', {
      bucket: bucket.id,
      policy: policyDocument([
        ...statements(bucket),
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [bucket.arn, `${bucket.arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
        {
          Sid: 'NobodyDeletes',
          Effect: 'Deny',
          Principal: '*',
          Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
          Resource: `${bucket.arn}/*`,
        },
        ...(writtenOnce === undefined
          ? []
          : [
              {
                // Uploads in parts, whose parts carry no such header, and copies are refused as well.
                Sid: 'WrittenOnce',
                Effect: 'Deny' as const,
                Principal: '*' as const,
                Action: 's3:PutObject',
                Resource: `${bucket.arn}/${writtenOnce}`,
                Condition: { Null: { 's3:if-none-match': 'true' } },
              },
            ]),
      ]),
      dependsOn: [block],
    });
    this.name = bucket.id;
    this.arn = bucket.arn;
  }
}
