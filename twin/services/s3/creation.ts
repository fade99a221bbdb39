import type { CreateBucketCommandInput } from '@aws-sdk/client-s3';
import { AwsError } from '../../service';
import { aclWithoutAcls } from './access-list-operations';
import { grantsIn, isForOthers, isPublicGrant, ownerOnly } from './access-lists';
import { type Bucket, bucketOf, canonicalId, newBucket, type S3Call, type S3Operations } from './buckets';
import { tagsFrom } from './settings';

/**
 * Names that a bucket of the usual kind may have.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export const isBucketName = (name: string): boolean =>
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
  !name.includes('..') &&
  !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
  !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
  !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);

/**
 * The Region that a bucket is made in. The endpoint of us-east-1, which was the only one, makes them anywhere; others at home only.
 *
 * @throws AwsError if the request says another one than its endpoint.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
 */
function regionFor({ CreateBucketConfiguration }: CreateBucketCommandInput, { region }: S3Call): string {
  const constraint: string | undefined = CreateBucketConfiguration?.LocationConstraint;
  const wanted = constraint === 'EU' ? 'eu-west-1' : constraint;
  if (wanted !== undefined && (wanted === 'us-east-1' || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(wanted)))
    throw new AwsError('InvalidLocationConstraint', 'The specified location-constraint is not valid', {
      members: { LocationConstraint: wanted },
    });
  if (region !== 'us-east-1' && wanted !== region)
    throw new AwsError(
      'IllegalLocationConstraintException',
      `The ${wanted ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  return wanted ?? region;
}

function refuseUnsimulated({ BucketNamespace, CreateBucketConfiguration }: CreateBucketCommandInput): void {
  const { Bucket, Location } = CreateBucketConfiguration ?? {};
  if (BucketNamespace === 'account-regional' || Bucket || Location)
    throw new AwsError('NotImplemented', 'the twin simulates general purpose buckets of the global namespace only', {
      status: 501,
    });
}

/** What is there already. In us-east-1 making one's own again has no effect but on its access list. */
function takenBy(existing: Bucket, { account }: S3Call): AwsError | undefined {
  const members = { BucketName: existing.name };
  if (existing.account !== account)
    return new AwsError(
      'BucketAlreadyExists',
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      { status: 409, members },
    );
  if (existing.region === 'us-east-1') return undefined;
  return new AwsError(
    'BucketAlreadyOwnedByYou',
    'Your previous request to create the named bucket succeeded and you already own it.',
    { status: 409, members },
  );
}

export const creationOperations: S3Operations = {
  CreateBucket(input, call) {
    const { Bucket: name = '', ObjectOwnership: ownership = 'BucketOwnerEnforced', ObjectLockEnabledForBucket } = input;
    const { state, account, twin } = call;
    if (!isBucketName(name))
      throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', { members: { BucketName: name } });
    refuseUnsimulated(input);
    const region = regionFor(input, call);
    const owner = canonicalId(account);
    const grants = grantsIn(input, owner) ?? ownerOnly(owner);
    if (ownership === 'BucketOwnerEnforced' && grants.some((grant) => isForOthers(grant, owner)))
      throw aclWithoutAcls();
    // All four blocks are on from the beginning.
    if (grants.some(isPublicGrant))
      throw new AwsError(
        'InvalidBucketAclWithBlockPublicAccessError',
        'Bucket cannot have public ACLs set with BlockPublicAccess enabled',
      );
    const tags = tagsFrom(input.CreateBucketConfiguration?.Tags);
    const existing = state.buckets.get(name);
    if (existing) {
      const taken = takenBy(existing, call);
      if (taken) throw taken;
      existing.grants = grants;
    } else {
      const bucket = newBucket({ name, account, region, created: twin.clock.now(), tags, ownership, grants });
      if (ObjectLockEnabledForBucket) {
        bucket.versioning = 'Enabled';
        bucket.objectLock = { ObjectLockEnabled: 'Enabled' };
      }
      state.buckets.set(name, bucket);
    }
    return {
      Location: region === 'us-east-1' ? `/${name}` : `http://${name}.s3.amazonaws.com/`,
      BucketArn: `arn:aws:s3:::${name}`,
    };
  },

  DeleteBucket({ Bucket }, call) {
    const { name, objects } = bucketOf(call, Bucket);
    if (objects.size > 0)
      throw new AwsError(
        'BucketNotEmpty',
        [...objects.values()].some((versions) => versions.some(({ versionId }) => versionId !== 'null'))
          ? 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
          : 'The bucket you tried to delete is not empty',
        { status: 409, members: { BucketName: name } },
      );
    call.state.buckets.delete(name);
    return {};
  },

  HeadBucket: ({ Bucket }, call) => ({
    BucketArn: `arn:aws:s3:::${Bucket}`,
    BucketRegion: bucketOf(call, Bucket).region,
    AccessPointAlias: false,
  }),

  GetBucketLocation({ Bucket }, call) {
    const { region } = bucketOf(call, Bucket);
    return region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-west-1' };
  },

  /** In the order of names. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
  ListBuckets({ MaxBuckets = 10_000, ContinuationToken, Prefix = '', BucketRegion }, { state, account, region }) {
    if (MaxBuckets < 1 || MaxBuckets > 10_000)
      throw new AwsError('InvalidArgument', 'Argument max-buckets must be an integer between 1 and 10000', {
        members: { ArgumentName: 'max-buckets', ArgumentValue: MaxBuckets },
      });
    if (BucketRegion !== undefined && BucketRegion !== region && region !== 'us-east-1')
      throw new AwsError('InvalidArgument', 'Argument value is not a valid Region for this endpoint', {
        members: { ArgumentName: 'bucket-region', ArgumentValue: BucketRegion },
      });
    const after = ContinuationToken === undefined ? '' : Buffer.from(ContinuationToken, 'base64').toString();
    if (ContinuationToken !== undefined && !isBucketName(after))
      throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
    const left = [...state.buckets.values()]
      .filter((bucket) => bucket.account === account && bucket.name.startsWith(Prefix) && bucket.name > after)
      .filter((bucket) => BucketRegion === undefined || bucket.region === BucketRegion)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = left.slice(0, MaxBuckets);
    return {
      Buckets: page.map((bucket) => ({
        Name: bucket.name,
        CreationDate: bucket.created,
        BucketRegion: bucket.region,
        BucketArn: `arn:aws:s3:::${bucket.name}`,
      })),
      Owner: { ID: canonicalId(account) },
      ...(Prefix && { Prefix }),
      ...(left.length > page.length && {
        ContinuationToken: Buffer.from(page.at(-1)?.name ?? '').toString('base64'),
      }),
    };
  },
};
