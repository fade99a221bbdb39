import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateManagedPrefixListCommand, ModifyManagedPrefixListCommand } from '@aws-sdk/client-ec2';
import { GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { marshall } from '@aws-sdk/util-dynamodb';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Variant } from '../support/stacks';
import { type Call, TestTwin, tcp } from '../support/twin';

// The role allows what the bundle calls and nothing else. Shown from both ends: what the code can call (the SDK commands in the bundle)
// and did call (the journal) is allowed, and what is allowed was called. Judged by an evaluator that is not the twin's.

const ROLE = 'AwsConfigLambdaSGRole';
const bundle: { operations: string[] } = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'dist', 'functions', 'remediate-security-group.json'), 'utf8'),
);

/** IAM actions of operations whose names are not theirs. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'lambda:Invoke': ['lambda:InvokeFunction'],
  'dynamodb:TransactWriteItems': ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
};
const actionsOf = (operation: string): readonly string[] => ACTIONS[operation] ?? [operation];

/** What the Lambda service does under the function's role, without any call in the bundle. */
const BY_LAMBDA_ITSELF = [
  'logs:CreateLogStream', // writes the log
  'logs:PutLogEvents',
  'sqs:SendMessage', // leaves what failed three times in the dead-letter queue
];

/** What the bundle can call, but the planner never asks for under these settings; so the role must not allow it. */
const UNREACHABLE: Partial<Record<Variant, readonly string[]>> = {
  enforce: ['ec2:AuthorizeSecurityGroupIngress'], // only with keepAllowedPorts
};

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

const list = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

describe.each(['enforce', 'narrow'] as const)('with the settings "%s"', (variant) => {
  let twin: TestTwin;
  let statements: readonly Statement[];
  let calls: readonly Call[];

  beforeAll(async () => {
    twin = await TestTwin.startWithConfig(variant);
    const { PolicyDocument = '' } = await new IAMClient(twin.config).send(
      new GetRolePolicyCommand({ RoleName: ROLE, PolicyName: 'permissions' }),
    );
    statements = (JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: Statement[] }).Statement;
    await doEverything(twin);
    calls = await twin.calls();
  });
  afterAll(() => twin.stop());

  it('allows every call that the bundle can make and the settings ask for', () => {
    const allowed = statements.flatMap(({ Action }) => list(Action));
    const reachable = bundle.operations
      .filter((operation) => !UNREACHABLE[variant]?.includes(operation))
      .flatMap(actionsOf);
    expect([...allowed].filter((action) => !BY_LAMBDA_ITSELF.includes(action)).sort()).toEqual(
      [...new Set(reachable)].sort(),
    );
  });

  it('made every one of these calls, and none was denied', () => {
    const made = new Set(calls.map(({ service, operation }) => `${service}:${operation}`));
    expect([...made].sort()).toEqual(
      bundle.operations.filter((operation) => !UNREACHABLE[variant]?.includes(operation)).sort(),
    );
    expect(calls.filter(({ error }) => error !== null && /AccessDenied|Unauthorized/.test(error))).toEqual([]);
  });

  it('has no statement, action or resource that no call needed', async () => {
    for (const { Sid, Action, Resource, Condition } of statements) {
      for (const action of list(Action).filter((one) => !BY_LAMBDA_ITSELF.includes(one))) {
        for (const resource of list(Resource)) {
          const alone: Statement[] = [{ Sid, Action: action, Resource: resource, ...(Condition && { Condition }) }];
          const used = await anyAllowed(
            alone,
            needsOf(calls).filter((need) => need.action === action),
          );
          expect({ Sid, action, resource, used }).toEqual({ Sid, action, resource, used: true });
        }
      }
    }
  });

  it('was needed for every call: with one action less, some call is denied', async () => {
    const needs = needsOf(calls);
    for (const without of new Set(needs.map(({ action }) => action))) {
      const fewer = statements
        .map((statement) => ({ ...statement, Action: list(statement.Action).filter((action) => action !== without) }))
        .filter(({ Action }) => Action.length > 0);
      expect(
        await anyAllowed(
          fewer,
          needs.filter(({ action }) => action === without),
        ),
      ).toBe(false);
    }
  });

  it.each([
    ['write the policy', 'dynamodb:PutItem', 'POLICY'],
    ['change the policy', 'dynamodb:UpdateItem', 'POLICY'],
    ['lift a pause', 'dynamodb:UpdateItem', 'PAUSE'],
    ['grant itself an exception', 'dynamodb:PutItem', 'EXCEPTIONS'],
    ['write about a bucket', 'dynamodb:PutItem', 'RES#111122223333#REGION#AWS::S3::Bucket#b'],
    ['write about another account', 'dynamodb:PutItem', 'RES#444455556666#REGION#AWS::EC2::SecurityGroup#sg-1'],
    ['spend the budget of another remediation', 'dynamodb:UpdateItem', 'BUDGET#bucket'],
    ['find what another remediation has pending', 'dynamodb:Query', 'bucket'],
    ['read about a bucket', 'dynamodb:BatchGetItem', 'RES#111122223333#REGION#AWS::S3::Bucket#b'],
    ['delete a receipt', 'dynamodb:DeleteItem', 'RES#111122223333#REGION#AWS::EC2::SecurityGroup#sg-1'],
  ])('cannot %s', async (_case, action, key) => {
    const { region } = twin.ready;
    const fence = {
      action,
      resource: `arn:aws:dynamodb:${region}:111122223333:table/SutureLedger`,
      context: { 'dynamodb:LeadingKeys': [key.replace('REGION', region)] },
    };
    expect(await anyAllowed(statements, [fence])).toBe(false);
  });

  it('can write about its own groups, here', async () => {
    const { region } = twin.ready;
    const own = {
      action: 'dynamodb:PutItem',
      resource: `arn:aws:dynamodb:${region}:111122223333:table/SutureLedger`,
      context: { 'dynamodb:LeadingKeys': [`RES#111122223333#${region}#AWS::EC2::SecurityGroup#sg-1`] },
    };
    expect(await anyAllowed(statements, [own])).toBe(true);
  });

  it.each([
    'ec2:RevokeSecurityGroupEgress',
    'ec2:DeleteSecurityGroup',
    'ec2:ModifySecurityGroupRules',
    'ec2:AuthorizeSecurityGroupEgress',
    'iam:PassRole',
    'sts:AssumeRole',
  ])('may not call %s', async (action) => {
    expect(await anyAllowed(statements, [{ action, resource: '*', context: {} }])).toBe(false);
  });
});

