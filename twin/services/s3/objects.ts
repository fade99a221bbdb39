import { createHash } from 'node:crypto';
import type { PutObjectCommandInput, PutObjectCommandOutput, ServerSideEncryption } from '@aws-sdk/client-s3';
import { AwsError } from '../../service';
import { aclsOff } from './access-list-operations';
import { type Bucket, bucketOf, type S3Call, type S3Operations } from './buckets';
import { checkRetention, defaultRetention, type Retention } from './object-lock';

/** One version of an object, or the mark that it was deleted. */
export interface StoredVersion {
  readonly key: string;
  /** `null` unless the bucket keeps versions. */
  readonly versionId: string;
  readonly modified: Date;
  /** Given by the bucket's default when it was written. */
  readonly retention?: Retention | undefined;
  /** Undefined for a delete marker. */
  readonly content?: {
    readonly body: Uint8Array;
    readonly etag: string;
    /** Headers that come back as they were given. */
    readonly headers: Readonly<Record<string, unknown>>;
    readonly metadata: Readonly<Record<string, string>>;
    readonly encryption: ServerSideEncryption;
  };
}
type Stored = StoredVersion & { readonly content: NonNullable<StoredVersion['content']> };

/** Lists that give nobody anything where the bucket's owner writes. */
const ACLS_WITHOUT_EFFECT = ['private', 'bucket-owner-read', 'bucket-owner-full-control'];
const KEPT_HEADERS = ['ContentType', 'ContentEncoding', 'ContentDisposition', 'ContentLanguage', 'CacheControl'];
/** Members of a request that would have an effect which the twin does not have. */
const NOT_SIMULATED = [
  'Tagging',
  'SSECustomerAlgorithm',
  'ObjectLockMode',
  'ObjectLockRetainUntilDate',
  'ObjectLockLegalHoldStatus',
  'WriteOffsetBytes',
  'WebsiteRedirectLocation',
  'GrantFullControl',
  'GrantRead',
  'GrantReadACP',
  'GrantWriteACP',
  'Range',
  'PartNumber',
];

const noSuchKey = (key: string | undefined) =>
  new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404, members: { Key: key ?? '' } });
const preconditionFailed = (condition: string) =>
  new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    status: 412,
    members: { Condition: condition },
  });

function refuseUnsimulated(operation: string, input: object): void {
  const found = NOT_SIMULATED.find((name) => (input as Record<string, unknown>)[name] !== undefined);
  if (found !== undefined)
    throw new AwsError('NotImplemented', `the twin does not simulate ${found} of s3:${operation}`, { status: 501 });
}

/** The newest version of a key, unless it was deleted. */
export function currentObject({ objects }: Bucket, key: string | undefined): Stored | undefined {
  const newest = objects.get(key ?? '')?.at(-1);
  return newest?.content && (newest as Stored);
}

function readable(bucket: Bucket, key: string | undefined, versionId: string | undefined): Stored {
  const found =
    versionId === undefined
      ? currentObject(bucket, key)
      : bucket.objects.get(key ?? '')?.find((version) => version.versionId === versionId);
  if (!found && versionId !== undefined)
    throw new AwsError('NoSuchVersion', 'The specified version does not exist.', { status: 404 });
  if (!found?.content) throw noSuchKey(key);
  return found as Stored;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html */
function checkReadConditions({ content }: Stored, ifMatch: string | undefined, ifNoneMatch: string | undefined): void {
  if (ifMatch !== undefined && ifMatch !== '*' && unquoted(ifMatch) !== unquoted(content.etag))
    throw preconditionFailed('If-Match');
  if (ifNoneMatch !== undefined && (ifNoneMatch === '*' || unquoted(ifNoneMatch) === unquoted(content.etag)))
    throw new AwsError('NotModified', 'Not Modified', { status: 304 });
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
function checkWriteConditions(
  bucket: Bucket,
  key: string,
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): void {
  const existing = currentObject(bucket, key);
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*')
    throw new AwsError('NotImplemented', 'A header you provided implies functionality that is not implemented', {
      status: 501,
      members: { Header: 'If-None-Match' },
    });
  if (ifNoneMatch !== undefined && existing) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (!existing) throw noSuchKey(key);
  if (unquoted(ifMatch) !== unquoted(existing.content.etag)) throw preconditionFailed('If-Match');
}

const unquoted = (etag: string): string => etag.replace(/^"|"$/g, '');

/** Adds a version; without versioning it takes the place of the one that was there. */
function keep(bucket: Bucket, version: StoredVersion): void {
  const others = (bucket.objects.get(version.key) ?? []).filter(({ versionId }) => versionId !== version.versionId);
  bucket.objects.set(version.key, [...others, version]);
}

const nextVersionId = ({ versioning }: Bucket, { twin }: S3Call): string =>
  versioning === 'Enabled' ? twin.hex(32) : 'null';

const described = ({ versioning }: Bucket, { versionId, modified, content }: Stored) => ({
  ...content.headers,
  ETag: content.etag,
  LastModified: modified,
  ContentLength: content.body.length,
  Metadata: { ...content.metadata },
  AcceptRanges: 'bytes',
  ServerSideEncryption: content.encryption,
  ...(versioning && { VersionId: versionId }),
});

/**
 * Access lists and keys of clients, as far as the bucket takes them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
function checkTaken({ ownership, encryption }: Bucket, { ACL, SSECustomerAlgorithm }: PutObjectCommandInput): void {
  if (SSECustomerAlgorithm !== undefined && encryption.blocked?.includes('SSE-C'))
    throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
  if (ACL === undefined || ACL === 'bucket-owner-full-control') return;
  if (ownership === 'BucketOwnerEnforced') throw aclsOff();
  if (!ACLS_WITHOUT_EFFECT.includes(ACL))
    throw new AwsError('NotImplemented', 'the twin does not simulate access lists of objects', { status: 501 });
}

/** Puts an object, as the API does for callers and Config for itself. */
export function putObject(
  input: PutObjectCommandInput,
  call: S3Call,
): Pick<PutObjectCommandOutput, 'ETag' | 'VersionId' | 'ServerSideEncryption'> {
  const { Bucket, Key = '', Body, Metadata = {}, IfMatch, IfNoneMatch } = input;
  const bucket = bucketOf(call, Bucket);
  checkTaken(bucket, input);
  refuseUnsimulated('PutObject', input);
  checkWriteConditions(bucket, Key, IfMatch, IfNoneMatch);
  const body = (Body ?? new Uint8Array()) as Uint8Array;
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  const versionId = nextVersionId(bucket, call);
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = (input as unknown as Record<string, unknown>)[name];
      // How the body came is none of its content.
      const kept = name === 'ContentEncoding' ? String(value ?? '').replace(/,?\s*aws-chunked/, '') : value;
      return kept === undefined || kept === '' ? [] : [[name, kept]];
    }),
  );
  const encryption = input.ServerSideEncryption ?? bucket.encryption.algorithm;
  const now = call.twin.clock.now();
  keep(bucket, {
    key: Key,
    versionId,
    modified: now,
    retention: defaultRetention(bucket, now),
    content: {
      body,
      etag,
      headers: { ContentType: 'binary/octet-stream', ...headers },
      metadata: Metadata,
      encryption,
    },
  });
  return { ETag: etag, ServerSideEncryption: encryption, ...(bucket.versioning && { VersionId: versionId }) };
}

