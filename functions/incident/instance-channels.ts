import type { Policy } from '../core/policy';
import type { Channel } from './channel';
import {
  changeable,
  type Families,
  type Instance,
  isDenied,
  isTrackedShortly,
  type NetworkInterface,
  quarantineOf,
  whyShared,
} from './instance';
import { cutoffIn } from './revocation';

/** What is known beside the instance itself. */
export interface ChannelOptions {
  /** Whether a DNS Firewall keeps its names from being resolved. @default false */
  readonly dnsClosed?: boolean;
}

type Status = Channel['status'];

/**
 * The ways by which an instance can still act, or be reached, as it is now.
 *
 * | channel                     | closed                                          | open                          | unknown                  |
 * | --------------------------- | ----------------------------------------------- | ----------------------------- | ------------------------ |
 * | IPv4, IPv6                  | every interface behind an empty group alone     | one is not                    |                          |
 * | managed interfaces          | (there are none: not listed)                    | only a service can change one |                          |
 * | tracked connections         |                                                 | in five days (not Nitro)      | idle ones end in a minute|
 * | always tracked connections  |                                                 |                               | always                   |
 * | DNS                         | a DNS Firewall keeps names from it              | else                          |                          |
 * | metadata service            | off                                             | on                            |                          |
 * | elastic addresses           | none                                            | some                          |                          |
 * | public IPv4 address         | none, or behind the empty group                 | else                          |                          |
 * | IPv6 addresses              | none, or such that stay, behind the empty group | else                          |                          |
 * | new role sessions           | no profile, or the quarantine's                 | a profile                     |                          |
 * | older role sessions         | denied, or it had no role                       | not denied                    | role not known, not read |
 * | Auto Scaling                | in no group                                     | in one                        | not read                 |
 * | load balancers              | target of none, or draining                     | a target                      | not read                 |
 * | classic load balancers      |                                                 |                               | always: not looked at    |
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html for what security groups do not filter
 */
export function channelsOf(instance: Instance, policy: Policy, { dnsClosed = false }: ChannelOptions = {}): Channel[] {
  return [
    family('IPv4', 'ipv4', instance),
    family('IPv6', 'ipv6', instance),
    ...managed(instance),
    tracked(instance),
    channel(
      'always tracked connections',
      'unknown',
      'Connections through NAT gateways, Network Load Balancers or interface endpoints are always tracked: a busy one may go on.',
    ),
    dnsClosed
      ? channel('DNS', 'closed', 'A DNS Firewall keeps names from it.')
      : channel(
          'DNS',
          'open',
          "Security groups do not filter the VPC's resolver: names, and tunnels through them, still work.",
        ),
    metadata(instance),
    elastic(instance),
    publicAddress(instance),
    ipv6Addresses(instance),
    newSessions(instance),
    olderSessions(instance, policy),
    autoScaling(instance),
    loadBalancers(instance),
    channel(
      'classic load balancers',
      'unknown',
      'Classic Load Balancers were not looked at; they do not reach what is cut off.',
    ),
  ];
}

const channel = (name: string, status: Status, detail: string): Channel => ({ channel: name, status, detail });

/** Behind an empty group alone, as far as one family of addresses goes. */
function isClosed(instance: Instance, { vpcId, groups }: NetworkInterface, of: keyof Families): boolean {
  const group = quarantineOf(instance, vpcId);
  return (
    group?.groupId !== undefined &&
    group.ingress[of] + group.egress[of] === 0 &&
    groups.length === 1 &&
    groups[0] === group.groupId
  );
}

const isCut = (instance: Instance, one: NetworkInterface): boolean =>
  isClosed(instance, one, 'ipv4') && isClosed(instance, one, 'ipv6');

/** A few, by their ids. */
const NAMED = 4;
const few = (texts: readonly string[]): string =>
  texts.length > NAMED ? `${texts.slice(0, NAMED).join(', ')} and ${texts.length - NAMED} more` : texts.join(', ');

function family(name: string, of: keyof Families, instance: Instance): Channel {
  const own = changeable(instance);
  const open = own.filter((one) => !isClosed(instance, one, of)).map(({ id }) => id);
  if (open.length > 0)
    return channel(
      name,
      'open',
      `${few(open)} ${open.length === 1 ? 'is' : 'are'} not behind an empty security group alone.`,
    );
  return own.length === 0
    ? channel(name, 'closed', 'It has no network interface of its own.')
    : channel(
        name,
        'closed',
        `No new connection passes ${own.length === 1 ? 'its interface' : `its ${own.length} interfaces`}.`,
      );
}

function managed({ interfaces }: Instance): Channel[] {
  const others = interfaces.filter(({ managedBy }) => managedBy !== undefined);
  if (others.length === 0) return [];
  const names = few(others.map(({ id, managedBy }) => `${id} (${managedBy})`));
  return [
    channel(
      'managed interfaces',
      'open',
      `${names} belongs to a service that alone can change it: look at its groups there.`,
    ),
  ];
}

