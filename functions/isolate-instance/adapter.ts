import { setTimeout as sleep } from 'node:timers/promises';
import { DetachInstancesCommand } from '@aws-sdk/client-auto-scaling';
import {
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DescribeSecurityGroupRulesCommand,
  DisassociateAddressCommand,
  type EC2Client,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ReplaceIamInstanceProfileAssociationCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  UnassignIpv6AddressesCommand,
} from '@aws-sdk/client-ec2';
import { DeregisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { accepted, isCode } from '../core/aws';
import { UnreadableStateError } from '../core/errors';
import type { Applied } from '../core/remediation';
import { isEmpty } from '../incident/instance';
import type { InstanceReader, Quarantine } from '../incident/instance-reader';
import type { InstanceClients } from '../incident/instance-surroundings';
import { everyPage } from '../incident/pages';
import { REVOCATION_POLICY, withCutoff } from '../incident/revocation';
import { isNoSuchEntity } from '../incident/role-use';
import type { InstanceAction, ModifyInstance, MoveInterface, TrackShortly } from './actions';
import { restore } from './restoring';

/** How long a group that was just made may take to show, and how often to look. */
const SHOWS_MS = 5_000;
const LOOK_MS = 200;
/** How often a rule may be gone before it could be revoked: somebody else empties the group, too. */
const TRIES = 5;

const NOTHING: Applied = { requestIds: [] };

/** What an adapter is made of. */
export interface Isolating {
  readonly clients: InstanceClients;
  readonly reader: InstanceReader;
  readonly quarantine: Quarantine;
  /** Letters and digits: whose doing the denial of older sessions is. */
  readonly sid: string;
}

/** Changes of one instance, by the APIs of EC2, Auto Scaling, load balancers and IAM. */
export class InstanceAdapter {
  private readonly ec2: EC2Client;

  constructor(private readonly isolating: Isolating) {
    const { regions } = isolating.clients;
    this.ec2 = regions.ec2For(regions.home);
  }

  /** Sends the narrowest call for an action. What is so already is success. */
  async apply(action: InstanceAction, instanceId: string, abortSignal: AbortSignal): Promise<Applied> {
    const options = { abortSignal };
    const { autoScaling, elb } = this.isolating.clients;
    switch (action.kind) {
      case 'ModifyInstanceAttribute':
        return accepted(
          await this.ec2.send(
            new ModifyInstanceAttributeCommand({ InstanceId: instanceId, ...attribute(action) }),
            options,
          ),
        );
      case 'CreateTags': {
        const Tags = action.tags.map(({ key, value }) => ({ Key: key, Value: value }));
        return accepted(
          await this.ec2.send(new CreateTagsCommand({ Resources: [...action.resources], Tags }), options),
        );
      }
      case 'DetachInstances':
        return this.detach(instanceId, () =>
          autoScaling.send(
            new DetachInstancesCommand({
              AutoScalingGroupName: action.autoScalingGroup,
              InstanceIds: [instanceId],
              ShouldDecrementDesiredCapacity: false,
            }),
            options,
          ),
        );
      case 'DeregisterTargets': {
        const Targets = action.targets.map(({ id, port }) => ({ Id: id, Port: port }));
        const command = new DeregisterTargetsCommand({ TargetGroupArn: action.targetGroupArn, Targets });
        return so(['TargetGroupNotFoundException', 'TargetGroupNotFound'], () => elb.send(command, options));
      }
      case 'CreateSecurityGroup':
        return this.createGroup(action.vpcId, abortSignal);
      case 'RevokeSecurityGroupIngress':
      case 'RevokeSecurityGroupEgress':
        return this.empty(action, abortSignal);
      case 'ModifyNetworkInterfaceAttribute':
        return this.modifyInterface(action, abortSignal);
      case 'DisassociateAddress': {
        const command = new DisassociateAddressCommand({ AssociationId: action.associationId });
        return so(['InvalidAssociationID.NotFound'], () => this.ec2.send(command, options));
      }
      case 'UnassignIpv6Addresses': {
        const { interfaceId, addresses } = action;
        const input = { NetworkInterfaceId: interfaceId, Ipv6Addresses: [...addresses] };
        return so(['InvalidNetworkInterfaceID.NotFound'], async () => ({
          $metadata: (await this.ec2.send(new UnassignIpv6AddressesCommand(input), options)).$metadata,
        }));
      }
      case 'ModifyInstanceMetadataOptions': {
        const HttpEndpoint = action.endpoint === 'enabled' ? 'enabled' : 'disabled';
        const input = { InstanceId: instanceId, HttpEndpoint } as const;
        return accepted(await this.ec2.send(new ModifyInstanceMetadataOptionsCommand(input), options));
      }
      case 'ReplaceIamInstanceProfileAssociation':
        return this.exchange(instanceId, action.profile, abortSignal);
      case 'PutRolePolicy':
        return this.denySessions(instanceId, action.roleName, abortSignal);
      default:
        return restore(action, instanceId, { ...this.isolating.clients, ec2: this.ec2, abortSignal });
    }
  }

  /** Detached by somebody else, or terminated, it is no member any more. */
  private async detach(
    instanceId: string,
    send: () => Promise<{ $metadata: { requestId?: string } }>,
  ): Promise<Applied> {
    try {
      return accepted(await send());
    } catch (error) {
      if (!isCode(error, 'ValidationError')) throw error;
      if ((await this.isolating.reader.surroundings.autoScalingGroup(instanceId)) !== undefined) throw error;
      return NOTHING;
    }
  }

  /** One of the name in the VPC is as good: two isolations may come at once. It is emptied before anything is put behind it. */
  private async createGroup(VpcId: string, abortSignal: AbortSignal): Promise<Applied> {
    const { group } = this.isolating.quarantine;
    const command = new CreateSecurityGroupCommand({
      VpcId,
      GroupName: group,
      Description: 'Isolates instances: no rules, and none may be added',
      TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'Application', Value: 'Suture' }] }],
    });
    return so(['InvalidGroup.Duplicate'], () => this.ec2.send(command, { abortSignal }));
  }

  /**
   * Every rule by its id. Who empties the group at the same time takes some of them first.
   *
   * @throws Error if the group does not show
   */
  private async empty(
    { kind, vpcId }: Extract<InstanceAction, { kind: `RevokeSecurityGroup${string}` }>,
    abortSignal: AbortSignal,
  ): Promise<Applied> {
    const GroupId = await this.groupOf(vpcId);
    const isEgress = kind === 'RevokeSecurityGroupEgress';
    const requestIds: string[] = [];
    for (let tries = 1; ; tries++) {
      const SecurityGroupRuleIds = await this.rulesOf(GroupId, isEgress);
      if (SecurityGroupRuleIds.length === 0) return { requestIds };
      const input = { GroupId, SecurityGroupRuleIds };
      try {
        const answer = isEgress
          ? await this.ec2.send(new RevokeSecurityGroupEgressCommand(input), { abortSignal })
          : await this.ec2.send(new RevokeSecurityGroupIngressCommand(input), { abortSignal });
        return accepted(answer);
      } catch (error) {
        if (!isCode(error, 'InvalidSecurityGroupRuleId.NotFound') || tries === TRIES) throw error;
      }
    }
  }

  /** The VPC's quarantine group, which may have been made a moment ago. */
  private async groupOf(vpcId: string): Promise<string> {
    for (const until = Date.now() + SHOWS_MS; ; await sleep(LOOK_MS)) {
      const [group] = await this.isolating.reader.groupsIn([vpcId]);
      if (group?.groupId !== undefined) return group.groupId;
      if (Date.now() > until) throw new UnreadableStateError(`${vpcId} shows no quarantine group`);
    }
  }

  private async rulesOf(groupId: string, isEgress: boolean): Promise<string[]> {
    const Filters = [{ Name: 'group-id', Values: [groupId] }];
    const rules = await everyPage(async (NextToken) => {
      const page = await this.ec2.send(
        new DescribeSecurityGroupRulesCommand({ Filters, MaxResults: 1000, ...(NextToken && { NextToken }) }),
      );
      return { items: page.SecurityGroupRules, next: page.NextToken };
    });
    return rules
      .filter((rule) => rule.IsEgress === isEgress)
      .flatMap(({ SecurityGroupRuleId }) => SecurityGroupRuleId ?? []);
  }

  private async modifyInterface(action: MoveInterface | TrackShortly, abortSignal: AbortSignal): Promise<Applied> {
    const change =
      'tracking' in action
        ? {
            ConnectionTrackingSpecification: {
              TcpEstablishedTimeout: action.tracking.tcpEstablished,
              UdpStreamTimeout: action.tracking.udpStream,
              UdpTimeout: action.tracking.udp,
            },
          }
        : { Groups: await this.groupsOf(action) };
    const command = new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: action.interfaceId, ...change });
    return so(['InvalidNetworkInterfaceID.NotFound'], () => this.ec2.send(command, { abortSignal }));
  }

  /** @throws UnreadableStateError unless the group is there, and empty: an interface behind it would not be cut off */
  private async groupsOf({ groups }: MoveInterface): Promise<string[]> {
    if (!('quarantineOf' in groups)) return [...groups];
    const [group] = await this.isolating.reader.groupsIn([groups.quarantineOf]);
    if (!group || !isEmpty(group))
      throw new UnreadableStateError(`the quarantine group of ${groups.quarantineOf} is not there, or not empty`);
    return [group.groupId as string];
  }

  /** In place of whichever profile is worn now. An instance that wears none can get no sessions. */
  private async exchange(
    instanceId: string,
    wanted: { readonly name: string } | { readonly arn: string },
    abortSignal: AbortSignal,
  ): Promise<Applied> {
    const worn = await this.isolating.reader.profile(instanceId);
    if (!worn || ('name' in wanted ? worn.name === wanted.name : worn.arn === wanted.arn)) return NOTHING;
    const IamInstanceProfile = 'name' in wanted ? { Name: wanted.name } : { Arn: wanted.arn };
    const input = { AssociationId: worn.associationId, IamInstanceProfile };
    return accepted(await this.ec2.send(new ReplaceIamInstanceProfileAssociationCommand(input), { abortSignal }));
  }

  /**
   * From now on, but not earlier than the exchange of the profile, by EC2's clock, nor than a time that stands there. In whole seconds, upwards:
   * sessions know no parts of them.
   */
  private async denySessions(instanceId: string, RoleName: string, abortSignal: AbortSignal): Promise<Applied> {
    const { clients, reader, sid } = this.isolating;
    const [standing, worn] = await Promise.all([reader.surroundings.revocation(RoleName), reader.profile(instanceId)]);
    const since = worn?.since === undefined ? 0 : Date.parse(worn.since);
    const cutoff = new Date(Math.ceil(Math.max(Date.now(), since) / 1000) * 1000).toISOString();
    const command = new PutRolePolicyCommand({
      RoleName,
      PolicyName: REVOCATION_POLICY,
      PolicyDocument: withCutoff(standing, { cutoff, sid }),
    });
    try {
      return accepted(await clients.iam.send(command, { abortSignal }));
    } catch (error) {
      // Nobody has a session of a role that is not there.
      if (isNoSuchEntity(error)) return NOTHING;
      throw error;
    }
  }
}

/** Success also where AWS answers that there is nothing to change. */
async function so(
  codes: readonly string[],
  send: () => Promise<{ $metadata: { requestId?: string } }>,
): Promise<Applied> {
  try {
    return accepted(await send());
  } catch (error) {
    if (codes.some((code) => isCode(error, code))) return NOTHING;
    throw error;
  }
}

function attribute({ change }: ModifyInstance) {
  if ('disableApiTermination' in change) return { DisableApiTermination: { Value: change.disableApiTermination } };
  if ('shutdownBehavior' in change) return { InstanceInitiatedShutdownBehavior: { Value: change.shutdownBehavior } };
  return {
    BlockDeviceMappings: change.volumes.map(({ device, deleteOnTermination }) => ({
      DeviceName: device,
      Ebs: { DeleteOnTermination: deleteOnTermination },
    })),
  };
}