/** Something that IAM must allow for a call. */
interface Need {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string[]>>;
}

/** What calls need, by AWS's own table of actions and resources. @see https://docs.aws.amazon.com/service-authorization/latest/reference/ */
function needsOf(calls: readonly Call[]): Need[] {
  return calls.flatMap(({ service, operation, parameters, region, accountId }) => {
    const arn = (resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
    const one = (action: string, resource: string, keys?: string[]): Need => ({
      action,
      resource,
      context: keys ? { 'dynamodb:LeadingKeys': keys } : {},
    });
    const keyOf = (item: unknown) => (item as { pk: { S: string } }).pk.S;
    switch (`${service}:${operation}`) {
      case 'ec2:RevokeSecurityGroupIngress':
      case 'ec2:AuthorizeSecurityGroupIngress':
        return [one(`ec2:${operation}`, arn(`security-group/${String(parameters.GroupId)}`))];
      case 'ec2:GetManagedPrefixListEntries':
        return [one(`ec2:${operation}`, arn(`prefix-list/${String(parameters.PrefixListId)}`))];
      case 'dynamodb:BatchGetItem':
        return Object.entries(parameters.RequestItems as Record<string, { Keys: unknown[] }>).map(([table, { Keys }]) =>
          one('dynamodb:BatchGetItem', arn(`table/${table}`), Keys.map(keyOf)),
        );
      case 'dynamodb:UpdateItem':
        return [one('dynamodb:UpdateItem', arn(`table/${String(parameters.TableName)}`), [keyOf(parameters.Key)])];
      case 'dynamodb:TransactWriteItems':
        return (
          parameters.TransactItems as Record<
            'Put' | 'Update',
            { TableName: string; Item: unknown; Key: unknown } | undefined
          >[]
        ).flatMap(({ Put, Update }) => [
          ...(Put ? [one('dynamodb:PutItem', arn(`table/${Put.TableName}`), [keyOf(Put.Item)])] : []),
          ...(Update ? [one('dynamodb:UpdateItem', arn(`table/${Update.TableName}`), [keyOf(Update.Key)])] : []),
        ]);
      case 'sns:Publish':
        return [one('sns:Publish', String(parameters.TopicArn))];
      case 'dynamodb:Query': {
        const [key] = Object.values(parameters.ExpressionAttributeValues as Record<string, { S: string }>);
        const index = `table/${String(parameters.TableName)}/index/${String(parameters.IndexName)}`;
        return [one('dynamodb:Query', arn(index), [key?.S ?? ''])];
      }
      case 'lambda:Invoke':
        return [one('lambda:InvokeFunction', arn(`function:${String(parameters.FunctionName)}`))];
      default:
        return [one(`${service}:${operation}`, '*')];
    }
  });
}

async function anyAllowed(statements: readonly object[], needs: readonly Need[]): Promise<boolean> {
  const distinct = [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
  for (const { action, resource, context } of distinct) {
    const result = await runSimulation(
      {
        identityPolicies: [
          {
            name: 'role',
            policy: {
              Version: '2012-10-17',
              Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
            },
          },
        ],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        request: {
          action,
          resource: { resource, accountId: '111122223333' },
          principal: `arn:aws:iam::111122223333:role/${ROLE}`,
          contextVariables: context,
        },
      },
      {},
    );
    if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors));
    if (result.overallResult === 'Allowed') return true;
  }
  return false;
}

