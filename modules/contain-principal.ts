import { Construct } from 'constructs';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import type { LedgerTable } from './ledger-table';
import { type Names, roleNames } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import type { PolicyStatement } from './policy-document';

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
    Resource: iamArn(account, 'user/*'),
  },
  {
    Sid: 'ReadRoles',
    Action: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListInstanceProfilesForRole'],
    Resource: iamArn(account, 'role/*'),
  },
  {
    Sid: 'FindWhoWearsARole',
    Action: ['ec2:DescribeInstances', 'ec2:DescribeRegions'],
    Resource: '*', // Neither knows resources. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
  },
];

/**
 * What containment changes. IAM has no condition on what is put into a policy: whoever took over this role could allow something as well. So it may
 * touch none of Suture's own, itself included.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
function containmentStatements(
  names: Names,
  account: Account,
  { breakGlass }: Pick<Policy, 'breakGlass'>,
): PolicyStatement[] {
  // Whatever its path, an ARN ends with the name.
  const named = (kind: 'user' | 'role', list: readonly string[]) =>
    list.flatMap((name) => [iamArn(account, `${kind}/${name}`), iamArn(account, `${kind}/*/${name}`)]);
  return [
    {
      Sid: 'ContainUsers',
      Action: ['iam:PutUserPolicy', 'iam:UpdateAccessKey'],
      Resource: iamArn(account, 'user/*'),
    },
    { Sid: 'ContainRoles', Action: 'iam:PutRolePolicy', Resource: iamArn(account, 'role/*') },
    {
      Sid: 'NeverTheseRoles',
      Effect: 'Deny',
      Action: 'iam:PutRolePolicy',
      Resource: [
        ...named('role', [...roleNames(names), ...breakGlass.roles]),
        iamArn(account, 'role/aws-service-role/*'),
        iamArn(account, 'role/aws-reserved/*'),
      ],
    },
    ...(breakGlass.users.length > 0
      ? [
          {
            Sid: 'NeverTheseUsers',
            Effect: 'Deny' as const,
            Action: ['iam:PutUserPolicy', 'iam:UpdateAccessKey'],
            Resource: named('user', breakGlass.users),
          },
        ]
      : []),
  ];
}

/** IAM knows no Regions. */
const iamArn = ({ partition, id }: Account, resource: string): string => `arn:${partition}:iam::${id}:${resource}`;
