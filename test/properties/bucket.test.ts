import fc from 'fast-check';
import {
  ALL_ON,
  type Bucket,
  type BucketAction,
  FLAGS,
  flagsOff,
  type PublicAccessBlock,
  type Statement,
} from '../../functions/remediate-bucket/bucket';
import { isDone, planBucket } from '../../functions/remediate-bucket/planner';
import {
  isOrigin,
  isPublicGrant,
  isPublicStatement,
  statementsIn,
  without,
} from '../../functions/remediate-bucket/public-access';
import { acl, bucket, grants, policyText, statement } from '../support/bucket';
import { bucketPolicy } from '../support/policy';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1';
const flags: fc.Arbitrary<PublicAccessBlock> = fc.record({
  BlockPublicAcls: fc.boolean(),
  IgnorePublicAcls: fc.boolean(),
  BlockPublicPolicy: fc.boolean(),
  RestrictPublicBuckets: fc.boolean(),
});

const principal = fc.constantFrom<unknown>(
  '*',
  { AWS: '*' },
  { AWS: ['111122223333', '*'] },
  { AWS: '444455556666' },
  { AWS: ['arn:aws:iam::444455556666:root'] },
  { Service: 'cloudtrail.amazonaws.com' },
  { Service: 'cloudfront.amazonaws.com' },
  { Service: 'logging.s3.amazonaws.com' },
  { CanonicalUser: 'beef' },
);
const condition = fc.constantFrom<unknown>(
  undefined,
  { StringEquals: { 'aws:SourceVpc': 'vpc-1' } },
  { StringLike: { 'aws:SourceVpc': 'vpc-*' } },
  { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '0.0.0.0/0'] } },
  { Bool: { 'aws:SecureTransport': 'false' } },
);
const statements: fc.Arbitrary<Statement[]> = fc.array(
  fc
    .record({
      Sid: fc.string({ maxLength: 3 }),
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: principal,
      Condition: condition,
    })
    .map((more) => JSON.parse(JSON.stringify(statement(more))) as Statement),
  { maxLength: 4 },
);
const lines = fc.subarray(Object.values(grants).filter((grant) => grant !== grants.owner));

const buckets: fc.Arbitrary<Bucket> = fc
  .record({
    block: fc.option(flags, { nil: undefined }),
    accountBlock: fc.option(flags, { nil: undefined }),
    statements: fc.option(statements, { nil: undefined }),
    single: fc.boolean(),
    website: fc.nat(9).map((n) => n === 0),
    ownership: fc.constantFrom('BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'),
    lines,
    algorithm: fc.constantFrom('AES256', 'aws:kms', 'aws:kms:dsse'),
    bucketKey: fc.boolean(),
    blocked: fc.boolean(),
    sees: fc.nat(9).map((n) => n === 0),
  })
  .map(
    ({
      block,
      accountBlock,
      statements: all,
      single,
      website,
      ownership,
      lines: some,
      algorithm,
      bucketKey,
      blocked,
      sees,
    }) => {
      const { block: _block, ...bare } = bucket({
        website,
        acl: acl(ownership, ...some),
        encryption: { algorithm, bucketKey, ...(blocked && { blockedTypes: ['SSE-C'] }) },
        // S3 may see more in it than we do.
        policyIsPublic: (all ?? []).some(isPublicStatement) || sees,
      });
      const [alone] = all ?? [];
      const text = all && (single && all.length === 1 ? JSON.stringify({ Statement: alone }) : policyText(...all));
      return {
        ...bare,
        ...(block && { block }),
        ...(accountBlock && { accountBlock }),
        ...(text !== undefined && all && all.length > 0 && { policy: text }),
      };
    },
  );

const policies = fc
  .record({
    publicStatements: fc.constantFrom('keep', 'remove'),
    encryption: fc.constantFrom('at-least-sse-s3', 'kms'),
  })
  .map((settings) => bucketPolicy({ ...settings, kmsKeyArn: KEY }, { region: 'eu-west-1' }));

/** What S3 would make of an action. */
function apply(state: Bucket, action: BucketAction): Bucket {
  switch (action.kind) {
    case 'PutPublicAccessBlock':
      return { ...state, block: action.block };
    case 'PutBucketPolicy': {
      const left = without(statementsIn(state.policy), action.remove);
      const { policy: _policy, ...rest } = state;
      return {
        ...rest,
        policyIsPublic: left.some(isPublicStatement),
        ...(left.length > 0 && { policy: policyText(...left) }),
      };
    }
    case 'PutBucketAcl':
      return state.acl ? { ...state, acl: { ...state.acl, grants: without(state.acl.grants, action.remove) } } : state;
    case 'PutBucketEncryption':
      return { ...state, encryption: action.encryption };
    default:
      throw new Error(`${action.kind} is for people`);
  }
}

const cases = (run: (state: Bucket, policy: ReturnType<typeof bucketPolicy>) => void) =>
  fc.assert(fc.property(buckets, policies, run), { numRuns: 500 });

it('leaves nothing to plan once it is applied', () => {
  cases((state, policy) => {
    const { actions } = planBucket(state, policy);
    const after = actions.reduce(apply, state);
    expect(actions.every((action) => isDone(action, after))).toBe(true);
    expect(planBucket(after, policy)).toMatchObject({ actions: [] });
    // Whatever else is in doubt, only a website, an origin and Suture's own are left open for a person.
    const isSpecial = state.website || isOrigin(statementsIn(state.policy));
    if (!isSpecial) expect(flagsOff(after.block, after.accountBlock)).toEqual([]);
  });
});

it('weakens nothing', () => {
  cases((state, policy) => {
    const after = planBucket(state, policy).actions.reduce(apply, state);
    for (const flag of FLAGS) if (state.block?.[flag]) expect(after.block?.[flag]).toBe(true);
    const [before, left] = [statementsIn(state.policy), statementsIn(after.policy)];
    expect(without(left, before)).toEqual([]);
    expect(without(before, left).every(isPublicStatement)).toBe(true);
    expect(without(after.acl?.grants ?? [], state.acl?.grants ?? [])).toEqual([]);
    expect(without(state.acl?.grants ?? [], after.acl?.grants ?? []).every(isPublicGrant)).toBe(true);
    if (state.encryption?.algorithm !== 'AES256') expect(after.encryption).toEqual(state.encryption);
    expect(after.encryption?.blockedTypes).toEqual(state.encryption?.blockedTypes);
    if (state.encryption?.bucketKey) expect(after.encryption?.bucketKey).toBe(true);
  });
});

it('leaves policy and ACL as they are where the block is enough', () => {
  const keeping = bucketPolicy({});
  fc.assert(
    fc.property(buckets, (state) => {
      for (const action of planBucket(state, keeping).actions)
        expect(action).toEqual({ kind: 'PutPublicAccessBlock', bucket: state.name, block: ALL_ON });
    }),
  );
});

it('puts the block before everything that it would refuse', () => {
  cases((state, policy) => {
    const { actions } = planBucket(state, policy);
    const block = actions.findIndex(({ kind }) => kind === 'PutPublicAccessBlock');
    expect(block).toBeLessThanOrEqual(0);
    if (block === 0)
      for (const action of actions.slice(1)) if (action.kind !== 'PutBucketEncryption') expect(action.needs).toBe(0);
  });
});
