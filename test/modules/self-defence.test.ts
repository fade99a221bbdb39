import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tamperingIn } from '../../functions/assess-incident/tamper';
import { parseSettings } from '../../functions/core/settings';
import { partKinds } from '../../functions/core/tamper-calls';
import { names } from '../../modules/names';
import { partNames } from '../../modules/part-names';
import { forwardingRules, tamperRules } from '../../modules/tamper-patterns';
import { compileEventPattern } from '../../twin/event-pattern';
import { type ApiCall, apiCall } from '../support/api-call';
import { defendedStack } from '../support/defended';
import { parsed, Stack } from '../support/stacks';

type Resource = Readonly<Record<string, unknown>>;

const LONGEST_PREFIX = 'abcdefghijklmnopqrs-';
const CHANNELS = { slack: { workspaceId: 'T0123456789', channelId: 'C0123456789' }, pagerDuty: true };
const installations = {
  plain: { region: 'eu-west-1' },
  prefixed: { region: 'eu-west-1', prefix: LONGEST_PREFIX },
  american: { region: 'us-east-1' },
  borrowing: { region: 'eu-west-1', foundation: { trail: 'existing', recorder: 'existing' } },
  notified: { region: 'eu-west-1', notifications: CHANNELS },
  notifiedFar: { region: 'us-east-1', prefix: LONGEST_PREFIX, notifications: CHANNELS },
};
type Installation = keyof typeof installations;
const stacks = Object.fromEntries(
  Object.entries(installations).map(([name, settings]) => [
    name,
    new Stack({ directory: defendedStack(name, settings) }),
  ]),
) as Record<Installation, Stack>;

/** The rules that watch over Suture itself, with where they are if not in the home Region. */
const watchers = new Map(
  Object.values(stacks).map((stack) => [
    stack,
    Object.values(stack.all('aws_cloudwatch_event_rule'))
      .filter(({ name }) => /SutureTamper/.test(String(name)))
      .map(({ name, region, event_pattern: pattern }) => ({
        name: String(name),
        region: region === undefined ? undefined : String(region),
        matches: compileEventPattern(String(pattern)),
      })),
  ]),
);

/** Names of those that match an event. */
const matching = (stack: Stack, region: string | undefined, event: object): string[] =>
  (watchers.get(stack) ?? []).filter((one) => one.region === region && one.matches(event)).map(({ name }) => name);

const ARN = 'arn:aws:SERVICE:eu-west-1:111122223333:';
const at = (service: string, resource: unknown) => ARN.replace('SERVICE', service) + String(resource);

const chatArn = (name: unknown) => `arn:aws:chatbot::111122223333:chat-configuration/slack-channel/${String(name)}`;

/**
 * Where a kind's events arrive, whatever the home Region is. Those of chat: where it was called, and it has four endpoints.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/APIReference/Welcome.html "Your AWS CloudTrail events are logged in whatever Region you call from"
 */
const ARRIVALS: readonly [of: RegExp, regions: readonly string[]][] = [
  [/^aws_iam_/, ['us-east-1']],
  [/^aws_chatbot_/, ['us-east-2', 'us-west-2', 'eu-west-1', 'ap-southeast-1']],
];

/**
 * How each kind of resource is taken away or made useless: the call, as CloudTrail writes it. Written out here, and not taken from what is tested.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html
 */
