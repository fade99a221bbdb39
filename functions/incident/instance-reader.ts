import {
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Instance as InstanceView,
} from '@aws-sdk/client-ec2';
import { isCode } from '../core/aws';
import { asError } from '../core/errors';
import type { Subject } from '../core/remediation';
import type { Instance, InstanceRole, NetworkInterface, Original, Profile, QuarantineGroup, Unread } from './instance';
import { interfaceOf, profileOf, quarantineIn, tagsOf, volumeOf } from './instance-parts';
import { type InstanceClients, InstanceSurroundings } from './instance-surroundings';
import { everyPage } from './pages';

/** What ends, or has ended. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
const ENDED: ReadonlySet<string> = new Set(['shutting-down', 'terminated']);

/** What instances wear, and are put behind, in quarantine: the names of a profile and of a group. */
export interface Quarantine {
  readonly profile: string;
  readonly group: string;
}

/** Instances with all that isolation changes, by the APIs of EC2, Auto Scaling, load balancers and IAM. */
export class InstanceReader {
  readonly surroundings: InstanceSurroundings;
  private readonly ec2: EC2Client;

  constructor(
    { regions, ...others }: InstanceClients,
    private readonly quarantine: Quarantine,
  ) {
    this.ec2 = regions.ec2For(regions.home);
    this.surroundings = new InstanceSurroundings({ regions, ...others });
  }

  /**
   * An instance as it is now. Undefined if it is not there, or about to go.
   *
   * @param original what it was like before anything was changed. Without, the role that it wears counts as the one from before, unless that is
   *   the quarantine's: then nobody knows. No tag is asked: who owns the instance may write tags.
   * @throws whatever keeps the instance itself, its interfaces, its attributes or the quarantine's group from being read. What Auto Scaling,
   *   load balancers and IAM do not tell is noted, and holds up nothing.
   */
  async read({ id, arn }: Pick<Subject, 'id' | 'arn'>, original?: Original): Promise<Instance | undefined> {
    const unread: { part: Unread; why: string }[] = [];
    const tolerate = async <T>(part: Unread, answer: Promise<T>, otherwise: T): Promise<T> => {
      try {
        return await answer;
      } catch (error) {
        unread.push({ part, why: asError(error).name });
        return otherwise;
      }
    };
    const groups = tolerate('load balancers', this.surroundings.targetGroups(), []);
    const autoScaling = tolerate('auto scaling', this.surroundings.autoScalingGroup(id), undefined);
    const itself = await this.itself(id);
    if (!itself) return undefined;
    const { view, interfaces, profile } = itself;
    const wearsQuarantine = profile?.name === this.quarantine.profile;
    const isOther = original && profile && !wearsQuarantine && profile.arn !== original.profileArn;
    const [autoScalingGroup, targets, quarantine, nitro, role, givenSince] = await Promise.all([
      autoScaling,
      groups.then((found) => tolerate('load balancers', this.surroundings.targets(found, id, interfaces), [])),
      this.quarantineGroups(interfaces),
      this.isNitro(view),
      tolerate('role', this.surroundings.originalRole(id, { profile, wearsQuarantine, original }), { known: false }),
      isOther && tolerate('role', this.surroundings.otherRole(id, profile.name, original.roleName), undefined),
    ]);
    return {
      ...this.stateOf(arn, itself),
      nitro,
      wearsQuarantine,
      ...(givenSince && { givenSince }),
      ...(role.role && { role: role.role }),
      roleKnown: role.known,
      ...roleLeft(profile, wearsQuarantine, original?.at),
      ...(autoScalingGroup !== undefined && { autoScalingGroup }),
      targets,
      quarantine,
      unread: unread.sort((a, b) => (a.part < b.part ? -1 : 1)),
    };
  }

  /** What actions can change of an instance that was read before. Who else wears its role is not asked again. */
  async readAgain(before: Instance): Promise<Instance | undefined> {
    const { instanceId: id, arn, role, targets: known, unread } = before;
    const hasUnread = (part: Unread) => unread.some((one) => one.part === part);
    const itself = await this.itself(id);
    if (!itself) return undefined;
    const wearsQuarantine = itself.profile?.name === this.quarantine.profile;
    const groups = [...new Set(known.map(({ targetGroupArn }) => targetGroupArn))];
    const asItIs = async (one: InstanceRole | undefined): Promise<InstanceRole | undefined> => {
      if (!one) return undefined;
      const { revocation: _before, ...rest } = one;
      const revocation = await this.surroundings.revocation(one.name);
      return { ...rest, ...(revocation !== undefined && { revocation }) };
    };
    const [autoScalingGroup, targets, quarantine, roleNow, givenSince] = await Promise.all([
      hasUnread('auto scaling') ? undefined : this.surroundings.autoScalingGroup(id),
      this.surroundings.targets(
        groups.map((TargetGroupArn) => ({ TargetGroupArn })),
        id,
        before.interfaces,
      ),
      this.quarantineGroups(itself.interfaces),
      asItIs(role),
      asItIs(before.givenSince),
    ]);
    return {
      ...this.stateOf(arn, itself),
      nitro: before.nitro,
      wearsQuarantine,
      ...(givenSince && { givenSince }),
      ...(roleNow && { role: roleNow }),
      roleKnown: before.roleKnown,
      ...roleLeft(itself.profile, wearsQuarantine, before.roleLeft),
      ...(autoScalingGroup !== undefined && { autoScalingGroup }),
      targets,
      quarantine,
      unread,
    };
  }

