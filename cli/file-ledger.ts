import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { digest } from '../functions/core/canonical';
import { UnreadableStateError } from '../functions/core/errors';
import {
  type Commit,
  type CommitResult,
  type Entry,
  entryKey,
  type Head,
  isIntact,
  type Ledger,
  type Page,
} from '../functions/core/ledger';
import { type Exception, type Policy, readExceptions } from '../functions/core/policy';
import { DirectoryLock } from './directory-lock';
import { readJson, replaceFile } from './files';

/** HEAD as a file: beside HEAD itself, how much of the entries' file counts, and what people were told. */
interface HeadFile extends Head {
  readonly bytes: number;
  readonly told?: Told;
  readonly fightTold?: Told;
}

interface Told {
  readonly token: string;
  readonly by: string;
}

interface BudgetFile {
  readonly window?: string;
  readonly used?: number;
  readonly seen?: number;
  readonly told?: Told;
}

/**
 * A ledger in a directory, for who tries Suture where nothing is deployed. The same chain of receipts as in the table:
 *
 * - `entries/KEY.jsonl`: the entries of a resource, one line each, only ever appended to
 * - `heads/KEY.json`: its HEAD. What stands in the entries' file beyond its `bytes` was never committed
 * - `pending/KEY`: there while somebody is at the resource, or a budget or a pause holds it
 * - `budgets/REMEDIATION.json`, `pause.json` (`{"by", "reason"}`), `exceptions.json` (`{"exceptions": […]}`)
 * - `lock`: while a command works here
 *
 * Commits are synchronous, so that none of this process interleaves with another; the lock keeps other processes out.
 */
export class FileLedger implements Ledger {
  /** Holders of this process. Whoever else holds something died: nobody else works here. */
  private readonly own = new Set<string>();
  private readonly policy: Policy;
  private readonly policyHash: string;
  private readonly lock: DirectoryLock | undefined;

  /** @throws UsageError if another command works in the directory */
  constructor(
    private readonly directory: string,
    policy: Policy,
    { readOnly = false }: { readonly readOnly?: boolean } = {},
  ) {
    this.policy = JSON.parse(JSON.stringify(policy)) as Policy;
    this.policyHash = digest(this.policy);
    if (readOnly) return;
    for (const name of ['entries', 'heads', 'pending', 'budgets'])
      mkdirSync(join(directory, name), { recursive: true });
    this.lock = new DirectoryLock(directory);
  }

  close(): void {
    this.lock?.release();
  }

  async open(key: string, remediation: string, now: number): Promise<Page> {
    const head = this.head(key);
    this.entries(key, head);
    const pause = readJson<{ by: unknown; reason: unknown }>(join(this.directory, 'pause.json'));
    const budget = this.budget(remediation);
    const window = new Date(now).toISOString().slice(0, 13);
    return {
      ...(head && { head: this.seen(head) }),
      policy: this.policy,
      policyHash: this.policyHash,
      ...(pause && { pause: { by: String(pause.by), reason: String(pause.reason) } }),
      exceptions: this.exceptions(),
      budget: {
        window,
        used: budget.window === window ? (budget.used ?? 0) : 0,
        known: budget.window === window,
        seen: budget.seen ?? 0,
      },
    };
  }

  /** Exceptions that are not of the settings. */
  exceptions(): Exception[] {
    return readExceptions(readJson(join(this.directory, 'exceptions.json')));
  }

  async entry(key: string, seq: number): Promise<Entry> {
    const found = this.entries(key).find(({ sk }) => sk === entryKey(seq));
    if (!found) throw new UnreadableStateError(`the ledger has no entry ${key}/${entryKey(seq)}`);
    return found;
  }

  async wake(key: string, busy: NonNullable<Head['busy']>): Promise<boolean> {
    const head = this.head(key);
    if (head?.busy?.holder !== busy.holder) return false;
    replaceFile(this.headPath(key), { ...head, busy: { ...head.busy, wake: head.busy.wake + 1 } });
    return true;
  }

  async commit({ key, remediation, expected, entries, next, spend }: Commit): Promise<CommitResult> {
    const current = this.head(key);
    if (!isSame(current, expected)) return { committed: false, lost: 'head', head: current && this.seen(current) };
    if (spend && !this.spend(remediation, spend)) return { committed: false, lost: 'budget' };
    const isPending = next.pending === true || next.busy !== undefined;
    // A change must not be begun before its intent is safe; what changes nothing may be lost with the machine.
    const flush = next.busy !== undefined || current?.busy !== undefined;
    const bytes = this.append(key, current?.bytes ?? 0, entries, flush);
    if (isPending) replaceFile(this.pendingPath(key), remediation);
    const { told, fightTold } = current ?? {};
    const head: HeadFile = { ...next, bytes, ...(told && { told }), ...(fightTold && { fightTold }) };
    replaceFile(this.headPath(key), head, { flush });
    if (!isPending) rmSync(this.pendingPath(key), { force: true });
    if (current?.busy) this.own.delete(current.busy.holder);
    if (next.busy) this.own.add(next.busy.holder);
    return { committed: true };
  }