const removals: Readonly<Record<string, (resource: Resource) => Pick<ApiCall, 'service' | 'eventName' | 'request'>>> = {
  aws_guardduty_detector: () => ({
    service: 'guardduty',
    eventName: 'DeleteDetector',
    request: { detectorId: '12abc' },
  }),
  aws_securityhub_account: () => ({ service: 'securityhub', eventName: 'DisableSecurityHub', request: {} }),
  aws_cloudtrail: ({ name }) => ({ service: 'cloudtrail', eventName: 'DeleteTrail', request: { name } }),
  aws_config_configuration_recorder: ({ name }) => ({
    service: 'config',
    eventName: 'DeleteConfigurationRecorder',
    request: { configurationRecorderName: name },
  }),
  aws_config_configuration_recorder_status: ({ name }) => ({
    service: 'config',
    eventName: 'StopConfigurationRecorder',
    request: { configurationRecorderName: name },
  }),
  aws_config_delivery_channel: ({ name }) => ({
    service: 'config',
    eventName: 'DeleteDeliveryChannel',
    request: { deliveryChannelName: name },
  }),
  aws_config_config_rule: ({ name }) => ({
    service: 'config',
    eventName: 'DeleteConfigRule',
    request: { configRuleName: name },
  }),
  aws_cloudwatch_event_rule: ({ name }) => ({ service: 'events', eventName: 'DeleteRule', request: { name } }),
  aws_cloudwatch_event_target: ({ rule, target_id }) => ({
    service: 'events',
    eventName: 'RemoveTargets',
    request: { rule, ids: [target_id] },
  }),
  aws_lambda_function: ({ function_name: functionName }) => ({
    service: 'lambda',
    eventName: 'DeleteFunction20150331',
    request: { functionName },
  }),
  aws_lambda_permission: ({ function_name: functionName, statement_id: statementId }) => ({
    service: 'lambda',
    eventName: 'RemovePermission20150331v2',
    request: { functionName, statementId },
  }),
  aws_lambda_function_event_invoke_config: ({ function_name: functionName }) => ({
    service: 'lambda',
    eventName: 'DeleteFunctionEventInvokeConfig',
    request: { functionName },
  }),
  aws_lambda_function_recursion_config: ({ function_name: functionName }) => ({
    service: 'lambda',
    eventName: 'PutFunctionRecursionConfig',
    request: { functionName },
  }),
  aws_iam_role: ({ name }) => ({ service: 'iam', eventName: 'DeleteRole', request: { roleName: name } }),
  aws_iam_role_policy: ({ role }) => ({ service: 'iam', eventName: 'DeleteRolePolicy', request: { roleName: role } }),
  aws_iam_role_policy_attachment: ({ role }) => ({
    service: 'iam',
    eventName: 'DetachRolePolicy',
    request: { roleName: role },
  }),
  aws_cloudwatch_event_connection: ({ name }) => ({
    service: 'events',
    eventName: 'DeleteConnection',
    request: { name },
  }),
  aws_cloudwatch_event_api_destination: ({ name }) => ({
    service: 'events',
    eventName: 'DeleteApiDestination',
    request: { name },
  }),
  aws_chatbot_slack_channel_configuration: ({ configuration_name: name }) => ({
    service: 'chatbot',
    eventName: 'DeleteSlackChannelConfiguration',
    request: { ChatConfigurationArn: chatArn(name) },
  }),
  aws_dynamodb_table: ({ name }) => ({ service: 'dynamodb', eventName: 'DeleteTable', request: { tableName: name } }),
  aws_sns_topic: ({ name }) => ({ service: 'sns', eventName: 'DeleteTopic', request: { topicArn: at('sns', name) } }),
  aws_sns_topic_policy: ({ arn }) => ({
    service: 'sns',
    eventName: 'SetTopicAttributes',
    request: { topicArn: at('sns', arn) },
  }),
  aws_sns_topic_subscription: ({ topic_arn }) => ({
    service: 'sns',
    eventName: 'Unsubscribe',
    request: { subscriptionArn: `${at('sns', topic_arn)}:49f2` },
  }),
  aws_sqs_queue: ({ name }) => ({
    service: 'sqs',
    eventName: 'DeleteQueue',
    request: { queueUrl: `https://sqs.eu-west-1.amazonaws.com/111122223333/${String(name)}` },
  }),
  aws_sqs_queue_policy: ({ queue_url }) => ({
    service: 'sqs',
    eventName: 'SetQueueAttributes',
    request: { queueUrl: `https://sqs.eu-west-1.amazonaws.com/111122223333/${String(queue_url)}` },
  }),
  aws_sfn_state_machine: ({ name }) => ({
    service: 'states',
    eventName: 'DeleteStateMachine',
    request: { stateMachineArn: at('states', `stateMachine:${String(name)}`) },
  }),
  aws_s3_bucket: ({ bucket }) => ({ service: 's3', eventName: 'DeleteBucket', request: { bucketName: bucket } }),
  aws_s3_bucket_policy: ({ bucket }) => ({
    service: 's3',
    eventName: 'DeleteBucketPolicy',
    request: { bucketName: bucket },
  }),
  aws_s3_bucket_public_access_block: ({ bucket }) => ({
    service: 's3',
    eventName: 'DeleteBucketPublicAccessBlock',
    request: { bucketName: bucket },
  }),
  aws_s3_bucket_versioning: ({ bucket }) => ({
    service: 's3',
    eventName: 'PutBucketVersioning',
    request: { bucketName: bucket },
  }),
  aws_cloudwatch_log_group: ({ name }) => ({
    service: 'logs',
    eventName: 'DeleteLogGroup',
    request: { logGroupName: name },
  }),
  aws_cloudwatch_metric_alarm: ({ alarm_name }) => ({
    service: 'monitoring',
    eventName: 'DeleteAlarms',
    request: { alarmNames: [alarm_name] },
  }),
};

