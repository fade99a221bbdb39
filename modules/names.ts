/**
 * Every physical name, in one table. Runbooks use them as they stand; a prefix lets two installations live in one account.
 *
 * @param prefix of the settings; empty by default
 */
export const names = (prefix: string) => ({
  stack: 'suture',
  metricNamespace: `${prefix}Suture`,
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
    /** Found by `aws events list-rules --name-prefix ConfigCompliance`. */
    complianceRule: `${prefix}ConfigComplianceSecurityGroups`,
    sweepRule: `${prefix}SecurityGroupPeriodicCheck`,
    pendingRule: `${prefix}SecurityGroupPendingCheck`,
    /** Of AWS Config. */
    configRule: `${prefix}SecurityGroupIngressPolicy`,
    dashboard: `${prefix}SecurityGroupSelfHealDashboard`,
  },
  bucket: {
    function: `${prefix}S3BucketSelfHeal`,
    role: `${prefix}S3BucketSelfHealRole`,
    rule: `${prefix}S3BucketPublicAccessDetection`,
    /** Found by `aws events list-rules --name-prefix ConfigCompliance`. */
    complianceRule: `${prefix}ConfigComplianceS3Buckets`,
    sweepRule: `${prefix}S3BucketPeriodicCheck`,
    pendingRule: `${prefix}S3BucketPendingCheck`,
    dashboard: `${prefix}S3SecuritySelfHealDashboard`,
    /** Of each change that it makes. */
    actionAlarm: `${prefix}S3BucketRemediationActionAlarm`,
    accountActionAlarm: `${prefix}S3AccountRemediationActionAlarm`,
  },
  /** Over all remediations. */
  executiveDashboard: `${prefix}SutureExecutiveDashboard`,
  config: {
    /** Of the recorder and its delivery channel. */
    recorder: `${prefix}SutureRecorder`,
    role: `${prefix}AwsConfigRole`,
    bucketPrefix: `${prefix}suture-config`,
    /** Of a managed rule, by AWS's own name of it. */
    managedRule: (name: string) => `${prefix}${name}`,
  },
  alarms: {
    deadLetters: `${prefix}SutureDeadLettersWaiting`,
    /** Of each remediation's function. */
    failures: (functionName: string) => `${functionName}Failures`,
    throttles: (functionName: string) => `${functionName}Throttles`,
    silence: (functionName: string) => `${functionName}Silence`,
    slow: (functionName: string) => `${functionName}Slow`,
  },
});

export type Names = ReturnType<typeof names>;

/** How the names of the buckets begin that are made here. The account and Region follow. */
export const bucketPrefixes = ({ trailBucketPrefix, config }: Names): string[] => [
  trailBucketPrefix,
  config.bucketPrefix,
];
