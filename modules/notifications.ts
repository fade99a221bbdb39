import { ChatbotSlackChannelConfiguration } from '@cdktf/provider-aws/lib/chatbot-slack-channel-configuration';
import { CloudwatchEventApiDestination } from '@cdktf/provider-aws/lib/cloudwatch-event-api-destination';
import { CloudwatchEventConnection } from '@cdktf/provider-aws/lib/cloudwatch-event-connection';
import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic';
import { SnsTopicPolicy } from '@cdktf/provider-aws/lib/sns-topic-policy';
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription';
import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { PAGE_EVENT } from '../functions/core/page-event';
import type { Settings } from '../functions/core/settings';
import type { Account } from './account';
import { literal } from './literal';
import type { Names } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import { policyDocument, trustService } from './policy-document';

export interface NotificationsProps
  extends Pick<NodeFunctionProps, 'logGroup' | 'deadLetters' | 'runtime' | 'bundleDirectory'> {
  /** Physical names, from `names.ts`. */
  readonly names: Names['notifications'] & Pick<Names['incident']['functions'], 'notify' | 'page'>;
  readonly account: Account;
  /** The topic that people listen to. */
  readonly alertTopicArn: string;
  readonly slack: Settings['notifications']['slack'];
  /** Names of the alarms that page. Without any, there is no pager. */
  readonly pagingAlarms: readonly string[];
  readonly metricNamespace: string;
}

/** @see https://developer.pagerduty.com/docs/send-alert-event */
const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';

/** Chat and pager, each as far as it is wanted. Both hear what the topic for people hears, by a function each (see `relay`). */
export class Notifications extends Construct {
  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    if (props.slack) new Chat(this, 'chat', props, props.slack);
    if (props.pagingAlarms.length > 0) new Pager(this, 'pager', props);
  }
}

/**
 * A topic of its own, since the chat service drops what is not in its schema, and the channel that shows it.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
class Chat extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: NotificationsProps,
    { workspaceId, channelId }: NonNullable<NotificationsProps['slack']>,
  ) {
    super(scope, id);
    const { names, account } = props;
    const topic = new SnsTopic(this, 'topic', { name: names.chatTopic });
    new SnsTopicPolicy(this, 'topic-policy', {
      arn: topic.arn,
      policy: policyDocument([
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
    const role = new IamRole(this, 'role', {
      name: names.chatRole,
      description: 'Worn by the chat service, which asks for one. It may do nothing: the channel is for reading',
      assumeRolePolicy: trustService('chatbot.amazonaws.com'),
    });
    new ChatbotSlackChannelConfiguration(this, 'channel', {
      configurationName: names.chatConfiguration,
      slackTeamId: literal(workspaceId),
      slackChannelId: literal(channelId),
      iamRoleArn: role.arn,
      snsTopicArns: [topic.arn],
      // Without any, AWS takes AdministratorAccess.
      // https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html
      guardrailPolicyArns: [`arn:${account.partition}:iam::aws:policy/AWSDenyAll`],
      loggingLevel: 'ERROR',
    });
    subscribe(this, props, {
      names: names.notify,
      source: 'notify-responders',
      description: 'Tells in chat what people are told',
      environment: { CHAT_TOPIC_ARN: topic.arn },
      statements: [{ Sid: 'TellInChat', Action: 'sns:Publish', Resource: topic.arn }],
    });
  }
}

/**
 * PagerDuty, by an API destination: EventBridge tries again for an hour, and then leaves the page in the dead-letter queue.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
 */
