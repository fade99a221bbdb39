import { randomUUID } from 'node:crypto';
import { AutoScalingClient, CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeAddressesCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  EC2Client,
  type Instance,
  ModifyNetworkInterfaceAttributeCommand,
  type NetworkInterface,
  ReplaceIamInstanceProfileAssociationCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { DynamoLedger } from '../../functions/core/ledger-dynamodb';
import type { Telemetry } from '../../functions/core/telemetry';
import { type ContainmentAnswer, containmentHandler } from '../../functions/incident/containment';
import type { Incident } from '../../functions/incident/incident';
import type { Quarantine } from '../../functions/incident/instance-reader';
import { type IncidentDetails, IncidentRecords } from '../../functions/incident/record';
import { isolation } from '../../functions/isolate-instance/isolation';
import { claimed, EXECUTION, incident } from './incident';
import type { Call, TestTwin } from './twin';

export const QUARANTINE = { profile: 'LabQuarantine', group: 'suture-quarantine' };
export const INSTANCE_TYPE = 'AWS::EC2::Instance';

/** Calls of isolation that change something. */
export const MUTATING =
  /^(Modify|CreateTags|CreateSecurityGroup|DetachInstances|DeregisterTargets|RevokeSecurityGroup|Disassociate|Unassign|Replace|PutRolePolicy)/;

export const trustOf = (...services: readonly string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: services.map((Service) => ({ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' })),
  });

/** Instances of a twin, and what becomes of them. */
export class TestInstances {
  readonly autoScaling: AutoScalingClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly iam: IAMClient;
  /** Log lines of the handler. */
  readonly lines: string[] = [];

  /** @param quarantine of the stack, for its own function */
  constructor(
    readonly twin: TestTwin,
    protected readonly quarantine: Quarantine = QUARANTINE,
  ) {
    this.autoScaling = new AutoScalingClient(twin.config);
    this.elb = new ElasticLoadBalancingV2Client(twin.config);
    this.iam = new IAMClient(twin.config);
  }

  get ec2(): EC2Client {
    return this.twin.ec2;
  }

  /** What a stack brings: the profile that may do nothing. */
  async makeQuarantine(): Promise<void> {
    await this.role(QUARANTINE.profile);
  }

  /** A role with a profile of its name. */
  async role(
    name = `role-${randomUUID()}`,
    { path = '/', trust = trustOf('ec2.amazonaws.com') } = {},
  ): Promise<string> {
    await this.iam.send(new CreateRoleCommand({ RoleName: name, Path: path, AssumeRolePolicyDocument: trust }));
    await this.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name, Path: path }));
    await this.iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
    return name;
  }

  /** A VPC with IPv6 and one subnet. */
  async subnet(): Promise<{ vpcId: string; subnetId: string }> {
    const { Vpc } = await this.ec2.send(
      new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', AmazonProvidedIpv6CidrBlock: true }),
    );
    const vpcId = Vpc?.VpcId ?? '';
    const block = Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? '';
    const { Subnet } = await this.ec2.send(
      new CreateSubnetCommand({
        VpcId: vpcId,
        CidrBlock: '10.0.1.0/24',
        Ipv6CidrBlock: block.replace(/::\/56$/, '::/64'),
      }),
    );
    return { vpcId, subnetId: Subnet?.SubnetId ?? '' };
  }

  /** A running instance. */
  async launch(
    input: Partial<RunInstancesCommandInput> = {},
    { interfaces = 1, ipv6 = 0, region = this.twin.ready.region } = {},
  ): Promise<string> {
    const { SubnetId, ...rest } = input;
    const subnetId = SubnetId ?? (region === this.twin.ready.region ? (await this.subnet()).subnetId : undefined);
    const { Instances: [made] = [] } = await this.ec2For(region).send(
      new RunInstancesCommand({
        ImageId: 'ami-0abcdef1234567890',
        InstanceType: 'm5.xlarge',
        MinCount: 1,
        MaxCount: 1,
        ...(subnetId && {
          NetworkInterfaces: Array.from({ length: interfaces }, (_, DeviceIndex) => ({
            DeviceIndex,
            SubnetId: subnetId,
            Ipv6AddressCount: ipv6,
          })),
        }),
        ...rest,
      }),
    );
    await this.twin.settle();
    return made?.InstanceId ?? '';
  }

  ec2For = (region: string): EC2Client => new EC2Client({ ...this.twin.config, region });

  /** Gives an interface an elastic address. */
  async elastic(interfaceId: string): Promise<string> {
    const { AllocationId } = await this.ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    await this.ec2.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId: interfaceId }));
    return AllocationId ?? '';
  }

  async targetGroup(vpcId: string, TargetType: 'instance' | 'ip', ...ids: readonly string[]): Promise<string> {
    const { TargetGroups: [made] = [] } = await this.elb.send(
      new CreateTargetGroupCommand({
        Name: `t-${randomUUID().slice(0, 20)}`,
        Protocol: 'HTTP',
        Port: 80,
        VpcId: vpcId,
        TargetType,
      }),
    );
    const TargetGroupArn = made?.TargetGroupArn ?? '';
    if (ids.length > 0)
      await this.elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: ids.map((Id) => ({ Id })) }));
    return TargetGroupArn;
  }

  /** An Auto Scaling group of instances like one, with as many as are asked for. */
  async group(instanceId: string, size = 1, targetGroupArns: readonly string[] = []): Promise<string> {
    const name = `group-${randomUUID()}`;
    const { SubnetId } = await this.described(instanceId);
    await this.autoScaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: name,
        InstanceId: instanceId,
        MinSize: 0,
        MaxSize: size + 3,
        DesiredCapacity: size,
        VPCZoneIdentifier: SubnetId,
        TargetGroupARNs: [...targetGroupArns],
      }),
    );
    await this.twin.settle();
    return name;
  }

  async described(instanceId: string): Promise<Instance> {
    const { Reservations = [] } = await this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    return Reservations[0]?.Instances?.[0] ?? {};
  }

  async interfaces(instanceId: string): Promise<NetworkInterface[]> {
    const { NetworkInterfaces = [] } = await this.ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [instanceId] }] }),
    );
    return NetworkInterfaces;
  }

  /** The groups without rules, by VPC. */
  async quarantineGroups(vpcId: string): Promise<SecurityGroup[]> {
    const { SecurityGroups = [] } = await this.ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [
          { Name: 'group-name', Values: [this.quarantine.group] },
          { Name: 'vpc-id', Values: [vpcId] },
        ],
      }),
    );
    return SecurityGroups;
  }

  /** Somebody puts an instance behind the default group again, and gives it a profile. */
  async giveBack(instanceId: string, profile: string): Promise<void> {
    const [one] = await this.interfaces(instanceId);
    const Filters = [
      { Name: 'group-name', Values: ['default'] },
      { Name: 'vpc-id', Values: [one?.VpcId ?? ''] },
    ];
    const { SecurityGroups: [group] = [] } = await this.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    await this.ec2.send(
      new ModifyNetworkInterfaceAttributeCommand({
        NetworkInterfaceId: one?.NetworkInterfaceId,
        Groups: [group?.GroupId ?? ''],
      }),
    );
    const { IamInstanceProfileAssociations: [found] = [] } = await this.ec2.send(
      new DescribeIamInstanceProfileAssociationsCommand({ Filters: [{ Name: 'instance-id', Values: [instanceId] }] }),
    );
    await this.ec2.send(
      new ReplaceIamInstanceProfileAssociationCommand({
        AssociationId: found?.AssociationId,
        IamInstanceProfile: { Name: profile },
      }),
    );
  }

  /** Name of the profile that an instance wears. */
  async profile(instanceId: string): Promise<string | undefined> {
    return (await this.described(instanceId)).IamInstanceProfile?.Arn?.split('/').at(-1);
  }

  /** The text of a role's policy that denies older sessions. */
  async revocation(RoleName: string): Promise<string | undefined> {
    try {
      const found = await this.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'AWSRevokeOlderSessions' }));
      return decodeURIComponent(found.PolicyDocument ?? '');
    } catch (error) {
      if (error instanceof Error && error.name.startsWith('NoSuchEntity')) return undefined;
      throw error;
    }
  }

  /** Everything of EC2 but what belongs to some instances: what must stay as it is. */
  async others(...instanceIds: readonly string[]): Promise<unknown> {
    const isOurs = (id: string | undefined) => id !== undefined && instanceIds.includes(id);
    const [instances, interfaces, groups, volumes, associations, addresses] = await Promise.all([
      this.ec2.send(new DescribeInstancesCommand({})),
      this.ec2.send(new DescribeNetworkInterfacesCommand({})),
      this.ec2.send(new DescribeSecurityGroupsCommand({})),
      this.ec2.send(new DescribeVolumesCommand({})),
      this.ec2.send(new DescribeIamInstanceProfileAssociationsCommand({})),
      this.ec2.send(new DescribeAddressesCommand({})),
    ]);
    return {
      instances: (instances.Reservations ?? [])
        .flatMap(({ Instances = [] }) => Instances)
        .filter(({ InstanceId }) => !isOurs(InstanceId)),
      interfaces: interfaces.NetworkInterfaces?.filter(({ Attachment }) => !isOurs(Attachment?.InstanceId)),
      groups: groups.SecurityGroups?.filter(({ GroupName }) => GroupName !== QUARANTINE.group),
      volumes: volumes.Volumes?.filter(({ Attachments: [at] = [] }) => !isOurs(at?.InstanceId)),
      associations: associations.IamInstanceProfileAssociations?.filter(({ InstanceId }) => !isOurs(InstanceId)),
      allocations: addresses.Addresses?.map(({ AllocationId }) => AllocationId),
    };
  }

  get ledger(): DynamoLedger {
    return new DynamoLedger(this.twin.dynamodb, 'SutureLedger');
  }

  get records(): IncidentRecords {
    const { accountId: account, region } = this.twin.ready;
    return new IncidentRecords(this.ledger, { partition: 'aws', account, region }, Date.now);
  }

  /** Writes down an incident about instances that an execution has claimed. */
  async claim(
    instanceIds: readonly string[],
    parts: Partial<Incident> = {},
    details: Partial<IncidentDetails> = {},
  ): Promise<Incident> {
    const about = incident({
      id: `gd-${randomUUID().replaceAll('-', '')}`,
      region: this.twin.ready.region,
      targets: instanceIds.map((instanceId) => ({ kind: 'instance', instanceId })),
      ...parts,
    });
    const { key, page } = await this.records.open(about.id);
    const line = { holder: EXECUTION, mode: 'enforce', reason: 'claimed', details: claimed(about, details) } as const;
    if (!(await this.records.write({ key, page }, line))) throw new Error(`${about.id} is there already`);
    return about;
  }

  /** Asks the function to contain one of an incident's targets, as the workflow does. */
  async contain(
    { id }: Pick<Incident, 'id'>,
    {
      target = 0,
      mode = 'contain',
      clients = this.clients,
    }: { target?: number; mode?: string; clients?: TestInstances['clients'] } = {},
  ): Promise<ContainmentAnswer> {
    const { accountId, region } = this.twin.ready;
    const handler = containmentHandler(isolation(clients, QUARANTINE), {
      ledger: this.ledger,
      telemetry: this.telemetry,
    });
    return handler(
      { incidentId: id, execution: EXECUTION, target, mode },
      {
        awsRequestId: randomUUID(),
        functionName: 'IsolateInstance',
        invokedFunctionArn: `arn:aws:lambda:${region}:${accountId}:function:IsolateInstance`,
        getRemainingTimeInMillis: () => 60_000,
      },
    );
  }

  get clients() {
    const { autoScaling, elb, iam, ec2For } = this;
    return { regions: { home: this.twin.ready.region, ec2For }, autoScaling, elb, iam };
  }

  /** Changes that the handler made after a mark; it has the operator's key here. */
  async changes(since: number): Promise<Call[]> {
    return (await this.twin.journal(since)).filter(
      ({ operation, error }) => MUTATING.test(operation) && error === null,
    );
  }

  private readonly telemetry: Telemetry = {
    info: (line) => this.lines.push(line),
    error: (line, { error }) => this.lines.push(`${line}: ${String(error)}`),
    count: () => undefined,
    swept: () => undefined,
  };
}
