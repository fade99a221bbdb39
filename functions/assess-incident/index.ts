import { GuardDutyClient } from '@aws-sdk/client-guardduty';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SFNClient } from '@aws-sdk/client-sfn';
import { clientConfig } from '../core/aws';
import { once } from '../core/once';
import { incidentServices } from '../incident/services';
import { assessmentHandler } from './handler';

export const handler = assessmentHandler({
  ...incidentServices(),
  guardDuty: once(() => new GuardDutyClient(clientConfig)),
  securityHub: once(() => new SecurityHubClient(clientConfig)),
  sfn: once(() => new SFNClient(clientConfig)),
});