  /** Groups of the quarantine in VPCs, as they are now. */
  async groupsIn(vpcIds: readonly string[]): Promise<QuarantineGroup[]> {
    if (vpcIds.length === 0) return [];
    const { SecurityGroups = [] } = await this.ec2.send(
      new DescribeSecurityGroupsCommand({
        Filters: [
          { Name: 'group-name', Values: [this.quarantine.group] },
          { Name: 'vpc-id', Values: [...vpcIds] },
        ],
      }),
    );
    return vpcIds.map((vpcId) => quarantineIn(SecurityGroups, vpcId));
  }

  /** The profile that an instance wears now. */
  async profile(instanceId: string): Promise<Profile | undefined> {
    const Filters = [{ Name: 'instance-id', Values: [instanceId] }];
    const associations = await everyPage(async (NextToken) => {
      const page = await this.ec2.send(
        new DescribeIamInstanceProfileAssociationsCommand({ Filters, ...(NextToken && { NextToken }) }),
      );
      return { items: page.IamInstanceProfileAssociations, next: page.NextToken };
    });
    return profileOf(associations);
  }

  private stateOf(arn: string, { view, interfaces, volumes, profile, attributes }: Itself) {
    const managedBy = view.Operator?.Managed ? (view.Operator.Principal ?? 'an AWS service') : undefined;
    return {
      instanceId: view.InstanceId ?? '',
      arn,
      state: view.State?.Name ?? 'unknown',
      spot: view.InstanceLifecycle === 'spot',
      ...(managedBy !== undefined && { managedBy }),
      tags: tagsOf(view.Tags),
      interfaces,
      volumes,
      ...attributes,
      metadataEndpoint: view.MetadataOptions?.HttpEndpoint ?? 'unknown',
      ...(profile && { profile }),
    };
  }

  /** What EC2 says of the instance itself. */
  private async itself(id: string): Promise<Itself | undefined> {
    const attribute = async (Attribute: 'disableApiTermination' | 'instanceInitiatedShutdownBehavior') => {
      try {
        return await this.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
      } catch (error) {
        if (isCode(error, 'InvalidInstanceID.NotFound')) return undefined;
        // Of one that ends, which its description tells.
        if (isCode(error, 'IncorrectInstanceState')) return asError(error);
        throw error;
      }
    };
    const [found, interfaces, volumes, profile, termination, shutdown] = await Promise.all([
      this.ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] })),
      this.interfaces(id),
      this.volumes(id),
      this.profile(id),
      attribute('disableApiTermination'),
      attribute('instanceInitiatedShutdownBehavior'),
    ]);
    const view = found.Reservations?.[0]?.Instances?.[0];
    if (!view || ENDED.has(view.State?.Name ?? '') || !termination || !shutdown) return undefined;
    if (termination instanceof Error) throw termination;
    if (shutdown instanceof Error) throw shutdown;
    const attributes = {
      disableApiTermination: termination.DisableApiTermination?.Value === true,
      shutdownBehavior: shutdown.InstanceInitiatedShutdownBehavior?.Value ?? 'unknown',
    };
    return { view, interfaces, volumes, profile, attributes };
  }

  private async interfaces(id: string): Promise<NetworkInterface[]> {
    const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
    const found = await everyPage(async (NextToken) => {
      const page = await this.ec2.send(
        new DescribeNetworkInterfacesCommand({ Filters, ...(NextToken && { NextToken }) }),
      );
      return { items: page.NetworkInterfaces, next: page.NextToken };
    });
    return found.map(interfaceOf).sort((a, b) => a.deviceIndex - b.deviceIndex || (a.id < b.id ? -1 : 1));
  }

  private async volumes(id: string): Promise<Instance['volumes']> {
    const Filters = [{ Name: 'attachment.instance-id', Values: [id] }];
    const found = await everyPage(async (NextToken) => {
      const page = await this.ec2.send(new DescribeVolumesCommand({ Filters, ...(NextToken && { NextToken }) }));
      return { items: page.Volumes, next: page.NextToken };
    });
    return found.flatMap((volume) => volumeOf(volume, id)).sort((a, b) => (a.device < b.device ? -1 : 1));
  }

  private quarantineGroups(interfaces: readonly NetworkInterface[]): Promise<QuarantineGroup[]> {
    const own = interfaces.filter(({ managedBy }) => managedBy === undefined);
    return this.groupsIn([...new Set(own.map(({ vpcId }) => vpcId))].sort());
  }

  /** A type that EC2 does not know lets nothing be set. Bare metal is of the Nitro System and has no hypervisor. */
  private async isNitro({ InstanceType }: InstanceView): Promise<boolean> {
    if (InstanceType === undefined) return false;
    try {
      const { InstanceTypes: [type] = [] } = await this.ec2.send(
        new DescribeInstanceTypesCommand({ InstanceTypes: [InstanceType] }),
      );
      return type?.Hypervisor === 'nitro' || type?.BareMetal === true;
    } catch (error) {
      if (isCode(error, 'InvalidInstanceType')) return false;
      throw error;
    }
  }
}

interface Itself {
  readonly view: InstanceView;
  readonly interfaces: readonly NetworkInterface[];
  readonly volumes: Instance['volumes'];
  readonly profile: Profile | undefined;
  readonly attributes: Pick<Instance, 'disableApiTermination' | 'shutdownBehavior'>;
}

/** The quarantine's profile took its place; or somebody took it away, after it was last seen there. */
function roleLeft(
  profile: Profile | undefined,
  wearsQuarantine: boolean,
  seen: string | undefined,
): Pick<Instance, 'roleLeft'> {
  const left = wearsQuarantine ? profile?.since : profile ? undefined : seen;
  return left === undefined ? {} : { roleLeft: left };
}
