/** What Suture is made of, as far as somebody could stop it, change it or take it away. */
export const partKinds = [
  'trail',
  'recorder',
  'config-rule',
  'detector',
  'hub',
  'rule',
  'connection',
  'api-destination',
  'chat-channel',
  'function',
  'role',
  'table',
  'topic',
  'queue',
  'state-machine',
  'bucket',
  'log-group',
  'alarm',
] as const;
export type PartKind = (typeof partKinds)[number];

/**
 * Names of the parts of an installation, by kind. One that ends in `*` stands for all that begin so. Kinds of which an account has only one
 * in a Region need no name: the recorder, the detector, the hub.
 */
export type PartNames = Readonly<Partial<Record<PartKind, readonly string[]>>>;

/** API calls that change parts of one kind, all of which name the part alike. */
export interface TamperCalls {
  readonly kind: PartKind;
  /** As in `SERVICE.amazonaws.com` and `aws.SERVICE`. */
  readonly service: string;
  /** As CloudTrail spells them; `*` at the end stands for what may follow, such as the version of Lambda's API. */
  readonly eventNames: readonly string[];
  /** Where `requestParameters` name the part. Absent: the call is about the account's only one. */
  readonly parameter?: readonly string[];
  /** How they write the name, which stands for `NAME`; `*` is any text. @default as it is */
  readonly spellings?: readonly string[];
  /** Whether the service finds a name in any case. @default false */
  readonly anyCase?: boolean;
}

const LAMBDA_CALLS = [
  'DeleteFunction*',
  'UpdateFunction*',
  'PutFunction*',
  'AddPermission*',
  'RemovePermission*',
  'CreateFunctionUrlConfig*',
  'PutRuntimeManagementConfig*',
];
const BUCKET_CALLS = [
  'DeleteBucket',
  'DeleteBucketPolicy',
  'DeleteBucketEncryption',
  'DeleteBucketPublicAccessBlock',
  'DeleteBucketOwnershipControls',
  'PutBucketPolicy',
  'PutBucketAcl',
  'PutBucketEncryption',
  'PutBucketPublicAccessBlock',
  'PutBucketOwnershipControls',
  'PutBucketVersioning',
  'PutBucketLifecycle',
  'PutBucketObjectLockConfiguration',
  'PutBucketReplication',
  'PutBucketNotification',
];

/**
 * The calls that tamper with Suture: those that stop, change or delete one of its parts, or that let others in. The one list for the event patterns
 * that watch for them (modules/tamper-patterns.ts) and for the function that reads such an event.
 *
 * Not among them are calls that only switch something on (`StartLogging`, `EnableRule`), tags, and calls on what is within a part: messages, items,
 * objects and executions that begin are data. StopExecution is there: it ends a response half-way.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html for each service's events
 * @see https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html for names with dates in them
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html for names that differ from the API's
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html for alarms, whose source is `monitoring`
 * @see https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-chatbot.html for the chat service
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html for the forms of a function's name
 */
