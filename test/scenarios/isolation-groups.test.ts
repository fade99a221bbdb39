import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  type IpPermission,
} from '@aws-sdk/client-ec2';
import { INSTANCE_TYPE, QUARANTINE } from '../support/instances';
import { TestIsolations } from '../support/isolations';
import { TestTwin } from '../support/twin';

// The group without rules, one in each VPC: somebody may put rules into it, and several isolations may come at once.

let twin: TestTwin;
let instances: TestIsolations;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  instances = new TestIsolations(twin);
  await instances.makeQuarantine();
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

/** Of IPv4 and IPv6. What the world may do is none of these tests: that is closed by the function for security groups. */
const SOMEWHERE: IpPermission = {
  IpProtocol: '-1',
  IpRanges: [{ CidrIp: '10.0.0.0/8' }],
  Ipv6Ranges: [{ CidrIpv6: 'fd00::/8' }],
};

/** Waits until so many have come. */
function barrier(count: number): () => Promise<void> {
  let waiting = count;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    waiting -= 1;
    if (waiting === 0) open();
    return opened;
  };
}

describe('the quarantine group', () => {
  const make = async (VpcId: string) => {
    const { GroupId = '' } = await instances.ec2.send(
      new CreateSecurityGroupCommand({ VpcId, GroupName: QUARANTINE.group, Description: 'by somebody' }),
    );
    await instances.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [SOMEWHERE] }));
    return GroupId;
  };

  it('into which somebody put rules, of IPv4 and IPv6, is emptied before anything is behind it', async () => {
    const { vpcId, subnetId } = await instances.subnet();
    const id = await instances.launch({ SubnetId: subnetId }, { ipv6: 1 });
    const GroupId = await make(vpcId);
    await instances.ec2.send(
      new AuthorizeSecurityGroupEgressCommand({
        GroupId,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 9, UserIdGroupPairs: [{ GroupId }] }],
      }),
    );
    const incident = await instances.claim([id]);
    const others = await instances.others(id);
    const since = await twin.mark();
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    await instances.expectIsolated(id, incident, { hadProfile: false });
    expect((await instances.quarantineGroups(vpcId)).map((group) => group.GroupId)).toEqual([GroupId]);
    expect(await instances.others(id)).toEqual(others);
    const kinds = (await instances.changes(since)).map(({ operation }) => operation);
    expect(kinds.slice(-6)).toEqual([
      'RevokeSecurityGroupEgress',
      'RevokeSecurityGroupIngress',
      'ModifyNetworkInterfaceAttribute',
      'ModifyNetworkInterfaceAttribute',
      'UnassignIpv6Addresses',
      'ModifyInstanceMetadataOptions',
    ]);
  });

  it('that gets a rule while it is at work gets nothing behind it; a further try empties it', async () => {
    const { vpcId, subnetId } = await instances.subnet();
    const id = await instances.launch({ SubnetId: subnetId });
    const [before] = await instances.interfaces(id);
    const incident = await instances.claim([id]);
    let isOpened = false;
    // The first such call is about timeouts: the group is empty by then.
    const clients = instances.clientsBefore(/^ModifyNetworkInterfaceAttribute/, async () => {
      const [group] = await instances.quarantineGroups(vpcId);
      if (isOpened) return;
      isOpened = true;
      await instances.ec2.send(
        new AuthorizeSecurityGroupIngressCommand({ GroupId: group?.GroupId, IpPermissions: [SOMEWHERE] }),
      );
    });
    await expect(instances.contain(incident, { clients })).rejects.toMatchObject({ name: 'RemediationFailedError' });
    expect((await instances.interfaces(id))[0]?.Groups).toEqual(before?.Groups);
    expect((await instances.channels(incident)).IPv4).toMatch(/^open/);
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    await instances.expectIsolated(id, incident, { hadProfile: false });
  });

  it('that is opened again is emptied again, and is open until then', async () => {
    const { vpcId, subnetId } = await instances.subnet();
    const id = await instances.launch({ SubnetId: subnetId });
    const incident = await instances.claim([id]);
    await instances.contain(incident);
    const [group] = await instances.quarantineGroups(vpcId);
    const { GroupId } = group ?? {};
    await instances.ec2.send(
      new AuthorizeSecurityGroupEgressCommand({
        GroupId,
        IpPermissions: [{ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] }],
      }),
    );
    const channels = await instances.channels(incident);
    expect(channels.IPv4).toMatch(/^closed/);
    expect(channels.IPv6).toMatch(/^open/);
    const since = await twin.mark();
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    expect((await instances.changes(since)).map(({ operation }) => operation)).toEqual(['RevokeSecurityGroupEgress']);
    await instances.expectCutOff(id);
  });

  it.each([2, 3])('is one, however many instances of a VPC are isolated at once: %d', async (count) => {
    const { vpcId, subnetId } = await instances.subnet();
    const ids: string[] = [];
    for (let index = 0; index < count; index++)
      ids.push(await instances.launch({ SubnetId: subnetId }, { interfaces: 2, ipv6: 1 }));
    const incidents = await Promise.all(ids.map((id) => instances.claim([id])));
    const others = await instances.others(...ids);
    const since = await twin.mark();
    // All have seen that there is no group before any makes it, and all have seen its rules before any takes them away.
    const wait = { CreateSecurityGroup: barrier(count), RevokeSecurityGroupEgress: barrier(count) };
    const answers = await Promise.all(
      incidents.map((incident) => {
        const come = new Set<string>();
        const clients = instances.clientsBefore(/^(CreateSecurityGroup|RevokeSecurityGroupEgress)/, async (input) => {
          const which = 'SecurityGroupRuleIds' in input ? 'RevokeSecurityGroupEgress' : 'CreateSecurityGroup';
          if (!come.has(which)) await wait[which]();
          come.add(which);
        });
        return instances.contain(incident, { clients });
      }),
    );
    expect(answers.map(({ outcome }) => outcome)).toEqual(ids.map(() => 'REMEDIATED'));
    for (const [index, id] of ids.entries())
      await instances.expectIsolated(id, incidents[index] ?? { id: '' }, { hadProfile: false });
    expect(await instances.quarantineGroups(vpcId)).toHaveLength(1);
    expect(await instances.others(...ids)).toEqual(others);
    const calls = await twin.journal(since);
    const errors = (operation: string) =>
      calls.filter((call) => call.operation === operation).flatMap(({ error }) => error ?? []);
    expect(errors('CreateSecurityGroup')).toEqual(Array(count - 1).fill('InvalidGroup.Duplicate'));
    expect(errors('RevokeSecurityGroupEgress')).toEqual(Array(count - 1).fill('InvalidSecurityGroupRuleId.NotFound'));
    for (const id of ids) await twin.chain(id, INSTANCE_TYPE);
  });
});
