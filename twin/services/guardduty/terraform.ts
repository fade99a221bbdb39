import type { DetectorFeatureConfiguration } from '@aws-sdk/client-guardduty';
import type { ResourceType, Service } from '../../service';
import { blocks } from '../../terraform/arguments';
import { made } from '../../terraform/made';
import { change, createDetector } from './detectors';
import { detectorArn, detectorOf, placeOf } from './state';

/** What Terraform makes of GuardDuty. */
export const guarddutyTerraform: Readonly<Record<string, ResourceType>> = {
  aws_guardduty_detector: (args, making) => {
    const { id } = made(making, () =>
      createDetector(placeOf(making.twin, making), {
        Enable: args.enable !== false,
        FindingPublishingFrequency: args.finding_publishing_frequency ?? undefined,
        Tags: { ...making.tags },
      }),
    );
    return { id, arn: detectorArn(making, id), account_id: making.account };
  },

  aws_guardduty_detector_feature: (args, making) => {
    const place = placeOf(making.twin, making);
    const id = String(args.detector_id);
    const feature = {
      Name: args.name,
      Status: args.status,
      AdditionalConfiguration: blocks(args.additional_configuration).map(({ name, status }) => ({
        Name: name,
        Status: status,
      })),
    } as DetectorFeatureConfiguration;
    made(making, () => change(place, detectorOf(place, id), { Enable: undefined, Features: [feature] }));
    return { id: `${id}/${args.name}` };
  },
};

/** What Terraform finds there already. @see https://registry.terraform.io/providers/hashicorp/aws/6.25.0/docs/data-sources/guardduty_detector */
export const guarddutyData: NonNullable<Service['dataSources']> = {
  aws_guardduty_detector: ({ twin, account, region }) => {
    const { detector } = placeOf(twin, { account, region }).state;
    if (!detector)
      throw new Error("reading this account's single GuardDuty Detector: no matching GuardDuty Detector found");
    const { id, status, frequency } = detector;
    return { id, arn: detectorArn({ account, region }, id), status, finding_publishing_frequency: frequency };
  },
};