export const objectOperations: S3Operations = {
  PutObject: putObject,

  GetObject(input, call) {
    refuseUnsimulated('GetObject', input);
    const bucket = bucketOf(call, input.Bucket);
    const found = readable(bucket, input.Key, input.VersionId);
    checkReadConditions(found, input.IfMatch, input.IfNoneMatch);
    return { ...described(bucket, found), Body: found.content.body as never };
  },

  HeadObject(input, call) {
    refuseUnsimulated('HeadObject', input);
    const bucket = bucketOf(call, input.Bucket);
    const found = readable(bucket, input.Key, input.VersionId);
    checkReadConditions(found, input.IfMatch, input.IfNoneMatch);
    return described(bucket, found);
  },

  /** What is not there needs no deletion; where versions are kept, a mark hides them. */
  DeleteObject({ Bucket, Key = '', VersionId, BypassGovernanceRetention = false }, call) {
    const bucket = bucketOf(call, Bucket);
    const versions = bucket.objects.get(Key) ?? [];
    if (VersionId !== undefined) {
      const named = versions.find(({ versionId }) => versionId === VersionId);
      checkRetention(named?.retention, call.twin.clock.now(), BypassGovernanceRetention);
      const left = versions.filter(({ versionId }) => versionId !== VersionId);
      if (left.length > 0) bucket.objects.set(Key, left);
      else bucket.objects.delete(Key);
      return { VersionId };
    }
    if (!bucket.versioning) {
      bucket.objects.delete(Key);
      return {};
    }
    const versionId = nextVersionId(bucket, call);
    keep(bucket, { key: Key, versionId, modified: call.twin.clock.now() });
    return { DeleteMarker: true, VersionId: versionId };
  },

  ListObjectsV2({ Bucket, Prefix = '', Delimiter, MaxKeys = 1000, ContinuationToken, StartAfter, EncodingType }, call) {
    const bucket = bucketOf(call, Bucket);
    const after = ContinuationToken === undefined ? StartAfter : tokenText(ContinuationToken);
    const shown = (text: string): string =>
      EncodingType === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text;
    const entries = new Map<string, Stored | undefined>();
    for (const key of [...bucket.objects.keys()].filter((name) => name.startsWith(Prefix)).sort(byBytes)) {
      const found = currentObject(bucket, key);
      if (!found) continue;
      const end = Delimiter ? key.indexOf(Delimiter, Prefix.length) : -1;
      // Keys with the same beginning up to the delimiter count as one.
      if (end < 0) entries.set(key, found);
      else entries.set(key.slice(0, end + (Delimiter ?? '').length), undefined);
    }
    const left = [...entries].filter(([name]) => after === undefined || byBytes(name, after) > 0);
    const limit = Math.min(MaxKeys, 1000);
    const page = left.slice(0, limit);
    const last = page.at(-1);
    const isTruncated = left.length > page.length;
    return {
      Name: bucket.name,
      Prefix: shown(Prefix),
      ...(Delimiter !== undefined && { Delimiter: shown(Delimiter) }),
      ...(StartAfter !== undefined && { StartAfter: shown(StartAfter) }),
      ...(ContinuationToken !== undefined && { ContinuationToken }),
      ...(EncodingType !== undefined && { EncodingType }),
      MaxKeys: limit,
      KeyCount: page.length,
      IsTruncated: isTruncated,
      ...(isTruncated && last && { NextContinuationToken: Buffer.from(last[0]).toString('base64') }),
      Contents: page.flatMap(([key, found]) =>
        found
          ? [
              {
                Key: shown(key),
                LastModified: found.modified,
                ETag: found.content.etag,
                Size: found.content.body.length,
                StorageClass: 'STANDARD' as const,
              },
            ]
          : [],
      ),
      CommonPrefixes: page.flatMap(([name, found]) => (found ? [] : [{ Prefix: shown(name) }])),
    };
  },
};

function tokenText(token: string): string {
  const text = Buffer.from(token, 'base64').toString();
  if (Buffer.from(text).toString('base64') !== token)
    throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  return text;
}

/** By the bytes of their UTF-8. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
