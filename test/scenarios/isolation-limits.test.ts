import { AttachNetworkInterfaceCommand, CreateNetworkInterfaceCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { QUARANTINE, trustOf } from '../support/instances';
import { TestIsolations } from '../support/isolations';
import { TestTwin } from '../support/twin';

// What isolation leaves to people, what it leaves alone beside, and what becomes of it where others are at the same place.

let twin: TestTwin;
let instances: TestIsolations;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  instances = new TestIsolations(twin);
  await instances.makeQuarantine();
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const tagged = (Key: string, Value: string) => ({ ResourceType: 'instance' as const, Tags: [{ Key, Value }] });

describe('a person decides about', () => {
  it.each([
    [
      'a node of EKS',
      { TagSpecifications: [tagged('kubernetes.io/cluster/prod', 'owned')] },
      /a node of a cluster, by its tag kubernetes/,
    ],
    [
      'a node of ECS',
      { TagSpecifications: [tagged('AmazonECSManaged', '')] },
      /a node of a cluster, by its tag AmazonECS/,
    ],
    ['what a service manages', { Operator: { Principal: 'eks.amazonaws.com' } }, /managed by eks\.amazonaws\.com/],
  ])('%s: nothing of it is changed', async (_case, input, why) => {
    const role = await instances.role();
    const id = await instances.launch({ IamInstanceProfile: { Name: role }, ...input }, { ipv6: 1 });
    const all = await instances.others();
    const since = await twin.mark();
    expect(await instances.contain(await instances.claim([id]))).toMatchObject({
      outcome: 'HELD',
      reason: expect.stringMatching(why),
    });
    expect(await instances.others()).toEqual(all);
    expect(await instances.changes(since)).toEqual([]);
    expect(await instances.revocation(role)).toBeUndefined();
  });

  it('an instance that a registered exception covers: nothing of it is changed', async () => {
    const id = await instances.launch({}, { ipv6: 1 });
    await instances.except(`arn:aws:ec2:*:*:instance/${id}`);
    const incident = await instances.claim([id]);
    const all = await instances.others();
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'EXEMPT' });
    expect(await instances.others()).toEqual(all);
    await instances.except();
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
  });

  it('an interface that a service manages: the others are cut off, and the channel is open', async () => {
    const { subnetId } = await instances.subnet();
    const id = await instances.launch({ SubnetId: subnetId });
    const { NetworkInterface: managed } = await instances.ec2.send(
      new CreateNetworkInterfaceCommand({
        SubnetId: subnetId,
        Ipv6AddressCount: 1,
        Operator: { Principal: 'eks.amazonaws.com' },
      }),
    );
    const NetworkInterfaceId = managed?.NetworkInterfaceId ?? '';
    await instances.ec2.send(new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId: id, DeviceIndex: 1 }));
    const [, before] = await instances.interfaces(id);
    const incident = await instances.claim([id]);
    const since = await twin.mark();
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    const [own, after] = await instances.interfaces(id);
    expect(after).toEqual(before);
    expect(JSON.stringify(await instances.changes(since))).not.toContain(NetworkInterfaceId);
    const [group] = await instances.quarantineGroups(own?.VpcId ?? '');
    expect(own?.Groups?.map(({ GroupId }) => GroupId)).toEqual([group?.GroupId]);
    expect((await instances.channels(incident))['managed interfaces']).toMatch(
      new RegExp(`^open: ${NetworkInterfaceId} \\(eks.amazonaws.com\\)`),
    );
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'NO_ACTION' });
  });
});

