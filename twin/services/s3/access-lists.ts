import type { AccessControlPolicy, Grant as GrantInput, Permission } from '@aws-sdk/client-s3';
import { AwsError } from '../../service';
import { type Bucket, canonicalId } from './buckets';

/** Who a grant is for: an account by its canonical ID, or one of S3's groups. */
export type Holder =
  | { readonly type: 'CanonicalUser'; readonly id: string }
  | { readonly type: 'Group'; readonly uri: string };

export interface Grant {
  readonly holder: Holder;
  readonly permission: Permission;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee-predefined-groups */
export const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
export const AUTHENTICATED_USERS = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';
const LOG_DELIVERY = 'http://acs.amazonaws.com/groups/s3/LogDelivery';
const GROUPS: readonly string[] = [ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY];
const PERMISSIONS: readonly string[] = ['FULL_CONTROL', 'READ', 'WRITE', 'READ_ACP', 'WRITE_ACP'];

const toGroup = (uri: string, ...permissions: Permission[]): Grant[] =>
  permissions.map((permission) => ({ holder: { type: 'Group', uri }, permission }));

/**
 * What a canned list grants beside the owner's full control. Those that are about the owner of a bucket say nothing of buckets.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
 */
const CANNED: Readonly<Record<string, readonly Grant[]>> = {
  private: [],
  'bucket-owner-read': [],
  'bucket-owner-full-control': [],
  'public-read': toGroup(ALL_USERS, 'READ'),
  'public-read-write': toGroup(ALL_USERS, 'READ', 'WRITE'),
  'authenticated-read': toGroup(AUTHENTICATED_USERS, 'READ'),
  'log-delivery-write': toGroup(LOG_DELIVERY, 'WRITE', 'READ_ACP'),
};

/** Members of a request that tell an access list. */
export interface AccessListInput {
  readonly ACL?: string | undefined;
  readonly AccessControlPolicy?: AccessControlPolicy | undefined;
  readonly GrantFullControl?: string | undefined;
  readonly GrantRead?: string | undefined;
  readonly GrantReadACP?: string | undefined;
  readonly GrantWrite?: string | undefined;
  readonly GrantWriteACP?: string | undefined;
}

const HEADERS = {
  GrantFullControl: 'FULL_CONTROL',
  GrantRead: 'READ',
  GrantReadACP: 'READ_ACP',
  GrantWrite: 'WRITE',
  GrantWriteACP: 'WRITE_ACP',
} as const;

const invalid = (message: string, name: string, value: string): AwsError =>
  new AwsError('InvalidArgument', message, { members: { ArgumentName: name, ArgumentValue: value } });

function holderOf(kind: string, value: string): Holder {
  if (/^email/i.test(kind))
    throw new AwsError(
      'UnresolvableGrantByEmailAddress',
      'The e-mail address you provided does not match any account on record.',
    );
  if (kind === 'uri') {
    if (!GROUPS.includes(value)) throw invalid('Invalid group uri', 'uri', value);
    return { type: 'Group', uri: value };
  }
  if (kind !== 'id') throw invalid('Argument format not recognized', 'grant', kind);
  if (!/^[0-9a-f]{64}$/.test(value)) throw invalid('Invalid id', 'id', value);
  return { type: 'CanonicalUser', id: value };
}

/** `id="…", uri="…"` */
function holdersIn(header: string): Holder[] {
  return header.split(',').map((part) => {
    const [, kind = '', value = ''] = /^\s*(\w+)\s*=\s*"?([^"]*)"?\s*$/.exec(part) ?? [];
    return holderOf(kind, value);
  });
}

