import type { CloudTrailWake } from '../functions/core/events';
import {
  ALL_ON,
  type Bucket,
  type Encryption,
  FLAGS,
  type Grant,
  type PublicAccessBlock,
} from '../functions/remediate-bucket/bucket';
import { isPublicGrant, isPublicStatement, statementsIn } from '../functions/remediate-bucket/public-access';
import { type Loose, listIn, loose } from './loose';

/** What a policy may ask about. */
export type BucketPart = 'public access block' | 'policy' | 'access control list' | 'default encryption';

/** What an event tells of a bucket. */
export interface ToldOfBucket {
  readonly state: Partial<Bucket>;
  /** Parts that are known from it. */
  readonly tells: readonly BucketPart[];
  /** How that follows, where the event does not say so itself. */
  readonly because?: string;
}

const NOTHING: ToldOfBucket = { state: {}, tells: [] };

/**
 * Reads the event of a call that S3 took. What it refuses while a flag is on tells that the flag was off: whoever could make a policy or
 * an ACL public was not kept from it, neither by the bucket's block nor by the account's.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
 */
export function toldOfBucket({ eventName, request }: CloudTrailWake): ToldOfBucket {
  switch (eventName) {
    case 'CreateBucket':
      return AS_MADE;
    case 'PutBucketPublicAccessBlock': {
      const block = blockIn(request);
      return block ? { state: { block }, tells: ['public access block'] } : NOTHING;
    }
    case 'DeleteBucketPublicAccessBlock':
      return { state: {}, tells: ['public access block'] };
    case 'PutBucketPolicy':
      return toldByPolicy(request.bucketPolicy);
    case 'DeleteBucketPolicy':
      return { state: { policyIsPublic: false }, tells: ['policy'] };
    case 'PutBucketAcl':
      return toldByAcl(grantsIn(request));
    case 'PutBucketEncryption': {
      const encryption = encryptionIn(request);
      return encryption ? { state: { encryption }, tells: ['default encryption'] } : NOTHING;
    }
    // It goes back to keys of S3. https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
    case 'DeleteBucketEncryption':
      return { state: { encryption: { algorithm: 'AES256' } }, tells: ['default encryption'] };
    default:
      return NOTHING;
  }
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html */
const AS_MADE: ToldOfBucket = {
  state: { block: ALL_ON, policyIsPublic: false, encryption: { algorithm: 'AES256' } },
  // A public ACL is refused by the block.
  tells: ['public access block', 'policy', 'access control list', 'default encryption'],
  because: 'S3 makes every bucket with all four flags on, and encrypts it',
};

/** The flags of a request. One that is not there is off. Undefined if the event holds none, as one that was cut off for its size. */
export function blockIn(request: Loose): PublicAccessBlock | undefined {
  const { PublicAccessBlockConfiguration: found } = request;
  if (found === null || typeof found !== 'object') return undefined;
  const flags = loose(found);
  // XML has texts.
  const isOn = (flag: (typeof FLAGS)[number]) => flags[flag] === true || flags[flag] === 'true';
  return Object.fromEntries(FLAGS.map((flag) => [flag, isOn(flag)])) as unknown as PublicAccessBlock;
}

function toldByPolicy(found: unknown): ToldOfBucket {
  if (found === null || (typeof found !== 'object' && typeof found !== 'string')) return NOTHING;
  const policy = typeof found === 'string' ? found : JSON.stringify(found);
  let policyIsPublic: boolean;
  try {
    policyIsPublic = statementsIn(policy).some(isPublicStatement);
  } catch {
    return NOTHING;
  }
  const state = { policy, policyIsPublic };
  return policyIsPublic
    ? {
        state: { ...state, block: { ...ALL_ON, BlockPublicPolicy: false } },
        tells: ['policy', 'public access block'],
        because: 'S3 refuses a public policy while BlockPublicPolicy is on',
      }
    : { state, tells: ['policy'] };
}

function toldByAcl(grants: readonly Grant[] | undefined): ToldOfBucket {
  if (grants === undefined) return NOTHING;
  // Where ACLs are switched off, none is taken that grants anything to others.
  const acl = { ownership: 'BucketOwnerPreferred', owner: {}, grants };
  return grants.some(isPublicGrant)
    ? {
        state: { acl, block: { ...ALL_ON, BlockPublicAcls: false } },
        tells: ['access control list', 'public access block'],
        because: 'S3 refuses a public ACL while BlockPublicAcls is on',
      }
    : { state: { acl }, tells: ['access control list'] };
}

const GROUPS = 'http://acs.amazonaws.com/groups/global/';
const toGroup = (name: string, ...permissions: string[]): Grant[] =>
  permissions.map((Permission) => ({ Permission, Grantee: { Type: 'Group', URI: `${GROUPS}${name}` } }));

/** ACLs that a name stands for, as far as they let others in. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl */
const CANNED: Readonly<Record<string, readonly Grant[]>> = {
  'public-read': toGroup('AllUsers', 'READ'),
  'public-read-write': toGroup('AllUsers', 'READ', 'WRITE'),
  'authenticated-read': toGroup('AuthenticatedUsers', 'READ'),
};
/** Headers that grant. @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html */
const HEADERS: Readonly<Record<string, string>> = {
  'x-amz-grant-full-control': 'FULL_CONTROL',
  'x-amz-grant-read': 'READ',
  'x-amz-grant-read-acp': 'READ_ACP',
  'x-amz-grant-write': 'WRITE',
  'x-amz-grant-write-acp': 'WRITE_ACP',
};

/** An ACL comes by name, by headers or as a body. Undefined if the event has none of them. */
function grantsIn(request: Loose): readonly Grant[] | undefined {
  // A header that came several times is a list.
  const [canned] = [request['x-amz-acl']].flat();
  if (canned !== undefined) return CANNED[String(canned)] ?? [];
  const headers = Object.keys(HEADERS).filter((name) => request[name] !== undefined);
  if (headers.length > 0)
    return headers.flatMap((name) =>
      [...String([request[name]].flat().join()).matchAll(/uri="?([^",]+)/gi)].map(([, URI = '']) => ({
        Permission: HEADERS[name] ?? '',
        Grantee: { Type: 'Group', URI },
      })),
    );
  const { AccessControlPolicy } = request;
  if (AccessControlPolicy === undefined || AccessControlPolicy === null) return undefined;
  return listIn(loose(loose(AccessControlPolicy).AccessControlList).Grant).map(({ Permission, Grantee }) => {
    const { URI, ID } = loose(Grantee);
    return {
      Permission: String(Permission),
      Grantee: typeof URI === 'string' ? { Type: 'Group', URI } : { Type: 'CanonicalUser', ID: String(ID) },
    };
  });
}

function encryptionIn(request: Loose): Encryption | undefined {
  const [rule = {}] = listIn(loose(request.ServerSideEncryptionConfiguration).Rule);
  const { SSEAlgorithm, KMSMasterKeyID } = loose(rule.ApplyServerSideEncryptionByDefault);
  if (typeof SSEAlgorithm !== 'string') return undefined;
  return { algorithm: SSEAlgorithm, ...(typeof KMSMasterKeyID === 'string' && { keyId: KMSMasterKeyID }) };
}
