/**
 * Every physical name, in one table. Runbooks use them as they stand; a prefix lets two installations live in one account.
 *
 * @param prefix of the settings; empty by default
 */
export const names = (prefix: string) => ({
  stack: 'suture',
  ledgerTable: `${prefix}SutureLedger`,
  deadLetterQueue: `${prefix}SutureDeadLetters`,
  alertTopic: `${prefix}SutureAlerts`,
  /** Of all remediation functions. */
  remediationLogGroup: `/aws/lambda/${prefix}SecurityAutoRemediation`,
  trail: `${prefix}SelfHealTrail`,
  /** Bucket names are global: the account and Region follow. */
  trailBucketPrefix: `${prefix}suture-trail`,
  securityGroup: {
    function: `${prefix}SecurityGroupSelfHeal`,
    role: `${prefix}AwsConfigLambdaSGRole`,
    rule: `${prefix}SecurityGroupIngressDetection`,
  },
  alarms: {
    deadLetters: `${prefix}SutureDeadLettersWaiting`,
  },
});

export type Names = ReturnType<typeof names>;
