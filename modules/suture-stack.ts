import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider';
import { TerraformElement, TerraformStack } from 'cdktf';
import type { Construct, Node } from 'constructs';
import { policyOf } from '../functions/core/policy';
import type { Settings } from '../functions/core/settings';
import { Account } from './account';
import { Alerts } from './alerts';
import { Backend, localState } from './backend';
import { ConfigRecorder } from './config-recorder';
import { ManagedRules } from './config-rules';
import { DeadLetters } from './dead-letters';
import { ExecutiveDashboard } from './executive-dashboard';
import { IncidentDetection } from './incident-detection';
import { IncidentResponse } from './incident-response';
import { LedgerTable } from './ledger-table';
import { literal } from './literal';
import { bucketPrefixes, names, ownParts } from './names';
import { Notifications } from './notifications';
import { OperatorRole } from './operator-role';
import { partNames } from './part-names';
import { S3BucketSelfHeal } from './s3-bucket-self-heal';
import { SecurityGroupSelfHeal } from './security-group-self-heal';
import { SelfDefence, tamperRuleNames } from './self-defence';
import type { SelfHealProps } from './self-heal';
import { Trail } from './trail';

const literals = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [literal(key), literal(value)]));

/** Whoever asks for KMS is told by Config which buckets do without. */
const managedRules = ({ managedRules: rules, buckets }: Settings): Settings['managedRules'] =>
  buckets.encryption === 'kms' && !rules.some(({ identifier }) => identifier === KMS_RULE.identifier)
    ? [...rules, KMS_RULE]
    : rules;

const KMS_RULE = { name: 's3-default-encryption-kms', identifier: 'S3_DEFAULT_ENCRYPTION_KMS', parameters: {} };

/** Everything that one installation is, in one account and Region. */
export class SutureStack extends TerraformStack {
  constructor(scope: Construct, settings: Settings, { bundleDirectory }: { readonly bundleDirectory?: string } = {}) {
    const table = names(settings.prefix);
    super(scope, table.stack);
    new AwsProvider(this, 'aws', {
      region: settings.region,
      defaultTags: [{ tags: { Application: 'Suture', ...literals(settings.tags) } }],
    });
    new Backend(this, 'backend', settings.backend ?? localState(settings.prefix, table.stack));
    this.addOverride('terraform.required_version', '>= 1.5.0');
    // Later releases of this major version do as well.
    this.addOverride('terraform.required_providers.aws.version', '>= 6.25.0, < 7.0.0');

    const ownBuckets = bucketPrefixes(table);
    const policy = policyOf(settings, { ...ownParts(table), parts: partNames(table, settings) });
    const account = new Account(this, 'account');
    const alerts = new Alerts(this, 'alerts', {
      topicName: table.alertTopic,
      account,
      emails: settings.notifications.emails,
    });
    const deadLetters = new DeadLetters(this, 'dead-letters', {
      queueName: table.deadLetterQueue,
      alarmName: table.alarms.deadLetters,
      account,
      ruleNames: [
        ...[table.securityGroup, table.bucket].flatMap(({ rule, complianceRule, sweepRule, pendingRule }) => [
          rule,
          complianceRule,
          sweepRule,
          pendingRule,
        ]),
        ...Object.values(table.incident.rules).filter((name) => name !== table.incident.rules.tamper),
        ...tamperRuleNames(table, settings),
        ...(settings.notifications.pagerDuty ? [table.notifications.pageRule] : []),
      ],
      alertTopicArn: alerts.topicArn,
      tellsWhenEmpty: settings.notifications.pagerDuty,
    });
    const ledger = new LedgerTable(this, 'ledger', { tableName: table.ledgerTable, account, policy });
    const logGroup = new CloudwatchLogGroup(this, 'remediation-log', {
      name: table.remediationLogGroup,
      retentionInDays: settings.logRetentionDays,
    });
    const { slack, pagerDuty } = settings.notifications;
    if (slack || pagerDuty)
      new Notifications(this, 'notifications', {
        names: { ...table.notifications, ...table.incident.functions },
        account,
        alertTopicArn: alerts.topicArn,
        slack,
        // One that tells of a level is over when it says so; one that counts failures has no word for that, and a person resolves its page.
        pagingAlarms: pagerDuty ? [table.alarms.deadLetters, ...Object.values(table.incident.alarms)] : [],
        metricNamespace: table.metricNamespace,
        logGroup,
        deadLetters,
        runtime: settings.runtime,
        ...(bundleDirectory && { bundleDirectory }),
      });
    if (settings.foundation.trail === 'create') {
      new Trail(this, 'trail', {
        trailName: table.trail,
        bucketPrefix: table.trailBucketPrefix,
        account,
        objectWrites: settings.dataEvents === 'writes',
        ownBuckets,
      });
    }
    const recorder =
      settings.foundation.recorder === 'create'
        ? new ConfigRecorder(this, 'config', { names: table.config, account }).on
        : undefined;
    new ManagedRules(this, 'managed-rules', { names: table.config, rules: managedRules(settings), recorder });
    const common: SelfHealProps = {
      account,
      ledger,
      alertTopicArn: alerts.topicArn,
      alarmNames: table.alarms,
      metricNamespace: table.metricNamespace,
      sweepEveryHours: settings.sweep.everyHours,
      logGroup,
      deadLetters,
      runtime: settings.runtime,
      ...(bundleDirectory && { bundleDirectory }),
    };
    const { target: securityGroup } = new SecurityGroupSelfHeal(this, 'security-group', {
      ...common,
      names: table.securityGroup,
      policy: policy.securityGroups,
      recorder,
    });
    const { target: bucket } = new S3BucketSelfHeal(this, 'bucket', {
      ...common,
      names: table.bucket,
      policy: policy.buckets,
      exemptTag: policy.exemptTag,
    });
    const { stateMachineArn, startRoleArn } = new IncidentResponse(this, 'incident', {
      ...common,
      names: table,
      policy,
      logRetentionDays: settings.logRetentionDays,
      remediations: { bucket, securityGroup },
    });
    new IncidentDetection(this, 'detection', {
      names: table.incident,
      account,
      foundation: settings.foundation,
      stateMachineArn,
      startRoleArn,
      deadLetters,
    });
    new SelfDefence(this, 'self-defence', {
      names: table,
      settings,
      account,
      stateMachineArn,
      startRoleArn,
      deadLetters,
    });
    if (settings.operators.principals.length > 0)
      new OperatorRole(this, 'operator', {
        names: table.incident,
        principals: settings.operators.principals,
        ledger,
        alertTopicArn: alerts.topicArn,
      });
    new ExecutiveDashboard(this, 'executive', {
      dashboardName: table.executiveDashboard,
      metricNamespace: table.metricNamespace,
      account,
      stateMachineArn,
    });
  }

  /** The path of ids: `aws_iam_role.security-group_function_role`. The default adds a hash that nobody can read. */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const node = TerraformElement.isTerraformElement(element) ? element.node : element;
    return node.scopes
      .slice(this.node.scopes.length)
      .map(({ node: { id } }) => id)
      .join('_');
  }
}
