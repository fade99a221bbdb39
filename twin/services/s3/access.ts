import type { Scope } from '../../service';
import { type Access, AwsError, type Call } from '../../service';
import type { Twin } from '../../twin';
import type { RestRequest } from '../../wire/rest';
import { statementsOfGrants } from './access-lists';
import { type Bucket, bucketOf, S3, type S3Call, type S3State } from './buckets';
import { currentObject } from './objects';
import { blockInForce } from './public-access-block';
import { isPublicPolicy, many, type Statement } from './public-policy';

/** The members of requests that matter to IAM. */
interface Input {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly VersionId?: string;
  readonly ACL?: string;
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
  readonly ExpectedBucketOwner?: string;
  readonly ObjectOwnership?: string;
  readonly ObjectLockEnabledForBucket?: boolean;
  readonly BypassGovernanceRetention?: boolean;
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
  readonly CreateBucketConfiguration?: { readonly LocationConstraint?: string; readonly Tags?: readonly unknown[] };
}

/** Actions whose names are not those of the operations. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const ACTIONS: Readonly<Record<string, string>> = {
  ListBuckets: 's3:ListAllMyBuckets',
  HeadBucket: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 's3:PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 's3:PutBucketPublicAccessBlock',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  PutBucketEncryption: 's3:PutEncryptionConfiguration',
  DeleteBucketEncryption: 's3:PutEncryptionConfiguration',
  DeleteBucketOwnershipControls: 's3:PutBucketOwnershipControls',
  DeleteBucketTagging: 's3:PutBucketTagging',
  GetBucketLifecycleConfiguration: 's3:GetLifecycleConfiguration',
  PutBucketLifecycleConfiguration: 's3:PutLifecycleConfiguration',
  DeleteBucketLifecycle: 's3:PutLifecycleConfiguration',
  GetObjectLockConfiguration: 's3:GetBucketObjectLockConfiguration',
  PutObjectLockConfiguration: 's3:PutBucketObjectLockConfiguration',
};

/**
 * What a call needs.
 *
 * @throws AwsError where S3 does not come as far as asking IAM: there is no such bucket, it is elsewhere, or somebody else's.
 */
export function accessOf(operation: string, input: Input, call: S3Call): Access[] {
  const { Bucket: name, Key: key, VersionId: version } = input;
  const action = ACTIONS[operation] ?? `s3:${operation}`;
  if (name === undefined) return [{ action, resources: ['*'] }];
  const bucketArn = `arn:aws:s3:::${name}`;
  if (operation === 'CreateBucket') return creation(input, bucketArn);
  const bucket = bucketOf(call, name);
  checkOwner(input, bucket);
  const { account } = bucket;
  const common = { 's3:ResourceAccount': account, 'aws:ResourceAccount': account, ...aclContext(input) };
  if (key === undefined)
    return [{ action, account, resources: [bucketArn], context: { ...common, ...listingContext(input) } }];
  const isRead = operation !== 'PutObject' && operation !== 'DeleteObject';
  const isMissing = isRead && version === undefined && !currentObject(bucket, key);
  const on = {
    account,
    resources: [`${bucketArn}/${key}`],
    context: { ...common, ...writingContext(operation, input) },
  };
  return [
    { action: version === undefined ? action : `${action}Version`, ...on },
    ...(input.BypassGovernanceRetention ? [{ action: 's3:BypassGovernanceRetention', ...on }] : []),
    // Who may not list is not told that a key does not exist.
    ...(isMissing ? [{ action: 's3:ListBucket', account, resources: [bucketArn], context: common }] : []),
  ];
}

/** Whatever a new bucket is given asks for the action that would give it later. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
function creation(input: Input, bucketArn: string): Access[] {
  const { ObjectOwnership, ObjectLockEnabledForBucket, CreateBucketConfiguration: configuration } = input;
  const hasGrants = Object.keys(input).some((name) => name === 'ACL' || name.startsWith('Grant'));
  const actions = [
    's3:CreateBucket',
    ...(hasGrants ? ['s3:PutBucketAcl'] : []),
    ...(ObjectOwnership !== undefined ? ['s3:PutBucketOwnershipControls'] : []),
    ...(ObjectLockEnabledForBucket ? ['s3:PutBucketObjectLockConfiguration', 's3:PutBucketVersioning'] : []),
    ...(configuration?.Tags?.length ? ['s3:TagResource'] : []),
  ];
  const context = {
    ...aclContext(input),
    ...(ObjectOwnership !== undefined && { 's3:x-amz-object-ownership': ObjectOwnership }),
    ...(configuration?.LocationConstraint !== undefined && {
      's3:locationconstraint': configuration.LocationConstraint,
    }),
  };
  return actions.map((action) => ({ action, resources: [bucketArn], context }));
}

/** A name that was given up may be somebody else's by now. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html */
function checkOwner({ ExpectedBucketOwner: expected }: Input, { account }: Bucket): void {
  if (expected === undefined || expected === account) return;
  if (!/^\d{12}$/.test(expected))
    throw new AwsError(
      'InvalidBucketOwnerAWSAccountID',
      'The value of the expected bucket owner parameter must be an AWS Account ID.',
    );
  throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
}

