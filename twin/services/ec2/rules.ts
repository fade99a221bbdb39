import type { IpPermission, SecurityGroupRuleRequest, TagSpecification } from '@aws-sdk/client-ec2';
import { checkId, lookUp } from './ids';
import { listing } from './listing';
import { type GroupReference, groupOf, ruleOf } from './lookups';
import { type Draft, descriptionOf, draftsOf, type PermissionRequest, permissionsIn } from './permissions';
import { checkQuota } from './quota';
import { toPermissions, toRevoked, toRow } from './rule-views';
import {
  type Ec2Call,
  type Ec2Operations,
  error,
  missingParameter,
  type Peer,
  type Rule,
  type SecurityGroup,
  type Traffic,
} from './state';
import { setTags, tagsAtCreation } from './tags';
import { trafficKey, trafficText } from './traffic';

/** @throws AwsError for traffic that is there already, or twice in the request. */
function checkDuplicates(present: readonly Traffic[], added: readonly Traffic[]): void {
  if (new Set(added.map(trafficKey)).size < added.length)
    throw error('InvalidParameterValue', 'The same permission must not appear multiple times');
  const keys = new Set(present.map(trafficKey));
  const duplicate = added.find((traffic) => keys.has(trafficKey(traffic)));
  if (duplicate)
    throw error('InvalidPermission.Duplicate', `the specified rule "${trafficText(duplicate)}" already exists`);
}

const inDirection = ({ rules }: SecurityGroup, isEgress: boolean): Rule[] =>
  rules.filter((rule) => rule.isEgress === isEgress);

/** All of the permissions or none. */
function authorize(
  isEgress: boolean,
  request: GroupReference & PermissionRequest & { readonly TagSpecifications?: TagSpecification[] | undefined },
  call: Ec2Call,
) {
  const { state, twin } = call;
  const group = groupOf(state, request);
  const drafts = draftsOf(call, group, permissionsIn(isEgress, request));
  const tags = tagsAtCreation('security-group-rule', request.TagSpecifications);
  checkDuplicates(inDirection(group, isEgress), drafts);
  const added = drafts.map(({ typed, ...draft }) => ({
    typed,
    rule: { ...draft, id: `sgr-${twin.hex(17)}`, isEgress },
  }));
  const rules = [...group.rules, ...added.map(({ rule }) => rule)];
  checkQuota(state, rules);
  group.rules = rules;
  for (const { rule } of added) setTags(state, rule.id, tags);
  return {
    Return: true,
    SecurityGroupRules: added.map(({ rule, typed }) => {
      const { Tags, ...row } = toRow(call, group, { ...rule, peer: typed });
      return { ...row, ...(Tags.length > 0 && { Tags }) };
    }),
  };
}

/**
 * By ids, or by what the rules admit. Of what does not match, a default VPC answers what it was and revokes the rest;
 * in any other VPC it fails the call.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
 */
function revoke(
  isEgress: boolean,
  request: GroupReference & PermissionRequest & { readonly SecurityGroupRuleIds?: string[] | undefined },
  call: Ec2Call,
) {
  const { state } = call;
  const group = groupOf(state, request);
  const { removed, unknown } = request.SecurityGroupRuleIds?.length
    ? { removed: request.SecurityGroupRuleIds.map((id) => ruleOf(group, id, isEgress)), unknown: [] }
    : matching(
        inDirection(group, isEgress),
        draftsOf(call, group, permissionsIn(isEgress, request), { mustExist: false }),
      );
  if (unknown.length > 0 && !state.vpcs.get(group.vpcId)?.isDefault) throw noSuchRule();
  const gone = new Set(removed);
  group.rules = group.rules.filter((rule) => !gone.has(rule));
  for (const { id } of gone) state.tags.delete(id);
  return {
    Return: true,
    RevokedSecurityGroupRules: [...gone].map((rule) => toRevoked(group, rule)),
    ...(unknown.length > 0 && { UnknownIpPermissions: toPermissions(unknown) }),
  };
}

const noSuchRule = () =>
  error('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');

function matching(rules: readonly Rule[], drafts: readonly Draft[]): { removed: Rule[]; unknown: Draft[] } {
  const byKey = new Map(rules.map((rule) => [trafficKey(rule), rule]));
  const found = drafts.map((draft) => ({ draft, rule: byKey.get(trafficKey(draft)) }));
  return {
    removed: found.flatMap(({ rule }) => rule ?? []),
    unknown: found.flatMap(({ rule, draft }) => (rule ? [] : draft)),
  };
}

/** How a peer is called where its kind is not that of the rule. */
const PEER_NAMES: Readonly<Record<Peer['kind'], readonly [given: string, existing: string]>> = {
  ipv4: ['CidrIpv4', 'IPv4 CIDR'],
  ipv6: ['CidrIpv6', 'IPv6 CIDR'],
  list: ['a prefix list', 'prefix list'],
  group: ['a referenced group id', 'referenced group id'],
};

