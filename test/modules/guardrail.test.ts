import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '../../functions/core/errors';
import { parseSettings } from '../../functions/core/settings';
import { synthesize } from '../../main';
import { names } from '../../modules/names';
import { partNames } from '../../modules/part-names';
import { authorize } from '../../twin/iam/authorize';
import { type PolicyDocument, parsePolicy } from '../../twin/iam/policy';
import { Stack } from '../support/stacks';

const ACCOUNT = '444455556666';
const targets = ['ou-ab12-cdefgh12', '111122223333'];
const asked = { guardrail: { targets }, deployers: { roles: ['Deployer', 'Pipeline'] } };

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'guardrail-'));
});
afterAll(() => rmSync(out, { recursive: true }));

let made = 0;
/** The guardrail's stack of some settings. */
function guardrail(settings: object): Stack {
  const directory = join(out, String(made++));
  synthesize({ ...asked, ...settings }, directory);
  return new Stack({ directory: join(directory, 'stacks', 'suture-guardrail') });
}

const contents = (stack: Stack): string[] =>
  Object.values(stack.all('aws_organizations_policy')).map(({ content }) =>
    // The longest that there is.
    String(content).replaceAll('${data.aws_partition.partition.partition}', 'aws-us-gov'),
  );

const parts = (settings: object) => partNames(names(parseSettings(settings).prefix), parseSettings(settings));

type Who = Parameters<typeof authorize>[1]['principal'];
const session = (role: string, path = ''): Who => ({
  kind: 'session',
  arn: `arn:aws-us-gov:sts::${ACCOUNT}:assumed-role/${role}/x`,
  roleArn: `arn:aws-us-gov:iam::${ACCOUNT}:role/${path}${role}`,
  account: ACCOUNT,
});
const administrator = session('Admin');

