import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { clientConfig, requiredVariable } from '../core/aws';
import { once } from '../core/once';
import { alertPublisher, incidentServices } from '../incident/services';
import { namesOf } from './findings';
import { closingHandler } from './handler';

const securityHub = once(() => new SecurityHubClient(clientConfig));

export const handler = closingHandler({
  ...incidentServices(),
  ownRoleArn: requiredVariable('OWN_ROLE_ARN'),
  publish: alertPublisher(),
  namesOf: async (uids) => (uids.length === 0 ? [] : namesOf(securityHub(), uids)),
});