/** What may go without weakening anything: pages to look at, and items of the table, whose changes the ledger's hashes tell. */
const NO_PARTS = [
  'aws_cloudwatch_dashboard',
  'aws_dynamodb_table_item',
  'aws_guardduty_detector_feature',
  'aws_securityhub_standards_subscription',
  'aws_securityhub_action_target',
  'aws_iam_instance_profile',
];

/** A resource's arguments, references followed to the name of what they refer to. */
function resolved(stack: Stack, resource: Resource): Resource {
  const nameOf = (address: string): string => {
    const { name, function_name, bucket } = stack.at(address);
    return text(name ?? function_name ?? bucket);
  };
  const text = (value: unknown): string =>
    String(value)
      .replace(/\$\{data\.aws_caller_identity\.[\w-]+\.account_id\}/g, '111122223333')
      .replace(/\$\{data\.aws_region\.[\w-]+\.region\}/g, 'eu-west-1')
      .replace(/\$\{(aws_\w+\.[\w-]+)\.\w+\}/g, (_, address: string) => nameOf(address));
  return Object.fromEntries(
    Object.entries(resource).map(([key, value]) => [key, typeof value === 'string' ? text(value) : value]),
  );
}

describe.each(Object.keys(installations) as Installation[])('of the installation "%s"', (installation) => {
  const stack = stacks[installation];
  const settings = parseSettings(installations[installation]);
  const everything = Object.entries(stack.json.resource).flatMap(([type, resources]) =>
    Object.entries(resources).map(([name, resource]) => ({ type, address: `${type}.${name}`, resource })),
  );

  it('whatever is taken away, exactly one rule tells of it, and the function agrees', () => {
    const parts = partNames(names(settings.prefix), settings);
    const removable = everything
      .filter(({ type }) => !NO_PARTS.includes(type))
      .flatMap((one) => {
        const [, regions] = ARRIVALS.find(([of]) => of.test(one.type)) ?? [];
        return (regions ?? [String(one.resource.region ?? settings.region)]).map((where) => ({ ...one, where }));
      });
    for (const { type, address, resource, where } of removable) {
      const removal = removals[type];
      if (!removal) throw new Error(`${address}: who tells of it when a ${type} is taken away?`);
      const event = apiCall({ ...removal(resolved(stack, resource)), region: where });
      const isElsewhere = where !== settings.region;
      const told = matching(stack, undefined, event);
      expect([address, told]).toEqual([address, [expect.any(String)]]);
      expect([address, tamperingIn(event, parts)]).toEqual([address, expect.objectContaining({ refused: false })]);
      // None watches itself: a rule that is gone tells nobody.
      const { name, rule } = resolved(stack, resource);
      if (type.startsWith('aws_cloudwatch_event_')) expect(told).not.toContain(type.endsWith('rule') ? name : rule);
      // Brought home from where it arrives, and from nowhere else.
      const bringing = matching(stack, where, event);
      expect([address, where, bringing]).toEqual([address, where, isElsewhere ? [expect.any(String)] : []]);
      if (isElsewhere) expect(bringing).not.toContain(name);
    }
  });

  it('brings events home only from other Regions where there are any, under roles that can do nothing else', () => {
    const forwarders = Object.values(stack.all('aws_cloudwatch_event_rule')).filter(({ region }) => region);
    const needed = ARRIVALS.filter(([of]) => everything.some(({ type }) => of.test(type))).flatMap(([, all]) => all);
    const elsewhere = needed.filter((region) => region !== settings.region);
    expect(new Set(forwarders.map(({ region }) => region))).toEqual(new Set(elsewhere));
    const policies = Object.entries(stack.all('aws_iam_role_policy')).filter(([address]) =>
      /self-defence_(forwarding|relay)/.test(address),
    );
    expect(policies).toHaveLength(elsewhere.length > 0 ? 2 : 0);
    for (const [, { policy }] of policies)
      expect(parsed(policy).Statement).toEqual([
        {
          Effect: 'Allow',
          Sid: 'BringEventsHome',
          Action: 'events:PutEvents',
          Resource: 'arn:<partition>:events:<region>:<account_id>:event-bus/default',
        },
      ]);
    for (const [address, target] of Object.entries(stack.all('aws_cloudwatch_event_target')).filter(
      ([, { region }]) => region,
    ))
      expect([address, target]).toEqual([
        address,
        expect.objectContaining({
          region: stack.at(address.replace('_event_target', '_event_rule').replace(/_target$/, '_rule')).region,
          arn: expect.stringMatching(/:event-bus\/default$/),
          role_arn: expect.stringMatching(/self-defence_(forwarding|relay)_role\.arn/),
        }),
      ]);
  });

  it('starts the workflow, and loses nothing that cannot be delivered', () => {
    const rules = Object.entries(stack.all('aws_cloudwatch_event_rule')).filter(
      ([address, { region }]) => address.includes('.self-defence_') && !region,
    );
    const queue = parsed(stack.at('aws_sqs_queue_policy.dead-letters_policy').policy).Statement[0]?.Condition;
    for (const [address, { name }] of rules) {
      const target = stack.at(address.replace('_event_rule', '_event_target').replace(/_rule$/, '_target'));
      expect(target).toMatchObject({
        arn: '${aws_sfn_state_machine.incident_state-machine.arn}',
        role_arn: '${aws_iam_role.incident_start-role.arn}',
        dead_letter_config: { arn: '${aws_sqs_queue.dead-letters_queue.arn}' },
      });
      expect(JSON.stringify(queue)).toContain(`:rule/${String(name)}"`);
    }
    expect(rules.length).toBeGreaterThan(6);
  });

  it.each<[what: string, call: ApiCall]>([
    ['a trail of somebody else', { service: 'cloudtrail', eventName: 'StopLogging', request: { name: 'acme' } }],
    [
      'a role of another installation',
      { service: 'iam', eventName: 'DeleteRole', request: { roleName: 'team-b-SutureOperator' } },
    ],
    [
      'a function of another installation',
      {
        service: 'lambda',
        eventName: 'DeleteFunction20150331',
        request: { functionName: at('lambda', 'function:team-b-IsolateInstance') },
      },
    ],
    [
      'a rule of another installation',
      { service: 'events', eventName: 'DisableRule', request: { name: 'team-b-SutureTamperRules' } },
    ],
    [
      'a bucket of another installation',
      { service: 's3', eventName: 'DeleteBucket', request: { bucketName: 'team-b-suture-trail-1' } },
    ],
    [
      'a topic of another installation',
      { service: 'sns', eventName: 'DeleteTopic', request: { topicArn: at('sns', 'team-b-SutureAlerts') } },
    ],
    [
      'a chat channel of another installation',
      {
        service: 'chatbot',
        eventName: 'UpdateSlackChannelConfiguration',
        request: { ChatConfigurationArn: chatArn('team-b-SutureChat') },
      },
    ],
    [
      'a pager of another installation',
      { service: 'events', eventName: 'UpdateConnection', request: { name: 'team-b-SuturePagerDuty' } },
    ],
    [
      'a machine of another installation',
      {
        service: 'states',
        eventName: 'DeleteStateMachine',
        request: { stateMachineArn: at('states', 'stateMachine:team-b-SecurityIncidentResponse') },
      },
    ],
    ['a read', { service: 'iam', eventName: 'GetRole', request: { roleName: `${settings.prefix}AwsConfigRole` } }],
    ['a tag', { service: 'iam', eventName: 'TagRole', request: { roleName: `${settings.prefix}AwsConfigRole` } }],
    [
      'a call that failed for another reason than IAM',
      {
        service: 'iam',
        eventName: 'DeleteRole',
        request: { roleName: `${settings.prefix}AwsConfigRole` },
        errorCode: 'DeleteConflictException',
      },
    ],
  ])('%s starts nothing', (what, call) => {
    const told = [...new Set([...(watchers.get(stack) ?? [])].map(({ region }) => region))].flatMap((region) =>
      matching(stack, region, apiCall(call)),
    );
    // Where the trail is somebody else's, each may be the one that Suture relies on.
    const isBorrowed = installation === 'borrowing' && what === 'a trail of somebody else';
    expect(told).toEqual(isBorrowed ? ['SutureTamperDetectionRecording'] : []);
  });

  it.each<[what: string, call: ApiCall]>([
    ...['CreateAutomationRule', 'CreateAutomationRuleV2', 'BatchUpdateAutomationRules', 'UpdateAutomationRuleV2'].map(
      (eventName): [string, ApiCall] => [
        eventName,
        { service: 'securityhub', eventName, request: { ruleName: 'hush' } },
      ],
    ),
    ...['DisableRule', 'PutRule', 'RemoveTargets', 'PutTargets'].map((eventName): [string, ApiCall] => {
      const name = `${settings.prefix}SuturePage`;
      const request = eventName.endsWith('Targets') ? { rule: name } : { name };
      return [`${eventName} on the pager's rule`, { service: 'events', eventName, request }];
    }),
    ...['DeauthorizeConnection', 'UpdateConnection', 'UpdateApiDestination'].map((eventName): [string, ApiCall] => [
      eventName,
      { service: 'events', eventName, request: { name: `${settings.prefix}SuturePagerDuty` } },
    ]),
    ...['ChatConfigurationArn', 'chatConfigurationArn'].map((parameter): [string, ApiCall] => [
      `UpdateSlackChannelConfiguration with ${parameter}`,
      {
        service: 'chatbot',
        eventName: 'UpdateSlackChannelConfiguration',
        request: { [parameter]: chatArn(`${settings.prefix}SutureChat`) },
      },
    ]),
  ])('%s starts it, once', (_what, call) => {
    const event = apiCall(call);
    expect(matching(stack, undefined, event)).toHaveLength(1);
    expect(tamperingIn(event, partNames(names(settings.prefix), settings))).toMatchObject({ what: call.eventName });
  });

  it('an attempt that IAM refused starts it', () => {
    const request = { roleName: `${settings.prefix}AwsConfigRole` };
    const event = apiCall({ service: 'iam', eventName: 'DeleteRole', request, errorCode: 'AccessDenied' });
    expect(matching(stack, undefined, event)).toEqual([`${settings.prefix}SutureTamperDetectionRoles`]);
  });
});

