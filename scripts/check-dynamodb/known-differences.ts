import { normalizeNumber } from '../../twin/services/dynamodb/numbers';
import { isSame, type Outcome } from './outcomes';
import { N, NARROW, S, type Step, step, WIDE } from './steps';

/** Where the two differ on purpose. */
export interface KnownDifference {
  /** What DynamoDB Local does. */
  readonly why: string;
  explains(step: Step, ours: Outcome, local: Outcome): boolean;
  /** Calls that show it. */
  readonly example: readonly Step[];
}

const key = { p: S('known'), s: N(1) };
const put = (attributes: object) => step('PutItem', { TableName: WIDE, Item: { ...key, ...attributes } });
const update = (UpdateExpression: string, more: object = {}) =>
  step('UpdateItem', { TableName: WIDE, Key: key, UpdateExpression, ...more });

type Json = { readonly [name: string]: Json | undefined } | readonly Json[] | string | number | boolean | null;
const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An item that stands in no order. */
const isText = (value: unknown): value is string => typeof value === 'string' && value.startsWith('{');

/** Writes numbers in their one form. */
function withNumbers(value: unknown): unknown {
  if (isText(value)) return JSON.stringify(withNumbers(JSON.parse(value)));
  if (Array.isArray(value)) {
    const elements = value.map(withNumbers);
    return isText(elements[0]) ? elements.sort() : elements;
  }
  if (!isMap(value)) return value;
  if (typeof value.N === 'string') return { N: normalizeNumber(value.N) };
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withNumbers(inner)]));
}

/** Whether all of one value is in another one; lists may have gaps. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (isMap(part) && isMap(whole)) {
    return Object.entries(part).every(([name, inner]) => name in whole && isPartOf(inner, whole[name]));
  }
  if (!Array.isArray(part) || !Array.isArray(whole)) return part === whole;
  let next = 0;
  return part.every((element) => {
    const found = whole.findIndex((other, index) => index >= next && isPartOf(element, other));
    next = found + 1;
    return found >= 0;
  });
}

const attributesOf = ({ output }: Outcome): unknown => (output as Record<string, Json> | undefined)?.Attributes ?? {};
const without = (outcome: Outcome, ...names: string[]): Outcome => ({
  ...outcome,
  output: Object.fromEntries(
    Object.entries((outcome.output ?? {}) as Record<string, unknown>).filter(([name]) => !names.includes(name)),
  ),
});
const unitsOf = ({ output }: Outcome): number =>
  (output as { ConsumedCapacity?: { CapacityUnits?: number } } | undefined)?.ConsumedCapacity?.CapacityUnits ?? 0;
/** What DynamoDB Local says of an update that does not fit the item, or a key that does not fit the table. */
const FAULTS_OF_ITEMS =
  /path provided|incorrect data type|not exist in the item|38 digits|required keys|conditions on the keys|Type mismatch|attribute value type/;
