import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CreateSubnetCommandInput,
  EC2,
  EC2ServiceException,
  type Instance,
  type IpPermission,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { Control } from '../../../twin/control';
import { createTwinServer } from '../../../twin/server';
import { ec2 as service } from '../../../twin/services/ec2';
import type { Ec2State } from '../../../twin/services/ec2/state';
import { addUser } from '../../../twin/services/iam';
import { Stacks } from '../../../twin/terraform/stacks';
import { HOME_ACCOUNT, Twin } from '../../../twin/twin';
import { stackDirectory } from '../../support/stacks';

export const ACCOUNT = HOME_ACCOUNT;
export const REGION = 'eu-west-1';

interface Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Of one call: tests want to see what fails. */
  readonly maxAttempts: number;
}

/** A twin without a stack, whose EC2 is spoken to over HTTP. */
export class Ec2Bench {
  readonly ec2: EC2;

  private constructor(
    private readonly server: Server,
    readonly twin: Twin,
    /** What a client of an administrator needs. */
    readonly settings: Settings,
  ) {
    this.ec2 = new EC2(settings);
  }

  static async start(): Promise<Ec2Bench> {
    const twin = new Twin();
    const server = createTwinServer(twin, new Control(twin, new Stacks(twin, [stackDirectory('default')], {})));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = addUser(twin, ACCOUNT, 'operator', { administrator: true });
    return new Ec2Bench(server, twin, { endpoint, region: REGION, credentials, maxAttempts: 1 });
  }

  async stop(): Promise<void> {
    this.ec2.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await this.twin.stop();
  }

  /** A client of a user to whom no policy gives anything. */
  stranger(): EC2 {
    const credentials = addUser(this.twin, ACCOUNT, `stranger-${unique()}`);
    return new EC2({ ...this.settings, credentials });
  }

  /** All that EC2 holds, as it is now. */
  get state(): Ec2State {
    return copy(this.twin.state(service, { account: ACCOUNT, region: REGION }));
  }

  /** The code that a call fails with, having changed nothing at all. Calls take effect when they arrive, so after this began. */
  async refusal(call: Promise<unknown>): Promise<string> {
    const before = this.state;
    const error = await failureOf(call);
    expect(this.state).toEqual(before);
    return error.name;
  }

  /** Runs something that may change some groups and their tags, and nothing else. */
  async changingOnly<T>(groupIds: readonly string[], run: () => Promise<T>): Promise<T> {
    const before = this.state;
    const result = await run();
    const after = this.state;
    for (const state of [before, after]) for (const id of groupIds) state.groups.delete(id);
    expect({ ...after, tags: undefined }).toEqual({ ...before, tags: undefined });
    return result;
  }

  /** Makes a group with nothing but the rule that every group begins with. */
  async group({ vpcId, name = `group-${unique()}` }: { vpcId?: string; name?: string } = {}): Promise<string> {
    const { GroupId = '' } = await this.ec2.createSecurityGroup({
      GroupName: name,
      Description: 'for a test',
      ...(vpcId !== undefined && { VpcId: vpcId }),
    });
    return GroupId;
  }

  async vpc(): Promise<string> {
    return (await this.ec2.createVpc({ CidrBlock: '10.0.0.0/16' })).Vpc?.VpcId ?? '';
  }

  /** Runs something that may change the state of EC2 only where `allow` looks away. */
  async changingNothingBut<T>(allow: (state: Ec2State) => void, run: () => Promise<T>): Promise<T> {
    await this.twin.clock.settle();
    const before = this.state;
    const result = await run();
    await this.twin.clock.settle();
    const after = this.state;
    for (const state of [before, after]) allow(state);
    expect(after).toEqual(before);
    return result;
  }

  /** Launches one instance, which then runs, with whatever the case is about. */
  async instance(input: Partial<RunInstancesCommandInput> = {}): Promise<Instance> {
    const { Instances = [] } = await this.ec2.runInstances({
      ImageId: 'ami-0abcdef1234567890',
      InstanceType: 't3.micro',
      MinCount: 1,
      MaxCount: 1,
      ...input,
    });
    await this.twin.clock.settle();
    return this.described(Instances[0]?.InstanceId ?? '');
  }

