import { AwsError } from '../../service';
import type { Twin } from '../../twin';
import { S3_CONTROL } from '../s3control/state';
import { type Bucket, bucketOf, type S3Operations } from './buckets';

/** What of public access is blocked, for one bucket or for all of an account. */
export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

/** A block of which some or all may be left out, as requests and Terraform have it. */
type Given = { readonly [K in keyof PublicAccessBlock]?: boolean | undefined };

/** What is left out is off. */
export const wholeBlock = (given: Given = {}): PublicAccessBlock => ({
  BlockPublicAcls: given.BlockPublicAcls === true,
  IgnorePublicAcls: given.IgnorePublicAcls === true,
  BlockPublicPolicy: given.BlockPublicPolicy === true,
  RestrictPublicBuckets: given.RestrictPublicBuckets === true,
});

export const noBlock = (): AwsError =>
  new AwsError('NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found', {
    status: 404,
  });

/**
 * What is in force for a bucket: the stricter of its own block and its account's.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function blockInForce(twin: Twin, { account, region, publicAccessBlock }: Bucket): PublicAccessBlock {
  const own = wholeBlock(publicAccessBlock);
  const ofAccount = wholeBlock(twin.state(S3_CONTROL, { account, region }).block);
  return {
    BlockPublicAcls: own.BlockPublicAcls || ofAccount.BlockPublicAcls,
    IgnorePublicAcls: own.IgnorePublicAcls || ofAccount.IgnorePublicAcls,
    BlockPublicPolicy: own.BlockPublicPolicy || ofAccount.BlockPublicPolicy,
    RestrictPublicBuckets: own.RestrictPublicBuckets || ofAccount.RestrictPublicBuckets,
  };
}

export const blockOperations: S3Operations = {
  GetPublicAccessBlock({ Bucket }, call) {
    const { publicAccessBlock } = bucketOf(call, Bucket);
    if (!publicAccessBlock) throw noBlock();
    return { PublicAccessBlockConfiguration: publicAccessBlock };
  },

  PutPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration }, call) {
    bucketOf(call, Bucket).publicAccessBlock = wholeBlock(PublicAccessBlockConfiguration);
    return {};
  },

  DeletePublicAccessBlock({ Bucket }, call) {
    bucketOf(call, Bucket).publicAccessBlock = undefined;
    return {};
  },
};
