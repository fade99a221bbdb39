import {
  ALL_ON,
  type Bucket,
  type BucketAction,
  FLAGS,
  type PublicAccessBlock,
} from '../../../functions/remediate-bucket/bucket';
import { isDone, planBucket, restore, touchedParts } from '../../../functions/remediate-bucket/planner';
import { acl, bucket, grants, NONE_ON, open, policyText, statement } from '../../support/bucket';
import { bucketPolicy } from '../../support/policy';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const keeping = bucketPolicy({});
const removing = bucketPolicy({ publicStatements: 'remove' });
const encrypting = bucketPolicy({ encryption: 'kms', kmsKeyArn: KEY }, { region: 'eu-west-1' });
const blocking: BucketAction = { kind: 'PutPublicAccessBlock', bucket: 'demo-bucket', block: ALL_ON };
const unblocked: Bucket = (({ block: _block, ...rest }) => rest)(bucket());
const kinds = (state: Bucket, policy = keeping) => planBucket(state, policy).actions.map(({ kind }) => kind);

describe('the block', () => {
  const some = (bits: number): PublicAccessBlock =>
    Object.fromEntries(FLAGS.map((flag, index) => [flag, (bits & (1 << index)) !== 0])) as unknown as PublicAccessBlock;
  const blocks = [undefined, ...Array.from({ length: 16 }, (_, bits) => some(bits))];
  const cases = blocks.flatMap((own) => blocks.map((account) => [own, account] as const));

  it('is put with all four flags on wherever bucket and account together leave one off', () => {
    for (const [own, account] of cases) {
      const state = bucket({ ...(own && { block: own }), ...(account && { accountBlock: account }) });
      const { block: _of, ...bare } = state;
      const judged = own ? state : bare;
      const isCovered = FLAGS.every((flag) => own?.[flag] || account?.[flag]);
      expect(planBucket(judged, keeping).actions).toEqual(isCovered ? [] : [blocking]);
    }
  });

  it('is enough where public statements and grants are kept', () => {
    const state = open({
      policy: policyText(statement()),
      acl: acl('ObjectWriter', grants.everybody),
      policyIsPublic: true,
    });
    expect(kinds(state)).toEqual(['PutPublicAccessBlock']);
    expect(kinds({ ...state, block: ALL_ON })).toEqual([]);
  });

  it('says which flags are off', () => {
    expect(planBucket(bucket({ block: { ...ALL_ON, BlockPublicPolicy: false } }), keeping).reason).toBe(
      'switched off: BlockPublicPolicy',
    );
  });
});