async function invoke(twin: TestTwin, input: object): Promise<void> {
  const { FunctionError, Payload } = await new LambdaClient(twin.config).send(
    new InvokeCommand({ FunctionName: 'SecurityGroupSelfHeal', Payload: Buffer.from(JSON.stringify(input)) }),
  );
  if (FunctionError) throw new Error(new TextDecoder().decode(Payload));
  await twin.settle();
}

const oversized = ({ ready: { region, accountId } }: TestTwin, resourceId: string) => ({
  invokingEvent: JSON.stringify({
    messageType: 'OversizedConfigurationItemChangeNotification',
    configurationItemSummary: {
      resourceType: 'AWS::EC2::SecurityGroup',
      resourceId,
      configurationItemStatus: 'OK',
      configurationItemCaptureTime: new Date().toISOString(),
      awsRegion: region,
    },
  }),
  resultToken: 'TESTMODE',
  configRuleName: 'SecurityGroupIngressPolicy',
  configRuleArn: `arn:aws:config:${region}:${accountId}:config-rule/config-rule-a1b2c3`,
  accountId,
});

/** Every path of the function: a fix, a join, a list, a message. */
async function doEverything(twin: TestTwin): Promise<void> {
  const groupId = await twin.makeGroup();
  const { PrefixList: { PrefixListId = '' } = {} } = await twin.ec2.send(
    new CreateManagedPrefixListCommand({ PrefixListName: 'l', AddressFamily: 'IPv4', MaxEntries: 55 }),
  );
  await twin.advance(1);
  await twin.authorize(groupId, { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, PrefixListIds: [{ PrefixListId }] });
  await twin.settle();
  await twin.ec2.send(
    new ModifyManagedPrefixListCommand({ PrefixListId, CurrentVersion: 1, AddEntries: [{ Cidr: '0.0.0.0/0' }] }),
  );
  await twin.settle();
  await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', delayMs: 400, principal: ROLE });
  await twin.authorize(groupId, tcp([0, 500]));
  await twin.authorize(groupId, tcp(993));
  await twin.settle();
  await invoke(twin, { sweep: {} });
  // An item too large for its event is read from Config.
  await invoke(twin, oversized(twin, groupId));
  // Somebody must be told: the hour's budget is used up.
  const { now } = await twin.control<{ now: string }>('GET', '/health');
  await twin.dynamodb.send(
    new PutItemCommand({
      TableName: 'SutureLedger',
      Item: marshall({ pk: 'BUDGET#security-group', sk: 'CURRENT', window: now.slice(0, 13), used: 100 }),
    }),
  );
  await twin.authorize(groupId, tcp(465));
  await twin.settle();
}
