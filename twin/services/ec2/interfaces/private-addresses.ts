import ipaddr from 'ipaddr.js';
import { type Ec2State, error, type Subnet } from '../state';

/** Of each subnet, the first four addresses and the last are AWS's. @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const RESERVED = 5;
const FIRST = 4;

const sizeOf = ({ cidr }: Subnet): number => 2 ** (32 - Number(cidr.split('/')[1]));

/** How many IPv4 addresses a subnet has left. */
export function freeAddresses({ interfaces }: Ec2State, subnet: Subnet): number {
  const taken = [...interfaces.values()].filter(({ subnetId }) => subnetId === subnet.id);
  return sizeOf(subnet) - RESERVED - taken.reduce((sum, { privateIps }) => sum + privateIps.length, 0);
}

const toNumber = (address: string): number =>
  ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');

const inVpc = (vpcId: string, address: string): string => `${vpcId} ${address}`;

/** Addresses that one request takes: those of its interfaces differ, although none is there yet. Another VPC may have the same. */
export class PrivateAddresses {
  private readonly taken: Set<string>;

  constructor({ interfaces }: Ec2State) {
    this.taken = new Set(
      [...interfaces.values()].flatMap(({ vpcId, privateIps, ipv6 }) =>
        [...privateIps, ...ipv6].map((address) => inVpc(vpcId, address)),
      ),
    );
  }

  /** @throws AwsError if the address that was asked for, or every address, is taken. */
  takeIpv4(subnet: Subnet, wanted?: string): string {
    const base = toNumber(subnet.cidr.split('/')[0] ?? '');
    const [first, last] = [base + FIRST, base + sizeOf(subnet) - 2];
    if (wanted !== undefined) {
      if (!ipaddr.IPv4.isValid(wanted) || toNumber(wanted) < first || toNumber(wanted) > last)
        throw error('InvalidParameterValue', `Address ${wanted} does not fall within the subnet's address range`);
      return this.take(subnet, wanted);
    }
    for (let value = first; value <= last; value += 1)
      if (!this.isTaken(subnet, toAddress(value))) return this.take(subnet, toAddress(value));
    throw error(
      'InsufficientFreeAddressesInSubnet',
      `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
    );
  }

  /** Out of a /64 no address is ever used up. @throws AwsError for a subnet without IPv6. */
  takeIpv6(subnet: Subnet, wanted?: string): string {
    const { id, ipv6Cidr } = subnet;
    if (ipv6Cidr === undefined)
      throw error('InvalidParameterValue', `The subnet ${id} does not have an IPv6 CIDR block associated with it.`);
    if (wanted !== undefined) {
      if (!ipaddr.IPv6.isValid(wanted) || !ipaddr.IPv6.parse(wanted).match(ipaddr.IPv6.parseCIDR(ipv6Cidr)))
        throw error('InvalidParameterValue', `Address ${wanted} does not fall within the subnet's address range`);
      return this.take(subnet, ipaddr.IPv6.parse(wanted).toString());
    }
    const parts = ipaddr.IPv6.parse(ipv6Cidr.split('/')[0] ?? '').parts.slice(0, 4);
    for (;;) {
      const own = Array.from({ length: 4 }, () => Math.floor(Math.random() * 65_536));
      const address = new ipaddr.IPv6([...parts, ...own]).toString();
      if (!this.isTaken(subnet, address)) return this.take(subnet, address);
    }
  }

  private isTaken({ vpcId }: Subnet, address: string): boolean {
    return this.taken.has(inVpc(vpcId, address));
  }

  private take(subnet: Subnet, address: string): string {
    if (this.isTaken(subnet, address)) throw error('InvalidIPAddress.InUse', `The address ${address} is in use.`);
    this.taken.add(inVpc(subnet.vpcId, address));
    return address;
  }
}

/** One of AWS's, which nobody else has. */
export function publicAddress({ interfaces, addresses }: Ec2State): string {
  const taken = new Set([...interfaces.values(), ...addresses.values()].map(({ publicIp }) => publicIp));
  // 203.0.113.0/24, 198.51.100.0/24 and 192.0.2.0/24 are for documentation; the first is enough but for big scenes.
  for (const network of ['203.0.113', '198.51.100', '192.0.2'])
    for (let host = 1; host < 255; host += 1) if (!taken.has(`${network}.${host}`)) return `${network}.${host}`;
  throw error('AddressLimitExceeded', 'The maximum number of addresses has been reached.');
}
