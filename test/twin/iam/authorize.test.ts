import { type AuthorizationRequest, authorize, evaluateStatements, type Policies } from '../../../twin/iam/authorize';
import { type PolicyDocument, parsePolicy } from '../../../twin/iam/policy';
import { AWAY, evaluate, HOME, policy, request, root, service, session, statement, user } from './requests';

const QUEUE = `arn:aws:sqs:eu-west-1:${HOME}:jobs`;
const LOG = `arn:aws:logs:eu-west-1:${HOME}:log-group:/aws/a:log-stream:b`;
const KEY = `arn:aws:kms:eu-west-1:${HOME}:key/1`;
const ROLE = `arn:aws:iam::${HOME}:role/ops/Healer`;

describe('an action', () => {
  it.each<[string, object, string, boolean]>([
    ['is compared without case', { Action: 'S3:getOBJECT' }, 's3:GetObject', true],
    ['is compared as a whole', { Action: 's3:Get' }, 's3:GetObject', false],
    ['matches any characters', { Action: 's3:Get*' }, 's3:GetObject', true],
    ['matches one character', { Action: 's3:?etObject' }, 's3:GetObject', true],
    ['matches one of several', { Action: ['ec2:*', 's3:*'] }, 's3:GetObject', true],
    ['belongs to its service', { Action: 'sqs:*' }, 's3:GetObject', false],
    ['belongs to all of them', { Action: '*:*' }, 's3:GetObject', true],
    ['is not what NotAction lists', { NotAction: ['iam:*', 's3:get*'] }, 's3:GetObject', false],
    ['is anything else', { NotAction: ['iam:*', 's3:put*'] }, 's3:GetObject', true],
  ])('%s: %j', (_rule, fields, action, expected) => {
    const document = policy({ Effect: 'Allow', Resource: '*', ...fields });
    expect(evaluate(document, { action })).toBe(expected ? 'allow' : 'none');
  });
});

