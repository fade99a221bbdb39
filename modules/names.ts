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
  incident: {
    stateMachine: `${prefix}SecurityIncidentResponse`,
    role: `${prefix}SecurityIncidentResponseRole`,
    /** Under which EventBridge starts executions. */
    startRole: `${prefix}SecurityIncidentStartRole`,
    logGroup: `/aws/vendedlogs/states/${prefix}SecurityIncidentResponse`,
    evidenceBucketPrefix: `${prefix}suture-evidence`,
    functions: {
      assess: functionNames(prefix, 'AssessIncident'),
      preserve: functionNames(prefix, 'PreserveEvidence'),
      requestApproval: functionNames(prefix, 'RequestApproval'),
      isolate: functionNames(prefix, 'IsolateInstance'),
      containPrincipal: functionNames(prefix, 'ContainPrincipal'),
      verify: functionNames(prefix, 'VerifyContainment'),
      update: functionNames(prefix, 'UpdateFindings'),
      notify: functionNames(prefix, 'NotifyResponders'),
      close: functionNames(prefix, 'CloseIncident'),
      page: functionNames(prefix, 'PageResponders'),
    },
    rules: {
      guardDuty: `${prefix}GuardDutyFindingDetection`,
      securityHub: `${prefix}SecurityHubFindingDetection`,
      securityHubV2: `${prefix}SecurityHubV2FindingDetection`,
      customAction: `${prefix}SecurityHubActionDetection`,
      custom: `${prefix}SecurityTestDetection`,
      /** Findings that a person archives or resolves. */
      closed: `${prefix}FindingClosedDetection`,
      /** How the rules begin that watch over all other parts; what they watch follows. */
      tamper: `${prefix}SutureTamperDetection`,
    },
    tamper: tamperNames(prefix),
    /** What a custom action of Security Hub is called: at most 20 letters and digits. */
    customAction: `${prefix.replace(/[^a-z0-9]/g, '').slice(0, 10)}SocIsolate`,
    /** Worn by an instance whose own role was taken away: it may do nothing. */
    quarantineRole: `${prefix}SutureQuarantine`,
    /** One in each VPC where something was isolated; it has no rules. */
    quarantineGroup: `${prefix}suture-quarantine`,
    operatorRole: `${prefix}SutureOperator`,
    alarms: {
      failed: `${prefix}SecurityIncidentResponseFailed`,
      aborted: `${prefix}SecurityIncidentResponseAborted`,
      timedOut: `${prefix}SecurityIncidentResponseTimedOut`,
    },
  },
  notifications: {
    /** Of what chat shows. */
    chatTopic: `${prefix}SutureChat`,
    /** Of the channel's configuration, which has one name in all Regions of the account. */
    chatConfiguration: `${prefix}SutureChat`,
    chatRole: `${prefix}SutureChatRole`,
    pageRule: `${prefix}SuturePage`,
    /** Under which EventBridge sends a page. */
    pageRole: `${prefix}SuturePageRole`,
    /** Of the connection, which holds the key, and of the API destination. */
    pagerDuty: `${prefix}SuturePagerDuty`,
  },
  /** Service control policies, in a stack of their own. */
  guardrail: { stack: 'suture-guardrail', policy: `${prefix}SutureGuardrail` },
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

/** A function of the workflow is called after its state, its role after the function. */
function functionNames(prefix: string, name: string) {
  return { function: `${prefix}${name}`, role: `${prefix}${name}Role` };
}

/** What watches over Suture's own rules, and brings the events of IAM from where they arrive. Each of a pair watches the other one. */
function tamperNames(prefix: string) {
  return {
    /** Calls that name a rule as `name`. */
    rules: `${prefix}SutureTamperRules`,
    /** Calls that name a rule as `rule`. */
    targets: `${prefix}SutureTamperTargets`,
    /** In us-east-1, and where calls on the chat channel arrive. */
    forwarding: { rule: `${prefix}SutureTamperForwarding`, role: `${prefix}SutureTamperForwardingRole` },
    /** The same. */
    relay: { rule: `${prefix}SutureTamperRelay`, role: `${prefix}SutureTamperRelayRole` },
  };
}

export type Names = ReturnType<typeof names>;

/** How the names of the buckets begin that are made here. The account and Region follow. */
export const bucketPrefixes = ({ trailBucketPrefix, config, incident }: Names): string[] => [
  trailBucketPrefix,
  config.bucketPrefix,
  incident.evidenceBucketPrefix,
];

/** The roles that are made here. */
export const roleNames = ({ securityGroup, bucket, config, incident, notifications }: Names): string[] => [
  securityGroup.role,
  bucket.role,
  config.role,
  incident.role,
  incident.startRole,
  ...Object.values(incident.functions).map(({ role }) => role),
  incident.quarantineRole,
  incident.operatorRole,
  notifications.chatRole,
  notifications.pageRole,
  incident.tamper.forwarding.role,
  incident.tamper.relay.role,
];

/** What functions must know of the names. */
export const ownParts = (table: Names): { buckets: string[]; roles: string[] } => ({
  buckets: bucketPrefixes(table),
  roles: roleNames(table),
});
