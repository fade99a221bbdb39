import { exemptionFor } from '../core/exceptions';
import { ownBucketName, type Policy } from '../core/policy';
import type { Conflict, Plan } from '../core/remediation';
import {
  ALL_ON,
  type Bucket,
  type BucketAction,
  type Encryption,
  flagsOff,
  type Grant,
  isKms,
  type PublicAccessBlock,
  type Statement,
} from './bucket';
import { isOrigin, isPublicGrant, isPublicStatement, statementsIn, takesLogs, without } from './public-access';

type BucketPolicy = Policy['buckets'];

/**
 * Decides what closes a bucket to the public, and what encrypts it. Planning again after the plan was applied yields no action.
 *
 * | what                                               | setting                    | decision                         |
 * | -------------------------------------------------- | -------------------------- | -------------------------------- |
 * | a flag that neither bucket nor account has on      | any                        | block: all four on, first of all |
 * | a policy that S3 calls public                      | `publicStatements: remove` | its public statements go         |
 * | the same, no statement public by itself            | `publicStatements: remove` | held; the block goes on          |
 * | a public grant, ACLs in force                      | `publicStatements: remove` | that grant goes                  |
 * | default encryption without KMS                     | `encryption: kms`          | KMS, all else carried over       |
 * | the same, logs delivered or key of another Region  | `encryption: kms`          | held; the block goes on          |
 * | default encryption with KMS, whatever the key      | any                        | keep                             |
 *
 * | one of these would be closed                       | decision                         |
 * | -------------------------------------------------- | -------------------------------- |
 * | an exception covers it                             | leave alone                      |
 * | it lives in another Region                         | held: its own installation's     |
 * | it takes the logs of Suture, or its evidence       | held: never touched              |
 * | it serves a website, or is an origin of CloudFront | held: a person decides           |
 */
export function planBucket(bucket: Bucket, policy: Policy): Plan<BucketAction> {
  const settings = policy.buckets;
  const nothing = (reason: string, more: Partial<Plan<never>> = {}): Plan<never> => ({
    actions: [],
    exempt: [],
    reason,
    ...more,
  });
  if (bucket.elsewhere !== undefined)
    return held(`the bucket lives in ${bucket.elsewhere}, and this installation looks after ${bucket.region}`);
  const statements = statementsIn(bucket.policy);
  const opening = closing(bucket, statements, settings);
  const encryption = encrypting(bucket, statements, settings);
  const found = [...opening, ...(encryption ? [encryption] : [])];
  if (found.length === 0) return nothing('closed to the public, and encrypted as the policy asks');
  const exception = exemptionFor(policy, bucket)?.id;
  if (exception !== undefined)
    return nothing('an exception covers the bucket', { exempt: [{ target: bucket.name, exception }] });
  const reason = found.map(({ why }) => why).join('; ');
  const why = obstacle(bucket, statements, settings, opening.length > 0);
  if (why !== undefined) return held(`${why}; ${reason}`);
  const blocks = opening[0]?.action?.kind === 'PutPublicAccessBlock';
  const doubts = found.flatMap(({ doubt }) => doubt ?? []);
  return {
    // What is left of a public policy or ACL must not go before the block is on.
    actions: found.flatMap(({ action }, index): BucketAction[] =>
      action ? [blocks && index > 0 && action.kind !== 'PutBucketEncryption' ? { ...action, needs: 0 } : action] : [],
    ),
    exempt: [],
    reason,
    // The block goes on all the same: whatever a person decides about the rest, it harms nothing.
    ...(doubts.length > 0 && { held: `${doubts.join('; ')}; ${reason}` }),
  };
}

const held = (reason: string): Plan<never> => ({ actions: [], exempt: [], reason, held: reason });

interface Finding {
  readonly why: string;
  /** Undefined where only a person can tell what to do. */
  readonly action?: BucketAction;
  /** Why. */
  readonly doubt?: string;
}

