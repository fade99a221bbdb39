import { interfaceOf, subnetOf } from '../lookups';
import { type Ec2Operations, error } from '../state';
import { checkOwn } from './guards';
import { PrivateAddresses } from './private-addresses';

export const ipv6Operations: Ec2Operations = {
  AssignIpv6Addresses({ NetworkInterfaceId, Ipv6Addresses = [], Ipv6AddressCount = 0 }, { state }) {
    const found = interfaceOf(state, NetworkInterfaceId);
    checkOwn(found);
    const subnet = subnetOf(state, found.subnetId);
    const pool = new PrivateAddresses(state);
    const assigned = [
      ...Ipv6Addresses.map((address) => pool.takeIpv6(subnet, address)),
      ...Array.from({ length: Ipv6AddressCount }, () => pool.takeIpv6(subnet)),
    ];
    if (assigned.length === 0)
      throw error('MissingParameter', 'Either ipv6 addresses or an ipv6 address count must be specified');
    found.ipv6 = [...found.ipv6, ...assigned];
    return { NetworkInterfaceId: found.id, AssignedIpv6Addresses: assigned };
  },

  /** All of them or none. */
  UnassignIpv6Addresses({ NetworkInterfaceId, Ipv6Addresses = [] }, { state }) {
    const found = interfaceOf(state, NetworkInterfaceId);
    checkOwn(found);
    if (Ipv6Addresses.length === 0) throw error('MissingParameter', 'ipv6 addresses must be specified');
    const unknown = Ipv6Addresses.filter((address) => !found.ipv6.includes(address));
    if (unknown.length > 0)
      throw error(
        'InvalidParameterValue',
        `Some of the specified ipv6 addresses are not assigned to interface ${found.id}: [${unknown.join(', ')}]`,
      );
    found.ipv6 = found.ipv6.filter((address) => !Ipv6Addresses.includes(address));
    return { NetworkInterfaceId: found.id, UnassignedIpv6Addresses: Ipv6Addresses };
  },
};
