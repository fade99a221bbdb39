import type { Snapshot as SnapshotView } from '@aws-sdk/client-ec2';
import { listing } from '../listing';
import { instanceOf, snapshotOf, volumeOf } from '../lookups';
import { type Ec2Call, type Ec2Operations, error } from '../state';
import { setTags, tagList, tagsAtCreation } from '../tags';
import type { Snapshot, Volume } from './state';
import { volumesAt } from './volumes';

/** How long a snapshot is pending, in virtual time. AWS takes minutes to hours, by how much there is. */
const PENDING_MS = 60_000;

/** A snapshot of a volume as it is now; it is whole a while later. */
function takeSnapshot({ state, twin }: Ec2Call, volume: Volume, description: string): Snapshot {
  const snapshot: Snapshot = {
    id: `snap-${twin.hex(17)}`,
    volumeId: volume.id,
    gibibytes: volume.gibibytes,
    encrypted: volume.encrypted,
    ...(volume.keyId !== undefined && { keyId: volume.keyId }),
    description,
    started: twin.clock.now(),
    state: 'pending',
    sharedWith: new Set(),
  };
  state.snapshots.set(snapshot.id, snapshot);
  twin.clock.after(PENDING_MS, () => {
    snapshot.state = 'completed';
  });
  return snapshot;
}

const describe = ({ state, account }: Ec2Call, snapshot: Snapshot): SnapshotView => ({
  SnapshotId: snapshot.id,
  VolumeId: snapshot.volumeId,
  VolumeSize: snapshot.gibibytes,
  State: snapshot.state,
  Progress: snapshot.state === 'completed' ? '100%' : '0%',
  StartTime: snapshot.started,
  OwnerId: account,
  Description: snapshot.description,
  Encrypted: snapshot.encrypted,
  ...(snapshot.keyId !== undefined && { KmsKeyId: snapshot.keyId }),
  StorageTier: 'standard',
  Tags: tagList(state, snapshot.id),
});

/** `self` is the caller's account. Snapshots of other accounts are not here. */
const isOwner = (account: string, id: string): boolean => id === 'self' || id === account;

