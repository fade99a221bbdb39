import { managedRule } from '../../../twin/services/config/managed';
import { ConfigBench, managed, refusal, SECURITY_GROUP, tcp } from './support';

type Permission = readonly [protocol: string, ports: readonly [number, number] | undefined, ...cidrs: string[]];

const group = (name: string, permissions: readonly Permission[], egress: readonly Permission[] = []) => {
  const written = ([ipProtocol, ports, ...cidrs]: Permission) => ({
    ipProtocol,
    ...(ports && { fromPort: ports[0], toPort: ports[1] }),
    ipRanges: cidrs.filter((cidr) => !cidr.includes(':')),
    ipv6Ranges: cidrs.filter((cidr) => cidr.includes(':')).map((cidrIpv6) => ({ cidrIpv6 })),
  });
  return {
    name,
    configuration: { ipPermissions: permissions.map(written), ipPermissionsEgress: egress.map(written) },
    supplementary: {},
  };
};

const judge = (identifier: string, resource: ReturnType<typeof group>, parameters: Record<string, string> = {}) =>
  managedRule({ Source: { Owner: 'AWS', SourceIdentifier: identifier } })?.judge(resource, parameters).compliance;

const WORLD = '0.0.0.0/0';

describe('a managed rule about security groups', () => {
  it.each<[string, Permission, string]>([
    ['SSH from the world', ['tcp', [22, 22], WORLD], 'NON_COMPLIANT'],
    ['SSH from the world by IPv6', ['tcp', [22, 22], '::/0'], 'NON_COMPLIANT'],
    ['a range around SSH', ['tcp', [20, 25], WORLD], 'NON_COMPLIANT'],
    ['everything', ['-1', undefined, WORLD], 'NON_COMPLIANT'],
    ['TCP by its number', ['6', undefined, WORLD], 'NON_COMPLIANT'],
    ['SSH from a network', ['tcp', [22, 22], '10.0.0.0/8'], 'COMPLIANT'],
    ['port 22 of UDP', ['udp', [22, 22], WORLD], 'COMPLIANT'],
    ['HTTPS', ['tcp', [443, 443], WORLD], 'COMPLIANT'],
  ])('INCOMING_SSH_DISABLED: %s', (_case, permission, expected) => {
    expect(judge('INCOMING_SSH_DISABLED', group('web', [permission]))).toBe(expected);
  });

  it.each<[string, Permission, Record<string, string>, string]>([
    ['RDP, which is among its defaults', ['tcp', [3389, 3389], WORLD], {}, 'NON_COMPLIANT'],
    ['RDP by IPv6', ['tcp', [3389, 3389], '::/0'], {}, 'NON_COMPLIANT'],
    ['another port', ['tcp', [8080, 8080], WORLD], {}, 'COMPLIANT'],
    ['another port that is named', ['tcp', [8080, 8080], WORLD], { blockedPort1: '8080' }, 'NON_COMPLIANT'],
    ['another port that is listed', ['tcp', [8080, 8080], WORLD], { blockedPorts: '25, 8080' }, 'NON_COMPLIANT'],
    ['RDP from a network', ['tcp', [3389, 3389], '10.0.0.0/8'], {}, 'COMPLIANT'],
  ])('RESTRICTED_INCOMING_TRAFFIC: %s', (_case, permission, parameters, expected) => {
    expect(judge('RESTRICTED_INCOMING_TRAFFIC', group('web', [permission]), parameters)).toBe(expected);
  });

  it.each<[string, Permission[], Record<string, string>, string]>([
    ['nothing from the world', [['tcp', [22, 22], '10.0.0.0/8']], {}, 'NOT_APPLICABLE'],
    ['a port that is authorised', [['tcp', [443, 443], WORLD]], { authorizedTcpPorts: '443,1020-1025' }, 'COMPLIANT'],
    [
      'ports over two ranges',
      [['tcp', [1020, 1030], '::/0']],
      { authorizedTcpPorts: '1026-1030,1020-1025' },
      'COMPLIANT',
    ],
    ['one port too many', [['tcp', [1020, 1026], WORLD]], { authorizedTcpPorts: '1020-1025' }, 'NON_COMPLIANT'],
    ['UDP where TCP is authorised', [['udp', [443, 443], WORLD]], { authorizedTcpPorts: '443' }, 'NON_COMPLIANT'],
    ['UDP that is authorised', [['udp', [500, 500], WORLD]], { authorizedUdpPorts: '500' }, 'COMPLIANT'],
    ['everything', [['-1', undefined, WORLD]], { authorizedTcpPorts: '443' }, 'NON_COMPLIANT'],
    ['no ports authorised', [['tcp', [443, 443], WORLD]], {}, 'NON_COMPLIANT'],
  ])('VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS: %s', (_case, permissions, parameters, expected) => {
    expect(judge('VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS', group('web', permissions), parameters)).toBe(expected);
  });

  it.each<[string, string, Permission[], Permission[], string]>([
    ['a default group without rules', 'default', [], [], 'COMPLIANT'],
    ['one that lets something in', 'default', [['-1', undefined, '10.0.0.0/8']], [], 'NON_COMPLIANT'],
    ['one that lets something out', 'default', [], [['-1', undefined, WORLD]], 'NON_COMPLIANT'],
    ['another group', 'web', [['-1', undefined, WORLD]], [], 'NOT_APPLICABLE'],
  ])('VPC_DEFAULT_SECURITY_GROUP_CLOSED: %s', (_case, name, ingress, egress, expected) => {
    expect(judge('VPC_DEFAULT_SECURITY_GROUP_CLOSED', group(name, ingress, egress))).toBe(expected);
  });
});

