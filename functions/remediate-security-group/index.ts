import { ConfigServiceClient } from '@aws-sdk/client-config-service';
import { EC2Client } from '@aws-sdk/client-ec2';
import { clientConfig } from '../core/aws';
import { handlerFor } from '../core/handler';
import { once } from '../core/once';
import { lambdaServices } from '../core/services';
import { SecurityGroups } from './adapter';
import { securityGroupRemediation } from './remediation';

export const handler = handlerFor(
  [
    securityGroupRemediation(
      new SecurityGroups(
        new EC2Client(clientConfig),
        once(() => new ConfigServiceClient(clientConfig)),
      ),
    ),
  ],
  lambdaServices(),
);
