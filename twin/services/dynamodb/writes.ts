import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AwsError } from '../../service';
import { type Condition, isMet, parseCondition } from './conditions';
import { constraint, invalid, invalidParameter, oneOf } from './errors';
import type { Path } from './expressions';
import {
  assertNesting,
  attribute,
  copyItem,
  type Item,
  itemSize,
  LARGEST_ITEM,
  normalizeItem,
  pick,
  typeOf,
} from './items';
import { type ExpressionInput, Placeholders } from './placeholders';
import { assertIndexKeyValues, assertKeySize, assertKeyValue, fitsKey, isKey, keyAttributes, keyNames } from './schema';
import type { Table } from './table';
import { applyUpdate, parseUpdate, type Update } from './updates';

/** What a write makes of an item. */
export interface Change {
  readonly table: Table;
  readonly key: Item;
  readonly before: Item | undefined;
  /** Undefined if the item is deleted. */
  readonly after: Item | undefined;
}

/** A write that is understood, but has not looked at a table yet. */
export interface PreparedWrite {
  readonly tableName: string | undefined;
  /** Paths that an update sets, and those that it removes. */
  readonly paths?: { readonly set: readonly Path[]; readonly removed: readonly Path[] };
  /** @throws AwsError for an empty text as key, which comes before all that depends on the table. */
  assertNotEmpty(table: Table): void;
  /** @throws AwsError for a key that the table cannot have. */
  keyFor(table: Table): Item;
  /** @throws AwsError if the condition is not met, or the item cannot be written so. */
  plan(table: Table, now: Date): Change;
}

