import type { CloudTrailWake } from '../functions/core/events';
import { policyOn } from '../functions/core/exceptions';
import type { Policy } from '../functions/core/policy';
import { ALL_ON, BUCKET, type Bucket } from '../functions/remediate-bucket/bucket';
import { CALLS, subjectsOf } from '../functions/remediate-bucket/events';
import { planBucket } from '../functions/remediate-bucket/planner';
import { bucketRemediation } from '../functions/remediate-bucket/remediation';
import { type Judgement, outcomeOf, partitionOf } from './judgement';
import type { Kind } from './kinds';
import { type BucketPart, toldOfBucket } from './told-of-bucket';

/** Buckets: an event tells the part of them that was changed, and sometimes that another part let it through. */
export const buckets: Kind = {
  name: 'bucket',
  nouns: 'buckets',
  resource: BUCKET,
  calls: CALLS,
  remediation: (config) => {
    const { S3Client } = require('@aws-sdk/client-s3') as typeof import('@aws-sdk/client-s3');
    const { s3ControlClient } = require('./s3-control') as typeof import('./s3-control');
    const { AccountBlocks } =
      require('../functions/remediate-bucket/account-adapter') as typeof import('../functions/remediate-bucket/account-adapter');
    const { Buckets } =
      require('../functions/remediate-bucket/adapter') as typeof import('../functions/remediate-bucket/adapter');
    // Servers other than S3 need not be found by a bucket's name before theirs.
    const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 = AWS_ENDPOINT_URL } = process.env;
    const s3 = new S3Client({ ...config, forcePathStyle: AWS_ENDPOINT_URL_S3 !== undefined });
    return bucketRemediation(new Buckets(s3, new AccountBlocks(s3ControlClient(config))));
  },
  judge: (wake, policy) => {
    const subjects = subjectsOf(wake);
    if (subjects === 'all') return { outcome: 'LOOKED_UP', reason: 'every bucket is looked at' };
    const [name] = 'named' in subjects ? subjects.named : [];
    if (name === undefined)
      return { outcome: 'IGNORED', reason: `${wake.eventName} is about no bucket of ours: it is of another kind` };
    return { subject: name, ...judgeBucket(name, wake, policy) };
  },
};

function judgeBucket(name: string, wake: CloudTrailWake, policy: Policy): Judgement {
  const { account, region, trigger } = wake;
  const { state, tells, because } = toldOfBucket(wake);
  const home = { account, region, partition: partitionOf({ ...trigger, region }) };
  // What the event does not tell is taken for harmless, and is a reason to look where nothing else is wrong.
  const block = tells.includes('public access block') ? {} : { block: ALL_ON };
  const bucket: Bucket = {
    name,
    arn: BUCKET.arn(name, home),
    account,
    region,
    tags: {},
    website: false,
    ...block,
    ...asAsked(state, policy),
  };
  const plan = planBucket(bucket, policyOn(policy, trigger.at.slice(0, 10)));
  const isFound = plan.actions.length > 0 || plan.exempt.length > 0 || plan.held !== undefined;
  const missing = partsAsked(policy).filter((part) => !tells.includes(part));
  if (!isFound && missing.length > 0)
    return {
      outcome: 'LOOKED_UP',
      reason: `the event does not tell the ${missing.join(', the ')}; the function reads the live bucket`,
    };
  const { outcome, reason } = outcomeOf(plan, policy.buckets.mode);
  return {
    outcome,
    reason: because === undefined ? reason : `${reason} (${because})`,
    actions: plan.actions,
    unseen: "its tags, policy and website, and the account's own block",
  };
}

/** What the policy does not ask about, the function does not read. */
function asAsked({ policyIsPublic, acl, encryption, ...always }: Partial<Bucket>, policy: Policy): Partial<Bucket> {
  const asked = partsAsked(policy);
  return {
    ...always,
    ...(asked.includes('policy') && policyIsPublic !== undefined && { policyIsPublic }),
    ...(asked.includes('access control list') && acl && { acl }),
    ...(asked.includes('default encryption') && encryption && { encryption }),
  };
}

const partsAsked = ({ buckets: { publicStatements, encryption } }: Policy): BucketPart[] => [
  'public access block',
  ...(publicStatements === 'remove' ? (['policy', 'access control list'] as const) : []),
  ...(encryption === 'kms' ? (['default encryption'] as const) : []),
];
