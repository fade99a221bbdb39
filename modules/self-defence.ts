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
import { ARRIVALS, forwardingRules, type TamperRule, tamperRules } from './tamper-patterns';

export interface SelfDefenceProps {
  readonly names: Names;
  readonly settings: PartSettings & Pick<Settings, 'region' | 'notifications'>;
  readonly account: Account;
  /** Of `SecurityIncidentResponse`, which such an event starts. */
  readonly stateMachineArn: string;
  /** Under which EventBridge starts it. */
  readonly startRoleArn: string;
  /** What cannot be delivered goes here. Its policy must name the rules: `tamperRuleNames`. */
  readonly deadLetters: DeadLetters;
}

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
    const kinds = settings.notifications.slack ? (['role', 'chat-channel'] as const) : (['role'] as const);
    const elsewhere = kinds.flatMap((kind) =>
      ARRIVALS[kind]
        .filter((region) => region !== settings.region)
        .map((region) => ({ region, ...forwardingRules(names, parts, kind) })),
    );
    if (elsewhere.length === 0) return;
    for (const of of ['forwarding', 'relay'] as const)
      new Forwarder(this, of, {
        rules: elsewhere.flatMap(({ region, [of]: rules }) => rules.map((rule) => ({ region, ...rule }))),
        roleName: names.incident.tamper[of].role,
        account,
      });
  }
}

interface ForwarderProps {
  readonly rules: readonly (TamperRule & { readonly region: string })[];
  readonly roleName: string;
  readonly account: Account;
}

/**
 * Rules of other Regions that send what they match to the home Region's default bus. What cannot be delivered is tried for a day, and then lost: a
 * dead-letter queue would have to be in the rule's Region, with an alarm and a topic there.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
 */
class Forwarder extends Construct {
  constructor(scope: Construct, id: string, { rules, roleName, account }: ForwarderProps) {
    super(scope, id);
    const busArn = account.arn('events', 'event-bus/default');
    const role = new IamRole(this, 'role', {
      name: roleName,
      description: 'Lets EventBridge bring events from other Regions to the home Region',
      // Of no use to others: only this account may pass it, and it puts events on this account's bus.
      assumeRolePolicy: trustService('events.amazonaws.com'),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'permissions',
      role: role.name,
      policy: policyDocument([{ Sid: 'BringEventsHome', Action: 'events:PutEvents', Resource: busArn }]),
    });
    for (const { id: of, region, name, description, pattern } of rules) {
      // That of IAM was alone once, and keeps its address.
      const within = new Construct(this, region === 'us-east-1' ? of : `${of}-${region}`);
      const rule = new CloudwatchEventRule(within, 'rule', {
        region,
        name,
        description,
        eventPattern: JSON.stringify(pattern),
      });
      new CloudwatchEventTarget(within, 'target', {
        region,
        rule: rule.name,
        targetId: 'home',
        arn: busArn,
        roleArn: role.arn,
        dependsOn: [policy],
      });
    }
  }
}
