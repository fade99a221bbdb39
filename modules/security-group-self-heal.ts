import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import { CustomRule } from './config-rules';
import type { Names } from './names';
import type { NodeFunction } from './node-function';
import type { PolicyStatement } from './policy-document';
import { defineSelfHeal, type SelfHealProps } from './self-heal';

export interface SecurityGroupSelfHealProps extends SelfHealProps {
  /** Physical names, from `names.ts`. */
  readonly names: Names['securityGroup'];
  readonly policy: Policy['securityGroups'];
  /** The Config recorder, if it is made here. */
  readonly recorder: ITerraformDependable | undefined;
}

const TYPE = 'AWS::EC2::SecurityGroup';

/** Closes security group rules that open more to the internet than the policy allows, seconds after they were made. */
export class SecurityGroupSelfHeal extends Construct {
  readonly target: NodeFunction;

  constructor(scope: Construct, id: string, props: SecurityGroupSelfHealProps) {
    super(scope, id);
    const { names, account, policy, recorder } = props;
    this.target = defineSelfHeal(this, props, {
      names,
      nouns: 'security groups',
      description: 'Revokes security group rules that open more to the internet than the policy allows',
      source: 'remediate-security-group',
      remediations: [{ name: 'security-group', type: TYPE }],
      calls: {
        service: 'ec2',
        description: 'API calls that can open a security group to the internet',
        eventNames: [
          'AuthorizeSecurityGroupIngress',
          // A blueprint restores what is missing.
          ...(policy.blueprints.some(({ groups }) => groups.ids.length > 0) ? ['RevokeSecurityGroupIngress'] : []),
          'ModifySecurityGroupRules',
          'ModifyManagedPrefixList',
          'RestoreManagedPrefixListVersion',
        ],
      },
      ownConfigRule: names.configRule,
      statements: securityGroupStatements(account, policy),
    });
    new CustomRule(this, 'config-rule', {
      ruleName: names.configRule,
      description: 'The ingress of a security group is within the policy of Suture',
      resourceType: TYPE,
      target: this.target,
      account,
      recorder,
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
    {
      Sid: 'AnswerItsConfigRule',
      Action: ['config:PutEvaluations', 'config:GetResourceConfigHistory'],
      Resource: '*', // Neither knows resources.
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
