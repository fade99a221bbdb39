import type { Call } from '../../service';
import { error, missingParameter } from './state';

interface Kind {
  /** Of ids, before the first hyphen. */
  readonly prefix: string;
  /** EC2 has a code of its own for each kind. */
  readonly notFound: string;
  readonly malformed: string;
  /** How messages name one. */
  readonly noun: string;
}

/** Resources by their names in ARNs and tags. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const KINDS = {
  'security-group': {
    prefix: 'sg',
    notFound: 'InvalidGroup.NotFound',
    malformed: 'InvalidGroupId.Malformed',
    noun: 'security group',
  },
  'security-group-rule': {
    prefix: 'sgr',
    notFound: 'InvalidSecurityGroupRuleId.NotFound',
    malformed: 'InvalidSecurityGroupRuleId.Malformed',
    noun: 'security group rule ID',
  },
  'prefix-list': {
    prefix: 'pl',
    notFound: 'InvalidPrefixListID.NotFound',
    malformed: 'InvalidPrefixListId.Malformed',
    noun: 'prefix list ID',
  },
  vpc: { prefix: 'vpc', notFound: 'InvalidVpcID.NotFound', malformed: 'InvalidVpcID.Malformed', noun: 'vpc ID' },
  subnet: {
    prefix: 'subnet',
    notFound: 'InvalidSubnetID.NotFound',
    malformed: 'InvalidSubnetID.Malformed',
    noun: 'subnet ID',
  },
  instance: {
    prefix: 'i',
    notFound: 'InvalidInstanceID.NotFound',
    malformed: 'InvalidInstanceID.Malformed',
    noun: 'instance ID',
  },
  'network-interface': {
    prefix: 'eni',
    notFound: 'InvalidNetworkInterfaceID.NotFound',
    malformed: 'InvalidNetworkInterfaceId.Malformed',
    noun: 'networkInterface ID',
  },
  'elastic-ip': {
    prefix: 'eipalloc',
    notFound: 'InvalidAllocationID.NotFound',
    malformed: 'InvalidAllocationID.Malformed',
    noun: 'allocation ID',
  },
  volume: {
    prefix: 'vol',
    notFound: 'InvalidVolume.NotFound',
    malformed: 'InvalidVolumeID.Malformed',
    noun: 'volume',
  },
  snapshot: {
    prefix: 'snap',
    notFound: 'InvalidSnapshot.NotFound',
    malformed: 'InvalidSnapshotID.Malformed',
    noun: 'snapshot',
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;

const names = new Map<string, KindName>(Object.entries(KINDS).map(([name, { prefix }]) => [prefix, name as KindName]));

/** What the ARN of a resource says after the service. Snapshots have no account. @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
export function arnOf({ arn, account }: Pick<Call<unknown>, 'arn' | 'account'>, id: string): string {
  const own = arn(`${kindOf(id) ?? '*'}/${id}`);
  return kindOf(id) === 'snapshot' ? own.replace(`:${account}:`, '::') : own;
}

/** What kind of resource an id stands for. */
export const kindOf = (id: string): KindName | undefined => names.get(id.split('-')[0] ?? '');

/** @throws AwsError for what is no id of its kind. */
export function checkId(kind: KindName, id: string): string {
  const { prefix, malformed } = KINDS[kind];
  if (!id.startsWith(`${prefix}-`) || !/^[0-9a-f]+$/.test(id.slice(prefix.length + 1)))
    throw error(malformed, `Invalid id: "${id}" (expecting "${prefix}-...")`);
  return id;
}

/**
 * The resource that an id stands for.
 *
 * @param parameter where the request names it
 * @throws AwsError if there is no id, or it is malformed, or nothing has it.
 */
export function lookUp<T>(
  kind: KindName,
  id: string | undefined,
  parameter: string,
  find: (id: string) => T | undefined,
): T {
  if (id === undefined) throw missingParameter(parameter);
  const found = find(checkId(kind, id));
  if (found === undefined) {
    const { notFound, noun } = KINDS[kind];
    throw error(notFound, `The ${noun} '${id}' does not exist`);
  }
  return found;
}
