import { gunzipSync } from 'node:zlib';
import { ec2 } from '../../../twin/services/ec2';
import { ACCOUNT, BUCKET, ConfigBench, fixture, REGION, ROLE, refusal, SECURITY_GROUP, shapeOf, tcp } from './support';

let bench: ConfigBench;
afterEach(() => bench.stop());

const ITEM = 'Config Configuration Item Change';

describe('a recorder', () => {
  beforeEach(async () => {
    bench = await ConfigBench.start();
  });

  it('discovers what is there when it is switched on', async () => {
    const groupId = await bench.group('before');
    await bench.prepare();
    await bench.listen();
    await bench.config.startConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    const told = await bench.told(ITEM);
    const { SecurityGroups = [] } = await bench.ec2.describeSecurityGroups({});
    const expected = [BUCKET, ...SecurityGroups.map(({ GroupId }) => GroupId)].sort();
    expect(told.map(({ detail }) => detail.configurationItem.resourceId).sort()).toEqual(expected);
    for (const { detail } of told) {
      expect(detail.configurationItem.configurationItemStatus).toBe('ResourceDiscovered');
      expect(detail.configurationItemDiff).toEqual({ changedProperties: {}, changeType: 'CREATE' });
    }
    expect(await bench.history(groupId)).toHaveLength(1);
  });

  it('records nothing before it is switched on, nor after it is switched off, and then what was missed', async () => {
    await bench.prepare();
    const groupId = await bench.group('web');
    expect(await refusal(bench.history(groupId))).toBe('ResourceNotDiscoveredException');
    await bench.record();
    await bench.config.stopConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    await bench.authorize(groupId, tcp(22, '0.0.0.0/0'));
    const other = await bench.group('other');
    await bench.ec2.deleteSecurityGroup({ GroupId: other });
    expect(await bench.history(groupId)).toHaveLength(1);
    await bench.record();
    expect((await bench.history(groupId)).map((item) => item.configurationItemStatus)).toEqual([
      'ResourceDiscovered',
      'OK',
    ]);
    await bench.record();
    expect(await bench.history(groupId)).toHaveLength(2);
  });

  it('records only the types that it was told', async () => {
    await bench.config.putConfigurationRecorder({
      ConfigurationRecorder: {
        name: 'default',
        roleARN: ROLE,
        recordingGroup: { resourceTypes: ['AWS::S3::Bucket'] },
      },
    });
    await bench.config.putDeliveryChannel({ DeliveryChannel: { name: 'default', s3BucketName: BUCKET } });
    await bench.config.startConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    await bench.group('web');
    expect((await bench.config.getDiscoveredResourceCounts({})).resourceCounts).toEqual([
      { resourceType: 'AWS::S3::Bucket', count: 1 },
    ]);
    await bench.record();
    expect((await bench.config.getDiscoveredResourceCounts({})).resourceCounts).toEqual([
      { resourceType: SECURITY_GROUP, count: 2 },
      { resourceType: 'AWS::S3::Bucket', count: 1 },
    ]);
  });

  it.each([
    ['everything and a list', { allSupported: true, resourceTypes: ['AWS::S3::Bucket' as const] }],
    ['nothing', { allSupported: false }],
    [
      'a strategy that is not the list',
      {
        resourceTypes: ['AWS::S3::Bucket' as const],
        recordingStrategy: { useOnly: 'ALL_SUPPORTED_RESOURCE_TYPES' as const },
      },
    ],
  ])('is refused with %s', async (_case, recordingGroup) => {
    const call = bench.config.putConfigurationRecorder({
      ConfigurationRecorder: { name: 'default', roleARN: ROLE, recordingGroup },
    });
    expect(await refusal(call)).toBe('InvalidRecordingGroupException');
  });

  it('is one, needs a role and a channel, and its channel needs it', async () => {
    const { config } = bench;
    const put = (name: string, roleARN: string) =>
      config.putConfigurationRecorder({ ConfigurationRecorder: { name, roleARN } });
    const channel = (name: string, s3BucketName = BUCKET) =>
      config.putDeliveryChannel({ DeliveryChannel: { name, s3BucketName } });
    expect(await refusal(channel('default'))).toBe('NoAvailableConfigurationRecorderException');
    expect(await refusal(put('default', ROLE.replace('AwsConfigRole', 'Nobody')))).toBe('InvalidRoleException');
    await put('default', ROLE);
    expect(await refusal(put('second', ROLE))).toBe('MaxNumberOfConfigurationRecordersExceededException');
    const start = () => config.startConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    expect(await refusal(start())).toBe('NoAvailableDeliveryChannelException');
    expect(await refusal(channel('default', 'no-such-bucket'))).toBe('NoSuchBucketException');
    await channel('default');
    expect(await refusal(channel('second'))).toBe('MaxNumberOfDeliveryChannelsExceededException');
    await start();
    const drop = () => config.deleteDeliveryChannel({ DeliveryChannelName: 'default' });
    expect(await refusal(drop())).toBe('LastDeliveryChannelDeleteFailedException');
    expect(await config.describeConfigurationRecorderStatus({})).toMatchObject({
      ConfigurationRecordersStatus: [{ name: 'default', recording: true, lastStatus: 'Success' }],
    });
    expect(await config.describeConfigurationRecorders({})).toMatchObject({
      ConfigurationRecorders: [{ name: 'default', roleARN: ROLE, recordingGroup: { allSupported: true } }],
    });
    await config.stopConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    await drop();
    await config.deleteConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    expect((await config.describeConfigurationRecorders({})).ConfigurationRecorders).toEqual([]);
    expect((await config.describeDeliveryChannels({})).DeliveryChannels).toEqual([]);
    const unknown = config.describeConfigurationRecorders({ ConfigurationRecorderNames: ['default'] });
    expect(await refusal(unknown)).toBe('NoSuchConfigurationRecorderException');
  });
});

