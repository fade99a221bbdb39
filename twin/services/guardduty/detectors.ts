import type { CreateDetectorRequest } from '@aws-sdk/client-guardduty';
import { pageOf } from '../pages';
import { describeFeatures, newFeatures, switchFeatures } from './features';
import {
  badRequest,
  type Detector,
  detectorOf,
  type GuardDutyOperations,
  type GuardDutyState,
  invalidParameter,
  type Place,
} from './state';

const FREQUENCIES = ['FIFTEEN_MINUTES', 'ONE_HOUR', 'SIX_HOURS'];

type Settings = Pick<CreateDetectorRequest, 'FindingPublishingFrequency' | 'Features' | 'Tags'> & {
  readonly Enable: boolean | undefined;
};

/**
 * Makes the detector, of which there is one in an account and Region.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html
 * @throws AwsError if there is one, or GuardDuty would not take what is given.
 */
export function createDetector(place: Place, settings: Settings, id: string = place.twin.hex(32)): Detector {
  if (place.state.detector) throw badRequest('a detector already exists for the current account.');
  const now = place.twin.clock.now();
  const detector: Detector = {
    id,
    otherIds: new Set(),
    createdAt: now,
    updatedAt: now,
    status: 'ENABLED',
    frequency: 'SIX_HOURS',
    features: newFeatures(now),
    tags: new Map(Object.entries(settings.Tags ?? {})),
  };
  change(place, detector, settings);
  place.state.detector = detector;
  return detector;
}

/** Changes what is given. @throws AwsError before anything is changed. */
export function change({ twin }: Place, detector: Detector, settings: Omit<Settings, 'Tags'>): void {
  const { Enable, FindingPublishingFrequency, Features = [] } = settings;
  const frequency = FindingPublishingFrequency ?? detector.frequency;
  if (!FREQUENCIES.includes(frequency)) throw invalidParameter('findingPublishingFrequency');
  const now = twin.clock.now();
  switchFeatures(detector.features, Features, now);
  detector.frequency = frequency;
  if (Enable !== undefined) detector.status = Enable ? 'ENABLED' : 'DISABLED';
  detector.updatedAt = now;
}

/** The twin has none of the members that `Features` replaced. */
function refuseDataSources({ DataSources }: { DataSources?: object | undefined }): void {
  if (DataSources) throw badRequest('dataSources is deprecated and not simulated by the twin; use features.');
}

/** @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_managing_access.html */
const serviceRole = (account: string): string =>
  `arn:aws:iam::${account}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty`;

export const detectorOperations: GuardDutyOperations = {
  CreateDetector(input, call) {
    refuseDataSources(input);
    if (input.Enable === undefined) throw invalidParameter('enable');
    return { DetectorId: createDetector(call, { ...input, Enable: input.Enable }).id };
  },
  GetDetector({ DetectorId }, call) {
    const { createdAt, updatedAt, status, frequency, features, tags } = detectorOf(call, DetectorId);
    return {
      CreatedAt: createdAt.toISOString(),
      UpdatedAt: updatedAt.toISOString(),
      FindingPublishingFrequency: frequency,
      ServiceRole: serviceRole(call.account),
      Status: status,
      Features: describeFeatures(features),
      Tags: Object.fromEntries(tags),
    };
  },
  ListDetectors({ MaxResults, NextToken }, { state }) {
    const ids = state.detector ? [state.detector.id] : [];
    const { items } = pageOf(ids, NextToken, { limit: MaxResults, most: 50, refuse: invalidParameter });
    return { DetectorIds: items };
  },
  UpdateDetector(input, call) {
    const detector = detectorOf(call, input.DetectorId);
    refuseDataSources(input);
    change(call, detector, { ...input, Enable: input.Enable });
    return {};
  },
  DeleteDetector({ DetectorId }, call) {
    detectorOf(call, DetectorId);
    if (call.state.members.size > 0)
      throw badRequest('the current account cannot delete detector while it has invited or associated members.');
    forget(call.state);
    return {};
  },
};

/** With the detector go its findings. @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_suspend-disable.html */
function forget(state: GuardDutyState): void {
  delete state.detector;
  state.findings.clear();
}
