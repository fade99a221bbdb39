import {
  CreateNetworkInterfaceCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { INSTANCE_TYPE } from '../support/instances';
import { TestIsolations } from '../support/isolations';
import { TestPrincipals } from '../support/principals';
import { TestTwin } from '../support/twin';

// Instances are isolated by the function's own handler over the AWS clients, in a twin: its EC2, IAM, load balancers and ledger are spoken to over HTTP.

let twin: TestTwin;
let instances: TestIsolations;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  instances = new TestIsolations(twin);
  await instances.makeQuarantine();
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

/** Isolates an instance, sees that nothing else has changed, and that a repeat has nothing to do. */
async function isolate(id: string, options: Parameters<TestIsolations['expectIsolated']>[2] = {}) {
  const incident = await instances.claim([id]);
  const others = await instances.others(id);
  expect(await instances.contain(incident)).toMatchObject({ outcome: 'REMEDIATED', resourceId: id });
  await instances.expectIsolated(id, incident, options);
  expect(await instances.others(id)).toEqual(others);
  const since = await twin.mark();
  expect(await instances.contain(incident)).toMatchObject({ outcome: 'NO_ACTION', reason: 'it is isolated' });
  expect(await instances.changes(since)).toEqual([]);
  await twin.chain(id, INSTANCE_TYPE);
  return incident;
}

describe('an isolated instance', () => {
  it('is cut off from every network and from its role, kept, and marked; nothing else has changed', async () => {
    const { id, role, vpcId, neighbour, group, targetGroupArn, otherTargetGroupArn } = await instances.equipped(
      {},
      { interfaces: 2, ipv6: 2 },
    );
    const incident = await instances.claim([id]);
    const principals = new TestPrincipals(twin);
    const iam = await principals.others(role);
    const others = await instances.others(id);
    const since = await twin.mark();

    expect(await instances.contain(incident)).toEqual({
      outcome: 'REMEDIATED',
      reason: expect.stringMatching(/^isolation: protected from termination, volumes kept, tagged, detached/),
      resourceId: id,
      receipt: expect.stringMatching(/AWS::EC2::Instance#i-.*\/E#0000000002$/),
    });

    const changes = await instances.changes(since);
    expect(changes.map(({ operation }) => operation)).toEqual([
      'ModifyInstanceAttribute',
      'ModifyInstanceAttribute',
      'ModifyInstanceAttribute',
      'CreateTags',
      'DetachInstances',
      'DeregisterTargets',
      'DeregisterTargets',
      'CreateSecurityGroup',
      'RevokeSecurityGroupEgress',
      'ModifyNetworkInterfaceAttribute',
      'ModifyNetworkInterfaceAttribute',
      'ModifyNetworkInterfaceAttribute',
      'ModifyNetworkInterfaceAttribute',
      'DisassociateAddress',
      'DisassociateAddress',
      'UnassignIpv6Addresses',
      'UnassignIpv6Addresses',
      'ModifyInstanceMetadataOptions',
      'ReplaceIamInstanceProfileAssociation',
      'PutRolePolicy',
    ]);
    await instances.expectIsolated(id, incident);
    expect(await instances.revocation(role)).toContain('aws:TokenIssueTime');
    expect(await principals.others(role)).toEqual(iam);
    await twin.settle();
    // Another instance serves in its place.
    const [instead = '', ...more] = await instances.members(group);
    expect(more).toEqual([]);
    expect(instead).toMatch(/^i-/);
    expect(await instances.health(targetGroupArn)).toEqual({ [id]: 'draining', [instead]: 'healthy' });
    expect(await instances.health(otherTargetGroupArn)).toEqual({ [id]: 'draining' });
    expect(await instances.others(id, instead)).toEqual(others);
    expect((await instances.interfaces(neighbour))[0]?.VpcId).toBe(vpcId);
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'NO_ACTION', reason: 'it is isolated' });
    const [intent] = await twin.chain(id, INSTANCE_TYPE);
    const touched = intent?.before?.touched as { interfaces: { groups: string[] }[]; profileArn: string };
    expect(touched.interfaces.map(({ groups }) => groups)).toEqual([
      [expect.stringMatching(/^sg-/)],
      [expect.stringMatching(/^sg-/)],
    ]);
    expect(touched.profileArn).toMatch(new RegExp(`/${role}$`));
    expect(Object.entries(await instances.channels(incident)).filter(([, text]) => !text.startsWith('closed'))).toEqual(
      [
        ['tracked connections', expect.stringContaining('unknown')],
        ['always tracked connections', expect.stringContaining('unknown')],
        ['DNS', expect.stringContaining('open')],
        ['older role sessions', expect.stringContaining('unknown')],
        ['classic load balancers', expect.stringContaining('unknown')],
      ],
    );
  });

  it.each([1, 2, 3, 4])('has none of its %d interfaces left', async (interfaces) => {
    const id = await instances.launch({}, { interfaces, ipv6: 1 });
    for (const { NetworkInterfaceId = '' } of await instances.interfaces(id))
      await instances.elastic(NetworkInterfaceId);
    await isolate(id, { hadProfile: false });
    expect(await instances.interfaces(id)).toHaveLength(interfaces);
  });

  it('with interfaces in two VPCs is behind a group of each', async () => {
    const [one, two] = [await instances.subnet(), await instances.subnet()];
    const { NetworkInterface: second } = await instances.ec2.send(
      new CreateNetworkInterfaceCommand({ SubnetId: two.subnetId }),
    );
    const id = await instances.launch({
      NetworkInterfaces: [
        { DeviceIndex: 0, SubnetId: one.subnetId },
        { DeviceIndex: 1, NetworkInterfaceId: second?.NetworkInterfaceId },
      ],
    });
    await isolate(id, { hadProfile: false });
    for (const { vpcId } of [one, two]) expect(await instances.quarantineGroups(vpcId)).toHaveLength(1);
  });

  it.each<[string, Partial<RunInstancesCommandInput>, Parameters<typeof isolate>[1]]>([
    ['without a profile needs none', {}, { hadProfile: false }],
    [
      'of the spot market cannot be protected, and is isolated all the same',
      { InstanceMarketOptions: { MarketType: 'spot' } },
      { spot: true, hadProfile: false },
    ],
    [
      'of an older type keeps the timeouts of its connections',
      { InstanceType: 't2.micro' },
      { nitro: false, hadProfile: false },
    ],
  ])('%s', async (_case, input, options) => {
    const id = await instances.launch(input);
    const since = await twin.mark();
    const incident = await isolate(id, options);
    const iam = (await instances.changes(since)).filter(({ service }) => service === 'iam');
    expect(iam).toEqual([]);
    const channels = await instances.channels(incident);
    expect(channels['older role sessions']).toBe('closed: It had no role.');
    expect(channels['tracked connections']).toMatch(
      options?.nitro === false ? /^open: .*Stop it/ : /^unknown: .*idle for 60 seconds/,
    );
  });

  it('of a profile with a path loses its role', async () => {
    const role = await instances.role(undefined, { path: '/team/x/' });
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    await isolate(id);
    expect(await instances.revocation(role)).toContain('aws:TokenIssueTime');
  });

  it('has its role known to the inspector, by what was written down before', async () => {
    const role = await instances.role();
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    const arn = `arn:aws:ec2:eu-west-1:111122223333:instance/${id}`;
    const original = {
      at: new Date().toISOString(),
      profileArn: `arn:aws:iam::111122223333:instance-profile/${role}`,
      roleName: role,
      interfaces: [],
    };
    const incident = await instances.claim([id], {}, { originals: { [arn]: original } });
    expect((await instances.channels(incident))['older role sessions']).toMatch(/^open/);
    await instances.contain(incident);
    expect((await instances.channels(incident))['older role sessions']).toMatch(/^closed: .* are denied/);
    expect((await instances.records.read(incident.id)).details.originals).toEqual({ [arn]: original });
  });
});

