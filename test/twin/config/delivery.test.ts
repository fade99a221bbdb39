import { gunzipSync } from 'node:zlib';
import {
  ACCOUNT,
  BUCKET,
  ConfigBench,
  custom,
  FOUNDATION,
  managed,
  REGION,
  type Resources,
  ROLE,
  refusal,
  SECURITY_GROUP,
} from './support';

let bench: ConfigBench;
afterEach(() => bench.stop());

const FOLDER = `AWSLogs/${ACCOUNT}/Config/`;
const keys = async (Prefix = '') =>
  ((await bench.s3.listObjectsV2({ Bucket: BUCKET, Prefix })).Contents ?? []).map(({ Key = '' }) => Key);
const snapshots = async () => (await keys()).filter((key) => key.includes('/ConfigSnapshot/'));
const channel = async (settings: object) =>
  bench.config.putDeliveryChannel({ DeliveryChannel: { name: 'default', s3BucketName: BUCKET, ...settings } });

describe('a delivery channel', () => {
  it('shows that it can write', async () => {
    bench = await ConfigBench.start();
    await bench.prepare();
    expect(await keys()).toEqual([`${FOLDER}ConfigWritabilityCheckFile`]);
  });

  it('is refused a prefix that its bucket does not let it write to', async () => {
    bench = await ConfigBench.start();
    await bench.prepare();
    expect(await refusal(channel({ s3KeyPrefix: 'elsewhere' }))).toBe('InsufficientDeliveryPolicyException');
  });

  it('may write by the role of the recorder', async () => {
    const statement = {
      Effect: 'Allow',
      Action: ['s3:PutObject', 's3:GetBucketAcl'],
      Resource: [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`],
    };
    const withRole: Resources = {
      ...FOUNDATION,
      aws_s3_bucket_policy: {},
      aws_iam_role_policy: {
        ...FOUNDATION.aws_iam_role_policy,
        config: {
          role: '${aws_iam_role.config.name}',
          name: 'delivery',
          policy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
        },
      },
      aws_iam_role_policy_attachment: {
        config: {
          role: '${aws_iam_role.config.name}',
          policy_arn: 'arn:aws:iam::aws:policy/service-role/AWS_ConfigRole',
        },
      },
    };
    bench = await ConfigBench.start(withRole);
    await bench.prepare();
    await channel({ s3KeyPrefix: 'elsewhere' });
    expect(await keys('elsewhere')).toEqual([`elsewhere/${FOLDER}ConfigWritabilityCheckFile`]);
  });

  it('is written to by the service for its own role', async () => {
    bench = await ConfigBench.start();
    const roleARN = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`;
    await bench.config.putConfigurationRecorder({ ConfigurationRecorder: { name: 'default', roleARN } });
    await channel({});
    expect(await keys()).toHaveLength(1);
  });
});

describe('a snapshot', () => {
  beforeEach(async () => {
    bench = await ConfigBench.start();
    await bench.record();
  });

  it('holds all that is recorded', async () => {
    const groupId = await bench.group('web');
    const { configSnapshotId } = await bench.config.deliverConfigSnapshot({ deliveryChannelName: 'default' });
    await bench.settle();
    const [key = '', ...more] = await snapshots();
    expect(more).toEqual([]);
    expect(key).toMatch(
      new RegExp(
        `^${FOLDER}${REGION}/\\d{4}/\\d{1,2}/\\d{1,2}/ConfigSnapshot/${ACCOUNT}_Config_${REGION}_ConfigSnapshot_\\d{8}T\\d{6}Z_${configSnapshotId}\\.json\\.gz$`,
      ),
    );
    const { Body, ContentEncoding } = await bench.s3.getObject({ Bucket: BUCKET, Key: key });
    expect(ContentEncoding).toBe('gzip');
    const snapshot = JSON.parse(gunzipSync((await Body?.transformToByteArray()) ?? '').toString());
    expect(snapshot).toMatchObject({ fileVersion: '1.0', configSnapshotId });
    const items = snapshot.configurationItems as { resourceId: string; configuration: { groupName?: string } }[];
    expect(items).toHaveLength(3);
    expect(items.find(({ resourceId }) => resourceId === groupId)).toMatchObject({
      resourceType: SECURITY_GROUP,
      configurationItemStatus: 'ResourceDiscovered',
      awsAccountId: ACCOUNT,
      configuration: { groupName: 'web' },
    });
    expect(await bench.config.describeDeliveryChannelStatus({})).toMatchObject({
      DeliveryChannelsStatus: [{ name: 'default', configSnapshotDeliveryInfo: { lastStatus: 'Success' } }],
    });
  });

  it('is delivered as often as the channel says', async () => {
    await channel({ configSnapshotDeliveryProperties: { deliveryFrequency: 'Six_Hours' } });
    await bench.twin.clock.advance(13 * 3600);
    expect(await snapshots()).toHaveLength(2);
    await bench.config.stopConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    await bench.twin.clock.advance(13 * 3600);
    expect(await snapshots()).toHaveLength(2);
    await bench.config.deleteDeliveryChannel({ DeliveryChannelName: 'default' });
    await bench.twin.clock.advance(13 * 3600);
    expect(await snapshots()).toHaveLength(2);
  });

  it('sets off rules that wait for it', async () => {
    await bench.rule('after', { ...custom('ConfigurationSnapshotDeliveryCompleted'), Scope: undefined as never });
    expect(bench.invocations).toEqual([]);
    await bench.config.deliverConfigSnapshot({ deliveryChannelName: 'default' });
    await bench.settle();
    expect(bench.invocations).toHaveLength(1);
    expect(JSON.parse(bench.invocations[0]?.invokingEvent ?? '')).toMatchObject({
      messageType: 'ConfigurationSnapshotDeliveryCompleted',
      s3Bucket: BUCKET,
      s3ObjectKey: (await snapshots())[0],
    });
  });

  it('needs a recorder that runs, and the channel', async () => {
    const deliver = (deliveryChannelName: string) =>
      refusal(bench.config.deliverConfigSnapshot({ deliveryChannelName }));
    expect(await deliver('other')).toBe('NoSuchDeliveryChannelException');
    await bench.config.stopConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    expect(await deliver('default')).toBe('NoRunningConfigurationRecorderException');
  });
});

it('a topic gets what the default bus gets', async () => {
  const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:config`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'config.amazonaws.com' }, Action: 'sns:Publish', Resource: topic },
    ],
  };
  bench = await ConfigBench.start({
    ...FOUNDATION,
    aws_sns_topic: { config: { name: 'config' } },
    aws_sns_topic_policy: { config: { arn: '${aws_sns_topic.config.arn}', policy: JSON.stringify(policy) } },
    aws_sns_topic_subscription: {
      config: { topic_arn: '${aws_sns_topic.config.arn}', protocol: 'email', endpoint: 'team@example.com' },
    },
  });
  await bench.config.putConfigurationRecorder({ ConfigurationRecorder: { name: 'default', roleARN: ROLE } });
  expect(await refusal(channel({ snsTopicARN: `${topic}-2` }))).toBe('InvalidSNSTopicARNException');
  await channel({ snsTopicARN: topic });
  await bench.record();
  await channel({ snsTopicARN: topic });
  await bench.rule('ssh', managed('INCOMING_SSH_DISABLED'));
  const groupId = await bench.group('web');
  const subjects = bench.twin.outbox.entries.map(({ subject }) => subject);
  expect(subjects).toContain(
    `[AWS Config:${REGION}] ${SECURITY_GROUP} ${groupId} Created in Account ${ACCOUNT}`.slice(0, 100),
  );
  const told = bench.twin.outbox.entries.map(({ body }) => body).filter((body) => body.includes(groupId));
  expect(told.some((body) => body.includes('ComplianceChangeNotification'))).toBe(true);
});