function closing(bucket: Bucket, statements: readonly Statement[], settings: BucketPolicy): Finding[] {
  const { name, block, accountBlock, acl, policyIsPublic } = bucket;
  const findings: Finding[] = [];
  const off = flagsOff(block, accountBlock);
  if (off.length > 0)
    findings.push({
      why: `switched off: ${off.join(', ')}`,
      action: { kind: 'PutPublicAccessBlock', bucket: name, block: ALL_ON },
    });
  if (settings.publicStatements !== 'remove') return findings;
  if (policyIsPublic) {
    const remove = statements.filter(isPublicStatement);
    findings.push(
      remove.length > 0
        ? {
            why: `public by policy: ${remove.map(statementName).join(', ')}`,
            action: { kind: 'PutBucketPolicy', bucket: name, remove, add: [] },
          }
        : { why: 'S3 calls its policy public', doubt: 'no statement of its policy is public by itself' },
    );
  }
  const remove = acl && acl.ownership !== 'BucketOwnerEnforced' ? acl.grants.filter(isPublicGrant) : [];
  if (remove.length > 0)
    findings.push({
      why: `public by ACL: ${remove.map(grantName).join(', ')}`,
      action: { kind: 'PutBucketAcl', bucket: name, remove, add: [] },
    });
  return findings;
}

/** The weakest is no encryption at all, then keys of S3, then keys of KMS. A key of KMS is never exchanged for another. */
function encrypting(
  { name, region, encryption, acl }: Bucket,
  statements: readonly Statement[],
  { encryption: wanted, kmsKeyArn }: BucketPolicy,
): Finding | undefined {
  if (wanted !== 'kms' || !encryption || isKms(encryption)) return undefined;
  const why = `encrypted by ${encryption.algorithm}, not by KMS`;
  if (kmsKeyArn !== null && kmsKeyArn.split(':')[3] !== region)
    return { why, doubt: `the key ${kmsKeyArn} is of another Region than the bucket` };
  if (takesLogs(statements, acl?.grants ?? []))
    return { why, doubt: 'a service of AWS delivers logs to it, which may not be able to use a key of KMS' };
  const { blockedTypes } = encryption;
  return {
    why,
    action: {
      kind: 'PutBucketEncryption',
      bucket: name,
      encryption: {
        algorithm: 'aws:kms',
        ...(kmsKeyArn !== null && { keyId: kmsKeyArn }),
        // Without it each object costs a call of KMS. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
        bucketKey: true,
        ...(blockedTypes && { blockedTypes }),
      },
    },
  };
}

/** Why a person must decide about all of it. */
function obstacle(
  { name, account, region, website }: Bucket,
  statements: readonly Statement[],
  { own }: BucketPolicy,
  closes: boolean,
): string | undefined {
  if (own.some((prefix) => name === ownBucketName(prefix, account, region)))
    return "it is one of Suture's own, which nothing that runs unattended may touch";
  if (closes && website) return 'it serves a website';
  return closes && isOrigin(statements) ? 'it is an origin of CloudFront' : undefined;
}

const statementName = (statement: Statement): string =>
  typeof statement.Sid === 'string' && statement.Sid !== ''
    ? statement.Sid
    : JSON.stringify(statement.Action ?? statement.NotAction);

const grantName = ({ Permission, Grantee }: Grant): string => `${Permission} to ${Grantee.URI?.split('/').at(-1)}`;

/** Whether a state shows an action in effect. */
export function isDone(action: BucketAction, bucket: Bucket): boolean {
  switch (action.kind) {
    case 'PutPublicAccessBlock':
      return sameBlock(action.block, bucket.block);
    case 'DeletePublicAccessBlock':
      return bucket.block === undefined;
    case 'PutBucketPolicy': {
      const present = statementsIn(bucket.policy);
      return without(present, action.remove).length === present.length && without(action.add, present).length === 0;
    }
    case 'PutBucketAcl': {
      // Switched off, ACLs let nobody in.
      const present = bucket.acl?.ownership === 'BucketOwnerEnforced' ? [] : (bucket.acl?.grants ?? []);
      return without(present, action.remove).length === present.length && without(action.add, present).length === 0;
    }
    case 'PutBucketEncryption':
      return (
        sameEncryption(action.encryption, bucket.encryption) ||
        // Somebody chose a key of KMS himself meanwhile.
        (isKms(action.encryption) && bucket.encryption !== undefined && isKms(bucket.encryption))
      );
  }
}

