import type { Finding as Reported } from '@aws-sdk/client-guardduty';
import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import type { Finding } from '../../../functions/assess-incident/finding';
import { fromGuardDuty } from '../../../functions/assess-incident/guardduty';
import { fromAsff, fromOcsf, type Ocsf } from '../../../functions/assess-incident/security-hub';
import { reported } from '../../support/assessing';
import { asReported, fixture, fixtureNames } from '../../support/fixtures';

/** What the index of the sample events says of each. */
type Expected = Partial<Pick<Finding, 'closed' | 'forPeople' | 'isStrong' | 'account'>> & {
  readonly targets: Finding['targets'];
  readonly severity: number;
};
const instance = { targets: [{ kind: 'instance', instanceId: 'i-0abc1234def567890' }] } as const;
const bucket = { targets: [{ kind: 'bucket', bucketName: 'acme-customer-exports' }] } as const;
const user = { targets: [{ kind: 'user', userName: 'ci-deployer', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }] } as const;
const nobody = { targets: [] };
const INSTANCE = { kind: 'instance', instanceId: 'i-0abc0123456789def' };
const isStrong = true;

const GUARDDUTY: Readonly<Record<string, Expected>> = {
  'guardduty-archived-finding': { ...instance, severity: 8, closed: 'archived' },
  'guardduty-attack-sequence-critical-9-5': { ...user, severity: 9.5 },
  'guardduty-ec2-c2-high-8': { ...instance, severity: 8 },
  'guardduty-ec2-no-instance-profile': { ...instance, severity: 8 },
  'guardduty-eks-anonymous-access': { ...nobody, severity: 5, forPeople: 'EKSCluster is not contained by itself' },
  'guardduty-iam-instance-credential-exfiltration': {
    targets: [{ kind: 'role', roleName: 'web-role' }],
    severity: 8,
  },
  'guardduty-iam-root-credential': {
    ...nobody,
    severity: 2,
    isStrong,
    forPeople: 'nobody but the root user can take its keys away',
  },
  'guardduty-iam-user-access-key': { ...user, severity: 5 },
  'guardduty-member-account-finding-in-admin': { ...instance, severity: 8, account: '444455556666' },
  'guardduty-runtime-eks-node-instance': { ...nobody, severity: 5, forPeople: 'EKSCluster is not contained by itself' },
  'guardduty-s3-anonymous-access-granted': { ...bucket, severity: 8, isStrong },
  'guardduty-s3-block-public-access-disabled-low': { ...bucket, severity: 2, isStrong },
  'guardduty-sample-finding': {
    targets: [{ kind: 'instance', instanceId: 'i-99999999' }],
    severity: 8,
    closed: 'a sample',
  },
  'guardduty-severity-6-9': { ...instance, severity: 6.9 },
  'guardduty-severity-7-0-float': { ...instance, severity: 7 },
  'guardduty-severity-8-9': { ...instance, severity: 8.9 },
  'guardduty-severity-exactly-7': { ...instance, severity: 7 },
  'guardduty-severity-low-2': { ...nobody, severity: 2, forPeople: 'it is probed, and does nothing itself' },
  'guardduty-stealth-cloudtrail-disabled': { ...user, severity: 2, isStrong },
  'guardduty-unknown-future-type': {
    ...nobody,
    severity: 7.5,
    forPeople: 'DefenseImpairment:EC2 is a type of finding that is not known here',
  },
  'guardduty-updated-finding-count-12': { ...instance, severity: 8 },
};

const told = ({ targets, severity, closed, forPeople, isStrong, account }: Finding) => ({
  targets,
  severity,
  ...(closed !== undefined && { closed }),
  ...(forPeople !== undefined && { forPeople }),
  ...(isStrong && { isStrong }),
  ...(account !== '111122223333' && { account }),
});

