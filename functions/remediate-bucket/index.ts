import { S3Client } from '@aws-sdk/client-s3';
import { S3ControlClient } from '@aws-sdk/client-s3-control';
import { clientConfig } from '../core/aws';
import { handlerFor } from '../core/handler';
import { lambdaServices } from '../core/services';
import { AccountBlocks } from './account-adapter';
import { accountRemediation } from './account-block';
import { Buckets } from './adapter';
import { bucketRemediation } from './remediation';

const accounts = new AccountBlocks(new S3ControlClient(clientConfig));

export const handler = handlerFor(
  [bucketRemediation(new Buckets(new S3Client(clientConfig), accounts)), accountRemediation(accounts)],
  lambdaServices(),
);
