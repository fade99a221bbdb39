import { createHash } from 'node:crypto';
import { AwsError, type Call, type Making, type Operations } from '../../service';
import type { StoredVersion } from './objects';

export type Sdk = typeof import('@aws-sdk/client-s3');
export type S3Call = Call<S3State>;
export type S3Operations = Operations<Sdk, S3State>;

export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

/** How objects are encrypted that do not say it themselves. */
export interface DefaultEncryption {
  readonly algorithm: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly keyId?: string;
  readonly bucketKey: boolean;
}

export interface Bucket {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly created: Date;
  tags: Readonly<Record<string, string>>;
  policy?: string;
  versioning?: 'Enabled' | 'Suspended';
  publicAccessBlock: PublicAccessBlock;
  encryption: DefaultEncryption;
  /** Versions of each key, newest last. */
  readonly objects: Map<string, StoredVersion[]>;
}

export interface S3State {
  readonly buckets: Map<string, Bucket>;
}

/**
 * A bucket as it is made today.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
 */
export const newBucket = ({
  name,
  account,
  region,
  created,
  tags,
}: Omit<Bucket, keyof typeof TODAY | 'objects'>): Bucket => ({
  name,
  account,
  region,
  created,
  tags,
  ...TODAY,
  objects: new Map(),
});

const TODAY: Pick<Bucket, 'publicAccessBlock' | 'encryption'> = {
  publicAccessBlock: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  },
  encryption: { algorithm: 'AES256', bucketKey: false },
};

/** @throws AwsError if there is none in the Region that was asked. */
export function bucketOf({ state, region }: Pick<S3Call, 'state' | 'region'>, name: string | undefined): Bucket {
  const found = state.buckets.get(name ?? '');
  if (!found)
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
      status: 404,
      members: { BucketName: name ?? '' },
    });
  if (found.region !== region)
    throw new AwsError(
      'PermanentRedirect',
      `The bucket you are attempting to access must be addressed using the specified endpoint: ${found.region}.`,
      { status: 301 },
    );
  return found;
}

/** The bucket that a Terraform resource is about. */
export function bucketMade(state: S3State, making: Making, name: unknown): Bucket {
  const found = state.buckets.get(String(name));
  if (!found) throw new Error(`${making.address}: there is no bucket ${String(name)}`);
  return found;
}

/** An account as S3 names it. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html */
export const canonicalId = (account: string): string =>
  createHash('sha256').update(`canonical/${account}`).digest('hex');
