import { TerraformStack, Testing } from 'cdktf';
import { Account } from '../../modules/account';
import { LogBucket } from '../../modules/log-bucket';
import { parsed, Stack } from '../support/stacks';

/** Statements of a bucket's policy, by their names. */
function statementsOf(more: { writtenOnce?: string } = {}) {
  const stack = new TerraformStack(Testing.app(), 'test');
  const account = new Account(stack, 'account');
  new LogBucket(stack, 'bucket', { bucketPrefix: 'logs', account, statements: () => [], ...more });
  const { resource } = JSON.parse(Testing.synth(stack)) as {
    resource: { aws_s3_bucket_policy: Record<string, { policy: string }> };
  };
  const [own] = Object.values(resource.aws_s3_bucket_policy);
  return Object.fromEntries(parsed(own?.policy).Statement.map(({ Sid, ...rest }) => [Sid, rest]));
}

it('keeps what is in it from everybody, and is reached by TLS alone', () => {
  expect(statementsOf()).toEqual({
    TlsOnly: expect.objectContaining({ Effect: 'Deny', Principal: '*', Action: 's3:*' }),
    NobodyDeletes: {
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      Resource: '<arn>/*',
    },
  });
});

it('takes what is written once from who says so', () => {
  expect(statementsOf({ writtenOnce: 'some/*' }).WrittenOnce).toEqual({
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:PutObject',
    Resource: '<arn>/some/*',
    Condition: { Null: { 's3:if-none-match': 'true' } },
  });
});

const policies = Object.entries(new Stack('enforce').all('aws_s3_bucket_policy'));

it.each(policies)('nobody deletes from %s, which can be taken down all the same', (_address, policy) => {
  const { Statement } = parsed(policy.policy);
  const denials = Statement.filter(({ Effect }) => Effect === 'Deny');
  expect(denials.map(({ Sid }) => Sid)).toEqual(expect.arrayContaining(['TlsOnly', 'NobodyDeletes']));
  // A policy that keeps its owner from changing it would be there for ever.
  const names = denials.flatMap(({ Sid, Action }) => (Sid === 'TlsOnly' ? [] : [Action].flat()));
  expect(names.filter((name) => !/^s3:(Delete|Put)Object(Version)?$/.test(String(name)))).toEqual([]);
});

it('evidence is written once, and by its function alone', () => {
  const policy = policies.find(([address]) => address.includes('evidence'))?.[1];
  const { Statement } = parsed(policy?.policy);
  expect(Statement.map(({ Sid, Effect }) => [Sid, Effect])).toEqual([
    ['TlsOnly', 'Deny'],
    ['NobodyDeletes', 'Deny'],
    ['WrittenOnce', 'Deny'],
  ]);
  const { Resource } = Statement.find(({ Sid }) => Sid === 'WrittenOnce') ?? {};
  expect(Resource).toBe('<arn>/incidents/*');
  const writers = Object.values(new Stack('enforce').all('aws_iam_role_policy')).flatMap((role) =>
    parsed(role.policy).Statement.filter(
      ({ Action, Resource: on }) => [Action].flat().includes('s3:PutObject') && on === '<arn>/incidents/*',
    ),
  );
  expect(writers).toHaveLength(1);
});
