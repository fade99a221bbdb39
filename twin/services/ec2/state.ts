import { AwsError, type Call, type Operations } from '../../service';
import type { Instance, ProfileAssociation } from './instances/state';
import type { ElasticIp, NetworkInterface } from './interfaces/state';
import type { Snapshot, Volume } from './storage/state';

export type Sdk = typeof import('@aws-sdk/client-ec2');
export type Ec2Call = Call<Ec2State>;
export type Ec2Operations = Operations<Sdk, Ec2State>;

export interface Vpc {
  readonly id: string;
  readonly cidr: string;
  readonly ipv6Cidr?: string;
  readonly isDefault: boolean;
}

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly ipv6Cidr?: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly isDefault: boolean;
  /** Whether what is launched here gets a public address, where the request does not say. */
  mapsPublicIp: boolean;
  /** Whether interfaces made here get an IPv6 address. */
  assignsIpv6: boolean;
}

/** What a rule admits: one protocol, one range of ports, one peer. Two rules of a direction are the same if this is. */
export interface Traffic {
  /** `tcp`, `udp`, `icmp`, `icmpv6`, `-1`, or a number. */
  readonly protocol: string;
  /** -1 where the protocol has no ports; the type for ICMP. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: Peer;
}

export type Peer =
  | { readonly kind: 'ipv4'; readonly cidr: string }
  | { readonly kind: 'ipv6'; readonly cidr: string }
  | { readonly kind: 'list'; readonly prefixListId: string }
  | { readonly kind: 'group'; readonly groupId: string; readonly userId: string };

/** One row of a security group. */
export interface Rule extends Traffic {
  readonly id: string;
  readonly isEgress: boolean;
  readonly description?: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  rules: Rule[];
}

export interface PrefixListEntry {
  readonly cidr: string;
  readonly description?: string;
}

type Change = 'create' | 'modify' | 'restore' | 'delete';

export interface PrefixList {
  readonly id: string;
  name: string;
  /** An account, or `AWS`. */
  readonly owner: string;
  readonly addressFamily: 'IPv4' | 'IPv6';
  /** What a rule with the list counts for. */
  maxEntries: number;
  version: number;
  state: `${Change}-${'in-progress' | 'complete' | 'failed'}`;
  stateMessage?: string;
  /** By version. */
  readonly versions: Map<number, readonly PrefixListEntry[]>;
}

/** Groups by id, and in each VPC by name. */
export class SecurityGroups extends Map<string, SecurityGroup> {
  private readonly ids = new Map<string, string>();

  override set(id: string, group: SecurityGroup): this {
    this.ids.set(nameKey(group.vpcId, group.name), id);
    return super.set(id, group);
  }

  override delete(id: string): boolean {
    const group = this.get(id);
    if (group) this.ids.delete(nameKey(group.vpcId, group.name));
    return super.delete(id);
  }

  /** Names do not tell capital letters from small ones. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html */
  named(vpcId: string, name: string): SecurityGroup | undefined {
    return this.get(this.ids.get(nameKey(vpcId, name)) ?? '');
  }
}

const nameKey = (vpcId: string, name: string): string => `${vpcId}/${name.toLowerCase()}`;

/** What a Region's EC2 holds. */
export interface Ec2State {
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly groups: SecurityGroups;
  readonly prefixLists: Map<string, PrefixList>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly addresses: Map<string, ElasticIp>;
  readonly instances: Map<string, Instance>;
  /** Told of each instance that comes to another state. */
  readonly watchers: Set<(instance: Instance) => void>;
  readonly profileAssociations: Map<string, ProfileAssociation>;
  /** What was launched with each client token, and the request that did it. */
  readonly launches: Map<string, { readonly request: string; readonly reservationId: string }>;
  readonly volumes: Map<string, Volume>;
  readonly snapshots: Map<string, Snapshot>;
  /** Of every resource, by its id. */
  readonly tags: Map<string, ReadonlyMap<string, string>>;
}

export const error = (code: string, message: string): AwsError => new AwsError(code, message);

export const missingParameter = (...names: string[]): AwsError =>
  error('MissingParameter', `The request must contain the parameter ${names.join(' or ')}`);
