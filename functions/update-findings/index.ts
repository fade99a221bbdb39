import { GuardDutyClient } from '@aws-sdk/client-guardduty';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { clientConfig, requiredVariable } from '../core/aws';
import { once } from '../core/once';
import { incidentServices } from '../incident/services';
import { Findings } from './findings';
import { updateHandler } from './handler';

export const handler = updateHandler({
  ...incidentServices(),
  findings: new Findings(
    once(() => new GuardDutyClient(clientConfig)),
    once(() => new SecurityHubClient(clientConfig)),
    requiredVariable('PARTITION'),
  ),
});