describe('a security group', () => {
  beforeEach(async () => {
    bench = await ConfigBench.start();
    await bench.record();
    await bench.listen();
  });

  it('is told of as AWS does', async () => {
    const groupId = await bench.group('web', tcp(443, '0.0.0.0/0', '::/0'));
    await bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'team', Value: 'web' }] });
    await bench.told();
    await bench.authorize(groupId, tcp(22, '0.0.0.0/0', '10.20.0.0/16'));
    const [event, ...more] = await bench.told(ITEM);
    expect(more).toEqual([]);
    expect(shapeOf(event)).toEqual(shapeOf(fixture('config-item-change-sg-mixed-rules')));
    expect(event.resources).toEqual([event.detail.configurationItem.ARN]);
    expect(event.detail.configurationItemDiff).toEqual({
      changeType: 'UPDATE',
      changedProperties: {
        'Configuration.IpPermissions.0': {
          previousValue: null,
          updatedValue: {
            fromPort: 22,
            ipProtocol: 'tcp',
            ipv6Ranges: [],
            prefixListIds: [],
            userIdGroupPairs: [],
            ipv4Ranges: [{ cidrIp: '0.0.0.0/0' }, { cidrIp: '10.20.0.0/16' }],
            ipRanges: ['0.0.0.0/0', '10.20.0.0/16'],
            toPort: 22,
          },
          changeType: 'CREATE',
        },
      },
    });
    expect(event.detail.configurationItem).toMatchObject({
      configurationItemStatus: 'OK',
      tags: { team: 'web' },
      relationships: [{ resourceType: 'AWS::EC2::VPC', name: 'Is contained in Vpc' }],
    });
  });

  it('is recorded as the sample of IPv6, prefix lists and groups has it', async () => {
    const { PrefixList } = await bench.ec2.createManagedPrefixList({
      PrefixListName: 'list',
      AddressFamily: 'IPv4',
      MaxEntries: 2,
    });
    await bench.twin.clock.advance(1);
    const groupId = await bench.group(
      'web',
      tcp(3389, '::/0'),
      {
        ...tcp(5432),
        PrefixListIds: [{ PrefixListId: PrefixList?.PrefixListId }],
        UserIdGroupPairs: [{ GroupId: await bench.group('peer') }],
      },
      { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    );
    await bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'team', Value: 'web' }] });
    const { configuration } = (await bench.history(groupId)).at(-1) ?? {};
    const sample = JSON.parse(fixture('config-rule-invocation-sg-ipv6-and-prefix-list').invokingEvent);
    expect(shapeOf(JSON.parse(configuration ?? ''))).toEqual(shapeOf(sample.configurationItem.configuration));
  });

  it('has an item for each change that shows, and for no other', async () => {
    const groupId = await bench.group('web');
    await bench.authorize(groupId, tcp(443, '0.0.0.0/0'));
    await bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'team', Value: 'web' }] });
    await bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'team', Value: 'web' }] });
    await bench.ec2.describeSecurityGroups({ GroupIds: [groupId] });
    await bench.authorize(groupId, tcp(443, '0.0.0.0/0')).catch(() => undefined);
    await bench.ec2.revokeSecurityGroupIngress({ GroupName: 'web', IpPermissions: [tcp(443, '0.0.0.0/0')] });
    await bench.ec2.deleteSecurityGroup({ GroupId: groupId });
    const told = await bench.told(ITEM);
    expect(told.map(({ detail }) => detail.configurationItem.configurationItemStatus)).toEqual([
      'ResourceDiscovered',
      'OK',
      'OK',
      'OK',
      'ResourceDeleted',
    ]);
    expect(Object.keys(told[2].detail.configurationItemDiff.changedProperties)).toEqual([
      'Configuration.Tags.0',
      'Tags.team',
    ]);
    const deleted = told.at(-1)?.detail;
    expect(deleted.configurationItem.configuration).toBeNull();
    expect(deleted.configurationItemDiff.changeType).toBe('DELETE');
    const sample = JSON.parse(fixture('config-rule-invocation-sg-resource-deleted').invokingEvent);
    expect(shapeOf(deleted.configurationItem)).toEqual(shapeOf(sample.configurationItem));
  });

  it('comes and goes with its VPC', async () => {
    const { Vpc } = await bench.ec2.createVpc({ CidrBlock: '10.0.0.0/16' });
    await bench.ec2.deleteVpc({ VpcId: Vpc?.VpcId });
    const told = await bench.told(ITEM);
    expect(told.map(({ detail }) => detail.configurationItem.configurationItemStatus)).toEqual([
      'ResourceDiscovered',
      'ResourceDeleted',
    ]);
  });

  it('is too long for a message beyond 256 KB, and then lies in the bucket', async () => {
    const groupId = await bench.group('huge');
    await bench.told();
    const { groups } = bench.twin.state(ec2, { account: ACCOUNT, region: REGION });
    const group = groups.get(groupId);
    // More rules than a quota would let a caller make.
    for (let port = 1; port <= 1000; port++)
      group?.rules.push({
        id: `sgr-${port}`,
        isEgress: false,
        protocol: 'tcp',
        fromPort: port,
        toPort: port,
        peer: { kind: 'ipv4', cidr: '10.0.0.0/8' },
        description: 'x'.repeat(250),
      });
    await bench.ec2.createTags({ Resources: [groupId], Tags: [{ Key: 'team', Value: 'web' }] });
    const [event] = await bench.told(ITEM);
    const sample = fixture('config-item-change-oversized');
    expect(shapeOf(event)).toEqual(shapeOf(sample));
    const { s3BucketLocation, errorCode } = event.detail.s3DeliverySummary;
    expect(errorCode).toBeNull();
    const [bucket, ...key] = s3BucketLocation.split('/');
    const { Body } = await bench.s3.getObject({ Bucket: bucket, Key: key.join('/') });
    const message = JSON.parse(gunzipSync((await Body?.transformToByteArray()) ?? '').toString());
    expect(message.configurationItem.configuration.ipPermissions).toHaveLength(1000);
    // As the page about oversized items says to read them.
    const { configurationItems } = await bench.config.getResourceConfigHistory({
      resourceType: SECURITY_GROUP,
      resourceId: groupId,
      laterTime: new Date(event.detail.configurationItemSummary.configurationItemCaptureTime),
      limit: 1,
    });
    expect(JSON.parse(configurationItems?.[0]?.configuration ?? '').ipPermissions).toHaveLength(1000);
  });
});

