import { parsed, Stack, terraformVariables, type Variant } from '../support/stacks';

const notified = new Stack('notified');
const policyOf = (address: string) =>
  parsed(notified.at(address).policy).Statement.filter(({ Sid }) => !/WriteItsLog|LeaveDeadLetters/.test(String(Sid)));

it.each<Variant>(['default', 'enforce'])('nothing is made where nobody asked for chat or pager: %s', (variant) => {
  const stack = new Stack(variant);
  expect(stack.text).not.toContain('"notifications_');
  expect(stack.json).not.toHaveProperty('variable');
  expect(stack.at('aws_cloudwatch_metric_alarm.dead-letters_alarm')).not.toHaveProperty('ok_actions');
});

describe('chat', () => {
  it('has a topic of its own, on which nobody publishes from outside, and never without TLS', () => {
    expect(parsed(notified.at('aws_sns_topic_policy.notifications_chat_topic-policy').policy).Statement).toEqual([
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: '<arn>',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });

  it('shows it in the channel, under a role and guardrails that allow nothing', () => {
    expect(notified.only('aws_chatbot_slack_channel_configuration')).toEqual(
      expect.objectContaining({
        configuration_name: 'SutureChat',
        slack_team_id: 'T0123456789',
        slack_channel_id: 'C0123456789',
        iam_role_arn: '${aws_iam_role.notifications_chat_role.arn}',
        sns_topic_arns: ['${aws_sns_topic.notifications_chat_topic.arn}'],
        guardrail_policy_arns: ['arn:${data.aws_partition.account_partition.partition}:iam::aws:policy/AWSDenyAll'],
      }),
    );
    const attached = ['aws_iam_role_policy', 'aws_iam_role_policy_attachment'].flatMap((type) =>
      Object.values(notified.all(type)).filter(({ role }) => JSON.stringify(role).includes('notifications_chat_role.')),
    );
    expect(attached).toEqual([]);
  });

  it('is told by a function that may publish there and nothing else', () => {
    expect(policyOf('aws_iam_role_policy.notifications_chat_function_policy')).toEqual([
      { Sid: 'TellInChat', Effect: 'Allow', Action: 'sns:Publish', Resource: '<arn>' },
    ]);
    expect(String(notified.at('aws_iam_role_policy.notifications_chat_function_policy').policy)).toContain(
      '"Resource":"${aws_sns_topic.notifications_chat_topic.arn}"',
    );
  });
});

describe('the pager', () => {
  it('asks for the key as a secret, and holds it in the connection alone', () => {
    expect(notified.json).toMatchObject({
      variable: { pagerduty_routing_key: { type: 'string', sensitive: true, nullable: false } },
    });
    const { auth_parameters } = notified.only('aws_cloudwatch_event_connection') as {
      auth_parameters: { invocation_http_parameters: unknown };
    };
    expect(auth_parameters.invocation_http_parameters).toEqual({
      body: [{ key: 'routing_key', value: '${var.pagerduty_routing_key}', is_value_secret: true }],
    });
    // Once for the connection, once in the check of the variable itself.
    expect(notified.text.match(/var\.pagerduty_routing_key/g)).toHaveLength(2);
    expect(notified.text).not.toContain(terraformVariables.notified?.pagerduty_routing_key);
  });

  it('sends what the rule matches, as it is, and leaves what it cannot send', () => {
    expect(notified.at('aws_cloudwatch_event_target.notifications_pager_target')).toMatchObject({
      arn: '${aws_cloudwatch_event_api_destination.notifications_pager_destination.arn}',
      role_arn: '${aws_iam_role.notifications_pager_role.arn}',
      input_path: '$.detail',
      retry_policy: { maximum_event_age_in_seconds: 3600 },
      dead_letter_config: { arn: '${aws_sqs_queue.dead-letters_queue.arn}' },
    });
    const [leave] = parsed(notified.at('aws_sqs_queue_policy.dead-letters_policy').policy).Statement;
    expect(JSON.stringify(leave)).toContain(':rule/SuturePage"');
    expect(notified.only('aws_cloudwatch_event_api_destination')).toMatchObject({
      invocation_endpoint: 'https://events.pagerduty.com/v2/enqueue',
      http_method: 'POST',
    });
  });

  it('is served by EventBridge for this rule alone, which may call this address alone', () => {
    const trust = parsed(notified.at('aws_iam_role.notifications_pager_role').assume_role_policy).Statement;
    expect(trust).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: {
          ArnEquals: { 'aws:SourceArn': 'arn:<partition>:events:<region>:<account_id>:rule/SuturePage' },
        },
      },
    ]);
    expect(policyOf('aws_iam_role_policy.notifications_pager_policy')).toEqual([
      { Sid: 'SendPages', Effect: 'Allow', Action: 'events:InvokeApiDestination', Resource: '<arn>' },
    ]);
  });

  it('is asked by a function that may put this event and no other', () => {
    expect(policyOf('aws_iam_role_policy.notifications_pager_function_policy')).toEqual([
      {
        Sid: 'AskForPages',
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Resource: 'arn:<partition>:events:<region>:<account_id>:event-bus/default',
        Condition: {
          'ForAllValues:StringEquals': { 'events:source': 'suture', 'events:detail-type': 'Suture Page' },
        },
      },
    ]);
  });

  it('hears of alarms that page, and of the end of that which knows an end', () => {
    const { environment } = notified.at('aws_lambda_function.notifications_pager_function_function') as {
      environment: { variables: Record<string, string> };
    };
    expect(environment.variables.PAGING_ALARMS?.split(',')).toEqual([
      'SutureDeadLettersWaiting',
      'SecurityIncidentResponseFailed',
      'SecurityIncidentResponseAborted',
      'SecurityIncidentResponseTimedOut',
    ]);
    expect(notified.at('aws_cloudwatch_metric_alarm.dead-letters_alarm').ok_actions).toEqual([
      '${aws_sns_topic.alerts_topic.arn}',
    ]);
  });
});

it.each(['chat', 'pager'])(
  'the function for %s hears the topic for people, and is invoked by nobody else',
  (channel) => {
    const lambda = `aws_lambda_function.notifications_${channel}_function_function`;
    expect(notified.at(`aws_sns_topic_subscription.notifications_${channel}_subscription`)).toMatchObject({
      topic_arn: '${aws_sns_topic.alerts_topic.arn}',
      protocol: 'lambda',
      endpoint: `\${${lambda}.arn}`,
    });
    const permissions = Object.values(notified.all('aws_lambda_permission')).filter(
      ({ function_name }) => function_name === `\${${lambda}.function_name}`,
    );
    expect(permissions).toEqual([
      expect.objectContaining({
        action: 'lambda:InvokeFunction',
        principal: 'sns.amazonaws.com',
        source_arn: '${aws_sns_topic.alerts_topic.arn}',
      }),
    ]);
  },
);

it('the topic for people is protected as it is without them', () => {
  const policy = (variant: Variant) => new Stack(variant).at('aws_sns_topic_policy.alerts_policy').policy;
  expect(policy('notified')).toBe(policy('enforce'));
});
