import { isIPv4, isIPv6 } from 'node:net';
import type { IpPermission } from '@aws-sdk/client-ec2';
import ipaddr from 'ipaddr.js';
import { error, type Traffic } from './state';

/** Protocols whose numbers EC2 takes for their names. */
const PROTOCOLS: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6' };
const HIGHEST_PORT = 65535;
const HIGHEST_ICMP = 255;

const invalid = (message: string) => error('InvalidParameterValue', message);

/**
 * Ports count for TCP, UDP and ICMP only; any other protocol admits all there is of it.
 *
 * @throws AwsError for what EC2 would not take
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
 */
export function protocolAndPorts({
  IpProtocol,
  FromPort,
  ToPort,
}: Pick<IpPermission, 'IpProtocol' | 'FromPort' | 'ToPort'>): Omit<Traffic, 'peer'> {
  if (!IpProtocol)
    throw invalid(`Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.`);
  const protocol = PROTOCOLS[IpProtocol] ?? IpProtocol.toLowerCase();
  switch (protocol) {
    case 'tcp':
    case 'udp':
      return { protocol, ...portRange(FromPort, ToPort) };
    case 'icmp':
      return { protocol, ...typeAndCode(FromPort, ToPort) };
    case 'icmpv6':
      // The only one that may leave them out.
      return { protocol, ...(FromPort === undefined && ToPort === undefined ? ALL : typeAndCode(FromPort, ToPort)) };
    default:
      if (protocol !== '-1' && !(/^\d{1,3}$/.test(protocol) && Number(protocol) <= 255))
        throw invalid(`Invalid value '${IpProtocol}' for IP protocol. Unknown protocol.`);
      return { protocol, ...ALL };
  }
}

type Range = Pick<Traffic, 'fromPort' | 'toPort'>;
const ALL: Range = { fromPort: -1, toPort: -1 };

function portRange(fromPort: number | undefined, toPort: number | undefined): Range {
  if (fromPort === undefined || toPort === undefined)
    throw invalid('Invalid value for portRange. Must specify both from and to ports with TCP/UDP.');
  for (const [end, port] of [
    ['from', fromPort],
    ['to', toPort],
  ] as const)
    if (port < 0 || port > HIGHEST_PORT) throw invalid(`TCP/UDP (${end}) port (${port}) out of range`);
  if (fromPort > toPort) throw invalid('Invalid TCP/UDP port range (from port is greater than to port).');
  return { fromPort, toPort };
}

function typeAndCode(fromPort: number | undefined, toPort: number | undefined): Range {
  if (fromPort === undefined || toPort === undefined)
    throw invalid('Invalid value for portRange. Must specify both type and code with ICMP.');
  for (const [name, value] of [
    ['type', fromPort],
    ['code', toPort],
  ] as const)
    if (value < -1 || value > HIGHEST_ICMP) throw invalid(`ICMP ${name} (${value}) out of range`);
  if (fromPort === -1 && toPort !== -1) throw invalid(`ICMP code (${toPort}) must be -1 if the ICMP type is -1`);
  return { fromPort, toPort };
}

/**
 * As EC2 keeps a block: `100.68.0.18/18` becomes `100.68.0.0/18`.
 *
 * @throws AwsError for what is no block of the family
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html
 */
export function canonicalCidr(cidr: string, family: 'ipv4' | 'ipv6'): string {
  const [, address = '', prefix = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(cidr) ?? [];
  const [isAddress, bits, Address] =
    family === 'ipv4' ? ([isIPv4, 32, ipaddr.IPv4] as const) : ([isIPv6, 128, ipaddr.IPv6] as const);
  if (!isAddress(address) || Number(prefix) > bits) throw invalid(`CIDR block ${cidr} is malformed`);
  return `${Address.networkAddressFromCIDR(cidr).toString()}/${Number(prefix)}`;
}

/** Two pieces of traffic with the same key are the same to EC2. */
export const trafficKey = ({ protocol, fromPort, toPort, peer }: Traffic): string =>
  [protocol, fromPort, toPort, peer.kind, peerName(peer)].join(' ');

export const peerName = (peer: Traffic['peer']): string => {
  if (peer.kind === 'list') return peer.prefixListId;
  return peer.kind === 'group' ? peer.groupId : peer.cidr;
};

/** As EC2 words it in errors: `peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW`. */
export function trafficText({ protocol, fromPort, toPort, peer }: Traffic): string {
  const or = (value: number) => (value === -1 ? 'ALL' : String(value));
  const name = protocol === '-1' ? 'ALL' : protocol.toUpperCase();
  const range: Readonly<Record<string, string>> = {
    ALL: '',
    ICMP: `, type: ${or(fromPort)}, code: ${or(toPort)}`,
    ICMPV6: `, type: ${or(fromPort)}, code: ${or(toPort)}`,
  };
  return `peer: ${peerName(peer)}, ${name}${range[name] ?? `, from port: ${fromPort}, to port: ${toPort}`}, ALLOW`;
}
