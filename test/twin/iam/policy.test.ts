import { MalformedPolicyError, type PolicyKind, parsePolicy } from '../../../twin/iam/policy';
import { policy, statement } from './requests';

const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };

describe('parsePolicy', () => {
  it('reads one statement and single names like lists of one', () => {
    const listed = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] };
    expect(parsePolicy({ Statement: allow })).toEqual(parsePolicy({ Statement: [listed] }));
  });

  it('reads text like the object that it stands for', () => {
    expect(parsePolicy(` ${JSON.stringify(policy(allow))}\n`)).toEqual(parsePolicy(policy(allow)));
  });

  it('takes a policy without version for one of 2008', () => {
    expect(parsePolicy({ Id: 'old', Statement: allow }).version).toBe('2008-10-17');
    expect(parsePolicy(policy(allow)).version).toBe('2012-10-17');
  });

  it('keeps names apart from exceptions', () => {
    const { statements } = parsePolicy(
      policy({
        Effect: 'Deny',
        NotPrincipal: { AWS: ['111122223333'], Service: 'a.amazonaws.com' },
        NotAction: 's3:*',
        NotResource: 'arn:aws:s3:::a',
      }),
    );
    expect(statements[0]).toMatchObject({
      effect: 'Deny',
      principals: {
        not: true,
        values: [
          { type: 'AWS', value: '111122223333' },
          { type: 'Service', value: 'a.amazonaws.com' },
        ],
      },
      actions: { not: true, values: ['s3:*'] },
      resources: { not: true, values: ['arn:aws:s3:::a'] },
    });
  });

  it('reads numbers and truth values in conditions as text', () => {
    const Condition = { NumericLessThan: { 's3:max-keys': [1, '2.5'] }, Bool: { 'aws:SecureTransport': false } };
    const { conditions } = parsePolicy(policy({ ...allow, Condition })).statements[0] ?? { conditions: [] };
    expect(conditions.map(({ key, values }) => [key, values])).toEqual([
      ['s3:max-keys', ['1', '2.5']],
      ['aws:SecureTransport', ['false']],
    ]);
  });

  it.each<[string, PolicyKind | undefined, object]>([
    ['fields without value, as absent', 'identity', { ...allow, Condition: undefined, NotAction: undefined }],
    [
      'wildcards in action names',
      'identity',
      { ...allow, Action: ['*', '*:*', 's3:Get*', 'dynamodb:?etItem', 'a4b:Get'] },
    ],
    [
      'incomplete ARNs',
      'identity',
      { ...allow, Resource: ['arn:aws:sqs', 'arn:aws-cn:s3:::*', 'arn:aws:s3:::b/${aws:username}'] },
    ],
    [
      'keys of identity providers',
      'trust',
      { ...trust, Condition: { StringEquals: { 'token.actions.githubusercontent.com:sub': 'x' } } },
    ],
    [
      'every kind of principal',
      'resource',
      {
        ...allow,
        Principal: {
          AWS: ['*', '111122223333', 'arn:aws:iam::111122223333:role/a', 'AROAEXAMPLEEXAMPLE00'],
          Federated: 'accounts.google.com',
          CanonicalUser: '79a59df900b949e5',
        },
      },
    ],
    ['actions in any case', 'trust', { ...trust, Action: 'STS:AssumeRole' }],
    ['empty lists', 'identity', { ...allow, Action: [], Resource: [] }],
    ['spaces in the Sid of a resource’s policy', 'resource', { ...allow, Principal: '*', Sid: 'Public read' }],
  ])('accepts %s', (_case, kind, one) => {
    expect(parsePolicy(policy(one), kind).statements).toHaveLength(1);
  });

  it.each<[string, string | object, string]>([
    ['text that is no JSON', '{', 'Policy: is no JSON'],
    ['a list', [], 'Policy: must be an object'],
    ['a policy without statement', { Version: '2012-10-17' }, 'Policy: Statement is missing'],
    ['an empty list of statements', policy(), 'Policy: Statement is missing'],
    ['an unknown version', { ...policy(allow), Version: '2012-10-18' }, 'Version: must be'],
    ['an unknown element', { ...policy(allow), Rules: [] }, 'Policy.Rules: unknown element'],
    ['an Id that is no text', { ...policy(allow), Id: 1 }, 'Id: must be a string'],
    ['a statement that is no object', policy(['Allow']), 'Statement[0]: must be an object'],
    [
      'an unknown element of a statement',
      policy(allow, { ...allow, Actions: '*' }),
      'Statement[1].Actions: unknown element',
    ],
    ['an element in lower case', policy({ ...allow, effect: 'Allow' }), 'Statement[0].effect: unknown element'],
    ['a statement without effect', policy({ Action: '*', Resource: '*' }), 'Statement[0]: Effect is missing'],
    ['an effect in lower case', policy({ ...allow, Effect: 'allow' }), 'Statement[0].Effect: must be Allow or Deny'],
    ['a Sid that is no text', policy({ ...allow, Sid: 1 }), 'Statement[0].Sid: must be a string'],
    [
      'two statements of one Sid',
      policy({ ...allow, Sid: 'a' }, { ...allow, Sid: 'a' }),
      'several statements have the Sid "a"',
    ],
    ['a statement without action', policy({ Effect: 'Allow', Resource: '*' }), 'Statement[0]: Action is missing'],
    ['Action beside NotAction', policy({ ...allow, NotAction: '*' }), 'Statement[0]: has both Action and NotAction'],
    ['Resource beside NotResource', policy({ ...allow, NotResource: '*' }), 'has both Resource and NotResource'],
    [
      'Principal beside NotPrincipal',
      policy({ ...allow, Effect: 'Deny', Principal: '*', NotPrincipal: '*' }),
      'has both Principal and NotPrincipal',
    ],
    [
      'an action that is no text',
      policy({ ...allow, Action: [1] }),
      'Statement[0].Action: must be a string or a list of strings',
    ],
    ['an action without service', policy({ ...allow, Action: 'GetObject' }), '"GetObject" is no action'],
    ['an action with spaces', policy({ ...allow, Action: 's3:Get Object' }), '"s3:Get Object" is no action'],
    ['an action with two services', policy({ ...allow, Action: 'aws/s3:Get' }), '"aws/s3:Get" is no action'],
    [
      'an action with a wildcard as part of its service',
      policy({ ...allow, Action: 's*:Get' }),
      '"s*:Get" is no action',
    ],
    [
      'a resource that is no ARN',
      policy({ ...allow, Resource: ['*', 'ledger/*'] }),
      'Statement[0].Resource: "ledger/*" is neither',
    ],
    ['a wildcard as partition', policy({ ...allow, Resource: 'arn:*:s3:::b' }), '"arn:*:s3:::b" is neither'],
    [
      'a wildcard in the service of an ARN',
      policy({ ...allow, NotResource: 'arn:aws:s*:::b', Resource: undefined }),
      'Statement[0].NotResource: "arn:aws:s*:::b"',
    ],
    [
      'a principal that is only text',
      policy({ ...allow, Principal: '111122223333' }),
      'Statement[0].Principal: must be an object',
    ],
    [
      'an unknown type of principal',
      policy({ ...allow, Principal: { Role: 'x' } }),
      'Statement[0].Principal.Role: unknown element',
    ],
    [
      'a wildcard in the name of a principal',
      policy({ ...allow, Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } }),
      'Statement[0].Principal.AWS: "arn:aws:iam::111122223333:role/*" is no principal',
    ],
    [
      'every service as principal',
      policy({ ...allow, Principal: { Service: '*' } }),
      'Statement[0].Principal.Service: "*" is no principal',
    ],
    [
      'some services as principal',
      policy({ ...allow, Principal: { Service: ['events.*'] } }),
      '"events.*" is no principal',
    ],
    ['some services as principal', policy({ ...allow, Principal: { Service: ['*.com'] } }), '"*.com" is no principal'],
    ['a list of conditions', policy({ ...allow, Condition: [] }), 'Statement[0].Condition: must be an object'],
    [
      'an unknown operator',
      policy({ ...allow, Condition: { StringEqual: { 'aws:a': 'b' } } }),
      'Statement[0].Condition.StringEqual: unknown condition operator',
    ],
    [
      'an operator in lower case',
      policy({ ...allow, Condition: { stringEquals: { 'aws:a': 'b' } } }),
      'unknown condition operator',
    ],
    [
      'an unknown quantifier',
      policy({ ...allow, Condition: { 'ForSomeValues:StringEquals': { 'aws:a': 'b' } } }),
      'unknown condition operator',
    ],
    [
      'Null with IfExists',
      policy({ ...allow, Condition: { NullIfExists: { 'aws:a': 'true' } } }),
      'unknown condition operator',
    ],
    [
      'the name of a method as operator',
      policy({ ...allow, Condition: { constructor: { 'aws:a': 'true' } } }),
      'unknown condition operator',
    ],
    [
      'an operator without keys',
      policy({ ...allow, Condition: { StringEquals: 'aws:a' } }),
      'Condition.StringEquals: must be an object',
    ],
    [
      'a condition key without service',
      policy({ ...allow, Condition: { StringEquals: { username: 'b' } } }),
      'Condition.StringEquals.username: is no condition key',
    ],
    [
      'a condition key with an empty service',
      policy({ ...allow, Condition: { Null: { ':a': 'true' } } }),
      'Condition.Null.:a: is no',
    ],
    [
      'a condition value that is an object',
      policy({ ...allow, Condition: { StringEquals: { 'aws:a': {} } } }),
      'Condition.StringEquals.aws:a: must be text',
    ],
    [
      'NotPrincipal that allows',
      policy({ ...allow, NotPrincipal: '*' }),
      'Statement[0]: NotPrincipal must be used with Deny',
    ],
  ])('rejects %s', (_case, document, message) => {
    expect(() => parsePolicy(document)).toThrow(MalformedPolicyError);
    expect(() => parsePolicy(document)).toThrow(message);
  });

  it.each<[string, PolicyKind, object, string]>([
    ['a principal in an identity-based policy', 'identity', { ...allow, Principal: '*' }, 'must not name a principal'],
    [
      'an identity-based statement without resource',
      'identity',
      { Effect: 'Allow', Action: '*' },
      'Resource is missing',
    ],
    ['a resource’s policy without principal', 'resource', allow, 'Principal is missing'],
    ['a resource’s policy without resource', 'resource', { ...trust }, 'Resource is missing'],
    [
      'a trust policy without principal',
      'trust',
      { Effect: 'Allow', Action: 'sts:AssumeRole' },
      'Principal is missing',
    ],
    ['a trust policy with a resource', 'trust', { ...trust, Resource: '*' }, 'must not name a resource'],
    [
      'a trust policy with NotPrincipal',
      'trust',
      { Effect: 'Deny', Action: 'sts:AssumeRole', NotPrincipal: '*' },
      'must not have NotPrincipal',
    ],
    [
      'a trust policy with other actions',
      'trust',
      { ...trust, Action: ['sts:AssumeRole', 's3:*'] },
      'may only name actions of STS',
    ],
    [
      'a Sid with spaces outside of a resource’s policy',
      'identity',
      statement({ Sid: 'a b' }),
      'letters and digits only',
    ],
  ])('rejects %s', (_case, kind, one, message) => {
    expect(() => parsePolicy(policy(one), kind)).toThrow(message);
    expect(parsePolicy(policy(one)).statements).toHaveLength(1);
  });
});
