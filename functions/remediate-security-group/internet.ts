import ipaddr from 'ipaddr.js';
import type { Policy } from '../core/policy';

type QuasiOpen = Policy['securityGroups']['quasiOpen'];

/**
 * Address space that the internet does not route: a short prefix inside it opens nothing to the world.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const PRIVATE_SPACE = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  'fc00::/7',
  'fe80::/10',
].map((block) => ipaddr.parseCIDR(block));

/**
 * Whether a CIDR stands for the internet. Decided by the prefix, never by the text: `198.51.100.254/0` is the world.
 *
 * @throws Error for what is no CIDR.
 */
export function isInternet(cidr: string, quasiOpen: QuasiOpen): boolean {
  return isShort(ipaddr.parseCIDR(cidr), quasiOpen);
}

/**
 * Whether a list of CIDRs stands for the internet, one of them or several put together: `0.0.0.0/1` and `128.0.0.0/1` are the
 * world, and so are 256 prefixes of length 8.
 *
 * @throws Error for what is no CIDR.
 */
export function coversInternet(cidrs: readonly string[], quasiOpen: QuasiOpen): boolean {
  return merge(cidrs).some((block) => isShort(block, quasiOpen));
}

type Block = [address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number];

function isShort([address, prefix]: Block, { ipv4, ipv6 }: QuasiOpen): boolean {
  if (prefix === 0) return true;
  if (prefix >= (address.kind() === 'ipv4' ? ipv4 : ipv6)) return false;
  return !PRIVATE_SPACE.some(
    ([block, length]) => block.kind() === address.kind() && prefix >= length && address.match(block, length),
  );
}

/** Joins two halves of a block into the block, until none are left. Blocks inside others do no harm. */
function merge(cidrs: readonly string[]): Block[] {
  const blocks = new Map<string, Block>();
  const add = ([address, prefix]: Block): void => {
    const bits = [...address.toByteArray()]
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .slice(0, prefix);
    const id = (half: string) => `${address.kind()}/${half}`;
    if (blocks.has(id(bits))) return;
    blocks.set(id(bits), [address, prefix]);
    const sibling = `${bits.slice(0, -1)}${bits.endsWith('0') ? '1' : '0'}`;
    if (prefix > 0 && blocks.has(id(sibling))) add([address, prefix - 1]);
  };
  for (const cidr of cidrs) add(ipaddr.parseCIDR(cidr));
  return [...blocks.values()];
}
