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
  /**
   * A pattern, or a schedule with what the function gets at each of its times.
   *
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
   * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
   */
  readonly when: { readonly pattern: object } | { readonly schedule: string; readonly input: object };
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
    const { ruleName, description, when, target, deadLetters, maximumEventAgeSeconds = 3600 } = props;
    const rule = new CloudwatchEventRule(this, 'rule', {
      name: ruleName,
      description,
      ...('pattern' in when ? { eventPattern: JSON.stringify(when.pattern) } : { scheduleExpression: when.schedule }),
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
      ...('input' in when && { input: JSON.stringify(when.input) }),
      deadLetterConfig: { arn: deadLetters.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: maximumEventAgeSeconds, maximumRetryAttempts: 185 },
      dependsOn: [permission],
    });
  }
}
