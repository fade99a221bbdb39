import { compliantIf, listed, type ManagedRule } from './rule';

/** A permission as Config records it. */
interface Permission {
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly ipRanges: readonly string[];
  readonly ipv6Ranges: readonly { readonly cidrIpv6: string }[];
}

const isWorldOpen = ({ ipRanges, ipv6Ranges }: Permission): boolean =>
  ipRanges.includes('0.0.0.0/0') || ipv6Ranges.some(({ cidrIpv6 }) => cidrIpv6 === '::/0');

type Range = readonly [from: number, to: number];

/** Ports of a protocol that a permission opens. */
function portsOf(
  { ipProtocol, fromPort = 0, toPort = 65_535 }: Permission,
  protocol: 'tcp' | 'udp',
): Range | undefined {
  const number = protocol === 'tcp' ? '6' : '17';
  if (ipProtocol === '-1' || ipProtocol === number) return [0, 65_535];
  return ipProtocol === protocol ? [fromPort, toPort] : undefined;
}

const includes = (range: Range | undefined, port: number): boolean =>
  range !== undefined && range[0] <= port && port <= range[1];

/** `443,1020-1025` */
const rangesIn = (text: string | undefined): Range[] =>
  listed(text).map((part) => {
    const [from, to = from] = part.split('-').map(Number);
    return [from ?? 0, to ?? 0];
  });

/** Whether some ranges, together, have every port of one. */
function covers(allowed: readonly Range[], [from, to]: Range): boolean {
  let next = from;
  for (const [first, last] of [...allowed].sort((a, b) => a[0] - b[0]))
    if (first <= next) next = Math.max(next, last + 1);
  return next > to;
}

const worldOpen = (configuration: { ipPermissions: readonly Permission[] }): Permission[] =>
  configuration.ipPermissions.filter(isWorldOpen);

const ON_GROUPS = { types: ['AWS::EC2::SecurityGroup'], onChange: true } as const;
const BLOCKED_PORTS = ['20', '21', '3389', '3306', '4333'];

/** Managed rules about security groups. */
export const securityGroupRules: Readonly<Record<string, ManagedRule>> = {
  /** @see https://docs.aws.amazon.com/config/latest/developerguide/restricted-ssh.html */
  INCOMING_SSH_DISABLED: {
    ...ON_GROUPS,
    periodic: true,
    parameters: [],
    judge: ({ configuration }) =>
      compliantIf(!worldOpen(configuration).some((permission) => includes(portsOf(permission, 'tcp'), 22))),
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/restricted-common-ports.html */
  RESTRICTED_INCOMING_TRAFFIC: {
    ...ON_GROUPS,
    periodic: true,
    parameters: [...BLOCKED_PORTS.map((_port, index) => `blockedPort${index + 1}`), 'blockedPorts'],
    judge: ({ configuration }, parameters) => {
      const single = BLOCKED_PORTS.map((port, index) => parameters[`blockedPort${index + 1}`] ?? port);
      const blocked = [...single, ...listed(parameters.blockedPorts)].map(Number);
      return compliantIf(
        !worldOpen(configuration).some((permission) => {
          const range = portsOf(permission, 'tcp');
          return blocked.some((port) => includes(range, port));
        }),
      );
    },
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/vpc-sg-open-only-to-authorized-ports.html */
  VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS: {
    ...ON_GROUPS,
    periodic: true,
    parameters: ['authorizedTcpPorts', 'authorizedUdpPorts'],
    judge: ({ configuration }, { authorizedTcpPorts, authorizedUdpPorts }) => {
      const open = worldOpen(configuration);
      if (open.length === 0) return { compliance: 'NOT_APPLICABLE' };
      const allowed = { tcp: rangesIn(authorizedTcpPorts), udp: rangesIn(authorizedUdpPorts) };
      return compliantIf(
        open.every((permission) =>
          (['tcp', 'udp'] as const).every((protocol) => {
            const range = portsOf(permission, protocol);
            return range === undefined || covers(allowed[protocol], range);
          }),
        ),
      );
    },
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/vpc-default-security-group-closed.html */
  VPC_DEFAULT_SECURITY_GROUP_CLOSED: {
    ...ON_GROUPS,
    periodic: false,
    parameters: [],
    judge: ({ name, configuration }) => {
      if (name !== 'default') return { compliance: 'NOT_APPLICABLE' };
      return compliantIf(configuration.ipPermissions.length === 0 && configuration.ipPermissionsEgress.length === 0);
    },
  },
};
