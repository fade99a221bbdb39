import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { clientConfig, requiredVariable } from '../core/aws';
import { incidentServices } from '../incident/services';
import { evidenceHandler } from './handler';
import { EvidenceStore } from './store';

const clients = {
  ec2: new EC2Client(clientConfig),
  autoScaling: new AutoScalingClient(clientConfig),
  iam: new IAMClient(clientConfig),
  s3: new S3Client(clientConfig),
};
const bucket = requiredVariable('EVIDENCE_BUCKET');

export const handler = evidenceHandler({
  ...incidentServices(),
  clients,
  quarantineProfile: requiredVariable('QUARANTINE_PROFILE'),
  storeFor: ({ account }) => new EvidenceStore(clients.s3, bucket, account),
});
