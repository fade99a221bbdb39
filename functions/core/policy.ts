import * as z from 'zod/mini';
import { digest } from './canonical';
import { UnreadableStateError } from './errors';
import { once } from './once';
import type { Settings } from './settings';
import type { PartNames } from './tamper-calls';

/** Raised when the document's shape changes, so that a function never reads one that it does not understand. */
const POLICY_VERSION = 3;

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
  readonly incidents: Omit<Settings['incidents'], 'critical' | 'high'> & {
    readonly critical: Mode;
    readonly high: Mode;
    /** Of less grave ones: whether their findings may be marked as told. */
    readonly others: Mode;
  };
  /** Principals that are never contained. */
  readonly breakGlass: Settings['breakGlass'];
  /** Who may change Suture's own parts without a page. */
  readonly deployers: Settings['deployers'];
  /** Suture's own roles, by name: never contained. */
  readonly ownRoles: readonly string[];
  /** Suture's own parts by kind and name: who changes one, tampers. */
  readonly parts: PartNames;
  readonly governor: Settings['governor'];
  readonly fight: Settings['fight'];
  readonly exceptions: readonly Exception[];
  readonly exemptTag: Settings['exemptTag'];
}

/** Names of Suture's own parts that functions must leave alone. */
export interface OwnParts {
  /** How the names of its buckets begin; the account and the Region follow. */
  readonly buckets: readonly string[];
  readonly roles: readonly string[];
  /** Names of all that is watched over, by kind. @default none */
  readonly parts?: PartNames;
}

/** The name of one of Suture's own buckets. Names of buckets are global: the account and the Region tell them apart. */
export const ownBucketName = (prefix: string, account: string, region: string): string =>
  `${prefix}-${account}-${region}`;

/** The policy that settings amount to. A specific mode overrides the general one. */
export const policyOf = (settings: Settings, own: OwnParts): Policy => ({
  version: POLICY_VERSION,
  securityGroups: { ...settings.securityGroups, mode: settings.securityGroups.mode ?? settings.mode },
  buckets: { ...settings.buckets, mode: settings.buckets.mode ?? settings.mode, own: own.buckets },
  incidents: {
    ...settings.incidents,
    critical: settings.incidents.critical ?? settings.mode,
    high: settings.incidents.high ?? settings.mode,
    others: settings.mode,
  },
  breakGlass: settings.breakGlass,
  deployers: settings.deployers,
  ownRoles: own.roles,
  parts: own.parts ?? {},
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
