import type { DetectorFeatureResult, DetectorStatus, FindingPublishingFrequency } from '@aws-sdk/client-guardduty';
import { AwsError, type Call, type Operations, type Scope } from '../../service';
import type { Twin } from '../../twin';

export type Sdk = typeof import('@aws-sdk/client-guardduty');
export type GuardDutyCall = Call<GuardDutyState>;
export type GuardDutyOperations = Operations<Sdk, GuardDutyState>;

/** Where something happens: an account and Region, their GuardDuty, and the twin around it. */
export interface Place extends Scope {
  readonly twin: Twin;
  readonly state: GuardDutyState;
}

export interface AdditionalFeature {
  status: 'ENABLED' | 'DISABLED';
  updatedAt: Date;
}

export interface Feature extends AdditionalFeature {
  /** By name. */
  readonly additional: Map<string, AdditionalFeature>;
}

export interface Detector {
  readonly id: string;
  /** Ids that findings of this very account have named it by. */
  readonly otherIds: Set<string>;
  readonly createdAt: Date;
  updatedAt: Date;
  status: DetectorStatus;
  frequency: FindingPublishingFrequency;
  readonly features: Map<DetectorFeatureResult, Feature>;
  readonly tags: Map<string, string>;
}

/**
 * A finding as events have it, which is how the API writes it too.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
 */
export interface FindingDetail {
  readonly id: string;
  /** Whose finding it is: the administrator account has those of its members as well. */
  readonly accountId: string;
  readonly arn: string;
  readonly type: string;
  readonly severity: number;
  readonly title: string;
  readonly description: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly service: {
    readonly detectorId: string;
    archived: boolean;
    userFeedback?: string;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

export interface Finding {
  detail: FindingDetail;
  /** The event that told of it last, as JSON. */
  lastEvent: string;
}

export interface GuardDutyState {
  detector?: Detector;
  /** By id. */
  readonly findings: Map<string, Finding>;
  /** Accounts whose findings come here too, with when that began. */
  readonly members: Map<string, Date>;
}

/** The service as far as its state can be found by. */
export const GUARDDUTY = {
  prefix: 'guardduty',
  initial: (): GuardDutyState => ({ findings: new Map(), members: new Map() }),
} as const;

export const placeOf = (twin: Twin, { account, region }: Scope): Place => ({
  twin,
  account,
  region,
  state: twin.state(GUARDDUTY, { account, region }),
});

/** GuardDuty has one code for what is wrong in a request. @see https://docs.aws.amazon.com/guardduty/latest/APIReference/CommonErrors.html */
export const badRequest = (because: string): AwsError =>
  new AwsError('BadRequestException', `The request is rejected because ${because}`, {
    members: { __type: 'InvalidInputException' },
  });

export const invalidParameter = (name: string): AwsError => badRequest(`the parameter ${name} has an invalid value.`);

/** @throws AwsError if the account has no such detector here. */
export function detectorOf({ state: { detector } }: Pick<Place, 'state'>, id: string | undefined): Detector {
  if (!detector || id === undefined || !(detector.id === id || detector.otherIds.has(id)))
    throw badRequest('the input detectorId is not owned by the current account.');
  return detector;
}

export const detectorArn = ({ account, region }: Scope, id: string): string =>
  `arn:aws:guardduty:${region}:${account}:detector/${id}`;
