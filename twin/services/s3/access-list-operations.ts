import type { GetBucketAclCommandOutput, OwnershipControls } from '@aws-sdk/client-s3';
import { AwsError } from '../../service';
import { grantsIn, grantsOf, isForOthers, isPublicGrant } from './access-lists';
import { type Bucket, bucketOf, canonicalId, type S3Call, type S3Operations } from './buckets';
import { blockInForce } from './public-access-block';

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const aclsOff = (): AwsError => new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs');

export const aclWithoutAcls = (): AwsError =>
  new AwsError(
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );

/** As S3 words what a block refuses. */
export const blocked = ({ principal }: S3Call, { name }: Bucket, action: string, what: string, setting: string) =>
  new AwsError(
    'AccessDenied',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: "arn:aws:s3:::${name}" because ${what} are blocked by the ${setting} block public access setting.`,
    { status: 403 },
  );

/**
 * Changes who owns objects, and with that whether access lists have an effect.
 *
 * @throws AwsError if they are to be switched off while they grant something to others.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
 */
export function setOwnership(bucket: Bucket, controls: OwnershipControls | undefined): void {
  const [rule, ...more] = controls?.Rules ?? [];
  const ownership = rule?.ObjectOwnership;
  if (
    !ownership ||
    more.length > 0 ||
    !['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'].includes(ownership)
  )
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  const owner = canonicalId(bucket.account);
  if (ownership === 'BucketOwnerEnforced' && grantsOf(bucket).some((grant) => isForOthers(grant, owner)))
    throw aclWithoutAcls();
  bucket.ownership = ownership;
}

/** Access lists of buckets, and the setting that switches them off. */
export const accessListOperations: S3Operations = {
  GetBucketAcl({ Bucket }, call): Omit<GetBucketAclCommandOutput, '$metadata'> {
    const bucket = bucketOf(call, Bucket);
    return {
      Owner: { ID: canonicalId(bucket.account) },
      Grants: grantsOf(bucket).map(({ holder, permission }) => ({
        Grantee:
          holder.type === 'Group' ? { Type: 'Group', URI: holder.uri } : { Type: 'CanonicalUser', ID: holder.id },
        Permission: permission,
      })),
    };
  },

  PutBucketAcl(input, call) {
    const bucket = bucketOf(call, input.Bucket);
    const grants = grantsIn(input, canonicalId(bucket.account));
    if (!grants)
      throw new AwsError('MissingSecurityHeader', 'Your request was missing a required header', {
        members: { MissingHeaderName: 'x-amz-acl' },
      });
    if (bucket.ownership === 'BucketOwnerEnforced') {
      // It would not give anybody more than there is.
      if (input.ACL === ('bucket-owner-full-control' as string)) return {};
      throw aclsOff();
    }
    if (grants.some(isPublicGrant) && blockInForce(call.twin, bucket).BlockPublicAcls)
      throw blocked(call, bucket, 's3:PutBucketAcl', 'public access control lists (ACLs)', 'BlockPublicAcls');
    bucket.grants = grants;
    return {};
  },

  GetBucketOwnershipControls({ Bucket }, call) {
    const { ownership } = bucketOf(call, Bucket);
    if (!ownership)
      throw new AwsError('OwnershipControlsNotFoundError', 'The bucket ownership controls were not found', {
        status: 404,
      });
    return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
  },

  PutBucketOwnershipControls({ Bucket, OwnershipControls }, call) {
    setOwnership(bucketOf(call, Bucket), OwnershipControls);
    return {};
  },

  DeleteBucketOwnershipControls({ Bucket }, call) {
    bucketOf(call, Bucket).ownership = undefined;
    return {};
  },
};
