import type { Service } from '../../service';
import { accessOf, anonymousScope, placeOf, policyInForce } from './access';
import { accessListOperations } from './access-list-operations';
import { S3, type S3State, type Sdk } from './buckets';
import { creationOperations } from './creation';
import { encryptionOperations } from './encryption';
import { objectOperations } from './objects';
import { policyOperations } from './policies';
import { blockOperations } from './public-access-block';
import { recordedBuckets } from './recorded';
import { settingOperations } from './settings';
import { terraformOf } from './terraform';
import { s3Trail, TRAIL_NAMES } from './trail';

/** Buckets with all that decides who may do what with them, and their objects. */
export const s3: Service<Sdk, S3State> = {
  ...S3,
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-s3') as Sdk,
  client: 'S3Client',
  pathMember: 'Bucket',
  anonymous: anonymousScope,
  placeOf,
  // Clients that went to the wrong Region are told the right one, whatever else is wrong.
  errorHeaders: ({ Bucket }: { Bucket?: string }, { buckets }): Record<string, string> => {
    const region = buckets.get(Bucket ?? '')?.region;
    return region === undefined ? {} : { 'x-amz-bucket-region': region };
  },
  dataEvents: ['ListObjectsV2', 'HeadBucket', 'PutObject', 'GetObject', 'HeadObject', 'DeleteObject'],
  resourcePolicy: policyInForce,
  access: accessOf,
  operations: {
    ...creationOperations,
    ...policyOperations,
    ...accessListOperations,
    ...blockOperations,
    ...encryptionOperations,
    ...settingOperations,
    ...objectOperations,
  },
  trailNames: TRAIL_NAMES,
  trail: s3Trail,
  recorded: [recordedBuckets],
  terraform: terraformOf((making) => making.twin.state(S3, making)),
};
