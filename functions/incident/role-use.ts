import { DescribeInstancesCommand, DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { type IAMClient, ListInstanceProfilesForRoleCommand } from '@aws-sdk/client-iam';
import { clientConfig, isCode } from '../core/aws';
import { once } from '../core/once';

/** An instance that wears a role. */
export interface RoleUser {
  /** `i-…` */
  readonly id: string;
  readonly region: string;
}

/** Which instances wear a role. */
export interface RoleUse {
  /** Sorted by Region and id. Those that are stopped count: they come back with the role. */
  readonly instances: readonly RoleUser[];
  /** Regions that could not be read: the role may be in use there. Sorted. */
  readonly unknown: readonly string[];
}

/** EC2, Region by Region. */
export interface RegionalEc2 {
  /** The Region that knows of the others. */
  readonly home: string;
  ec2For(region: string): EC2Client;
}

/** A Region that has not answered by then counts as unknown, so that a decision is made in its time. */
const REGION_MS = 6_000;

/** An instance that has ended, or is about to, needs no role any more. */
const ALIVE = ['pending', 'running', 'stopping', 'stopped'];

/** At most that many values in one filter. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
const FILTER_VALUES = 200;

/** IAM's answer about what is not there: by its code where the bundle leaves the SDK's class of the error out, by its class where it does not. */
export const isNoSuchEntity = (error: unknown): boolean =>
  isCode(error, 'NoSuchEntity') || isCode(error, 'NoSuchEntityException');

/** Undefined for what IAM does not have. */
export async function existing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNoSuchEntity(error)) return undefined;
    throw error;
  }
}

/** One client for each Region, made when it is first asked for. */
export function ec2Clients(home: string): RegionalEc2 {
  const clients = new Map<string, () => EC2Client>();
  return {
    home,
    ec2For: (region) => {
      const client = clients.get(region) ?? once(() => new EC2Client({ ...clientConfig, region }));
      clients.set(region, client);
      return client();
    },
  };
}

/**
 * Which instances wear a role, in any Region that the account has enabled. IAM does not say; the profiles that hold the role lead to them.
 * A role that does not exist is worn by none.
 *
 * @throws whatever keeps the profiles or the list of Regions from being read
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html for what is enabled
 */
export async function roleUse(iam: IAMClient, { home, ec2For }: RegionalEc2, roleName: string): Promise<RoleUse> {
  const profileArns = await profilesOf(iam, roleName);
  if (profileArns.length === 0) return { instances: [], unknown: [] };
  const { Regions = [] } = await ec2For(home).send(new DescribeRegionsCommand({}));
  const regions = Regions.flatMap(({ RegionName }) => (RegionName === undefined ? [] : [RegionName])).sort();
  const answers = await Promise.all(
    regions.map(async (region) => {
      try {
        return { region, ids: await wearersIn(ec2For(region), profileArns) };
      } catch {
        return { region, ids: undefined };
      }
    }),
  );
  return {
    instances: answers.flatMap(({ region, ids = [] }) => [...ids].sort().map((id) => ({ id, region }))),
    unknown: answers.flatMap(({ region, ids }) => (ids ? [] : [region])),
  };
}

/** ARNs of the instance profiles that hold a role: there may be several, each holds one role. */
async function profilesOf(iam: IAMClient, RoleName: string): Promise<string[]> {
  const arns: string[] = [];
  let Marker: string | undefined;
  try {
    do {
      const page = await iam.send(new ListInstanceProfilesForRoleCommand({ RoleName, ...(Marker && { Marker }) }));
      arns.push(...(page.InstanceProfiles ?? []).flatMap(({ Arn }) => (Arn === undefined ? [] : [Arn])));
      Marker = page.IsTruncated ? page.Marker : undefined;
    } while (Marker);
  } catch (error) {
    if (isNoSuchEntity(error)) return [];
    throw error;
  }
  return arns;
}

/** Ids of the instances of one Region. */
async function wearersIn(ec2: EC2Client, profileArns: readonly string[]): Promise<string[]> {
  const abortSignal = AbortSignal.timeout(REGION_MS);
  const ids: string[] = [];
  for (let at = 0; at < profileArns.length; at += FILTER_VALUES) {
    const Filters = [
      { Name: 'iam-instance-profile.arn', Values: profileArns.slice(at, at + FILTER_VALUES) },
      { Name: 'instance-state-name', Values: ALIVE },
    ];
    let NextToken: string | undefined;
    do {
      const page = await ec2.send(new DescribeInstancesCommand({ Filters, ...(NextToken && { NextToken }) }), {
        abortSignal,
      });
      ids.push(
        ...(page.Reservations ?? []).flatMap(({ Instances = [] }) =>
          Instances.flatMap(({ InstanceId }) => (InstanceId === undefined ? [] : [InstanceId])),
        ),
      );
      NextToken = page.NextToken;
    } while (NextToken);
  }
  return ids;
}
