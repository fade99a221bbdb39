import { randomBytes } from 'node:crypto';
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Home } from '../functions/core/remediation';
import { absent, blockOf } from '../functions/remediate-bucket/adapter';
import { ALL_ON, flagsOff } from '../functions/remediate-bucket/bucket';
import { isPublicGrant } from '../functions/remediate-bucket/public-access';
import { UsageError } from './terminal';

/** The name of a bucket that is made to be opened: at most 63 characters in every Region, and nobody takes it for something else. */
export const newBucketName = ({ account, region }: Home): string =>
  `suture-latency-${account}-${region}-${randomBytes(4).toString('hex')}`;

/** A bucket whose public access block is switched off and on. It holds nothing that anybody could read meanwhile. */
export class TestBucket {
  private readonly target: { readonly Bucket: string; readonly ExpectedBucketOwner: string };

  private constructor(
    private readonly s3: S3Client,
    private readonly home: Home,
    readonly name: string,
    /** Whether it goes when all is over. */
    readonly isOwn: boolean,
  ) {
    this.target = { Bucket: name, ExpectedBucketOwner: home.account };
  }

  /** One that does not exist yet. */
  static own = (s3: S3Client, home: Home, name: string) => new TestBucket(s3, home, name, true);

  /** One that is there. @throws UsageError if opening it could let anybody in, or if it is open already */
  static async given(s3: S3Client, home: Home, name: string): Promise<TestBucket> {
    const bucket = new TestBucket(s3, home, name, false);
    const obstacle = await bucket.obstacle();
    if (obstacle !== undefined) throw new UsageError(`--bucket ${name}: ${obstacle}`);
    return bucket;
  }

  /** Makes it, closed to the public as S3 makes them since April 2023. */
  async make(): Promise<void> {
    const { s3, target, home } = this;
    // The Region that had no name at first. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    const LocationConstraint = home.region === 'us-east-1' ? undefined : (home.region as BucketLocationConstraint);
    await s3.send(
      new CreateBucketCommand({
        Bucket: this.name,
        ...(LocationConstraint && { CreateBucketConfiguration: { LocationConstraint } }),
      }),
    );
    const TagSet = [{ Key: 'suture:made-by', Value: 'suture latency, which removes it at its end' }];
    await s3.send(new PutBucketTaggingCommand({ ...target, Tagging: { TagSet } }));
  }

  /** Whether all four flags are on, by the bucket's own block. */
  async isClosed(): Promise<boolean> {
    const found = await absent(this.s3.send(new GetPublicAccessBlockCommand(this.target)));
    return found !== undefined && flagsOff(blockOf(found.PublicAccessBlockConfiguration)).length === 0;
  }

  async open(): Promise<void> {
    await this.s3.send(new DeletePublicAccessBlockCommand(this.target));
  }

  async close(): Promise<void> {
    if (await this.isClosed()) return;
    await this.s3.send(
      new PutPublicAccessBlockCommand({ ...this.target, PublicAccessBlockConfiguration: { ...ALL_ON } }),
    );
  }

  /** As it was before: gone, or closed. @throws Error that says what is left to do */
  async leave(): Promise<void> {
    try {
      if (this.isOwn) await this.s3.send(new DeleteBucketCommand(this.target));
      else await this.close();
    } catch (error) {
      // Never made, or gone already.
      if (this.isOwn && error instanceof Error && error.name === 'NoSuchBucket') return;
      const left = this.isOwn
        ? `the bucket ${this.name} was not removed: aws s3api delete-bucket --bucket ${this.name}`
        : `the bucket ${this.name} may still be open: switch its public access block on`;
      throw new Error(left, { cause: error });
    }
  }

  /** Why it must not be opened, the first of the reasons. */
  private async obstacle(): Promise<string | undefined> {
    const { s3, target } = this;
    if (!(await this.isClosed())) return 'its public access block is not wholly on, so there is nothing to go back to';
    if (await absent(s3.send(new GetBucketPolicyCommand(target)))) return 'it has a bucket policy';
    const { Grants = [] } = await s3.send(new GetBucketAclCommand(target));
    if (Grants.some(({ Grantee }) => isPublicGrant({ Permission: '', Grantee: { URI: Grantee?.URI ?? '' } })))
      return 'its ACL grants something to the public';
    // Objects may have ACLs of their own, and so may those that were there before.
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ ...target, MaxKeys: 1 }));
    if (Contents.length > 0) return 'it holds objects';
    const { Status } = await s3.send(new GetBucketVersioningCommand(target));
    return Status === undefined ? undefined : 'it has versioning, and may hold objects that a list does not show';
  }
}
