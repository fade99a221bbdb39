import type { Service } from '../../service';
import { detectorOperations } from './detectors';
import { findingOperations } from './findings';
import { keepEmitted } from './keep';
import { memberOperations } from './members';
import { sampleOperations } from './samples';
import { GUARDDUTY, type GuardDutyState, type Sdk } from './state';
import { guarddutyData, guarddutyTerraform } from './terraform';

/** GuardDuty: a detector, and the findings that events told of. It finds nothing by itself. */
export const guardduty: Service<Sdk, GuardDutyState> = {
  ...GUARDDUTY,
  accessDenied: 'AccessDeniedException',
  sdk: () => require('@aws-sdk/client-guardduty') as Sdk,
  client: 'GuardDutyClient',
  resources: (_operation, { DetectorId }: { DetectorId?: string }, call) =>
    DetectorId === undefined ? ['*'] : [call.arn(`detector/${DetectorId}`)],
  operations: { ...detectorOperations, ...findingOperations, ...sampleOperations, ...memberOperations },
  terraform: guarddutyTerraform,
  dataSources: guarddutyData,
  emitted: keepEmitted,
};
