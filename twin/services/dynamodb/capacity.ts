import type {
  AttributeValue,
  Capacity,
  ConsumedCapacity,
  ReturnConsumedCapacity,
  ReturnItemCollectionMetrics,
} from '@aws-sdk/client-dynamodb';
import { oneOf } from './errors';
import { attribute, copy, type Item, isEqualItem, itemSize } from './items';
import type { Table } from './table';

const KB = 1024;

/** Two for what a transaction reads or writes. */
export type Factor = 1 | 2;

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#read-operation-consumption */
export const readUnits = (bytes: number, consistent: boolean | undefined, factor: Factor = 1): number =>
  Math.ceil(bytes / (4 * KB)) * (consistent || factor === 2 ? 1 : 0.5) * factor;

/** A read of nothing costs as much as one of the smallest item. */
export const itemReadUnits = (item: Item | undefined, consistent: boolean | undefined, factor: Factor = 1): number =>
  readUnits(item ? itemSize(item) : 1, consistent, factor);

const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / KB));

/** @throws AwsError for a level that does not exist. */
export const assertCapacityLevel = (level: ReturnConsumedCapacity | undefined): void =>
  oneOf('returnConsumedCapacity', level, ['INDEXES', 'TOTAL', 'NONE']);

/** @throws AwsError for metrics that do not exist. */
export const assertMetrics = (wanted: ReturnItemCollectionMetrics | undefined): void =>
  oneOf('returnItemCollectionMetrics', wanted, ['SIZE', 'NONE']);

/** Adds up what an operation consumes of one table. */
export class Meter {
  private table = 0;
  private readonly indexes = new Map<string, number>();

  constructor(
    private readonly source: Table,
    private readonly tableName: string,
    private readonly factor: Factor = 1,
  ) {}

  addTable(units: number): void {
    this.table += units;
  }

  addIndex(name: string, units: number): void {
    this.indexes.set(name, (this.indexes.get(name) ?? 0) + units);
  }

  /** A write counts with the larger of the item before and after, and again for each index that changes. */
  addWrite(before: Item | undefined, after: Item | undefined): void {
    const size = (item: Item | undefined): number => (item ? itemSize(item) : 0);
    this.table += writeUnits(Math.max(size(before), size(after))) * this.factor;
    for (const { name } of this.source.definition.indexes) {
      const units = this.indexWriteUnits(name, before, after) * this.factor;
      if (units > 0) this.addIndex(name, units);
    }
  }

  /** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes */
  private indexWriteUnits(name: string, before: Item | undefined, after: Item | undefined): number {
    const definition = this.source.index(name)?.definition;
    const [old, now] = [before, after].map((item) => definition && item && this.source.indexEntry(definition, item));
    if (!old || !now) return old || now ? writeUnits((old ?? now)?.size ?? 0) : 0;
    if (old.partition !== now.partition || old.sort !== now.sort) return writeUnits(old.size) + writeUnits(now.size);
    return isEqualItem(old.item, now.item) ? 0 : writeUnits(Math.max(old.size, now.size));
  }

  /** As the request wants it. Reads and writes are told apart only for transactions. */
  report(level: ReturnConsumedCapacity | undefined, transaction?: 'Read' | 'Write'): ConsumedCapacity | undefined {
    if (level !== 'TOTAL' && level !== 'INDEXES') return undefined;
    const total = [...this.indexes.values()].reduce((sum, units) => sum + units, this.table);
    const capacity = (units: number): Capacity => ({
      CapacityUnits: units,
      ...(transaction && { [`${transaction}CapacityUnits`]: units }),
    });
    if (level === 'TOTAL') return { TableName: this.tableName, ...capacity(total) };
    const ofKind = (kind: string): Record<string, Capacity> | undefined => {
      const found = [...this.indexes].filter(([name]) => this.source.index(name)?.definition.kind === kind);
      return found.length > 0 ? Object.fromEntries(found.map(([name, units]) => [name, capacity(units)])) : undefined;
    };
    const [local, global] = [ofKind('local'), ofKind('global')];
    return {
      TableName: this.tableName,
      ...capacity(total),
      Table: capacity(this.table),
      ...(local && { LocalSecondaryIndexes: local }),
      ...(global && { GlobalSecondaryIndexes: global }),
    };
  }
}

/**
 * How large the collection of items with a partition key is: a range, in gigabytes. Tables without local indexes have none.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
 */
export function collectionMetrics(
  table: Table,
  key: Item,
  wanted: ReturnItemCollectionMetrics | undefined,
): { ItemCollectionKey: Record<string, AttributeValue>; SizeEstimateRangeGB: number[] } | undefined {
  const { name } = table.key.partition;
  const value = attribute(key, name);
  if (wanted !== 'SIZE' || !value || !table.definition.indexes.some(({ kind }) => kind === 'local')) return undefined;
  return { ItemCollectionKey: { [name]: copy(value) }, SizeEstimateRangeGB: [0, 1] };
}