const open = {
  blockPublicAcls: false,
  ignorePublicAcls: false,
  blockPublicPolicy: false,
  restrictPublicBuckets: false,
};
const closed = { blockPublicAcls: true, ignorePublicAcls: true, blockPublicPolicy: true, restrictPublicBuckets: true };

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Principal: '*',
  Action,
  Resource: 'arn:aws:s3:::b/*',
  ...more,
});
const overTls = {
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};

const bucket = ({
  block = closed,
  policyText = null as string | null,
  grants = [] as object[],
  algorithm = 'AES256',
  key = null as string | null,
}) => ({
  name: 'b',
  configuration: { ipPermissions: [], ipPermissionsEgress: [] },
  supplementary: {
    AccessControlList: JSON.stringify({ grantList: grants }),
    BucketPolicy: { policyText },
    PublicAccessBlockConfiguration: block,
    ServerSideEncryptionConfiguration: {
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: algorithm, kmsMasterKeyID: key } }],
    },
  },
});

const READ = 'S3_BUCKET_PUBLIC_READ_PROHIBITED';
const WRITE = 'S3_BUCKET_PUBLIC_WRITE_PROHIBITED';
const LEVEL = 'S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED';
const KMS = 'S3_DEFAULT_ENCRYPTION_KMS';
const TLS = 'S3_BUCKET_SSL_REQUESTS_ONLY';
const everybody = (permission: string) => ({ grantee: 'AllUsers', permission });
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

describe('a managed rule about buckets', () => {
  it.each<[string, string, ReturnType<typeof bucket>, Record<string, string>, string]>([
    [READ, 'a new bucket', bucket({}), {}, 'COMPLIANT'],
    [READ, 'a public policy', bucket({ block: open, policyText: policy(allow('s3:GetObject')) }), {}, 'NON_COMPLIANT'],
    [
      READ,
      'a public policy by wildcard',
      bucket({ block: open, policyText: policy(allow('s3:Get*')) }),
      {},
      'NON_COMPLIANT',
    ],
    [READ, 'a public policy, blocked', bucket({ policyText: policy(allow('s3:GetObject')) }), {}, 'COMPLIANT'],
    [
      READ,
      'a policy for one organisation',
      bucket({
        block: open,
        policyText: policy(allow('s3:GetObject', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })),
      }),
      {},
      'COMPLIANT',
    ],
    [
      READ,
      'a policy for every address',
      bucket({
        block: open,
        policyText: policy(allow('s3:GetObject', { Condition: { IpAddress: { 'aws:SourceIp': WORLD } } })),
      }),
      {},
      'NON_COMPLIANT',
    ],
    [
      READ,
      'a policy for an account',
      bucket({ block: open, policyText: policy(allow('s3:GetObject', { Principal: { AWS: '444455556666' } })) }),
      {},
      'COMPLIANT',
    ],
    [READ, 'an open access list', bucket({ block: open, grants: [everybody('Read')] }), {}, 'NON_COMPLIANT'],
    [READ, 'an open access list, ignored', bucket({ grants: [everybody('Read')] }), {}, 'COMPLIANT'],
    [READ, 'an access list open to write', bucket({ block: open, grants: [everybody('Write')] }), {}, 'COMPLIANT'],
    [WRITE, 'an access list open to write', bucket({ block: open, grants: [everybody('Write')] }), {}, 'NON_COMPLIANT'],
    [WRITE, 'a policy to write', bucket({ block: open, policyText: policy(allow('s3:Put*')) }), {}, 'NON_COMPLIANT'],
    [WRITE, 'a policy to read', bucket({ block: open, policyText: policy(allow('s3:GetObject')) }), {}, 'COMPLIANT'],
    [LEVEL, 'all four blocks', bucket({}), {}, 'COMPLIANT'],
    [LEVEL, 'three blocks', bucket({ block: { ...closed, blockPublicAcls: false } }), {}, 'NON_COMPLIANT'],
    [LEVEL, 'an excluded bucket', bucket({ block: open }), { excludedPublicBuckets: 'a, b' }, 'COMPLIANT'],
    ['S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED', 'any bucket', bucket({}), {}, 'COMPLIANT'],
    [KMS, 'AES256', bucket({}), {}, 'NON_COMPLIANT'],
    [KMS, 'KMS', bucket({ algorithm: 'aws:kms' }), {}, 'COMPLIANT'],
    [KMS, 'the right key', bucket({ algorithm: 'aws:kms', key: KEY }), { kmsKeyArns: KEY }, 'COMPLIANT'],
    [KMS, 'another key', bucket({ algorithm: 'aws:kms' }), { kmsKeyArns: KEY }, 'NON_COMPLIANT'],
    [TLS, 'no policy', bucket({}), {}, 'NON_COMPLIANT'],
    [TLS, 'a policy that denies', bucket({ policyText: policy(overTls) }), {}, 'COMPLIANT'],
    [
      TLS,
      'one that denies one principal',
      bucket({ policyText: policy({ ...overTls, Principal: { AWS: '444455556666' } }) }),
      {},
      'NON_COMPLIANT',
    ],
  ])('%s: %s', (identifier, _case, resource, parameters, expected) => {
    expect(judge(identifier, resource, parameters)).toBe(expected);
  });
});

