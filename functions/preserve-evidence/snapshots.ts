import { CreateSnapshotsCommand, DescribeSnapshotsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { asError } from '../core/errors';
import { INCIDENT_TAG } from '../incident/instance';
import { everyPage } from '../incident/pages';

/** What became of an instance's disks. */
export interface Snapshots {
  readonly ids: readonly string[];
  /** Why there are none. */
  readonly note?: string;
}

/**
 * Takes snapshots of all volumes of an instance at one moment, unless this incident has some of each already: the call has no token by which a repeat would be
 * known, so they are found by their tag. Anybody may have written that: one of some volume does not count for the others. What EC2 refuses is no reason to leave the instance connected: people are told.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
 */
export async function takeSnapshots(
  ec2: EC2Client,
  {
    instanceId,
    volumeIds,
    incidentId,
    since = '',
  }: {
    readonly instanceId: string;
    readonly volumeIds: readonly string[];
    readonly incidentId: string;
    /** ISO 8601. Older ones are of the incident as it was before a person closed it. */
    readonly since?: string;
  },
): Promise<Snapshots> {
  if (volumeIds.length === 0)
    return { ids: [], note: `${instanceId} has no volumes that snapshots could be taken of.` };
  try {
    const all = await everyPage(async (NextToken) => {
      const { Snapshots: items, NextToken: next } = await ec2.send(
        new DescribeSnapshotsCommand({
          OwnerIds: ['self'],
          Filters: [
            { Name: `tag:${INCIDENT_TAG}`, Values: [incidentId] },
            { Name: 'volume-id', Values: [...volumeIds] },
          ],
          ...(NextToken && { NextToken }),
        }),
      );
      return { items, next };
    });
    const before = all.filter(({ StartTime }) => (StartTime?.toISOString() ?? '') >= since);
    const good = before.filter(({ State }) => State !== 'error');
    if (volumeIds.every((id) => good.some(({ VolumeId }) => VolumeId === id))) return { ids: idsOf(good) };
    const { Snapshots = [] } = await ec2.send(
      new CreateSnapshotsCommand({
        InstanceSpecification: { InstanceId: instanceId },
        Description: `Suture: evidence of incident ${incidentId}`,
        CopyTagsFromSource: 'volume',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: INCIDENT_TAG, Value: incidentId }] }],
      }),
    );
    return { ids: idsOf(Snapshots) };
  } catch (error) {
    return { ids: [], note: `No snapshots of ${instanceId} could be taken: ${asError(error).name}.` };
  }
}

const idsOf = (snapshots: readonly { readonly SnapshotId?: string | undefined }[]): string[] =>
  snapshots.flatMap(({ SnapshotId }) => SnapshotId ?? []).sort();
