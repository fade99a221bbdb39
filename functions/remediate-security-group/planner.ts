import { exemptionFor } from '../core/exceptions';
import type { Policy } from '../core/policy';
import type { Conflict, Plan } from '../core/remediation';
import { blueprintFor, type WrittenIngress } from './blueprint';
import { coversInternet, isInternet } from './internet';
import {
  type AuthorizeIngress,
  type IngressRule,
  type Permission,
  permissionKey,
  type RevokeIngress,
  type SecurityGroup,
  type SecurityGroupAction,
  type Source,
} from './security-group';

type SecurityGroupPolicy = Policy['securityGroups'];

/** A receipt holds the rules that it removed, and a table item 400 KB of UTF-8: what exceeds this is left to the next round. */
const MAX_TOUCHED_BYTES = 150_000;

/** By number where AWS keeps the number, by name where it keeps the name. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html */
const PROTOCOL_NAMES: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'icmpv6',
  all: '-1',
};
export const protocolName = (protocol: string): string =>
  PROTOCOL_NAMES[protocol.toLowerCase()] ?? protocol.toLowerCase();

/**
 * Decides which ingress rules must go, and which must come back. Planning again after the plan was applied yields no action.
 *
 * | source                               | protocol and ports               | decision |
 * | ------------------------------------ | -------------------------------- | -------- |
 * | another group, or this one           | any                              | keep     |
 * | a prefix that is not the internet    | any, also -1                     | keep     |
 * | a prefix list without the internet   | any                              | keep     |
 * | the internet, or a list that has it  | tcp/udp, every port allowed      | keep     |
 * | the internet, or a list that has it  | ICMP that `icmp` lets pass       | keep     |
 * | the internet, or a list that has it  | anything else, also -1           | revoke   |
 *
 * With `keepAllowedPorts` the allowed ports within such a rule are authorised first, under rules of their own.
 *
 * | a group with a blueprint             | by id      | by name or tag        |
 * | ------------------------------------ | ---------- | --------------------- |
 * | a rule that is written down          | keep       | as in the table above |
 * | any other rule                       | revoke     | revoke                |
 * | a written rule that is missing       | authorise  | -                     |
 */
export function planSecurityGroup(group: SecurityGroup, policy: Policy): Plan<SecurityGroupAction> {
  const rules = policy.securityGroups;
  const blueprint = blueprintFor(group, rules);
  const found = group.ingress.flatMap((rule) => {
    const fault = faultOf(rule, group, rules, blueprint);
    return fault ? [{ rule, fault }] : [];
  });
  const present = new Set(group.ingress.map(permissionKey));
  const missing = [...(blueprint?.restorable ?? [])].flatMap(([key, permission]) =>
    present.has(key) ? [] : [permission],
  );
  const ofGroup = found.length + missing.length > 0 ? exemptionFor(policy, group)?.id : undefined;
  const judged = found.map((one) => ({
    ...one,
    exception: ofGroup ?? exemptionFor(policy, { arn: ruleArn(group, one.rule), tags: one.rule.tags })?.id,
  }));
  const exempt = [
    ...judged.flatMap(({ rule, exception }) => (exception === undefined ? [] : [{ target: rule.ruleId, exception }])),
    ...(ofGroup !== undefined && found.length === 0 ? [{ target: group.groupId, exception: ofGroup }] : []),
  ];
  const violating = atMost(judged.filter(({ exception }) => exception === undefined));
  const restored = ofGroup === undefined ? missing : [];

  if (violating.length + restored.length === 0)
    return {
      actions: [],
      exempt,
      reason:
        exempt.length > 0
          ? 'every exposed rule is covered by an exception'
          : 'no rule exposes more than the policy allows',
    };
  const of = (wanted: Fault) => violating.filter(({ fault }) => fault === wanted).map(({ rule }) => rule);
  const reasons: [string, readonly Permission[]][] = [
    ['missing from the blueprint', restored],
    ['open to the internet', of('exposed')],
    ['not in the blueprint', of('surplus')],
  ];
  return {
    // Where the ingress is written down, a wide rule leaves nothing behind.
    actions: actionsFor(
      group,
      { exposed: of('exposed'), surplus: of('surplus'), restored },
      { ...rules, keepAllowedPorts: rules.keepAllowedPorts && !blueprint },
    ),
    exempt,
    reason: reasons
      .filter(([, permissions]) => permissions.length > 0)
      .map(([what, permissions]) => `${what}: ${permissions.map(portsText).join(', ')}`)
      .join('; '),
  };
}

/** Why a rule must go. */
type Fault = 'exposed' | 'surplus';

function faultOf(
  rule: IngressRule,
  group: SecurityGroup,
  policy: SecurityGroupPolicy,
  blueprint: WrittenIngress | undefined,
): Fault | undefined {
  const key = permissionKey(rule);
  if (blueprint?.restorable.has(key)) return undefined;
  if (isExposed(rule, group, policy)) return 'exposed';
  return blueprint && !blueprint.required.has(key) ? 'surplus' : undefined;
}

