import { runSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { type AuthorizationRequest, authorize } from '../../../twin/iam/authorize';
import { type PolicyKind, parsePolicy } from '../../../twin/iam/policy';
import { AWAY, HOME, policy, request, root, service, session, statement, user } from './requests';

type Principal = AuthorizationRequest['principal'];
type Context = AuthorizationRequest['context'];
type Decision = 'Allowed' | 'ExplicitlyDenied' | 'ImplicitlyDenied';

/** A request with all policies that apply to it. All resources are in HOME. */
interface Case {
  readonly request: AuthorizationRequest;
  readonly identity: readonly object[];
  readonly boundary?: object | undefined;
  readonly session?: object | undefined;
  readonly serviceControl?: readonly object[] | undefined;
  readonly resource?: object | undefined;
}

function ours({ request, identity, boundary, session, serviceControl, resource }: Case): Decision {
  const parse = (document: object) => parsePolicy(document, 'identity');
  const { allowed, reason } = authorize(
    {
      identity: identity.map(parse),
      ...(boundary && { boundary: [parse(boundary)] }),
      ...(session && { session: [parse(session)] }),
      ...(serviceControl && { serviceControl: serviceControl.map((level) => [parse(level)]) }),
      ...(resource && { resource: parsePolicy(resource) }),
    },
    request,
    { resourceAccount: HOME },
  );
  return allowed ? 'Allowed' : reason.startsWith('with an explicit deny') ? 'ExplicitlyDenied' : 'ImplicitlyDenied';
}

async function theirs({
  request,
  identity,
  boundary,
  session,
  serviceControl = [],
  resource,
}: Case): Promise<Decision> {
  const named = (document: object, index: number) => ({ name: `policy-${index}`, policy: document });
  const context = Object.entries(request.context).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : [...value],
  ]);
  const result = await runSimulation(
    {
      identityPolicies: identity.map(named),
      ...(boundary && { permissionBoundaryPolicies: [named(boundary, 0)] }),
      ...(session && { sessionPolicy: session }),
      serviceControlPolicies: serviceControl.map((level, index) => ({
        orgIdentifier: `ou-${index}`,
        policies: [named(level, 0)],
      })),
      resourceControlPolicies: [],
      ...(resource && { resourcePolicy: resource }),
      request: {
        action: request.action,
        principal: request.principal.arn,
        resource: { resource: request.resource, accountId: HOME },
        contextVariables: Object.fromEntries(context),
      },
    },
    {},
  );
  if (result.resultType !== 'single' || result.result.ignoredContextKeys?.length)
    throw new Error(JSON.stringify(result));
  return result.overallResult;
}

/*
 * Where iam-simulate and AWS's documentation differ. The generators below keep clear of these, and of what AWS leaves open: ARN
 * patterns with fewer than six fields, several values without quantifier, a role without trust policy or a key without key policy.
 */
