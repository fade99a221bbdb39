import type { ResourceType } from '../../service';
import { block, blocks } from '../../terraform/arguments';
import { setOwnership } from './access-list-operations';
import { grantsIn } from './access-lists';
import { bucketMade, canonicalId, newBucket, type S3State } from './buckets';
import { isBucketName } from './creation';
import { encryptionFrom } from './encryption';
import { wholeBlock } from './public-access-block';
import { settingTypes } from './terraform-settings';

/** Where the state is that a resource is made in. */
export type StateIn = (making: Parameters<ResourceType>[1]) => S3State;

/** Buckets and what decides who may do what with them, as Terraform makes them. */
export const terraformOf = (stateIn: StateIn): Readonly<Record<string, ResourceType>> => ({
  aws_s3_bucket: (args, making) => {
    const name = String(args.bucket);
    const { twin, account, region, tags } = making;
    if (!isBucketName(name)) throw new Error(`${making.address}: ${name} is no valid bucket name`);
    const bucket = newBucket({ name, account, region, created: twin.clock.now(), tags });
    if (args.object_lock_enabled === true) {
      bucket.versioning = 'Enabled';
      bucket.objectLock = { ObjectLockEnabled: 'Enabled' };
    }
    stateIn(making).buckets.set(name, bucket);
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
    bucketMade(stateIn(making), making, args.bucket).publicAccessBlock = wholeBlock({
      BlockPublicAcls: args.block_public_acls,
      IgnorePublicAcls: args.ignore_public_acls,
      BlockPublicPolicy: args.block_public_policy,
      RestrictPublicBuckets: args.restrict_public_buckets,
    });
    return { id: String(args.bucket) };
  },

  aws_s3_bucket_ownership_controls: (args, making) => {
    const bucket = bucketMade(stateIn(making), making, args.bucket);
    setOwnership(bucket, { Rules: [{ ObjectOwnership: block(args.rule).object_ownership }] });
    return { id: String(args.bucket) };
  },

  aws_s3_bucket_acl: (args, making) => {
    const bucket = bucketMade(stateIn(making), making, args.bucket);
    if (bucket.ownership === 'BucketOwnerEnforced')
      throw new Error(`${making.address}: AccessControlListNotSupported: the bucket does not allow ACLs`);
    const policy = block(args.access_control_policy);
    bucket.grants =
      grantsIn(
        args.acl === undefined
          ? {
              AccessControlPolicy: {
                Owner: { ID: block(policy.owner).id },
                Grants: blocks(policy.grant).map(({ permission, grantee }) => {
                  const { id: ID, type: Type, uri: URI, email_address: EmailAddress } = block(grantee);
                  return { Permission: permission, Grantee: { ID, Type, URI, EmailAddress } };
                }),
              },
            }
          : { ACL: String(args.acl) },
        canonicalId(bucket.account),
      ) ?? bucket.grants;
    return { id: String(args.bucket) };
  },

  aws_s3_bucket_server_side_encryption_configuration: (args, making) => {
    const Rules = blocks(args.rule).map((rule) => {
      const { sse_algorithm: SSEAlgorithm, kms_master_key_id: KMSMasterKeyID } = block(
        rule.apply_server_side_encryption_by_default,
      );
      const { blocked_encryption_types: blocked } = rule;
      return {
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID },
        BucketKeyEnabled: rule.bucket_key_enabled === true,
        ...(blocked && { BlockedEncryptionTypes: { EncryptionType: [...blocked] } }),
      };
    });
    bucketMade(stateIn(making), making, args.bucket).encryption = encryptionFrom(Rules);
    return { id: String(args.bucket) };
  },

  ...settingTypes(stateIn),
});