export const TAMPER_CALLS: readonly TamperCalls[] = [
  {
    kind: 'trail',
    service: 'cloudtrail',
    eventNames: ['StopLogging', 'DeleteTrail', 'UpdateTrail'],
    parameter: ['name'],
    spellings: ['NAME', '*:trail/NAME'],
  },
  {
    kind: 'trail',
    service: 'cloudtrail',
    eventNames: ['PutEventSelectors'],
    parameter: ['trailName'],
    spellings: ['NAME', '*:trail/NAME'],
  },
  {
    kind: 'recorder',
    service: 'config',
    eventNames: [
      'StopConfigurationRecorder',
      'DeleteConfigurationRecorder',
      'PutConfigurationRecorder',
      'DeleteDeliveryChannel',
      'PutDeliveryChannel',
    ],
  },
  {
    kind: 'config-rule',
    service: 'config',
    eventNames: ['DeleteConfigRule', 'DeleteEvaluationResults'],
    parameter: ['configRuleName'],
  },
  {
    kind: 'config-rule',
    service: 'config',
    eventNames: ['PutConfigRule'],
    parameter: ['configRule', 'configRuleName'],
  },
  {
    kind: 'detector',
    service: 'guardduty',
    // A filter may archive what it finds, and a list of trusted addresses keeps it from being found.
    eventNames: [
      'DeleteDetector',
      'UpdateDetector',
      'CreateFilter',
      'UpdateFilter',
      'CreateIPSet',
      'UpdateIPSet',
      'CreateTrustedEntitySet',
      'UpdateTrustedEntitySet',
    ],
  },
  {
    kind: 'hub',
    service: 'securityhub',
    // Automation rules suppress what it finds, or make it harmless.
    eventNames: [
      'DisableSecurityHub',
      'DisableSecurityHubV2',
      'CreateAutomationRule',
      'CreateAutomationRuleV2',
      'BatchUpdateAutomationRules',
      'UpdateAutomationRuleV2',
    ],
  },
  {
    kind: 'rule',
    service: 'events',
    eventNames: ['DeleteRule', 'DisableRule', 'PutRule'],
    parameter: ['name'],
  },
  { kind: 'rule', service: 'events', eventNames: ['RemoveTargets', 'PutTargets'], parameter: ['rule'] },
  {
    kind: 'connection',
    service: 'events',
    eventNames: ['DeleteConnection', 'DeauthorizeConnection', 'UpdateConnection'],
    parameter: ['name'],
  },
  {
    kind: 'api-destination',
    service: 'events',
    eventNames: ['DeleteApiDestination', 'UpdateApiDestination'],
    parameter: ['name'],
  },
  // Nobody says whether CloudTrail writes this parameter as the API does, or with a small letter, as it does for most services.
  ...['chatConfigurationArn', 'ChatConfigurationArn'].map(
    (parameter): TamperCalls => ({
      kind: 'chat-channel',
      service: 'chatbot',
      eventNames: ['DeleteSlackChannelConfiguration', 'UpdateSlackChannelConfiguration'],
      parameter: [parameter],
      spellings: ['*:chat-configuration/slack-channel/NAME'],
    }),
  ),
  {
    kind: 'function',
    service: 'lambda',
    eventNames: LAMBDA_CALLS,
    parameter: ['functionName'],
    spellings: ['NAME', '*:NAME', 'NAME:*', '*:NAME:$LATEST'],
  },
  {
    kind: 'role',
    service: 'iam',
    eventNames: ['Attach*', 'Delete*', 'Detach*', 'Put*', 'Update*', 'RemoveRoleFromInstanceProfile'],
    parameter: ['roleName'],
    // "Names are not distinguished by case." https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    anyCase: true,
  },
  {
    kind: 'table',
    service: 'dynamodb',
    eventNames: ['DeleteTable', 'UpdateTable', 'UpdateContinuousBackups', 'UpdateTimeToLive'],
    parameter: ['tableName'],
    spellings: ['NAME', '*:table/NAME'],
  },
  {
    kind: 'table',
    service: 'dynamodb',
    eventNames: ['PutResourcePolicy', 'DeleteResourcePolicy'],
    parameter: ['resourceArn'],
    spellings: ['*:table/NAME'],
  },
  {
    kind: 'topic',
    service: 'sns',
    eventNames: ['DeleteTopic', 'SetTopicAttributes', 'Subscribe', 'AddPermission', 'RemovePermission'],
    parameter: ['topicArn'],
    spellings: ['*:NAME'],
  },
  {
    kind: 'topic',
    service: 'sns',
    eventNames: ['Unsubscribe', 'SetSubscriptionAttributes'],
    parameter: ['subscriptionArn'],
    spellings: ['*:NAME:*'],
  },
  {
    kind: 'topic',
    service: 'sns',
    eventNames: ['PutDataProtectionPolicy'],
    parameter: ['resourceArn'],
    spellings: ['*:NAME'],
  },
  {
    kind: 'queue',
    service: 'sqs',
    eventNames: ['DeleteQueue', 'PurgeQueue', 'SetQueueAttributes', 'AddPermission', 'RemovePermission'],
    parameter: ['queueUrl'],
    spellings: ['*/NAME'],
  },
  {
    kind: 'state-machine',
    service: 'states',
    eventNames: ['DeleteStateMachine', 'UpdateStateMachine'],
    parameter: ['stateMachineArn'],
    spellings: ['*:stateMachine:NAME'],
  },
  {
    kind: 'state-machine',
    service: 'states',
    eventNames: ['StopExecution'],
    parameter: ['executionArn'],
    spellings: ['*:execution:NAME:*'],
  },
  { kind: 'bucket', service: 's3', eventNames: BUCKET_CALLS, parameter: ['bucketName'] },
  {
    kind: 'log-group',
    service: 'logs',
    eventNames: [
      'DeleteLogGroup',
      'DeleteLogStream',
      'PutRetentionPolicy',
      'PutSubscriptionFilter',
      'DeleteSubscriptionFilter',
      'AssociateKmsKey',
      'DisassociateKmsKey',
    ],
    parameter: ['logGroupName'],
  },
  {
    kind: 'alarm',
    service: 'monitoring',
    eventNames: ['DeleteAlarms', 'DisableAlarmActions'],
    parameter: ['alarmNames'],
  },
  { kind: 'alarm', service: 'monitoring', eventNames: ['PutMetricAlarm', 'SetAlarmState'], parameter: ['alarmName'] },
];

/** How the calls of a kind may write the name of a part: each a text in which `*` is any text. */
export const spelled = ({ spellings = ['NAME'] }: Pick<TamperCalls, 'spellings'>, name: string): string[] =>
  // A name that is any name needs no spelling.
  name === '*' ? ['*'] : spellings.map((spelling) => spelling.replace('NAME', () => name).replace(/\*{2,}/g, '*'));

/**
 * What CloudTrail says of a call that IAM refused. `requestParameters` are often null then (Step Functions, Lambda), so that not every attempt is seen.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cloud-trail.html for one without parameters
 */
export const REFUSALS: readonly string[] = ['AccessDenied', 'AccessDeniedException'];