describe('a bucket', () => {
  it('is told of as AWS does', async () => {
    bench = await ConfigBench.start();
    await bench.record();
    await bench.listen();
    await bench.s3.putPublicAccessBlock({
      Bucket: BUCKET,
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, IgnorePublicAcls: true },
    });
    const [event, ...more] = await bench.told(ITEM);
    expect(more).toEqual([]);
    const sample = fixture('config-item-change-s3-bucket');
    event.detail.configurationItem.tags = sample.detail.configurationItem.tags;
    // The sample is from before buckets had these.
    const { supplementaryConfiguration: supplementary } = event.detail.configurationItem;
    expect(supplementary.OwnershipControls).toEqual({ rules: [{ objectOwnership: 'BucketOwnerEnforced' }] });
    delete supplementary.OwnershipControls;
    const [encryption] = supplementary.ServerSideEncryptionConfiguration.rules;
    expect(encryption.blockedEncryptionTypes).toEqual({ encryptionType: ['SSE-C'] });
    delete encryption.blockedEncryptionTypes;
    expect(shapeOf(event)).toEqual(shapeOf(sample));
    expect(event.detail.configurationItemDiff).toEqual(sample.detail.configurationItemDiff);
    const list = (from: typeof event) =>
      shapeOf(JSON.parse(from.detail.configurationItem.supplementaryConfiguration.AccessControlList));
    expect(list(event)).toEqual(list(sample));
  });
});
