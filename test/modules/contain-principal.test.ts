import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { TerraformStack, Testing } from 'cdktf';
import { Account } from '../../modules/account';
import { ContainPrincipal } from '../../modules/contain-principal';
import { DeadLetters } from '../../modules/dead-letters';
import { LedgerTable } from '../../modules/ledger-table';
import { names, roleNames } from '../../modules/names';
import { policy } from '../support/policy';
import { parsed } from '../support/stacks';

/** The statements of the function's role, under some settings. */
function statementsUnder(settings: object) {
  const stack = new TerraformStack(Testing.app(), 'test');
  const table = names('');
  const account = new Account(stack, 'account');
  const obeyed = policy(settings);
  new ContainPrincipal(stack, 'contain', {
    names: table,
    account,
    policy: obeyed,
    ledger: new LedgerTable(stack, 'ledger', { tableName: table.ledgerTable, account, policy: obeyed }),
    logGroup: new CloudwatchLogGroup(stack, 'log', { name: table.remediationLogGroup }),
    deadLetters: new DeadLetters(stack, 'dead-letters', {
      queueName: table.deadLetterQueue,
      alarmName: table.alarms.deadLetters,
      account,
      ruleNames: [],
      alertTopicArn: 'arn:aws:sns:eu-west-1:111122223333:SutureAlerts',
    }),
    runtime: 'nodejs24.x',
    metricNamespace: table.metricNamespace,
  });
  const { resource } = JSON.parse(Testing.synth(stack)) as {
    resource: Record<string, Record<string, Record<string, unknown>>>;
  };
  const [own] = Object.values(resource.aws_iam_role_policy ?? {});
  return { statements: parsed(own?.policy).Statement, resource };
}

const ofServices = (statements: readonly Record<string, unknown>[], ...services: readonly string[]) =>
  statements.filter(({ Action }) => services.some((service) => JSON.stringify(Action).includes(`"${service}:`)));
const iam = (resource: string) => `arn:<partition>:iam::<account_id>:${resource}`;

describe('the role', () => {
  it('may read users, roles and who wears them, and change a key and two inline policies', () => {
    const { statements } = statementsUnder({});
    expect(ofServices(statements, 'iam', 'ec2').filter(({ Effect }) => Effect === 'Allow')).toEqual([
      {
        Sid: 'ReadUsers',
        Effect: 'Allow',
        Action: ['iam:GetLoginProfile', 'iam:GetUser', 'iam:GetUserPolicy', 'iam:ListAccessKeys'],
        Resource: iam('user/*'),
      },
      {
        Sid: 'ReadRoles',
        Effect: 'Allow',
        Action: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListInstanceProfilesForRole'],
        Resource: iam('role/*'),
      },
      {
        Sid: 'FindWhoWearsARole',
        Effect: 'Allow',
        Action: ['ec2:DescribeInstances', 'ec2:DescribeRegions'],
        Resource: '*',
      },
      {
        Sid: 'ContainUsers',
        Effect: 'Allow',
        Action: ['iam:PutUserPolicy', 'iam:UpdateAccessKey'],
        Resource: iam('user/*'),
      },
      { Sid: 'ContainRoles', Effect: 'Allow', Action: 'iam:PutRolePolicy', Resource: iam('role/*') },
    ]);
  });

  it("may touch none of Suture's own roles, of those that only AWS may change, and of those for breaking glass", () => {
    const own = roleNames(names('')).flatMap((name) => [iam(`role/${name}`), iam(`role/*/${name}`)]);
    const reserved = [iam('role/aws-service-role/*'), iam('role/aws-reserved/*')];
    const denials = (settings: object) =>
      statementsUnder(settings).statements.filter(({ Effect }) => Effect === 'Deny');
    expect(own).toContain(iam('role/ContainPrincipalRole'));
    expect(denials({})).toEqual([
      { Sid: 'NeverTheseRoles', Effect: 'Deny', Action: 'iam:PutRolePolicy', Resource: [...own, ...reserved] },
    ]);
    expect(denials({ breakGlass: { users: ['glass'], roles: ['hammer'] } })).toEqual([
      {
        Sid: 'NeverTheseRoles',
        Effect: 'Deny',
        Action: 'iam:PutRolePolicy',
        Resource: [...own, iam('role/hammer'), iam('role/*/hammer'), ...reserved],
      },
      {
        Sid: 'NeverTheseUsers',
        Effect: 'Deny',
        Action: ['iam:PutUserPolicy', 'iam:UpdateAccessKey'],
        Resource: [iam('user/glass'), iam('user/*/glass')],
      },
    ]);
  });

  it('may write about users and roles in the ledger, here, and only read what is known of incidents', () => {
    const keys = (action: string) =>
      statementsUnder({})
        .statements.filter(({ Action }) => JSON.stringify(Action).includes(action))
        .flatMap(({ Condition }) => Object.values(Condition as Record<string, Record<string, string[]>>))
        .flatMap((condition) => condition['dynamodb:LeadingKeys'] ?? []);
    const own = [
      'RES#<account_id>#<region>#AWS::IAM::User#*',
      'RES#<account_id>#<region>#Suture::Sweep#principal',
      'BUDGET#principal',
      'RES#<account_id>#<region>#AWS::IAM::Role#*',
    ];
    expect(keys('dynamodb:PutItem')).toEqual(own);
    expect(keys('dynamodb:BatchGetItem')).toEqual([
      ...own,
      ...['POLICY', 'PAUSE', 'EXCEPTIONS'],
      ...['RES#<account_id>#<region>#Suture::Incident#*', 'BUDGET#incident', 'POLICY', 'PAUSE', 'EXCEPTIONS'],
    ]);
    expect(keys('dynamodb:Query')).toEqual([]);
  });
});

it('the function is told its table and where it counts, no more', () => {
  const [lambda] = Object.values(statementsUnder({}).resource.aws_lambda_function ?? {});
  expect(lambda).toMatchObject({
    function_name: 'ContainPrincipal',
    environment: {
      variables: { LEDGER_TABLE: expect.stringContaining('aws_dynamodb_table'), METRIC_NAMESPACE: 'Suture' },
    },
  });
});