const isTransaction = ({ operation }: Step): boolean => operation.startsWith('Transact');

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    why: 'keeps numbers that an update writes, or that stand in lists and maps, as they were sent',
    explains: (_step, ours, local) => isSame(ours, { ...local, output: withNumbers(local.output) }),
    example: [put({ l: { L: [N('1.0')] } }), step('GetItem', { TableName: WIDE, Key: key })],
  },
  {
    // https://github.com/paritysuite/dynamodb-conformance/blob/main/tests/tier1/updateItem/basic.test.ts
    why: 'returns whole attributes of which an update changes a part, and those from which it removes one',
    explains: ({ input }, ours, local) =>
      /^UPDATED/.test(input.ReturnValues) &&
      !ours.error &&
      !local.error &&
      isPartOf(attributesOf(ours), withNumbers(attributesOf(local))) &&
      isSame(without(ours, 'Attributes'), without(local, 'Attributes')),
    example: [
      put({ m: { M: { x: N(1), y: N(2) } } }),
      update('SET m.x = :v', { ExpressionAttributeValues: { ':v': N(3) }, ReturnValues: 'UPDATED_NEW' }),
      update('REMOVE m.x', { ReturnValues: 'UPDATED_NEW' }),
    ],
  },
  {
    why: 'fails when an update without expression is to return what it changed',
    explains: ({ operation, input }, ours, local) =>
      operation === 'UpdateItem' && !input.UpdateExpression && local.error === 'InternalFailure' && !ours.error,
    example: [step('UpdateItem', { TableName: WIDE, Key: key, ReturnValues: 'UPDATED_NEW' })],
  },
  {
    why: 'tells the capacity of a deletion of nothing, unasked',
    explains: ({ operation, input }, ours, local) =>
      operation === 'DeleteItem' &&
      (input.ReturnConsumedCapacity ?? 'NONE') === 'NONE' &&
      isSame(ours, without(local, 'ConsumedCapacity')),
    example: [step('DeleteItem', { TableName: WIDE, Key: { p: S('nobody'), s: N(1) } })],
  },
  {
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    // https://github.com/paritysuite/dynamodb-conformance/blob/main/tests/tier3/error-messages/transactWriteItems.test.ts
    why: 'does not cancel transactions for an update or a key that does not fit, but refuses them',
    explains: (asked, ours, local) =>
      isTransaction(asked) &&
      ours.error === 'TransactionCanceledException' &&
      local.error === 'ValidationException' &&
      JSON.stringify(ours.output).includes('ValidationError') &&
      FAULTS_OF_ITEMS.test(local.message ?? ''),
    example: [
      put({}),
      step('TransactWriteItems', {
        TransactItems: [{ Update: { TableName: WIDE, Key: key, UpdateExpression: 'SET a = missing' } }],
      }),
      step('TransactWriteItems', { TransactItems: [{ Put: { TableName: WIDE, Item: { p: S('known') } } }] }),
    ],
  },
  {
    why: 'goes on to conditions when a key in a transaction does not fit',
    explains: (asked, ours, local) =>
      isTransaction(asked) &&
      ours.error === 'TransactionCanceledException' &&
      local.error === ours.error &&
      JSON.stringify(ours.output).includes('ValidationError'),
    example: [
      put({}),
      step('TransactWriteItems', {
        TransactItems: [
          { Put: { TableName: WIDE, Item: { p: S('known'), s: S('x') } } },
          { Delete: { TableName: WIDE, Key: key, ConditionExpression: 'attribute_not_exists(p)' } },
        ],
      }),
    ],
  },
  {
    why: 'shows the filter of a scan attributes that the index does not hold',
    explains: ({ operation, input }, ours, local) =>
      operation === 'Scan' && input.IndexName === 'global' && input.FilterExpression && !ours.error && !local.error,
    example: [
      put({ g: S('known'), h: N(1), c: N(1) }),
      {
        ...step('Scan', { TableName: WIDE, IndexName: 'global', FilterExpression: 'attribute_exists(c)' }),
        unordered: true,
      },
      step('DeleteItem', { TableName: WIDE, Key: key, ReturnConsumedCapacity: 'TOTAL' }),
    ],
  },
  {
    why: 'counts a write to a global index that holds the item neither before nor after, if each has a part of its key',
    explains: ({ input }, ours, local) =>
      /INDEXES|TOTAL/.test(input.ReturnConsumedCapacity) &&
      !ours.error &&
      isSame(
        without(ours, 'ConsumedCapacity'),
        without({ ...local, output: withNumbers(local.output) }, 'ConsumedCapacity'),
      ) &&
      unitsOf(ours) < unitsOf(local),
    example: [
      put({ h: N(1) }),
      step('PutItem', { TableName: WIDE, Item: { ...key, g: S('known') }, ReturnConsumedCapacity: 'INDEXES' }),
      step('DeleteItem', { TableName: WIDE, Key: key, ReturnConsumedCapacity: 'TOTAL' }),
    ],
  },
  {
    // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    why: 'counts nothing for items that a batch does not find, and two units for what it deletes without finding it',
    explains: ({ operation }, ours, local) =>
      operation.startsWith('Batch') && isSame(without(ours, 'ConsumedCapacity'), without(local, 'ConsumedCapacity')),
    example: [
      step('BatchGetItem', {
        RequestItems: { [NARROW]: { Keys: [{ n: N(99) }] } },
        ReturnConsumedCapacity: 'TOTAL',
      }),
      step('BatchWriteItem', {
        RequestItems: { [NARROW]: [{ DeleteRequest: { Key: { n: N(99) } } }] },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    ],
  },
  {
    why: 'takes digits of other scripts for numbers',
    explains: (_step, ours, local) => !local.error && /numeric value: .*[^\x20-\x7e]/.test(ours.message ?? ''),
    example: [put({ x: N('\uff11') })],
  },
  {
    why: 'lets an update give the key of an index another type',
    explains: ({ operation }, ours, local) =>
      (operation === 'UpdateItem' || operation === 'TransactWriteItems') &&
      !local.error &&
      /secondary index key to unsupported type/.test(ours.message ?? ''),
    example: [put({}), update('SET g = :v', { ExpressionAttributeValues: { ':v': N(1) } })],
  },
  {
    why: 'takes 1.0 and 1 for different keys in one request',
    explains: (_step, ours, local) =>
      ours.error === 'ValidationException' && !local.error && /duplicates|multiple operations/.test(ours.message ?? ''),
    example: [
      step('BatchGetItem', { RequestItems: { [NARROW]: { Keys: [{ n: N('1') }, { n: N('1.0') }] } } }),
      step('TransactGetItems', {
        TransactItems: ['1', '1.0'].map((n) => ({ Get: { TableName: NARROW, Key: { n: N(n) } } })),
      }),
    ],
  },
  {
    why: 'has SIZE and CONVERT not among its reserved words',
    explains: (_step, ours, local) =>
      ours.error === 'ValidationException' && !local.error && /keyword: (size|convert)$/i.test(ours.message ?? ''),
    example: [put({}), update('REMOVE size'), update('REMOVE convert')],
  },
  {
    why: 'takes an update without expression in a transaction',
    explains: (asked, ours, local) =>
      isTransaction(asked) && !local.error && /updateExpression/.test(ours.message ?? ''),
    example: [step('TransactWriteItems', { TransactItems: [{ Update: { TableName: WIDE, Key: key } }] })],
  },
  {
    why: 'ends a query at the limit if the last item has the sort key with which the range ends',
    explains: ({ operation, input }, ours, local) =>
      operation === 'Query' && input.Limit !== undefined && isSame(without(ours, 'LastEvaluatedKey'), local),
    example: [
      put({}),
      step('Query', {
        TableName: WIDE,
        KeyConditionExpression: 'p = :p AND s <= :s',
        ExpressionAttributeValues: { ':p': S('known'), ':s': N(1) },
        Limit: 1,
      }),
    ],
  },
  {
    why: 'does not start a query at the sort key with which the range ends',
    explains: ({ operation, input }, ours, local) =>
      operation === 'Query' &&
      input.ExclusiveStartKey !== undefined &&
      !ours.error &&
      /does not match the range key predicate/.test(local.message ?? ''),
    example: [
      step('Query', {
        TableName: WIDE,
        KeyConditionExpression: 'p = :p AND s <= :s',
        ExpressionAttributeValues: { ':p': S('known'), ':s': N(1) },
        ExclusiveStartKey: key,
      }),
    ],
  },
];
