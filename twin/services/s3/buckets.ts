import { createHash } from 'node:crypto';
import type {
  BucketLifecycleConfiguration,
  LoggingEnabled,
  ObjectLockConfiguration,
  ObjectOwnership,
  WebsiteConfiguration,
} from '@aws-sdk/client-s3';
import { AwsError, type Call, type Making, type Operations, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { type Grant, ownerOnly } from './access-lists';
import { type DefaultEncryption, encryptionOfNewBuckets } from './encryption';
import type { StoredVersion } from './objects';
import { type PublicAccessBlock, wholeBlock } from './public-access-block';

export type Sdk = typeof import('@aws-sdk/client-s3');
export type S3Call = Call<S3State>;
export type S3Operations = Operations<Sdk, S3State>;

export interface Bucket {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly created: Date;
  tags: Readonly<Record<string, string>>;
  policy?: string | undefined;
  /** Its access list. */
  grants: readonly Grant[];
  /** Undefined where controls were deleted: whoever writes an object owns it. */
  ownership: ObjectOwnership | undefined;
  /** Undefined where it was deleted: the bucket itself blocks nothing. */
  publicAccessBlock: PublicAccessBlock | undefined;
  encryption: DefaultEncryption;
  versioning?: 'Enabled' | 'Suspended';
  objectLock?: ObjectLockConfiguration;
  website?: WebsiteConfiguration | undefined;
  logging?: LoggingEnabled | undefined;
  lifecycle?: BucketLifecycleConfiguration | undefined;
  /** Versions of each key, newest last. */
  readonly objects: Map<string, StoredVersion[]>;
}

export interface S3State {
  /** Of all accounts: names are global. */
  readonly buckets: Map<string, Bucket>;
}

const tables = new WeakMap<Twin, S3State>();

/** The service as far as its state can be found by: one for all accounts and Regions. */
export const S3 = {
  prefix: 's3',
  global: true,
  initial: (_scope: Scope, twin: Twin): S3State => {
    const table = tables.get(twin) ?? { buckets: new Map() };
    tables.set(twin, table);
    return table;
  },
} as const;

/**
 * A bucket as it is made today: everything public is blocked, access lists are off.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
 */
export const newBucket = (
  made: Pick<Bucket, 'name' | 'account' | 'region' | 'created' | 'tags'> &
    Partial<Pick<Bucket, 'ownership' | 'grants'>>,
): Bucket => ({
  grants: ownerOnly(canonicalId(made.account)),
  ownership: 'BucketOwnerEnforced',
  ...made,
  publicAccessBlock: wholeBlock({
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  }),
  encryption: encryptionOfNewBuckets(),
  objects: new Map(),
});

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
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      { status: 301, members: { Bucket: found.name, Endpoint: `${found.name}.s3.${found.region}.amazonaws.com` } },
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
