import { CloudwatchEventRule } from '@cdktf/provider-aws/lib/cloudwatch-event-rule';
import { CloudwatchEventTarget } from '@cdktf/provider-aws/lib/cloudwatch-event-target';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import type { Settings } from '../functions/core/settings';
import type { Account } from './account';
import type { DeadLetters } from './dead-letters';
import type { Names } from './names';
import { type PartSettings, partNames } from './part-names';
import { policyDocument, trustService } from './policy-document';
import { forwardingRules, type TamperRule, tamperRules } from './tamper-patterns';

export interface SelfDefenceProps {
  readonly names: Names;
  readonly settings: PartSettings & Pick<Settings, 'region'>;
  readonly account: Account;
  /** Of `SecurityIncidentResponse`, which such an event starts. */
  readonly stateMachineArn: string;
  /** Under which EventBridge starts it. */
  readonly startRoleArn: string;
  /** What cannot be delivered goes here. Its policy must name the rules: `tamperRuleNames`. */
  readonly deadLetters: DeadLetters;
}

/** Where CloudTrail delivers the events of IAM. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html */
const GLOBAL_EVENTS_REGION = 'us-east-1';

/** Names of the rules in the home Region, for the policy of the dead-letter queue. */
export const tamperRuleNames = (names: Names, settings: PartSettings): string[] =>
  tamperRules(names, partNames(names, settings)).map(({ name }) => name);

/**
 * Watches over Suture itself: a call that stops, changes or deletes one of its parts starts the workflow, which tells people. What it watches is the
 * table of names (part-names.ts) times the calls that tamper (functions/core/tamper-calls.ts).
 *
 * A trail must log management events of all Regions, as SelfHealTrail does.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export class SelfDefence extends Construct {
  constructor(scope: Construct, id: string, props: SelfDefenceProps) {
    super(scope, id);
    const { names, settings, account, stateMachineArn, startRoleArn, deadLetters } = props;
    const parts = partNames(names, settings);
    for (const { id: of, name, description, pattern } of tamperRules(names, parts)) {
      const within = new Construct(this, of);
      const rule = new CloudwatchEventRule(within, 'rule', {
        name,
        description,
        eventPattern: JSON.stringify(pattern),
      });
      new CloudwatchEventTarget(within, 'target', {
        rule: rule.name,
        targetId: 'workflow',
        arn: stateMachineArn,
        roleArn: startRoleArn,
        deadLetterConfig: { arn: deadLetters.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 185 },
      });
    }
    if (settings.region === GLOBAL_EVENTS_REGION) return;
    const { forwarding, relay } = forwardingRules(names, parts);
    const { tamper } = names.incident;
    new Forwarder(this, 'forwarding', { rules: forwarding, roleName: tamper.forwarding.role, account });
    new Forwarder(this, 'relay', { rules: relay, roleName: tamper.relay.role, account });
  }
}

interface ForwarderProps {
  readonly rules: readonly TamperRule[];
  readonly roleName: string;
  readonly account: Account;
}

/**
 * Rules of us-east-1 that send what they match to the home Region's default bus. What cannot be delivered is tried for a day, and then lost: a dead-letter
 * queue would have to be in us-east-1, with an alarm and a topic there.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
 */
class Forwarder extends Construct {
  constructor(scope: Construct, id: string, { rules, roleName, account }: ForwarderProps) {
    super(scope, id);
    const busArn = account.arn('events', 'event-bus/default');
    const role = new IamRole(this, 'role', {
      name: roleName,
      description: 'Lets EventBridge bring events of IAM from us-east-1 to the home Region',
      // Of no use to others: only this account may pass it, and it puts events on this account's bus.
      assumeRolePolicy: trustService('events.amazonaws.com'),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'permissions',
      role: role.name,
      policy: policyDocument([{ Sid: 'BringEventsHome', Action: 'events:PutEvents', Resource: busArn }]),
    });
    for (const { id: of, name, description, pattern } of rules) {
      const within = new Construct(this, of);
      const rule = new CloudwatchEventRule(within, 'rule', {
        region: GLOBAL_EVENTS_REGION,
        name,
        description,
        eventPattern: JSON.stringify(pattern),
      });
      new CloudwatchEventTarget(within, 'target', {
        region: GLOBAL_EVENTS_REGION,
        rule: rule.name,
        targetId: 'home',
        arn: busArn,
        roleArn: role.arn,
        dependsOn: [policy],
      });
    }
  }
}
