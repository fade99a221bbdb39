import ipaddr from 'ipaddr.js';
import type { Policy } from '../core/policy';
import { type Permission, permissionKey, type SecurityGroup, type Source } from './security-group';

type Blueprint = Policy['securityGroups']['blueprints'][number];

/** The exact ingress of a group, as the settings write it down. Keys are those of `permissionKey`. */
export interface WrittenIngress {
  /** By a blueprint that names the group by its id: what is missing of it is restored, even where it is open to the internet. */
  readonly restorable: ReadonlyMap<string, Permission>;
  /** By any blueprint. A rule by name or tag must also pass the general policy, since anybody can name or tag a group. */
  readonly required: ReadonlySet<string>;
}

/** What blueprints say about a group, all that apply together. Undefined if none does. */
export function blueprintFor(
  group: Pick<SecurityGroup, 'groupId' | 'groupName' | 'tags' | 'arn'>,
  { blueprints }: Policy['securityGroups'],
): WrittenIngress | undefined {
  const applying = blueprints.filter((blueprint) => isFor(blueprint, group));
  if (applying.length === 0) return undefined;
  const permissions = (of: readonly Blueprint[]) =>
    of.flatMap(({ required }) => required.map((rule) => permission(rule, group.arn)));
  const byId = applying.filter(({ groups }) => groups.ids.includes(group.groupId));
  return {
    restorable: new Map(permissions(byId).map((one) => [permissionKey(one), one])),
    required: new Set(permissions(applying).map(permissionKey)),
  };
}

function isFor(
  { groups: { ids, names, tags } }: Blueprint,
  group: Pick<SecurityGroup, 'groupId' | 'groupName' | 'tags'>,
): boolean {
  const wanted = Object.entries(tags);
  return (
    ids.includes(group.groupId) ||
    names.includes(group.groupName) ||
    (wanted.length > 0 && wanted.every(([key, value]) => group.tags[key] === value))
  );
}

function permission({ protocol, port, source }: Blueprint['required'][number], groupArn: string): Permission {
  return { protocol, fromPort: port, toPort: port, source: sourceOf(source, groupArn) };
}

/** As EC2 keeps it: a block by its network address, a group with its account. */
function sourceOf(text: string, groupArn: string): Source {
  if (text.startsWith('pl-')) return { prefixListId: text };
  if (text.startsWith('sg-')) return { groupId: text, userId: groupArn.split(':')[4] ?? '' };
  const [address, prefix] = ipaddr.parseCIDR(text);
  if (address.kind() === 'ipv4') return { cidrIpv4: `${ipaddr.IPv4.networkAddressFromCIDR(text)}/${prefix}` };
  return { cidrIpv6: `${ipaddr.IPv6.networkAddressFromCIDR(text)}/${prefix}` };
}
