import { AwsError, type Call, type Making, type Service } from '../service';
import { block } from '../terraform/arguments';

type Sdk = typeof import('@aws-sdk/client-s3');

interface Bucket {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly created: Date;
  readonly tags: Readonly<Record<string, string>>;
  policy?: string;
  versioning?: 'Enabled' | 'Suspended';
  publicAccessBlock: PublicAccessBlock;
}

interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

interface S3State {
  readonly buckets: Map<string, Bucket>;
}

const ALL_BLOCKED: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

function find({ state, region }: Call<S3State>, name: string | undefined): Bucket {
  const found = state.buckets.get(name ?? '');
  if (!found) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { status: 404 });
  if (found.region !== region)
    throw new AwsError(
      'PermanentRedirect',
      `The bucket you are attempting to access must be addressed using the specified endpoint: ${found.region}.`,
      { status: 301 },
    );
  return found;
}

/** Buckets as far as the stack's own need them. Everything else about S3 comes with the bucket remediation. */
export const s3: Service<Sdk, S3State> = {
  prefix: 's3',
  // Names are global, and so is this table of them; each bucket lives in its Region.
  global: true,
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-s3') as Sdk,
  client: 'S3Client',
  initial: () => ({ buckets: new Map() }),
  dataEvents: ['ListObjectsV2', 'HeadBucket'],
  resourcePolicy: ({ buckets }, arn) => buckets.get(arn.split(':').at(-1)?.split('/')[0] ?? '')?.policy,
  access: (operation, input: { Bucket?: string }) => {
    const actions: Record<string, string> = {
      ListBuckets: 's3:ListAllMyBuckets',
      HeadBucket: 's3:ListBucket',
      ListObjectsV2: 's3:ListBucket',
      GetPublicAccessBlock: 's3:GetBucketPublicAccessBlock',
      GetBucketEncryption: 's3:GetEncryptionConfiguration',
    };
    return [
      {
        action: actions[operation] ?? `s3:${operation}`,
        resources: [input.Bucket === undefined ? '*' : `arn:aws:s3:::${input.Bucket}`],
      },
    ];
  },
  operations: {
    ListBuckets: (_input, { state, account }) => ({
      Buckets: [...state.buckets.values()].map(({ name, created, region }) => ({
        Name: name,
        CreationDate: created,
        BucketRegion: region,
      })),
      Owner: { ID: account },
    }),
    HeadBucket: ({ Bucket }, call) => ({ BucketRegion: find(call, Bucket).region }),
    GetBucketLocation({ Bucket }, call) {
      const { region } = find(call, Bucket);
      return region === 'us-east-1' ? {} : { LocationConstraint: region as 'eu-west-1' };
    },
    GetBucketPolicy({ Bucket }, call) {
      const { policy } = find(call, Bucket);
      if (policy === undefined)
        throw new AwsError('NoSuchBucketPolicy', 'The bucket policy does not exist', { status: 404 });
      return { Policy: policy };
    },
    GetPublicAccessBlock: ({ Bucket }, call) => ({
      PublicAccessBlockConfiguration: find(call, Bucket).publicAccessBlock,
    }),
    GetBucketEncryption({ Bucket }, call) {
      find(call, Bucket);
      return {
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
        },
      };
    },
    GetBucketVersioning({ Bucket }, call) {
      const { versioning } = find(call, Bucket);
      return versioning ? { Status: versioning } : {};
    },
    GetBucketOwnershipControls({ Bucket }, call) {
      find(call, Bucket);
      return { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } };
    },
    GetBucketTagging({ Bucket }, call) {
      const tags = Object.entries(find(call, Bucket).tags);
      if (tags.length === 0) throw new AwsError('NoSuchTagSet', 'The TagSet does not exist', { status: 404 });
      return { TagSet: tags.map(([Key, Value]) => ({ Key, Value })) };
    },
    ListObjectsV2({ Bucket, Prefix = '' }, call) {
      find(call, Bucket);
      return { Name: Bucket, Prefix, KeyCount: 0, MaxKeys: 1000, IsTruncated: false };
    },
  },
  terraform: {
    aws_s3_bucket: (args, making) => {
      const name = String(args.bucket);
      const { twin, account, region, tags } = making;
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name))
        throw new Error(`${making.address}: ${name} is no valid bucket name`);
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
      twin
        .state(s3, making)
        .buckets.set(name, { name, account, region, created: twin.clock.now(), tags, publicAccessBlock: ALL_BLOCKED });
      return {
        id: name,
        arn: `arn:aws:s3:::${name}`,
        bucket: name,
        bucket_domain_name: `${name}.s3.amazonaws.com`,
        bucket_regional_domain_name: `${name}.s3.${region}.amazonaws.com`,
        region,
      };
    },
    aws_s3_bucket_policy: (args, making) => {
      bucketOf(making, args.bucket).policy = String(args.policy);
      return { id: String(args.bucket) };
    },
    aws_s3_bucket_public_access_block: (args, making) => {
      bucketOf(making, args.bucket).publicAccessBlock = {
        BlockPublicAcls: args.block_public_acls === true,
        IgnorePublicAcls: args.ignore_public_acls === true,
        BlockPublicPolicy: args.block_public_policy === true,
        RestrictPublicBuckets: args.restrict_public_buckets === true,
      };
      return { id: String(args.bucket) };
    },
    aws_s3_bucket_versioning: (args, making) => {
      bucketOf(making, args.bucket).versioning = block(args.versioning_configuration).status as 'Enabled';
      return { id: String(args.bucket) };
    },
  },
};

function bucketOf(making: Making, name: unknown): Bucket {
  const found = making.twin.state(s3, making).buckets.get(String(name));
  if (!found) throw new Error(`${making.address}: there is no bucket ${String(name)}`);
  return found;
}
