import type { AttributeValue, BatchGetItemOutput, ItemCollectionMetrics, WriteRequest } from '@aws-sdk/client-dynamodb';
import type { Operations } from '../../service';
import { assertCapacityLevel, assertMetrics, collectionMetrics, itemReadUnits, Meter } from './capacity';
import { constraint, invalid, notSimulated } from './errors';
import { onlyProjection, shown } from './item-operations';
import { itemSize } from './items';
import { type DynamoDbState, type Sdk, tableOf } from './state';
import type { Table } from './table';
import {
  type Change,
  commit,
  keyIn,
  keyMismatch,
  type PreparedWrite,
  prepareDelete,
  preparePut,
  readKey,
} from './writes';

const MOST_KEYS = 100;
const MOST_WRITES = 25;
/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const LARGEST_RESPONSE = 16 * 1024 * 1024;

function assertNoDuplicates(identities: readonly string[]): void {
  if (new Set(identities).size < identities.length) throw invalid('Provided list of item keys contains duplicates');
}

/** The tables that a batch names, each with its part of the request. */
function requested<T>(items: Record<string, T> | undefined): [string, T][] {
  const entries = Object.entries(items ?? {});
  if (entries.length === 0) {
    throw constraint('requestItems', items && '{}', 'have length greater than or equal to 1');
  }
  return entries;
}

function prepare(tableName: string, { PutRequest: put, DeleteRequest: remove }: WriteRequest): PreparedWrite {
  if (put && !remove) return preparePut({ TableName: tableName, Item: put.Item });
  if (remove && !put) return prepareDelete({ TableName: tableName, Key: remove.Key });
  throw invalid(
    'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
  );
}

/** In a batch, whatever is wrong with a key has one message. */
function keyInBatch(prepared: PreparedWrite, table: Table): string {
  prepared.assertNotEmpty(table);
  try {
    return table.identity(prepared.keyFor(table));
  } catch {
    throw keyMismatch();
  }
}

/** Reading and writing many items, each for itself. */
export const batchOperations = {
  BatchGetItem(input, call) {
    assertCapacityLevel(input.ReturnConsumedCapacity);
    const reads = requested(input.RequestItems).map(([name, wanted]) => {
      if (wanted.AttributesToGet) throw notSimulated(call.twin, 'BatchGetItem AttributesToGet');
      const { Keys: keys = [], ConsistentRead: consistent } = wanted;
      const member = `requestItems.${name}.member.keys`;
      if (keys.length === 0) throw constraint(member, '[]', 'have length greater than or equal to 1');
      if (keys.length > MOST_KEYS) throw constraint(member, '[…]', 'have length less than or equal to 100');
      return { name, wanted, consistent, keys: keys.map(readKey), paths: onlyProjection(wanted) };
    });
    if (reads.reduce((total, { keys }) => total + keys.length, 0) > MOST_KEYS) {
      throw invalid('Too many items requested for the BatchGetItem call');
    }
    const found = reads.map((read) => {
      const table = tableOf(call, read.name);
      const keys = read.keys.map((key) => keyIn(table, key));
      assertNoDuplicates(keys.map((key) => table.identity(key)));
      return { ...read, table, keys };
    });
    const now = call.twin.clock.now();
    const responses: Record<string, Record<string, AttributeValue>[]> = {};
    const unprocessed: NonNullable<BatchGetItemOutput['UnprocessedKeys']> = {};
    const capacities = [];
    let left = LARGEST_RESPONSE;
    for (const { name, table, keys, wanted, consistent, paths } of found) {
      const meter = new Meter(table, table.definition.name);
      const items = [];
      for (const [index, key] of keys.entries()) {
        const item = table.find(key, now);
        left -= item ? itemSize(item) : 0;
        if (left < 0) {
          unprocessed[name] = { ...wanted, Keys: (wanted.Keys ?? []).slice(index) };
          break;
        }
        meter.addTable(itemReadUnits(item, consistent));
        if (item) items.push(shown(item, paths));
      }
      responses[name] = items;
      capacities.push(meter.report(input.ReturnConsumedCapacity) ?? []);
    }
    const consumed = capacities.flat();
    return {
      Responses: responses,
      UnprocessedKeys: unprocessed,
      ...(consumed.length > 0 && { ConsumedCapacity: consumed }),
    };
  },

  BatchWriteItem(input, call) {
    assertCapacityLevel(input.ReturnConsumedCapacity);
    assertMetrics(input.ReturnItemCollectionMetrics);
    const writes = requested(input.RequestItems).map(([name, requests]) => {
      if (requests.length === 0) throw constraint('requestItems', `{${name}=[]}`, 'not be empty');
      return { name, prepared: requests.map((request) => prepare(name, request)) };
    });
    if (writes.reduce((total, { prepared }) => total + prepared.length, 0) > MOST_WRITES) {
      throw invalid('Too many items requested for the BatchWriteItem call');
    }
    const now = call.twin.clock.now();
    // All of it is looked at first: what is wrong with one write is an answer to all of them.
    const planned = writes.map(({ name, prepared }) => {
      const table = tableOf(call, name);
      assertNoDuplicates(prepared.map((write) => keyInBatch(write, table)));
      return { name, table, changes: prepared.map((write): Change => write.plan(table, now)) };
    });
    const metrics: Record<string, ItemCollectionMetrics[]> = {};
    const consumed = planned.flatMap(({ name, table, changes }) => {
      const meter = new Meter(table, table.definition.name);
      for (const change of changes) {
        commit(change);
        meter.addWrite(change.before, change.after);
        const sizes = collectionMetrics(table, change.key, input.ReturnItemCollectionMetrics);
        if (sizes) metrics[name] = [...(metrics[name] ?? []), sizes];
      }
      return meter.report(input.ReturnConsumedCapacity) ?? [];
    });
    return {
      UnprocessedItems: {},
      ...(consumed.length > 0 && { ConsumedCapacity: consumed }),
      ...(Object.keys(metrics).length > 0 && { ItemCollectionMetrics: metrics }),
    };
  },
} satisfies Operations<Sdk, DynamoDbState>;
