import { ACCOUNT, Ec2Bench } from './support';

let bench: Ec2Bench;
beforeAll(async () => {
  bench = await Ec2Bench.start();
});
afterAll(() => bench.stop());

const OTHER = '444455556666';
const tags = (Value: string) => [{ Key: 'incident', Value }];

describe('snapshots of an instance', () => {
  const twoVolumes = () =>
    bench.instance({
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 3 } }],
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'disk' }, ...tags('old')] }],
    });

  it('are of all its volumes, with the tags of both, and whole after a while', async () => {
    const { InstanceId = '', BlockDeviceMappings = [] } = await twoVolumes();
    const made = await bench.changingNothingBut(
      (state) => {
        state.snapshots.clear();
        for (const id of [...state.tags.keys()]) if (id.startsWith('snap-')) state.tags.delete(id);
      },
      () =>
        bench.ec2.createSnapshots({
          InstanceSpecification: { InstanceId },
          CopyTagsFromSource: 'volume',
          TagSpecifications: [{ ResourceType: 'snapshot', Tags: tags('new') }],
        }),
    );
    expect(made.Snapshots?.map(({ VolumeId, State }) => [VolumeId, State])).toEqual(
      BlockDeviceMappings.map(({ Ebs }) => [Ebs?.VolumeId, 'pending']),
    );
    for (const { Tags } of made.Snapshots ?? []) expect(Tags).toEqual([{ Key: 'Name', Value: 'disk' }, ...tags('new')]);
    const find = async () => {
      const { Snapshots = [] } = await bench.ec2.describeSnapshots({
        OwnerIds: ['self'],
        Filters: [{ Name: 'tag:incident', Values: ['new'] }],
      });
      return Snapshots.map(({ State, Progress }) => [State, Progress]);
    };
    expect(await find()).toEqual(Array(2).fill(['pending', '0%']));
    await bench.twin.clock.advance(60);
    expect(await find()).toEqual(Array(2).fill(['completed', '100%']));
  });

  it('may leave out the boot volume, or others', async () => {
    const { InstanceId = '', BlockDeviceMappings = [] } = await twoVolumes();
    const [boot, data] = BlockDeviceMappings.map(({ Ebs }) => Ebs?.VolumeId ?? '');
    const of = async (without: object) => {
      const { Snapshots } = await bench.ec2.createSnapshots({ InstanceSpecification: { InstanceId, ...without } });
      return Snapshots?.map(({ VolumeId }) => VolumeId);
    };
    expect(await of({ ExcludeBootVolume: true })).toEqual([data]);
    expect(await of({ ExcludeDataVolumeIds: [data] })).toEqual([boot]);
    expect(await bench.refusal(of({ ExcludeDataVolumeIds: [boot] }))).toBe('InvalidParameterValue');
  });
});

describe('sharing a snapshot', () => {
  const snapshotOf = async (Encrypted: boolean) => {
    const { VolumeId } = await bench.ec2.createVolume({ AvailabilityZone: 'eu-west-1a', Size: 1, Encrypted });
    return (await bench.ec2.createSnapshot({ VolumeId })).SnapshotId ?? '';
  };
  const share = (SnapshotId: string, CreateVolumePermission: object) =>
    bench.ec2.modifySnapshotAttribute({ SnapshotId, CreateVolumePermission });
  const sharedWith = async (SnapshotId: string) => {
    const view = await bench.ec2.describeSnapshotAttribute({ SnapshotId, Attribute: 'createVolumePermission' });
    return view.CreateVolumePermissions;
  };

  it('adds and removes accounts, and everybody', async () => {
    const id = await snapshotOf(false);
    await share(id, { Add: [{ Group: 'all' }, { UserId: OTHER }] });
    expect(await sharedWith(id)).toEqual([{ Group: 'all' }, { UserId: OTHER }]);
    const restorable = async () => {
      const { Snapshots = [] } = await bench.ec2.describeSnapshots({
        OwnerIds: [ACCOUNT],
        RestorableByUserIds: ['all'],
      });
      return Snapshots.map(({ SnapshotId }) => SnapshotId);
    };
    expect(await restorable()).toEqual([id]);
    await bench.ec2.modifySnapshotAttribute({
      SnapshotId: id,
      Attribute: 'createVolumePermission',
      OperationType: 'remove',
      GroupNames: ['all'],
    });
    expect(await sharedWith(id)).toEqual([{ UserId: OTHER }]);
    expect(await restorable()).toEqual([]);
  });

  it('is refused for what is encrypted under the default key', async () => {
    const id = await snapshotOf(true);
    expect(await bench.refusal(share(id, { Add: [{ Group: 'all' }] }))).toBe('OperationNotPermitted');
    expect(await bench.refusal(share(id, { Add: [{ UserId: OTHER }] }))).toBe('InvalidParameter');
  });
});

describe('volumes', () => {
  it('are attached to one instance of their zone at one device', async () => {
    const { InstanceId = '' } = await bench.instance();
    const make = async (zone: string) =>
      (await bench.ec2.createVolume({ AvailabilityZone: `eu-west-1${zone}`, Size: 1 })).VolumeId ?? '';
    const attach = (VolumeId: string, Device = '/dev/sdf') => bench.ec2.attachVolume({ InstanceId, VolumeId, Device });
    const id = await make('a');
    await attach(id);
    const { BlockDeviceMappings } = await bench.described(InstanceId);
    expect(BlockDeviceMappings?.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.DeleteOnTermination])).toEqual([
      ['/dev/xvda', true],
      ['/dev/sdf', false],
    ]);
    expect(await bench.refusal(attach(id, '/dev/sdg'))).toBe('VolumeInUse');
    expect(await bench.refusal(attach(await make('a')))).toBe('InvalidParameterValue');
    expect(await bench.refusal(attach(await make('b'), '/dev/sdg'))).toBe('InvalidVolume.ZoneMismatch');
    expect(await bench.refusal(bench.ec2.deleteVolume({ VolumeId: id }))).toBe('VolumeInUse');
  });
});
