import { isIPv4 } from 'node:net';
import { type AutoScalingClient, DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetInstanceProfileCommand, GetRoleCommand, GetRolePolicyCommand, type IAMClient } from '@aws-sdk/client-iam';
import type { InstanceRole, NetworkInterface, Original, Profile, RegisteredTarget } from './instance';
import { bounded, everyPage } from './pages';
import { REVOCATION_POLICY } from './revocation';
import { existing, type RegionalEc2, roleUse } from './role-use';

/** Target groups whose targets are asked for at a time. */
const CONCURRENCY = 10;

const addressesOf = ({ privateIps, ipv6, fixedIpv6 }: NetworkInterface): string[] => [
  ...privateIps,
  ...ipv6,
  ...fixedIpv6,
];

/** By what an instance is read. */
export interface InstanceClients {
  /** Its `home` is the instance's Region. */
  readonly regions: RegionalEc2;
  readonly autoScaling: AutoScalingClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly iam: IAMClient;
}

/** What other services than EC2 know of an instance. */
export class InstanceSurroundings {
  constructor(private readonly clients: InstanceClients) {}

  async autoScalingGroup(id: string): Promise<string | undefined> {
    const { AutoScalingInstances: [found] = [] } = await this.clients.autoScaling.send(
      new DescribeAutoScalingInstancesCommand({ InstanceIds: [id] }),
    );
    return found?.AutoScalingGroupName;
  }

  async targetGroups(): Promise<TargetGroup[]> {
    return everyPage(async (Marker) => {
      const page = await this.clients.elb.send(new DescribeTargetGroupsCommand({ ...(Marker && { Marker }) }));
      return { items: page.TargetGroups, next: page.NextMarker };
    });
  }

  /**
   * Where the instance, or one of its addresses, is a target. A group of another VPC may have its addresses, too; but VPCs may have the same ones, and then they are
   * those of the group's own VPC.
   *
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html
   */
  async targets(
    groups: readonly TargetGroup[],
    id: string,
    interfaces: readonly NetworkInterface[],
  ): Promise<RegisteredTarget[]> {
    const vpcIds = new Set(interfaces.map(({ vpcId }) => vpcId));
    const addresses = new Set(interfaces.flatMap(addressesOf));
    const concerned = groups.filter(
      ({ TargetType, VpcId }) =>
        TargetType === undefined || TargetType === 'ip' || (TargetType === 'instance' && vpcIds.has(VpcId ?? '')),
    );
    const found = await bounded(concerned, CONCURRENCY, async ({ TargetGroupArn = '', VpcId }) => {
      const { TargetHealthDescriptions = [] } = await this.clients.elb.send(
        new DescribeTargetHealthCommand({ TargetGroupArn }),
      );
      const known = TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) =>
        Target?.Id !== undefined && (Target.Id === id || addresses.has(Target.Id))
          ? [
              {
                targetGroupArn: TargetGroupArn,
                id: Target.Id,
                port: Target.Port ?? 0,
                health: TargetHealth?.State ?? 'unknown',
              },
            ]
          : [],
      );
      const others = await this.addressesOfOthers(known, VpcId, interfaces);
      return known.filter((target) => !others.has(target.id));
    });
    return found.flat();
  }

  /** Which of some targets are addresses of somebody else, in a VPC that has the same ones. */
  private async addressesOfOthers(
    targets: readonly RegisteredTarget[],
    vpcId: string | undefined,
    interfaces: readonly NetworkInterface[],
  ): Promise<ReadonlySet<string>> {
    const own = new Set(interfaces.filter((one) => one.vpcId === vpcId).flatMap(addressesOf));
    const doubtful = [...new Set(targets.map((target) => target.id))].filter((one) => isIPv4(one) && !own.has(one));
    if (doubtful.length === 0 || vpcId === undefined) return new Set();
    const { home, ec2For } = this.clients.regions;
    const { NetworkInterfaces = [] } = await ec2For(home).send(
      new DescribeNetworkInterfacesCommand({
        Filters: [
          { Name: 'vpc-id', Values: [vpcId] },
          { Name: 'addresses.private-ip-address', Values: doubtful },
        ],
      }),
    );
    const taken = NetworkInterfaces.flatMap(({ PrivateIpAddresses = [] }) =>
      PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    );
    return new Set(doubtful.filter((one) => taken.includes(one)));
  }

  /** The text of a role's `AWSRevokeOlderSessions`. Undefined if there is none, or no such role. */
  async revocation(RoleName: string): Promise<string | undefined> {
    const input = { RoleName, PolicyName: REVOCATION_POLICY };
    const found = await existing(this.clients.iam.send(new GetRolePolicyCommand(input)));
    return found && decodeURIComponent(found.PolicyDocument ?? '');
  }

  /** The role that a profile holds, if any. Undefined if there is no such profile. */
  async roleIn(InstanceProfileName: string): Promise<{ readonly role: string | undefined } | undefined> {
    const found = await existing(this.clients.iam.send(new GetInstanceProfileCommand({ InstanceProfileName })));
    return found && { role: found.InstanceProfile?.Roles?.[0]?.RoleName };
  }

  /** The role from before, and whether it is known which it was. */
  async originalRole(
    instanceId: string,
    {
      profile,
      wearsQuarantine,
      original,
    }: {
      readonly profile: Profile | undefined;
      readonly wearsQuarantine: boolean;
      readonly original: Original | undefined;
    },
  ): Promise<{ readonly role?: InstanceRole; readonly known: boolean }> {
    if (original && original.roleName === undefined) return { known: true };
    if (!original && !profile) return { known: true };
    if (!original && wearsQuarantine) return { known: false };
    let name = original?.roleName;
    if (name === undefined && profile) {
      const worn = await this.roleIn(profile.name);
      if (!worn) return { known: false };
      name = worn.role;
    }
    const role = name === undefined ? undefined : await this.roleNamed(name, instanceId);
    return { known: true, ...(role && { role }) };
  }

  /** The role of a profile, if it is another than one that is known. */
  async otherRole(instanceId: string, profile: string, known: string | undefined): Promise<InstanceRole | undefined> {
    const worn = await this.roleIn(profile);
    return worn?.role === undefined || worn.role === known ? undefined : this.roleNamed(worn.role, instanceId);
  }

  /** A role that an instance has, or had. Undefined if there is no such role any more. */
  private async roleNamed(name: string, instanceId: string): Promise<InstanceRole | undefined> {
    const { iam, regions } = this.clients;
    const [found, revocation, use] = await Promise.all([
      existing(iam.send(new GetRoleCommand({ RoleName: name }))),
      this.revocation(name),
      roleUse(iam, regions, name),
    ]);
    if (!found?.Role) return undefined;
    return {
      name,
      path: found.Role.Path ?? '/',
      trust: decodeURIComponent(found.Role.AssumeRolePolicyDocument ?? ''),
      ...(revocation !== undefined && { revocation }),
      use: {
        ...use,
        instances: use.instances.filter(({ id, region }) => id !== instanceId || region !== regions.home),
      },
    };
  }
}
