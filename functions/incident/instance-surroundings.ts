import { type AutoScalingClient, DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
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
import { isNoSuchEntity, type RegionalEc2, roleUse } from './role-use';

/** Target groups whose targets are asked for at a time. */
const CONCURRENCY = 10;

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

  /** Where the instance, or one of its addresses, is a target. A group of addresses may be of another VPC. */
  async targets(
    groups: readonly TargetGroup[],
    id: string,
    interfaces: readonly NetworkInterface[],
  ): Promise<RegisteredTarget[]> {
    const vpcIds = new Set(interfaces.map(({ vpcId }) => vpcId));
    const ids = new Set([
      id,
      ...interfaces.flatMap(({ privateIps, ipv6, fixedIpv6 }) => [...privateIps, ...ipv6, ...fixedIpv6]),
    ]);
    const concerned = groups.filter(
      ({ TargetType, VpcId }) =>
        TargetType === undefined || TargetType === 'ip' || (TargetType === 'instance' && vpcIds.has(VpcId ?? '')),
    );
    const found = await bounded(concerned, CONCURRENCY, async ({ TargetGroupArn = '' }) => {
      const { TargetHealthDescriptions = [] } = await this.clients.elb.send(
        new DescribeTargetHealthCommand({ TargetGroupArn }),
      );
      return TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) =>
        Target?.Id !== undefined && ids.has(Target.Id)
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
    });
    return found.flat();
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
    const { iam, regions } = this.clients;
    let name = original?.roleName;
    if (name === undefined && profile) {
      const worn = await this.roleIn(profile.name);
      if (!worn) return { known: false };
      name = worn.role;
    }
    if (name === undefined) return { known: true };
    const [found, revocation, use] = await Promise.all([
      existing(iam.send(new GetRoleCommand({ RoleName: name }))),
      this.revocation(name),
      roleUse(iam, regions, name),
    ]);
    if (!found?.Role) return { known: true };
    return {
      known: true,
      role: {
        name,
        path: found.Role.Path ?? '/',
        trust: decodeURIComponent(found.Role.AssumeRolePolicyDocument ?? ''),
        ...(revocation !== undefined && { revocation }),
        use: {
          ...use,
          instances: use.instances.filter(({ id, region }) => id !== instanceId || region !== regions.home),
        },
      },
    };
  }
}

/** Undefined for what IAM does not have. */
async function existing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNoSuchEntity(error)) return undefined;
    throw error;
  }
}
