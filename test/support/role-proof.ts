import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { instanceNeeds } from './instance-needs';
import type { Variant } from './stacks';
import { type Call, TestTwin } from './twin';

// A role allows what its bundle calls and nothing else. Shown from both ends: what the code can call (the SDK commands in the bundle)
// and did call (the journal) is allowed, and what is allowed was called. Judged by an evaluator that is not the twin's.

/** What is proven about a function's role. */
export interface RoleProof {
  readonly role: string;
  /** Directory below `functions/`; or the operations, of what has no bundle. */
  readonly bundle: string | readonly string[];
  /** Actions of the service that wears the role, without any call of ours. @default Lambda's */
  readonly byItself?: readonly string[];
  readonly variant: Variant;
  /** What the bundle can call, but the planner never asks for under these settings; so the role must not allow it. */
  readonly unreachable: readonly string[];
  /** Every path of the function. */
  doEverything(twin: TestTwin): Promise<void>;
  /** Where several roles are proven at once: a twin that somebody else stops. @default one of its own */
  twin?(): Promise<TestTwin>;
  /** What it must not be able to do, whatever the settings. */
  readonly forbidden: readonly string[];
  /** Ledger keys that are none of its business, `REGION` standing for the Region: `[what, action, key]`. */
  readonly fenced: readonly (readonly [string, string, string])[];
  /** Calls that it must not be able to make, although others of their kind are its business. */
  readonly refused?: readonly Need[];
  /** A key that is. Absent for what does without the ledger. */
  readonly own?: string;
}

/** IAM actions of operations whose names are not theirs. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'lambda:Invoke': ['lambda:InvokeFunction'],
  'dynamodb:TransactWriteItems': ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
  'ec2:ReplaceIamInstanceProfileAssociation': ['ec2:ReplaceIamInstanceProfileAssociation', 'iam:PassRole'],
  's3:ListBuckets': ['s3:ListAllMyBuckets'],
  's3:GetPublicAccessBlock': ['s3:GetBucketPublicAccessBlock'],
  's3:PutPublicAccessBlock': ['s3:PutBucketPublicAccessBlock'],
  's3:GetBucketEncryption': ['s3:GetEncryptionConfiguration'],
  's3:PutBucketEncryption': ['s3:PutEncryptionConfiguration'],
  'securityhub:GetFindingsV2': ['securityhub:GetFindings'],
  'securityhub:BatchUpdateFindingsV2': ['securityhub:BatchUpdateFindings'],
  'ec2:CreateSnapshots': ['ec2:CreateSnapshots', 'ec2:CreateTags'],
  's3control:GetPublicAccessBlock': ['s3:GetAccountPublicAccessBlock'],
  's3control:PutPublicAccessBlock': ['s3:PutAccountPublicAccessBlock'],
};
const actionsOf = (operation: string): readonly string[] => ACTIONS[operation] ?? [operation];

/** What the Lambda service does under the function's role, without any call in the bundle. */
const BY_LAMBDA_ITSELF = [
  'logs:CreateLogStream', // writes the log
  'logs:PutLogEvents',
  'sqs:SendMessage', // leaves what failed three times in the dead-letter queue
];

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

const list = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