class Pager extends Construct {
  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    const { names, account, pagingAlarms, deadLetters } = props;
    const key = new TerraformVariable(this, 'routing-key', {
      type: 'string',
      sensitive: true,
      nullable: false,
      description: 'The integration key of the PagerDuty service that is paged (Events API v2)',
    });
    key.overrideLogicalId('pagerduty_routing_key');
    key.addValidation({
      condition: `\${length(${key.fqn}) == 32}`,
      errorMessage: 'The integration key of the Events API v2 has 32 characters.',
    });
    // PagerDuty takes its key in the body. The connection puts it there, so that neither the rule nor the event has it; EventBridge keeps it in a
    // secret. A connection must authorise by something: PagerDuty does not look at this header.
    const connection = new CloudwatchEventConnection(this, 'connection', {
      name: names.pagerDuty,
      description: 'Adds the key to what is sent to PagerDuty',
      authorizationType: 'API_KEY',
      authParameters: {
        apiKey: { key: 'X-Sent-By', value: 'Suture' },
        invocationHttpParameters: { body: [{ key: 'routing_key', value: key.stringValue, isValueSecret: true }] },
      },
    });
    const destination = new CloudwatchEventApiDestination(this, 'destination', {
      name: names.pagerDuty,
      description: 'PagerDuty, Events API v2',
      connectionArn: connection.arn,
      invocationEndpoint: PAGERDUTY,
      httpMethod: 'POST',
      // More are not worth a page each; EventBridge spreads them.
      invocationRateLimitPerSecond: 2,
    });
    const role = new IamRole(this, 'role', {
      name: names.pageRole,
      description: 'Worn by EventBridge when it sends a page',
      assumeRolePolicy: policyDocument([
        {
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sts:AssumeRole',
          Condition: { ArnEquals: { 'aws:SourceArn': account.arn('events', `rule/${names.pageRule}`) } },
        },
      ]),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'permissions',
      role: role.name,
      policy: policyDocument([{ Sid: 'SendPages', Action: 'events:InvokeApiDestination', Resource: destination.arn }]),
    });
    const rule = new CloudwatchEventRule(this, 'rule', {
      name: names.pageRule,
      description: 'Pages: what PageResponders puts on the bus goes to PagerDuty',
      eventPattern: JSON.stringify({
        source: [PAGE_EVENT.source],
        'detail-type': [PAGE_EVENT.detailType],
        // No other account pages here, if the bus should ever be opened to it.
        account: [account.id],
      }),
    });
    new CloudwatchEventTarget(this, 'target', {
      rule: rule.name,
      targetId: 'pagerduty',
      arn: destination.arn,
      roleArn: role.arn,
      inputPath: '$.detail',
      deadLetterConfig: { arn: deadLetters.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 185 },
      dependsOn: [policy],
    });
    const bus = account.arn('events', 'event-bus/default');
    subscribe(this, props, {
      names: names.page,
      source: 'page-responders',
      description: 'Pages about what people are told, if it is for a pager',
      environment: { PAGING_ALARMS: pagingAlarms.join(',') },
      statements: [
        {
          Sid: 'AskForPages',
          Action: 'events:PutEvents',
          Resource: bus,
          Condition: {
            // Both keys have several values, one for each event of a call.
            'ForAllValues:StringEquals': {
              'events:source': PAGE_EVENT.source,
              'events:detail-type': PAGE_EVENT.detailType,
            },
          },
        },
      ],
    });
  }
}

/** A function that hears what people hear. */
function subscribe(
  scope: Construct,
  props: NotificationsProps,
  self: Pick<NodeFunctionProps, 'source' | 'description' | 'environment' | 'statements'> & {
    readonly names: { readonly function: string; readonly role: string };
  },
): void {
  const { alertTopicArn, metricNamespace } = props;
  const target = new NodeFunction(scope, 'function', {
    ...props,
    functionName: self.names.function,
    roleName: self.names.role,
    description: self.description,
    source: self.source,
    environment: { METRIC_NAMESPACE: metricNamespace, ...self.environment },
    statements: self.statements,
    memoryMegabytes: 256,
  });
  const permission = new LambdaPermission(scope, 'permission', {
    statementId: 'AlertTopic',
    action: 'lambda:InvokeFunction',
    functionName: target.functionName,
    principal: 'sns.amazonaws.com',
    sourceArn: alertTopicArn,
  });
  new SnsTopicSubscription(scope, 'subscription', {
    topicArn: alertTopicArn,
    protocol: 'lambda',
    endpoint: target.functionArn,
    dependsOn: [permission],
  });
}
