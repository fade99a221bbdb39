import { EC2 } from '@aws-sdk/client-ec2';
import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import { ACCOUNT, Ec2Bench } from '../ec2/support';
import { allow, codeOf, policy, trusting, userWithKey } from './support';

let bench: Ec2Bench;
let iam: IAM;
beforeAll(async () => {
  bench = await Ec2Bench.start();
  iam = new IAM(bench.settings);
});
afterAll(() => {
  iam.destroy();
  return bench.stop();
});

describe('access keys', () => {
  it('work at once, are refused while they are inactive, and for ever once they are deleted', async () => {
    const { ec2, id } = await userWithKey(bench, iam, 'keys');
    expect(await codeOf(ec2.describeVpcs({}))).toBe('UnauthorizedOperation');
    await iam.putUserPolicy({ UserName: 'keys', PolicyName: 'read', PolicyDocument: policy(allow('ec2:Describe*')) });
    await ec2.describeVpcs({});
    await iam.updateAccessKey({ UserName: 'keys', AccessKeyId: id, Status: 'Inactive' });
    expect(await codeOf(ec2.describeVpcs({}))).toBe('AuthFailure');
    const { AccessKeyMetadata } = await iam.listAccessKeys({ UserName: 'keys' });
    expect(AccessKeyMetadata).toEqual([expect.objectContaining({ AccessKeyId: id, Status: 'Inactive' })]);
    await iam.updateAccessKey({ UserName: 'keys', AccessKeyId: id, Status: 'Active' });
    await ec2.describeVpcs({});
    await iam.deleteAccessKey({ UserName: 'keys', AccessKeyId: id });
    expect(await codeOf(ec2.describeVpcs({}))).toBe('AuthFailure');
  });

  it('tell when they were last used', async () => {
    const { ec2, id } = await userWithKey(bench, iam, 'last');
    const last = async () => (await iam.getAccessKeyLastUsed({ AccessKeyId: id })).AccessKeyLastUsed;
    expect(await last()).toEqual({ ServiceName: 'N/A', Region: 'N/A' });
    await codeOf(ec2.describeVpcs({}));
    expect(await last()).toMatchObject({ ServiceName: 'ec2', Region: 'eu-west-1', LastUsedDate: expect.any(Date) });
  });

  it('are two at most, and of a user that is there', async () => {
    await userWithKey(bench, iam, 'two');
    await iam.createAccessKey({ UserName: 'two' });
    expect(await codeOf(iam.createAccessKey({ UserName: 'two' }))).toBe('LimitExceededException');
    expect(await codeOf(iam.createAccessKey({ UserName: 'nobody' }))).toBe('NoSuchEntityException');
    const missing = { UserName: 'two', AccessKeyId: 'AKIAAAAAAAAAAAAAAAAA', Status: 'Inactive' } as const;
    expect(await codeOf(iam.updateAccessKey(missing))).toBe('NoSuchEntityException');
  });
});

describe('users', () => {
  it('go only when nothing hangs on them', async () => {
    const UserName = 'leaver';
    const { id } = await userWithKey(bench, iam, UserName);
    await iam.createLoginProfile({ UserName, Password: 'a password' });
    await iam.putUserPolicy({ UserName, PolicyName: 'p', PolicyDocument: policy(allow('s3:*')) });
    await iam.attachUserPolicy({ UserName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
    const leave = () => codeOf(iam.deleteUser({ UserName }));
    for (const untie of [
      () => iam.deleteAccessKey({ UserName, AccessKeyId: id }),
      () => iam.deleteLoginProfile({ UserName }),
      () => iam.deleteUserPolicy({ UserName, PolicyName: 'p' }),
      () => iam.detachUserPolicy({ UserName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
    ]) {
      expect(await leave()).toBe('DeleteConflictException');
      await untie();
    }
    expect(await leave()).toBe('nothing failed');
    expect(await codeOf(iam.getUser({ UserName }))).toBe('NoSuchEntityException');
    expect(await codeOf(iam.getLoginProfile({ UserName: 'keys' }))).toBe('NoSuchEntityException');
  });
});

describe('revoking the sessions of a role', () => {
  const RoleName = 'revoked';
  const assume = async () => {
    const sts = new STS(bench.settings);
    const { Credentials: given } = await sts.assumeRole({
      RoleArn: `arn:aws:iam::${ACCOUNT}:role/team/${RoleName}`,
      RoleSessionName: 'test',
    });
    return new EC2({
      ...bench.settings,
      credentials: {
        accessKeyId: given?.AccessKeyId ?? '',
        secretAccessKey: given?.SecretAccessKey ?? '',
        sessionToken: given?.SessionToken ?? '',
      },
    });
  };
  const revokeBefore = (time: string) =>
    iam.putRolePolicy({
      RoleName,
      PolicyName: 'AWSRevokeOlderSessions',
      PolicyDocument: policy({
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateLessThan: { 'aws:TokenIssueTime': time } },
      }),
    });

  it('ends those that there are, and not later ones', async () => {
    await iam.createRole({ RoleName, Path: '/team/', AssumeRolePolicyDocument: trusting({ AWS: ACCOUNT }) });
    await iam.putRolePolicy({ RoleName, PolicyName: 'read', PolicyDocument: policy(allow('ec2:Describe*')) });
    const old = await assume();
    await old.describeVpcs({});
    const now = await bench.twin.clock.advance(5);
    await revokeBefore(now.toISOString());
    expect(await codeOf(old.describeVpcs({}))).toBe('UnauthorizedOperation');
    await bench.twin.clock.advance(5);
    await (await assume()).describeVpcs({});
    // A long-term key has no time of issue.
    await bench.ec2.describeVpcs({});
  });

  it('is refused with a date that is none, and for the role of a service', async () => {
    expect(await codeOf(revokeBefore('yesterday'))).toBe('MalformedPolicyDocumentException');
    expect(await codeOf(iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: 'no JSON' }))).toBe(
      'MalformedPolicyDocumentException',
    );
    const large = policy(...Array.from({ length: 150 }, () => allow('s3:GetObject', 'arn:aws:s3:::a-bucket/a-key/*')));
    expect(await codeOf(iam.putRolePolicy({ RoleName, PolicyName: 'large', PolicyDocument: large }))).toBe(
      'LimitExceededException',
    );
    const { PolicyNames } = await iam.listRolePolicies({ RoleName });
    expect(PolicyNames).toEqual(['read', 'AWSRevokeOlderSessions']);
  });

  it('lets nobody in once the role trusts nobody', async () => {
    const nobody = trusting({ AWS: '444455556666' });
    await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: nobody });
    expect(await codeOf(assume())).toBe('AccessDenied');
  });
});
