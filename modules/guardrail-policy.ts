import { ConfigurationError } from '../functions/core/errors';
import type { Settings } from '../functions/core/settings';
import type { PartKind, PartNames } from '../functions/core/tamper-calls';
import type { Names } from './names';
import { partNames } from './part-names';

/** Characters of a service control policy, white space counted. @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html */
const MAX_POLICY = 5120;
/** Policies of one target, the one that allows everything among them. */
const MAX_POLICIES = 4;

/** Stands for the partition, which only Terraform knows; as long as the longest one, `aws-us-gov`. */
export const PARTITION = '#PARTITION';

interface Protection {
  readonly kind: PartKind;
  readonly actions: readonly string[];
  /** ARNs of a part, by its name, in any account and Region. */
  readonly arns: (name: string) => readonly string[];
}

/**
 * What nobody but a deployer may do with a part. As IAM names actions, which is not always as CloudTrail names calls.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const PROTECTIONS: readonly Protection[] = [
  {
    kind: 'trail',
    actions: [
      'cloudtrail:StopLogging',
      'cloudtrail:DeleteTrail',
      'cloudtrail:UpdateTrail',
      'cloudtrail:PutEventSelectors',
    ],
    arns: (name) => [`arn:${PARTITION}:cloudtrail:*:*:trail/${name}`],
  },
  {
    kind: 'rule',
    actions: ['events:DeleteRule', 'events:DisableRule', 'events:PutRule', 'events:PutTargets', 'events:RemoveTargets'],
    arns: (name) => [`arn:${PARTITION}:events:*:*:rule/${name}`],
  },
  {
    kind: 'connection',
    actions: ['events:DeauthorizeConnection', 'events:DeleteConnection', 'events:UpdateConnection'],
    // An id may follow.
    arns: (name) => [`arn:${PARTITION}:events:*:*:connection/${name}*`],
  },
  {
    kind: 'api-destination',
    actions: ['events:DeleteApiDestination', 'events:UpdateApiDestination'],
    arns: (name) => [`arn:${PARTITION}:events:*:*:api-destination/${name}*`],
  },
  {
    kind: 'chat-channel',
    actions: ['chatbot:DeleteSlackChannelConfiguration', 'chatbot:UpdateSlackChannelConfiguration'],
    arns: (name) => [`arn:${PARTITION}:chatbot::*:chat-configuration/slack-channel/${name}`],
  },
  {
    kind: 'function',
    actions: [
      'lambda:AddPermission',
      'lambda:CreateFunctionUrlConfig',
      'lambda:DeleteFunction*',
      'lambda:PutFunction*',
      'lambda:PutRuntimeManagementConfig',
      'lambda:RemovePermission',
      'lambda:UpdateFunction*',
    ],
    // With what may follow: a version, an alias.
    arns: (name) => [`arn:${PARTITION}:lambda:*:*:function:${name}*`],
  },
  {
    kind: 'role',
    actions: [
      'iam:AttachRolePolicy',
      'iam:CreateRole',
      'iam:DeleteRole*',
      'iam:DetachRolePolicy',
      'iam:PutRole*',
      'iam:UpdateAssumeRolePolicy',
      'iam:UpdateRole*',
    ],
    arns: (name) => [`arn:${PARTITION}:iam::*:role/${name}`],
  },
  {
    kind: 'table',
    actions: [
      'dynamodb:DeleteResourcePolicy',
      'dynamodb:DeleteTable',
      'dynamodb:PutResourcePolicy',
      'dynamodb:UpdateContinuousBackups',
      'dynamodb:UpdateTable',
      'dynamodb:UpdateTimeToLive',
    ],
    arns: (name) => [`arn:${PARTITION}:dynamodb:*:*:table/${name}`],
  },
  {
    kind: 'topic',
    actions: [
      'sns:AddPermission',
      'sns:DeleteTopic',
      'sns:PutDataProtectionPolicy',
      'sns:RemovePermission',
      'sns:SetTopicAttributes',
      'sns:Subscribe',
    ],
    arns: (name) => [`arn:${PARTITION}:sns:*:*:${name}`],
  },
  {
    kind: 'queue',
    actions: [
      'sqs:AddPermission',
      'sqs:DeleteQueue',
      'sqs:PurgeQueue',
      'sqs:RemovePermission',
      'sqs:SetQueueAttributes',
    ],
    arns: (name) => [`arn:${PARTITION}:sqs:*:*:${name}`],
  },
  {
    kind: 'state-machine',
    actions: ['states:DeleteStateMachine', 'states:StopExecution', 'states:UpdateStateMachine'],
    arns: (name) => [
      `arn:${PARTITION}:states:*:*:stateMachine:${name}`,
      `arn:${PARTITION}:states:*:*:execution:${name}:*`,
    ],
  },
  {
    kind: 'bucket',
    // What is in them too: they hold the logs and the evidence.
    actions: [
      's3:BypassGovernanceRetention',
      's3:DeleteBucket*',
      's3:DeleteObject*',
      's3:PutBucket*',
      's3:PutEncryptionConfiguration',
      's3:PutLifecycleConfiguration',
      's3:PutReplicationConfiguration',
    ],
    arns: (name) => [`arn:${PARTITION}:s3:::${name}`],
  },
  {
    kind: 'log-group',
    actions: [
      'logs:AssociateKmsKey',
      'logs:DeleteLog*',
      'logs:DeleteSubscriptionFilter',
      'logs:DisassociateKmsKey',
      'logs:PutRetentionPolicy',
      'logs:PutSubscriptionFilter',
    ],
    arns: (name) => [`arn:${PARTITION}:logs:*:*:log-group:${name}*`],
  },
  {
    kind: 'alarm',
    actions: [
      'cloudwatch:DeleteAlarms',
      'cloudwatch:DisableAlarmActions',
      'cloudwatch:PutMetricAlarm',
      'cloudwatch:SetAlarmState',
    ],
    arns: (name) => [`arn:${PARTITION}:cloudwatch:*:*:alarm:${name}`],
  },
];

/** Foundations that are one of their kind in a Region. Only those that are made here: others have owners of their own. */
const FOUNDATIONS: Readonly<Record<'recorder' | 'detector' | 'securityHub', readonly string[]>> = {
  recorder: [
    'config:DeleteConfigurationRecorder',
    'config:DeleteDeliveryChannel',
    'config:PutConfigurationRecorder',
    'config:PutDeliveryChannel',
    'config:StopConfigurationRecorder',
  ],
  detector: ['guardduty:DeleteDetector', 'guardduty:UpdateDetector'],
  securityHub: ['securityhub:DisableSecurityHub*'],
};

