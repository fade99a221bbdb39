import { setTimeout as sleep } from 'node:timers/promises';
import { type ConfigServiceClient, GetResourceConfigHistoryCommand } from '@aws-sdk/client-config-service';
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  GetManagedPrefixListEntriesCommand,
  type IpPermission,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
  type Tag,
} from '@aws-sdk/client-ec2';
import { accepted, isCode } from '../core/aws';
import type { ConfigurationItem } from '../core/config-events';
import type { Applied, Discovered, Home } from '../core/remediation';
import { protocolName } from './planner';
import { listedIngress, recordedGroup } from './recorded';
import {
  type IngressRule,
  type Permission,
  permissionKey,
  SECURITY_GROUP,
  type SecurityGroup,
  type SecurityGroupAction,
  type Source,
} from './security-group';

/** How long a prefix list may take to leave a change, and how often to look. */
const LIST_CHANGE_MS = 25_000;
const LIST_PAUSE_MS = 250;
/** Of DescribeSecurityGroups and DescribeSecurityGroupRules, the most there is. */
const PAGE_SIZE = 1000;

/** Security groups and prefix lists, by the EC2 API. */
export class SecurityGroups {
  constructor(
    private readonly ec2: EC2Client,
    private readonly config: () => ConfigServiceClient,
  ) {}

  /** A group with its ingress and the prefix lists that it refers to. Undefined if there is none. */
  async describe(groupId: string, home: Home): Promise<SecurityGroup | undefined> {
    const filter = { Name: 'group-id', Values: [groupId] };
    const [{ SecurityGroups: [found] = [] }, ingress] = await Promise.all([
      this.ec2.send(new DescribeSecurityGroupsCommand({ Filters: [filter] })),
      this.ingress(groupId),
    ]);
    if (!found) return undefined;
    return {
      groupId,
      arn: SECURITY_GROUP.arn(groupId, home),
      groupName: found.GroupName ?? '',
      ...(found.VpcId && { vpcId: found.VpcId }),
      tags: tagsOf(found.Tags),
      ingress,
      prefixLists: await this.prefixLists(ingress, {}),
    };
  }

  /** The rules of a group that was described before, as they are now. Undefined if it is gone. */
  async describeAgain(before: SecurityGroup, home: Home): Promise<SecurityGroup | undefined> {
    const rules = await this.rules(before.groupId);
    // A group without any rule, egress included, is rare; one that was deleted has none.
    if (rules.length === 0) return this.describe(before.groupId, home);
    const ingress = ingressOf(rules);
    return { ...before, ingress, prefixLists: await this.prefixLists(ingress, before.prefixLists) };
  }

  /** A group as a configuration item has it, with its prefix lists as they are now: items do not hold their entries. */
  async recorded(
    { resourceId, tags, capturedAt, configuration }: ConfigurationItem,
    home: Home,
  ): Promise<SecurityGroup> {
    const { ingress, ...found } = recordedGroup(configuration ?? (await this.configurationOf(resourceId, capturedAt)));
    return {
      groupId: resourceId,
      arn: SECURITY_GROUP.arn(resourceId, home),
      ...found,
      tags,
      ingress,
      prefixLists: await this.prefixLists(ingress, {}),
    };
  }

  /**
   * The configuration of an item that was too large for its event.
   *
   * @throws Error if Config has none
   * @see https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html
   */
  private async configurationOf(resourceId: string, capturedAt: string): Promise<string> {
    const { configurationItems: [item] = [] } = await this.config().send(
      new GetResourceConfigHistoryCommand({
        resourceType: SECURITY_GROUP.type as 'AWS::EC2::SecurityGroup',
        resourceId,
        laterTime: new Date(capturedAt),
        limit: 1,
      }),
    );
    if (!item?.configuration) throw new Error(`AWS Config has no item of ${resourceId} of ${capturedAt}`);
    return item.configuration;
  }

