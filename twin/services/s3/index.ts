import type { Access, Service } from '../../service';
import { bucketOperations } from './bucket-operations';
import type { S3Call, S3State, Sdk } from './buckets';
import { currentObject, objectOperations } from './objects';
import { recordedBuckets } from './recorded';
import { terraformOf } from './terraform';

/** Buckets as far as the stack's own need them, and their objects. Everything else about S3 comes with the bucket remediation. */
export const s3: Service<Sdk, S3State> = {
  prefix: 's3',
  // Names are global, and so is this table of them; each bucket lives in its Region.
  global: true,
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-s3') as Sdk,
  client: 'S3Client',
  initial: () => ({ buckets: new Map() }),
  dataEvents: ['ListObjectsV2', 'HeadBucket', 'PutObject', 'GetObject', 'HeadObject', 'DeleteObject'],
  resourcePolicy: ({ buckets }, arn) => buckets.get(arn.split(':')[5]?.split('/')[0] ?? '')?.policy,
  access: (operation, input: Input, call) => accessOf(operation, input, call),
  operations: { ...bucketOperations, ...objectOperations },
  recorded: [recordedBuckets],
  terraform: terraformOf((making) => making.twin.state(s3, making)),
};

interface Input {
  readonly Bucket?: string;
  readonly Key?: string;
  readonly VersionId?: string;
  readonly ACL?: string;
  readonly Prefix?: string;
  readonly Delimiter?: string;
  readonly MaxKeys?: number;
}

/** Actions whose names are not those of the operations. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const ACTIONS: Readonly<Record<string, string>> = {
  ListBuckets: 's3:ListAllMyBuckets',
  HeadBucket: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
};

function accessOf(operation: string, input: Input, { state }: S3Call): Access[] {
  const { Bucket: name, Key: key, VersionId: version } = input;
  const action = ACTIONS[operation] ?? `s3:${operation}`;
  if (name === undefined) return [{ action, resources: ['*'] }];
  const bucketArn = `arn:aws:s3:::${name}`;
  if (key === undefined) return [{ action, resources: [bucketArn], context: listingContext(input) }];
  const bucket = state.buckets.get(name);
  const isRead = operation !== 'PutObject' && operation !== 'DeleteObject';
  const isMissing = isRead && bucket !== undefined && version === undefined && !currentObject(bucket, key);
  return [
    {
      action: version === undefined ? action : `${action}Version`,
      resources: [`${bucketArn}/${key}`],
      context: { ...(input.ACL !== undefined && { 's3:x-amz-acl': input.ACL }) },
    },
    // Who may not list is not told that a key does not exist.
    ...(isMissing ? [{ action: 's3:ListBucket', resources: [bucketArn] }] : []),
  ];
}

const listingContext = ({ Prefix, Delimiter, MaxKeys }: Input): Record<string, string> => ({
  ...(Prefix !== undefined && { 's3:prefix': Prefix }),
  ...(Delimiter !== undefined && { 's3:delimiter': Delimiter }),
  ...(MaxKeys !== undefined && { 's3:max-keys': String(MaxKeys) }),
});