describe('the sessions of a role', () => {
  it.each<[string, (role: string) => Promise<unknown>, RegExp]>([
    [
      'that another instance wears',
      (role) => instances.launch({ IamInstanceProfile: { Name: role } }),
      /i-[0-9a-f]+ \(eu-west-1\) wears/,
    ],
    [
      'that an instance of another Region wears',
      (role) => instances.launch({ IamInstanceProfile: { Name: role } }, { region: 'us-east-1' }),
      /i-[0-9a-f]+ \(us-east-1\) wears/,
    ],
    ['that another instance wears by another profile', wearByAnother, /i-[0-9a-f]+ \(eu-west-1\) wears/],
  ])('%s are left, and reported as open', async (_case, arrange, why) => {
    const role = await instances.role();
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    await arrange(role);
    await expectLeft(id, role, why);
  });

  it.each<[string, (role: string) => Promise<string>, RegExp]>([
    [
      'that Lambda may assume, too',
      (name) => instances.role(name, { trust: trustOf('ec2.amazonaws.com', 'lambda.amazonaws.com') }),
      /lambda\.amazonaws\.com may assume/,
    ],
    ["that is Suture's own", () => wearable('VerifyContainmentRole'), /Suture's own/],
  ])('%s are left, and reported as open', async (_case, make, why) => {
    const role = await make(`role-${Date.now()}`);
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    await expectLeft(id, role, why);
  });

  it('of which nobody can tell who wears it are left, and reported as open', async () => {
    const role = await instances.role();
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    const { regions, ...rest } = instances.clients;
    const clients = {
      ...rest,
      regions: {
        ...regions,
        ec2For: (region: string) => {
          const ec2 = regions.ec2For(region);
          if (region === 'us-east-1') ec2.middlewareStack.add(() => () => Promise.reject(new Error('no way')));
          return ec2;
        },
      },
    };
    const incident = await instances.claim([id]);
    expect(await instances.contain(incident, { clients })).toMatchObject({ outcome: 'REMEDIATED' });
    expect(await instances.revocation(role)).toBeUndefined();
    await instances.expectIsolated(id, incident);
  });

  it.each([
    ['that was put in the place of the first while somebody decided', true],
    ['that was given to an instance that had none while somebody decided', false],
  ])('%s are denied like those of the role from before', async (_case, hadRole) => {
    const role = await instances.role();
    const later = await instances.role();
    const profile = { IamInstanceProfile: { Name: role } };
    const id = await instances.launch(hadRole ? profile : {});
    const original = {
      at: new Date().toISOString(),
      ...(hadRole && { profileArn: `arn:aws:iam::111122223333:instance-profile/${role}`, roleName: role }),
      interfaces: [],
    };
    const arn = `arn:aws:ec2:eu-west-1:111122223333:instance/${id}`;
    const incident = await instances.claim([id], {}, { originals: { [arn]: original } });
    await instances.wear(id, later);
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    expect(await instances.profile(id)).toBe(QUARANTINE.profile);
    expect((await instances.revocation(role)) !== undefined).toBe(hadRole);
    expect(await instances.revocation(later)).toContain('aws:TokenIssueTime');
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'NO_ACTION' });
  });

  it('keep what somebody denied beside them, and a later time', async () => {
    const mine = { Sid: 'Mine', Effect: 'Deny', Action: 'iam:*', Resource: '*' };
    const role = await instances.role();
    const put = (text: object) =>
      instances.iam.send(
        new PutRolePolicyCommand({
          RoleName: role,
          PolicyName: 'AWSRevokeOlderSessions',
          PolicyDocument: JSON.stringify(text),
        }),
      );
    await put({ Version: '2012-10-17', Statement: mine });
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    const incident = await instances.claim([id]);
    const before = Date.now();
    await instances.contain(incident);
    const { Statement } = JSON.parse((await instances.revocation(role)) ?? '') as { Statement: unknown[] };
    expect(Statement).toEqual([mine, expect.objectContaining({ Effect: 'Deny', Action: '*', Resource: '*' })]);
    const { Condition } = Statement[1] as { Condition: { DateLessThan: { 'aws:TokenIssueTime': string } } };
    expect(Date.parse(Condition.DateLessThan['aws:TokenIssueTime'])).toBeGreaterThanOrEqual(before);
  });

  /** A profile for a role that has none. */
  async function wearable(RoleName: string): Promise<string> {
    await instances.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: RoleName }));
    await instances.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: RoleName, RoleName }));
    return RoleName;
  }

  async function wearByAnother(RoleName: string): Promise<void> {
    const InstanceProfileName = `${RoleName}-too`;
    await instances.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
    await instances.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
    await instances.launch({ IamInstanceProfile: { Name: InstanceProfileName } });
  }

  /** Isolates an instance whose role has others, who lose nothing by it. */
  async function expectLeft(id: string, role: string, why: RegExp): Promise<void> {
    const arn = `arn:aws:ec2:eu-west-1:111122223333:instance/${id}`;
    const profileArn = (await instances.described(id)).IamInstanceProfile?.Arn;
    const original = { at: new Date().toISOString(), profileArn, roleName: role, interfaces: [] };
    const incident = await instances.claim([id], {}, { originals: { [arn]: original } });
    const others = await instances.others(id);
    const since = await twin.mark();
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    await instances.expectIsolated(id, incident);
    expect(await instances.others(id)).toEqual(others);
    expect((await instances.changes(since)).filter(({ service }) => service === 'iam')).toEqual([]);
    expect(await instances.revocation(role)).toBeUndefined();
    const text = (await instances.channels(incident))['older role sessions'];
    expect(text).toMatch(/^open: Sessions of .* still work, and were left alone/);
    expect(text).toMatch(why);
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'NO_ACTION' });
  }
});

describe('load balancers', () => {
  it('lose its addresses, in its own VPC and others, but not those of somebody else in a VPC that has the same', async () => {
    const { vpcId, subnetId } = await instances.subnet();
    const elsewhere = await instances.subnet();
    const [id, other] = [
      await instances.launch({ SubnetId: subnetId }),
      await instances.launch({ SubnetId: elsewhere.subnetId }),
    ];
    const [own, same] = await Promise.all(
      [id, other].map(async (one) => (await instances.described(one)).PrivateIpAddress ?? ''),
    );
    expect(same).toBe(own);
    const ours = await instances.targetGroup(vpcId, 'ip', own ?? '');
    const theirs = await instances.targetGroup(elsewhere.vpcId, 'ip', same ?? '');
    // By peering.
    const peer = await instances.targetGroup((await instances.subnet()).vpcId, 'ip', own ?? '');
    const incident = await instances.claim([id]);
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    expect(await instances.health(ours)).toEqual({ [own ?? '']: 'draining' });
    expect(await instances.health(peer)).toEqual({ [own ?? '']: 'draining' });
    expect((await instances.channels(incident))['load balancers']).toMatch(/^closed/);
    expect(await instances.health(theirs)).toEqual({ [same ?? '']: 'healthy' });
  });
});
