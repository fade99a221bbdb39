import type { Settings } from '../functions/core/settings';
import type { PartNames } from '../functions/core/tamper-calls';
import { bucketPrefixes, type Names, roleNames } from './names';

/** What parts an installation has depends on. */
export type PartSettings = Pick<Settings, 'foundation' | 'managedRules'>;

/** All rules but those that begin with `incident.rules.tamper`, and those that watch over the rules themselves. */
const watchedRules = ({ securityGroup, bucket, incident, notifications }: Names): string[] => [
  ...[securityGroup, bucket].flatMap(({ rule, complianceRule, sweepRule, pendingRule }) => [
    rule,
    complianceRule,
    sweepRule,
    pendingRule,
  ]),
  ...Object.values(incident.rules).filter((name) => name !== incident.rules.tamper),
  notifications.pageRule,
  `${incident.rules.tamper}*`,
  `${incident.tamper.forwarding.rule}*`,
  `${incident.tamper.relay.rule}*`,
];

/**
 * The names of all that Suture is made of. A test walks the stack and fails for a part that is not among them.
 *
 * A trail that is not made here has a name that nobody told: then every trail of the Region counts, since one of them brings the events.
 */
export function partNames(table: Names, { foundation, managedRules }: PartSettings) {
  const { securityGroup, bucket, incident, notifications, config, alarms } = table;
  const functions = [
    securityGroup.function,
    bucket.function,
    ...Object.values(incident.functions).map(({ function: name }) => name),
  ];
  return {
    trail: [foundation.trail === 'create' ? table.trail : '*'],
    'config-rule': [
      securityGroup.configRule,
      // Asked for by the policy, beside those of the settings.
      ...new Set([...managedRules.map(({ name }) => name), 's3-default-encryption-kms'].map(config.managedRule)),
    ],
    rule: [...watchedRules(table), incident.tamper.rules, incident.tamper.targets],
    connection: [notifications.pagerDuty],
    'api-destination': [notifications.pagerDuty],
    'chat-channel': [notifications.chatConfiguration],
    function: functions,
    role: roleNames(table),
    table: [table.ledgerTable],
    topic: [table.alertTopic, notifications.chatTopic],
    queue: [table.deadLetterQueue],
    'state-machine': [incident.stateMachine],
    bucket: bucketPrefixes(table).map((prefix) => `${prefix}-*`),
    'log-group': [table.remediationLogGroup, incident.logGroup],
    alarm: [
      alarms.deadLetters,
      ...Object.values(incident.alarms),
      bucket.actionAlarm,
      bucket.accountActionAlarm,
      // Of each function several.
      ...functions.map((name) => `${name}*`),
    ],
  } satisfies PartNames;
}
