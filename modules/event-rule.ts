import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters';
import type { NodeFunction } from './node-function';

export interface EventRuleProps {
  /** Physical name, from `names.ts`. */
  readonly ruleName: string;
  readonly description: string;
  /** As EventBridge reads it. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html */
  readonly pattern: object;
  readonly target: NodeFunction;
  /** What cannot be delivered goes here. */
  readonly deadLetters: DeadLetters;
  /** How long EventBridge tries to deliver, in seconds. @default 3600 */
  readonly maximumEventAgeSeconds?: number;
}

/** A rule on the default bus, where AWS's own events arrive, that invokes a function. */
export class EventRule extends Construct {
  constructor(scope: Construct, id: string, props: EventRuleProps) {
    super(scope, id);
    const { ruleName, description, pattern, target, deadLetters, maximumEventAgeSeconds = 3600 } = props;
    const rule = new CloudwatchEventRule(this, 'rule', {
      name: ruleName,
      description,
      eventPattern: JSON.stringify(pattern),
    });
    const permission = new LambdaPermission(this, 'permission', {
      statementId: ruleName,
      action: 'lambda:InvokeFunction',
      functionName: target.functionName,
      principal: 'events.amazonaws.com',
      sourceArn: rule.arn,
    });
    new CloudwatchEventTarget(this, 'target', {
      rule: rule.name,
      targetId: 'function',
      arn: target.functionArn,
      deadLetterConfig: { arn: deadLetters.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: maximumEventAgeSeconds, maximumRetryAttempts: 185 },
      dependsOn: [permission],
    });
  }
}
