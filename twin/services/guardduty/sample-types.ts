/** What a sample finding is about. */
export type SampleKind = 'instance' | 'accessKey' | 'bucket' | 'cluster' | 'database' | 'function' | 'sequence';

/**
 * Types that samples are made of, with their severity by default.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-active.html
 */
const SEVERITIES: Readonly<Record<SampleKind, Readonly<Record<string, number>>>> = {
  instance: {
    'Backdoor:EC2/C&CActivity.B': 8,
    'Backdoor:EC2/C&CActivity.B!DNS': 8,
    'Backdoor:EC2/DenialOfService.Dns': 8,
    'Backdoor:EC2/DenialOfService.Tcp': 8,
    'Backdoor:EC2/Spambot': 5,
    'Behavior:EC2/NetworkPortUnusual': 5,
    'Behavior:EC2/TrafficVolumeUnusual': 5,
    'CryptoCurrency:EC2/BitcoinTool.B': 8,
    'CryptoCurrency:EC2/BitcoinTool.B!DNS': 8,
    'Impact:EC2/PortSweep': 8,
    'Recon:EC2/PortProbeUnprotectedPort': 2,
    'Recon:EC2/Portscan': 5,
    'Trojan:EC2/BlackholeTraffic': 5,
    'Trojan:EC2/DNSDataExfiltration': 8,
    'Trojan:EC2/PhishingDomainRequest!DNS': 8,
    'UnauthorizedAccess:EC2/MaliciousIPCaller.Custom': 5,
    'UnauthorizedAccess:EC2/MetadataDNSRebind': 8,
    'UnauthorizedAccess:EC2/RDPBruteForce': 2,
    'UnauthorizedAccess:EC2/SSHBruteForce': 2,
    'UnauthorizedAccess:EC2/TorClient': 8,
    'UnauthorizedAccess:EC2/TorRelay': 8,
  },
  accessKey: {
    'CredentialAccess:IAMUser/AnomalousBehavior': 5,
    'DefenseEvasion:IAMUser/AnomalousBehavior': 5,
    'Discovery:IAMUser/AnomalousBehavior': 2,
    'Exfiltration:IAMUser/AnomalousBehavior': 8,
    'Impact:IAMUser/AnomalousBehavior': 8,
    'InitialAccess:IAMUser/AnomalousBehavior': 5,
    'PenTest:IAMUser/KaliLinux': 5,
    'Persistence:IAMUser/AnomalousBehavior': 5,
    'Policy:IAMUser/RootCredentialUsage': 2,
    'PrivilegeEscalation:IAMUser/AnomalousBehavior': 5,
    'Recon:IAMUser/MaliciousIPCaller': 5,
    'Stealth:IAMUser/CloudTrailLoggingDisabled': 2,
    'Stealth:IAMUser/PasswordPolicyChange': 2,
    'UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B': 5,
    'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS': 8,
    'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS': 8,
    'UnauthorizedAccess:IAMUser/MaliciousIPCaller': 5,
    'UnauthorizedAccess:IAMUser/TorIPCaller': 5,
  },
  bucket: {
    'Discovery:S3/AnomalousBehavior': 2,
    'Exfiltration:S3/AnomalousBehavior': 8,
    'Exfiltration:S3/MaliciousIPCaller': 8,
    'Impact:S3/AnomalousBehavior.Delete': 8,
    'Policy:S3/AccountBlockPublicAccessDisabled': 2,
    'Policy:S3/BucketAnonymousAccessGranted': 8,
    'Policy:S3/BucketBlockPublicAccessDisabled': 2,
    'Policy:S3/BucketPublicAccessGranted': 8,
    'Stealth:S3/ServerAccessLoggingDisabled': 2,
    'UnauthorizedAccess:S3/MaliciousIPCaller.Custom': 8,
    'UnauthorizedAccess:S3/TorIPCaller': 8,
  },
  cluster: {
    'Discovery:Kubernetes/SuccessfulAnonymousAccess': 5,
    'Policy:Kubernetes/AnonymousAccessGranted': 8,
    'PrivilegeEscalation:Kubernetes/PrivilegedContainer': 5,
  },
  database: { 'CredentialAccess:RDS/MaliciousIPCaller.SuccessfulLogin': 8 },
  function: { 'Backdoor:Lambda/C&CActivity.B': 8 },
  sequence: {
    'AttackSequence:IAM/CompromisedCredentials': 9,
    'AttackSequence:S3/CompromisedData': 9,
  },
};

/** Every type, with its severity and what it is about. */
export const SAMPLE_TYPES: ReadonlyMap<string, { severity: number; kind: SampleKind }> = new Map(
  Object.entries(SEVERITIES).flatMap(([kind, types]) =>
    Object.entries(types).map(([type, severity]) => [type, { severity, kind: kind as SampleKind }] as const),
  ),
);