describe('unlike iam-simulate', () => {
  const met = (Condition: object, context: Context): Case => ({
    request: request({ context }),
    identity: [policy(statement({ Condition }))],
  });
  const old = { Statement: statement({ Condition: { StringEquals: { 'aws:username': '${aws:PrincipalTag/name}' } } }) };
  const allowing = (Resource: string, resource: string, context: Context = {}): Case => ({
    request: request({
      action: resource.includes(':logs:') ? 'logs:PutLogEvents' : 'sqs:SendMessage',
      resource,
      context,
    }),
    identity: [policy(statement({ Resource }))],
  });
  const everyone = policy(statement({ Principal: '*' }));
  const silent = policy(statement({ Action: 'ec2:RunInstances' }));
  const run = session('run');
  const denyingAllBut = (...AWS: string[]) => policy(statement({ Effect: 'Deny', NotPrincipal: { AWS } }));
  const arn = `arn:aws:sns:eu-west-1:${HOME}:alerts`;

  it.each<[rule: string, one: Case, decision: Decision, other: Decision]>([
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    [
      'variables before version 2012-10-17 are plain text',
      { request: request({ context: { 'aws:username': 'a', 'aws:PrincipalTag/name': 'a' } }), identity: [old] },
      'ImplicitlyDenied',
      'Allowed',
    ],
    [
      'the variables for special characters work in all text',
      met({ StringEquals: { 'aws:username': 'a${*}' } }, { 'aws:username': 'a*' }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'ARN operators take variables in every field',
      met(
        { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:${aws:PrincipalAccount}:*' } },
        { 'aws:SourceArn': arn, 'aws:PrincipalAccount': HOME },
      ),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'a variable may be all of a resource',
      allowing(`arn:aws:sqs:eu-west-1:${HOME}:\${aws:username}`, `arn:aws:sqs:eu-west-1:${HOME}:jobs`, {
        'aws:username': 'jobs',
      }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'a variable without value makes a statement void, whatever stands around it',
      {
        request: request(),
        identity: [policy({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:sqs:*:*:a/${aws:username}' })],
      },
      'ImplicitlyDenied',
      'Allowed',
    ],
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    [
      'dates may be seconds since 1970',
      met({ DateEquals: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }, { 'aws:CurrentTime': '1767225600' }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'dates may be years',
      met({ DateEquals: { 'aws:CurrentTime': '2026' } }, { 'aws:CurrentTime': '2026-01-01T00:00:00Z' }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'ranges may be all of the internet',
      met({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }, { 'aws:SourceIp': '203.0.113.7' }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'addresses of IPv6 have several notations',
      met({ IpAddress: { 'aws:SourceIp': '2001:db8::1' } }, { 'aws:SourceIp': '2001:db8:0::1' }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'one address excludes none of the other family',
      met({ NotIpAddress: { 'aws:SourceIp': '203.0.113.7' } }, { 'aws:SourceIp': '2001:db8::1' }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'IfExists makes a condition true without the key, with any quantifier',
      met({ 'ForAnyValue:StringEqualsIfExists': { 'aws:TagKeys': 'a' } }, {}),
      'Allowed',
      'ImplicitlyDenied',
    ],
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    [
      'an empty text is the empty set for ForAllValues',
      met({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, { 'aws:TagKeys': [''] }),
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'an empty text is the empty set for ForAnyValue',
      met({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 'a' } }, { 'aws:TagKeys': [''] }),
      'ImplicitlyDenied',
      'Allowed',
    ],
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    [
      'a wildcard that ends a field goes on',
      allowing('arn:aws:logs:*:log-group:a:log-stream:b', `arn:aws:logs:eu-west-1:${HOME}:log-group:a:log-stream:b`),
      'Allowed',
      'ImplicitlyDenied',
    ],
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    [
      'an incomplete ARN is completed in NotResource, too',
      {
        request: request(),
        identity: [policy(statement(), { Effect: 'Deny', Action: '*', NotResource: 'arn:aws:sqs' })],
      },
      'ExplicitlyDenied',
      'Allowed',
    ],
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    [
      'the root user needs no policy',
      { request: request({ principal: root() }), identity: [] },
      'Allowed',
      'ImplicitlyDenied',
    ],
    [
      'a session policy does not limit what the resource grants the session',
      {
        request: request({ principal: run }),
        identity: [],
        session: silent,
        resource: policy(statement({ Principal: { AWS: run.arn } })),
      },
      'Allowed',
      'ImplicitlyDenied',
    ],
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
    [
      'a session policy does not limit what the resource grants everyone',
      { request: request({ principal: run }), identity: [], session: silent, resource: everyone },
      'Allowed',
      'ImplicitlyDenied',
    ],
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    [
      'NotPrincipal spares nobody without its account',
      { request: request(), identity: [policy(statement())], resource: denyingAllBut(user('ada').arn) },
      'ExplicitlyDenied',
      'Allowed',
    ],
    [
      'NotPrincipal spares not all of an account',
      { request: request(), identity: [policy(statement())], resource: denyingAllBut(HOME, user('bob').arn) },
      'ExplicitlyDenied',
      'Allowed',
    ],
  ])('%s', async (_rule, one, decision, other) => {
    expect(ours(one)).toBe(decision);
    expect(await theirs(one)).toBe(other); // when this fails, iam-simulate has changed and the generators may say more
  });
});

const pick = <T>(...items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);
const some = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
const rarely = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(item, { nil: undefined, freq: 2 });

/** A key with operators that suit it. */
interface Family {
  readonly key: string;
  readonly operators: readonly string[];
  readonly wanted: readonly (string | number | boolean)[];
  readonly actual: readonly string[];
}

const orders = (prefix: string) =>
  ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
    (name) => prefix + name,
  );
const TEXTS = [
  'StringEquals',
  'StringNotEquals',
  'StringLike',
  'StringNotLike',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
];
const REGIONS = ['eu-west-1', 'EU-WEST-1', 'eu-west-2', 'us-east-1', ''];

const FAMILIES: readonly Family[] = [
  { key: 'aws:RequestedRegion', operators: TEXTS, wanted: [...REGIONS, 'eu-*', '?u-west-?', '*'], actual: REGIONS },
  {
    key: 'aws:PrincipalTag/Region',
    operators: TEXTS,
    wanted: [
      ...REGIONS,
      '${aws:PrincipalTag/area}-1',
      "${aws:PrincipalTag/area, 'eu-west'}-2",
      '*${AWS:principaltag/AREA}*',
    ],
    actual: REGIONS,
  },
  {
    key: 'aws:MultiFactorAuthAge',
    operators: orders('Numeric'),
    wanted: ['1', 1, '10', '-1', 1.5, 'ten'],
    actual: ['1', '10', '1.50', '-1', '0', 'ten'],
  },
  {
    key: 'aws:CurrentTime',
    operators: orders('Date'),
    wanted: ['2026-01-01T00:00:00Z', '2026-01-01', '2026-01-01T01:00:00+01:00', '2026-06-01T12:00:00.500Z', 'today'],
    actual: ['2026-01-01T00:00:00Z', '2026-06-01T12:00:00.500Z', '2025-12-31T23:59:59Z'],
  },
  {
    key: 'aws:SecureTransport',
    operators: ['Bool'],
    wanted: ['true', 'false', true, false],
    actual: ['true', 'false'],
  },
  {
    key: 'aws:TokenIssueTime',
    operators: ['Null'],
    wanted: ['true', 'false', true, false],
    actual: ['2026-01-01T00:00:00Z'],
  },
  {
    key: 'aws:SourceIp',
    operators: ['IpAddress', 'NotIpAddress'],
    wanted: [
      '203.0.113.0/24',
      '203.0.113.7/32',
      '203.0.0.0/8',
      '10.0.0.0/8',
      '2001:db8::/32',
      '2001:db8:1::/48',
      '203.0.113.7/99',
    ],
    actual: ['203.0.113.7', '203.0.114.7', '10.255.255.255', '2001:db8::1', '2001:DB8:1::1'],
  },
  {
    key: 'aws:SourceArn',
    operators: ['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'],
    wanted: [
      'arn:aws:sns:*:*:*',
      `arn:aws:sns:eu-west-?:${HOME}:a*s`,
      'arn:aws:s3:::ledger',
      'arn:*:*:*:*:*',
      `arn:aws:sns:eu-west-1:${HOME}:*:sub`,
      `arn:aws:sns:eu*:${HOME}:\${aws:PrincipalTag/area, 'eu-west'}`,
    ],
    actual: [
      `arn:aws:sns:eu-west-1:${HOME}:alerts`,
      `arn:aws:sns:eu-west-1:${HOME}:alerts:sub`,
      `arn:aws:sns:eu-west-1:${HOME}:eu-west`,
      'arn:aws:s3:::ledger',
      'no-arn',
    ],
  },
];

const conditions: fc.Arbitrary<object> = fc
  .array(
    fc.oneof(
      ...FAMILIES.map(({ key, operators, wanted }) =>
        fc
          .tuple(pick(...operators), pick('', '', 'IfExists'), some(pick(...wanted)))
          .map(([operator, suffix, values]) => [operator === 'Null' ? operator : operator + suffix, { [key]: values }]),
      ),
      fc
        .tuple(pick('ForAllValues:', 'ForAnyValue:'), pick(...TEXTS), some(pick('Team', 'Stage', 'T*', '?eam')))
        .map(([quantifier, operator, values]) => [quantifier + operator, { 'aws:TagKeys': values }]),
    ),
    { minLength: 1, maxLength: 2 },
  )
  .map((list) => Object.fromEntries(list));

const contexts: fc.Arbitrary<Record<string, string | string[]>> = fc.record(
  {
    ...Object.fromEntries(FAMILIES.map(({ key, actual }) => [key, pick<string | string[]>(...actual)])),
    'aws:TagKeys': fc.array(pick('Team', 'team', 'Stage', 'Cost'), { maxLength: 3 }),
    'aws:PrincipalTag/year': pick('2026', '2025', '20*'),
    'aws:PrincipalTag/area': pick('eu-west', 'EU-WEST', '*'),
  },
  { requiredKeys: [] },
);

const SEED = 20261121;

async function agree(cases: fc.Arbitrary<Case>, numRuns: number): Promise<Record<Decision, number>> {
  const seen = { Allowed: 0, ExplicitlyDenied: 0, ImplicitlyDenied: 0 };
  const property = fc.asyncProperty(cases, async (one) => {
    const decision = await theirs(one);
    seen[decision] += 1;
    expect(ours(one)).toBe(decision);
  });
  await fc.assert(property, { seed: SEED, numRuns });
  return seen;
}

it('meets conditions like iam-simulate', async () => {
  const cases = fc
    .tuple(contexts, conditions)
    .map(([context, Condition]) => ({ request: request({ context }), identity: [policy(statement({ Condition }))] }));
  const { Allowed, ImplicitlyDenied } = await agree(cases, 600);
  expect(Math.min(Allowed, ImplicitlyDenied)).toBeGreaterThan(150); // the cases are about both
});

const CALLS: readonly (readonly [action: string, resource: string, service: string])[] = [
  ['s3:GetObject', 'arn:aws:s3:::ledger/2026/a:b.csv', 's3'],
  ['s3:PutObject', 'arn:aws:s3:::ledger/2026/a:b.csv', 's3'],
  ['s3:GetBucketPolicy', 'arn:aws:s3:::ledger', 's3'],
  ['sqs:SendMessage', `arn:aws:sqs:eu-west-1:${HOME}:jobs`, 'sqs'],
  ['logs:PutLogEvents', `arn:aws:logs:eu-west-1:${HOME}:log-group:/aws/x:log-stream:y`, 'logs'],
  ['kms:Decrypt', `arn:aws:kms:eu-west-1:${HOME}:key/11111111-2222-3333-4444-555555555555`, 'kms'],
  ['sts:AssumeRole', `arn:aws:iam::${HOME}:role/Healer`, 'iam'],
];
const ACTIONS = [
  '*',
  's3:*',
  'S3:getobject',
  's3:?etObject',
  's3:Get*',
  's3:*Object',
  'sqs:SendMessage',
  'logs:Put*Events',
  'kms:De*',
  'sts:AssumeRole',
  'sts:*',
];
const RESOURCES = [
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::ledger',
  'arn:aws:s3:::ledger/*',
  'arn:aws:s3:::ledger/*.csv',
  'arn:aws:s3:::led?er/????/a?b.csv',
  "arn:aws:s3:::ledger/${aws:PrincipalTag/month, '2026'}/*",
  'arn:aws:s3:::LEDGER/*',
  'arn:aws:sqs:*:*:jobs',
  `arn:aws:sqs:eu-*-1:${HOME}:j*`,
  `arn:aws:sqs:eu-west-1:${AWAY}:jobs`,
  'arn:aws:logs:*:*:log-group:*:log-stream:*',
  `arn:aws:logs:*:${HOME}:log-group:/aws/*`,
  `arn:aws:kms:*:${HOME}:key/*`,
  `arn:aws:iam::${HOME}:role/*`,
  'arn:aws:iam::*:role/Healer',
];
/** Not in `NotResource`, where a variable without value matters even in an ARN of another service. */
const RESOURCES_ONLY = ['arn:aws:s3:::ledger/${aws:PrincipalTag/year}/*'];
const IDENTITY_ONLY = ['arn:aws:sqs', 'arn:aws:sqs:*', 'arn:aws:s3'];

/** A session of a role without path: iam-simulate derives the role from the session's ARN. */
const sessionIn = (account: string): Principal => ({
  ...session('run', account),
  roleArn: `arn:aws:iam::${account}:role/Healer`,
});
const PRINCIPALS = [user('ada'), user('ada', AWAY), sessionIn(HOME), sessionIn(AWAY), service('events.amazonaws.com')];
const NAMES = PRINCIPALS.flatMap(({ kind, arn, roleArn }) => (kind === 'service' ? [] : [arn, roleArn ?? arn]));

/** Half of the time, only names of the one that asks. */
const named = (asking: Principal): fc.Arbitrary<object> => {
  const own = asking.kind === 'service' ? [] : [asking.arn, asking.roleArn ?? asking.arn, root(asking.account).arn];
  return fc
    .oneof(
      pick('*'),
      some(pick('*', HOME, root().arn, root(AWAY).arn, ...NAMES)).map((AWS) => ({ AWS })),
      some(pick('events.amazonaws.com', 'sns.amazonaws.com')).map((Service) => ({ Service })),
      ...own.map((AWS) => fc.constant({ AWS })),
    )
    .map((Principal) => ({ Principal }));
};

/** All that `NotPrincipal` must list to spare a principal: the one that asks, or one of another account. */
const spared = (asking: Principal): fc.Arbitrary<unknown> =>
  pick(...PRINCIPALS.filter((one) => one === asking || one.account !== asking.account)).map(
    ({ kind, account, arn, roleArn }) =>
      kind === 'service'
        ? { Service: arn }
        : { AWS: [arn, root(account).arn, ...(roleArn === undefined ? [] : [roleArn])] },
  );

/** Mostly names of one service, so that most statements have something to say about it. */
const near = (items: readonly string[], prefix: string): fc.Arbitrary<string | string[]> =>
  some(
    fc.oneof(
      { weight: 5, arbitrary: pick(...items.filter((item) => item === '*' || item.toLowerCase().includes(prefix))) },
      pick(...items),
    ),
  );

const either = (name: string, values: fc.Arbitrary<unknown>, others: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc.oneof(
    { weight: 4, arbitrary: values.map((value) => ({ [name]: value })) },
    others.map((value) => ({ [`Not${name}`]: value })),
  );

function statements(
  kind: PolicyKind | 'ceiling',
  [action, , service]: (typeof CALLS)[number],
  asking: Principal,
): fc.Arbitrary<object[]> {
  const isIdentity = kind === 'identity' || kind === 'ceiling';
  const actions = near(ACTIONS, `${action.split(':')[0]}:`);
  const resources = [...RESOURCES, ...RESOURCES_ONLY, ...(kind === 'identity' ? IDENTITY_ONLY : [])];
  const one = fc.record({
    effect: pick('Allow', 'Allow', 'Allow', 'Allow', 'Deny').map((Effect) => ({ Effect })),
    action: either('Action', actions, actions),
    resource:
      kind === 'trust'
        ? fc.constant({})
        : either('Resource', near(resources, `:${service}`), near(RESOURCES, `:${service}`)),
    principal: isIdentity
      ? fc.constant({})
      : kind === 'trust'
        ? named(asking)
        : fc.oneof(
            { weight: 6, arbitrary: named(asking) },
            spared(asking).map((NotPrincipal) => ({ Effect: 'Deny', NotPrincipal })),
          ),
    condition: rarely(conditions).map((Condition) => (Condition ? { Condition } : {})),
  });
  return fc.array(
    one.map(({ effect, action, resource, principal, condition }) => ({
      ...effect,
      ...action,
      ...resource,
      ...principal,
      ...condition,
    })),
    { minLength: 1, maxLength: 3 },
  );
}

/** Whether a resource's policy names a principal by its own ARN, or everyone. */
const namesDirectly = (document: object | undefined, { arn }: Principal): boolean =>
  /"Principal":("\*"|\{"AWS":("\*"|\[[^\]]*"\*"))/.test(JSON.stringify(document ?? {})) ||
  JSON.stringify(document ?? {}).includes(arn);

const wholeCases: fc.Arbitrary<Case> = fc
  .tuple(pick(...CALLS), pick(...PRINCIPALS), contexts)
  .chain(([call, principal, context]) => {
    const [action, resource, service] = call;
    const document = (kind: PolicyKind) => statements(kind, call, principal).map((list) => policy(...list));
    const ceiling = fc
      .tuple(statements('ceiling', call, principal), pick(true, true, false))
      .map(([list, open]) => policy(...list, ...(open ? [statement()] : [])));
    const none = fc.constant(undefined);
    const isService = principal.kind === 'service';
    const isGate = service === 'kms' || service === 'iam';
    return fc.record({
      request: fc.constant({ action, resource, principal, context }),
      identity: isService ? fc.constant([]) : fc.array(document('identity'), { maxLength: 2 }),
      boundary: isService ? none : rarely(ceiling),
      session: principal.kind === 'session' && service !== 'iam' ? rarely(ceiling) : none,
      serviceControl: isService ? none : rarely(fc.array(ceiling, { minLength: 1, maxLength: 2 })),
      resource: isGate
        ? document(service === 'iam' ? 'trust' : 'resource')
        : fc.option(document('resource'), { nil: undefined, freq: 4 }),
    });
  })
  .map((one) => (namesDirectly(one.resource, one.request.principal) ? { ...one, session: undefined } : one));

it('combines policies like iam-simulate', async () => {
  const seen = await agree(wholeCases, 1000);
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100); // the cases are about all
});
