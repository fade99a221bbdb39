import { LambdaFunctionRecursionConfig } from '@cdktf/provider-aws/lib/lambda-function-recursion-config';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import { CustomRule } from './config-rules';
import { EventRule, type EventRuleProps } from './event-rule';
import type { LedgerTable } from './ledger-table';
import type { Names } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import type { PolicyStatement } from './policy-document';
import { RemediationMonitoring } from './remediation-monitoring';

export interface SecurityGroupSelfHealProps
  extends Pick<NodeFunctionProps, 'logGroup' | 'deadLetters' | 'runtime' | 'bundleDirectory'> {
  /** Physical names, from `names.ts`. */
  readonly names: Names['securityGroup'];
  readonly account: Account;
  readonly ledger: LedgerTable;
  readonly alertTopicArn: string;
  readonly policy: Policy['securityGroups'];
  readonly alarmNames: Names['alarms'];
  readonly metricNamespace: string;
  readonly sweepEveryHours: number;
  /** The Config recorder, if it is made here. */
  readonly recorder: ITerraformDependable | undefined;
}

/** Closes security group rules that open more to the internet than the policy allows, seconds after they were made. */
export class SecurityGroupSelfHeal extends Construct {
  constructor(scope: Construct, id: string, props: SecurityGroupSelfHealProps) {
    super(scope, id);
    const {
      names,
      account,
      ledger,
      alertTopicArn,
      policy,
      deadLetters,
      alarmNames,
      metricNamespace,
      sweepEveryHours,
      recorder,
    } = props;
    const self = new NodeFunction(this, 'function', {
      ...props,
      functionName: names.function,
      roleName: names.role,
      description: 'Revokes security group rules that open more to the internet than the policy allows',
      source: 'remediate-security-group',
      environment: {
        LEDGER_TABLE: ledger.tableName,
        ALERT_TOPIC_ARN: alertTopicArn,
        METRIC_NAMESPACE: metricNamespace,
      },
      statements: [
        ...securityGroupStatements(account, policy),
        ...ledger.statementsFor({ name: 'security-group', type: TYPE }),
        { Sid: 'TellPeople', Action: 'sns:Publish', Resource: alertTopicArn },
        // Once for each group that refers to a changed prefix list, or that a sweep finds.
        {
          Sid: 'InvokeItself',
          Action: 'lambda:InvokeFunction',
          Resource: account.arn('lambda', `function:${names.function}`),
        },
      ],
    });
    // A sweep of a large account goes on in a further invocation, which Lambda would take for a loop after 16 times.
    new LambdaFunctionRecursionConfig(this, 'recursion', {
      functionName: self.functionName,
      recursiveLoop: 'Allow',
    });
    const rule = (of: string, more: Pick<EventRuleProps, 'ruleName' | 'description' | 'when'>) =>
      new EventRule(this, of, { ...more, target: self, deadLetters });
    rule('calls', {
      ruleName: names.rule,
      description: 'API calls that can open a security group to the internet',
      when: {
        pattern: {
          source: ['aws.ec2'],
          'detail-type': ['AWS API Call via CloudTrail'],
          detail: {
            eventSource: ['ec2.amazonaws.com'],
            eventName: [
              'AuthorizeSecurityGroupIngress',
              // A blueprint restores what is missing.
              ...(policy.blueprints.some(({ groups }) => groups.ids.length > 0) ? ['RevokeSecurityGroupIngress'] : []),
              'ModifySecurityGroupRules',
              'ModifyManagedPrefixList',
              'RestoreManagedPrefixListVersion',
            ],
            // Failed calls are delivered too, and changed nothing.
            errorCode: [{ exists: false }],
          },
        },
      },
    });
    rule('compliance', {
      ruleName: names.complianceRule,
      description: 'Security groups of which a Config rule says that they are not compliant, whoever made the rule',
      when: {
        pattern: {
          source: ['aws.config'],
          'detail-type': ['Config Rules Compliance Change'],
          detail: {
            messageType: ['ComplianceChangeNotification'],
            resourceType: [TYPE],
            // Ours asks the function itself.
            configRuleName: [{ 'anything-but': [names.configRule] }],
            newEvaluationResult: { complianceType: ['NON_COMPLIANT'] },
          },
        },
      },
    });
    rule('sweep', {
      ruleName: names.sweepRule,
      description: 'Looks at every security group: what is older than the installation, and what events missed',
      when: { schedule: `rate(${sweepEveryHours} ${sweepEveryHours === 1 ? 'hour' : 'hours'})`, input: { sweep: {} } },
    });
    rule('pending', {
      ruleName: names.pendingRule,
      description: 'Takes up what a budget held in the hour before, and what somebody began and did not end',
      when: { schedule: 'cron(1 * * * ? *)', input: { sweep: { only: 'pending' } } },
    });
    new RemediationMonitoring(this, 'monitoring', {
      dashboardName: names.dashboard,
      alarmNames,
      metricNamespace,
      remediation: 'security-group',
      self,
      logGroupName: props.logGroup.name,
      deadLetterQueueName: deadLetters.queueName,
      alertTopicArn,
      account,
      sweepEveryHours,
    });
    new CustomRule(this, 'config-rule', {
      ruleName: names.configRule,
      description: 'The ingress of a security group is within the policy of Suture',
      resourceType: TYPE,
      target: self,
      account,
      recorder,
    });
  }
}

const TYPE = 'AWS::EC2::SecurityGroup';

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
