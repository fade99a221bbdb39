import { randomUUID } from 'node:crypto';
import type { BillingMode, ProvisionedThroughput, SSEDescription, TableClass } from '@aws-sdk/client-dynamodb';
import { invalidParameter } from './errors';
import { attribute, type Item, itemSize, pick, sortable, typeOf } from './items';
import {
  assertKeySize,
  hasKey,
  type IndexDefinition,
  type KeySchema,
  keyAttributes,
  keyNames,
  type TableDefinition,
} from './schema';
import { Collection, type Entry, isSamePosition, type Position } from './storage';

/** What can be changed about a table. */
export interface TableSettings {
  billingMode: BillingMode;
  throughput: ProvisionedThroughput | undefined;
  /** When the table became one on demand. */
  onDemandSince: Date | undefined;
  deletionProtected: boolean;
  tableClass: TableClass | undefined;
  encryption: SSEDescription | undefined;
  /** The attribute that holds when an item expires, in seconds. */
  timeToLive: { readonly attribute: string } | undefined;
  timeToLiveChanged: Date | undefined;
  pointInTimeRecovery: { readonly since: Date; readonly days: number } | undefined;
  readonly tags: Map<string, string>;
}

interface Index {
  readonly definition: IndexDefinition;
  readonly entries: Collection;
}

/** TTL ignores items that would have expired longer ago: it takes them for a mistake. */
const OLDEST_EXPIRY_SECONDS = 5 * 365 * 24 * 60 * 60;

/** A table with its items. Those that have expired are gone for whoever reads. */
export class Table {
  readonly id: string = randomUUID();
  private readonly items = new Collection();
  private readonly indexes: ReadonlyMap<string, Index>;

  constructor(
    readonly definition: TableDefinition,
    readonly arn: string,
    readonly created: Date,
    readonly settings: TableSettings,
  ) {
    this.indexes = new Map(
      definition.indexes.map((index) => [index.name, { definition: index, entries: new Collection() }]),
    );
  }

  get key(): KeySchema {
    return this.definition.key;
  }

  index(name: string): Index | undefined {
    return this.indexes.get(name);
  }

  get all(): Collection {
    return this.items;
  }

  /** Where an item with this key stands in the table. */
  position(key: Item): Position {
    return positionIn(this.key, key, '');
  }

  /** The same text for the same item. */
  identity(key: Item): string {
    const { partition, sort } = this.position(key);
    return `${partition.length}:${partition}${sort}`;
  }

  /** Where an item stands in one of the table's indexes; it must have the index's key. */
  indexPosition({ key }: IndexDefinition, item: Item): Position {
    return positionIn(key, item, this.identity(item));
  }

  find(key: Item, now: Date): Item | undefined {
    const item = this.items.find(this.position(key))?.item;
    return item && !this.isExpired(item, now) ? item : undefined;
  }

  /**
   * Whether TTL has removed an item. AWS does so within days of its expiry, without a promise; here it happens at once, and
   * by looking away: the item is no longer read, and is replaced by whoever writes it again.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
   */
  isExpired(item: Item, now: Date): boolean {
    const { timeToLive } = this.settings;
    const value = timeToLive && attribute(item, timeToLive.attribute)?.N;
    if (value === undefined) return false;
    const age = now.getTime() / 1000 - Number(value);
    return age > 0 && age < OLDEST_EXPIRY_SECONDS;
  }

  /** Stores an item in place of the one with its key. It is not copied: whoever calls gives it up. */
  put(item: Item): void {
    const position = this.position(item);
    const old = this.items.find(position)?.item;
    this.items.set({ ...position, item, source: item, size: itemSize(item) });
    for (const { definition, entries } of this.indexes.values()) {
      const entry = this.indexEntry(definition, item);
      const was = old && hasKey(definition.key, old) ? this.indexPosition(definition, old) : undefined;
      if (was && !(entry && isSamePosition(was, entry))) entries.delete(was);
      if (entry) entries.set(entry);
    }
  }

  delete(key: Item): void {
    const position = this.position(key);
    const old = this.items.find(position)?.item;
    if (!old) return;
    this.items.delete(position);
    for (const { definition, entries } of this.indexes.values()) {
      if (hasKey(definition.key, old)) entries.delete(this.indexPosition(definition, old));
    }
  }

  /** What an index holds of an item: nothing, if it lacks one of the index's key attributes. */
  indexEntry(definition: IndexDefinition, source: Item): Entry | undefined {
    if (!hasKey(definition.key, source)) return undefined;
    const names = this.projected(definition);
    const item = names ? pick(source, names) : source;
    return { ...this.indexPosition(definition, source), item, source, size: itemSize(item) };
  }

  /** Attributes that an index projects; undefined for all. */
  projected({ key, projection }: IndexDefinition): ReadonlySet<string> | undefined {
    if (projection.ProjectionType === 'ALL') return undefined;
    return new Set([...keyNames(this.key), ...keyNames(key), ...(projection.NonKeyAttributes ?? [])]);
  }

  /** @throws AwsError for an item that cannot stand in one of the indexes. */
  assertIndexable(item: Item): void {
    for (const { name, key } of this.definition.indexes) {
      for (const part of keyAttributes(key)) {
        const value = attribute(item, part.name);
        if (!value || typeOf(value) === part.type) continue;
        throw invalidParameter(
          `Type mismatch for Index Key ${part.name} Expected: ${part.type} Actual: ${typeOf(value)} IndexName: ${name}`,
        );
      }
      assertKeySize(key, item);
    }
  }

  /** Number and size of items, which AWS counts every six hours or so and the twin at once. */
  count(now: Date, indexName?: string): { items: number; bytes: number } {
    const entries = indexName === undefined ? this.items : this.indexes.get(indexName)?.entries;
    const live = [...(entries?.entries() ?? [])].filter(({ source }) => !this.isExpired(source, now));
    return { items: live.length, bytes: live.reduce((total, { size }) => total + size, 0) };
  }
}

function positionIn({ partition, sort }: KeySchema, item: Item, tie: string): Position {
  const text = (name: string): string => sortable(attribute(item, name) ?? { S: '' });
  return { partition: text(partition.name), sort: sort ? text(sort.name) : '', tie };
}