export const snapshotOperations: Ec2Operations = {
  CreateSnapshot({ VolumeId, Description = '', TagSpecifications }, call) {
    const volume = volumeOf(call.state, VolumeId);
    const tags = tagsAtCreation('snapshot', TagSpecifications);
    const snapshot = takeSnapshot(call, volume, Description);
    setTags(call.state, snapshot.id, tags);
    return describe(call, snapshot);
  },

  /**
   * Of all volumes of an instance at one moment. A volume's own tags, where they are copied, give way to those of the request.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshots.html
   */
  CreateSnapshots({ InstanceSpecification, Description = '', TagSpecifications, CopyTagsFromSource }, call) {
    const { state, account } = call;
    const { ExcludeBootVolume = false, ExcludeDataVolumeIds = [] } = InstanceSpecification ?? {};
    const { id, rootDevice } = instanceOf(state, InstanceSpecification?.InstanceId);
    const attached = volumesAt(state, id);
    const isBoot = ({ attachment }: Volume) => attachment?.device === rootDevice;
    const unknown = ExcludeDataVolumeIds.find(
      (excluded) => !attached.some((volume) => volume.id === excluded && !isBoot(volume)),
    );
    if (unknown !== undefined)
      throw error('InvalidParameterValue', `The volume '${unknown}' is not a data volume of instance '${id}'.`);
    const wanted = attached.filter(
      (volume) => !(ExcludeBootVolume && isBoot(volume)) && !ExcludeDataVolumeIds.includes(volume.id),
    );
    if (wanted.length === 0)
      throw error('InvalidParameterValue', `There are no volumes of instance '${id}' to make snapshots of.`);
    const tags = tagsAtCreation('snapshot', TagSpecifications);
    const made = wanted.map((volume) => {
      const snapshot = takeSnapshot(call, volume, Description);
      const copied = CopyTagsFromSource === 'volume' ? (state.tags.get(volume.id) ?? []) : [];
      setTags(state, snapshot.id, new Map([...copied, ...tags]));
      return snapshot;
    });
    return {
      Snapshots: made.map((snapshot) => ({
        SnapshotId: snapshot.id,
        VolumeId: snapshot.volumeId,
        VolumeSize: snapshot.gibibytes,
        State: snapshot.state,
        Progress: '',
        StartTime: snapshot.started,
        OwnerId: account,
        Description,
        Encrypted: snapshot.encrypted,
        Tags: tagList(state, snapshot.id),
      })),
    };
  },

  DeleteSnapshot({ SnapshotId }, { state }) {
    const { id } = snapshotOf(state, SnapshotId);
    state.snapshots.delete(id);
    state.tags.delete(id);
    return {};
  },

  DescribeSnapshots(request, call) {
    const { SnapshotIds = [], OwnerIds = [], RestorableByUserIds = [] } = request;
    const { state, account } = call;
    const named =
      SnapshotIds.length > 0 ? SnapshotIds.map((id) => snapshotOf(state, id)) : [...state.snapshots.values()];
    const mayRestore = ({ sharedWith }: Snapshot) =>
      RestorableByUserIds.some((id) => isOwner(account, id) || sharedWith.has(id));
    const wanted = named
      .filter(() => OwnerIds.length === 0 || OwnerIds.some((id) => isOwner(account, id)))
      .filter((snapshot) => RestorableByUserIds.length === 0 || mayRestore(snapshot));
    const { items, next } = listing(wanted, request, {
      filters: {
        'snapshot-id': ({ id }) => id,
        'volume-id': ({ volumeId }) => volumeId,
        'volume-size': ({ gibibytes }) => String(gibibytes),
        description: ({ description }) => description,
        encrypted: ({ encrypted }) => String(encrypted),
        'owner-id': () => account,
        status: (snapshot) => snapshot.state,
        progress: (snapshot) => (snapshot.state === 'completed' ? '100%' : '0%'),
      },
      tags: ({ id }) => state.tags.get(id),
    });
    return { Snapshots: items.map((snapshot) => describe(call, snapshot)), ...next };
  },

  DescribeSnapshotAttribute({ SnapshotId, Attribute }, { state }) {
    const { id, sharedWith } = snapshotOf(state, SnapshotId);
    if (Attribute === 'productCodes') return { SnapshotId: id, ProductCodes: [] };
    return {
      SnapshotId: id,
      CreateVolumePermissions: [...sharedWith].map((one) => (one === 'all' ? { Group: 'all' } : { UserId: one })),
    };
  },

  /** An encrypted snapshot cannot be public, nor can one under the default key be shared. @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html */
  ModifySnapshotAttribute(request, { state }) {
    const { SnapshotId, CreateVolumePermission, OperationType, GroupNames = [], UserIds = [] } = request;
    const { encrypted, keyId, sharedWith } = snapshotOf(state, SnapshotId);
    const named = (permissions: readonly { Group?: string | undefined; UserId?: string | undefined }[] = []) =>
      permissions.map(({ Group, UserId }) => Group ?? UserId ?? '');
    const flat = [...GroupNames, ...UserIds];
    const added = [...named(CreateVolumePermission?.Add), ...(OperationType === 'add' ? flat : [])];
    const removed = [...named(CreateVolumePermission?.Remove), ...(OperationType === 'remove' ? flat : [])];
    if (added.length + removed.length === 0) throw error('InvalidParameterCombination', 'No attributes specified.');
    const wrong = [...added, ...removed].find((one) => one !== 'all' && !/^\d{12}$/.test(one));
    if (wrong !== undefined) throw error('InvalidParameterValue', `Invalid user id: "${wrong}"`);
    if (encrypted && added.includes('all'))
      throw error('OperationNotPermitted', 'Encrypted snapshots may not be shared publicly');
    if (encrypted && keyId === undefined && added.length > 0)
      throw error('InvalidParameter', 'Encrypted snapshots with EBS default key cannot be shared');
    for (const one of removed) sharedWith.delete(one);
    for (const one of added) sharedWith.add(one);
    return {};
  },
};