function grantOf({ Grantee: grantee, Permission: permission }: GrantInput): Grant {
  if (!grantee || !PERMISSIONS.includes(permission ?? ''))
    throw new AwsError(
      'MalformedACLError',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  const { EmailAddress, URI, ID = '' } = grantee;
  const holder = EmailAddress ? holderOf('email', EmailAddress) : URI ? holderOf('uri', URI) : holderOf('id', ID);
  return { holder, permission: permission as Permission };
}

/**
 * The grants that a request tells in one of three ways, or undefined if it tells none.
 *
 * @param owner whose full control goes without saying, in canned lists
 * @throws AwsError for a list that cannot be
 */
export function grantsIn(input: AccessListInput, owner: string): readonly Grant[] | undefined {
  const { ACL, AccessControlPolicy: policy } = input;
  const headers = Object.entries(HEADERS).flatMap(([name, permission]) => {
    const header = input[name as keyof typeof HEADERS];
    return header === undefined ? [] : holdersIn(header).map((holder) => ({ holder, permission }));
  });
  if (ACL !== undefined && headers.length > 0)
    throw new AwsError('InvalidRequest', 'Specifying both Canned ACLs and Header Grants is not allowed');
  if (policy && (ACL !== undefined || headers.length > 0))
    throw new AwsError('UnexpectedContent', 'This request does not support content');
  if (ACL !== undefined) {
    const canned = CANNED[ACL];
    if (ACL === 'aws-exec-read')
      throw new AwsError('NotImplemented', 'the twin does not simulate aws-exec-read', { status: 501 });
    if (!canned) throw invalid('Invalid canned ACL', 'x-amz-acl', ACL);
    return [...ownerOnly(owner), ...canned];
  }
  if (headers.length > 0) return headers;
  if (!policy) return undefined;
  if (policy.Owner?.ID !== undefined && policy.Owner.ID !== owner)
    throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
  return (policy.Grants ?? []).map(grantOf);
}

/** What a bucket has that says nothing of access. */
export const ownerOnly = (owner: string): readonly Grant[] => [
  { holder: { type: 'CanonicalUser', id: owner }, permission: 'FULL_CONTROL' },
];

/** Whether a grant is for everybody, or for everybody with an account. */
export const isPublicGrant = ({ holder }: Grant): boolean =>
  holder.type === 'Group' && (holder.uri === ALL_USERS || holder.uri === AUTHENTICATED_USERS);

export const isForOthers = ({ holder }: Grant, owner: string): boolean =>
  holder.type === 'Group' || holder.id !== owner;

/** The grants that a bucket has: with access lists switched off, none but its owner's. */
export const grantsOf = ({ account, ownership, grants }: Bucket): readonly Grant[] =>
  ownership === 'BucketOwnerEnforced' ? ownerOnly(canonicalId(account)) : grants;

const READ = ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'];
const ON_BUCKET: Readonly<Record<string, readonly string[]>> = {
  READ,
  WRITE: [],
  READ_ACP: ['s3:GetBucketAcl'],
  WRITE_ACP: ['s3:PutBucketAcl'],
  FULL_CONTROL: [...READ, 's3:GetBucketAcl', 's3:PutBucketAcl'],
};
const WRITES = ['s3:PutObject', 's3:DeleteObject'];

/**
 * What a bucket's access list lets others do, said as statements of a policy.
 *
 * @param caller the account that asks; undefined for somebody who does not sign
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions
 */
export function statementsOfGrants(
  bucket: Bucket,
  caller: string | undefined,
  { ignorePublic }: { readonly ignorePublic: boolean },
): object[] {
  const arn = `arn:aws:s3:::${bucket.name}`;
  const applies = ({ holder }: Grant): boolean =>
    holder.type === 'Group'
      ? holder.uri === ALL_USERS || (holder.uri === AUTHENTICATED_USERS && caller !== undefined)
      : caller !== undefined && holder.id === canonicalId(caller);
  return grantsOf(bucket)
    .filter((grant) => isForOthers(grant, canonicalId(bucket.account)) && applies(grant))
    .filter((grant) => !ignorePublic || !isPublicGrant(grant))
    .flatMap(({ holder, permission }) => {
      // An account's own policies decide which of its users.
      const Principal = holder.type === 'Group' ? '*' : { AWS: caller };
      const writes = permission === 'WRITE' || permission === 'FULL_CONTROL' ? WRITES : [];
      return [
        { Effect: 'Allow', Principal, Action: ON_BUCKET[permission] ?? [], Resource: arn },
        { Effect: 'Allow', Principal, Action: writes, Resource: `${arn}/*` },
      ].filter(({ Action }) => Action.length > 0);
    });
}
