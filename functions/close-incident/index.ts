import { requiredVariable } from '../core/aws';
import { alertPublisher, incidentServices } from '../incident/services';
import { closingHandler } from './handler';

export const handler = closingHandler({
  ...incidentServices(),
  ownRoleArn: requiredVariable('OWN_ROLE_ARN'),
  publish: alertPublisher(),
});
