import { IAM } from '@aws-sdk/client-iam';
import { allow, codeOf, policy, trusting, userWithKey } from '../../iam/support';
import { ACCOUNT, Ec2Bench } from '../support';

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

describe('instance profiles', () => {
  const profile = { InstanceProfileName: 'web' };
  beforeAll(async () => {
    await iam.createRole({ RoleName: 'web', AssumeRolePolicyDocument: trusting({ Service: 'ec2.amazonaws.com' }) });
    await iam.createInstanceProfile({ ...profile, Path: '/team/x/' });
    await iam.createInstanceProfile({ InstanceProfileName: 'empty' });
    await iam.addRoleToInstanceProfile({ ...profile, RoleName: 'web' });
  });

  it('hold one role, under a path', async () => {
    const { InstanceProfile } = await iam.getInstanceProfile(profile);
    expect(InstanceProfile?.Arn).toBe(`arn:aws:iam::${ACCOUNT}:instance-profile/team/x/web`);
    expect(InstanceProfile?.Roles?.map(({ RoleName }) => RoleName)).toEqual(['web']);
    expect(await codeOf(iam.addRoleToInstanceProfile({ ...profile, RoleName: 'web' }))).toBe('LimitExceededException');
    expect(await codeOf(iam.deleteInstanceProfile(profile))).toBe('DeleteConflictException');
    expect(await codeOf(iam.deleteRole({ RoleName: 'web' }))).toBe('DeleteConflictException');
    const { InstanceProfiles } = await iam.listInstanceProfilesForRole({ RoleName: 'web' });
    expect(InstanceProfiles?.map(({ InstanceProfileName }) => InstanceProfileName)).toEqual(['web']);
  });

  it('come and go with instances', async () => {
    const { InstanceId = '', IamInstanceProfile } = await bench.instance({ IamInstanceProfile: { Name: 'web' } });
    expect(IamInstanceProfile?.Arn).toMatch(/instance-profile\/team\/x\/web$/);
    const associations = async () => {
      const found = await bench.ec2.describeIamInstanceProfileAssociations({
        Filters: [{ Name: 'instance-id', Values: [InstanceId] }],
      });
      return found.IamInstanceProfileAssociations ?? [];
    };
    const [first] = await associations();
    expect(first).toMatchObject({ InstanceId, State: 'associated', IamInstanceProfile });
    const again = bench.ec2.associateIamInstanceProfile({ InstanceId, IamInstanceProfile: { Name: 'empty' } });
    expect(await bench.refusal(again)).toBe('IncorrectState');
    await bench.ec2.replaceIamInstanceProfileAssociation({
      AssociationId: first?.AssociationId,
      IamInstanceProfile: { Name: 'empty' },
    });
    const [second] = await associations();
    expect(second?.IamInstanceProfile?.Arn).toMatch(/instance-profile\/empty$/);
    await bench.ec2.disassociateIamInstanceProfile({ AssociationId: second?.AssociationId });
    expect(await associations()).toEqual([]);
    expect((await bench.described(InstanceId)).IamInstanceProfile).toBeUndefined();
  });

  it('are given by those who may pass the role', async () => {
    const { ec2 } = await userWithKey(bench, iam, 'passer');
    const give = () =>
      ec2.runInstances({ ImageId: 'ami-1', MinCount: 1, MaxCount: 1, IamInstanceProfile: { Name: 'web' } });
    const put = (...statements: object[]) =>
      iam.putUserPolicy({ UserName: 'passer', PolicyName: 'run', PolicyDocument: policy(...statements) });
    await put(allow('ec2:RunInstances'));
    expect(await bench.refusal(give())).toBe('UnauthorizedOperation');
    await put(allow('ec2:RunInstances'), allow('iam:PassRole', `arn:aws:iam::${ACCOUNT}:role/web`));
    expect((await give()).Instances?.[0]?.IamInstanceProfile?.Arn).toMatch(/\/web$/);
  });

  it('are exchanged for that alone which the caller may give', async () => {
    const { ec2 } = await userWithKey(bench, iam, 'exchanger');
    const { InstanceId = '' } = await bench.instance({ IamInstanceProfile: { Name: 'web' } });
    const arn = `arn:aws:iam::${ACCOUNT}:instance-profile`;
    const exchange = async () => {
      const { IamInstanceProfileAssociations: [worn] = [] } = await bench.ec2.describeIamInstanceProfileAssociations({
        Filters: [{ Name: 'instance-id', Values: [InstanceId] }],
      });
      return ec2.replaceIamInstanceProfileAssociation({
        AssociationId: worn?.AssociationId,
        IamInstanceProfile: { Name: 'empty' },
      });
    };
    const may = (key: string, profile: string) =>
      iam.putUserPolicy({
        UserName: 'exchanger',
        PolicyName: 'exchange',
        PolicyDocument: policy(
          {
            ...allow('ec2:ReplaceIamInstanceProfileAssociation'),
            Condition: { ArnEquals: { [key]: `${arn}/${profile}` } },
          },
          allow('iam:PassRole'),
        ),
      });
    await may('ec2:NewInstanceProfile', 'other');
    expect(await bench.refusal(exchange())).toBe('UnauthorizedOperation');
    await may('ec2:InstanceProfile', 'other');
    expect(await bench.refusal(exchange())).toBe('UnauthorizedOperation');
    await may('ec2:InstanceProfile', 'team/x/web');
    await exchange();
    await may('ec2:NewInstanceProfile', 'empty');
    expect((await exchange()).IamInstanceProfileAssociation?.IamInstanceProfile?.Arn).toBe(`${arn}/empty`);
  });
});

describe('what IAM asks of calls about instances', () => {
  it('is every resource that they touch', async () => {
    const { ec2 } = await userWithKey(bench, iam, 'responder');
    const { InstanceId = '', NetworkInterfaces: [one] = [] } = await bench.instance();
    const group = await bench.group();
    const put = (...statements: object[]) =>
      iam.putUserPolicy({ UserName: 'responder', PolicyName: 'act', PolicyDocument: policy(...statements) });
    const arns = (...kinds: string[]) => kinds.map((kind) => `arn:aws:ec2:*:*:${kind}/*`);
    const isolate = () =>
      ec2.modifyNetworkInterfaceAttribute({ NetworkInterfaceId: one?.NetworkInterfaceId, Groups: [group] });
    for (const kinds of [['network-interface'], ['network-interface', 'instance'], ['instance', 'security-group']]) {
      await put(allow('ec2:ModifyNetworkInterfaceAttribute', arns(...kinds)));
      expect(await bench.refusal(isolate())).toBe('UnauthorizedOperation');
    }
    await put(allow('ec2:ModifyNetworkInterfaceAttribute', arns('network-interface', 'instance', 'security-group')));
    await isolate();

    const snapshots = () =>
      ec2.createSnapshots({
        InstanceSpecification: { InstanceId },
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'incident', Value: '1' }] }],
      });
    const create = allow('ec2:CreateSnapshots', [...arns('instance', 'volume'), 'arn:aws:ec2:*::snapshot/*']);
    await put(create);
    expect(await bench.refusal(snapshots())).toBe('UnauthorizedOperation');
    const tag = {
      ...allow('ec2:CreateTags', 'arn:aws:ec2:*::snapshot/*'),
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshots' } },
    };
    await put(create, tag);
    expect((await snapshots()).Snapshots).toHaveLength(1);
  });
});
