import type { Action, ResourceKind } from '../core/remediation';

export const BUCKET: ResourceKind = {
  type: 'AWS::S3::Bucket',
  noun: 'bucket',
  idKey: 'bucketName',
  // Names of before 2018 in us-east-1 may have capitals and underscores, and up to 255 characters.
  idPattern: /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/,
  arn: (name, { partition }) => `arn:${partition}:s3:::${name}`,
};

/**
 * What keeps a bucket, or all of an account's, from the public.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
 */
export interface PublicAccessBlock {
  /** Refuses new public ACLs. */
  readonly BlockPublicAcls: boolean;
  /** Takes the effect from public ACLs that are there. */
  readonly IgnorePublicAcls: boolean;
  /** Refuses new public policies. */
  readonly BlockPublicPolicy: boolean;
  /** Takes the effect from a public policy that is there. */
  readonly RestrictPublicBuckets: boolean;
}

export const FLAGS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;

/** All four flags on. */
export const ALL_ON: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/** Flags that none of the blocks switches on: S3 obeys the strictest of them. */
export const flagsOff = (...blocks: readonly (PublicAccessBlock | undefined)[]): (typeof FLAGS)[number][] =>
  FLAGS.filter((flag) => !blocks.some((block) => block?.[flag]));

/** A statement of a bucket policy, as it stands there. */
export type Statement = Readonly<Record<string, unknown>>;

/** A line of an ACL, as S3 has it. */
export interface Grant {
  readonly Permission: string;
  readonly Grantee: Readonly<Record<string, string>>;
}

/** How new objects are encrypted that do not say it themselves. */
export interface Encryption {
  readonly algorithm: string;
  readonly keyId?: string;
  readonly bucketKey?: boolean;
  /** What uploads may not use: `SSE-C`. */
  readonly blockedTypes?: readonly string[];
}

/** A key of KMS, in one layer or two. */
export const isKms = ({ algorithm }: Encryption): boolean => algorithm.startsWith('aws:kms');

/** A bucket as its remediation sees it. What the policy does not ask about is not read. */
export interface Bucket {
  readonly name: string;
  readonly arn: string;
  readonly account: string;
  /** Of the installation. */
  readonly region: string;
  /** Where the bucket lives, if not there: then nothing else is known of it. */
  readonly elsewhere?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Undefined if it has none. */
  readonly block?: PublicAccessBlock;
  /** The account's own. Undefined if it has none. */
  readonly accountBlock?: PublicAccessBlock;
  /** The text of its policy. Undefined if it has none. */
  readonly policy?: string;
  readonly website: boolean;
  /** What S3 says of the policy, whatever the block. */
  readonly policyIsPublic?: boolean;
  readonly acl?: {
    /** `BucketOwnerEnforced` switches ACLs off. */
    readonly ownership: string;
    readonly owner: Readonly<Record<string, string>>;
    readonly grants: readonly Grant[];
  };
  readonly encryption?: Encryption;
}

/** Kinds echo the API call that they cause. */
export type BucketAction =
  | PutPublicAccessBlock
  | DeletePublicAccessBlock
  | PutBucketPolicy
  | PutBucketAcl
  | PutBucketEncryption;

export interface PutPublicAccessBlock extends Action {
  readonly kind: 'PutPublicAccessBlock';
  readonly bucket: string;
  readonly block: PublicAccessBlock;
}

/** Only to take a block back where there was none. */
export interface DeletePublicAccessBlock extends Action {
  readonly kind: 'DeletePublicAccessBlock';
  readonly bucket: string;
}

/** Everything else in the policy stays as it is. */
export interface PutBucketPolicy extends Action {
  readonly kind: 'PutBucketPolicy';
  readonly bucket: string;
  readonly remove: readonly Statement[];
  /** Only to take a removal back. */
  readonly add: readonly Statement[];
  /** The text to put where no policy is left: only to take a removal back. */
  readonly whole?: string;
}

/** Every other grant stays. */
export interface PutBucketAcl extends Action {
  readonly kind: 'PutBucketAcl';
  readonly bucket: string;
  readonly remove: readonly Grant[];
  /** Only to take a removal back. */
  readonly add: readonly Grant[];
}

export interface PutBucketEncryption extends Action {
  readonly kind: 'PutBucketEncryption';
  readonly bucket: string;
  readonly encryption: Encryption;
}
