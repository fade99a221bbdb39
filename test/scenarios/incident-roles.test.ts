import { EventBridgeClient, ListRuleNamesByTargetCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { DeleteRolePolicyCommand, GetRoleCommand, GetRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetQueueUrlCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ofInstance, TestFindings } from '../support/findings';
import { everyIncident } from '../support/incident-scene';
import { provesRole, type RoleProof } from '../support/role-proof';
import { TestTwin } from '../support/twin';

// What the workflow's own functions may do is what they do, in incidents of every kind. All roles are proven by one run.

let running: Promise<TestTwin> | undefined;
afterAll(async () => (await running)?.stop());

/** Begun by whichever proof comes first. */
function everythingDone(): Promise<TestTwin> {
  running ??= TestTwin.startWithConfig('enforce').then(async (twin) => {
    await everyIncident(twin);
    return twin;
  });
  return running;
}

const OWN = 'RES#111122223333#REGION#Suture::Incident#gd-0123456789abcdef';
const FENCED: RoleProof['fenced'] = [
  ['write the policy', 'dynamodb:PutItem', 'POLICY'],
  ['change the policy', 'dynamodb:UpdateItem', 'POLICY'],
  ['lift a pause', 'dynamodb:UpdateItem', 'PAUSE'],
  ['grant an exception', 'dynamodb:PutItem', 'EXCEPTIONS'],
  ['write about an instance', 'dynamodb:PutItem', 'RES#111122223333#REGION#AWS::EC2::Instance#i-0'],
  ['write about an incident of another Region', 'dynamodb:PutItem', OWN.replace('REGION', 'us-west-2')],
  ['write about an incident of another account', 'dynamodb:PutItem', OWN.replace('1111', '9999')],
  ['raise the budget of a remediation', 'dynamodb:UpdateItem', 'BUDGET#instance'],
  ['delete a record', 'dynamodb:DeleteItem', OWN],
];
/** What none of them may, which contain nothing and answer for nobody. */
const FORBIDDEN = [
  'iam:PassRole',
  'iam:PutRolePolicy',
  'lambda:InvokeFunction',
  'sts:AssumeRole',
  'states:SendTaskSuccess',
  'ec2:ModifyNetworkInterfaceAttribute',
  'ec2:TerminateInstances',
  's3:GetObject',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:PutBucketPolicy',
];
/** Nobody looks for what is pending here, and the ledger is written to by transactions. */
const BY_OTHERS = ['dynamodb:Query', 'dynamodb:UpdateItem'];

describe.each<{ role: string; bundle: string; own?: string; unreachable?: string[]; forbidden: string[] }>([
  {
    role: 'AssessIncidentRole',
    bundle: 'assess-incident',
    own: OWN,
    forbidden: ['sns:Publish', 'guardduty:ArchiveFindings', 'securityhub:BatchUpdateFindings', 'ec2:DescribeInstances'],
  },
  {
    role: 'PreserveEvidenceRole',
    bundle: 'preserve-evidence',
    own: OWN,
    forbidden: ['sns:Publish', 'ec2:DeleteSnapshot', 'ec2:ModifySnapshotAttribute', 'ec2:ModifyInstanceAttribute'],
  },
  {
    role: 'RequestApprovalRole',
    bundle: 'request-approval',
    own: OWN,
    forbidden: ['states:StartExecution', 'ec2:DescribeInstances', 'guardduty:GetFindings'],
  },
  {
    role: 'VerifyContainmentRole',
    bundle: 'verify-containment',
    unreachable: ['dynamodb:TransactWriteItems'], // it can only read
    forbidden: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'sns:Publish', 'ec2:CreateTags', 's3:PutObject'],
  },
  {
    role: 'UpdateFindingsRole',
    bundle: 'update-findings',
    own: OWN,
    forbidden: ['sns:Publish', 'guardduty:CreateFilter', 'guardduty:UpdateDetector', 'securityhub:BatchImportFindings'],
  },
  {
    role: 'CloseIncidentRole',
    bundle: 'close-incident',
    own: OWN,
    forbidden: ['guardduty:ArchiveFindings', 'securityhub:BatchUpdateFindings', 'states:StopExecution'],
  },
])('the role $role', ({ unreachable = [], forbidden, own, ...role }) => {
  provesRole({
    ...role,
    variant: 'enforce',
    unreachable: [...BY_OTHERS, ...unreachable],
    doEverything: async () => undefined,
    twin: everythingDone,
    fenced: [
      ...FENCED,
      ...(own === undefined ? ([['write about an incident', 'dynamodb:PutItem', OWN]] as const) : []),
    ],
    ...(own !== undefined && { own }),
    forbidden: [...FORBIDDEN, ...forbidden],
  });
});