const everything = parsePolicy({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
const read = new Map<Stack, PolicyDocument[]>();

/** Whether an administrator, or somebody else who is allowed everything else, may do something under the policies. */
function may(stack: Stack, action: string, resource: string, principal: Who = administrator): boolean {
  const policies = read.get(stack) ?? contents(stack).map((content) => parsePolicy(content));
  read.set(stack, policies);
  const context = { 'aws:PrincipalArn': principal.roleArn ?? principal.arn };
  const resourceArn = resource === '*' ? resource : `arn:aws-us-gov:${resource}`;
  return authorize(
    { identity: [everything], serviceControl: [[everything, ...policies]] },
    { action, resource: resourceArn, principal, context },
    { resourceAccount: ACCOUNT },
  ).allowed;
}

const at = (service: string, resource: string) => `${service}:eu-west-1:${ACCOUNT}:${resource}`;
const anyOf = (name: string) => name.replace(/\*$/, '111122223333-eu-west-1');

/** For each kind of part: how somebody would take it away. */
const removals: Readonly<Record<string, (name: string) => readonly [action: string, resource: string]>> = {
  trail: (name) => ['cloudtrail:StopLogging', at('cloudtrail', `trail/${name}`)],
  rule: (name) => ['events:DisableRule', at('events', `rule/${name}`)],
  connection: (name) => ['events:DeauthorizeConnection', at('events', `connection/${name}/0d0f`)],
  'api-destination': (name) => ['events:UpdateApiDestination', at('events', `api-destination/${name}/0d0f`)],
  'chat-channel': (name) => [
    'chatbot:UpdateSlackChannelConfiguration',
    `chatbot::${ACCOUNT}:chat-configuration/slack-channel/${name}`,
  ],
  function: (name) => ['lambda:UpdateFunctionCode', at('lambda', `function:${name}`)],
  role: (name) => ['iam:PutRolePolicy', `iam::${ACCOUNT}:role/${name}`],
  table: (name) => ['dynamodb:DeleteTable', at('dynamodb', `table/${name}`)],
  topic: (name) => ['sns:DeleteTopic', at('sns', name)],
  queue: (name) => ['sqs:PurgeQueue', at('sqs', name)],
  'state-machine': (name) => ['states:UpdateStateMachine', at('states', `stateMachine:${name}`)],
  bucket: (name) => ['s3:DeleteBucketPolicy', `s3:::${name}`],
  'log-group': (name) => ['logs:DeleteLogGroup', at('logs', `log-group:${name}:*`)],
  alarm: (name) => ['cloudwatch:DeleteAlarms', at('cloudwatch', `alarm:${name}`)],
};

describe.each([{}, { prefix: 'abcdefghijklmnopqrs-', region: 'eu-west-1' }])('with the settings %j', (settings) => {
  const every = Object.entries(parts(settings)).flatMap(([kind, of]) => of.map((name) => [kind, anyOf(name)] as const));

  it('forbids everybody but the deployers to change any part', () => {
    const stack = guardrail(settings);
    // Config's rules have ARNs of ids that AWS gives them.
    for (const [kind, name] of every.filter(([one]) => one !== 'config-rule')) {
      const [action, resource] = removals[kind]?.(name) ?? ['unknown', kind];
      expect([resource, may(stack, action, resource)]).toEqual([resource, false]);
      expect([resource, may(stack, action, resource, session('Deployer'))]).toEqual([resource, true]);
      expect([resource, may(stack, action, resource, session('Pipeline', 'ci/'))]).toEqual([resource, true]);
    }
  });

  it('is short enough, and attached to each target', () => {
    const stack = guardrail(settings);
    const policies = Object.entries(stack.all('aws_organizations_policy'));
    expect(contents(stack).filter((content) => content.length > 5120 || /\s"|"\s/.test(content))).toEqual([]);
    expect(policies.map(([, { type }]) => type)).toEqual(policies.map(() => 'SERVICE_CONTROL_POLICY'));
    const attachments = Object.values(stack.all('aws_organizations_policy_attachment'));
    expect(attachments.map(({ policy_id, target_id }) => `${policy_id} ${target_id}`).sort()).toEqual(
      policies.flatMap(([address]) => targets.map((target) => `\${${address}.id} ${target}`)).sort(),
    );
    expect(stack.json.resource).toEqual({
      aws_organizations_policy: expect.anything(),
      aws_organizations_policy_attachment: expect.anything(),
    });
  });
});

describe('it', () => {
  let stack: Stack;
  beforeAll(() => {
    stack = guardrail({});
  });

  it.each<[string, string]>([
    ['iam:PutRolePolicy', `iam::${ACCOUNT}:role/Theirs`],
    ['iam:PutRolePolicy', `iam::${ACCOUNT}:role/team-b-AwsConfigRole`],
    ['iam:GetRole', `iam::${ACCOUNT}:role/AwsConfigRole`],
    ['lambda:InvokeFunction', at('lambda', 'function:SecurityGroupSelfHeal')],
    ['lambda:UpdateFunctionCode', at('lambda', 'function:Theirs')],
    ['events:PutRule', at('events', 'rule/Theirs')],
    ['events:PutEvents', at('events', 'event-bus/default')],
    ['dynamodb:PutItem', at('dynamodb', 'table/SutureLedger')],
    ['sqs:DeleteMessage', at('sqs', 'SutureDeadLetters')],
    ['s3:PutObject', `s3:::suture-evidence-${ACCOUNT}-eu-west-1/incident`],
    ['s3:PutBucketPublicAccessBlock', 's3:::theirs'],
    ['config:PutEvaluations', '*'],
    ['guardduty:ArchiveFindings', at('guardduty', 'detector/12ab')],
    ['ec2:RevokeSecurityGroupIngress', at('ec2', 'security-group/sg-0abc')],
  ])('lets everybody go on with %s of %s', (action, resource) => {
    expect(may(stack, action, resource)).toBe(true);
  });

  it.each<[string, string]>([
    ['config:StopConfigurationRecorder', '*'],
    ['guardduty:DeleteDetector', at('guardduty', 'detector/12ab')],
    ['securityhub:DisableSecurityHub', at('securityhub', 'hub/default')],
    ['s3:DeleteObjectVersion', `s3:::suture-evidence-${ACCOUNT}-eu-west-1/incident`],
    ['states:StopExecution', at('states', 'execution:SecurityIncidentResponse:one')],
    ['lambda:AddPermission', at('lambda', 'function:SecurityGroupSelfHeal:1')],
    // Or whoever may make roles would be a deployer.
    ['iam:CreateRole', `iam::${ACCOUNT}:role/Deployer`],
    ['iam:UpdateAssumeRolePolicy', `iam::${ACCOUNT}:role/ci/Pipeline`],
  ])('forbids %s of %s', (action, resource) => {
    expect(may(stack, action, resource)).toBe(false);
    expect(may(stack, action, resource, session('Deployer'))).toBe(true);
  });

  it.each<[string, Who]>([
    ['the root user', { kind: 'root', arn: `arn:aws-us-gov:iam::${ACCOUNT}:root`, account: ACCOUNT }],
    [
      'a user called like a deployer',
      { kind: 'user', arn: `arn:aws-us-gov:iam::${ACCOUNT}:user/Deployer`, account: ACCOUNT },
    ],
    ['a role whose name ends like a deployer’s', session('NotADeployer')],
    ["one of Suture's own", session('SecurityGroupSelfHeal')],
  ])('binds %s', (_who, principal) => {
    expect(may(stack, 'events:DisableRule', at('events', 'rule/S3BucketPeriodicCheck'), principal)).toBe(false);
  });

  it('leaves alone what Suture did not make', () => {
    const existing = { trail: 'existing', recorder: 'existing', detector: 'existing', securityHub: 'existing' };
    const other = guardrail({ foundation: existing });
    expect(may(other, 'cloudtrail:StopLogging', at('cloudtrail', 'trail/acme'))).toBe(true);
    expect(may(other, 'config:StopConfigurationRecorder', '*')).toBe(true);
    expect(may(other, 'guardduty:DeleteDetector', at('guardduty', 'detector/12ab'))).toBe(true);
    expect(may(other, 'events:DisableRule', at('events', 'rule/S3BucketPeriodicCheck'))).toBe(false);
  });

  it('keeps its state apart from that of the other stack', () => {
    const backend = (settings: object) => (guardrail(settings).json.terraform as { backend: unknown }).backend;
    const elsewhere = { s3: { bucket: 'state', key: 'suture' } };
    expect(backend({ backend: elsewhere })).toEqual({ local: { path: '../../../terraform.suture-guardrail.tfstate' } });
    const own = { s3: { bucket: 'state', key: 'guardrail' } };
    expect(backend({ backend: elsewhere, guardrail: { targets, backend: own } })).toEqual(own);
  });
});

it('is not made unless the settings ask for it', () => {
  synthesize({ deployers: { roles: ['Deployer'] } }, join(out, 'none'));
  expect(existsSync(join(out, 'none', 'stacks', 'suture'))).toBe(true);
  expect(existsSync(join(out, 'none', 'stacks', 'suture-guardrail'))).toBe(false);
});

it('is refused if more deployers are named than policies can hold', () => {
  const roles = Array.from({ length: 60 }, (_, index) => `Deployer-with-a-long-name-${index}`);
  expect(() => synthesize({ ...asked, deployers: { roles } }, join(out, 'many'))).toThrow(ConfigurationError);
});
