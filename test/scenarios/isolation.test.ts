import { QUARANTINE, TestInstances } from '../support/instances';
import { TestTwin } from '../support/twin';

// Instances are isolated by the function's own handler over the AWS clients, in a twin: its EC2, IAM, load balancers and ledger are spoken to over HTTP.

let twin: TestTwin;
let instances: TestInstances;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  instances = new TestInstances(twin);
  await instances.makeQuarantine();
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

/** Expects every interface to be behind an empty group alone. */
async function expectCutOff(instanceId: string): Promise<void> {
  const interfaces = await instances.interfaces(instanceId);
  expect(interfaces.length).toBeGreaterThan(0);
  for (const { VpcId = '', Groups = [], Ipv6Addresses, Association, ConnectionTrackingConfiguration } of interfaces) {
    const [group, ...more] = await instances.quarantineGroups(VpcId);
    expect(more).toEqual([]);
    expect(group).toMatchObject({ IpPermissions: [], IpPermissionsEgress: [] });
    expect(Groups.map(({ GroupId }) => GroupId)).toEqual([group?.GroupId]);
    expect(Ipv6Addresses).toEqual([]);
    expect(Association?.AllocationId).toBeUndefined();
    expect(ConnectionTrackingConfiguration).toEqual({
      TcpEstablishedTimeout: 60,
      UdpStreamTimeout: 60,
      UdpTimeout: 30,
    });
  }
}

describe('an isolated instance', () => {
  it('is cut off from every network and from its role, kept, and marked; nothing else has changed', async () => {
    const role = await instances.role();
    const { vpcId, subnetId } = await instances.subnet();
    const neighbour = await instances.launch({ SubnetId: subnetId });
    const id = await instances.launch({ SubnetId: subnetId, IamInstanceProfile: { Name: role } }, { ipv6: 1 });
    const [one] = await instances.interfaces(id);
    await instances.elastic(one?.NetworkInterfaceId ?? '');
    const incident = await instances.claim([id]);
    const others = await instances.others(id);

    expect(await instances.contain(incident)).toEqual({
      outcome: 'REMEDIATED',
      reason: expect.stringMatching(/^isolation: protected from termination, volumes kept, tagged/),
      resourceId: id,
      receipt: expect.stringMatching(/AWS::EC2::Instance#i-.*\/E#0000000002$/),
    });

    await expectCutOff(id);
    expect(await instances.profile(id)).toBe(QUARANTINE.profile);
    expect(await instances.revocation(role)).toContain('aws:TokenIssueTime');
    expect(await instances.described(id)).toMatchObject({
      State: { Name: 'running' },
      MetadataOptions: { HttpEndpoint: 'disabled' },
      Tags: expect.arrayContaining([
        { Key: 'soc:status', Value: 'quarantined' },
        { Key: 'soc:incident', Value: incident.id },
      ]),
    });
    expect(await instances.others(id)).toEqual(others);
    expect((await instances.interfaces(neighbour))[0]?.VpcId).toBe(vpcId);
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'NO_ACTION', reason: 'it is isolated' });
    await twin.chain(id, 'AWS::EC2::Instance');
  });
});
