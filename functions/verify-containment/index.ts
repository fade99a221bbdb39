import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { clientConfig, requiredVariable } from '../core/aws';
import { InstanceReader } from '../incident/instance-reader';
import { PrincipalReader } from '../incident/principal-reader';
import { ec2Clients } from '../incident/role-use';
import { incidentServices } from '../incident/services';
import { verificationHandler } from './handler';
import { inspectorsOf } from './inspectors';

const regions = ec2Clients(requiredVariable('AWS_REGION'));
const iam = new IAMClient(clientConfig);
const clients = {
  regions,
  iam,
  autoScaling: new AutoScalingClient(clientConfig),
  elb: new ElasticLoadBalancingV2Client(clientConfig),
};
const quarantine = { profile: requiredVariable('QUARANTINE_PROFILE'), group: requiredVariable('QUARANTINE_GROUP') };

export const handler = verificationHandler({
  ...incidentServices(),
  inspectors: inspectorsOf({
    instances: new InstanceReader(clients, quarantine),
    principals: new PrincipalReader(iam, regions),
    ec2: () => regions.ec2For(regions.home),
  }),
});