const sameBlock = (one: PublicAccessBlock, other: PublicAccessBlock | undefined): boolean =>
  other !== undefined && flagsOff(one).join() === flagsOff(other).join();

const sameEncryption = (one: Encryption, other: Encryption | undefined): boolean =>
  one.algorithm === other?.algorithm &&
  one.keyId === other.keyId &&
  (one.bucketKey ?? false) === (other.bucketKey ?? false) &&
  [...(one.blockedTypes ?? [])].sort().join() === [...(other.blockedTypes ?? [])].sort().join();

/** What actions change, whole. */
export interface Touched {
  readonly block?: PublicAccessBlock | null;
  readonly policy?: string;
  readonly acl?: Bucket['acl'];
  readonly encryption?: Encryption;
}

export function touchedParts(actions: readonly BucketAction[], bucket: Bucket): Touched {
  const kinds = new Set(actions.map(({ kind }) => kind));
  return {
    ...((kinds.has('PutPublicAccessBlock') || kinds.has('DeletePublicAccessBlock')) && { block: bucket.block ?? null }),
    ...(kinds.has('PutBucketPolicy') && bucket.policy !== undefined && { policy: bucket.policy }),
    ...(kinds.has('PutBucketAcl') && bucket.acl && { acl: bucket.acl }),
    ...(kinds.has('PutBucketEncryption') && bucket.encryption && { encryption: bucket.encryption }),
  };
}

/**
 * What takes a change back: the block is lowered first, since it would refuse a public policy or ACL.
 * Whatever somebody changed since is left to them.
 */
export function restore(
  { actions, touched }: { readonly actions: readonly BucketAction[]; readonly touched: unknown },
  bucket: Bucket,
): Plan<BucketAction> | Conflict {
  const before = touched as Touched;
  const changed = actions.find(
    (action) =>
      !isDone(action, bucket) ||
      (action.kind === 'PutBucketEncryption' && !sameEncryption(action.encryption, bucket.encryption)),
  );
  if (changed) return { conflict: `${changed.kind} was changed by somebody since` };
  const back = actions.flatMap((action) => inverse(action, before) ?? []);
  return {
    actions: back.map((action, index) =>
      index > 0 && action.kind !== 'PutBucketEncryption' ? { ...action, needs: 0 } : action,
    ),
    exempt: [],
    reason: 'as it was before',
  };
}

function inverse(action: BucketAction, before: Touched): BucketAction | undefined {
  const { bucket } = action;
  switch (action.kind) {
    case 'PutPublicAccessBlock':
    case 'DeletePublicAccessBlock':
      return before.block
        ? { kind: 'PutPublicAccessBlock', bucket, block: before.block }
        : { kind: 'DeletePublicAccessBlock', bucket };
    case 'PutBucketPolicy':
      return {
        kind: action.kind,
        bucket,
        remove: action.add,
        add: action.remove,
        ...(before.policy !== undefined && { whole: before.policy }),
      };
    case 'PutBucketAcl':
      return { kind: action.kind, bucket, remove: action.add, add: action.remove };
    case 'PutBucketEncryption':
      return before.encryption && { kind: action.kind, bucket, encryption: before.encryption };
  }
}

/** A line for each thing that changes. */
export function describe(action: BucketAction, bucket: Bucket): string[] {
  switch (action.kind) {
    case 'PutPublicAccessBlock':
      return flagsOff(bucket.block).map((flag) => `Switching on ${flag}`);
    case 'DeletePublicAccessBlock':
      return ['Removing the public access block'];
    case 'PutBucketPolicy':
      return action.remove.map((statement) => `Removing public statement ${statementName(statement)}`);
    case 'PutBucketAcl':
      return action.remove.map((grant) => `Removing public grant ${grantName(grant)}`);
    case 'PutBucketEncryption':
      return [`Encrypting with ${action.encryption.keyId ?? action.encryption.algorithm}`];
  }
}
