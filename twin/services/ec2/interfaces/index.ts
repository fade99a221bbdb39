import { interfacesOf } from '../instances/types';
import { listing } from '../listing';
import { instanceOf, interfaceOf, subnetOf } from '../lookups';
import { type Ec2Operations, error } from '../state';
import { setTags, tagsAtCreation } from '../tags';
import { addressOperations } from './addresses';
import { interfacesAt, removeInterface } from './at';
import { attributeOperations } from './attributes';
import { checkOwn } from './guards';
import { ipv6Operations } from './ipv6';
import { draftInterface } from './make';
import { PrivateAddresses } from './private-addresses';
import { describeInterface, publicSide } from './views';

export const interfaceOperations: Ec2Operations = {
  ...attributeOperations,
  ...ipv6Operations,
  ...addressOperations,

  /** With an `Operator`, which in AWS only services may name, it is one that the service manages. */
  CreateNetworkInterface(request, call) {
    const { state } = call;
    const subnet = subnetOf(state, request.SubnetId);
    const tags = tagsAtCreation('network-interface', request.TagSpecifications);
    const made = draftInterface(call, subnet, request, new PrivateAddresses(state));
    state.interfaces.set(made.id, made);
    setTags(state, made.id, tags);
    return { NetworkInterface: describeInterface(call, made) };
  },

  DeleteNetworkInterface({ NetworkInterfaceId }, { state }) {
    const found = interfaceOf(state, NetworkInterfaceId);
    checkOwn(found);
    if (found.attachment) throw error('InvalidParameterValue', `Network interface '${found.id}' is currently in use.`);
    removeInterface(state, found);
    return {};
  },

  DescribeNetworkInterfaces(request, call) {
    const { NetworkInterfaceIds = [] } = request;
    const { state, account } = call;
    const wanted =
      NetworkInterfaceIds.length > 0
        ? NetworkInterfaceIds.map((id) => interfaceOf(state, id))
        : [...state.interfaces.values()];
    const { items, next } = listing(wanted, request, {
      filters: {
        'network-interface-id': ({ id }) => id,
        'attachment.attachment-id': ({ attachment }) => [attachment?.id],
        'attachment.instance-id': ({ attachment }) => [attachment?.instanceId],
        'attachment.instance-owner-id': ({ attachment }) => [attachment && account],
        'attachment.device-index': ({ attachment }) => [attachment && String(attachment.deviceIndex)],
        'attachment.delete-on-termination': ({ attachment }) => [attachment && String(attachment.deleteOnTermination)],
        'attachment.status': ({ attachment }) => [attachment && 'attached'],
        'availability-zone': ({ subnetId }) => [state.subnets.get(subnetId)?.zone],
        'addresses.private-ip-address': ({ privateIps }) => privateIps,
        'private-ip-address': ({ privateIps: [primary] }) => [primary],
        'ipv6-addresses.ipv6-address': ({ ipv6 }) => ipv6,
        'association.public-ip': (one) => one.privateIps.map((address) => publicSide(call, one, address)?.PublicIp),
        'association.allocation-id': (one) =>
          one.privateIps.map((address) => publicSide(call, one, address)?.AllocationId),
        description: ({ description }) => description,
        'group-id': ({ groups }) => groups,
        'group-name': ({ groups }) => groups.map((id) => state.groups.get(id)?.name),
        'interface-type': () => 'interface',
        'mac-address': ({ mac }) => mac,
        'owner-id': () => account,
        'requester-id': ({ operator }) => [operator],
        'requester-managed': ({ operator }) => String(operator !== undefined),
        'operator.managed': ({ operator }) => String(operator !== undefined),
        'operator.principal': ({ operator }) => [operator],
        'source-dest-check': ({ sourceDestCheck }) => String(sourceDestCheck),
        status: ({ attachment }) => (attachment ? 'in-use' : 'available'),
        'subnet-id': ({ subnetId }) => subnetId,
        'vpc-id': ({ vpcId }) => vpcId,
      },
      tags: ({ id }) => state.tags.get(id),
    });
    return { NetworkInterfaces: items.map((one) => describeInterface(call, one)), ...next };
  },

  AttachNetworkInterface({ NetworkInterfaceId, InstanceId, DeviceIndex = 0 }, { state, twin }) {
    const found = interfaceOf(state, NetworkInterfaceId);
    const instance = instanceOf(state, InstanceId);
    if (found.attachment) throw error('InvalidNetworkInterface.InUse', `Interface: [${found.id}] in use.`);
    if (instance.state !== 'running' && instance.state !== 'stopped' && instance.state !== 'pending')
      throw error('IncorrectState', `Instance '${instance.id}' is not 'running' or 'stopped'.`);
    if (state.subnets.get(found.subnetId)?.zone !== instance.zone)
      throw error(
        'InvalidParameterCombination',
        'You may not attach a network interface to an instance if they are not in the same availability zone',
      );
    const others = interfacesAt(state, instance.id);
    if (others.some(({ attachment }) => attachment?.deviceIndex === DeviceIndex))
      throw error(
        'InvalidParameterValue',
        `Instance '${instance.id}' already has an interface attached at device index '${DeviceIndex}'.`,
      );
    if (others.length >= interfacesOf(instance.type))
      throw error(
        'AttachmentLimitExceeded',
        `Interface count ${others.length + 1} exceeds the limit for ${instance.type}`,
      );
    const id = `eni-attach-${twin.hex(17)}`;
    found.attachment = {
      id,
      instanceId: instance.id,
      deviceIndex: DeviceIndex,
      attached: twin.clock.now(),
      deleteOnTermination: false,
    };
    return { AttachmentId: id, NetworkCardIndex: 0 };
  },

  DetachNetworkInterface({ AttachmentId }, { state }) {
    const found = [...state.interfaces.values()].find(({ attachment }) => attachment?.id === AttachmentId);
    if (!found?.attachment)
      throw error('InvalidAttachmentID.NotFound', `The attachment '${AttachmentId}' does not exist`);
    checkOwn(found);
    if (found.attachment.deviceIndex === 0)
      throw error(
        'OperationNotPermitted',
        `The network interface at device index 0 and networkCard index 0 cannot be detached.`,
      );
    delete found.attachment;
    return {};
  },

  DescribeNetworkInterfaceAttribute({ NetworkInterfaceId, Attribute }, call) {
    const found = describeInterface(call, interfaceOf(call.state, NetworkInterfaceId));
    const views = {
      description: { Description: { Value: found.Description } },
      groupSet: { Groups: found.Groups },
      sourceDestCheck: { SourceDestCheck: { Value: found.SourceDestCheck } },
      attachment: { Attachment: found.Attachment },
      associatePublicIpAddress: {
        AssociatePublicIpAddress: interfaceOf(call.state, NetworkInterfaceId).autoPublic,
      },
    };
    if (Attribute === undefined) throw error('InvalidParameterCombination', 'No attributes specified.');
    return { NetworkInterfaceId, ...views[Attribute] };
  },
};
