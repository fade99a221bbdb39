import type { ConfigurationRecorder, RecordingGroup } from '@aws-sdk/client-config-service';
import { AwsError } from '../../service';
import { roleByArn } from '../iam';
import { isServiceLinked } from './delivery';
import { discover } from './recording';
import { type ConfigOperations, type ConfigState, error, type Place, type Recorder } from './state';
import { setTags } from './tags';

export const DEFAULT_NAME = 'default';
const NAME = /^[\w-]{1,256}$/;

const describe = ({ name, arn, roleArn, group }: Recorder): ConfigurationRecorder => ({
  arn,
  name,
  roleARN: roleArn,
  recordingGroup: group,
  recordingMode: { recordingFrequency: 'CONTINUOUS' },
  recordingScope: 'PAID',
});

/**
 * Makes the recorder or changes it.
 *
 * @throws AwsError if Config would not take it.
 */
export function putRecorder(place: Place, given: ConfigurationRecorder): Recorder {
  const { state, twin, account, region } = place;
  const { name = DEFAULT_NAME, roleARN = '', recordingMode } = given;
  if (!NAME.test(name) || name.startsWith('AWSConfigurationRecorderFor'))
    throw error('InvalidConfigurationRecorderNameException', `The configuration recorder name '${name}' is not valid.`);
  if (state.recorder && state.recorder.name !== name)
    throw error(
      'MaxNumberOfConfigurationRecordersExceededException',
      `Failed to put configuration recorder '${name}' because the maximum number of configuration recorders: 1 is reached.`,
    );
  if (!/^arn:[\w-]+:iam::\d{12}:role\//.test(roleARN) || !(isServiceLinked(roleARN) || roleByArn(twin, roleARN)))
    throw error('InvalidRoleException', `The role ${roleARN} is not valid.`);
  const { recordingFrequency = 'CONTINUOUS', recordingModeOverrides = [] } = recordingMode ?? {};
  if ([recordingFrequency, ...recordingModeOverrides.map((one) => one.recordingFrequency)].includes('DAILY'))
    throw new AwsError('NotImplemented', 'the twin does not simulate daily recording', { status: 501 });
  const group = groupOf(given.recordingGroup);
  state.recorder ??= {
    name,
    arn: `arn:aws:config:${region}:${account}:configuration-recorder/${name}/${twin.hex(16)}`,
    roleArn: roleARN,
    group,
    recording: false,
    changedAt: twin.clock.now(),
  };
  Object.assign(state.recorder, { roleArn: roleARN, group });
  return state.recorder;
}

/** Everything, unless said otherwise. @throws AwsError for what contradicts itself. */
function groupOf(given: RecordingGroup | undefined): RecordingGroup {
  const {
    allSupported = false,
    includeGlobalResourceTypes = false,
    resourceTypes = [],
  } = given ?? {
    allSupported: true,
  };
  const excluded = given?.exclusionByResourceTypes?.resourceTypes ?? [];
  const strategy =
    given?.recordingStrategy?.useOnly ??
    (allSupported
      ? 'ALL_SUPPORTED_RESOURCE_TYPES'
      : excluded.length > 0
        ? 'EXCLUSION_BY_RESOURCE_TYPES'
        : 'INCLUSION_BY_RESOURCE_TYPES');
  const isRight = {
    ALL_SUPPORTED_RESOURCE_TYPES: allSupported && resourceTypes.length === 0 && excluded.length === 0,
    INCLUSION_BY_RESOURCE_TYPES: !allSupported && !includeGlobalResourceTypes && resourceTypes.length > 0,
    EXCLUSION_BY_RESOURCE_TYPES: !allSupported && resourceTypes.length === 0 && excluded.length > 0,
  }[strategy];
  if (!isRight)
    throw error(
      'InvalidRecordingGroupException',
      'The recording group provided is not valid: its recording strategy contradicts the resource types given.',
    );
  return {
    allSupported,
    includeGlobalResourceTypes,
    resourceTypes: [...resourceTypes],
    exclusionByResourceTypes: { resourceTypes: [...excluded] },
    recordingStrategy: { useOnly: strategy },
  };
}

function recorderNamed({ recorder }: ConfigState, name: string | undefined): Recorder {
  if (!recorder || recorder.name !== name)
    throw error(
      'NoSuchConfigurationRecorderException',
      `Cannot find configuration recorder with the specified name '${name}'.`,
    );
  return recorder;
}

/** @throws AwsError if there is nowhere to deliver to. */
export function startRecorder({ state, twin }: Place, name: string | undefined): void {
  const recorder = recorderNamed(state, name);
  if (!state.channel)
    throw error(
      'NoAvailableDeliveryChannelException',
      'Delivery channel is not available to start configuration recorder.',
    );
  if (recorder.recording) return;
  recorder.recording = true;
  recorder.startedAt = recorder.changedAt = twin.clock.now();
}

const named = (state: ConfigState, names: readonly string[] = []): Recorder[] => {
  const [wanted] = names;
  if (wanted !== undefined) return [recorderNamed(state, wanted)];
  return state.recorder ? [state.recorder] : [];
};

export const recorderOperations: ConfigOperations = {
  PutConfigurationRecorder({ ConfigurationRecorder, Tags = [] }, call) {
    const isNew = !call.state.recorder;
    const recorder = putRecorder(call, ConfigurationRecorder ?? {});
    if (isNew) setTags(call.state, recorder.arn, Tags);
    discover(call);
    return {};
  },
  DescribeConfigurationRecorders: ({ ConfigurationRecorderNames }, { state }) => ({
    ConfigurationRecorders: named(state, ConfigurationRecorderNames).map(describe),
  }),
  DescribeConfigurationRecorderStatus: ({ ConfigurationRecorderNames }, { state }) => ({
    ConfigurationRecordersStatus: named(state, ConfigurationRecorderNames).map(
      ({ arn, name, recording, startedAt, stoppedAt, changedAt }) => ({
        arn,
        name,
        recording,
        ...(startedAt && { lastStartTime: startedAt, lastStatus: 'Success' as const }),
        ...(stoppedAt && { lastStopTime: stoppedAt }),
        lastStatusChangeTime: changedAt,
      }),
    ),
  }),
  StartConfigurationRecorder({ ConfigurationRecorderName }, call) {
    startRecorder(call, ConfigurationRecorderName);
    discover(call);
    return {};
  },
  StopConfigurationRecorder({ ConfigurationRecorderName }, { state, twin }) {
    const recorder = recorderNamed(state, ConfigurationRecorderName);
    recorder.recording = false;
    recorder.stoppedAt = recorder.changedAt = twin.clock.now();
    return {};
  },
  DeleteConfigurationRecorder({ ConfigurationRecorderName }, { state }) {
    const { arn } = recorderNamed(state, ConfigurationRecorderName);
    delete state.recorder;
    state.tags.delete(arn);
    return {};
  },
};
