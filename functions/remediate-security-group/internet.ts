import ipaddr from 'ipaddr.js';
import { once } from '../core/once';
import type { Policy } from '../core/policy';

type QuasiOpen = Policy['securityGroups']['quasiOpen'];

/**
 * Address space that the internet does not route: a short prefix inside it opens nothing to the world.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const PRIVATE_SPACE = once(() =>
  [
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.168.0.0/16',
    'fc00::/7',
    'fe80::/10',
  ].map((block) => ipaddr.parseCIDR(block)),
);

/**
 * Whether a CIDR stands for the internet. Decided by the prefix, never by the text: `198.51.100.254/0` is the world.
 *
 * @throws Error for what is no CIDR.
 */
export function isInternet(cidr: string, quasiOpen: QuasiOpen): boolean {
  return isShort(ipaddr.parseCIDR(cidr), quasiOpen);
}

/**
 * Whether a list of CIDRs stands for the internet: one of them alone does, or they cover more than half of it together, as 129 prefixes of
 * length 8 do. Ordinary lists hold many blocks that happen to lie side by side, and stay far below.
 *
 * @throws Error for what is no CIDR.
 */
export function coversInternet(cidrs: readonly string[], quasiOpen: QuasiOpen): boolean {
  const blocks = cidrs.map((cidr): Block => ipaddr.parseCIDR(cidr));
  return (
    blocks.some((block) => isShort(block, quasiOpen)) ||
    Object.entries(HALF).some(([kind, half]) => size(blocks.filter(([address]) => address.kind() === kind)) > half)
  );
}

/** Addresses in half of the internet. Of IPv6, one eighth is handed out: https://www.iana.org/assignments/ipv6-unicast-address-assignments */
const HALF: Readonly<Record<'ipv4' | 'ipv6', bigint>> = { ipv4: 2n ** 31n, ipv6: 2n ** 124n };

type Block = [address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number];

function isShort([address, prefix]: Block, { ipv4, ipv6 }: QuasiOpen): boolean {
  if (prefix === 0) return true;
  if (prefix >= (address.kind() === 'ipv4' ? ipv4 : ipv6)) return false;
  return !PRIVATE_SPACE().some(
    ([block, length]) => block.kind() === address.kind() && prefix >= length && address.match(block, length),
  );
}

/** Addresses in blocks of one family, each counted once. */
function size(blocks: readonly Block[]): bigint {
  const ranges = blocks
    .map(([address, prefix]) => {
      const bytes = address.toByteArray();
      const length = 1n << BigInt(8 * bytes.length - prefix);
      const number = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      return { from: number - (number % length), length };
    })
    .sort((one, other) => (one.from < other.from ? -1 : 1));
  let [total, end] = [0n, 0n];
  for (const { from, length } of ranges) {
    const start = from > end ? from : end;
    if (from + length > start) total += from + length - start;
    if (from + length > end) end = from + length;
  }
  return total;
}
