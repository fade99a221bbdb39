import type { DeliveryChannel } from '@aws-sdk/client-config-service';
import { AwsError } from '../../service';
import { s3 } from '../s3';
import { sns } from '../sns';
import { checkWritable } from './delivery';
import { deliverSnapshot } from './snapshots';
import {
  type Attempt,
  type Channel,
  type ConfigOperations,
  type ConfigState,
  error,
  isFrequency,
  millisecondsOf,
  type Place,
  recorderOf,
} from './state';

const DEFAULT_NAME = 'default';

/**
 * Makes the delivery channel or changes it, and writes a file that shows that it works.
 *
 * @throws AwsError if there is no recorder or bucket, or the bucket may not be written to.
 * @see https://docs.aws.amazon.com/config/latest/developerguide/manage-delivery-channel.html
 */
export function putChannel(place: Place, { name = DEFAULT_NAME, ...settings }: DeliveryChannel): void {
  const { state, twin } = place;
  recorderOf(state);
  if (state.channel && state.channel.name !== name)
    throw error(
      'MaxNumberOfDeliveryChannelsExceededException',
      `Failed to put delivery channel '${name}' because the maximum number of delivery channels: 1 is reached.`,
    );
  if (name === '') throw error('InvalidDeliveryChannelNameException', 'The delivery channel name is not valid.');
  if (settings.s3KmsKeyArn !== undefined)
    throw new AwsError('NotImplemented', 'the twin does not simulate s3KmsKeyArn of a delivery channel', {
      status: 501,
    });
  const topic = settings.snsTopicARN;
  if (topic !== undefined && !twin.state(sns, place).topics.has(topic.split(':').at(-1) ?? ''))
    throw error('InvalidSNSTopicARNException', `The specified sns topic ARN '${topic}' does not exist.`);
  const frequency = settings.configSnapshotDeliveryProperties?.deliveryFrequency;
  if (frequency !== undefined && !isFrequency(frequency))
    throw error('ValidationException', `The delivery frequency ${frequency} is not valid.`);
  checkBucket(place, settings);
  const channel: Channel = state.channel ?? { name, settings };
  channel.settings = settings;
  checkWritable(place, channel);
  state.channel = channel;
  scheduleSnapshots(place, channel);
  channel.stream = { at: twin.clock.now(), lastSuccess: twin.clock.now() };
}

function checkBucket(place: Place, { s3BucketName = '' }: Channel['settings']): void {
  if (!place.twin.state(s3, place).buckets.has(s3BucketName))
    throw error(
      'NoSuchBucketException',
      `Cannot find a S3 bucket with an empty bucket name or name '${s3BucketName}'.`,
    );
}

function scheduleSnapshots(place: Place, channel: Channel): void {
  channel.stopSnapshots?.();
  delete channel.nextSnapshotAt;
  const frequency = channel.settings.configSnapshotDeliveryProperties?.deliveryFrequency;
  if (frequency === undefined) return;
  const { clock } = place.twin;
  channel.nextSnapshotAt = new Date(clock.now().getTime() + millisecondsOf(frequency));
  channel.stopSnapshots = clock.after(millisecondsOf(frequency), () => {
    scheduleSnapshots(place, channel);
    if (place.state.recorder?.recording) deliverSnapshot(place, channel);
  });
}

function channelNamed({ channel }: ConfigState, name: string | undefined): Channel {
  if (!channel || channel.name !== name)
    throw error('NoSuchDeliveryChannelException', `Cannot find delivery channel with specified name '${name}'.`);
  return channel;
}

const channels = (state: ConfigState, [wanted]: readonly string[] = []): Channel[] => {
  if (wanted !== undefined) return [channelNamed(state, wanted)];
  return state.channel ? [state.channel] : [];
};

const attempt = (made: Attempt | undefined, next?: Date) => ({
  ...(made && {
    lastStatus: made.error ? ('Failure' as const) : ('Success' as const),
    lastAttemptTime: made.at,
    ...(made.error && { lastErrorCode: made.error.code, lastErrorMessage: made.error.message }),
    ...(made.lastSuccess && { lastSuccessfulTime: made.lastSuccess }),
  }),
  ...(next && { nextDeliveryTime: next }),
});

export const channelOperations: ConfigOperations = {
  PutDeliveryChannel({ DeliveryChannel }, call) {
    putChannel(call, DeliveryChannel ?? {});
    return {};
  },
  DescribeDeliveryChannels: ({ DeliveryChannelNames }, { state }) => ({
    DeliveryChannels: channels(state, DeliveryChannelNames).map(({ name, settings }) => ({ name, ...settings })),
  }),
  DescribeDeliveryChannelStatus: ({ DeliveryChannelNames }, { state }) => ({
    DeliveryChannelsStatus: channels(state, DeliveryChannelNames).map(({ name, snapshot, stream, nextSnapshotAt }) => ({
      name,
      configSnapshotDeliveryInfo: attempt(snapshot, nextSnapshotAt),
      configHistoryDeliveryInfo: {},
      configStreamDeliveryInfo: stream ? { lastStatus: 'Success' as const, lastStatusChangeTime: stream.at } : {},
    })),
  }),
  DeleteDeliveryChannel({ DeliveryChannelName }, { state }) {
    const channel = channelNamed(state, DeliveryChannelName);
    if (state.recorder?.recording)
      throw error(
        'LastDeliveryChannelDeleteFailedException',
        `Failed to delete last specified delivery channel with name '${channel.name}', because there, because there is a running configuration recorder.`,
      );
    channel.stopSnapshots?.();
    delete state.channel;
    return {};
  },
  DeliverConfigSnapshot({ deliveryChannelName }, call) {
    const { state } = call;
    const recorder = recorderOf(state);
    const channel = channelNamed(state, deliveryChannelName);
    if (!recorder.recording)
      throw error('NoRunningConfigurationRecorderException', 'There is no configuration recorder running.');
    return { configSnapshotId: deliverSnapshot(call, channel) };
  },
};
