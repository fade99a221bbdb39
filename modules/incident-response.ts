import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine';
import { Construct } from 'constructs';
import type { Settings } from '../functions/core/settings';
import { incidentResponse, renderDefinition } from '../statemachines/definition';
import type { Account } from './account';
import { EventRule } from './event-rule';
import { IncidentFunctions, type IncidentFunctionsProps } from './incident-functions';
import type { Names } from './names';
import type { NodeFunction } from './node-function';
import { policyDocument, trustService } from './policy-document';

export interface IncidentResponseProps extends IncidentFunctionsProps {
  readonly logRetentionDays: Settings['logRetentionDays'];
  /** Remediations that contain buckets and security groups. */
  readonly remediations: { readonly bucket: NodeFunction; readonly securityGroup: NodeFunction };
}

/** The workflow of incidents: a state machine, the functions of its tasks, and who is told when it fails. */
export class IncidentResponse extends Construct {
  readonly stateMachineArn: string;
  /** Under which EventBridge starts it. */
  readonly startRoleArn: string;

  constructor(scope: Construct, id: string, props: IncidentResponseProps) {
    super(scope, id);
    const { names, account, alertTopicArn, remediations } = props;
    const { incident } = names;
    const functions = new IncidentFunctions(this, 'functions', props);
    const tasks = {
      AssessIncidentFunctionArn: functions.assess.functionArn,
      PreserveEvidenceFunctionArn: functions.preserve.functionArn,
      RequestApprovalFunctionArn: functions.requestApproval.functionArn,
      IsolateInstanceFunctionArn: functions.isolate.functionArn,
      ContainPrincipalFunctionArn: functions.containPrincipal.functionArn,
      S3BucketSelfHealFunctionArn: remediations.bucket.functionArn,
      SecurityGroupSelfHealFunctionArn: remediations.securityGroup.functionArn,
      VerifyContainmentFunctionArn: functions.verify.functionArn,
      UpdateFindingsFunctionArn: functions.update.functionArn,
    };
    new EventRule(this, 'finding-closed', {
      ruleName: incident.rules.closed,
      description: 'Calls by which a person archives findings at GuardDuty, or resolves them at Security Hub',
      when: {
        pattern: {
          source: ['aws.guardduty', 'aws.securityhub'],
          'detail-type': ['AWS API Call via CloudTrail'],
          detail: {
            eventSource: ['guardduty.amazonaws.com', 'securityhub.amazonaws.com'],
            errorCode: [{ exists: false }],
            $or: [
              { eventName: ['ArchiveFindings'] },
              {
                eventName: ['BatchUpdateFindings'],
                requestParameters: { workflow: { status: ['RESOLVED', 'SUPPRESSED'] } },
              },
              { eventName: ['BatchUpdateFindingsV2'], requestParameters: { statusId: [3, 4] } },
            ],
          },
        },
      },
      target: functions.close,
      deadLetters: props.deadLetters,
    });
    const logGroup = new CloudwatchLogGroup(this, 'log', {
      name: incident.logGroup,
      retentionInDays: props.logRetentionDays,
    });
    const role = new IamRole(this, 'role', {
      name: incident.role,
      description: 'The workflow of incidents: invokes its functions and tells people',
      assumeRolePolicy: policyDocument([
        {
          Principal: { Service: 'states.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: {
            StringEquals: { 'aws:SourceAccount': account.id },
            ArnLike: { 'aws:SourceArn': account.arn('states', `stateMachine:${incident.stateMachine}`) },
          },
        },
      ]),
    });
    const permissions = new IamRolePolicy(this, 'permissions', {
      name: 'permissions',
      role: role.name,
      policy: policyDocument([
        { Sid: 'InvokeItsFunctions', Action: 'lambda:InvokeFunction', Resource: Object.values(tasks) },
        { Sid: 'TellPeople', Action: 'sns:Publish', Resource: alertTopicArn },
        {
          Sid: 'WriteItsLog',
          Action: [
            'logs:CreateLogDelivery',
            'logs:GetLogDelivery',
            'logs:UpdateLogDelivery',
            'logs:DeleteLogDelivery',
            'logs:ListLogDeliveries',
            'logs:PutResourcePolicy',
            'logs:DescribeResourcePolicies',
            'logs:DescribeLogGroups',
          ],
          Resource: '*', // None knows resources. https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
        },
        {
          Sid: 'WriteItsTraces',
          Action: [
            'xray:PutTraceSegments',
            'xray:PutTelemetryRecords',
            'xray:GetSamplingRules',
            'xray:GetSamplingTargets',
          ],
          Resource: '*', // None knows resources. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
        },
      ]),
    });
    const machine = new SfnStateMachine(this, 'state-machine', {
      name: incident.stateMachine,
      type: 'STANDARD',
      roleArn: role.arn,
      definition: renderDefinition(incidentResponse(), {
        ...tasks,
        AlertTopicArn: alertTopicArn,
        Partition: account.partition,
      }),
      // What happened, not what was in it: findings stay out of the log.
      loggingConfiguration: { level: 'ALL', includeExecutionData: false, logDestination: `${logGroup.arn}:*` },
      tracingConfiguration: { enabled: true },
      dependsOn: [permissions],
    });
    this.stateMachineArn = machine.arn;
    this.startRoleArn = this.makeStartRole(incident, account);
    for (const [of, metricName, alarmName, what] of [
      [
        'failed',
        'ExecutionsFailed',
        incident.alarms.failed,
        'failed: what is contained stays contained, and a redrive completes it',
      ],
      ['aborted', 'ExecutionsAborted', incident.alarms.aborted, 'was stopped by somebody before it was through'],
      ['timed-out', 'ExecutionsTimedOut', incident.alarms.timedOut, 'ran out of time'],
    ] as const)
      new CloudwatchMetricAlarm(this, `${of}-alarm`, {
        alarmName,
        alarmDescription: `A response to an incident ${what}. Look at the executions of ${incident.stateMachine}.`,
        namespace: 'AWS/States',
        metricName,
        dimensions: { StateMachineArn: machine.arn },
        statistic: 'Sum',
        period: 60,
        evaluationPeriods: 1,
        threshold: 1,
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        treatMissingData: 'notBreaching',
        alarmActions: [alertTopicArn],
      });
  }

  /** Of EventBridge's rules of this account alone. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html */
  private makeStartRole({ startRole, stateMachine }: Names['incident'], account: Account): string {
    const role = new IamRole(this, 'start-role', {
      name: startRole,
      description: 'Lets EventBridge start the workflow of incidents',
      assumeRolePolicy: trustService('events.amazonaws.com'),
    });
    new IamRolePolicy(this, 'start-permissions', {
      name: 'permissions',
      role: role.name,
      policy: policyDocument([
        {
          Sid: 'StartTheWorkflow',
          Action: 'states:StartExecution',
          Resource: account.arn('states', `stateMachine:${stateMachine}`),
        },
      ]),
    });
    return role.arn;
  }
}
