import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { DataAwsGuarddutyDetector } from '@cdktf/provider-aws/lib/data-aws-guardduty-detector';
import { GuarddutyDetector } from '@cdktf/provider-aws/lib/guardduty-detector';
import { GuarddutyDetectorFeature } from '@cdktf/provider-aws/lib/guardduty-detector-feature';
import { SecurityhubAccount } from '@cdktf/provider-aws/lib/securityhub-account';
import { SecurityhubActionTarget } from '@cdktf/provider-aws/lib/securityhub-action-target';
import { SecurityhubStandardsSubscription } from '@cdktf/provider-aws/lib/securityhub-standards-subscription';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Settings } from '../functions/core/settings';
import type { Account } from './account';
import type { DeadLetters } from './dead-letters';
import type { Names } from './names';

export interface IncidentDetectionProps {
  /** Physical names, from `names.ts`. */
  readonly names: Pick<Names['incident'], 'rules' | 'customAction'>;
  readonly account: Account;
  readonly foundation: Pick<Settings['foundation'], 'detector' | 'securityHub'>;
  /** Of the workflow. */
  readonly stateMachineArn: string;
  /** Under which EventBridge starts it. */
  readonly startRoleArn: string;
  /** What cannot be delivered goes here: also what is too large for the workflow. */
  readonly deadLetters: DeadLetters;
}

/**
 * What GuardDuty looks at besides its foundation (CloudTrail, flow logs, DNS), each with a price of its own.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html
 */
const FEATURES = [
  'S3_DATA_EVENTS',
  'EKS_AUDIT_LOGS',
  'EBS_MALWARE_PROTECTION',
  'RDS_LOGIN_EVENTS',
  'LAMBDA_NETWORK_LOGS',
] as const;

/** @see https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html */
const STANDARDS = {
  'foundational-best-practices': 'standards/aws-foundational-security-best-practices/v/1.0.0',
  'cis-benchmark': 'standards/cis-aws-foundations-benchmark/v/3.0.0',
};

/** GuardDuty and Security Hub, unless the account has them already, and the rules by which their findings start the workflow. */
export class IncidentDetection extends Construct {
  constructor(scope: Construct, id: string, props: IncidentDetectionProps) {
    super(scope, id);
    const { names, account, foundation } = props;
    if (foundation.detector === 'create') this.makeDetector();
    else this.findDetector();
    const hub = foundation.securityHub === 'create' ? this.makeHub(account) : undefined;
    new SecurityhubActionTarget(this, 'custom-action', {
      name: names.customAction,
      identifier: names.customAction,
      description: 'Has Suture contain what the finding is about, once a person agrees',
      ...(hub && { dependsOn: [hub] }),
    });
    for (const [of, rule] of Object.entries(detectionRules(props))) new DetectionRule(this, of, { ...props, ...rule });
  }

  /** Updates of findings come every 15 minutes, not every six hours. @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html#guardduty_findings_cloudwatch_frequency */
  private makeDetector(): void {
    const detector = new GuarddutyDetector(this, 'detector', {
      enable: true,
      findingPublishingFrequency: 'FIFTEEN_MINUTES',
    });
    for (const name of FEATURES)
      new GuarddutyDetectorFeature(this, `detector-${name.toLowerCase().replaceAll('_', '-')}`, {
        detectorId: detector.id,
        name,
        status: 'ENABLED',
      });
  }

  /**
   * Without a detector, rules wait for findings that never come, and nobody notices: rather the plan fails. Where Security Hub is not enabled, it is the
   * custom action that says so.
   */
  private findDetector(): void {
    new DataAwsGuarddutyDetector(this, 'existing-detector', {
      lifecycle: {
        postcondition: [
          {
            condition: '${self.status != "DISABLED"}',
            errorMessage:
              'GuardDuty is suspended in this Region, and foundation.detector is "existing": no findings would come. Resume it.',
          },
        ],
      },
    });
  }

