import type { ResourceType } from '../../service';
import { wholeBlock } from '../s3/public-access-block';
import { S3_CONTROL } from './state';

/** The account's block, as Terraform makes it. What it does not say is off. */
export const blockMade: ResourceType = (args, making) => {
  const { account, twin } = making;
  if (args.account_id !== undefined && args.account_id !== account)
    throw new Error(`${making.address}: ${String(args.account_id)} is not the account of the stack`);
  twin.state(S3_CONTROL, making).block = wholeBlock({
    BlockPublicAcls: args.block_public_acls,
    IgnorePublicAcls: args.ignore_public_acls,
    BlockPublicPolicy: args.block_public_policy,
    RestrictPublicBuckets: args.restrict_public_buckets,
  });
  return { id: account, account_id: account };
};
