import { digest } from '../../functions/core/canonical';
import { UnreadableStateError } from '../../functions/core/errors';
import {
  type Commit,
  type CommitResult,
  type Entry,
  entryKey,
  type Head,
  type Ledger,
  type Page,
} from '../../functions/core/ledger';
import type { Policy } from '../../functions/core/policy';

/** A ledger in memory, with the exclusion of the real one: what differs from HEAD loses. For tests without the twin. */
export class MemoryLedger implements Ledger {
  readonly entries: Entry[] = [];
  private readonly heads = new Map<string, Head>();
  /** Runs once, before the next commit: what somebody else does at that moment. */
  meanwhile: (() => Promise<unknown>) | undefined;

  constructor(private readonly policy: Policy) {}

  async open(key: string): Promise<Page> {
    const head = this.heads.get(key);
    return {
      ...(head && { head }),
      policy: this.policy,
      policyHash: digest(this.policy),
      exceptions: [],
      budget: { window: '2026-11-21T10', used: 0, known: false, seen: 0 },
    };
  }

  async entry(key: string, seq: number): Promise<Entry> {
    const entry = this.entries.find(({ pk, sk }) => pk === key && sk === entryKey(seq));
    if (!entry) throw new UnreadableStateError(`${key} has no entry ${seq}`);
    return entry;
  }

  async commit({ key, expected, entries, next }: Commit): Promise<CommitResult> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    const head = this.heads.get(key);
    if (head?.hash !== expected?.hash) return { committed: false, lost: 'head', head };
    this.entries.push(...entries);
    this.heads.set(key, next);
    return { committed: true };
  }

  /** Ids of what is pending: open incidents, for one. */
  get openIncidents(): string[] {
    return [...this.heads].filter(([, { pending }]) => pending).map(([key]) => key.split('#').at(-1) ?? '');
  }

  wake = async (): Promise<boolean> => false;
  claimTelling = async (): Promise<boolean> => true;
  count = async (): Promise<void> => undefined;
  async *pending(): AsyncIterable<readonly string[]> {
    yield this.openIncidents;
  }
}