  async described(instanceId: string): Promise<Instance> {
    const { Reservations = [] } = await this.ec2.describeInstances({ InstanceIds: [instanceId] });
    return Reservations[0]?.Instances?.[0] ?? {};
  }

  /** Makes a subnet in the first zone of a VPC whose block is 10.0.0.0/16. */
  async subnet(vpcId: string, input: Partial<CreateSubnetCommandInput> = {}): Promise<string> {
    const { Subnet } = await this.ec2.createSubnet({ VpcId: vpcId, CidrBlock: '10.0.1.0/24', ...input });
    return Subnet?.SubnetId ?? '';
  }

  /** Makes a prefix list and waits until it is there. */
  async list(MaxEntries: number, cidrs: readonly string[] = [], AddressFamily = 'IPv4'): Promise<string> {
    const { PrefixList } = await this.ec2.createManagedPrefixList({
      PrefixListName: `list-${unique()}`,
      AddressFamily,
      MaxEntries,
      Entries: cidrs.map((Cidr) => ({ Cidr })),
    });
    await this.twin.clock.advance(1);
    return PrefixList?.PrefixListId ?? '';
  }

  authorize = async (GroupId: string, ...IpPermissions: IpPermission[]) =>
    (await this.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })).SecurityGroupRules ?? [];

  revoke = (GroupId: string, ...IpPermissions: IpPermission[]) =>
    this.ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions });

  /** A group's rules of one direction, in short: `tcp 22-22 0.0.0.0/0`. */
  async rules(groupId: string, isEgress = false): Promise<string[]> {
    const { SecurityGroupRules = [] } = await this.ec2.describeSecurityGroupRules({
      Filters: [{ Name: 'group-id', Values: [groupId] }],
    });
    return SecurityGroupRules.filter((rule) => rule.IsEgress === isEgress).map((rule) => {
      const { IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo } = rule;
      return `${IpProtocol} ${FromPort}-${ToPort} ${CidrIpv4 ?? CidrIpv6 ?? PrefixListId ?? ReferencedGroupInfo?.GroupId}`;
    });
  }
}

/** Like `structuredClone`, whose maps are of another realm than those of tests. */
function copy<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, copy(inner)])) as T;
  if (Array.isArray(value)) return value.map(copy) as T;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)])) as T;
}

let count = 0;
const unique = (): number => {
  count += 1;
  return count;
};

export async function failureOf(call: Promise<unknown>): Promise<EC2ServiceException> {
  const error: unknown = await call.then(
    () => new Error('the call did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof EC2ServiceException) return error;
  throw error;
}

/** One permission of a protocol with ports, for peers written as `0.0.0.0/0`, `::/0`, `sg-…` or `pl-…`. */
export function permit(
  protocol: string,
  ports: readonly [number, number] | undefined,
  ...peers: string[]
): IpPermission {
  const those = (test: (peer: string) => boolean) => peers.filter(test);
  const isId = (peer: string) => /^(sg|pl)-/.test(peer);
  return {
    IpProtocol: protocol,
    ...(ports && { FromPort: ports[0], ToPort: ports[1] }),
    IpRanges: those((peer) => !isId(peer) && !peer.includes(':')).map((CidrIp) => ({ CidrIp })),
    Ipv6Ranges: those((peer) => !isId(peer) && peer.includes(':')).map((CidrIpv6) => ({ CidrIpv6 })),
    UserIdGroupPairs: those((peer) => peer.startsWith('sg-')).map((GroupId) => ({ GroupId })),
    PrefixListIds: those((peer) => peer.startsWith('pl-')).map((PrefixListId) => ({ PrefixListId })),
  };
}

export const tcp = (port: number, ...peers: string[]): IpPermission => permit('tcp', [port, port], ...peers);
