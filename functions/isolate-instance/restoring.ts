import { AttachInstancesCommand, type AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import {
  AssignIpv6AddressesCommand,
  AssociateAddressCommand,
  DeleteTagsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { type ElasticLoadBalancingV2Client, RegisterTargetsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { accepted } from '../core/aws';
import type { Applied } from '../core/remediation';
import type { AssignIpv6, AssociateAddress, AttachToGroup, RegisterTargets, UntagResources } from './actions';

/** What only an undo asks for. The function's own role allows none of it. */
export async function restore(
  action: AssignIpv6 | AssociateAddress | AttachToGroup | RegisterTargets | UntagResources,
  instanceId: string,
  {
    ec2,
    autoScaling,
    elb,
    abortSignal,
  }: {
    readonly ec2: EC2Client;
    readonly autoScaling: AutoScalingClient;
    readonly elb: ElasticLoadBalancingV2Client;
    readonly abortSignal: AbortSignal;
  },
): Promise<Applied> {
  const options = { abortSignal };
  switch (action.kind) {
    case 'AttachInstances': {
      const input = { AutoScalingGroupName: action.autoScalingGroup, InstanceIds: [instanceId] };
      return accepted(await autoScaling.send(new AttachInstancesCommand(input), options));
    }
    case 'RegisterTargets': {
      const Targets = action.targets.map(({ id, port }) => ({ Id: id, Port: port }));
      return accepted(
        await elb.send(new RegisterTargetsCommand({ TargetGroupArn: action.targetGroupArn, Targets }), options),
      );
    }
    case 'AssociateAddress':
      return accepted(
        await ec2.send(
          new AssociateAddressCommand({
            AllocationId: action.allocationId,
            NetworkInterfaceId: action.interfaceId,
            PrivateIpAddress: action.privateIp,
            // Somebody else may use it by now.
            AllowReassociation: false,
          }),
          options,
        ),
      );
    case 'AssignIpv6Addresses':
      return accepted(
        await ec2.send(
          new AssignIpv6AddressesCommand({
            NetworkInterfaceId: action.interfaceId,
            Ipv6Addresses: [...action.addresses],
          }),
          options,
        ),
      );
    case 'DeleteTags': {
      const Tags = action.tags.map(({ key, value }) => ({ Key: key, Value: value }));
      return accepted(await ec2.send(new DeleteTagsCommand({ Resources: [...action.resources], Tags }), options));
    }
  }
}
