import { digest } from './canonical';
import type { Outcome } from './outcomes';
import type { Exception, Mode, Policy } from './policy';
import type { Action, Subject } from './remediation';
import type { Trigger } from './schema';

/** `previousHash` of a resource's first entry. */
export const GENESIS = '0'.repeat(64);

/** What stands in the ledger about one resource right now. Mutable; everything else is written once. */
export interface Head {
  /** Number of the last entry, from 1. */
  readonly seq: number;
  /** Hash of the last entry. */
  readonly hash: string;
  /** Digest of the last decision: an entry is written only when it changes. */
  readonly digest: string;
  /** Set while somebody is changing the resource. */
  readonly busy?: {
    /** One heal of one invocation. */
    readonly holder: string;
    /** When it counts as dead, in ms since 1970. */
    readonly lease: number;
    /** How many events came in the meantime. */
    readonly wake: number;
  };
  /** Set while a budget or a pause holds what is to be done: the sweep comes back to it, as to what is busy. */
  readonly pending?: boolean;
  /** How often the resource was healed lately, for who puts it back each time. */
  readonly fixes?: Fixes;
}

/** Fixes of one resource in a window of time. */
export interface Fixes {
  /** Of the first, in ms since 1970. */
  readonly since: number;
  readonly count: number;
  /** ARNs of who made the changes that were taken back, as far as events say so; at most five. */
  readonly by: readonly string[];
}

/** The state of a resource at a moment: a digest of all of it, and the parts that the plan touches, whole. */
export interface Snapshot {
  readonly digest: string;
  readonly touched?: unknown;
}

/** What became of one action. */
export interface ActionResult {
  readonly action: Action;
  /** Whether the state, read back, shows it in effect. */
  readonly done: boolean;
  readonly requestIds: readonly string[];
  /** Why not, in AWS's words. */
  readonly error?: string;
}

/** One line of a resource's history, before it is sealed. */
export interface EntryBody {
  /** `intent` opens a change, `outcome` closes it, `decision` is one that changes nothing. */
  readonly kind: 'intent' | 'outcome' | 'decision';
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly remediation: string;
  readonly subject: Subject;
  readonly trigger?: Trigger;
  readonly holder: string;
  readonly mode: Mode;
  readonly policyHash: string;
  /** Absent in intents. */
  readonly outcome?: Outcome;
  readonly reason: string;
  readonly actions: readonly Action[];
  readonly exempt?: readonly { readonly target: string; readonly exception: string }[];
  /** Exceptions that would have covered something, had they not been over. */
  readonly expired?: readonly string[];
  readonly before?: Snapshot;
  readonly after?: Snapshot;
  readonly results?: readonly ActionResult[];
  /** What a kind of resource keeps with its entries, over and above what all have: of an incident, what is known of it. */
  readonly details?: unknown;
  /** Closed by somebody else, from live state: whoever began died. */
  readonly recovered?: true;
}

/** An entry with its place in the chain. A receipt's id is `pk/sk`. */
export type Entry = EntryBody & {
  readonly pk: string;
  /** `E#0000000001` */
  readonly sk: string;
  /** Hash of the entry before, `GENESIS` for the first. */
  readonly previousHash: string;
  /** SHA-256 over the canonical JSON of all else in the entry. */
  readonly hash: string;
};

/** Everything that a decision needs from the ledger, read at one moment. */
export interface Page {
  readonly head?: Head;
  readonly policy: Policy;
  readonly policyHash: string;
  /** Set while somebody has paused all changes. */
  readonly pause?: { readonly by: string; readonly reason: string };
  /** Exceptions added at run time, by an undo. */
  readonly exceptions: readonly Exception[];
  /** Changes of this remediation in the current hour. */
  readonly budget: {
    readonly window: string;
    readonly used: number;
    readonly known: boolean;
    /** Resources of the kind that the last sweep saw. */
    readonly seen: number;
  };
}

/** What one transaction writes. */
export interface Commit {
  readonly key: string;
  readonly remediation: string;
  /** HEAD as it was read: whatever differs by now loses. */
  readonly expected: Head | undefined;
  readonly entries: readonly Entry[];
  readonly next: Head;
  /** Takes one change out of the hour's budget. */
  readonly spend?: { readonly budget: Page['budget']; readonly limit: number } | undefined;
}

export type CommitResult =
  | { readonly committed: true }
  | { readonly committed: false; readonly lost: 'head' /** HEAD as it is. */; readonly head: Head | undefined }
  | { readonly committed: false; readonly lost: 'budget' };

/** Lock, budget and history of each resource. DynamoDB where Suture is installed. */
export interface Ledger {
  /** One consistent read. @throws UnreadableStateError */
  open(key: string, remediation: string, now: number): Promise<Page>;
  /** An entry, by its number. @throws UnreadableStateError if it is not there. */
  entry(key: string, seq: number): Promise<Entry>;
  /** Counts an event that came while somebody is at it. False if nobody is any more. */
  wake(key: string, busy: NonNullable<Head['busy']>): Promise<boolean>;
  /** All of it or nothing. */
  commit(commit: Commit): Promise<CommitResult>;
  /** True for the first who is to tell people about something, and for the same one again. */
  claimTelling(
    of: { readonly key: string; readonly topic: 'decision' | 'fight' } | { readonly remediation: string },
    token: string,
    who: string,
  ): Promise<boolean>;
  /** Ids of resources that somebody began to change, or that wait for a budget or a pause to end; page by page. */
  pending(remediation: string): AsyncIterable<readonly string[]>;
  /** Keeps how many resources of the kind there are. */
  count(remediation: string, seen: number): Promise<void>;
}

/** `RES#account#region#type#id` */
export const ledgerKey = ({ account, region, type, id }: Subject): string => `RES#${account}#${region}#${type}#${id}`;

export const entryKey = (seq: number): string => `E#${String(seq).padStart(10, '0')}`;

/** Appends to a resource's chain. */
export function seal(key: string, previous: Pick<Head, 'seq' | 'hash'> | undefined, body: EntryBody): Entry {
  const entry = { ...body, pk: key, sk: entryKey((previous?.seq ?? 0) + 1), previousHash: previous?.hash ?? GENESIS };
  return { ...entry, hash: digest(entry) };
}

/** Whether an entry is what its hash says. */
export function isIntact({ hash, ...entry }: Entry): boolean {
  return digest(entry) === hash;
}