function tracked(instance: Instance): Channel {
  const name = 'tracked connections';
  const own = changeable(instance);
  if (own.length > 0 && own.every(isTrackedShortly))
    return channel(
      name,
      'unknown',
      'Connections from before end when idle for 60 seconds; one that is kept busy goes on until the instance stops.',
    );
  return instance.nitro
    ? channel(name, 'open', 'Connections from before go on: their idle timeout was not lowered on every interface.')
    : channel(
        name,
        'open',
        'Connections from before go on, idle ones for up to five days: this instance type lets no timeout be set. Stop it, or deny them by a network ACL.',
      );
}

const metadata = ({ metadataEndpoint }: Instance): Channel =>
  metadataEndpoint === 'disabled'
    ? channel('metadata service', 'closed', 'The metadata service answers nothing.')
    : channel('metadata service', 'open', 'The metadata service still gives out credentials and user data.');

function elastic(instance: Instance): Channel {
  const addresses = instance.interfaces.flatMap((one) => one.elastic.map(({ publicIp }) => publicIp));
  return addresses.length === 0
    ? channel('elastic addresses', 'closed', 'It has no elastic address.')
    : channel('elastic addresses', 'open', `It still has ${few(addresses)}.`);
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html#concepts-public-addresses */
function publicAddress(instance: Instance): Channel {
  const name = 'public IPv4 address';
  const holders = instance.interfaces.filter(({ publicIp }) => publicIp !== undefined);
  const addresses = few(holders.flatMap(({ publicIp }) => publicIp ?? []));
  if (holders.length === 0) return channel(name, 'closed', 'AWS gave it no public address.');
  return holders.every((one) => isCut(instance, one))
    ? channel(
        name,
        'closed',
        `${addresses} stays until the instance stops; behind the empty security group it reaches nothing.`,
      )
    : channel(name, 'open', `${addresses} stays until the instance stops, and is not behind an empty security group.`);
}

function ipv6Addresses(instance: Instance): Channel {
  const name = 'IPv6 addresses';
  const holders = instance.interfaces.filter(({ ipv6, fixedIpv6 }) => ipv6.length + fixedIpv6.length > 0);
  const addresses = holders.flatMap(({ ipv6, fixedIpv6 }) => [...ipv6, ...fixedIpv6]);
  if (holders.length === 0) return channel(name, 'closed', 'It has no IPv6 address.');
  const stay = holders.every((one) => one.ipv6.length === 0 && isCut(instance, one));
  return stay
    ? channel(
        name,
        'closed',
        `${few(addresses)} cannot be taken away; behind the empty security group it reaches nothing.`,
      )
    : channel(name, 'open', `It still has ${few(addresses)}.`);
}

const newSessions = ({ profile, wearsQuarantine }: Instance): Channel =>
  profile && !wearsQuarantine
    ? channel('new role sessions', 'open', `It still wears the instance profile ${profile.name}.`)
    : channel(
        'new role sessions',
        'closed',
        profile ? 'It wears a profile that may do nothing.' : 'It wears no instance profile.',
      );

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html */
function olderSessions(instance: Instance, policy: Policy): Channel {
  const name = 'older role sessions';
  const { role, roleKnown, unread } = instance;
  if (unread.some(({ part }) => part === 'role'))
    return channel(name, 'unknown', 'Its role could not be read: sessions from before may still work.');
  if (!roleKnown)
    return channel(name, 'unknown', 'It wore the quarantine profile before: what role it had is not known here.');
  if (!role) return channel(name, 'closed', 'It had no role.');
  if (isDenied(instance))
    return channel(
      name,
      'closed',
      `Sessions of ${role.name} from before ${cutoffIn(role.revocation)} are denied everything, within a few minutes.`,
    );
  const why = whyShared(role, policy);
  return why === undefined
    ? channel(name, 'open', `Sessions of ${role.name} from before still work.`)
    : channel(name, 'open', `Sessions of ${role.name} from before still work, and were left alone: ${why}.`);
}

function autoScaling({ autoScalingGroup, unread }: Instance): Channel {
  const name = 'Auto Scaling';
  if (unread.some(({ part }) => part === 'auto scaling'))
    return channel(name, 'unknown', 'Auto Scaling could not be read: a group may terminate the instance as unhealthy.');
  return autoScalingGroup === undefined
    ? channel(name, 'closed', 'It is in no Auto Scaling group.')
    : channel(name, 'open', `${autoScalingGroup} may terminate the instance as unhealthy.`);
}

function loadBalancers({ targets, unread }: Instance): Channel {
  const name = 'load balancers';
  if (unread.some(({ part }) => part === 'load balancers'))
    return channel(name, 'unknown', 'Target groups could not be read: a load balancer may still send requests to it.');
  const served = targets.filter(({ health }) => health !== 'draining');
  if (served.length > 0)
    return channel(
      name,
      'open',
      `It is still a target of ${few(served.map(({ targetGroupArn }) => targetName(targetGroupArn)))}.`,
    );
  return channel(
    name,
    'closed',
    targets.length > 0 ? 'It gets no new requests, and drains.' : 'It is a target of no load balancer.',
  );
}

/** `arn:aws:elasticloadbalancing:…:targetgroup/web/0123456789abcdef` is `web`. */
const targetName = (arn: string): string => arn.split('/')[1] ?? arn;