/** A rule as it will be. It keeps its id, its direction and its kind of peer. */
function modified(call: Ec2Call, group: SecurityGroup, rule: Rule, request: SecurityGroupRuleRequest): Rule {
  const { IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId, Description } = request;
  const peers: IpPermission[] = [
    ...(CidrIpv4 === undefined ? [] : [{ IpRanges: [{ CidrIp: CidrIpv4, Description }] }]),
    ...(CidrIpv6 === undefined ? [] : [{ Ipv6Ranges: [{ CidrIpv6, Description }] }]),
    ...(PrefixListId === undefined ? [] : [{ PrefixListIds: [{ PrefixListId, Description }] }]),
    ...(ReferencedGroupId === undefined ? [] : [{ UserIdGroupPairs: [{ GroupId: ReferencedGroupId, Description }] }]),
  ];
  const oneOf = 'cidrIp, cidrIpv6, prefixListId, or referencedGroupId';
  if (peers.length === 0) throw error('MissingParameter', `The request must contain exactly one of: ${oneOf}`);
  if (peers.length > 1) throw error('InvalidParameterCombination', `Only one of ${oneOf} can be specified`);
  const permissions = peers.map((peer) => ({ IpProtocol, FromPort, ToPort, ...peer }));
  const [draft] = draftsOf(call, group, permissions);
  if (!draft) return rule;
  const { typed: _typed, ...changed } = draft;
  if (changed.peer.kind !== rule.peer.kind)
    throw error(
      'InvalidParameterValue',
      `Invalid rule type for security group rule '${rule.id}'. You may not specify ${PEER_NAMES[changed.peer.kind][0]} for an existing ${PEER_NAMES[rule.peer.kind][1]} rule.`,
    );
  return { ...changed, id: rule.id, isEgress: rule.isEgress };
}

/** Puts rules in the places of those with the same ids. */
function replace(group: SecurityGroup, changed: readonly Rule[]): Rule[] {
  const byId = new Map(changed.map((rule) => [rule.id, rule]));
  return group.rules.map((rule) => byId.get(rule.id) ?? rule);
}

/** Sets descriptions of rules, named by id or by what they admit; none takes one away. All or nothing. */
function describeRules(
  isEgress: boolean,
  request: GroupReference & {
    readonly IpPermissions?: readonly IpPermission[] | undefined;
    readonly SecurityGroupRuleDescriptions?:
      | readonly { SecurityGroupRuleId?: string | undefined; Description?: string | undefined }[]
      | undefined;
  },
  call: Ec2Call,
) {
  const { IpPermissions = [], SecurityGroupRuleDescriptions: byId = [] } = request;
  const group = groupOf(call.state, request);
  if (IpPermissions.length === 0 && byId.length === 0)
    throw missingParameter('ipPermissions', 'securityGroupRuleDescriptions');
  const rules = inDirection(group, isEgress);
  const drafts = draftsOf(call, group, IpPermissions, { mustExist: false });
  const wanted = [
    ...byId.map(({ SecurityGroupRuleId, Description }) => ({
      rule: ruleOf(group, SecurityGroupRuleId, isEgress),
      description: Description,
    })),
    ...drafts.map((draft) => {
      const [rule] = matching(rules, [draft]).removed;
      if (!rule) throw noSuchRule();
      return { rule, description: draft.description };
    }),
  ];
  const described = wanted.map(({ rule: { description: _old, ...rule }, description }) => ({
    ...rule,
    ...descriptionOf(description),
  }));
  group.rules = replace(group, described);
  return { Return: true };
}

export const ruleOperations: Ec2Operations = {
  AuthorizeSecurityGroupIngress: (request, call) => authorize(false, request, call),
  AuthorizeSecurityGroupEgress: (request, call) => authorize(true, request, call),
  RevokeSecurityGroupIngress: (request, call) => revoke(false, request, call),
  RevokeSecurityGroupEgress: (request, call) => revoke(true, request, call),
  UpdateSecurityGroupRuleDescriptionsIngress: (request, call) => describeRules(false, request, call),
  UpdateSecurityGroupRuleDescriptionsEgress: (request, call) => describeRules(true, request, call),

  /** All of them or none. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySecurityGroupRules.html */
  ModifySecurityGroupRules({ GroupId, SecurityGroupRules = [] }, call) {
    const group = groupOf(call.state, { GroupId });
    if (SecurityGroupRules.length === 0) throw missingParameter('securityGroupRules');
    const changed = SecurityGroupRules.map(({ SecurityGroupRuleId, SecurityGroupRule = {} }) =>
      modified(call, group, ruleOf(group, SecurityGroupRuleId), SecurityGroupRule),
    );
    const ids = new Set(changed.map(({ id }) => id));
    if (ids.size < changed.length)
      throw error('InvalidParameterValue', 'The same security group rule must not appear multiple times');
    const unchanged = group.rules.filter(({ id }) => !ids.has(id));
    for (const isEgress of [false, true]) {
      const sameDirection = (rule: Rule) => rule.isEgress === isEgress;
      checkDuplicates(unchanged.filter(sameDirection), changed.filter(sameDirection));
    }
    const rules = replace(group, changed);
    checkQuota(call.state, rules);
    group.rules = rules;
    return { Return: true };
  },

  DescribeSecurityGroupRules(request, call) {
    const { SecurityGroupRuleIds: ids = [], Filters = [] } = request;
    const { state } = call;
    const groupIds = Filters.find(({ Name }) => Name === 'group-id')?.Values;
    for (const id of groupIds ?? []) if (!/[*?]/.test(id)) checkId('security-group', id);
    // Ids spare a look at all the other groups.
    const groups = groupIds?.every((id) => state.groups.has(id))
      ? [...new Set(groupIds)].flatMap((id) => state.groups.get(id) ?? [])
      : [...state.groups.values()];
    const all = groups.flatMap((group) => group.rules.map((rule) => ({ group, rule })));
    const named = new Map(all.map((row) => [row.rule.id, row]));
    const wanted =
      ids.length > 0
        ? ids.map((id) => lookUp('security-group-rule', id, 'securityGroupRuleId', (one) => named.get(one)))
        : all;
    const { items, next } = listing(wanted, request, {
      filters: { 'group-id': ({ group }) => group.id, 'security-group-rule-id': ({ rule }) => rule.id },
      tags: ({ rule }) => state.tags.get(rule.id),
    });
    return { SecurityGroupRules: items.map(({ group, rule }) => toRow(call, group, rule)), ...next };
  },
};
