import type { EbsBlockDevice, Volume as VolumeView } from '@aws-sdk/client-ec2';
import type { Twin } from '../../../twin';
import { listing } from '../listing';
import { instanceOf, snapshotOf, volumeOf } from '../lookups';
import { type Ec2Call, type Ec2Operations, type Ec2State, error, missingParameter } from '../state';
import { setTags, tagList, tagsAtCreation } from '../tags';
import { zonesOf } from '../zones';
import type { Volume } from './state';

/** Of images, where no request says otherwise. */
const ROOT_GIBIBYTES = 8;

/** A volume that is not there yet. @throws AwsError for a snapshot that is not there. */
export function draftVolume(
  { state, twin }: { state: Ec2State; twin: Twin },
  zone: string,
  { SnapshotId, VolumeSize, VolumeType = 'gp3', Encrypted = false, KmsKeyId }: EbsBlockDevice,
): Volume {
  const source = SnapshotId === undefined ? undefined : snapshotOf(state, SnapshotId);
  const gibibytes = VolumeSize ?? source?.gibibytes ?? ROOT_GIBIBYTES;
  if (source && gibibytes < source.gibibytes)
    throw error(
      'InvalidParameterValue',
      `Volume of size ${gibibytes}GB is smaller than snapshot '${source.id}', expect size >= ${source.gibibytes}GB`,
    );
  const keyId = KmsKeyId ?? source?.keyId;
  return {
    id: `vol-${twin.hex(17)}`,
    zone,
    type: VolumeType,
    gibibytes,
    encrypted: Encrypted || source?.encrypted === true || KmsKeyId !== undefined,
    ...(keyId !== undefined && { keyId }),
    ...(source && { snapshotId: source.id }),
    created: twin.clock.now(),
  };
}

/** An instance's volumes, in the order in which they were attached. */
export const volumesAt = ({ volumes }: Ec2State, instanceId: string): Volume[] =>
  [...volumes.values()].filter(({ attachment }) => attachment?.instanceId === instanceId);

export function removeVolume(state: Ec2State, { id }: Volume): void {
  state.volumes.delete(id);
  state.tags.delete(id);
}

const attachmentsOf = ({ id, attachment }: Volume): NonNullable<VolumeView['Attachments']> =>
  attachment
    ? [
        {
          VolumeId: id,
          InstanceId: attachment.instanceId,
          Device: attachment.device,
          State: 'attached',
          AttachTime: attachment.attached,
          DeleteOnTermination: attachment.deleteOnTermination,
        },
      ]
    : [];

const describe = ({ state, region }: Ec2Call, volume: Volume): VolumeView => ({
  VolumeId: volume.id,
  Size: volume.gibibytes,
  VolumeType: volume.type as NonNullable<VolumeView['VolumeType']>,
  AvailabilityZone: volume.zone,
  AvailabilityZoneId: zonesOf(region).find(({ name }) => name === volume.zone)?.id,
  State: volume.attachment ? 'in-use' : 'available',
  CreateTime: volume.created,
  Encrypted: volume.encrypted,
  MultiAttachEnabled: false,
  ...(volume.keyId !== undefined && { KmsKeyId: volume.keyId }),
  SnapshotId: volume.snapshotId ?? '',
  Attachments: attachmentsOf(volume),
  Tags: tagList(state, volume.id),
});

export const volumeOperations: Ec2Operations = {
  CreateVolume({ AvailabilityZone, Size, TagSpecifications, ...settings }, call) {
    const { state, region } = call;
    if (AvailabilityZone === undefined) throw missingParameter('AvailabilityZone');
    if (Size === undefined && settings.SnapshotId === undefined) throw missingParameter('size', 'snapshot');
    if (!zonesOf(region).some(({ name }) => name === AvailabilityZone))
      throw error('InvalidZone.NotFound', `The zone '${AvailabilityZone}' does not exist.`);
    const tags = tagsAtCreation('volume', TagSpecifications);
    const { SnapshotId, VolumeType = 'gp2', Encrypted, KmsKeyId } = settings;
    const made = draftVolume(call, AvailabilityZone, { SnapshotId, VolumeSize: Size, VolumeType, Encrypted, KmsKeyId });
    state.volumes.set(made.id, made);
    setTags(state, made.id, tags);
    return describe(call, made);
  },

  DeleteVolume({ VolumeId }, { state }) {
    const volume = volumeOf(state, VolumeId);
    if (volume.attachment)
      throw error('VolumeInUse', `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`);
    removeVolume(state, volume);
    return {};
  },

  AttachVolume({ VolumeId, InstanceId, Device }, call) {
    const { state, twin } = call;
    const volume = volumeOf(state, VolumeId);
    const instance = instanceOf(state, InstanceId);
    if (Device === undefined) throw missingParameter('device');
    if (volume.attachment) throw error('VolumeInUse', `${volume.id} is already attached to an instance`);
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw error('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
    if (volume.zone !== instance.zone)
      throw error(
        'InvalidVolume.ZoneMismatch',
        `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
      );
    if (volumesAt(state, instance.id).some(({ attachment }) => attachment?.device === Device))
      throw error(
        'InvalidParameterValue',
        `Invalid value '${Device}' for unixDevice. Attachment point ${Device} is already in use`,
      );
    volume.attachment = {
      instanceId: instance.id,
      device: Device,
      attached: twin.clock.now(),
      deleteOnTermination: false,
    };
    return { ...attachmentsOf(volume)[0], State: 'attaching' };
  },

  DetachVolume({ VolumeId }, { state }) {
    const volume = volumeOf(state, VolumeId);
    const [attachment] = attachmentsOf(volume);
    if (!attachment) throw error('IncorrectState', `Volume '${volume.id}' is in the 'available' state.`);
    delete volume.attachment;
    return { ...attachment, State: 'detaching' };
  },

  DescribeVolumes(request, call) {
    const { VolumeIds = [] } = request;
    const { state } = call;
    const wanted = VolumeIds.length > 0 ? VolumeIds.map((id) => volumeOf(state, id)) : [...state.volumes.values()];
    const { items, next } = listing(wanted, request, {
      filters: {
        'volume-id': ({ id }) => id,
        'attachment.instance-id': ({ attachment }) => [attachment?.instanceId],
        'attachment.device': ({ attachment }) => [attachment?.device],
        'attachment.status': ({ attachment }) => [attachment && 'attached'],
        'attachment.delete-on-termination': ({ attachment }) => [attachment && String(attachment.deleteOnTermination)],
        'availability-zone': ({ zone }) => zone,
        encrypted: ({ encrypted }) => String(encrypted),
        size: ({ gibibytes }) => String(gibibytes),
        'snapshot-id': ({ snapshotId }) => [snapshotId],
        status: ({ attachment }) => (attachment ? 'in-use' : 'available'),
        'volume-type': ({ type }) => type,
      },
      tags: ({ id }) => state.tags.get(id),
    });
    return { Volumes: items.map((volume) => describe(call, volume)), ...next };
  },
};