const aclContext = ({ ACL }: Input): Record<string, string> => (ACL === undefined ? {} : { 's3:x-amz-acl': ACL });

/** On which conditions an object is written or deleted. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html */
function writingContext(operation: string, { IfMatch, IfNoneMatch }: Input): Record<string, string> {
  if (operation !== 'PutObject' && operation !== 'DeleteObject') return {};
  return {
    ...(IfMatch !== undefined && { 's3:if-match': IfMatch }),
    ...(operation === 'PutObject' && {
      's3:ObjectCreationOperation': 'true',
      ...(IfNoneMatch !== undefined && { 's3:if-none-match': IfNoneMatch }),
    }),
  };
}

const listingContext = ({ Prefix, Delimiter, MaxKeys }: Input): Record<string, string> => ({
  ...(Prefix !== undefined && { 's3:prefix': Prefix }),
  ...(Delimiter !== undefined && { 's3:delimiter': Delimiter }),
  ...(MaxKeys !== undefined && { 's3:max-keys': String(MaxKeys) }),
});

/**
 * A bucket's policy together with what its access list says, as far as they are in force for who calls: a restricted bucket whose
 * policy is public lets in nobody from outside the account but AWS services, not even whom it names. Denials stand.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-options
 */
export function policyInForce(
  { buckets }: S3State,
  arn: string,
  { twin, principal }: Pick<Call<S3State>, 'twin' | 'principal'>,
): object | undefined {
  const bucket = buckets.get(arn.split(':')[5]?.split('/')[0] ?? '');
  if (!bucket) return undefined;
  const block = blockInForce(twin, bucket);
  const isOutsider = principal.kind !== 'service' && principal.account !== bucket.account;
  const isClosed = isOutsider && block.RestrictPublicBuckets && isPublicPolicy(bucket.policy);
  const { Version, Statement: written } = JSON.parse(bucket.policy ?? '{}') as {
    Version?: string;
    Statement?: Statement | Statement[];
  };
  const caller = principal.kind === 'anonymous' ? undefined : principal.account;
  const statements = [
    ...(many(written) as readonly Statement[]).filter(({ Effect }) => !isClosed || Effect === 'Deny'),
    ...statementsOfGrants(bucket, caller, { ignorePublic: block.IgnorePublicAcls }),
  ];
  return statements.length === 0 ? undefined : { ...(Version !== undefined && { Version }), Statement: statements };
}

/** Requests that are not signed are for S3 if their path begins with a bucket that there is. */
export function anonymousScope({ method, path, headers }: RestRequest, twin: Twin): Scope | undefined {
  if (!['GET', 'HEAD', 'PUT', 'DELETE'].includes(method) || headers['x-amz-target']) return undefined;
  const { buckets } = S3.initial({ account: '', region: '' }, twin);
  const bucket = buckets.get(path.split('/')[1] ?? '');
  return bucket && { account: bucket.account, region: bucket.region };
}

/** Where a call to a bucket is recorded: in the bucket's account and Region. */
export function placeOf(operation: string, { Bucket: name, CreateBucketConfiguration }: Input, call: Placed): Scope {
  const { account, region, state } = call;
  const bucket = state.buckets.get(name ?? '');
  if (bucket && operation !== 'CreateBucket') return { account: bucket.account, region: bucket.region };
  const constraint = operation === 'CreateBucket' ? CreateBucketConfiguration?.LocationConstraint : undefined;
  return { account, region: constraint === 'EU' ? 'eu-west-1' : (constraint ?? region) };
}
type Placed = Pick<S3Call, 'state' | 'account' | 'region'>;