  private makeHub({ partition, region }: Account): ITerraformDependable {
    const hub = new SecurityhubAccount(this, 'security-hub', {
      enableDefaultStandards: false,
      controlFindingGenerator: 'SECURITY_CONTROL',
      autoEnableControls: true,
    });
    for (const [of, standard] of Object.entries(STANDARDS))
      new SecurityhubStandardsSubscription(this, of, {
        standardsArn: `arn:${partition}:securityhub:${region}::${standard}`,
        dependsOn: [hub],
      });
    return hub;
  }
}

interface Rule {
  readonly ruleName: string;
  readonly description: string;
  readonly pattern: object;
}

/** GuardDuty's findings reach the workflow by themselves. */
const NOT_OF_GUARDDUTY = [{ 'anything-but': { suffix: 'aws/guardduty' } }];

/**
 * As narrow as patterns can be, but never by severity: it may come as text, or not at all.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
function detectionRules({ names: { rules, customAction }, account }: IncidentDetectionProps): Record<string, Rule> {
  const unresolved = {
    // Our own updates set NOTIFIED and RESOLVED: they wake nobody.
    Workflow: { Status: ['NEW'] },
    RecordState: ['ACTIVE'],
    ProductArn: NOT_OF_GUARDDUTY,
    Compliance: { Status: [{ exists: false }, 'FAILED', 'WARNING'] },
  };
  return {
    'guardduty-finding': {
      ruleName: rules.guardDuty,
      description: 'Findings of GuardDuty, new or repeated, but samples and archived ones',
      pattern: {
        source: ['aws.guardduty'],
        'detail-type': ['GuardDuty Finding'],
        detail: {
          service: { archived: [{ exists: false }, false], additionalInfo: { sample: [{ exists: false }, false] } },
          title: [{ exists: false }, { 'anything-but': { prefix: '[SAMPLE]' } }],
        },
      },
    },
    'security-hub-finding': {
      ruleName: rules.securityHub,
      description: 'New findings of Security Hub CSPM that are active and not passed, but copies of those of GuardDuty',
      pattern: {
        source: ['aws.securityhub'],
        'detail-type': ['Security Hub Findings - Imported'],
        detail: { findings: unresolved },
      },
    },
    'security-hub-v2-finding': {
      ruleName: rules.securityHubV2,
      description: 'New findings of Security Hub that are not passed, but copies of those of GuardDuty',
      pattern: {
        source: ['aws.securityhub'],
        'detail-type': ['Findings Imported V2'],
        detail: {
          findings: {
            status_id: [0, 1],
            activity_id: [{ 'anything-but': [3] }],
            metadata: { product: { uid: NOT_OF_GUARDDUTY } },
            compliance: { status: [{ exists: false }, { 'anything-but': ['Pass'] }] },
          },
        },
      },
    },
    'security-hub-action': {
      ruleName: rules.customAction,
      description: 'Findings for which a person chose the custom action of Suture in Security Hub',
      pattern: {
        source: ['aws.securityhub'],
        'detail-type': ['Security Hub Findings - Custom Action'],
        resources: [account.arn('securityhub', `action/custom/${customAction}`)],
      },
    },
    'security-test': {
      ruleName: rules.custom,
      description: 'Tests by whoever may put events: told and rehearsed, never contained',
      pattern: { source: ['test.security'], 'detail-type': ['Security Test'] },
    },
  };
}

/** A rule on the default bus that starts the workflow with the whole event. */
class DetectionRule extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { ruleName, description, pattern, stateMachineArn, startRoleArn, deadLetters }: IncidentDetectionProps & Rule,
  ) {
    super(scope, id);
    const rule = new CloudwatchEventRule(this, 'rule', {
      name: ruleName,
      description,
      eventPattern: JSON.stringify(pattern),
    });
    new CloudwatchEventTarget(this, 'target', {
      rule: rule.name,
      targetId: 'workflow',
      arn: stateMachineArn,
      roleArn: startRoleArn,
      deadLetterConfig: { arn: deadLetters.queueArn },
      retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 185 },
    });
  }
}
