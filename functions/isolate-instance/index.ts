import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { clientConfig, requiredVariable } from '../core/aws';
import { containmentHandler, containmentServices } from '../incident/containment';
import { ec2Clients } from '../incident/role-use';
import { isolation } from './isolation';

const clients = {
  regions: ec2Clients(requiredVariable('AWS_REGION')),
  autoScaling: new AutoScalingClient(clientConfig),
  elb: new ElasticLoadBalancingV2Client(clientConfig),
  iam: new IAMClient(clientConfig),
};

export const handler = containmentHandler(
  isolation(clients, { profile: requiredVariable('QUARANTINE_PROFILE'), group: requiredVariable('QUARANTINE_GROUP') }),
  containmentServices(),
);