  async claimTelling(...[of, token, who]: Parameters<Ledger['claimTelling']>): Promise<boolean> {
    const [path, at] =
      'key' in of
        ? [this.headPath(of.key), of.topic === 'fight' ? 'fightTold' : 'told']
        : [this.budgetPath(of.remediation), 'told'];
    const content = readJson<Record<string, unknown>>(path);
    const told = content?.[at] as Told | undefined;
    if (!content || (told?.token === token && told.by !== who)) return false;
    replaceFile(path, { ...content, [at]: { token, by: who } });
    return true;
  }

  async *pending(remediation: string): AsyncIterable<readonly string[]> {
    for await (const { name } of await opendir(join(this.directory, 'pending'))) {
      if (name.endsWith('.tmp') || readJson(join(this.directory, 'pending', name)) !== remediation) continue;
      const key = decodeURIComponent(name);
      yield [key.slice(key.lastIndexOf('#') + 1)];
    }
  }

  async count(remediation: string, seen: number): Promise<void> {
    replaceFile(this.budgetPath(remediation), { ...this.budget(remediation), seen });
  }

  /** @throws UnreadableStateError if HEAD and entries do not belong together, or an entry is not what its hash says */
  private entries(key: string, head = this.head(key)): Entry[] {
    if (!head) return [];
    const entries = committed(this.entriesPath(key), head.bytes);
    for (const [index, entry] of entries.entries()) {
      const follows = index === 0 || entry.previousHash === entries[index - 1]?.hash;
      if (!isIntact(entry) || !follows || entry.sk !== entryKey(index + 1))
        throw new UnreadableStateError(`${this.entriesPath(key)}, line ${index + 1}: the chain is broken`);
    }
    if (entries.length !== head.seq || entries.at(-1)?.hash !== head.hash)
      throw new UnreadableStateError(`${this.entriesPath(key)} does not end where its HEAD says`);
    return entries;
  }

  /** Appends behind what counts: what a command that died left beyond it goes. */
  private append(key: string, from: number, entries: readonly Entry[], flush: boolean): number {
    const file = openSync(this.entriesPath(key), 'a');
    try {
      if (fstatSync(file).size < from)
        throw new UnreadableStateError(`${this.entriesPath(key)} is shorter than its HEAD says`);
      ftruncateSync(file, from);
      const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
      writeSync(file, lines);
      if (flush) fdatasyncSync(file);
      return from + Buffer.byteLength(lines);
    } finally {
      closeSync(file);
    }
  }

  private spend(remediation: string, { budget, limit }: NonNullable<Commit['spend']>): boolean {
    const current = this.budget(remediation);
    const isKnown = current.window === budget.window;
    const used = isKnown ? (current.used ?? 0) : 0;
    if (isKnown !== budget.known || (isKnown && used >= limit)) return false;
    replaceFile(this.budgetPath(remediation), { ...current, window: budget.window, used: used + 1 });
    return true;
  }

  private head(key: string): HeadFile | undefined {
    return readJson<HeadFile>(this.headPath(key));
  }

  /** HEAD as others see it: the lease of who died is over. */
  private seen({ bytes: _bytes, told: _told, fightTold: _fight, ...head }: HeadFile): Head {
    return head.busy && !this.own.has(head.busy.holder) ? { ...head, busy: { ...head.busy, lease: 0 } } : head;
  }

  private budget(remediation: string): BudgetFile {
    return readJson<BudgetFile>(this.budgetPath(remediation)) ?? {};
  }

  private path = (folder: string, name: string, suffix = '') =>
    join(this.directory, folder, `${encodeURIComponent(name).replaceAll('*', '%2A')}${suffix}`);
  private headPath = (key: string) => this.path('heads', key, '.json');
  private entriesPath = (key: string) => this.path('entries', key, '.jsonl');
  private pendingPath = (key: string) => this.path('pending', key);
  private budgetPath = (remediation: string) => this.path('budgets', remediation, '.json');
}

/** The conditions of the table: the same last entry, and the same holder with the same count of events. */
const isSame = (current: Head | undefined, expected: Head | undefined): boolean =>
  current?.seq === expected?.seq &&
  current?.busy?.holder === expected?.busy?.holder &&
  current?.busy?.wake === expected?.busy?.wake;

function committed(path: string, bytes: number): Entry[] {
  try {
    const content = readFileSync(path).subarray(0, bytes);
    if (content.length < bytes) throw new Error('it is shorter than its HEAD says');
    return content
      .toString('utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Entry);
  } catch (error) {
    throw new UnreadableStateError(`${path} is not what it should be: ${(error as Error).message}`);
  }
}
