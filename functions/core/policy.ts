import * as z from 'zod/mini';
import { digest } from './canonical';
import { UnreadableStateError } from './errors';
import { once } from './once';
import type { Settings } from './settings';

/** Raised when the document's shape changes, so that a function never reads one that it does not understand. */
const POLICY_VERSION = 2;

export type Mode = Settings['mode'];
export type Exception = Settings['exceptions'][number];

/** What functions obey: made from the settings at synth, written by Terraform as a table item, named by its hash on each receipt. */
export interface Policy {
  readonly version: number;
  readonly securityGroups: Omit<Settings['securityGroups'], 'mode'> & { readonly mode: Mode };
  readonly buckets: Omit<Settings['buckets'], 'mode'> & {
    readonly mode: Mode;
    /** How the names of Suture's own buckets begin; the account and the Region follow. They are never touched. */
    readonly own: readonly string[];
  };
  readonly governor: Settings['governor'];
  readonly fight: Settings['fight'];
  readonly exceptions: readonly Exception[];
  readonly exemptTag: Settings['exemptTag'];
}

/**
 * The policy that settings amount to. A specific mode overrides the general one.
 *
 * @param ownBuckets how the names of Suture's own buckets begin
 */
export const policyOf = (settings: Settings, ownBuckets: readonly string[]): Policy => ({
  version: POLICY_VERSION,
  securityGroups: { ...settings.securityGroups, mode: settings.securityGroups.mode ?? settings.mode },
  buckets: { ...settings.buckets, mode: settings.buckets.mode ?? settings.mode, own: ownBuckets },
  governor: settings.governor,
  fight: settings.fight,
  exceptions: settings.exceptions,
  exemptTag: settings.exemptTag,
});

const AddedExceptions = once(() =>
  z.array(
    z.looseObject({
      id: z.string(),
      resource: z.optional(z.string()),
      reason: z.string(),
      owner: z.string(),
      expires: z.iso.date(),
    }),
  ),
);

/**
 * The exceptions that were added at run time, from their table item.
 *
 * @throws UnreadableStateError if they are not what they should be.
 */
export function readExceptions(item: { exceptions?: unknown } | undefined): Exception[] {
  if (!item) return [];
  const result = AddedExceptions().safeParse(item.exceptions);
  if (!result.success) throw new UnreadableStateError('the exceptions in the ledger table are not what they should be');
  return result.data.map(({ resource, ...exception }) => ({
    ...exception,
    ...(resource !== undefined && { resource }),
  }));
}

/**
 * The policy from its table item.
 *
 * @throws UnreadableStateError if it is missing, of another version, or not what its hash says.
 */
export function readPolicy(item: { document?: unknown; hash?: unknown } | undefined): { policy: Policy; hash: string } {
  if (!item?.document) throw new UnreadableStateError('there is no policy in the ledger table');
  const policy = item.document as Policy;
  const hash = digest(policy);
  if (item.hash !== hash)
    throw new UnreadableStateError(`the policy's hash is ${hash}, its item says ${String(item.hash)}`);
  if (policy.version !== POLICY_VERSION)
    throw new UnreadableStateError(
      `the policy has version ${String(policy.version)}, this function reads ${POLICY_VERSION}`,
    );
  return { policy, hash };
}
