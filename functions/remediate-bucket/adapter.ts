import {
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketTaggingCommand,
  GetBucketWebsiteCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  type PublicAccessBlockConfiguration,
  PutBucketAclCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { accepted, isCode } from '../core/aws';
import type { Policy } from '../core/policy';
import type { Applied, Discovered, Home, Subject } from '../core/remediation';
import type { AccountBlocks } from './account-adapter';
import {
  BUCKET,
  type Bucket,
  type BucketAction,
  type Encryption,
  flagsOff,
  type Grant,
  isKms,
  type PublicAccessBlock,
  type PutBucketAcl,
  type PutBucketPolicy,
} from './bucket';
import { statementsIn, without } from './public-access';

/** Buckets in a page of a sweep, and how many are read at a time. */
const PAGE_SIZE = 250;
const CONCURRENCY = 20;

/** Answers that mean: not configured. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const ABSENT: ReadonlySet<string> = new Set([
  'NoSuchPublicAccessBlockConfiguration',
  'NoSuchBucketPolicy',
  'NoSuchWebsiteConfiguration',
  'NoSuchTagSet',
  'OwnershipControlsNotFoundError',
  'ServerSideEncryptionConfigurationNotFoundError',
]);
/** Answers to who asks the wrong Region. */
const ELSEWHERE: ReadonlySet<string> = new Set(['PermanentRedirect', 'AuthorizationHeaderMalformed']);

/** What a bucket is told by, on every call: a name that was given up may belong to a stranger by now. */
interface Target {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string;
}

/** Buckets, by the S3 API. */
export class Buckets {
  constructor(
    private readonly s3: S3Client,
    private readonly accounts: AccountBlocks,
  ) {}

  /** Whether the account's own block closes every bucket, whatever theirs. */
  async areCovered(account: string): Promise<boolean> {
    return flagsOff(await this.accounts.block(account)).length === 0;
  }

  /** A bucket, as far as the policy asks about it. Undefined if the account has none of the name. */
  async describe(subject: Subject, policy: Policy): Promise<Bucket | undefined> {
    const { id: name, account, region, arn } = subject;
    const target = { Bucket: name, ExpectedBucketOwner: account };
    const { buckets: settings, exemptTag } = policy;
    const removes = settings.publicStatements === 'remove';
    const encrypts = settings.encryption === 'kms';
    try {
      const [block, accountBlock, text, website, tags, policyIsPublic, acl, encryption] = await Promise.all([
        this.block(target),
        this.accounts.block(account),
        this.policy(target),
        absent(this.s3.send(new GetBucketWebsiteCommand(target))),
        exemptTag.enabled ? this.tags(target) : {},
        removes ? this.policyIsPublic(target) : undefined,
        removes || encrypts ? this.acl(target) : undefined,
        encrypts ? this.encryption(target) : undefined,
      ]);
      return {
        name,
        arn,
        account,
        region,
        tags,
        website: website !== undefined,
        ...known({ block, accountBlock, policy: text, policyIsPublic, acl, encryption }),
      };
    } catch (error) {
      if (isCode(error, 'NoSuchBucket')) return undefined;
      const elsewhere = whereElse(error);
      // Both is also answered about a stranger's bucket: one that was deleted here, and made anew by somebody else.
      if ((elsewhere !== undefined || isCode(error, 'AccessDenied')) && !(await this.isOurs(name))) return undefined;
      if (elsewhere !== undefined) return { name, arn, account, region, elsewhere, tags: {}, website: false };
      throw error;
    }
  }

  /** What actions can change in a bucket that was described before, as it is now. */
  async describeAgain(subject: Subject, before: Bucket): Promise<Bucket | undefined> {
    const target = { Bucket: before.name, ExpectedBucketOwner: subject.account };
    try {
      const [block, text, policyIsPublic, acl, encryption] = await Promise.all([
        this.block(target),
        before.policyIsPublic === undefined ? before.policy : this.policy(target),
        before.policyIsPublic === undefined ? undefined : this.policyIsPublic(target),
        before.acl && this.acl(target),
        before.encryption && this.encryption(target),
      ]);
      const { block: _block, policy: _policy, ...rest } = before;
      return { ...rest, ...known({ block, policy: text, policyIsPublic, acl, encryption }) };
    } catch (error) {
      if (isCode(error, 'NoSuchBucket')) return undefined;
      throw error;
    }
  }

  /** The account's buckets in a Region, page by page, as far as it takes to tell whether there is anything to do. */
  async *discover(home: Home, policy: Policy, from: string | undefined): AsyncIterable<Discovered<Bucket>> {
    const accountBlock = await this.accounts.block(home.account);
    let ContinuationToken = from;
    do {
      const page = await this.s3.send(
        new ListBucketsCommand({
          BucketRegion: home.region,
          MaxBuckets: PAGE_SIZE,
          ...(ContinuationToken && { ContinuationToken }),
        }),
      );
      const names = (page.Buckets ?? []).flatMap(({ Name }) => (Name === undefined ? [] : [Name]));
      ContinuationToken = page.ContinuationToken;
      yield {
        resources: await this.glances(names, home, policy, accountBlock),
        ...(ContinuationToken && { next: ContinuationToken }),
      };
    } while (ContinuationToken);
  }

  /** So many at a time, in the order of the names. */
  private async glances(
    names: readonly string[],
    home: Home,
    policy: Policy,
    accountBlock: PublicAccessBlock | undefined,
  ): Promise<Discovered<Bucket>['resources'][number][]> {
    const found: Discovered<Bucket>['resources'][number][] = [];
    for (let at = 0; at < names.length; at += CONCURRENCY) {
      const some = names.slice(at, at + CONCURRENCY);
      const states = await Promise.all(some.map((name) => this.glance(name, home, policy, accountBlock)));
      found.push(...states.flatMap((state) => (state ? [state] : [])));
    }
    return found;
  }

  /** What an account's block covers already costs no call. */
  private async glance(
    name: string,
    home: Home,
    { buckets: { publicStatements, encryption: wanted } }: Policy,
    accountBlock: PublicAccessBlock | undefined,
  ): Promise<Discovered<Bucket>['resources'][number] | undefined> {
    const target = { Bucket: name, ExpectedBucketOwner: home.account };
    const removes = publicStatements === 'remove';
    const isCovered = flagsOff(accountBlock).length === 0;
    try {
      const [block, policyIsPublic, acl, encryption] = await Promise.all([
        isCovered ? undefined : this.block(target),
        removes ? this.policyIsPublic(target) : undefined,
        removes ? this.acl(target) : undefined,
        wanted === 'kms' ? this.encryption(target) : undefined,
      ]);
      const state: Bucket = {
        name,
        arn: BUCKET.arn(name, home),
        account: home.account,
        region: home.region,
        tags: {},
        website: false,
        ...known({ block, accountBlock, policyIsPublic, acl, encryption }),
      };
      return { id: name, state };
    } catch (error) {
      // Gone since it was listed.
      if (isCode(error, 'NoSuchBucket')) return undefined;
      // Whatever S3 says of one bucket, it does not keep the others from being looked at.
      if (isAnswer(error)) return { id: name, unreadable: `S3 answers ${error.name}` };
      throw error;
    }
  }

  /** Sends the narrowest call for an action. What is so already is success. */
  async apply(action: BucketAction, account: string, abortSignal: AbortSignal): Promise<Applied> {
    const target = { Bucket: action.bucket, ExpectedBucketOwner: account };
    const options = { abortSignal };
    try {
      switch (action.kind) {
        case 'PutPublicAccessBlock': {
          const input = { ...target, PublicAccessBlockConfiguration: { ...action.block } };
          return accepted(await this.s3.send(new PutPublicAccessBlockCommand(input), options));
        }
        case 'DeletePublicAccessBlock':
          return accepted(await this.s3.send(new DeletePublicAccessBlockCommand(target), options));
        case 'PutBucketPolicy':
          return await this.changePolicy(target, action, abortSignal);
        case 'PutBucketAcl':
          return await this.changeAcl(target, action, abortSignal);
        case 'PutBucketEncryption':
          return await this.changeEncryption(target, action.encryption, abortSignal);
      }
    } catch (error) {
      if (isCode(error, 'NoSuchBucket')) return { requestIds: [] };
      throw error;
    }
  }

  /**
   * Read at the last moment, since S3 cannot be told to change a policy only if it is as it was: what somebody writes between this read
   * and the write is overwritten.
   */
  private async changePolicy(
    target: Target,
    { remove, add, whole }: PutBucketPolicy,
    abortSignal: AbortSignal,
  ): Promise<Applied> {
    const text = await this.policy(target);
    const present = statementsIn(text);
    const wanted = [...without(present, remove), ...without(add, present)];
    if (wanted.length === present.length && without(wanted, present).length === 0) return { requestIds: [] };
    const options = { abortSignal };
    if (wanted.length === 0) return accepted(await this.s3.send(new DeleteBucketPolicyCommand(target), options));
    const document = { ...(text === undefined ? { Version: '2012-10-17' } : JSON.parse(text)), Statement: wanted };
    const Policy = text === undefined && whole !== undefined ? whole : JSON.stringify(document);
    return accepted(await this.s3.send(new PutBucketPolicyCommand({ ...target, Policy }), options));
  }

  private async changeAcl(target: Target, { remove, add }: PutBucketAcl, abortSignal: AbortSignal): Promise<Applied> {
    const { ownership, owner, grants } = await this.acl(target);
    const wanted = [...without(grants, remove), ...without(add, grants)];
    const isSo = wanted.length === grants.length && without(wanted, grants).length === 0;
    if (isSo || ownership === 'BucketOwnerEnforced') return { requestIds: [] };
    const AccessControlPolicy = { Owner: { ...owner }, Grants: wanted.map(toGrant) };
    return accepted(await this.s3.send(new PutBucketAclCommand({ ...target, AccessControlPolicy }), { abortSignal }));
  }

  /** Read at the last moment as well: a key of KMS that somebody chose meanwhile stays, and so does what uploads may not use. */
  private async changeEncryption(target: Target, wanted: Encryption, abortSignal: AbortSignal): Promise<Applied> {
    const present = await this.encryption(target);
    if (isKms(wanted) && isKms(present)) return { requestIds: [] };
    const { blockedTypes } = isKms(wanted) ? present : wanted;
    const Rules = [encryptionRule({ ...wanted, ...(blockedTypes && { blockedTypes }) })];
    const input = { ...target, ServerSideEncryptionConfiguration: { Rules } };
    return accepted(await this.s3.send(new PutBucketEncryptionCommand(input), { abortSignal }));
  }

  private async block(target: Target): Promise<PublicAccessBlock | undefined> {
    const found = await absent(this.s3.send(new GetPublicAccessBlockCommand(target)));
    return found && blockOf(found.PublicAccessBlockConfiguration);
  }

  private async policy(target: Target): Promise<string | undefined> {
    return (await absent(this.s3.send(new GetBucketPolicyCommand(target))))?.Policy;
  }

  /** S3 judges by the policy alone, whatever the block. */
  private async policyIsPublic(target: Target): Promise<boolean> {
    const found = await absent(this.s3.send(new GetBucketPolicyStatusCommand(target)));
    return found?.PolicyStatus?.IsPublic === true;
  }

  /** Without ownership controls, as buckets were before April 2023, each object belongs to who wrote it. */
  private async acl(target: Target): Promise<NonNullable<Bucket['acl']>> {
    const [{ Owner, Grants = [] }, controls] = await Promise.all([
      this.s3.send(new GetBucketAclCommand(target)),
      absent(this.s3.send(new GetBucketOwnershipControlsCommand(target))),
    ]);
    return {
      ownership: controls?.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? 'ObjectWriter',
      owner: textsOf(Owner ?? {}),
      grants: Grants.map(({ Permission = '', Grantee = {} }) => ({ Permission, Grantee: textsOf(Grantee) })),
    };
  }

  private async tags(target: Target): Promise<Record<string, string>> {
    const { TagSet = [] } = (await absent(this.s3.send(new GetBucketTaggingCommand(target)))) ?? {};
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
  }

  /** A bucket without any, which no bucket of AWS is since January 2023, counts as the weakest. */
  private async encryption(target: Target): Promise<Encryption> {
    const found = await absent(this.s3.send(new GetBucketEncryptionCommand(target)));
    const [rule] = found?.ServerSideEncryptionConfiguration?.Rules ?? [];
    const { SSEAlgorithm = 'nothing', KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
    const blockedTypes = rule?.BlockedEncryptionTypes?.EncryptionType;
    return {
      algorithm: SSEAlgorithm,
      ...(KMSMasterKeyID && { keyId: KMSMasterKeyID }),
      ...(rule?.BucketKeyEnabled !== undefined && { bucketKey: rule.BucketKeyEnabled }),
      ...(blockedTypes && { blockedTypes }),
    };
  }

  private async isOurs(name: string): Promise<boolean> {
    const { Buckets = [] } = await this.s3.send(new ListBucketsCommand({ Prefix: name, MaxBuckets: 1 }));
    return Buckets.some(({ Name }) => Name === name);
  }
}

/** Undefined where S3 answers that there is none. */
export async function absent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && ABSENT.has(error.name)) return undefined;
    throw error;
  }
}

