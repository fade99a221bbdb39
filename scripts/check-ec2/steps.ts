import type { EC2, IpPermission } from '@aws-sdk/client-ec2';

/** One call, sent to both. Text such as `<web>` stands for a resource's id, `<web in 0>` for that of a group's first rule inwards. */
export interface Step {
  readonly operation: keyof EC2;
  // biome-ignore lint/suspicious/noExplicitAny: requests of any operation, malformed ones among them
  readonly input: any;
  /** Of what the call makes. */
  readonly name?: string;
}

export const step = (operation: keyof EC2, input: object, name?: string): Step => ({
  operation,
  input,
  ...(name !== undefined && { name }),
});

/** Two groups in the default VPC and one in another. */
export const GROUPS = ['web', 'database', 'elsewhere'];
/** A prefix list for each family. */
export const LISTS = ['four', 'six'];

const group = (name: string, more: object = {}) =>
  step('createSecurityGroup', { GroupName: name, Description: 'to compare', ...more }, name);
const list = (name: string, AddressFamily: string, Cidr: string) =>
  step('createManagedPrefixList', { PrefixListName: name, AddressFamily, MaxEntries: 5, Entries: [{ Cidr }] }, name);

/** Makes the resources that all other steps work on. */
export const SETUP: readonly Step[] = [
  step('createVpc', { CidrBlock: '10.0.0.0/16' }, 'vpc'),
  group('web'),
  group('database'),
  group('elsewhere', { VpcId: '<vpc>' }),
  list('four', 'IPv4', '192.0.2.0/24'),
  list('six', 'IPv6', '2001:db8::/32'),
];

/** A permission for peers written as `10.0.0.0/8`, `::/0`, `<web>` or `<four>`. */
export function permit(
  protocol: string,
  ports: readonly [number, number] | undefined,
  ...peers: readonly string[]
): IpPermission {
  const listed = LISTS.map((name) => `<${name}>`);
  const isList = (peer: string) => listed.includes(peer) || peer.startsWith('pl-');
  const isGroup = (peer: string) => !isList(peer) && /^(<|sg-)/.test(peer);
  const blocks = peers.filter((peer) => !isList(peer) && !isGroup(peer));
  const all = {
    IpRanges: blocks.filter((peer) => !peer.includes(':')).map((CidrIp) => ({ CidrIp })),
    Ipv6Ranges: blocks.filter((peer) => peer.includes(':')).map((CidrIpv6) => ({ CidrIpv6 })),
    UserIdGroupPairs: peers.filter(isGroup).map((GroupId) => ({ GroupId })),
    PrefixListIds: peers.filter(isList).map((PrefixListId) => ({ PrefixListId })),
  };
  return {
    IpProtocol: protocol,
    ...(ports && { FromPort: ports[0], ToPort: ports[1] }),
    ...Object.fromEntries(Object.entries(all).filter(([, given]) => given.length > 0)),
  };
}

export const tcp = (port: number, ...peers: readonly string[]): IpPermission => permit('tcp', [port, port], ...peers);