/** The tests of a role under some settings. */
export function provesRole(proof: RoleProof): void {
  const { role, variant, unreachable, byItself = BY_LAMBDA_ITSELF } = proof;
  let twin: TestTwin;
  let reachable: readonly string[];
  let statements: readonly Statement[];
  let calls: readonly Call[];
  const allowing = () => statements.filter(({ Effect }) => Effect === 'Allow');
  const anyAllowed = (some: readonly object[], needs: readonly Need[]) => isAnyAllowed(role, some, needs);

  beforeAll(async () => {
    reachable = operationsOf(proof.bundle).filter((operation) => !unreachable.includes(operation));
    twin = (await proof.twin?.()) ?? (await TestTwin.startWithConfig(variant));
    const { PolicyDocument = '' } = await new IAMClient(twin.config).send(
      new GetRolePolicyCommand({ RoleName: role, PolicyName: 'permissions' }),
    );
    statements = (JSON.parse(decodeURIComponent(PolicyDocument)) as { Statement: Statement[] }).Statement;
    await proof.doEverything(twin);
    calls = (await twin.journal()).filter(({ principal }) => principal.includes(`/${role}/`));
  });
  afterAll(async () => {
    if (!proof.twin) await twin.stop();
  });

  it('allows every call that the bundle can make and the settings ask for', () => {
    const allowed = new Set(allowing().flatMap(({ Action }) => list(Action)));
    expect([...allowed].filter((action) => !byItself.includes(action)).sort()).toEqual(
      [...new Set(reachable.flatMap(actionsOf))].sort(),
    );
  });

  it('made every one of these calls, and none was denied', () => {
    const made = new Set(calls.map(({ service, operation }) => `${service}:${operation}`));
    expect([...made].sort()).toEqual([...reachable].sort());
    expect(calls.filter(({ error }) => error !== null && /AccessDenied|Unauthorized/.test(error))).toEqual([]);
  });

  it('has no statement, action or resource that no call needed', async () => {
    for (const { Sid, Action, Resource, Condition } of allowing()) {
      for (const action of list(Action).filter((one) => !byItself.includes(one))) {
        for (const resource of list(Resource)) {
          const alone = [{ Sid, Effect: 'Allow', Action: action, Resource: resource, ...(Condition && { Condition }) }];
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
      const fewer = allowing()
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

  it.each([...proof.fenced])('cannot %s', async (_case, action, key) => {
    expect(await anyAllowed(statements, [keyed(action, key)])).toBe(false);
  });

  const { own } = proof;
  if (own !== undefined)
    it('can write about its own resources, here', async () => {
      expect(await anyAllowed(statements, [keyed('dynamodb:PutItem', own)])).toBe(true);
    });

  it.each([...proof.forbidden])('may not call %s', async (action) => {
    expect(await anyAllowed(statements, [{ action, resource: '*', context: {} }])).toBe(false);
  });

  for (const need of proof.refused ?? [])
    it(`may not call ${need.action} on ${need.resource}`, async () => {
      expect(await anyAllowed(statements, [need])).toBe(false);
    });

  function keyed(action: string, key: string): Need {
    const { region } = twin.ready;
    return {
      action,
      resource: `arn:aws:dynamodb:${region}:111122223333:table/SutureLedger`,
      context: { 'dynamodb:LeadingKeys': [key.replace('REGION', region)] },
    };
  }
}

function operationsOf(bundle: RoleProof['bundle']): readonly string[] {
  if (typeof bundle !== 'string') return bundle;
  const file = join(__dirname, '..', '..', 'dist', 'functions', `${bundle}.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { operations: string[] }).operations;
}

/** Something that IAM must allow for a call. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string[]>>;
}

const keyOf = (item: unknown) => (item as { pk: { S: string } }).pk.S;

/** What calls need, by AWS's own table of actions and resources. @see https://docs.aws.amazon.com/service-authorization/latest/reference/ */
function needsOf(calls: readonly Call[]): Need[] {
  return calls.flatMap((call) => {
    const { service, operation, parameters, region, accountId } = call;
    const known = instanceNeeds(call);
    if (known) return known;
    const arn = (resource: string) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
    const one = (action: string, resource: string, keys?: string[]): Need => ({
      action,
      resource,
      context: keys ? { 'dynamodb:LeadingKeys': keys } : {},
    });
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
      case 'events:PutEvents':
        return (parameters.Entries as { Source: string; DetailType: string }[]).map(({ Source, DetailType }) => ({
          action: 'events:PutEvents',
          resource: arn('event-bus/default'),
          context: { 'events:source': [Source], 'events:detail-type': [DetailType] },
        }));
      case 'sns:Publish':
        return [one('sns:Publish', String(parameters.TopicArn))];
      case 'dynamodb:Query': {
        const [key] = Object.values(parameters.ExpressionAttributeValues as Record<string, { S: string }>);
        const index = `table/${String(parameters.TableName)}/index/${String(parameters.IndexName)}`;
        return [one('dynamodb:Query', arn(index), [key?.S ?? ''])];
      }
      case 'lambda:Invoke': {
        const name = String(parameters.FunctionName);
        return [one('lambda:InvokeFunction', name.startsWith('arn:') ? name : arn(`function:${name}`))];
      }
      case 'states:StartExecution':
      case 'states:DescribeExecution':
        return [one(`${service}:${operation}`, String(parameters.stateMachineArn ?? parameters.executionArn))];
      case 'securityhub:GetFindings':
      case 'securityhub:BatchUpdateFindings':
        return [one(`${service}:${operation}`, arn('hub/default'))];
      case 'securityhub:GetFindingsV2':
      case 'securityhub:BatchUpdateFindingsV2':
        return [one(`${service}:${operation.replace('V2', '')}`, arn('hubv2/0a1b2c3d-0000-4444-8888-0123456789ab'))];
      case 'ec2:GetConsoleOutput':
      case 'ec2:DescribeInstanceAttribute':
        return [one(`ec2:${operation}`, arn(`instance/${String(parameters.InstanceId)}`))];
      case 'ec2:CreateSnapshots': {
        const { InstanceId = '' } = parameters.InstanceSpecification as { InstanceId?: string };
        const snapshot = `arn:aws:ec2:${region}::snapshot/snap-0`;
        const touched = [arn(`instance/${InstanceId}`), arn('volume/vol-0'), snapshot];
        const context = { 'ec2:CreateAction': [operation] };
        return [
          ...touched.map((resource) => one('ec2:CreateSnapshots', resource)),
          { action: 'ec2:CreateTags', resource: snapshot, context },
        ];
      }
      case 's3:PutObject':
        return [one('s3:PutObject', `arn:aws:s3:::${String(parameters.Bucket)}/${String(parameters.Key)}`)];
      case 'iam:GetInstanceProfile': {
        const name = String(parameters.InstanceProfileName);
        return [one('iam:GetInstanceProfile', `arn:aws:iam::${accountId}:instance-profile/${name}`)];
      }
      case 's3:ListBuckets':
        return [one('s3:ListAllMyBuckets', '*')];
      case 's3control:GetPublicAccessBlock':
      case 's3control:PutPublicAccessBlock':
        return actionsOf(`${service}:${operation}`).map((action) => one(action, '*'));
      default:
        // IAM knows no Regions.
        if (service === 'iam') {
          const { UserName, RoleName } = parameters;
          const resource = RoleName === undefined ? `user/${String(UserName)}` : `role/${String(RoleName)}`;
          return [one(`iam:${operation}`, `arn:aws:iam::${accountId}:${resource}`)];
        }
        // S3 names no Region and no account in the ARNs of buckets; whose they are stands in the context.
        if (service === 's3')
          return actionsOf(`s3:${operation}`).map((action) => ({
            action,
            resource: `arn:aws:s3:::${String(parameters.Bucket)}`,
            context: { 'aws:ResourceAccount': [accountId] },
          }));
        return [one(`${service}:${operation}`, '*')];
    }
  });
}

async function isAnyAllowed(role: string, statements: readonly object[], needs: readonly Need[]): Promise<boolean> {
  const distinct = [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()];
  for (const { action, resource, context } of distinct) {
    const result = await runSimulation(
      {
        identityPolicies: [
          {
            name: 'role',
            policy: {
              Version: '2012-10-17',
              Statement: [...statements],
            },
          },
        ],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        request: {
          action,
          resource: { resource, accountId: '111122223333' },
          principal: `arn:aws:iam::111122223333:role/${role}`,
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