  /** Every group of the account, in pages, with what it takes to judge them. Entries of a prefix list are read once. */
  async *discover(home: Home, from: string | undefined): AsyncIterable<Discovered<SecurityGroup>> {
    let known: SecurityGroup['prefixLists'] = {};
    let NextToken = from;
    do {
      const page = await this.ec2.send(
        new DescribeSecurityGroupsCommand({ MaxResults: PAGE_SIZE, ...(NextToken && { NextToken }) }),
      );
      const groups = (page.SecurityGroups ?? []).map((group) => ({
        group,
        ingress: listedIngress(group.IpPermissions),
      }));
      known = {
        ...known,
        ...(await this.prefixLists(
          groups.flatMap(({ ingress }) => ingress),
          known,
        )),
      };
      NextToken = page.NextToken;
      yield {
        resources: groups.map(({ group: { GroupId: id = '', GroupName: groupName = '', VpcId, Tags }, ingress }) => ({
          id,
          state: {
            groupId: id,
            arn: SECURITY_GROUP.arn(id, home),
            groupName,
            ...(VpcId && { vpcId: VpcId }),
            tags: tagsOf(Tags),
            ingress,
            prefixLists: known,
          },
        })),
        ...(NextToken && { next: NextToken }),
      };
    } while (NextToken);
  }

  /** The entries of each list that rules refer to, as far as they are not known. */
  private async prefixLists(
    ingress: readonly IngressRule[],
    known: SecurityGroup['prefixLists'],
  ): Promise<SecurityGroup['prefixLists']> {
    const ids = [...new Set(ingress.flatMap(({ source }) => ('prefixListId' in source ? [source.prefixListId] : [])))];
    return Object.fromEntries(
      await Promise.all(ids.map(async (id) => [id, known[id] ?? (await this.entries(id))] as const)),
    );
  }

  private async ingress(groupId: string): Promise<IngressRule[]> {
    return ingressOf(await this.rules(groupId));
  }

  /** Every page of a group's rules. */
  private async rules(groupId: string): Promise<SecurityGroupRule[]> {
    const rules: SecurityGroupRule[] = [];
    let NextToken: string | undefined;
    do {
      const Filters = [{ Name: 'group-id', Values: [groupId] }];
      const page = await this.ec2.send(
        new DescribeSecurityGroupRulesCommand({ Filters, MaxResults: PAGE_SIZE, ...(NextToken && { NextToken }) }),
      );
      rules.push(...(page.SecurityGroupRules ?? []));
      NextToken = page.NextToken;
    } while (NextToken);
    return rules;
  }

  /** Every CIDR of a managed prefix list. */
  private async entries(prefixListId: string): Promise<string[]> {
    const cidrs: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.ec2.send(
        new GetManagedPrefixListEntriesCommand({
          PrefixListId: prefixListId,
          MaxResults: 100,
          ...(NextToken && { NextToken }),
        }),
      );
      cidrs.push(...(page.Entries ?? []).flatMap(({ Cidr }) => (Cidr === undefined ? [] : [Cidr])));
      NextToken = page.NextToken;
    } while (NextToken);
    return cidrs;
  }

  /**
   * Groups with a rule that refers to a prefix list, once the list has left its change: until then its entries are the old ones.
   *
   * @throws Error if the change takes too long; Lambda comes back after a minute.
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ManagedPrefixList.html
   */
  async referringTo(prefixListId: string): Promise<string[]> {
    for (const until = Date.now() + LIST_CHANGE_MS; ; await sleep(LIST_PAUSE_MS)) {
      const { PrefixLists: [list] = [] } = await this.ec2.send(
        new DescribeManagedPrefixListsCommand({ Filters: [{ Name: 'prefix-list-id', Values: [prefixListId] }] }),
      );
      if (!list) return [];
      if (!list.State?.endsWith('-in-progress')) break;
      if (Date.now() > until) throw new Error(`${prefixListId} is still in state ${list.State}`);
    }
    const ids: string[] = [];
    let NextToken: string | undefined;
    do {
      const Filters = [{ Name: 'ip-permission.prefix-list-id', Values: [prefixListId] }];
      const page = await this.ec2.send(
        new DescribeSecurityGroupsCommand({ Filters, MaxResults: PAGE_SIZE, ...(NextToken && { NextToken }) }),
      );
      ids.push(...(page.SecurityGroups ?? []).flatMap(({ GroupId }) => (GroupId === undefined ? [] : [GroupId])));
      NextToken = page.NextToken;
    } while (NextToken);
    return ids;
  }

  /** Sends the narrowest call for an action. What is so already is success. */
  async apply(action: SecurityGroupAction, signal: AbortSignal): Promise<Applied> {
    switch (action.kind) {
      case 'RevokeSecurityGroupIngress':
        return this.revoke(action.groupId, action.ruleIds, signal);
      case 'AuthorizeSecurityGroupIngress':
        return this.authorize(action.groupId, action.permissions, signal);
    }
  }

  /** By id, so that nothing else can be hit. One id that is gone fails the whole call: then those that are left. */
  private async revoke(groupId: string, ruleIds: readonly string[], abortSignal: AbortSignal): Promise<Applied> {
    try {
      const command = new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: [...ruleIds] });
      return accepted(await this.ec2.send(command, { abortSignal }));
    } catch (error) {
      if (isCode(error, 'InvalidGroup.NotFound')) return { requestIds: [] };
      if (!isCode(error, 'InvalidSecurityGroupRuleId.NotFound')) throw error;
      const present = await this.ingress(groupId);
      const left = ruleIds.filter((id) => present.some(({ ruleId }) => ruleId === id));
      if (left.length === ruleIds.length) throw error;
      return left.length === 0 ? { requestIds: [] } : this.revoke(groupId, left, abortSignal);
    }
  }

  /** One permission that is there already fails the whole call: then those that are missing. */
  private async authorize(
    groupId: string,
    permissions: readonly Permission[],
    abortSignal: AbortSignal,
  ): Promise<Applied> {
    try {
      const command = new AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: permissions.map(ipPermission),
      });
      return accepted(await this.ec2.send(command, { abortSignal }));
    } catch (error) {
      if (isCode(error, 'RulesPerSecurityGroupLimitExceeded'))
        return { requestIds: [], held: `${groupId} has no room for the allowed part of a wide rule` };
      if (!isCode(error, 'InvalidPermission.Duplicate')) throw error;
      const present = new Set((await this.ingress(groupId)).map(permissionKey));
      const missing = permissions.filter((permission) => !present.has(permissionKey(permission)));
      if (missing.length === permissions.length) throw error;
      return missing.length === 0 ? { requestIds: [] } : this.authorize(groupId, missing, abortSignal);
    }
  }
}

