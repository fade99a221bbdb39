import type { IpPermission } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import { once } from '../core/once';
import { parseEvent } from '../core/schema';
import { protocolName } from './planner';
import type { IngressRule, Source } from './security-group';

// Permissions as DescribeSecurityGroups and Config list them: one for each protocol and port range, with all of its sources, and
// without rule ids. Enough to judge a group; to change it, its rules are read one by one (adapter.ts).

const list = <Schema extends z.ZodMiniType>(of: Schema) => z.nullish(z.array(of));
/** As Config writes it. Descriptions do not matter to a verdict. */
const RecordedGroup = once(() =>
  z.looseObject({
    groupName: z.string(),
    vpcId: z.nullish(z.string()),
    ipPermissions: list(
      z.looseObject({
        ipProtocol: z.string(),
        fromPort: z.nullish(z.int()),
        toPort: z.nullish(z.int()),
        // `ipRanges` has the same blocks as texts; older items have only these.
        ipv4Ranges: list(z.looseObject({ cidrIp: z.string() })),
        ipRanges: list(z.string()),
        ipv6Ranges: list(z.looseObject({ cidrIpv6: z.string() })),
        prefixListIds: list(z.looseObject({ prefixListId: z.string() })),
        userIdGroupPairs: list(z.looseObject({ groupId: z.nullish(z.string()), userId: z.nullish(z.string()) })),
      }),
    ),
  }),
);

/** What a configuration item says of a group. */
export interface RecordedGroup {
  readonly groupName: string;
  readonly vpcId?: string;
  readonly ingress: readonly IngressRule[];
}

/**
 * Reads a group's `configuration`: an object in events, a JSON text where the API answers it.
 *
 * @throws InvalidEventError for anything else.
 */
export function recordedGroup(configuration: unknown): RecordedGroup {
  const value: unknown = typeof configuration === 'string' ? JSON.parse(configuration) : configuration;
  const { groupName, vpcId, ipPermissions } = parseEvent(RecordedGroup(), value);
  const ingress = (ipPermissions ?? []).flatMap((permission) =>
    rows(permission.ipProtocol, permission.fromPort, permission.toPort, [
      ...(permission.ipv4Ranges?.map(({ cidrIp }) => cidrIp) ?? permission.ipRanges ?? []).map((cidrIpv4) => ({
        cidrIpv4,
      })),
      ...(permission.ipv6Ranges ?? []).map(({ cidrIpv6 }) => ({ cidrIpv6 })),
      ...(permission.prefixListIds ?? []).map(({ prefixListId }) => ({ prefixListId })),
      ...(permission.userIdGroupPairs ?? []).map(({ groupId, userId }) => groupSource(groupId, userId)),
    ]),
  );
  return { groupName, ...(vpcId && { vpcId }), ingress };
}

/** The same of what DescribeSecurityGroups answers. */
export const listedIngress = (permissions: readonly IpPermission[] | undefined): IngressRule[] =>
  (permissions ?? []).flatMap(({ IpProtocol, FromPort, ToPort, ...of }) =>
    rows(IpProtocol ?? '', FromPort, ToPort, [
      ...(of.IpRanges ?? []).map(({ CidrIp = '' }) => ({ cidrIpv4: CidrIp })),
      ...(of.Ipv6Ranges ?? []).map(({ CidrIpv6 = '' }) => ({ cidrIpv6: CidrIpv6 })),
      ...(of.PrefixListIds ?? []).map(({ PrefixListId = '' }) => ({ prefixListId: PrefixListId })),
      ...(of.UserIdGroupPairs ?? []).map(({ GroupId, UserId }) => groupSource(GroupId, UserId)),
    ]),
  );

const groupSource = (groupId: string | null | undefined, userId: string | null | undefined): Source => ({
  groupId: groupId ?? '',
  ...(userId && { userId }),
});

/** Protocol -1 has no ports here, and -1 for both in rules. */
const rows = (
  protocol: string,
  fromPort: number | null | undefined,
  toPort: number | null | undefined,
  sources: readonly Source[],
): IngressRule[] =>
  sources.map((source) => ({
    ruleId: '',
    protocol: protocolName(protocol),
    fromPort: fromPort ?? -1,
    toPort: toPort ?? -1,
    source,
    tags: {},
  }));