interface Denial {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

/**
 * Policies that keep everybody but the deployers from changing Suture's parts, as few as the limit of their length allows.
 *
 * The deployers' own roles are protected as well: whoever could make a role of such a name would be one.
 *
 * @param settings with at least one deployer, as `parseSettings` makes sure
 * @returns the content of each, without white space, with `PARTITION` in its ARNs
 * @throws ConfigurationError if there are more policies than may be attached
 * @see https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
 */
export function guardrailPolicies(names: Names, settings: Settings): string[] {
  const { foundation } = settings;
  // Names are unique in an account, whatever their path.
  const deployers = settings.deployers.roles.flatMap((name) => [
    `arn:${PARTITION}:iam::*:role/${name}`,
    `arn:${PARTITION}:iam::*:role/*/${name}`,
  ]);
  const parts: PartNames = {
    ...partNames(names, settings),
    // Who made it says who may change it.
    trail: foundation.trail === 'create' ? [names.trail] : [],
  };
  const denials: Denial[] = PROTECTIONS.map(({ kind, actions, arns }) => ({
    actions,
    resources: [...(parts[kind] ?? []).flatMap(arns), ...(kind === 'role' ? deployers : [])],
  })).filter(({ resources }) => resources.length > 0);
  const made = (['recorder', 'detector', 'securityHub'] as const).filter((of) => foundation[of] === 'create');
  if (made.length > 0) denials.push({ actions: made.flatMap((of) => FOUNDATIONS[of]), resources: ['*'] });
  return packed(denials, { ArnNotLike: { 'aws:PrincipalARN': deployers } });
}

/** Actions fit the resources of their own service only, so that one statement does for all parts. */
function contentOf(denials: readonly Denial[], Condition: object): string {
  const groups = [false, true].map((all) => denials.filter(({ resources }) => (resources[0] === '*') === all));
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: groups
      .filter((group) => group.length > 0)
      .map((group) => ({
        Effect: 'Deny',
        Action: group.flatMap(({ actions }) => actions),
        Resource: [...new Set(group.flatMap(({ resources }) => resources))],
        Condition,
      })),
  });
}

function packed(denials: readonly Denial[], condition: object): string[] {
  const policies: Denial[][] = [];
  for (const denial of denials) {
    const last = policies.at(-1);
    if (last && contentOf([...last, denial], condition).length <= MAX_POLICY) last.push(denial);
    else policies.push([denial]);
  }
  const contents = policies.map((group) => contentOf(group, condition));
  if (contents.length > MAX_POLICIES || contents.some(({ length }) => length > MAX_POLICY))
    throw new ConfigurationError(
      `guardrail: the policies have ${contents.map(({ length }) => length).join(', ')} characters; at most ${MAX_POLICIES} of ${MAX_POLICY} can be attached. Shorten the prefix or the list of deployers`,
    );
  return contents;
}