/** What the requests for all writes have in common. */
export interface WriteInput extends ExpressionInput {
  readonly TableName: string | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

export const keyMismatch = (): AwsError => invalid('The provided key element does not match the schema');

/** A key from a request, as it is stored. @throws AwsError for one that the table cannot have. */
export function keyIn(table: Table, key: Item): Item {
  for (const name of keyNames(table.key)) assertKeyValue(name, attribute(key, name));
  if (!isKey(table.key, key)) throw keyMismatch();
  assertKeySize(table.key, key);
  return key;
}

export function readKey(key: Record<string, AttributeValue> | undefined): Item {
  if (!key) throw constraint('key', key, 'not be null');
  return normalizeItem(key);
}

const conditionFailed = (item: Item | undefined, wanted: string | undefined): AwsError =>
  new AwsError('ConditionalCheckFailedException', 'The conditional request failed', {
    ...(item && wanted === 'ALL_OLD' && { members: { Item: copyItem(item) } }),
  });

/** Checks a condition against the item as it is. */
function checker(input: WriteInput, condition: Condition | undefined) {
  oneOf('returnValuesOnConditionCheckFailure', input.ReturnValuesOnConditionCheckFailure, ['ALL_OLD', 'NONE']);
  return (item: Item | undefined): void => {
    if (condition && !isMet(condition, item ?? {})) {
      throw conditionFailed(item, input.ReturnValuesOnConditionCheckFailure);
    }
  };
}

function readCondition(input: WriteInput, placeholders: Placeholders): Condition | undefined {
  const { ConditionExpression: text } = input;
  return text === undefined ? undefined : parseCondition('ConditionExpression', text, placeholders);
}

/** A condition that is the only expression of its request. */
function onlyCondition(input: WriteInput): Condition | undefined {
  const placeholders = new Placeholders(input, [input.ConditionExpression]);
  const condition = readCondition(input, placeholders);
  placeholders.assertUsed();
  return condition;
}

/** The key of an item. @throws AwsError for an item without one. */
function itemKey(table: Table, item: Item): Item {
  for (const { name, type } of keyAttributes(table.key)) {
    const value = attribute(item, name);
    if (!value) throw invalidParameter(`Missing the key ${name} in the item`);
    if (typeOf(value) !== type) {
      throw invalidParameter(`Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`);
    }
  }
  assertKeySize(table.key, item);
  return pick(item, keyNames(table.key));
}

export function preparePut(input: WriteInput & { Item: Record<string, AttributeValue> | undefined }): PreparedWrite {
  if (!input.Item) throw constraint('item', input.Item, 'not be null');
  const item = normalizeItem(input.Item);
  const check = checker(input, onlyCondition(input));
  if (itemSize(item) > LARGEST_ITEM) throw invalid('Item size has exceeded the maximum allowed size');
  return {
    tableName: input.TableName,
    assertNotEmpty(table) {
      for (const name of keyNames(table.key)) assertKeyValue(name, attribute(item, name));
      assertIndexKeyValues(
        item,
        table.definition.indexes,
        'A value specified for a secondary index key is not supported.',
      );
    },
    keyFor: (table) => itemKey(table, item),
    plan(table, now) {
      const key = itemKey(table, item);
      table.assertIndexable(item);
      const before = table.find(key, now);
      check(before);
      return { table, key, before, after: item };
    },
  };
}

type KeyInput = WriteInput & { Key: Record<string, AttributeValue> | undefined };

/** What writes that name their item by its key have in common. */
function byKey(input: KeyInput): Pick<PreparedWrite, 'tableName' | 'assertNotEmpty' | 'keyFor'> {
  const key = readKey(input.Key);
  return {
    tableName: input.TableName,
    assertNotEmpty(table) {
      for (const name of keyNames(table.key)) assertKeyValue(name, attribute(key, name));
    },
    keyFor: (table) => keyIn(table, key),
  };
}

export function prepareDelete(input: KeyInput): PreparedWrite {
  const base = byKey(input);
  const check = checker(input, onlyCondition(input));
  return {
    ...base,
    plan(table, now) {
      const key = base.keyFor(table);
      const before = table.find(key, now);
      check(before);
      return { table, key, before, after: undefined };
    },
  };
}

/** Writes nothing, but lets a transaction fail. */
export function prepareCheck(input: KeyInput): PreparedWrite {
  const prepared = prepareDelete(input);
  return {
    ...prepared,
    plan(table, now) {
      const change = prepared.plan(table, now);
      return { ...change, after: change.before };
    },
  };
}

/** @throws AwsError for an update of the key. */
function assertKeyUntouched(table: Table, update: Update): void {
  const touched = update.find(({ path }) => keyNames(table.key).includes(path[0]));
  if (touched) {
    throw invalidParameter(`Cannot update attribute ${touched.path[0]}. This attribute is part of the key`);
  }
}

/** @throws AwsError for values that an index cannot hold. */
function assertStillIndexable(table: Table, item: Item): void {
  for (const { key } of table.definition.indexes) {
    if (!fitsKey(key, item)) {
      throw invalid('The update expression attempted to update the secondary index key to unsupported type');
    }
    assertKeySize(key, item);
  }
  const what = 'The update expression attempted to update a secondary index key to a value that is not supported.';
  assertIndexKeyValues(item, table.definition.indexes, what);
}

export function prepareUpdate(input: KeyInput & { UpdateExpression?: string | undefined }): PreparedWrite {
  const base = byKey(input);
  const { UpdateExpression: text } = input;
  const placeholders = new Placeholders(input, [text, input.ConditionExpression]);
  const update = text === undefined ? [] : parseUpdate(text, placeholders);
  const check = checker(input, readCondition(input, placeholders));
  placeholders.assertUsed();
  return {
    ...base,
    paths: {
      set: update.filter(({ kind }) => kind !== 'REMOVE').map(({ path }) => path),
      removed: update.filter(({ kind }) => kind === 'REMOVE').map(({ path }) => path),
    },
    plan(table, now) {
      const key = base.keyFor(table);
      assertKeyUntouched(table, update);
      const before = table.find(key, now);
      check(before);
      const after = applyUpdate(update, before ?? key);
      assertStillIndexable(table, after);
      assertNesting(after);
      if (itemSize(after) > LARGEST_ITEM) throw invalid('Item size to update has exceeded the maximum allowed size');
      return { table, key, before, after };
    },
  };
}

/** Carries out what was planned. */
export function commit({ table, key, after, before }: Change): void {
  if (after && after !== before) table.put(after);
  else if (!after) table.delete(key);
}
