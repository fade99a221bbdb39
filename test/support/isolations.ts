import {
  AttachInstancesCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
} from '@aws-sdk/client-auto-scaling';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  AssociateIamInstanceProfileCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstanceAttributeCommand,
  DescribeSecurityGroupsCommand,
  ReplaceIamInstanceProfileAssociationCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Incident } from '../../functions/incident/incident';
import { InstanceReader } from '../../functions/incident/instance-reader';
import { PrincipalReader } from '../../functions/incident/principal-reader';
import { inspectorsOf } from '../../functions/verify-containment/inspectors';
import { TestInstances } from './instances';

/** An instance with everything that isolation changes. */
export interface Equipped {
  readonly id: string;
  readonly role: string;
  readonly vpcId: string;
  /** Another instance in its subnet. */
  readonly neighbour: string;
  readonly group: string;
  /** Of the Auto Scaling group. */
  readonly targetGroupArn: string;
  /** Of nobody but the instance. */
  readonly otherTargetGroupArn: string;
}

/** Instances of a twin that are isolated, and what is seen of that. */
export class TestIsolations extends TestInstances {
  /** What is of the same VPC, but for what isolation changes and what takes its place. */
  async neighbours({ id, vpcId, neighbour }: Equipped): Promise<unknown> {
    const [instance, interfaces, { SecurityGroups = [] }] = await Promise.all([
      this.described(neighbour),
      this.interfaces(neighbour),
      this.ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })),
    ]);
    expect(neighbour).not.toBe(id);
    const groups = SecurityGroups.filter(({ GroupName }) => GroupName !== this.quarantine.group);
    return { instance, interfaces, groups };
  }

  /** In an Auto Scaling group and its target group, with elastic and IPv6 addresses, and a role that it shares with nobody. */
  async equipped(input: Partial<RunInstancesCommandInput> = {}, { interfaces = 1, ipv6 = 1 } = {}): Promise<Equipped> {
    const role = await this.role();
    const { vpcId, subnetId } = await this.subnet();
    const id = await this.launch(
      {
        SubnetId: subnetId,
        IamInstanceProfile: { Name: role },
        InstanceInitiatedShutdownBehavior: 'terminate',
        ...input,
      },
      { interfaces, ipv6 },
    );
    for (const { NetworkInterfaceId = '' } of await this.interfaces(id)) await this.elastic(NetworkInterfaceId);
    const targetGroupArn = await this.targetGroup(vpcId, 'instance');
    const otherTargetGroupArn = await this.targetGroup(vpcId, 'instance', id);
    // What takes its place is like the neighbour, and does not share the role.
    const neighbour = await this.launch({ SubnetId: subnetId });
    const group = await this.group(neighbour, 0, [targetGroupArn]);
    await this.autoScaling.send(new AttachInstancesCommand({ AutoScalingGroupName: group, InstanceIds: [id] }));
    await this.twin.settle();
    return { id, role, vpcId, neighbour, group, targetGroupArn, otherTargetGroupArn };
  }

  /** Ids of an Auto Scaling group's instances. */
  async members(group: string): Promise<string[]> {
    const { AutoScalingGroups = [] } = await this.autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group] }),
    );
    return AutoScalingGroups.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId));
  }

  /** The states of a target group's targets, by their ids. */
  async health(TargetGroupArn: string): Promise<Readonly<Record<string, string>>> {
    const { TargetHealthDescriptions = [] } = await this.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return Object.fromEntries(
      TargetHealthDescriptions.map(({ Target, TargetHealth }) => [Target?.Id ?? '', TargetHealth?.State ?? '']),
    );
  }

  /** Whether an instance is protected from whatever would end it with its volumes. */
  async isKept(InstanceId: string, { spot = false } = {}): Promise<boolean> {
    const attribute = (Attribute: 'disableApiTermination' | 'instanceInitiatedShutdownBehavior') =>
      this.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute }));
    const [{ DisableApiTermination }, { InstanceInitiatedShutdownBehavior }, { BlockDeviceMappings = [] }] =
      await Promise.all([
        attribute('disableApiTermination'),
        attribute('instanceInitiatedShutdownBehavior'),
        this.described(InstanceId),
      ]);
    return (
      (spot || (DisableApiTermination?.Value === true && InstanceInitiatedShutdownBehavior?.Value === 'stop')) &&
      BlockDeviceMappings.every(({ Ebs }) => Ebs?.DeleteOnTermination === false)
    );
  }

  /** Expects every interface of an instance to be behind an empty group alone, with no address that leads to it. */
  async expectCutOff(instanceId: string, { nitro = true } = {}): Promise<void> {
    const interfaces = await this.interfaces(instanceId);
    expect(interfaces.length).toBeGreaterThan(0);
    for (const { VpcId = '', Groups = [], Ipv6Addresses, ...one } of interfaces) {
      const [group, ...more] = await this.quarantineGroups(VpcId);
      expect(more).toEqual([]);
      expect(group).toMatchObject({ IpPermissions: [], IpPermissionsEgress: [] });
      expect(Groups.map(({ GroupId }) => GroupId)).toEqual([group?.GroupId]);
      expect(Ipv6Addresses).toEqual([]);
      expect(one.Association?.AllocationId).toBeUndefined();
      const shortest = { TcpEstablishedTimeout: 60, UdpStreamTimeout: 60, UdpTimeout: 30 };
      expect(one.ConnectionTrackingConfiguration).toEqual(nitro ? shortest : undefined);
    }
  }

  /** Expects an instance to be isolated whole: kept, marked by an incident, cut off, and without a role. */
  async expectIsolated(
    instanceId: string,
    { id }: Pick<Incident, 'id'>,
    { nitro = true, spot = false, hadProfile = true } = {},
  ): Promise<void> {
    await this.expectCutOff(instanceId, { nitro });
    expect(await this.isKept(instanceId, { spot })).toBe(true);
    expect(await this.profile(instanceId)).toBe(hadProfile ? this.quarantine.profile : undefined);
    expect(await this.described(instanceId)).toMatchObject({
      State: { Name: 'running' },
      MetadataOptions: { HttpEndpoint: 'disabled' },
      Tags: expect.arrayContaining([
        { Key: 'soc:status', Value: 'quarantined' },
        { Key: 'soc:incident', Value: id },
      ]),
    });
  }

  /** What an inspector says of one of an incident's targets, by channel. */
  async channels({ id }: Pick<Incident, 'id'>, target = 0): Promise<Readonly<Record<string, string>>> {
    const { accountId: account, region } = this.twin.ready;
    const record = await this.records.read(id);
    const found = record.details.incident.targets[target];
    if (found?.kind !== 'instance') throw new Error('an inspector of instances looks at nothing else');
    const { instance: inspect } = inspectorsOf({
      instances: new InstanceReader(this.clients, this.quarantine),
      principals: new PrincipalReader(this.iam, this.clients.regions),
      ec2: () => this.ec2,
    });
    const { channels } = await inspect(found, record, { partition: 'aws', account, region });
    return Object.fromEntries(channels.map(({ channel, status, detail }) => [channel, `${status}: ${detail}`]));
  }

  /** Clients with something before each command of EC2 that a pattern matches. */
  clientsBefore(command: RegExp, then: (input: object) => Promise<unknown>): TestInstances['clients'] {
    const ec2For = (region: string) => {
      const made = this.ec2For(region);
      made.middlewareStack.add(
        (next, { commandName = '' }) =>
          async (args) => {
            if (command.test(commandName)) await then(args.input);
            return next(args);
          },
        { step: 'initialize' },
      );
      return made;
    };
    return { ...this.clients, regions: { ...this.clients.regions, ec2For } };
  }

  /** Registers exceptions, as the CLI does. */
  async except(...resources: readonly string[]): Promise<void> {
    const exceptions = resources.map((resource) => ({
      M: Object.fromEntries(
        Object.entries({ id: 'known', reason: 'r', owner: 'o', expires: '2999-12-31', resource }).map(([key, S]) => [
          key,
          { S },
        ]),
      ),
    }));
    await this.twin.dynamodb.send(
      new PutItemCommand({
        TableName: this.twin.table,
        Item: { pk: { S: 'EXCEPTIONS' }, sk: { S: 'CURRENT' }, exceptions: { L: exceptions } },
      }),
    );
  }

  /** The Auto Scaling group that an instance is in. */
  async groupOf(instanceId: string): Promise<string | undefined> {
    const { AutoScalingInstances: [found] = [] } = await this.autoScaling.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [instanceId] }),
    );
    return found?.AutoScalingGroupName;
  }

  /** Gives an instance another profile, as whoever may do so would. */
  async wear(InstanceId: string, Name: string): Promise<void> {
    const { IamInstanceProfileAssociations: [worn] = [] } = await this.ec2.send(
      new DescribeIamInstanceProfileAssociationsCommand({ Filters: [{ Name: 'instance-id', Values: [InstanceId] }] }),
    );
    const given = { IamInstanceProfile: { Name } };
    const { AssociationId } = worn ?? {};
    if (AssociationId === undefined)
      await this.ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId, ...given }));
    else await this.ec2.send(new ReplaceIamInstanceProfileAssociationCommand({ AssociationId, ...given }));
  }
}
