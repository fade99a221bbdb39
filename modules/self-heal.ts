import { LambdaFunctionRecursionConfig } from '@cdktf/provider-aws/lib/lambda-function-recursion-config';
import type { Construct } from 'constructs';
import type { Account } from './account';
import { EventRule, type EventRuleProps } from './event-rule';
import type { LedgerTable } from './ledger-table';
import type { Names } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import { RemediationMonitoring, type RemediationMonitoringProps } from './remediation-monitoring';

/** What every remediation is given. */
export interface SelfHealProps
  extends Pick<NodeFunctionProps, 'logGroup' | 'deadLetters' | 'runtime' | 'bundleDirectory'> {
  readonly account: Account;
  readonly ledger: LedgerTable;
  readonly alertTopicArn: string;
  readonly alarmNames: Names['alarms'];
  readonly metricNamespace: string;
  readonly sweepEveryHours: number;
}

/** What one remediation adds. */
interface SelfHeal
  extends Pick<NodeFunctionProps, 'description' | 'source' | 'statements'>,
    Pick<RemediationMonitoringProps, 'actionAlarms'> {
  /** Physical names, from `names.ts`. */
  readonly names: Pick<
    Names['securityGroup'],
    'function' | 'role' | 'rule' | 'complianceRule' | 'sweepRule' | 'pendingRule' | 'dashboard'
  >;
  /** How people call many of what it heals: `security groups`. */
  readonly nouns: string;
  /** As in metrics and budgets, with AWS's spelling of what it heals; the one that is watched first. */
  readonly remediations: readonly [
    { readonly name: string; readonly type: string },
    ...{ readonly name: string; readonly type: string }[],
  ];
  /** The API calls that wake it, as CloudTrail spells them. */
  readonly calls: { readonly service: string; readonly eventNames: readonly string[]; readonly description: string };
  /** A Config rule of its own, which asks the function itself. */
  readonly ownConfigRule?: string;
}

/**
 * A remediation, in the given scope: its function and role, the rules that wake it (API calls, Config, the sweep, what is pending), and
 * who watches it.
 */
export function defineSelfHeal(scope: Construct, props: SelfHealProps, self: SelfHeal): NodeFunction {
  const { account, ledger, alertTopicArn, deadLetters, metricNamespace, sweepEveryHours } = props;
  const { names, nouns, remediations, calls, ownConfigRule } = self;
  const target = new NodeFunction(scope, 'function', {
    ...props,
    functionName: names.function,
    roleName: names.role,
    description: self.description,
    source: self.source,
    environment: {
      LEDGER_TABLE: ledger.tableName,
      ALERT_TOPIC_ARN: alertTopicArn,
      METRIC_NAMESPACE: metricNamespace,
    },
    statements: [
      ...self.statements,
      ...ledger.statementsFor(remediations),
      { Sid: 'TellPeople', Action: 'sns:Publish', Resource: alertTopicArn },
      // Once for each resource that a sweep finds, or that an event concerns beside others.
      {
        Sid: 'InvokeItself',
        Action: 'lambda:InvokeFunction',
        Resource: account.arn('lambda', `function:${names.function}`),
      },
    ],
  });
  // A sweep of a large account goes on in a further invocation, which Lambda would take for a loop after 16 times.
  new LambdaFunctionRecursionConfig(scope, 'recursion', {
    functionName: target.functionName,
    recursiveLoop: 'Allow',
  });
  const rule = (of: string, more: Pick<EventRuleProps, 'ruleName' | 'description' | 'when'>) =>
    new EventRule(scope, of, { ...more, target, deadLetters });
  rule('calls', {
    ruleName: names.rule,
    description: calls.description,
    when: {
      pattern: {
        source: [`aws.${calls.service}`],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: [`${calls.service}.amazonaws.com`],
          eventName: calls.eventNames,
          // Failed calls are delivered too, and changed nothing.
          errorCode: [{ exists: false }],
        },
      },
    },
  });
  rule('compliance', {
    ruleName: names.complianceRule,
    description: `${nouns[0]?.toUpperCase()}${nouns.slice(1)} of which a Config rule says that they are not compliant, whoever made the rule`,
    when: {
      pattern: {
        source: ['aws.config'],
        'detail-type': ['Config Rules Compliance Change'],
        detail: {
          messageType: ['ComplianceChangeNotification'],
          resourceType: remediations.map(({ type }) => type),
          // Ours asks the function itself.
          ...(ownConfigRule && { configRuleName: [{ 'anything-but': [ownConfigRule] }] }),
          newEvaluationResult: { complianceType: ['NON_COMPLIANT'] },
        },
      },
    },
  });
  rule('sweep', {
    ruleName: names.sweepRule,
    description: `Looks at all ${nouns}: what is older than the installation, and what events missed`,
    when: { schedule: `rate(${sweepEveryHours} ${sweepEveryHours === 1 ? 'hour' : 'hours'})`, input: { sweep: {} } },
  });
  rule('pending', {
    ruleName: names.pendingRule,
    description: 'Takes up what a budget held in the hour before, and what somebody began and did not end',
    when: { schedule: 'cron(1 * * * ? *)', input: { sweep: { only: 'pending' } } },
  });
  new RemediationMonitoring(scope, 'monitoring', {
    ...props,
    dashboardName: names.dashboard,
    remediation: remediations[0].name,
    self: target,
    logGroupName: props.logGroup.name,
    deadLetterQueueName: deadLetters.queueName,
    ...(self.actionAlarms && { actionAlarms: self.actionAlarms }),
  });
  return target;
}
