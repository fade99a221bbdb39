import { listing } from '../listing';
import { addressOf, instanceOf, interfaceOf } from '../lookups';
import { type Ec2Operations, type Ec2State, error, missingParameter } from '../state';
import { setTags, tagList, tagsAtCreation } from '../tags';
import { checkOwn } from './guards';
import { renewPublicIp } from './make';
import { publicAddress } from './private-addresses';
import type { ElasticIp, NetworkInterface } from './state';

const isRunning = ({ instances }: Ec2State, { attachment }: NetworkInterface): boolean =>
  ['pending', 'running'].includes(instances.get(attachment?.instanceId ?? '')?.state ?? '');

/** The interface that is named, or the only one of the instance that is. @throws AwsError if there is not just one. */
function target(state: Ec2State, instanceId: string | undefined, interfaceId: string | undefined): NetworkInterface {
  if (interfaceId !== undefined) return interfaceOf(state, interfaceId);
  const { id } = instanceOf(state, instanceId);
  const [only, ...more] = [...state.interfaces.values()].filter(({ attachment }) => attachment?.instanceId === id);
  if (!only || more.length > 0)
    throw error(
      'InvalidInstanceID',
      `There are multiple interfaces attached to instance '${id}'. Please specify an interface ID for the operation instead.`,
    );
  return only;
}

const byPublicIp = ({ addresses }: Ec2State, publicIp: string | undefined): ElasticIp | undefined =>
  [...addresses.values()].find((address) => address.publicIp === publicIp);

export const addressOperations: Ec2Operations = {
  AllocateAddress({ TagSpecifications }, { state, twin, region }) {
    const tags = tagsAtCreation('elastic-ip', TagSpecifications);
    const made: ElasticIp = { id: `eipalloc-${twin.hex(17)}`, publicIp: publicAddress(state) };
    state.addresses.set(made.id, made);
    setTags(state, made.id, tags);
    return {
      AllocationId: made.id,
      PublicIp: made.publicIp,
      PublicIpv4Pool: 'amazon',
      NetworkBorderGroup: region,
      Domain: 'vpc',
    };
  },

  /**
   * The same again changes nothing; whatever was associated before gives way, unless the request forbids it of the address.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html
   */
  AssociateAddress(request, { state, twin }) {
    const { AllocationId, PublicIp, InstanceId, NetworkInterfaceId, PrivateIpAddress, AllowReassociation } = request;
    const address = AllocationId === undefined ? byPublicIp(state, PublicIp) : addressOf(state, AllocationId);
    if (!address)
      throw PublicIp === undefined
        ? missingParameter('allocationId')
        : error('InvalidAddress.NotFound', `Address '${PublicIp}' not found.`);
    const found = target(state, InstanceId, NetworkInterfaceId);
    checkOwn(found);
    const privateIp = PrivateIpAddress ?? found.privateIps[0] ?? '';
    if (!found.privateIps.includes(privateIp))
      throw error('InvalidParameterValue', `The private IP address ${privateIp} is not assigned to ${found.id}.`);
    const { association } = address;
    if (association?.interfaceId === found.id && association.privateIp === privateIp)
      return { AssociationId: association.id };
    if (association && AllowReassociation === false)
      throw error(
        'Resource.AlreadyAssociated',
        `resource ${address.id} is already associated with associate-id ${association.id}`,
      );
    // What was there before stays allocated.
    for (const other of state.addresses.values())
      if (other.association?.interfaceId === found.id && other.association.privateIp === privateIp)
        delete other.association;
    const before = association && state.interfaces.get(association.interfaceId);
    address.association = { id: `eipassoc-${twin.hex(17)}`, interfaceId: found.id, privateIp };
    if (before) renewPublicIp(state, before, isRunning(state, before));
    renewPublicIp(state, found, isRunning(state, found));
    return { AssociationId: address.association.id };
  },

  /** An instance that had a public address of AWS's gets one again. */
  DisassociateAddress({ AssociationId, PublicIp }, { state }) {
    const address = [...state.addresses.values()].find(
      ({ association, publicIp }) => association && (association.id === AssociationId || publicIp === PublicIp),
    );
    if (!address?.association)
      throw error('InvalidAssociationID.NotFound', `The association ID '${AssociationId ?? PublicIp}' does not exist`);
    const found = interfaceOf(state, address.association.interfaceId);
    checkOwn(found);
    delete address.association;
    renewPublicIp(state, found, isRunning(state, found));
    return {};
  },

  ReleaseAddress({ AllocationId, PublicIp }, { state }) {
    const address = AllocationId === undefined ? byPublicIp(state, PublicIp) : addressOf(state, AllocationId);
    if (!address) throw error('InvalidAddress.NotFound', `Address '${PublicIp}' not found.`);
    if (address.association) throw error('InvalidIPAddress.InUse', `Address ${address.publicIp} is in use.`);
    state.addresses.delete(address.id);
    state.tags.delete(address.id);
    return {};
  },

  DescribeAddresses(request, call) {
    const { AllocationIds = [], PublicIps = [] } = request;
    const { state, account, region } = call;
    const named = [
      ...AllocationIds.map((id) => addressOf(state, id)),
      ...PublicIps.map((ip) => {
        const found = byPublicIp(state, ip);
        if (!found) throw error('InvalidAddress.NotFound', `Address '${ip}' not found.`);
        return found;
      }),
    ];
    const interfaceAt = ({ association }: ElasticIp) => state.interfaces.get(association?.interfaceId ?? '');
    const { items } = listing(
      named.length > 0 ? named : [...state.addresses.values()],
      { Filters: request.Filters },
      {
        filters: {
          'allocation-id': ({ id }) => id,
          'association-id': ({ association }) => [association?.id],
          'public-ip': ({ publicIp }) => publicIp,
          'network-interface-id': ({ association }) => [association?.interfaceId],
          'private-ip-address': ({ association }) => [association?.privateIp],
          'instance-id': (address) => [interfaceAt(address)?.attachment?.instanceId],
        },
        tags: ({ id }) => state.tags.get(id),
      },
    );
    return {
      Addresses: items.map((address) => {
        const { id, publicIp, association } = address;
        const instanceId = interfaceAt(address)?.attachment?.instanceId;
        return {
          AllocationId: id,
          PublicIp: publicIp,
          Domain: 'vpc' as const,
          PublicIpv4Pool: 'amazon',
          NetworkBorderGroup: region,
          Tags: tagList(state, id),
          ...(association && {
            AssociationId: association.id,
            NetworkInterfaceId: association.interfaceId,
            NetworkInterfaceOwnerId: account,
            PrivateIpAddress: association.privateIp,
          }),
          ...(instanceId !== undefined && { InstanceId: instanceId }),
        };
      }),
    };
  },
};