describe('public statements', () => {
  const deny = statement({ Sid: 'TlsOnly', Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
  const logs = statement({ Sid: 'Logs', Principal: { Service: 'cloudtrail.amazonaws.com' } });
  const anybody = statement({ Sid: 'Anybody', Principal: { AWS: ['*'] } });
  const state = open({ policy: policyText(deny, anybody, logs), policyIsPublic: true });

  it('go alone, after the block', () => {
    expect(planBucket(state, removing).actions).toEqual([
      blocking,
      { kind: 'PutBucketPolicy', bucket: 'demo-bucket', remove: [anybody], add: [], needs: 0 },
    ]);
  });

  it('go where the block is on already', () => {
    expect(planBucket({ ...state, block: ALL_ON }, removing).actions).toEqual([
      { kind: 'PutBucketPolicy', bucket: 'demo-bucket', remove: [anybody], add: [] },
    ]);
  });

  it('stay where S3 does not call the policy public', () => {
    expect(kinds({ ...state, policyIsPublic: false }, removing)).toEqual(['PutPublicAccessBlock']);
  });

  it('are left to a person where S3 calls the policy public and none of them is; the block goes on', () => {
    const plan = planBucket(open({ policy: policyText(logs), policyIsPublic: true }), removing);
    expect(plan.actions).toEqual([blocking]);
    expect(plan.held).toMatch(/^no statement of its policy is public by itself/);
    const { actions, held } = planBucket(bucket({ policy: policyText(logs), policyIsPublic: true }), removing);
    expect({ actions, held }).toEqual({ actions: [], held: plan.held?.replace(/switched off: .*?; /, '') });
  });
});

describe('public grants', () => {
  const all = [grants.everybody, grants.logDelivery, grants.authenticated, grants.anotherAccount];

  it.each(['ObjectWriter', 'BucketOwnerPreferred'])('go alone under %s', (ownership) => {
    expect(planBucket(bucket({ policyIsPublic: false, acl: acl(ownership, ...all) }), removing).actions).toEqual([
      { kind: 'PutBucketAcl', bucket: 'demo-bucket', remove: [grants.everybody, grants.authenticated], add: [] },
    ]);
  });

  it('are nothing under BucketOwnerEnforced', () => {
    expect(kinds(bucket({ policyIsPublic: false, acl: acl('BucketOwnerEnforced', ...all) }), removing)).toEqual([]);
  });
});

describe('encryption', () => {
  const encrypted = (encryption: NonNullable<Bucket['encryption']>) =>
    bucket({ encryption, acl: acl('BucketOwnerEnforced') });

  it('becomes KMS, and what uploads may not use stays so', () => {
    const state = encrypted({ algorithm: 'AES256', bucketKey: false, blockedTypes: ['SSE-C'] });
    expect(planBucket(state, encrypting).actions).toEqual([
      {
        kind: 'PutBucketEncryption',
        bucket: 'demo-bucket',
        encryption: { algorithm: 'aws:kms', keyId: KEY, bucketKey: true, blockedTypes: ['SSE-C'] },
      },
    ]);
  });

  it.each(['aws:kms', 'aws:kms:dsse'])('stays %s, whatever the key', (algorithm) => {
    expect(kinds(encrypted({ algorithm, keyId: 'alias/other', bucketKey: false }), encrypting)).toEqual([]);
    expect(kinds(encrypted({ algorithm }), keeping)).toEqual([]);
  });

  it.each<[string, Partial<Bucket>, string | undefined, string]>([
    [
      'where the key is of another Region',
      {},
      KEY.replace('eu-west-1', 'us-east-1'),
      'is of another Region than the bucket',
    ],
    ['where S3 delivers access logs', { acl: acl('ObjectWriter', grants.logDelivery) }, KEY, 'delivers logs'],
    [
      'where a service delivers logs',
      { policy: policyText(statement({ Principal: { Service: 'delivery.logs.amazonaws.com' } })) },
      KEY,
      'delivers logs',
    ],
  ])('is left to a person %s; the block goes on all the same', (_case, more, kmsKeyArn, why) => {
    const policy = { ...encrypting, buckets: { ...encrypting.buckets, kmsKeyArn: kmsKeyArn ?? null } };
    const state = { ...encrypted({ algorithm: 'AES256' }), ...more };
    expect(planBucket(state, policy)).toMatchObject({ actions: [], held: expect.stringContaining(why) });
    expect(planBucket({ ...state, block: NONE_ON }, policy)).toMatchObject({
      actions: [blocking],
      held: expect.stringContaining(why),
    });
  });
});

describe('every combination', () => {
  const forms: Record<string, { policy?: string; isPublic: boolean }> = {
    'no policy': { isPublic: false },
    'everybody, in a list of statements': { policy: policyText(statement()), isPublic: true },
    'everybody, in one statement': {
      policy: JSON.stringify({ Statement: statement({ Principal: { AWS: '*' } }) }),
      isPublic: true,
    },
    'everybody but one': {
      policy: policyText(statement({ Principal: undefined, NotPrincipal: { AWS: '444455556666' } })),
      isPublic: true,
    },
    'an account': { policy: policyText(statement({ Principal: { AWS: ['444455556666'] } })), isPublic: false },
    'a canonical user': { policy: policyText(statement({ Principal: { CanonicalUser: 'beef' } })), isPublic: false },
    'everybody from a VPC': {
      policy: policyText(statement({ Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } })),
      isPublic: false,
    },
    nobody: { policy: policyText(statement({ Effect: 'Deny' })), isPublic: false },
  };
  const accounts = [undefined, NONE_ON, { ...NONE_ON, RestrictPublicBuckets: true }, ALL_ON];
  const blocks = [undefined, NONE_ON, { ...ALL_ON, RestrictPublicBuckets: false }, ALL_ON];
  const grantings = [[], [grants.logDelivery], [grants.everybody], [grants.everybody, grants.logDelivery]];

  it.each(Object.entries(forms))(
    'of block, account, ownership and ACL with a policy for %s',
    (_form, { policy, isPublic }) => {
      for (const block of blocks)
        for (const accountBlock of accounts)
          for (const ownership of ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'])
            for (const lines of grantings) {
              const state: Bucket = {
                ...unblocked,
                policyIsPublic: isPublic,
                acl: acl(ownership, ...lines),
                ...(policy !== undefined && { policy }),
                ...(block && { block }),
                ...(accountBlock && { accountBlock }),
              };
              const isOpen = FLAGS.some((flag) => !block?.[flag] && !accountBlock?.[flag]);
              const grantsPublic = ownership !== 'BucketOwnerEnforced' && lines.includes(grants.everybody);
              expect(kinds(state, keeping)).toEqual(isOpen ? ['PutPublicAccessBlock'] : []);
              expect(kinds(state, removing)).toEqual([
                ...(isOpen ? ['PutPublicAccessBlock'] : []),
                ...(isPublic ? ['PutBucketPolicy'] : []),
                ...(grantsPublic ? ['PutBucketAcl'] : []),
              ]);
            }
    },
  );
});

describe('a person decides', () => {
  it.each([
    ['a website', open({ website: true }), 'it serves a website'],
    [
      'an origin of CloudFront',
      open({ policy: policyText(statement({ Principal: { Service: 'cloudfront.amazonaws.com' } })) }),
      'it is an origin of CloudFront',
    ],
    ["the trail's bucket", open({ name: 'suture-trail-111122223333-eu-west-1' }), "it is one of Suture's own"],
    ["Config's bucket", open({ name: 'suture-config-111122223333-eu-west-1' }), "it is one of Suture's own"],
    ['a bucket of another Region', bucket({ elsewhere: 'us-east-1' }), 'the bucket lives in us-east-1'],
  ])('about %s', (_case, state, why) => {
    for (const policy of [keeping, removing]) {
      const plan = planBucket(state, policy);
      expect(plan.actions).toEqual([]);
      expect(plan.held).toContain(why);
    }
  });

  it('only if there is something to do', () => {
    expect(
      planBucket(bucket({ website: true, name: 'suture-trail-111122223333-eu-west-1' }), keeping).held,
    ).toBeUndefined();
  });

  it("not about a bucket that is called like one of Suture's, elsewhere", () => {
    expect(kinds(open({ name: 'suture-trail-444455556666-eu-west-1' }))).toEqual(['PutPublicAccessBlock']);
    expect(kinds(open({ name: 'my-suture-trail-111122223333-eu-west-1' }))).toEqual(['PutPublicAccessBlock']);
  });
});

it('leaves alone what an exception covers, and says so', () => {
  const covered = { id: 'site', resource: 'arn:aws:s3:::demo-*', reason: 'r', owner: 'o', expires: '2027-01-31' };
  const policy = bucketPolicy({}, { exceptions: [covered] });
  expect(planBucket(open({ website: true }), policy)).toMatchObject({
    actions: [],
    exempt: [{ target: 'demo-bucket', exception: 'site' }],
  });
  expect(planBucket(open({ website: true }), policy).held).toBeUndefined();
});

it.each([
  ['flags that were off', open()],
  ['no block at all', unblocked],
  [
    'statements and grants',
    open({
      policy: policyText(statement(), statement({ Effect: 'Deny' })),
      policyIsPublic: true,
      acl: acl('ObjectWriter', grants.everybody),
    }),
  ],
])('what it did can be taken back: %s', (_case, before: Bucket) => {
  const { actions } = planBucket(before, removing);
  const after: Bucket = {
    ...before,
    block: ALL_ON,
    ...(before.policy && { policy: policyText(statement({ Effect: 'Deny' })) }),
    ...(before.acl && { acl: acl('ObjectWriter') }),
  };
  const back = restore({ actions, touched: touchedParts(actions, before) }, after);
  if ('conflict' in back) throw new Error(back.conflict);
  expect(back.actions.every((action) => isDone(action, before))).toBe(true);
  expect(back.actions[0]?.kind).toBe(before.block ? 'PutPublicAccessBlock' : 'DeletePublicAccessBlock');
  expect(restore({ actions, touched: {} }, { ...after, block: NONE_ON })).toHaveProperty('conflict');
});