/** What may be missing from a bucket. */
type Parts = Pick<Bucket, 'block' | 'accountBlock' | 'policy' | 'policyIsPublic' | 'acl' | 'encryption'>;

/** The parts that were read and are there. */
const known = (parts: { readonly [K in keyof Parts]: Parts[K] | undefined }): Parts =>
  Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));

/** A flag that is not there is off. */
export const blockOf = (found: PublicAccessBlockConfiguration | undefined): PublicAccessBlock => ({
  BlockPublicAcls: found?.BlockPublicAcls === true,
  IgnorePublicAcls: found?.IgnorePublicAcls === true,
  BlockPublicPolicy: found?.BlockPublicPolicy === true,
  RestrictPublicBuckets: found?.RestrictPublicBuckets === true,
});

const isAnswer = (error: unknown): error is Error =>
  error instanceof Error && '$metadata' in error && typeof error.$metadata === 'object';

/**
 * The Region of a bucket that lives elsewhere: S3 names it in a header of its refusal.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
 */
function whereElse(error: unknown): string | undefined {
  if (!(error instanceof Error) || !ELSEWHERE.has(error.name)) return undefined;
  const { $response } = error as { $response?: { headers?: Record<string, string> } };
  return $response?.headers?.['x-amz-bucket-region'] ?? 'another Region';
}

const textsOf = (members: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(members).filter((member): member is [string, string] => typeof member[1] === 'string'),
  );

const toGrant = ({ Permission, Grantee }: Grant) => ({
  Permission: Permission as 'READ',
  Grantee: { ...Grantee, Type: Grantee.Type as 'Group' },
});

const encryptionRule = ({ algorithm, keyId, bucketKey, blockedTypes }: Encryption): ServerSideEncryptionRule => ({
  ApplyServerSideEncryptionByDefault: { SSEAlgorithm: algorithm as 'aws:kms', ...(keyId && { KMSMasterKeyID: keyId }) },
  ...(bucketKey !== undefined && { BucketKeyEnabled: bucketKey }),
  ...(blockedTypes && { BlockedEncryptionTypes: { EncryptionType: [...blockedTypes] as 'SSE-C'[] } }),
});