/** `arn:aws:ec2:eu-west-1:111122223333:security-group-rule/sgr-0abc` */
const ruleArn = ({ arn }: SecurityGroup, { ruleId }: IngressRule): string =>
  `${arn.slice(0, arn.lastIndexOf(':'))}:security-group-rule/${ruleId}`;

function actionsFor(
  { groupId, ingress }: SecurityGroup,
  {
    exposed,
    surplus,
    restored,
  }: {
    readonly exposed: readonly IngressRule[];
    readonly surplus: readonly IngressRule[];
    readonly restored: readonly Permission[];
  },
  policy: SecurityGroupPolicy,
): SecurityGroupAction[] {
  const remainders = exposed.map((rule) => ({
    rule,
    permissions: policy.keepAllowedPorts ? allowedPartOf(rule, policy) : [],
  }));
  const plain = remainders.filter(({ permissions }) => permissions.length === 0).map(({ rule }) => rule);
  const wide = remainders.filter(({ permissions }) => permissions.length > 0);
  const present = new Set([...ingress, ...restored].map(permissionKey));
  const missing = new Map(
    wide
      .flatMap(({ permissions }) => permissions.map((permission) => [permissionKey(permission), permission] as const))
      .filter(([key]) => !present.has(key)),
  );

  const actions: SecurityGroupAction[] = [];
  const revoke = (rules: readonly IngressRule[], needs = {}) => {
    const ruleIds = rules.map(({ ruleId }) => ruleId);
    if (ruleIds.length > 0) actions.push({ kind: 'RevokeSecurityGroupIngress', groupId, ruleIds, ...needs });
  };
  const authorize = (permissions: readonly Permission[]) =>
    permissions.length === 0
      ? {}
      : { needs: actions.push({ kind: 'AuthorizeSecurityGroupIngress', groupId, permissions }) - 1 };
  // What a blueprint misses comes back first: it serves somebody.
  authorize(restored);
  // What only has to go makes room for what replaces the rest.
  revoke([...plain, ...surplus]);
  revoke(
    wide.map(({ rule }) => rule),
    authorize([...missing.values()]),
  );
  return actions;
}

function isExposed(
  rule: Permission,
  { prefixLists }: Pick<SecurityGroup, 'prefixLists'>,
  policy: SecurityGroupPolicy,
): boolean {
  return isWorld(rule.source, prefixLists, policy) && !passes(rule, policy);
}

function isWorld(
  source: Source,
  prefixLists: SecurityGroup['prefixLists'],
  { quasiOpen }: SecurityGroupPolicy,
): boolean {
  if ('cidrIpv4' in source) return isInternet(source.cidrIpv4, quasiOpen);
  if ('cidrIpv6' in source) return isInternet(source.cidrIpv6, quasiOpen);
  if ('groupId' in source) return false;
  const cidrs = prefixLists[source.prefixListId];
  if (!cidrs) throw new Error(`the entries of ${source.prefixListId} were not read`);
  return coversInternet(cidrs, quasiOpen);
}

function passes({ protocol, fromPort, toPort }: Permission, policy: SecurityGroupPolicy): boolean {
  switch (protocolName(protocol)) {
    case 'tcp':
    case 'udp':
      return fromPort >= 0 && toPort - fromPort + 1 === allowedIn({ protocol, fromPort, toPort }, policy).length;
    case 'icmp':
      return icmpPasses(fromPort, toPort, policy.icmp, { packetTooBig: [3, 4], echoRequest: 8 });
    case 'icmpv6':
      return icmpPasses(fromPort, toPort, policy.icmp, { packetTooBig: [2, 0], echoRequest: 128 });
    default:
      return false;
  }
}

/**
 * Types and codes: https://www.iana.org/assignments/icmp-parameters and .../icmpv6-parameters.
 * An echo request has code 0 only, so that "any code" is no wider.
 */
function icmpPasses(
  type: number,
  code: number,
  allowed: SecurityGroupPolicy['icmp'],
  of: { packetTooBig: [number, number]; echoRequest: number },
): boolean {
  const isPathMtu = type === of.packetTooBig[0] && code === of.packetTooBig[1];
  const isEcho = type === of.echoRequest && (code === 0 || code === -1);
  return allowed === 'all' || (allowed === 'echo' && (isEcho || isPathMtu)) || (allowed === 'pathMtu' && isPathMtu);
}

/** The distinct allowed ports within a range. */
function allowedIn(
  { protocol, fromPort, toPort }: Pick<Permission, 'protocol' | 'fromPort' | 'toPort'>,
  { allowedPorts }: SecurityGroupPolicy,
): { protocol: string; port: number }[] {
  const name = protocolName(protocol);
  const wanted = allowedPorts.filter(
    (allowed) =>
      (name === '-1' || allowed.protocol === name) &&
      (fromPort < 0 || (allowed.port >= fromPort && allowed.port <= toPort)),
  );
  return [...new Map(wanted.map((allowed) => [`${allowed.protocol}/${allowed.port}`, allowed])).values()];
}

