import { Construct } from 'constructs';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import type { LedgerTable } from './ledger-table';
import type { Names } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import type { PolicyStatement } from './policy-document';
import { neverTheseRoles, principalArns } from './untouched-roles';

export interface ContainPrincipalProps
  extends Pick<NodeFunctionProps, 'logGroup' | 'deadLetters' | 'runtime' | 'bundleDirectory'> {
  /** Physical names, from `names.ts`. */
  readonly names: Names;
  readonly account: Account;
  readonly ledger: LedgerTable;
  readonly policy: Pick<Policy, 'breakGlass'>;
  readonly metricNamespace: string;
}

/** Deactivates the stolen key of a user, and ends older sessions of users and roles. */
export class ContainPrincipal extends Construct {
  readonly target: NodeFunction;

  constructor(scope: Construct, id: string, props: ContainPrincipalProps) {
    super(scope, id);
    const { names, account, ledger, policy, metricNamespace } = props;
    const { function: functionName, role: roleName } = names.incident.functions.containPrincipal;
    this.target = new NodeFunction(this, 'function', {
      ...props,
      functionName,
      roleName,
      description: 'Deactivates the stolen key of a user, and ends older sessions of users and roles',
      source: 'contain-principal',
      environment: { LEDGER_TABLE: ledger.tableName, METRIC_NAMESPACE: metricNamespace },
      statements: [
        ...principalReadStatements(account),
        ...containmentStatements(names, account, policy),
        ...ledger.containmentStatements([
          { name: 'principal', type: 'AWS::IAM::User' },
          { name: 'principal', type: 'AWS::IAM::Role' },
        ]),
        ...ledger.incidentStatements('read'),
      ],
    });
  }
}

/**
 * What it takes to read users and roles with all that containment changes. Nothing of it changes anything.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
export const principalReadStatements = (account: Account): PolicyStatement[] => [
  {
    Sid: 'ReadUsers',
    Action: ['iam:GetLoginProfile', 'iam:GetUser', 'iam:GetUserPolicy', 'iam:ListAccessKeys'],
    Resource: account.iamArn('user/*'),
  },
  {
    Sid: 'ReadRoles',
    Action: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListInstanceProfilesForRole'],
    Resource: account.iamArn('role/*'),
  },
  {
    Sid: 'FindWhoWearsARole',
    Action: ['ec2:DescribeInstances', 'ec2:DescribeRegions'],
    Resource: '*', // Neither knows resources. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
  },
];

/**
 * What containment changes.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
function containmentStatements(names: Names, account: Account, policy: Pick<Policy, 'breakGlass'>): PolicyStatement[] {
  const { breakGlass } = policy;
  return [
    {
      Sid: 'ContainUsers',
      Action: ['iam:PutUserPolicy', 'iam:UpdateAccessKey'],
      Resource: account.iamArn('user/*'),
    },
    { Sid: 'ContainRoles', Action: 'iam:PutRolePolicy', Resource: account.iamArn('role/*') },
    neverTheseRoles(names, account, policy),
    ...(breakGlass.users.length > 0
      ? [
          {
            Sid: 'NeverTheseUsers',
            Effect: 'Deny' as const,
            Action: ['iam:PutUserPolicy', 'iam:UpdateAccessKey'],
            Resource: principalArns(account, 'user', breakGlass.users),
          },
        ]
      : []),
  ];
}