it('no other sample starts it', () => {
  const samples = readdirSync(join(__dirname, '..', 'fixtures', 'events'));
  const told = samples.filter(
    (file) =>
      matching(
        stacks.plain,
        undefined,
        JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'events', file), 'utf8')),
      ).length > 0,
  );
  expect(told).toEqual([]);
});

it('names that are not yet made are watched too', () => {
  const table = names('');
  const { function: functions, role, alarm } = partNames(table, parseSettings({}));
  expect(functions).toEqual(expect.arrayContaining(Object.values(table.incident.functions).map((one) => one.function)));
  expect(role).toEqual(expect.arrayContaining([table.incident.operatorRole, table.incident.quarantineRole]));
  expect(alarm).toEqual(expect.arrayContaining(Object.values(table.incident.alarms)));
});

it('however many Config rules there are, their names find a pattern', () => {
  const managedRules = Array.from({ length: 120 }, (_, index) => ({
    name: `a-rule-with-a-rather-long-name-number-${index}`,
    identifier: 'INCOMING_SSH_DISABLED',
    parameters: {},
  }));
  const settings = parseSettings({ prefix: LONGEST_PREFIX, managedRules });
  const table = names(LONGEST_PREFIX);
  const rules = tamperRules(table, partNames(table, settings));
  const matches = rules.map(({ name, pattern }) => [name, compileEventPattern(pattern)] as const);
  for (const { name } of managedRules) {
    const request = { configRuleName: table.config.managedRule(name) };
    const event = apiCall({ service: 'config', eventName: 'DeleteConfigRule', request });
    expect(matches.filter(([, match]) => match(event))).toHaveLength(1);
  }
  expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  // A rule that was added for want of room is watched like the first.
  const last = rules.filter(({ name }) => name.includes('Recording')).at(-1)?.name;
  expect(last).toMatch(/Recording\d+$/);
  const gone = apiCall({ service: 'events', eventName: 'DeleteRule', request: { name: last } });
  expect(matches.filter(([, match]) => match(gone)).map(([name]) => name)).toEqual([table.incident.tamper.rules]);
});

it('every kind of part is watched by some rule', () => {
  const parts = Object.fromEntries(partKinds.map((kind) => [kind, [`the-${kind}`]]));
  const rules = tamperRules(names(''), parts);
  const text = JSON.stringify(rules);
  for (const kind of partKinds.filter((one) => !['recorder', 'detector', 'hub'].includes(one)))
    expect(text).toContain(`the-${kind}`);
  for (const call of ['StopConfigurationRecorder', 'DeleteDetector', 'DisableSecurityHub'])
    expect(text).toContain(call);
  for (const kind of ['role', 'chat-channel'] as const) {
    const { forwarding, relay } = forwardingRules(names(''), parts, kind);
    expect([forwarding, relay].map(({ length }) => length)).toEqual([1, 1]);
    expect(JSON.stringify(forwarding)).toContain(`the-${kind}`);
  }
});
