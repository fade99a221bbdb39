import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { isCode } from '../core/aws';
import { canonical } from '../core/canonical';

/** Keeps evidence in a bucket, each piece written once. */
export class EvidenceStore {
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
    private readonly owner: string,
  ) {}

  /**
   * Writes a piece of evidence, unless it is there: what was kept first is what was so before.
   *
   * @returns where it lies
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
   */
  async keep(Key: string, evidence: object): Promise<string> {
    const Body = canonical(JSON.parse(JSON.stringify(evidence)));
    try {
      await this.s3.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          ExpectedBucketOwner: this.owner,
          Key,
          Body,
          ContentType: 'application/json',
          // S3 refuses what arrives otherwise, and keeps the sum beside it.
          ChecksumSHA256: createHash('sha256').update(Body).digest('base64'),
          IfNoneMatch: '*',
        }),
      );
    } catch (error) {
      if (!isCode(error, 'PreconditionFailed')) throw error;
    }
    return `s3://${this.bucket}/${Key}`;
  }
}