/** In the order of their ports. */
const ingressOf = (rules: readonly SecurityGroupRule[]): IngressRule[] =>
  rules
    .filter(({ IsEgress }) => IsEgress === false)
    .map(ingressRule)
    .sort((a, b) => a.fromPort - b.fromPort || a.toPort - b.toPort || (a.ruleId < b.ruleId ? -1 : 1));

const tagsOf = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

/** One row of the API as ours. @throws Error for a row without a source: never guess. */
function ingressRule(rule: SecurityGroupRule): IngressRule {
  const { SecurityGroupRuleId: ruleId = '', IpProtocol = '', FromPort = -1, ToPort = -1, Description, Tags } = rule;
  return {
    ruleId,
    protocol: protocolName(IpProtocol),
    fromPort: FromPort,
    toPort: ToPort,
    source: sourceOf(rule),
    ...(Description !== undefined && { description: Description }),
    tags: tagsOf(Tags),
  };
}

function sourceOf({
  SecurityGroupRuleId,
  CidrIpv4,
  CidrIpv6,
  PrefixListId,
  ReferencedGroupInfo: group,
}: SecurityGroupRule): Source {
  if (CidrIpv4) return { cidrIpv4: CidrIpv4 };
  if (CidrIpv6) return { cidrIpv6: CidrIpv6 };
  if (PrefixListId) return { prefixListId: PrefixListId };
  if (!group?.GroupId) throw new Error(`rule ${SecurityGroupRuleId} has no source`);
  return {
    groupId: group.GroupId,
    ...(group.UserId && { userId: group.UserId }),
    ...(group.VpcPeeringConnectionId && { peeringConnectionId: group.VpcPeeringConnectionId }),
  };
}

/** In permissions protocol -1 has no ports. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html */
function ipPermission({ protocol, fromPort, toPort, source, description }: Permission): IpPermission {
  const Description = description === undefined ? {} : { Description: description };
  return {
    IpProtocol: protocol,
    ...(protocol !== '-1' && { FromPort: fromPort, ToPort: toPort }),
    ...('cidrIpv4' in source && { IpRanges: [{ CidrIp: source.cidrIpv4, ...Description }] }),
    ...('cidrIpv6' in source && { Ipv6Ranges: [{ CidrIpv6: source.cidrIpv6, ...Description }] }),
    ...('prefixListId' in source && { PrefixListIds: [{ PrefixListId: source.prefixListId, ...Description }] }),
    ...('groupId' in source && {
      UserIdGroupPairs: [{ GroupId: source.groupId, ...(source.userId && { UserId: source.userId }), ...Description }],
    }),
  };
}
