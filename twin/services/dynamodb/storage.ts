import { createHash } from 'node:crypto';
import type { Item } from './items';

/** Where an item stands: by partition key, sort key and, in an index, the table's own key. Texts as made by `sortable`. */
export interface Position {
  readonly partition: string;
  readonly sort: string;
  readonly tie: string;
}

export const isSamePosition = (a: Position, b: Position): boolean =>
  a.partition === b.partition && a.sort === b.sort && a.tie === b.tie;

/** An item in a table or an index. */
export interface Entry extends Position {
  /** What the table or index holds: in an index, the attributes that it projects. */
  readonly item: Item;
  /** The whole item. */
  readonly source: Item;
  /** Of `item`, in bytes. */
  readonly size: number;
}

/** A stretch of sort keys; all of them if empty. */
export interface Range {
  /** The first. */
  readonly from?: string;
  /** The last before the first. */
  readonly after?: string;
  /** The last. */
  readonly to?: string;
  /** The first behind the last. */
  readonly before?: string;
}

/** Texts of bytes have no character above ÿ, so that the next one ends those with the prefix. */
export const startingWith = (prefix: string): Range => ({ from: prefix, before: `${prefix}\u0100` });

export const isInRange = (sort: string, { from, after, to, before }: Range): boolean =>
  (from === undefined || sort >= from) &&
  (after === undefined || sort > after) &&
  (to === undefined || sort <= to) &&
  (before === undefined || sort < before);

/** Part of a table, for parallel scans. */
export interface Segment {
  readonly index: number;
  readonly total: number;
}

interface Partition {
  readonly key: string;
  readonly hash: number;
  /** By sort key, then by tie. */
  readonly entries: Entry[];
}

/** How many elements come before those that pass; all that pass come last. */
function countBefore<T>(elements: readonly T[], passes: (element: T) => boolean): number {
  let [low, high] = [0, elements.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(elements[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const isAtOrBehind = (entry: Entry, { sort, tie }: Position): boolean =>
  entry.sort > sort || (entry.sort === sort && entry.tie >= tie);
const isBehind = (entry: Entry, { sort, tie }: Position): boolean =>
  entry.sort > sort || (entry.sort === sort && entry.tie > tie);

/** DynamoDB spreads partition keys by a hash, which is why a scan comes by them in no order that means anything. */
const hashOf = (partition: string): number => createHash('md5').update(partition, 'latin1').digest().readUInt32BE(0);

const isPartitionBehind = (partition: Partition, key: string, hash: number): boolean =>
  partition.hash > hash || (partition.hash === hash && partition.key > key);

/** Items of a table or an index by partition key, each partition sorted. */
export class Collection {
  private readonly partitions = new Map<string, Partition>();
  /** By hash; made anew for the first scan after a partition has come or gone. */
  private inScanOrder: readonly Partition[] | undefined;

  set(entry: Entry): void {
    const partition = this.partitions.get(entry.partition) ?? this.open(entry.partition);
    const index = countBefore(partition.entries, (other) => isAtOrBehind(other, entry));
    const next = partition.entries[index];
    partition.entries.splice(index, next && isSamePosition(next, entry) ? 1 : 0, entry);
  }

  private open(key: string): Partition {
    const partition = { key, hash: hashOf(key), entries: [] };
    this.partitions.set(key, partition);
    this.inScanOrder = undefined;
    return partition;
  }

  find(position: Position): Entry | undefined {
    const entries = this.partitions.get(position.partition)?.entries ?? [];
    const entry = entries[countBefore(entries, (other) => isAtOrBehind(other, position))];
    return entry && isSamePosition(entry, position) ? entry : undefined;
  }

  delete(position: Position): void {
    const entries = this.partitions.get(position.partition)?.entries;
    if (!entries || !this.find(position)) return;
    entries.splice(
      countBefore(entries, (other) => isAtOrBehind(other, position)),
      1,
    );
    if (entries.length > 0) return;
    this.partitions.delete(position.partition);
    this.inScanOrder = undefined;
  }

  /** One partition's entries in a range of sort keys, in either direction, behind a position. */
  *query(partition: string, range: Range, backwards: boolean, start: Position | undefined): Iterable<Entry> {
    const entries = this.partitions.get(partition)?.entries ?? [];
    const { from, after, to, before } = range;
    let first = countBefore(
      entries,
      ({ sort }) => (from === undefined || sort >= from) && (after === undefined || sort > after),
    );
    let end = countBefore(
      entries,
      ({ sort }) => (to !== undefined && sort > to) || (before !== undefined && sort >= before),
    );
    if (start && backwards)
      end = Math.min(
        end,
        countBefore(entries, (entry) => isAtOrBehind(entry, start)),
      );
    if (start && !backwards)
      first = Math.max(
        first,
        countBefore(entries, (entry) => isBehind(entry, start)),
      );
    for (let step = 0; step < end - first; step += 1) {
      yield entries[backwards ? end - 1 - step : first + step] as Entry;
    }
  }

  /** All entries, or those of a segment, behind a position. */
  *scan(start: Position | undefined, segment: Segment = { index: 0, total: 1 }): Iterable<Entry> {
    this.inScanOrder ??= [...this.partitions.values()].sort((a, b) => (isPartitionBehind(a, b.key, b.hash) ? 1 : -1));
    const partitions = this.inScanOrder;
    const hash = start ? hashOf(start.partition) : 0;
    const first = start
      ? countBefore(partitions, (partition) => isPartitionBehind(partition, start.partition, hash))
      : 0;
    if (start) yield* this.query(start.partition, {}, false, start);
    for (const partition of partitions.slice(first)) {
      if (segmentOf(partition.hash, segment.total) === segment.index) yield* partition.entries;
    }
  }

  /** Every entry, in no particular order. */
  *entries(): Iterable<Entry> {
    for (const { entries } of this.partitions.values()) yield* entries;
  }
}

const segmentOf = (hash: number, total: number): number => Math.floor((hash / 2 ** 32) * total);

/** Whether a partition belongs to a segment. */
export const isInSegment = (partition: string, { index, total }: Segment): boolean =>
  segmentOf(hashOf(partition), total) === index;
