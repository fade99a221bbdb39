import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { Construct } from 'constructs';
import type { Account } from './account';
import { literal } from './literal';
import { policyDocument } from './policy-document';

export interface AlertsProps {
  /** Physical name, from `names.ts`. */
  readonly topicName: string;
  readonly account: Account;
  /** Who is told; each address confirms by the mail that AWS sends. */
  readonly emails: readonly string[];
}

/**
 * The topic that people listen to. Not encrypted with `alias/aws/sns`: CloudWatch alarms could not publish to it.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
 */
export class Alerts extends Construct {
  readonly topicArn: string;

  constructor(scope: Construct, id: string, { topicName, account, emails }: AlertsProps) {
    super(scope, id);
    const topic = new SnsTopic(this, 'topic', { name: topicName });
    new SnsTopicPolicy(this, 'policy', {
      arn: topic.arn,
      policy: policyDocument([
        {
          Sid: 'AlarmsOfThisAccountPublish',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: topic.arn,
          Condition: { StringEquals: { 'aws:SourceAccount': account.id } },
        },
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: topic.arn,
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
    });
    emails.forEach((endpoint, index) => {
      new SnsTopicSubscription(this, `email-${index}`, {
        topicArn: topic.arn,
        protocol: 'email',
        endpoint: literal(endpoint),
      });
    });
    this.topicArn = topic.arn;
  }
}
