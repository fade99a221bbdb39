import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainEvent } from '../../cli/explain';
import { SynthesizedStack } from '../../cli/project';
import { stackDirectory, type Variant } from '../support/stacks';

// What `suture explain` says of S3's events, and of every sample. That of security groups is tested as a process, in command.test.ts.

const fixtures = join(__dirname, '..', 'fixtures', 'events');
type Event = Record<string, unknown> & { region: string; detail: Record<string, unknown> };
const sample = (name: string): Event => JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'));
const stacks = new Map<Variant, SynthesizedStack>();
function explained(event: object, variant: Variant = 'enforce') {
  const stack = stacks.get(variant) ?? new SynthesizedStack(stackDirectory(variant));
  stacks.set(variant, stack);
  return explainEvent(event, stack);
}

/** A call of S3's as CloudTrail has it, in the Region of the stacks. */
const call = (eventName: string, requestParameters: object | null, more: object = {}) => {
  const event = sample('cloudtrail-put-bucket-public-access-block-off');
  return {
    ...event,
    region: 'eu-west-1',
    detail: { ...event.detail, awsRegion: 'eu-west-1', eventName, requestParameters, ...more },
  };
};
const bucketName = 'demo-bucket';
const put = (eventName: string, more: object = {}) => call(eventName, { bucketName, ...more });