describe('a finding of GuardDuty', () => {
  it('is looked at in every sample event', () => {
    expect(Object.keys(GUARDDUTY).sort()).toEqual(fixtureNames.filter((name) => name.startsWith('guardduty-')).sort());
  });

  it.each(Object.entries(GUARDDUTY))('%s says what it is about, and whether it asks for anything', (name, expected) => {
    const reported = asReported(fixture(name));
    const finding = fromGuardDuty(reported);
    expect(told(finding)).toEqual(expected);
    expect(finding).toMatchObject({
      incidentId: `gd-${reported.Id}`,
      origin: 'guardduty',
      vouched: true,
      requested: false,
      region: 'us-east-1',
      type: reported.Type,
      at: reported.UpdatedAt,
      references: [{ service: 'guardduty', detectorId: '12abc34d567e8fa901bc2d34e56789f0', findingId: reported.Id }],
    });
  });

  it('is a sample by its title alone, or by what the API adds alone', () => {
    const real = asReported(fixture('guardduty-ec2-c2-high-8'));
    expect(fromGuardDuty(real).closed).toBeUndefined();
    expect(fromGuardDuty({ ...real, Title: `[SAMPLE] ${real.Title}` }).closed).toBe('a sample');
    const Service = { ...real.Service, AdditionalInfo: { Value: '{"sample": true}' } };
    expect(fromGuardDuty({ ...real, Service }).closed).toBe('a sample');
  });

  it('of a sequence names each of its resources once', () => {
    const sequence = asReported(fixture('guardduty-attack-sequence-critical-9-5'));
    const key = sequence.Service?.Detection?.Sequence?.Resources?.[0] ?? {};
    const instance = { ResourceType: 'EC2_INSTANCE', Uid: 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc' };
    const Resources = [key, instance, { ResourceType: 'S3_BUCKET', Name: 'open-data' }, key, instance];
    const Service = { ...sequence.Service, Detection: { Sequence: { Resources } } } as typeof sequence.Service;
    expect(fromGuardDuty({ ...sequence, Service })).toMatchObject({
      targets: [
        ...user.targets,
        { kind: 'instance', instanceId: 'i-0abc' },
        { kind: 'bucket', bucketName: 'open-data' },
      ],
      resources: ['ci-deployer with key AKIAIOSFODNN7EXAMPLE', 'i-0abc', 'open-data'],
    });
  });

  it.each<[string, Partial<Reported>, boolean, object[]]>([
    ['probes it', { Type: 'Recon:EC2/PortProbeEMRUnprotectedPort', Severity: 8 }, false, []],
    ['probes it, and a person asks', { Type: 'Recon:EC2/PortProbeEMRUnprotectedPort' }, true, [INSTANCE]],
    ['is probed by it', { Type: 'Recon:EC2/Portscan', Service: { ResourceRole: 'ACTOR' } }, false, [INSTANCE]],
  ])('about an instance where somebody %s', (_case, parts, requested, targets) => {
    expect(fromGuardDuty(reported({ Service: { ResourceRole: 'TARGET' }, ...parts }), requested).targets).toEqual(
      targets,
    );
  });

  it("about a bucket is about whose credentials are used on it, too, but where the bucket's policy is what is wrong", () => {
    const about = {
      ResourceType: 'S3Bucket',
      S3BucketDetails: [{ Name: 'prices' }],
      AccessKeyDetails: { UserType: 'IAMUser', UserName: 'alice', AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    };
    const of = (Type: string) => fromGuardDuty(reported({ Type, Resource: about })).targets;
    const prices = { kind: 'bucket', bucketName: 'prices' };
    expect(of('Exfiltration:S3/MaliciousIPCaller')).toEqual([
      prices,
      { kind: 'user', userName: 'alice', accessKeyId: 'AKIAIOSFODNN7EXAMPLE' },
    ]);
    expect(of('Policy:S3/BucketAnonymousAccessGranted')).toEqual([prices]);
  });

  it('about nothing at all is for people', () => {
    expect(fromGuardDuty({ Type: 'Backdoor:EC2/X' } as Parameters<typeof fromGuardDuty>[0])).toMatchObject({
      targets: [],
      severity: null,
      forPeople: expect.stringMatching(/./),
    });
  });

  it.each(['i-0abc/../../x', 'i-0ABC', 'x', '', undefined])('about the instance %j is for people', (InstanceId) => {
    const real = asReported(fixture('guardduty-ec2-c2-high-8'));
    const Resource = { ResourceType: 'Instance', InstanceDetails: { InstanceId } };
    expect(fromGuardDuty({ ...real, Resource })).toMatchObject({ targets: [], forPeople: 'it names no instance' });
  });

  it('keeps no control characters, and no more of a text than there is room for', () => {
    const real = asReported(fixture('guardduty-ec2-c2-high-8'));
    const { title, type } = fromGuardDuty({
      ...real,
      Title: `a\nb\u202e\u0000c${'d'.repeat(999)}`,
      Type: `Backdoor:${'e'.repeat(999)}`,
    });
    expect(title).toMatch(/^a b cd+…$/);
    expect([title.length, type.length]).toEqual([300, 200]);
  });
});

const group = (id: string) => [{ kind: 'security-group', groupId: id }] as const;
const ASFF: [string, number, Pick<Finding, 'targets' | 'severity'> & { closed?: string; forPeople?: string }][] = [
  ['securityhub-imported-sg-critical', 0, { targets: group('sg-0a1b2c3d4e5f60718'), severity: 9 }],
  [
    'securityhub-imported-s3-high',
    0,
    { targets: [{ kind: 'bucket', bucketName: 'acme-marketing-assets' }], severity: 7 },
  ],
  ['securityhub-imported-suppressed', 0, { targets: group('sg-0dead0beef0dead00'), severity: 7, closed: 'suppressed' }],
  [
    'securityhub-imported-record-archived',
    0,
    { targets: group('sg-0a1b2c3d4e5f60718'), severity: 9, closed: 'archived' },
  ],
  [
    'securityhub-imported-passed-informational',
    0,
    { targets: [{ kind: 'bucket', bucketName: 'acme-private' }], severity: 0, closed: 'resolved' },
  ],
  ['securityhub-imported-multi-finding-batch', 0, { targets: group('sg-0a1b2c3d4e5f60718'), severity: 9 }],
  [
    'securityhub-imported-multi-finding-batch',
    1,
    { targets: [{ kind: 'bucket', bucketName: 'acme-marketing-assets' }], severity: 7 },
  ],
  [
    'securityhub-imported-multi-finding-batch',
    2,
    { targets: [], severity: 9, forPeople: 'what it is about is not contained by itself' },
  ],
  [
    'securityhub-imported-multi-finding-batch',
    3,
    { targets: [{ kind: 'bucket', bucketName: 'acme-private' }], severity: 0, closed: 'resolved' },
  ],
  [
    'securityhub-imported-multi-finding-batch',
    4,
    { targets: group('sg-0dead0beef0dead00'), severity: 7, closed: 'suppressed' },
  ],
  // As Security Hub has a finding of GuardDuty: read there, if somebody would.
  ['securityhub-imported-guardduty-duplicate', 0, { ...instance, severity: 7 }],
  ['securityhub-custom-action-isolate', 0, { ...instance, severity: 7 }],
];

describe('a finding of Security Hub', () => {
  it('is looked at in every sample event', () => {
    const names = fixtureNames.filter((name) => name.startsWith('securityhub-') && !name.includes('-v2-'));
    expect([...new Set(ASFF.map(([name]) => name))].sort()).toEqual([...names].sort());
  });

  it.each(ASFF)('%s, number %d, says what it is about, and whether it asks for anything', (name, index, expected) => {
    const reported = fixture(name).detail.findings[index] as AwsSecurityFinding;
    const finding = fromAsff(reported);
    expect(told(finding)).toEqual(expected);
    expect(finding).toMatchObject({
      origin: 'securityhub',
      vouched: true,
      account: '111122223333',
      region: 'us-east-1',
      at: reported.UpdatedAt,
      references: [{ service: 'securityhub', id: reported.Id, productArn: reported.ProductArn }],
    });
    expect(fromAsff(reported, true).requested).toBe(true);
  });

  const real = fixture('securityhub-imported-sg-critical').detail.findings[0] as AwsSecurityFinding;

  it.each<[AwsSecurityFinding['Severity'], number | null]>([
    [{ Label: 'INFORMATIONAL' }, 0],
    [{ Label: 'LOW' }, 1],
    [{ Label: 'MEDIUM' }, 4],
    [{ Label: 'HIGH' }, 7],
    [{ Label: 'CRITICAL' }, 9],
    [{ Label: 'HIGH', Normalized: 10 }, 7],
    [{ Normalized: 0 }, 0],
    [{ Normalized: 39 }, 3.9],
    [{ Normalized: 40 }, 4],
    [{ Normalized: 69 }, 6.9],
    [{ Normalized: 70 }, 7],
    [{ Normalized: 89 }, 8.9],
    [{ Normalized: 90 }, 9],
    [{ Normalized: 100 }, 10],
    [{ Normalized: 101 }, null],
    [{ Label: 'FATAL' as 'HIGH' }, null],
    [{}, null],
    [undefined, null],
  ])('of severity %j has %p', (Severity, severity) => {
    expect(fromAsff({ ...real, Severity }).severity).toBe(severity);
  });

  it.each<[Partial<AwsSecurityFinding>, string | undefined]>([
    [{}, undefined],
    [{ Workflow: { Status: 'NOTIFIED' } }, undefined],
    [{ Workflow: { Status: 'RESOLVED' } }, 'resolved'],
    [{ RecordState: 'ARCHIVED' }, 'archived'],
    [{ Compliance: { Status: 'PASSED' } }, 'passed'],
    [{ Compliance: { Status: 'NOT_AVAILABLE' } }, 'passed'],
    [{ Compliance: { Status: 'WARNING' } }, undefined],
    [{ Sample: true }, 'a sample'],
  ])('that is %j is closed: %p', (parts, closed) => {
    expect(fromAsff({ ...real, ...parts }).closed).toBe(closed);
  });

  it.each([
    ['AwsIamUser', 'arn:aws:iam::111122223333:user/team/jo', [{ kind: 'user', userName: 'jo' }]],
    ['AwsIamRole', 'arn:aws:iam::111122223333:role/service/Deploy', [{ kind: 'role', roleName: 'Deploy' }]],
    ['AwsIamRole', 'Deploy', []],
    ['AwsEc2Instance', 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0xyz', []],
    ['AwsEc2SecurityGroup', 'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-', []],
    ['AwsAccount', 'AWS::::Account:111122223333', []],
    ['Other', 'arn:aws:s3:::open-data', []],
  ] as const)('about %s %s is about %j', (Type, Id, targets) => {
    expect(fromAsff({ ...real, Resources: [{ Type, Id }] }).targets).toEqual(targets);
  });

  it('is known by its product, too: another may call its own the same', () => {
    const [finding] = fixture('securityhub-imported-sg-critical').detail.findings;
    const ProductArn = 'arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default';
    expect(fromAsff({ ...finding, ProductArn }).incidentId).not.toBe(fromAsff(finding).incidentId);
  });

  it.each([
    'arn:aws:iam::999999999999:user/alice',
    'arn:aws:ec2:us-east-1:999999999999:instance/i-0abc1234def567890',
    'arn:aws:ec2:eu-north-1:111122223333:instance/i-0abc1234def567890',
  ])('about %s is about nothing of this account and Region', (Id) => {
    const [finding] = fixture('securityhub-imported-sg-critical').detail.findings;
    const Type = Id.includes(':user/') ? 'AwsIamUser' : 'AwsEc2Instance';
    expect(fromAsff({ ...finding, Resources: [{ Type, Id }] })).toMatchObject({ targets: [], resources: [Id] });
  });

  it('about a key is about its user, if it is a key that lasts and the user is named', () => {
    const key = (Id: string, PrincipalName?: string) =>
      fromAsff({
        ...real,
        Resources: [{ Type: 'AwsIamAccessKey', Id, Details: { AwsIamAccessKey: { PrincipalName } } }],
      });
    const arn = (id: string) => `arn:aws:iam::111122223333:access-key/${id}`;
    expect(key(arn('AKIAEXAMPLE'), 'jo').targets).toEqual([
      { kind: 'user', userName: 'jo', accessKeyId: 'AKIAEXAMPLE' },
    ]);
    expect(key(arn('AKIAEXAMPLE')).targets).toEqual([]);
    expect(key(arn('ASIAEXAMPLE'), 'jo').targets).toEqual([]);
  });

  it('without anything in it is for people', () => {
    expect(fromAsff({} as AwsSecurityFinding)).toMatchObject({
      targets: [],
      severity: null,
      forPeople: expect.stringMatching(/./),
    });
  });
});

describe("a finding of Security Hub's second version", () => {
  const [compliance, detection] = ['compliance', 'detection'].map(
    (name) => fixture(`securityhub-v2-findings-imported-${name}`).detail.findings[0] as Ocsf,
  ) as [Ocsf, Ocsf];

  it('says what it is about, and whether it asks for anything', () => {
    expect(told(fromOcsf(compliance))).toEqual({ targets: group('sg-0a1b2c3d4e5f60718'), severity: 9 });
    expect(told(fromOcsf(detection))).toEqual({ ...instance, severity: 7 });
    expect(fromOcsf(compliance)).toMatchObject({
      origin: 'securityhub',
      vouched: true,
      account: '111122223333',
      region: 'us-east-1',
      references: [{ service: 'securityhub-v2', uid: compliance.metadata?.uid }],
    });
  });

  it('is the same incident as in the first version', () => {
    const [first] = fixture('securityhub-imported-sg-critical').detail.findings as [AwsSecurityFinding];
    expect(fromOcsf(compliance).incidentId).toBe(fromAsff(first).incidentId);
  });

  it.each([
    [0, null],
    [1, 0],
    [2, 1],
    [3, 4],
    [4, 7],
    [5, 9],
    [6, 10],
    [99, null],
    [undefined, null],
  ])('of severity %p has %p', (severity_id, severity) => {
    expect(fromOcsf({ ...compliance, ...{ severity_id } } as Ocsf).severity).toBe(severity);
  });

  it.each<[Partial<Ocsf>, string | undefined]>([
    [{}, undefined],
    [{ status_id: 2 }, undefined],
    [{ status_id: 3 }, 'suppressed'],
    [{ status_id: 4 }, 'resolved'],
    [{ status_id: 5 }, 'archived'],
    [{ activity_id: 3 }, 'archived'],
    [{ compliance: { status: 'Pass' } }, 'passed'],
    [{ compliance: { status: 'Warning' } }, undefined],
  ])('that is %j is closed: %p', (parts, closed) => {
    expect(fromOcsf({ ...compliance, ...parts }).closed).toBe(closed);
  });

  it('without anything in it is for people', () => {
    expect(fromOcsf({})).toMatchObject({ targets: [], severity: null, forPeople: expect.stringMatching(/./) });
  });
});
