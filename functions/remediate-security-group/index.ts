import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { EC2Client } from '@aws-sdk/client-ec2';
import { clientConfig } from '../core/aws';
import { putEvaluations } from '../core/evaluations';
import { handlerFor } from '../core/handler';
import { once } from '../core/once';
import { lambdaServices } from '../core/services';
import { SecurityGroups } from './adapter';
import { securityGroupRemediation } from './remediation';

const config = once(() => new ConfigServiceClient(clientConfig));

export const handler = handlerFor([securityGroupRemediation(new SecurityGroups(new EC2Client(clientConfig), config))], {
  ...lambdaServices(),
  evaluate: (wake, answers) => putEvaluations(config(), wake, answers),
});
