import { IAMClient } from '@aws-sdk/client-iam';
import { clientConfig, requiredVariable } from '../core/aws';
import { containmentHandler, containmentServices } from '../incident/containment';
import { PrincipalReader } from '../incident/principal-reader';
import { ec2Clients } from '../incident/role-use';
import { Principals } from './adapter';
import { principalContainment } from './containment';

const iam = new IAMClient(clientConfig);
const reader = new PrincipalReader(iam, ec2Clients(requiredVariable('AWS_REGION')));

export const handler = containmentHandler(
  principalContainment(new Principals(iam, reader, Date.now)),
  containmentServices(),
);
