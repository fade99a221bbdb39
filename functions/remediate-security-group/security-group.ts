import type { Action, Home, ResourceKind } from '../core/remediation';

export const SECURITY_GROUP: ResourceKind = {
  type: 'AWS::EC2::SecurityGroup',
  noun: 'security group',
  idKey: 'groupId',
  /** `sg-` and 8 or 17 hexadecimal digits. */
  idPattern: /^sg-[0-9a-f]{8,17}$/,
  arn: groupArn,
};

function groupArn(groupId: string, { partition, region, account }: Home): string {
  return `arn:${partition}:ec2:${region}:${account}:security-group/${groupId}`;
}

/** A security group as its remediation sees it. Egress is not read: no remediation of ingress may touch it. */
export interface SecurityGroup {
  readonly groupId: string;
  readonly arn: string;
  readonly groupName: string;
  readonly vpcId?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly ingress: readonly IngressRule[];
  /** CIDRs of each managed prefix list that an ingress rule refers to. */
  readonly prefixLists: Readonly<Record<string, readonly string[]>>;
}

/** What a rule admits. */
export interface Permission {
  /** `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or a protocol number. */
  readonly protocol: string;
  /** First port, or ICMP type; -1 for all. */
  readonly fromPort: number;
  /** Last port, or ICMP code; -1 for all. */
  readonly toPort: number;
  readonly source: Source;
  readonly description?: string;
}

/** From where. */
export type Source =
  | { readonly cidrIpv4: string }
  | { readonly cidrIpv6: string }
  | { readonly prefixListId: string }
  /** Another group, or this one. */
  | { readonly groupId: string; readonly userId?: string; readonly peeringConnectionId?: string };

/** One row of a group's ingress. */
export interface IngressRule extends Permission {
  readonly ruleId: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Kinds echo the API call that they cause. */
export type SecurityGroupAction = RevokeIngress | AuthorizeIngress;

export interface RevokeIngress extends Action {
  readonly kind: 'RevokeSecurityGroupIngress';
  readonly groupId: string;
  readonly ruleIds: readonly string[];
}

export interface AuthorizeIngress extends Action {
  readonly kind: 'AuthorizeSecurityGroupIngress';
  readonly groupId: string;
  readonly permissions: readonly Permission[];
}

/** The same text for the same permission, whatever its description. */
export const permissionKey = ({ protocol, fromPort, toPort, source }: Permission): string =>
  JSON.stringify([protocol, fromPort, toPort, Object.entries(source).sort()]);
