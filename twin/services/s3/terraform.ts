import type { ResourceType } from '../../service';
import { block } from '../../terraform/arguments';
import { bucketMade, type DefaultEncryption, newBucket, type S3State } from './buckets';

/** Buckets and what is set on them, as Terraform makes them. */
export const terraformOf = (
  stateIn: (making: Parameters<ResourceType>[1]) => S3State,
): Readonly<Record<string, ResourceType>> => ({
  aws_s3_bucket: (args, making) => {
    const name = String(args.bucket);
    const { twin, account, region, tags } = making;
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
      throw new Error(`${making.address}: ${name} is no valid bucket name`);
    stateIn(making).buckets.set(name, newBucket({ name, account, region, created: twin.clock.now(), tags }));
    return {
      id: name,
      arn: `arn:aws:s3:::${name}`,
      bucket: name,
      bucket_domain_name: `${name}.s3.amazonaws.com`,
      bucket_regional_domain_name: `${name}.s3.${region}.amazonaws.com`,
      region,
    };
  },
  aws_s3_bucket_policy: (args, making) => {
    bucketMade(stateIn(making), making, args.bucket).policy = String(args.policy);
    return { id: String(args.bucket) };
  },
  aws_s3_bucket_public_access_block: (args, making) => {
    bucketMade(stateIn(making), making, args.bucket).publicAccessBlock = {
      BlockPublicAcls: args.block_public_acls === true,
      IgnorePublicAcls: args.ignore_public_acls === true,
      BlockPublicPolicy: args.block_public_policy === true,
      RestrictPublicBuckets: args.restrict_public_buckets === true,
    };
    return { id: String(args.bucket) };
  },
  aws_s3_bucket_versioning: (args, making) => {
    bucketMade(stateIn(making), making, args.bucket).versioning = block(args.versioning_configuration)
      .status as 'Enabled';
    return { id: String(args.bucket) };
  },
  aws_s3_bucket_server_side_encryption_configuration: (args, making) => {
    const rule = block(args.rule);
    const { sse_algorithm: algorithm, kms_master_key_id: keyId } = block(rule.apply_server_side_encryption_by_default);
    bucketMade(stateIn(making), making, args.bucket).encryption = {
      algorithm: String(algorithm ?? 'AES256') as DefaultEncryption['algorithm'],
      ...(keyId !== undefined && { keyId: String(keyId) }),
      bucketKey: rule.bucket_key_enabled === true,
    };
    return { id: String(args.bucket) };
  },
});
