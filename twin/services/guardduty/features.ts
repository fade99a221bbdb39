import type {
  DetectorFeatureConfiguration,
  DetectorFeatureConfigurationResult,
  DetectorFeatureResult,
} from '@aws-sdk/client-guardduty';
import { badRequest, type Feature, invalidParameter } from './state';

/** Sources that are always read. @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_data-sources.html */
const FOUNDATIONAL = ['CLOUD_TRAIL', 'DNS_LOGS', 'FLOW_LOGS'] as const;

/** What can be switched, and whether it is on in a new detector: all but monitoring at run time and what came later. */
const SWITCHABLE: Readonly<Record<string, { on: boolean; additional: readonly string[] }>> = {
  S3_DATA_EVENTS: { on: true, additional: [] },
  EKS_AUDIT_LOGS: { on: true, additional: [] },
  EBS_MALWARE_PROTECTION: { on: true, additional: [] },
  RDS_LOGIN_EVENTS: { on: true, additional: ['RDS_DATA_RISK'] },
  LAMBDA_NETWORK_LOGS: { on: true, additional: [] },
  EKS_RUNTIME_MONITORING: { on: false, additional: ['EKS_ADDON_MANAGEMENT'] },
  RUNTIME_MONITORING: {
    on: false,
    additional: ['EKS_ADDON_MANAGEMENT', 'ECS_FARGATE_AGENT_MANAGEMENT', 'EC2_AGENT_MANAGEMENT'],
  },
  AI_PROTECTION: { on: false, additional: [] },
  AI_ANALYST: { on: false, additional: [] },
};

/**
 * The features of a new detector.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-feature-object-api-changes-march2023.html
 */
export function newFeatures(updatedAt: Date): Map<DetectorFeatureResult, Feature> {
  const always = FOUNDATIONAL.map((name) => [name, { status: 'ENABLED', updatedAt, additional: new Map() }] as const);
  const others = Object.entries(SWITCHABLE).map(
    ([name, { on, additional }]) =>
      [
        name as DetectorFeatureResult,
        {
          status: on ? 'ENABLED' : 'DISABLED',
          updatedAt,
          additional: new Map(additional.map((inner) => [inner, { status: 'DISABLED', updatedAt }])),
        } satisfies Feature,
      ] as const,
  );
  return new Map<DetectorFeatureResult, Feature>([...always, ...others]);
}

/**
 * Switches features.
 *
 * @throws AwsError for one that there is not, and for both ways of monitoring at run time together.
 */
export function switchFeatures(
  features: Map<DetectorFeatureResult, Feature>,
  given: readonly DetectorFeatureConfiguration[],
  now: Date,
): void {
  const isBoth = ['EKS_RUNTIME_MONITORING', 'RUNTIME_MONITORING'].every((name) => {
    const asked = given.find(({ Name }) => Name === name)?.Status;
    return (asked ?? features.get(name as DetectorFeatureResult)?.status) === 'ENABLED';
  });
  if (isBoth) throw badRequest('RUNTIME_MONITORING and EKS_RUNTIME_MONITORING cannot be enabled at the same time.');
  for (const { Name = '', AdditionalConfiguration = [] } of given) {
    const known = SWITCHABLE[Name];
    if (!known || AdditionalConfiguration.some((inner) => !known.additional.includes(inner.Name ?? '')))
      throw invalidParameter('features');
  }
  for (const { Name, Status, AdditionalConfiguration = [] } of given) {
    const feature = features.get(Name as DetectorFeatureResult);
    if (!feature) continue;
    if (Status) Object.assign(feature, { status: Status, updatedAt: now });
    for (const inner of AdditionalConfiguration)
      if (inner.Status) feature.additional.set(inner.Name ?? '', { status: inner.Status, updatedAt: now });
  }
}

export const describeFeatures = (features: Map<DetectorFeatureResult, Feature>): DetectorFeatureConfigurationResult[] =>
  [...features].map(([Name, { status, updatedAt, additional }]) => ({
    Name,
    Status: status,
    UpdatedAt: updatedAt,
    AdditionalConfiguration: [...additional].map(([inner, one]) => ({
      Name: inner as 'EKS_ADDON_MANAGEMENT',
      Status: one.status,
      UpdatedAt: one.updatedAt,
    })),
  }));