/** One rule for each allowed port in a wider one. */
function allowedPartOf(rule: IngressRule, policy: SecurityGroupPolicy): Permission[] {
  if (!['tcp', 'udp', '-1'].includes(protocolName(rule.protocol))) return [];
  return allowedIn(rule, policy).map(({ protocol, port }) => ({
    protocol,
    fromPort: port,
    toPort: port,
    source: rule.source,
    ...(rule.description !== undefined && { description: rule.description }),
  }));
}

/** As many rules as a receipt holds; the first in any case. */
function atMost<T extends { readonly rule: IngressRule }>(judged: readonly T[]): readonly T[] {
  let bytes = 0;
  return judged.filter(({ rule }, index) => {
    bytes += Buffer.byteLength(JSON.stringify(rule));
    return index === 0 || bytes <= MAX_TOUCHED_BYTES;
  });
}

/** `port 465`, `ports 0-65535`, `all traffic`, `icmp type 8`: what a rule opens, in words. */
export function portsText({ protocol, fromPort, toPort }: Permission): string {
  const name = protocolName(protocol);
  if (name === '-1') return 'all traffic';
  if (name.startsWith('icmp'))
    return fromPort === -1 ? `all ${name}` : `${name} type ${fromPort}${toPort === -1 ? '' : ` code ${toPort}`}`;
  if (name !== 'tcp' && name !== 'udp') return `protocol ${name}`;
  const ports = fromPort === toPort ? `port ${fromPort}` : `ports ${fromPort}-${toPort}`;
  return name === 'tcp' ? ports : `${name} ${ports}`;
}

/** Whether a group's rules show an action in effect. */
export function isDone(action: SecurityGroupAction, { ingress }: SecurityGroup): boolean {
  if (action.kind === 'RevokeSecurityGroupIngress')
    return !ingress.some(({ ruleId }) => action.ruleIds.includes(ruleId));
  const present = new Set(ingress.map(permissionKey));
  return action.permissions.every((permission) => present.has(permissionKey(permission)));
}

/** The rules that actions remove, whole, and those that stand where actions add some. */
export function touchedRules(actions: readonly SecurityGroupAction[], { groupName, vpcId, ingress }: SecurityGroup) {
  const removed = new Set(
    actions.flatMap((action) => (action.kind === 'RevokeSecurityGroupIngress' ? action.ruleIds : [])),
  );
  const added = new Set(
    actions.flatMap((action) =>
      action.kind === 'AuthorizeSecurityGroupIngress' ? action.permissions.map(permissionKey) : [],
    ),
  );
  return {
    groupName,
    ...(vpcId && { vpcId }),
    // Tags as a list: a table item cannot hold every key that a tag may have.
    rules: ingress
      .filter((rule) => removed.has(rule.ruleId) || added.has(permissionKey(rule)))
      .map(({ tags, ...rule }) => ({
        ...rule,
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      })),
  };
}

/**
 * Takes a change back: what was revoked is authorised again under new rule ids, what was authorised is revoked.
 * A group in which somebody has since put the same rule back needs nothing for that rule.
 */
export function restoreRules(
  change: { readonly actions: readonly SecurityGroupAction[]; readonly touched: unknown },
  group: SecurityGroup,
): Plan<SecurityGroupAction> | Conflict {
  const before = (change.touched as ReturnType<typeof touchedRules>).rules;
  const present = new Set(group.ingress.map(permissionKey));
  const added = change.actions.flatMap((action) =>
    action.kind === 'AuthorizeSecurityGroupIngress' ? action.permissions.map(permissionKey) : [],
  );
  const surplus = group.ingress.filter((rule) => added.includes(permissionKey(rule))).map(({ ruleId }) => ruleId);
  const missing = before.filter((rule) => !present.has(permissionKey(rule)));
  const authorize: AuthorizeIngress = {
    kind: 'AuthorizeSecurityGroupIngress',
    groupId: group.groupId,
    permissions: missing.map(permissionOf),
  };
  const revoke: RevokeIngress = { kind: 'RevokeSecurityGroupIngress', groupId: group.groupId, ruleIds: surplus };
  return {
    actions: [...(missing.length > 0 ? [authorize] : []), ...(surplus.length > 0 ? [revoke] : [])],
    exempt: [],
    reason: `restore ${missing.length} rules, remove ${surplus.length}`,
  };
}

const permissionOf = ({ protocol, fromPort, toPort, source, description }: Permission): Permission => ({
  protocol,
  fromPort,
  toPort,
  source,
  ...(description !== undefined && { description }),
});