const ALL_ON = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
const flags = (more: Partial<Record<keyof typeof ALL_ON, boolean | string>>) => ({
  PublicAccessBlockConfiguration: { ...ALL_ON, ...more },
});
const policy = (...Statement: object[]) => ({ bucketPolicy: { Version: '2012-10-17', Statement } });
const PUBLIC = {
  Sid: 'Everybody',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${bucketName}/*`,
};
const grant = (URI: string) => ({
  AccessControlPolicy: { AccessControlList: { Grant: { Grantee: { URI }, Permission: 'READ' } } },
});
const encryption = (SSEAlgorithm: string) => ({
  ServerSideEncryptionConfiguration: { Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm } } },
});

describe.each([
  ['as the settings are by default, but enforcing', 'enforce'],
  ['where public statements are removed and KMS is asked for', 'removing'],
] as const)('%s', (_case, variant) => {
  const removing = variant === 'removing';
  it.each([
    ['a flag off', put('PutBucketPublicAccessBlock', flags({ IgnorePublicAcls: false })), 'off: IgnorePublicAcls'],
    ['a flag that is not there', put('PutBucketPublicAccessBlock', { PublicAccessBlockConfiguration: {} }), 'off: Bl'],
    ['no block any more', put('DeleteBucketPublicAccessBlock'), 'switched off: BlockPublicAcls, IgnorePublicAcls, Bl'],
    ['a public policy', put('PutBucketPolicy', policy(PUBLIC)), 'while BlockPublicPolicy is on'],
    ['a public ACL by its name', put('PutBucketAcl', { 'x-amz-acl': 'public-read' }), 'while BlockPublicAcls is on'],
    ['the same as a list', put('PutBucketAcl', { 'x-amz-acl': ['authenticated-read'] }), 'while BlockPublicAcls is on'],
    [
      'a public ACL by a header',
      put('PutBucketAcl', { 'x-amz-grant-read': 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' }),
      'while BlockPublicAcls is on',
    ],
    [
      'a public ACL with one grant',
      put('PutBucketAcl', grant('http://acs.amazonaws.com/groups/global/AllUsers')),
      'while BlockPublicAcls is on',
    ],
  ])('%s is healed', (_what, event, reason) => {
    const answer = explained(event, variant);
    expect(answer).toMatchObject({
      rules: ['S3BucketPublicAccessDetection'],
      functions: ['S3BucketSelfHeal'],
      subject: bucketName,
      outcome: 'REMEDIATED',
      reason: expect.stringContaining(reason),
    });
    expect(answer.actions?.[0]).toEqual({ kind: 'PutPublicAccessBlock', bucket: bucketName, block: ALL_ON });
  });

  it.each([
    ['a policy for one account', put('PutBucketPolicy', policy({ ...PUBLIC, Principal: { AWS: '111122223333' } }))],
    ['a policy that is gone', put('DeleteBucketPolicy')],
    ['a private ACL', put('PutBucketAcl', { 'x-amz-acl': 'private' })],
    ['log delivery', put('PutBucketAcl', grant('http://acs.amazonaws.com/groups/s3/LogDelivery'))],
    ['ownership', put('PutBucketOwnershipControls')],
    ['a website', put('PutBucketWebsite')],
    ['KMS', put('PutBucketEncryption', encryption('aws:kms'))],
    ['a block whose event was cut off', put('PutBucketPublicAccessBlock')],
    ['a policy whose event was cut off', put('PutBucketPolicy', { bucketPolicy: null })],
    ['a policy that is none', put('PutBucketPolicy', { bucketPolicy: 'none' })],
  ])('%s says nothing of the block, so the bucket is read', (_what, event) => {
    const answer = explained(event, variant);
    expect(answer).toMatchObject({
      subject: bucketName,
      outcome: 'LOOKED_UP',
      reason: expect.stringMatching(/^the event does not tell the public access block.*; the function reads the live/),
    });
    expect(answer).not.toHaveProperty('actions');
  });

  it('weaker encryption is changed where KMS is asked for, and else leaves the block to be read', () => {
    for (const event of [put('PutBucketEncryption', encryption('AES256')), put('DeleteBucketEncryption')])
      expect(explained(event, variant)).toMatchObject(
        removing
          ? { outcome: 'REMEDIATED', actions: [{ kind: 'PutBucketEncryption' }] }
          : { outcome: 'LOOKED_UP', reason: expect.stringContaining('the public access block') },
      );
  });

  it('a bucket is made closed', () => {
    expect(explained(put('CreateBucket'), variant)).toMatchObject(
      removing
        ? { outcome: 'REMEDIATED', actions: [{ kind: 'PutBucketEncryption' }] }
        : { outcome: 'NO_ACTION', reason: expect.stringContaining('S3 makes every bucket with all four flags on') },
    );
  });

  it('all four flags on leave what else the policy asks about', () => {
    expect(explained(put('PutBucketPublicAccessBlock', flags({})), variant)).toMatchObject(
      removing
        ? { outcome: 'LOOKED_UP', reason: expect.stringContaining('the policy, the access control list, the default') }
        : { outcome: 'NO_ACTION' },
    );
  });

  it("the account's own block is told of, or restored, and its buckets are looked at", () => {
    const open = { subject: '111122223333', reason: expect.stringMatching(/RestrictPublicBuckets; every bucket is/) };
    const events = [
      call('PutAccountPublicAccessBlock', flags({ RestrictPublicBuckets: 'false' })),
      call('DeleteAccountPublicAccessBlock', null),
    ];
    for (const event of events)
      expect(explained(event, variant)).toMatchObject({ ...open, outcome: removing ? 'REMEDIATED' : 'HELD' });
    expect(explained(call('PutAccountPublicAccessBlock', flags({})), variant)).toMatchObject({
      outcome: 'NO_ACTION',
      reason: 'the account blocks public access; every bucket is looked at',
    });
    expect(explained(call('PutAccountPublicAccessBlock', {}), variant)).toMatchObject({ outcome: 'LOOKED_UP' });
  });
});

it('removes what is public where that is asked for', () => {
  expect(explained(put('PutBucketPolicy', policy(PUBLIC)), 'removing').actions).toEqual([
    expect.objectContaining({ kind: 'PutPublicAccessBlock' }),
    expect.objectContaining({ kind: 'PutBucketPolicy', remove: [PUBLIC], needs: 0 }),
  ]);
  expect(explained(put('PutBucketAcl', { 'x-amz-acl': 'public-read-write' }), 'removing').actions).toEqual([
    expect.objectContaining({ kind: 'PutPublicAccessBlock' }),
    expect.objectContaining({
      kind: 'PutBucketAcl',
      remove: ['READ', 'WRITE'].map((Permission) => expect.objectContaining({ Permission })),
    }),
  ]);
});

it.each([
  ['an origin of CloudFront', { outcome: 'HELD', reason: expect.stringContaining('CloudFront') }, bucketName],
  ["Suture's own bucket", { outcome: 'HELD' }, 'suture-trail-111122223333-eu-west-1'],
  ['a directory bucket', { outcome: 'IGNORED' }, 'demo--euw1-az1--x-s3'],
  ['no bucket at all', { outcome: 'DEAD_LETTERED', reason: expect.stringContaining('names no bucket') }, undefined],
])('%s', (_what, answer, name) => {
  const origin = { ...PUBLIC, Principal: { Service: 'cloudfront.amazonaws.com' } };
  expect(explained(put('PutBucketPolicy', { ...policy(PUBLIC, origin), bucketName: name }))).toMatchObject(answer);
});

it('goes by the mode of the policy', () => {
  const { region: _of, ...event } = put('DeleteBucketPublicAccessBlock');
  expect(explained({ ...event, region: 'us-east-1' }, 'default')).toMatchObject({
    outcome: 'DRY_RUN',
    reason: expect.stringContaining('the mode is observe'),
  });
});

it('what Config says of a bucket makes the function read it', () => {
  expect(explained(sample('config-compliance-s3-public-read-noncompliant'), 'narrow')).toMatchObject({
    rules: ['ConfigComplianceS3Buckets'],
    functions: ['S3BucketSelfHeal'],
    outcome: 'LOOKED_UP',
    reason: expect.stringContaining('the function reads the live bucket'),
  });
  const event = sample('config-compliance-s3-public-read-noncompliant');
  const account = { resourceType: 'AWS::S3::AccountPublicAccessBlock', resourceId: '111122223333' };
  expect(explained({ ...event, detail: { ...event.detail, ...account } }, 'narrow')).toMatchObject({
    functions: ['S3BucketSelfHeal'],
    subject: '111122223333',
    outcome: 'LOOKED_UP',
  });
});

describe('every sample', () => {
  const REACHED = {
    'cloudtrail-authorize-sg-ingress-all-ports-0-65535': 'REMEDIATED',
    'cloudtrail-authorize-sg-ingress-flat-form-noncanonical-slash0': 'REMEDIATED',
    'cloudtrail-authorize-sg-ingress-ipv6-rdp': 'REMEDIATED',
    'cloudtrail-authorize-sg-ingress-private-cidr': 'NO_ACTION',
    'cloudtrail-authorize-sg-ingress-protocol-minus1': 'REMEDIATED',
    'cloudtrail-authorize-sg-ingress-ssh-ipv4': 'REMEDIATED',
    // Of another Region.
    'cloudtrail-create-bucket-eu-west-1': 'IGNORED',
    'cloudtrail-delete-bucket-encryption': 'LOOKED_UP',
    'cloudtrail-delete-bucket-public-access-block': 'REMEDIATED',
    'cloudtrail-modify-sg-rules': 'REMEDIATED',
    'cloudtrail-put-bucket-acl-grant-allusers': 'REMEDIATED',
    'cloudtrail-put-bucket-acl-public-read': 'REMEDIATED',
    'cloudtrail-put-bucket-policy-public': 'REMEDIATED',
    'cloudtrail-put-bucket-public-access-block-by-soc': 'NO_ACTION',
    'cloudtrail-put-bucket-public-access-block-off': 'REMEDIATED',
    'config-compliance-conformance-pack-rule': 'LOOKED_UP',
    'config-compliance-s3-encryption-kms-noncompliant': 'LOOKED_UP',
    'config-compliance-s3-public-read-noncompliant': 'LOOKED_UP',
    'config-compliance-sg-first-evaluation-no-old-result': 'LOOKED_UP',
    'config-compliance-sg-ssh-noncompliant': 'LOOKED_UP',
    'config-rule-invocation-event-left-scope': 'IGNORED',
    'config-rule-invocation-oversized': 'LOOKED_UP',
    'config-rule-invocation-scheduled': 'LOOKED_UP',
    'config-rule-invocation-sg-all-traffic-protocol-minus1': 'REMEDIATED',
    'config-rule-invocation-sg-change': 'REMEDIATED',
    'config-rule-invocation-sg-ipv6-and-prefix-list': 'REMEDIATED',
    'config-rule-invocation-sg-resource-deleted': 'IGNORED',
    'config-rule-invocation-testmode-token': 'DRY_RUN',
  };
  const answers = readdirSync(fixtures).map((file) => {
    const name = file.replace('.json', '');
    return [name, explained(sample(name), 'narrow')] as const;
  });

  it('is explained: what reaches a function, and what no rule asks for', () => {
    const started = answers.filter(([, { outcome }]) => outcome === 'INCIDENT');
    expect(started.map(([name]) => name.split('-')[0])).toEqual(
      expect.arrayContaining(['custom', 'guardduty', 'securityhub']),
    );
    for (const [, { rules, functions }] of started) expect([rules.length, functions]).toEqual([1, []]);
    const reached = answers.filter(([, { outcome }]) => outcome !== 'NOT_INVOKED' && outcome !== 'INCIDENT');
    expect(Object.fromEntries(reached.map(([name, { outcome }]) => [name, outcome]))).toEqual(REACHED);
    for (const [, { functions, reason }] of reached) {
      expect(functions).toHaveLength(1);
      expect(reason).not.toBe('');
    }
    for (const [, answer] of answers.filter((one) => !reached.includes(one) && !started.includes(one)))
      expect(answer).toEqual({
        rules: [],
        functions: [],
        outcome: 'NOT_INVOKED',
        reason: 'no rule of this stack matches the event',
      });
  });

  it('reaches the function of its kind', () => {
    for (const [name, { functions }] of answers.filter(([name]) => name in REACHED))
      expect([name, functions]).toEqual([
        name,
        [/sg-|scheduled|scope|oversized|testmode/.test(name) ? 'SecurityGroupSelfHeal' : 'S3BucketSelfHeal'],
      ]);
  });
});
