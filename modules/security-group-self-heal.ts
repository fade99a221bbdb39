import { Construct } from 'constructs';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import { EventRule } from './event-rule';
import type { LedgerTable } from './ledger-table';
import type { Names } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import type { PolicyStatement } from './policy-document';

export interface SecurityGroupSelfHealProps
  extends Pick<NodeFunctionProps, 'logGroup' | 'deadLetters' | 'runtime' | 'bundleDirectory'> {
  /** Physical names, from `names.ts`. */
  readonly names: Names['securityGroup'];
  readonly account: Account;
  readonly ledger: LedgerTable;
  readonly alertTopicArn: string;
  readonly policy: Policy['securityGroups'];
}

/** Closes security group rules that open more to the internet than the policy allows, seconds after they were made. */
export class SecurityGroupSelfHeal extends Construct {
  constructor(scope: Construct, id: string, props: SecurityGroupSelfHealProps) {
    super(scope, id);
    const { names, account, ledger, alertTopicArn, policy, deadLetters } = props;
    const self = new NodeFunction(this, 'function', {
      ...props,
      functionName: names.function,
      roleName: names.role,
      description: 'Revokes security group rules that open more to the internet than the policy allows',
      source: 'remediate-security-group',
      environment: { LEDGER_TABLE: ledger.tableName, ALERT_TOPIC_ARN: alertTopicArn },
      statements: [
        ...securityGroupStatements(account, policy),
        ...ledger.statementsFor({ name: 'security-group', type: 'AWS::EC2::SecurityGroup' }),
        { Sid: 'TellPeople', Action: 'sns:Publish', Resource: alertTopicArn },
        // Once for each group that refers to a changed prefix list.
        {
          Sid: 'InvokeItself',
          Action: 'lambda:InvokeFunction',
          Resource: account.arn('lambda', `function:${names.function}`),
        },
      ],
    });
    new EventRule(this, 'calls', {
      ruleName: names.rule,
      description: 'API calls that can open a security group to the internet',
      pattern: {
        source: ['aws.ec2'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['ec2.amazonaws.com'],
          eventName: [
            'AuthorizeSecurityGroupIngress',
            'ModifySecurityGroupRules',
            'ModifyManagedPrefixList',
            'RestoreManagedPrefixListVersion',
          ],
          // Failed calls are delivered too, and changed nothing.
          errorCode: [{ exists: false }],
        },
      },
      target: self,
      deadLetters,
    });
  }
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
function securityGroupStatements(
  account: Account,
  { keepAllowedPorts, blueprints }: Policy['securityGroups'],
): PolicyStatement[] {
  const groups = account.arn('ec2', 'security-group/*');
  const restored = [...new Set(blueprints.flatMap(({ groups: { ids } }) => ids))];
  return [
    {
      Sid: 'ReadSecurityGroups',
      Action: ['ec2:DescribeSecurityGroups', 'ec2:DescribeSecurityGroupRules', 'ec2:DescribeManagedPrefixLists'],
      Resource: '*', // Describe actions know no resources.
    },
    // Lists may be shared by another account, or be AWS's own.
    {
      Sid: 'ReadPrefixLists',
      Action: 'ec2:GetManagedPrefixListEntries',
      Resource: `arn:${account.partition}:ec2:${account.region}:*:prefix-list/*`,
    },
    { Sid: 'CloseSecurityGroups', Action: 'ec2:RevokeSecurityGroupIngress', Resource: groups },
    ...(keepAllowedPorts
      ? [{ Sid: 'NarrowSecurityGroups', Action: 'ec2:AuthorizeSecurityGroupIngress', Resource: groups }]
      : []),
    ...(restored.length > 0
      ? [
          {
            Sid: 'RestoreBlueprints',
            Action: 'ec2:AuthorizeSecurityGroupIngress',
            Resource: restored.map((id) => account.arn('ec2', `security-group/${id}`)),
          },
        ]
      : []),
  ];
}