describe('in Config, a managed rule', () => {
  let bench: ConfigBench;
  beforeEach(async () => {
    bench = await ConfigBench.start();
    await bench.record();
  });
  afterEach(() => bench.stop());

  it('judges what is there, and what changes, and tells of it', async () => {
    const groupId = await bench.group('web', tcp(22, WORLD));
    await bench.listen();
    await bench.rule('restricted-ssh', managed('INCOMING_SSH_DISABLED'));
    expect(await bench.verdicts('restricted-ssh')).toMatchObject({ [groupId]: 'NON_COMPLIANT' });
    await bench.revoke(groupId, tcp(22, WORLD));
    expect(await bench.verdicts('restricted-ssh')).toMatchObject({ [groupId]: 'COMPLIANT' });
    await bench.ec2.deleteSecurityGroup({ GroupId: groupId });
    const told = (await bench.told('Config Rules Compliance Change')).filter(
      ({ detail }) => detail.resourceId === groupId,
    );
    expect(told.map(({ detail }) => detail.newEvaluationResult.complianceType)).toEqual([
      'NON_COMPLIANT',
      'COMPLIANT',
      'NOT_APPLICABLE',
    ]);
    expect(await bench.verdicts('restricted-ssh')).not.toHaveProperty(groupId);
  });

  it('judges buckets', async () => {
    await bench.rule('kms', managed('S3_DEFAULT_ENCRYPTION_KMS'));
    await bench.rule('read', managed('S3_BUCKET_PUBLIC_READ_PROHIBITED'));
    expect(await bench.verdicts('kms')).toEqual({ 'config-logs': 'NON_COMPLIANT' });
    expect(await bench.verdicts('read')).toEqual({ 'config-logs': 'COMPLIANT' });
  });

  it('judges again when its period is over', async () => {
    await bench.rule('ssh', { ...managed('INCOMING_SSH_DISABLED'), MaximumExecutionFrequency: 'Six_Hours' });
    const times = async () =>
      (await bench.config.describeConfigRuleEvaluationStatus({ ConfigRuleNames: ['ssh'] }))
        .ConfigRulesEvaluationStatus?.[0]?.LastSuccessfulEvaluationTime;
    const first = await times();
    await bench.twin.clock.advance(5 * 3600);
    expect(await times()).toEqual(first);
    await bench.twin.clock.advance(2 * 3600);
    const hours = ((await times())?.getTime() ?? 0) - (first?.getTime() ?? 0);
    expect(hours / 3_600_000).toBeCloseTo(6, 2);
  });

  it('is narrowed by a scope', async () => {
    const groupId = await bench.group('web');
    const Scope = { ComplianceResourceTypes: [SECURITY_GROUP], ComplianceResourceId: groupId };
    await bench.rule('ssh', { ...managed('INCOMING_SSH_DISABLED'), Scope });
    expect(await bench.verdicts('ssh')).toEqual({ [groupId]: 'COMPLIANT' });
  });

  it.each([
    ['that the twin does not have', managed('IAM_ROOT_ACCESS_KEY_CHECK'), 'NotImplemented'],
    [
      'with a parameter that it does not know',
      managed('INCOMING_SSH_DISABLED', { port: '22' }),
      'InvalidParameterValueException',
    ],
    [
      'that only changes set off, with a frequency',
      { ...managed('S3_BUCKET_SSL_REQUESTS_ONLY'), MaximumExecutionFrequency: 'One_Hour' as const },
      'InvalidParameterValueException',
    ],
  ])('%s is refused', async (_case, rule, code) => {
    expect(await refusal(bench.rule('wrong', rule))).toBe(code);
  });
});
