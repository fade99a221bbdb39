import { Construct } from 'constructs';
import { ownBucketName, type Policy } from '../functions/core/policy';
import type { Account } from './account';
import type { Names } from './names';
import type { NodeFunction } from './node-function';
import type { PolicyStatement } from './policy-document';
import { defineSelfHeal, type SelfHealProps } from './self-heal';

export interface S3BucketSelfHealProps extends SelfHealProps {
  /** Physical names, from `names.ts`. */
  readonly names: Names['bucket'];
  readonly policy: Policy['buckets'];
  readonly exemptTag: Policy['exemptTag'];
}

const BUCKET = 'bucket';
const ACCOUNT = 'account-public-access-block';

/** Closes buckets to the public by their public access block, seconds after they were opened. */
export class S3BucketSelfHeal extends Construct {
  readonly target: NodeFunction;

  constructor(scope: Construct, id: string, props: S3BucketSelfHealProps) {
    super(scope, id);
    const { names, account, policy, exemptTag } = props;
    this.target = defineSelfHeal(this, props, {
      names,
      nouns: 'buckets',
      description: 'Closes S3 buckets to the public, and encrypts them as the policy asks',
      source: 'remediate-bucket',
      remediations: [
        { name: BUCKET, type: 'AWS::S3::Bucket' },
        { name: ACCOUNT, type: 'AWS::S3::AccountPublicAccessBlock' },
      ],
      calls: {
        service: 's3',
        description: 'API calls that can open a bucket, or all of an account, to the public, or weaken its encryption',
        // As CloudTrail spells them. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
        eventNames: [
          'CreateBucket',
          'PutBucketPolicy',
          'DeleteBucketPolicy',
          'PutBucketAcl',
          'PutBucketPublicAccessBlock',
          'DeleteBucketPublicAccessBlock',
          'PutAccountPublicAccessBlock',
          'DeleteAccountPublicAccessBlock',
          'PutBucketOwnershipControls',
          'DeleteBucketOwnershipControls',
          'PutBucketEncryption',
          'DeleteBucketEncryption',
          'PutBucketWebsite',
          'DeleteBucketWebsite',
        ],
      },
      actionAlarms: [
        { remediation: BUCKET, alarmName: names.actionAlarm },
        { remediation: ACCOUNT, alarmName: names.accountActionAlarm },
      ],
      statements: bucketStatements(account, policy, exemptTag.enabled),
    });
  }
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
function bucketStatements(
  account: Account,
  { publicStatements, encryption, accountLevel, own }: Policy['buckets'],
  readsTags: boolean,
): PolicyStatement[] {
  const removes = publicStatements === 'remove';
  const encrypts = encryption === 'kms';
  const every = `arn:${account.partition}:s3:::*`;
  // Names of buckets are global: the account must be said apart.
  const Condition = { StringEquals: { 'aws:ResourceAccount': account.id } };
  const ownArns = own.map(
    (prefix) => `arn:${account.partition}:s3:::${ownBucketName(prefix, account.id, account.region)}`,
  );
  return [
    {
      Sid: 'ReadBuckets',
      Action: [
        's3:GetBucketPublicAccessBlock',
        's3:GetBucketPolicy',
        's3:GetBucketWebsite',
        ...(readsTags ? ['s3:GetBucketTagging'] : []),
        ...(removes ? ['s3:GetBucketPolicyStatus'] : []),
        ...(removes || encrypts ? ['s3:GetBucketAcl', 's3:GetBucketOwnershipControls'] : []),
        ...(encrypts ? ['s3:GetEncryptionConfiguration'] : []),
      ],
      Resource: every,
      Condition,
    },
    {
      Sid: 'ReadTheAccount',
      Action: ['s3:GetAccountPublicAccessBlock', 's3:ListAllMyBuckets'],
      Resource: '*', // Neither knows resources.
    },
    { Sid: 'BlockPublicAccess', Action: 's3:PutBucketPublicAccessBlock', Resource: every, Condition },
    ...(removes
      ? [
          {
            Sid: 'RemovePublicStatements',
            Action: ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:PutBucketAcl'],
            Resource: every,
            Condition,
          },
        ]
      : []),
    ...(encrypts ? [{ Sid: 'Encrypt', Action: 's3:PutEncryptionConfiguration', Resource: every, Condition }] : []),
    ...(accountLevel === 'restore'
      ? [{ Sid: 'RestoreTheAccount', Action: 's3:PutAccountPublicAccessBlock', Resource: '*' /* It knows none. */ }]
      : []),
    {
      Sid: 'NeverTouchItsOwn',
      Effect: 'Deny',
      Action: ['s3:Put*', 's3:Delete*'],
      Resource: ownArns.flatMap((arn) => [arn, `${arn}/*`]),
    },
  ];
}