describe('the role SecurityIncidentResponseRole', () => {
  provesRole({
    role: 'SecurityIncidentResponseRole',
    bundle: ['lambda:Invoke', 'sns:Publish'],
    // Step Functions writes the log, and traces. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    byItself: [
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
    variant: 'enforce',
    unreachable: [],
    doEverything: async () => undefined,
    twin: everythingDone,
    fenced: FENCED,
    forbidden: [
      ...FORBIDDEN.filter((action) => action !== 'lambda:InvokeFunction'),
      'dynamodb:PutItem',
      'logs:PutLogEvents',
    ],
  });

  it('may invoke and tell whom the definition names, and nobody else', async () => {
    const { sfn, twin } = await clients();
    const { definition = '' } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: machineOf(twin) }));
    const { Statement } = await permissionsOf('SecurityIncidentResponseRole');
    const of = (action: string) => Statement.filter(({ Action }) => [Action].flat().includes(action));
    const named = (key: string) =>
      [...new Set([...definition.matchAll(new RegExp(`"${key}":\\s*"([^"]+)"`, 'g'))].map(([, arn]) => arn))].sort();
    expect(of('lambda:InvokeFunction').map(({ Resource }) => [Resource].flat().sort())).toEqual([
      named('FunctionName'),
    ]);
    expect(of('sns:Publish').map(({ Resource }) => [Resource].flat())).toEqual([named('TopicArn')]);
  });

  it('is worn by this state machine alone', async () => {
    const { twin } = await clients();
    expect(await trustOf('SecurityIncidentResponseRole')).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'states.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: { 'aws:SourceAccount': '111122223333' },
          ArnLike: { 'aws:SourceArn': machineOf(twin) },
        },
      },
    ]);
  });
});

describe('the role SecurityIncidentStartRole', () => {
  it('may start the workflow, and is worn by EventBridge', async () => {
    const { twin } = await clients();
    const { Statement } = await permissionsOf('SecurityIncidentStartRole');
    expect(Statement).toEqual([
      { Sid: 'StartTheWorkflow', Effect: 'Allow', Action: 'states:StartExecution', Resource: machineOf(twin) },
    ]);
    expect(await trustOf('SecurityIncidentStartRole')).toMatchObject([
      { Principal: { Service: 'events.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
  });

  it('is needed by every rule that starts the workflow; without what it may, the event waits with the dead letters', async () => {
    const { twin, events, iam, findings } = await clients();
    const { RuleNames = [] } = await events.send(new ListRuleNamesByTargetCommand({ TargetArn: machineOf(twin) }));
    expect(RuleNames.length).toBeGreaterThan(8);
    for (const Rule of RuleNames) {
      const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule }));
      expect(Targets).toMatchObject([
        {
          RoleArn: expect.stringMatching(/:role\/SecurityIncidentStartRole$/),
          DeadLetterConfig: { Arn: expect.stringMatching(/:SutureDeadLetters$/) },
        },
      ]);
    }
    const before = (await findings.executions()).length;
    const start = { RoleName: 'SecurityIncidentStartRole', PolicyName: 'permissions' };
    await iam.send(new DeleteRolePolicyCommand(start));
    const told = await findings.guardDutyFinding(ofInstance('i-0abc1234def567890'));
    await findings.tell(told);
    await twin.advance(3700);
    expect(await findings.executions()).toHaveLength(before);
    expect(await deadLetters(twin)).toContainEqual(expect.stringContaining(told.id));
  });
});

async function clients() {
  const twin = await everythingDone();
  const findings = new TestFindings(twin);
  return {
    twin,
    findings,
    sfn: findings.sfn,
    iam: new IAMClient(twin.config),
    events: new EventBridgeClient(twin.config),
  };
}

const machineOf = ({ ready: { region, accountId } }: TestTwin) =>
  `arn:aws:states:${region}:${accountId}:stateMachine:SecurityIncidentResponse`;

type Policy = {
  readonly Statement: readonly { readonly Action: string | string[]; readonly Resource: string | string[] }[];
};

async function permissionsOf(RoleName: string): Promise<Policy> {
  const { iam } = await clients();
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'permissions' }));
  return JSON.parse(decodeURIComponent(PolicyDocument)) as Policy;
}

async function trustOf(RoleName: string): Promise<unknown> {
  const { iam } = await clients();
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  return (JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')) as { Statement: unknown }).Statement;
}

async function deadLetters({ config }: TestTwin): Promise<string[]> {
  const sqs = new SQSClient(config);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'SutureDeadLetters' }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body = '' }) => Body);
}
