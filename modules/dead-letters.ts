import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm';
import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue';
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy';
import { Construct } from 'constructs';
import type { Account } from './account';
import { policyDocument } from './policy-document';

export interface DeadLettersProps {
  /** Physical names, from `names.ts`. */
  readonly queueName: string;
  readonly alarmName: string;
  readonly account: Account;
  /** EventBridge rules that may leave what they could not deliver, by name. */
  readonly ruleNames: readonly string[];
  /** Told when something lies here. */
  readonly alertTopicArn: string;
  /** Whether people are told when the queue is empty again: a page is resolved by that. @default false */
  readonly tellsWhenEmpty?: boolean;
}

/** Where an event goes that nobody could handle: it is kept for two weeks, and somebody is told. */
export class DeadLetters extends Construct {
  readonly queueArn: string;
  readonly queueName: string;

  constructor(scope: Construct, id: string, props: DeadLettersProps) {
    super(scope, id);
    const { queueName, alarmName, account, ruleNames, alertTopicArn, tellsWhenEmpty = false } = props;
    const queue = new SqsQueue(this, 'queue', {
      name: queueName,
      sqsManagedSseEnabled: true,
      messageRetentionSeconds: 14 * 86_400,
    });
    new SqsQueuePolicy(this, 'policy', {
      queueUrl: queue.url,
      policy: policyDocument([
        {
          Sid: 'RulesLeaveWhatTheyCouldNotDeliver',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: queue.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': ruleNames.map((name) => account.arn('events', `rule/${name}`)) } },
        },
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Resource: queue.arn,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
    });
    new CloudwatchMetricAlarm(this, 'alarm', {
      alarmName,
      alarmDescription: `An event could not be handled and waits in ${queueName}. Nothing was lost: repair the cause, then send it again.`,
      namespace: 'AWS/SQS',
      // Depth, not messages sent: what Lambda and EventBridge put here counts, and it counts until it is gone.
      metricName: 'ApproximateNumberOfMessagesVisible',
      dimensions: { QueueName: queue.name },
      statistic: 'Maximum',
      period: 60,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [alertTopicArn],
      ...(tellsWhenEmpty && { okActions: [alertTopicArn] }),
    });
    this.queueArn = queue.arn;
    this.queueName = queueName;
  }
}