describe('an instance', () => {
  it('that was terminated is gone', async () => {
    const id = await instances.launch();
    await instances.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    const incident = await instances.claim([id]);
    for (let state = 0; state < 2; state++) {
      const others = await instances.others(id);
      expect(await instances.contain(incident)).toMatchObject({ outcome: 'GONE' });
      expect(await instances.others(id)).toEqual(others);
      // Shutting down at first, terminated then.
      await twin.settle();
    }
    expect(await instances.contain(await instances.claim(['i-0123456789abcdef0']))).toMatchObject({ outcome: 'GONE' });
  });

  it('whose attributes EC2 does not tell for its state is gone if it ends, and else not', async () => {
    const id = await instances.launch();
    const incident = await instances.claim([id]);
    await twin.fault({ operation: 'ec2:DescribeInstanceAttribute', error: 'IncorrectInstanceState', times: 9 });
    await expect(instances.contain(incident)).rejects.toThrow('IncorrectInstanceState');
    await instances.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(await instances.contain(incident)).toMatchObject({ outcome: 'GONE' });
  });

  it.each(['ModifyInstanceAttribute', 'CreateSecurityGroup', 'ModifyInstanceMetadataOptions'])(
    'that somebody terminates just before %s is gone',
    async (operation) => {
      const id = await instances.launch({ InstanceMarketOptions: { MarketType: 'spot' } }, { ipv6: 1 });
      const incident = await instances.claim([id]);
      const others = await instances.others(id);
      let isDone = false;
      const clients = instances.clientsBefore(new RegExp(`^${operation}Command`), async () => {
        if (isDone) return;
        isDone = true;
        await instances.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
        await twin.settle();
      });
      expect(await instances.contain(incident, { clients })).toMatchObject({ outcome: 'GONE' });
      expect(isDone).toBe(true);
      const { volumes, ...rest } = (await instances.others(id)) as { volumes: unknown[] };
      // Volumes that are kept outlive it.
      expect({ ...rest, volumes: volumes.slice(0, (others as { volumes: unknown[] }).volumes.length) }).toEqual(others);
      await twin.chain(id, INSTANCE_TYPE);
    },
  );

  it('of two incidents is isolated by the first, whose mark stays', async () => {
    const role = await instances.role();
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    const first = await isolate(id);
    const second = await instances.claim([id]);
    const since = await twin.mark();
    expect(await instances.contain(second)).toMatchObject({ outcome: 'NO_ACTION', reason: 'it is isolated' });
    expect(await instances.changes(since)).toEqual([]);
    await instances.expectIsolated(id, first);
  });

  it('of two incidents at once is isolated once', async () => {
    const role = await instances.role();
    const id = await instances.launch({ IamInstanceProfile: { Name: role } });
    const incidents = [await instances.claim([id]), await instances.claim([id])];
    const since = await twin.mark();
    const answers = await Promise.all(
      incidents.map(async (incident) => {
        for (;;) {
          try {
            return (await instances.contain(incident)).outcome;
          } catch (error) {
            if (!(error instanceof Error) || error.name !== 'ContainmentBusyError') throw error;
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      }),
    );
    expect(answers.sort()).toEqual(['NO_ACTION', 'REMEDIATED']);
    const texts = (await instances.changes(since)).map(({ operation, parameters }) =>
      JSON.stringify([operation, parameters]),
    );
    expect(new Set(texts).size).toBe(texts.length);
    await instances.expectCutOff(id);
    await twin.chain(id, INSTANCE_TYPE);
  });

  it('is only rehearsed where the workflow rehearses, or nobody has approved', async () => {
    const { id } = await instances.equipped();
    const all = await instances.others();
    expect(await instances.contain(await instances.claim([id]), { mode: 'rehearse' })).toMatchObject({
      outcome: 'DRY_RUN',
    });
    expect(await instances.contain(await instances.claim([id], { needsApproval: true }))).toMatchObject({
      outcome: 'DRY_RUN',
    });
    expect(await instances.others()).toEqual(all);
  });
});