describe('a resource', () => {
  it.each<[string, string | string[], string, boolean]>([
    ['is everything', '*', QUEUE, true],
    ['may be no ARN at all, which only "*" matches', '*', '*', true],
    ['may be no ARN at all, which only "*" matches', 'arn:aws:s3:::*', '*', false],
    ['is compared with case', QUEUE.toUpperCase().replace('ARN:AWS:SQS', 'arn:aws:sqs'), QUEUE, false],
    ['is compared as a whole', QUEUE.slice(0, -1), QUEUE, false],
    ['is one of several', ['arn:aws:s3:::*', QUEUE], QUEUE, true],
    ['is compared as a whole', QUEUE, `${QUEUE}:dead`, false],
    ['has wildcards in each field', `arn:aws:sqs:eu-*-?:${HOME}:j?b*`, QUEUE, true],
    ['is of its account', `arn:aws:sqs:eu-west-1:${AWAY}:*`, QUEUE, false],
    ['has wildcards that match slashes', 'arn:aws:s3:::ledger/*/test/*', 'arn:aws:s3:::ledger/1/2/test/3/a.jpg', true],
    ['has wildcards that match slashes', 'arn:aws:s3:::ledger/*/test/*', 'arn:aws:s3:::ledger/1-test/a.jpg', false],
    [
      'has wildcards that match colons after the fifth',
      'arn:aws:s3:::ledger/*.csv',
      'arn:aws:s3:::ledger/a:b.csv',
      true,
    ],
    ['has wildcards that match colons after the fifth', 'arn:aws:logs:*:*:log-group:*:log-stream:?', LOG, true],
    ['has wildcards that match colons after the fifth', 'arn:aws:logs:*:*:log-group?/aws/a*', LOG, true],
    ['has wildcards that end a field and go on', `arn:aws:logs:*:log-group:/aws/a:log-stream:b`, LOG, true],
    ['has wildcards that end all and go on', 'arn:aws:logs:eu-*', LOG, true],
    ['has wildcards that do not leave their field', 'arn:aws:logs:e*3:log-group:/aws/a:log-stream:b', LOG, false],
    ['has wildcards that do not leave their field', `arn:aws:sqs:eu-west-1:${HOME}?jobs`, QUEUE, false],
    ['has wildcards that do not leave their field', `arn:aws:sqs:eu-west-1?${HOME}:jobs`, QUEUE, false],
    ['is completed when fields are missing', 'arn:aws:sqs', QUEUE, true],
    ['is completed when fields are missing', 'arn:aws:sqs:eu-west-2', QUEUE, false],
    ['is completed when fields are missing', `arn:aws:sqs:eu-west-1:${HOME}`, QUEUE, true],
  ])('%s: %j', (_rule, Resource, resource, expected) => {
    expect(evaluate(policy(statement({ Resource })), { resource })).toBe(expected ? 'allow' : 'none');
  });

  it('is completed in identity-based policies only', () => {
    const document = policy(statement({ Resource: 'arn:aws:sqs', Principal: '*' }));
    expect(evaluate(document, { resource: QUEUE }, 'resource')).toBe('none');
  });

  it('is what NotResource does not list', () => {
    const document = policy({ Effect: 'Deny', Action: '*', NotResource: ['arn:aws:s3:::*', QUEUE] });
    expect(evaluate(document, { resource: QUEUE })).toBe('none');
    expect(evaluate(document, { resource: LOG })).toBe('deny');
    expect(evaluate(document, { resource: '*' })).toBe('deny');
  });

  it('may be left out where the policy is attached to it', () => {
    const document = policy({ Effect: 'Allow', Action: '*', Principal: '*' });
    expect(evaluate(document, {}, 'resource')).toBe('allow');
    expect(evaluate(document, {}, 'trust')).toBe('allow');
    expect(evaluate(document, {}, 'identity')).toBe('none');
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['has variables', 'arn:aws:s3:::ledger/${aws:username}/*', { 'aws:username': 'ada' }, 'allow'],
    ['has variables', 'arn:aws:s3:::ledger/${aws:username}/*', { 'aws:username': 'bob' }, 'none'],
    [
      'has variables whose value is no pattern',
      'arn:aws:s3:::ledger/${aws:username}/*',
      { 'aws:username': '*' },
      'none',
    ],
    ['has variables with a default', "arn:aws:s3:::ledger/${aws:username, 'ada'}/*", {}, 'allow'],
    ['does not match without the value', 'arn:aws:s3:::ledger/${aws:username}/*', {}, 'none'],
    [
      'has no variables before the fifth colon',
      'arn:aws:s3:${aws:PrincipalTag/empty}::ledger/*',
      { 'aws:PrincipalTag/empty': '' },
      'none',
    ],
    ['has no variables before the fifth colon', "arn:aws:s3::${aws:PrincipalTag/empty, ''}:ledger/*", {}, 'none'],
    ['has asterisks that are no wildcards', 'arn:aws:s3:::ledger/${*}', {}, 'none'],
  ])('%s: %s', (_rule, Resource, context, expected) => {
    expect(evaluate(policy(statement({ Resource })), { resource: 'arn:aws:s3:::ledger/ada/1', context })).toBe(
      expected,
    );
  });

  it('is not spared by a variable without value', () => {
    const document = policy({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::ledger/${aws:username}' });
    expect(evaluate(document, { context: { 'aws:username': 'ada' } })).toBe('allow');
    expect(evaluate(document)).toBe('none');
  });

  it('has no variables before version 2012-10-17', () => {
    const document = { Statement: statement({ Resource: 'arn:aws:s3:::ledger/${aws:username}' }) };
    const context = { 'aws:username': 'ada' };
    expect(evaluate(document, { resource: 'arn:aws:s3:::ledger/ada', context })).toBe('none');
    expect(evaluate(document, { resource: 'arn:aws:s3:::ledger/${aws:username}', context })).toBe('allow');
  });
});

describe('a document', () => {
  const deny = statement({ Effect: 'Deny', Action: 's3:*' });

  it.each([
    ['says nothing when no statement applies', policy(statement({ Action: 'sqs:*' })), 'none'],
    ['allows when one statement does', policy(statement({ Action: 'sqs:*' }), statement()), 'allow'],
    ['denies when one statement does', policy(statement(), deny, statement()), 'deny'],
    [
      'denies nothing when the denying statement does not apply',
      policy(statement(), { ...deny, Action: 'sqs:*' }),
      'allow',
    ],
  ])('%s', (_rule, document, expected) => {
    expect(evaluate(document)).toBe(expected);
  });
});

describe('a principal', () => {
  const ada = user('ada');
  const run = session('run');

  it.each<[string, unknown, AuthorizationRequest['principal'], boolean]>([
    ['is everyone', '*', ada, true],
    ['is everyone', { AWS: '*' }, session('run', AWAY), true],
    ['is everyone, services included', '*', service('events.amazonaws.com'), true],
    ['is anyone of an account', { AWS: HOME }, ada, true],
    ['is anyone of an account', { AWS: HOME }, run, true],
    ['is anyone of an account', { AWS: HOME }, root(), true],
    ['is anyone of an account', { AWS: `arn:aws:iam::${HOME}:root` }, ada, true],
    ['is anyone of an account in any partition', { AWS: `arn:aws-cn:iam::${HOME}:root` }, ada, true],
    ['is nobody of another account', { AWS: [AWAY, `arn:aws:iam::${AWAY}:root`] }, ada, false],
    ['is no service of an account', { AWS: HOME }, service('events.amazonaws.com'), false],
    ['is a user', { AWS: [`arn:aws:iam::${HOME}:user/bob`, ada.arn] }, ada, true],
    ['is no account by a user’s name', { AWS: `arn:aws:iam::${AWAY}:user/${HOME}` }, ada, false],
    ['is a user with case', { AWS: `arn:aws:iam::${HOME}:user/Ada` }, ada, false],
    ['is any session of a role', { AWS: ROLE }, run, true],
    ['is a session of a role with its path', { AWS: `arn:aws:iam::${HOME}:role/Healer` }, run, false],
    ['is one session', { AWS: run.arn }, run, true],
    ['is no other session', { AWS: run.arn }, session('other'), false],
    ['is a service', { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] }, service('events.amazonaws.com'), true],
    ['is no other service', { Service: 'sns.amazonaws.com' }, service('events.amazonaws.com'), false],
    ['is no user with a service’s name', { Service: ada.arn }, ada, false],
    [
      'is a service with a name of its own',
      { Service: 'a.amazonaws.com' },
      { ...service('A'), service: 'a.amazonaws.com' },
      true,
    ],
    ['is an identity provider', { Federated: 'accounts.google.com' }, { ...ada, arn: 'accounts.google.com' }, true],
    [
      'is no provider when a service has its name',
      { Service: 'accounts.google.com' },
      { ...ada, arn: 'accounts.google.com' },
      false,
    ],
    ['is nobody by canonical ID', { CanonicalUser: ada.arn }, ada, false],
    ['is nobody in an empty list', {}, ada, false],
  ])('%s: %j', (_rule, Principal, principal, expected) => {
    const document = policy(statement({ Principal }));
    expect(evaluate(document, { principal }, 'resource')).toBe(expected ? 'allow' : 'none');
    expect(evaluate(document, { principal }, 'trust')).toBe(expected ? 'allow' : 'none');
  });

  it('is nobody where a resource’s policy names none', () => {
    expect(evaluate(policy(statement()), {}, 'resource')).toBe('none');
  });

  it('is the owner of an identity-based policy', () => {
    expect(evaluate(policy(statement()), { principal: run })).toBe('allow');
  });

  const account = `arn:aws:iam::${HOME}:root`;
  it.each<[string, unknown, AuthorizationRequest['principal'], 'deny' | 'none']>([
    ['spares a user listed with its account', { AWS: [ada.arn, account] }, ada, 'none'],
    ['spares a user listed with its account’s ID', { AWS: [ada.arn, HOME] }, ada, 'none'],
    ['denies a user listed without its account', { AWS: ada.arn }, ada, 'deny'],
    ['denies others of the account', { AWS: [ada.arn, account] }, user('bob'), 'deny'],
    ['spares a session listed with role and account', { AWS: [run.arn, ROLE, account] }, run, 'none'],
    ['denies a session listed without its role', { AWS: [run.arn, account] }, run, 'deny'],
    ['denies other sessions of the role', { AWS: [run.arn, ROLE, account] }, session('other'), 'deny'],
    ['spares the root user', { AWS: HOME }, root(), 'none'],
    ['spares a service', { Service: 'events.amazonaws.com' }, service('events.amazonaws.com'), 'none'],
    ['denies other services', { Service: 'sns.amazonaws.com' }, service('events.amazonaws.com'), 'deny'],
    ['spares everyone', '*', ada, 'none'],
  ])('NotPrincipal %s', (_rule, NotPrincipal, principal, expected) => {
    const document = policy(statement({ Effect: 'Deny', NotPrincipal }));
    expect(evaluate(document, { principal }, 'resource')).toBe(expected);
  });
});

const yes = parsePolicy(policy(statement()));
const no = parsePolicy(policy(statement({ Effect: 'Deny' })));
const silent = parsePolicy(policy(statement({ Action: 'ec2:RunInstances' })));
const to = (...AWS: string[]): PolicyDocument => parsePolicy(policy(statement({ Principal: { AWS } })));
const denying = (AWS: string): PolicyDocument => parsePolicy(policy(statement({ Effect: 'Deny', Principal: { AWS } })));

type Row = [
  rule: string,
  principal: AuthorizationRequest['principal'],
  policies: Partial<Policies>,
  reason: string,
  owner?: string,
];

/** Each row names the action in its reason as `*`. */
function table(name: string, fields: Partial<AuthorizationRequest>, rows: readonly Row[]): void {
  describe(name, () => {
    it.each(rows)('%s', (_rule, principal, policies, reason, resourceAccount = HOME) => {
      const asked = request({ ...fields, principal });
      expect(authorize({ identity: [], ...policies }, asked, { resourceAccount })).toEqual({
        allowed: reason.startsWith('+'),
        reason: reason.slice(1).replace('*', asked.action),
      });
    });
  });
}

const BY_IDENTITY = '+because an identity-based policy allows the * action';
const BY_RESOURCE = '+because a resource-based policy allows the * action';
const NO_IDENTITY = '-because no identity-based policy allows the * action';
const NO_RESOURCE = '-because no resource-based policy allows the * action';
const NO_BOUNDARY = '-because no permissions boundary allows the * action';
const NO_SESSION = '-because no session policy allows the * action';
const NO_SCP = '-because no service control policy allows the * action';

const ada = user('ada');
const run = session('run');
const events = service('events.amazonaws.com');

table('in the same account', {}, [
  ['nothing is allowed without a policy', ada, {}, NO_IDENTITY],
  ['nothing is allowed by a policy about something else', ada, { identity: [silent] }, NO_IDENTITY],
  ['one identity-based policy is enough', ada, { identity: [silent, yes] }, BY_IDENTITY],
  ['a resource’s policy that names the user is enough', ada, { resource: to(ada.arn) }, BY_RESOURCE],
  ['a resource’s policy that names everyone is enough', ada, { resource: to('*') }, BY_RESOURCE],
  ['a resource’s policy that names the role is enough', run, { resource: to(ROLE) }, BY_RESOURCE],
  ['a resource’s policy that names the session is enough', run, { resource: to(run.arn) }, BY_RESOURCE],
  ['a resource’s policy that names the account is not enough', ada, { resource: to(HOME) }, NO_IDENTITY],
  [
    'a resource’s policy that names the account leaves it to identity-based policies',
    ada,
    { resource: to(HOME), identity: [yes] },
    BY_IDENTITY,
  ],
  [
    'a resource’s policy that names others takes nothing away',
    ada,
    { resource: to(AWAY), identity: [yes] },
    BY_IDENTITY,
  ],

  ['a boundary grants nothing', ada, { boundary: [yes] }, NO_IDENTITY],
  ['a boundary limits identity-based policies', ada, { identity: [yes], boundary: [silent] }, NO_BOUNDARY],
  ['a boundary lets through what it allows', ada, { identity: [yes], boundary: [yes] }, BY_IDENTITY],
  [
    'an empty list of boundaries is none',
    ada,
    { identity: [yes], boundary: [], session: [], serviceControl: [] },
    BY_IDENTITY,
  ],
  [
    'a boundary does not limit what the resource grants a user',
    ada,
    { resource: to(ada.arn), boundary: [silent] },
    BY_RESOURCE,
  ],
  [
    'a boundary does not limit what the resource grants everyone',
    ada,
    { resource: to('*'), boundary: [silent] },
    BY_RESOURCE,
  ],
  [
    'a boundary does not limit what the resource grants a session',
    run,
    { resource: to(run.arn), boundary: [silent] },
    BY_RESOURCE,
  ],
  ['a boundary limits what the resource grants a role', run, { resource: to(ROLE), boundary: [silent] }, NO_BOUNDARY],
  [
    'a boundary lets through what the resource grants a role',
    run,
    { resource: to(ROLE), boundary: [yes] },
    BY_RESOURCE,
  ],
  [
    'a boundary limits what the resource grants an account',
    ada,
    { resource: to(HOME), identity: [yes], boundary: [silent] },
    NO_BOUNDARY,
  ],

  ['a session policy grants nothing', run, { session: [yes] }, NO_IDENTITY],
  ['a session policy limits identity-based policies', run, { identity: [yes], session: [silent] }, NO_SESSION],
  [
    'a session policy lets through what it allows',
    run,
    { identity: [yes], boundary: [yes], session: [silent, yes] },
    BY_IDENTITY,
  ],
  [
    'a session policy does not limit what the resource grants a session',
    run,
    { resource: to(run.arn), session: [silent] },
    BY_RESOURCE,
  ],
  [
    'a session policy limits what the resource grants a role',
    run,
    { resource: to(ROLE), session: [silent] },
    NO_SESSION,
  ],
  [
    'the best of several grants counts',
    run,
    { resource: to(HOME, ROLE, run.arn), session: [silent], boundary: [silent] },
    BY_RESOURCE,
  ],
]);

table('a deny', {}, [
  [
    'wins in an identity-based policy',
    ada,
    { identity: [yes, no], resource: to(ada.arn) },
    '-with an explicit deny in an identity-based policy',
  ],
  [
    'wins in a boundary',
    ada,
    { identity: [yes], boundary: [yes, no], resource: to(ada.arn) },
    '-with an explicit deny in a permissions boundary',
  ],
  [
    'wins in a session policy',
    run,
    { identity: [yes], session: [yes, no], resource: to(run.arn) },
    '-with an explicit deny in a session policy',
  ],
  [
    'wins in a service control policy',
    ada,
    { identity: [yes], serviceControl: [[yes, no]] },
    '-with an explicit deny in a service control policy',
  ],
  [
    'wins in a resource’s policy',
    ada,
    { identity: [yes], resource: denying('*') },
    '-with an explicit deny in a resource-based policy',
  ],
  [
    'of an account meets its users',
    ada,
    { identity: [yes], resource: denying(HOME) },
    '-with an explicit deny in a resource-based policy',
  ],
  [
    'of a role meets its sessions',
    run,
    { identity: [yes], resource: denying(ROLE) },
    '-with an explicit deny in a resource-based policy',
  ],
  [
    'of a resource’s policy is named before others',
    ada,
    { identity: [no], resource: denying('*') },
    '-with an explicit deny in a resource-based policy',
  ],
  ['wins although nothing is allowed', ada, { identity: [no] }, '-with an explicit deny in an identity-based policy'],
  [
    'wins for a principal of another account',
    ada,
    { identity: [yes], resource: denying('*') },
    '-with an explicit deny in a resource-based policy',
    AWAY,
  ],
]);

const sparing = parsePolicy(policy(statement({ Effect: 'Deny', NotPrincipal: { AWS: [ada.arn, HOME] } })));
table('NotPrincipal', {}, [
  ['spares whom it lists', ada, { identity: [yes], resource: sparing }, BY_IDENTITY],
  [
    'denies everyone with a boundary',
    ada,
    { identity: [yes], boundary: [yes], resource: sparing },
    '-with an explicit deny in a resource-based policy',
  ],
]);

table('service control policies', {}, [
  ['must allow', ada, { identity: [yes], serviceControl: [[silent]] }, NO_SCP],
  ['must allow what the resource grants', ada, { resource: to(ada.arn), serviceControl: [[silent]] }, NO_SCP],
  ['must allow on each level', ada, { identity: [yes], serviceControl: [[yes], [silent, yes]] }, BY_IDENTITY],
  ['must allow on each level', ada, { identity: [yes], serviceControl: [[yes], [silent]] }, NO_SCP],
  ['on a level without any allow nothing', ada, { identity: [yes], serviceControl: [[yes], []] }, NO_SCP],
  ['grant nothing', ada, { serviceControl: [[yes]] }, NO_IDENTITY],
  ['limit the root user', root(), { serviceControl: [[silent]] }, NO_SCP],
  ['deny the root user', root(), { serviceControl: [[yes, no]] }, '-with an explicit deny in a service control policy'],
  [
    'do not limit services',
    events,
    { resource: parsePolicy(policy(statement({ Principal: { Service: events.arn } }))), serviceControl: [[no]] },
    BY_RESOURCE,
  ],
  [
    'do not limit service-linked roles',
    { ...run, roleArn: `arn:aws:iam::${HOME}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig` },
    { identity: [yes], serviceControl: [[no]] },
    BY_IDENTITY,
  ],
]);

table('in another account', {}, [
  ['both sides must allow', ada, { identity: [yes], resource: to(ada.arn) }, BY_IDENTITY, AWAY],
  ['the account may be named instead', ada, { identity: [yes], resource: to(HOME) }, BY_IDENTITY, AWAY],
  ['everyone may be named instead', ada, { identity: [yes], resource: to('*') }, BY_IDENTITY, AWAY],
  ['the role may be named instead', run, { identity: [yes], resource: to(ROLE) }, BY_IDENTITY, AWAY],
  ['the resource alone is not enough', ada, { resource: to(ada.arn) }, NO_IDENTITY, AWAY],
  ['the resource alone is not enough for a session', run, { resource: to(run.arn) }, NO_IDENTITY, AWAY],
  ['the identity alone is not enough', ada, { identity: [yes] }, NO_RESOURCE, AWAY],
  ['a resource’s policy about others is not enough', ada, { identity: [yes], resource: to(AWAY) }, NO_RESOURCE, AWAY],
  ['a boundary limits', ada, { identity: [yes], boundary: [silent], resource: to(ada.arn) }, NO_BOUNDARY, AWAY],
  ['a session policy limits', run, { identity: [yes], session: [silent], resource: to(run.arn) }, NO_SESSION, AWAY],
]);

const ROOT = '+because the root user of an account may do what no policy denies';
table('the root user', {}, [
  ['may do everything in its account', root(), {}, ROOT],
  ['is not limited by policies of users', root(), { identity: [no], boundary: [silent], session: [silent] }, ROOT],
  [
    'is denied by a resource’s policy',
    root(),
    { resource: denying(HOME) },
    '-with an explicit deny in a resource-based policy',
  ],
  ['needs the resource in another account', root(), {}, NO_RESOURCE, AWAY],
  ['needs nothing else in another account', root(), { resource: to(HOME) }, BY_RESOURCE, AWAY],
]);

const toEvents = parsePolicy(policy(statement({ Principal: { Service: events.arn } })));
table('a service', {}, [
  ['needs the resource', events, { identity: [yes] }, NO_RESOURCE],
  ['needs nothing else', events, { resource: toEvents }, BY_RESOURCE],
  ['needs nothing else in another account', events, { resource: toEvents }, BY_RESOURCE, AWAY],
  ['is not allowed what an account is', events, { resource: to(HOME) }, NO_RESOURCE],
  [
    'is denied by the resource',
    events,
    { resource: denying('*') },
    '-with an explicit deny in a resource-based policy',
  ],
]);

table('a key', { action: 'kms:Decrypt', resource: KEY }, [
  ['must allow', ada, { identity: [yes] }, NO_RESOURCE],
  ['must allow in a policy', ada, { identity: [yes], resource: to(AWAY) }, NO_RESOURCE],
  ['may leave it to the account', ada, { identity: [yes], resource: to(HOME) }, BY_IDENTITY],
  ['does not grant by leaving it to the account', ada, { resource: to(HOME) }, NO_IDENTITY],
  ['grants to a user that it names', ada, { resource: to(ada.arn) }, BY_RESOURCE],
  ['grants to a role within its boundary', run, { resource: to(ROLE), boundary: [silent] }, NO_BOUNDARY],
  ['must allow the root user', root(), { resource: to(ada.arn) }, NO_RESOURCE],
  ['allows the root user by its account', root(), { resource: to(HOME) }, BY_RESOURCE],
]);

table('what KMS does without a key', { action: 'kms:ListKeys', resource: '*' }, [
  ['needs no key policy', ada, { identity: [yes] }, BY_IDENTITY],
]);

table('a role', { action: 'sts:AssumeRole', resource: ROLE }, [
  ['must trust', ada, { identity: [yes] }, '-because no role trust policy allows the * action'],
  ['trusts a user that it names', ada, { resource: to(ada.arn) }, '+because the role trust policy allows the * action'],
  ['may leave it to the account', ada, { identity: [yes], resource: to(HOME) }, BY_IDENTITY],
  ['does not trust by leaving it to the account', ada, { resource: to(HOME) }, NO_IDENTITY],
  ['trusts a service', events, { resource: toEvents }, '+because the role trust policy allows the * action'],
  ['denies', ada, { identity: [yes], resource: denying(HOME) }, '-with an explicit deny in the role trust policy'],
]);

table('the role as a resource of IAM', { action: 'iam:GetRole', resource: ROLE }, [
  ['needs no trust', ada, { identity: [yes] }, BY_IDENTITY],
]);

it('says what one document says, whatever it is worth', () => {
  expect(evaluateStatements(to(HOME), request(), { kind: 'resource' })).toBe('allow');
});
