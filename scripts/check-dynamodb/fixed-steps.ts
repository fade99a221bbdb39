import {
  CONDITIONS,
  five,
  KEY_CONDITIONS,
  key,
  one,
  PROJECTIONS,
  placeholders,
  SPECIMEN,
  UPDATES,
  VALUES,
} from './expression-cases';
import { BINARY, N, NARROW, S, type Step, step, WIDE } from './steps';

const wide = (operation: string, input: object): Step => step(operation, { TableName: WIDE, ...input });
const put = (Item: object, more: object = {}) => wide('PutItem', { Item, ...more });
const get = (Key: object) => wide('GetItem', { Key });
const query = (input: object) =>
  wide('Query', { KeyConditionExpression: 'p = :p', ExpressionAttributeValues: { ':p': S('fixed') }, ...input });

const RETURN_VALUES = ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW', 'WRONG'];
const CREATING = ['REMOVE zz', 'DELETE zz :v', 'ADD zz :v', 'SET zz = :v', 'REMOVE m.x'];

const ITEMS: readonly Step[] = [
  put(SPECIMEN),
  ...CONDITIONS.map(([ConditionExpression, values, names]) =>
    put(SPECIMEN, { ConditionExpression, ...placeholders(values, names) }),
  ),
  ...UPDATES.flatMap(([UpdateExpression, values, names]) => [
    put(SPECIMEN),
    wide('UpdateItem', { Key: key(), UpdateExpression, ...placeholders(values, names), ReturnValues: 'ALL_NEW' }),
    get(key()),
  ]),
  ...PROJECTIONS.map((ProjectionExpression) => wide('GetItem', { Key: key(), ProjectionExpression })),
  ...VALUES.flatMap((value) => [put({ ...key(), x1: value }), get(key())]),
  ...[
    { p: S('a') },
    { ...key(), s: S('1') },
    { ...key(), p: S('') },
    { ...key(), g: N(1) },
    { ...key(), g: S('') },
  ].map((item) => put(item)),
  ...[{ p: S('a') }, { ...key(), s: S('1') }, { ...key(), p: S('') }, { ...key(), x: N(1) }, {}].flatMap((Key) => [
    get(Key),
    wide('DeleteItem', { Key }),
    wide('UpdateItem', { Key }),
  ]),
  put({ ...key(), '': S('x') }),
  put({ p: S('x'.repeat(2048)), s: N(1) }),
  put({ p: S('x'.repeat(2049)), s: N(1) }),
  get({ p: S('x'.repeat(2049)), s: N(1) }),
  wide('DeleteItem', { Key: { p: S('x'.repeat(2048)), s: N(1) } }),
  step('PutItem', { TableName: BINARY, Item: { p: S('x'), b: { B: new Uint8Array(1025) } } }),
  step('PutItem', { TableName: BINARY, Item: { p: S('x'), b: { B: new Uint8Array() } } }),
  ...RETURN_VALUES.flatMap((ReturnValues) => [
    put(SPECIMEN, { ReturnValues }),
    wide('UpdateItem', { Key: key(), UpdateExpression: 'ADD n :v', ...placeholders(one), ReturnValues }),
    wide('DeleteItem', { Key: key(), ReturnValues, ReturnConsumedCapacity: 'TOTAL' }),
    wide('DeleteItem', { Key: key(), ReturnValues, ReturnConsumedCapacity: 'TOTAL' }),
    ...CREATING.flatMap((UpdateExpression) => [
      wide('UpdateItem', {
        Key: key(),
        UpdateExpression,
        ...(UpdateExpression.includes(':v') && placeholders({ ':v': { SS: ['a'] } })),
        ReturnValues,
      }),
      wide('DeleteItem', { Key: key(), ReturnValues: 'ALL_OLD', ReturnConsumedCapacity: 'TOTAL' }),
    ]),
  ]),
  put(SPECIMEN, { ExpressionAttributeNames: { '#a': 'b' } }),
  put(SPECIMEN, { ExpressionAttributeValues: one }),
  put(SPECIMEN, { ConditionExpression: 'attribute_exists(p)', ReturnValuesOnConditionCheckFailure: 'WRONG' }),
  // Size: 400 KB, names included.
  put({ ...key(), x1: S('x'.repeat(400 * 1024 - 'fixed'.length - 'p'.length - 's'.length - 2 - 'x1'.length)) }),
  wide('UpdateItem', { Key: key(), UpdateExpression: 'SET a = :v', ...placeholders({ ':v': S('') }) }),
  put({ ...key(), x1: S('x'.repeat(400 * 1024 - 'fixed'.length - 'p'.length - 's'.length - 1 - 'x1'.length)) }),
  ...['GetItem', 'DeleteItem', 'UpdateItem'].map((operation) => step(operation, { TableName: 'Missing', Key: key() })),
  step('PutItem', { TableName: 'Missing', Item: key() }),
  step('Query', { TableName: 'Missing', KeyConditionExpression: 'p = :p', ...placeholders({ ':p': S('a') }) }),
  step('Scan', { TableName: 'Missing' }),
  step('DescribeTable', { TableName: 'Missing' }),
  step('DeleteTable', { TableName: 'Missing' }),
];

const range = (input: object) => query({ ...input, ProjectionExpression: 's' });

const QUERIES: readonly Step[] = [
  ...[1, 2, 3, 4, 5].map((s) =>
    put({ ...key('fixed', s), x1: N(s), a: S('a'), c: S('c'), h: N(s), ...(s % 2 === 1 && { g: S(`g${s}`) }) }),
  ),
  ...KEY_CONDITIONS.map(([KeyConditionExpression, values, names]) =>
    wide('Query', { KeyConditionExpression, ...placeholders(values, names) }),
  ),
  wide('Query', {}),
  ...[0, 1, 4, 5, 6].map((Limit) => range({ Limit })),
  ...[2.5, 1, 5, 6, 0].flatMap((s) =>
    [true, false].map((ScanIndexForward) => range({ ScanIndexForward, Limit: 2, ExclusiveStartKey: key('fixed', s) })),
  ),
  ...[{ p: S('fixed') }, { ...key('fixed', 1), x: N(1) }, { ...key(), s: S('1') }, key('other', 1)].map(
    (ExclusiveStartKey) => range({ ExclusiveStartKey }),
  ),
  range({
    KeyConditionExpression: 'p = :p AND s > :s',
    ExpressionAttributeValues: { ':p': S('fixed'), ':s': N(3) },
    ExclusiveStartKey: key('fixed', 2),
  }),
  ...['x1 > :x', 's > :x', 'p = :x', 'attribute_exists(p.x)', 'zz > :x', ''].map((FilterExpression) =>
    range({ FilterExpression, ExpressionAttributeValues: { ':p': S('fixed'), ':x': N(3) }, Limit: 4 }),
  ),
  ...['COUNT', 'ALL_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES', 'WRONG'].flatMap((Select) => [
    query({ Select }),
    range({ Select }),
    query({ Select, IndexName: 'local' }),
    wide('Query', {
      Select,
      IndexName: 'global',
      KeyConditionExpression: 'g = :g',
      ...placeholders({ ':g': S('g1') }),
    }),
  ]),
  ...['INDEXES', 'TOTAL', 'NONE', 'WRONG'].flatMap((ReturnConsumedCapacity) => [
    query({ ReturnConsumedCapacity }),
    query({ ReturnConsumedCapacity, IndexName: 'local', Select: 'ALL_ATTRIBUTES', ConsistentRead: true }),
    query({ ReturnConsumedCapacity, IndexName: 'local', ProjectionExpression: 'a' }),
    query({ ReturnConsumedCapacity, IndexName: 'local', Select: 'COUNT' }),
    query({ ReturnConsumedCapacity, ExpressionAttributeValues: { ':p': S('nobody') } }),
  ]),
  query({ IndexName: 'local', Limit: 1 }),
  query({ IndexName: 'local', Limit: 2, ExclusiveStartKey: { ...key('fixed', 1), g: S('g1') } }),
  query({ IndexName: 'local', Limit: 2, ExclusiveStartKey: key('fixed', 1) }),
  query({ IndexName: 'local', ScanIndexForward: false }),
  query({
    IndexName: 'local',
    FilterExpression: 'c = :c',
    ExpressionAttributeValues: { ':p': S('fixed'), ':c': S('c') },
  }),
  query({ IndexName: 'missing' }),
  ...[{ ConsistentRead: true }, { ProjectionExpression: 'a, p' }, { ProjectionExpression: 'c' }, { Limit: 1 }].map(
    (more) =>
      wide('Query', {
        IndexName: 'global',
        KeyConditionExpression: 'g = :g',
        ...placeholders({ ':g': S('g1') }),
        ...more,
      }),
  ),
  wide('Scan', { IndexName: 'missing' }),
  wide('Scan', { IndexName: 'global', ConsistentRead: true }),
  wide('Scan', { IndexName: 'global', Select: 'ALL_ATTRIBUTES' }),
  wide('Scan', { TotalSegments: 2 }),
  wide('Scan', { Segment: 0 }),
  wide('Scan', { Segment: 2, TotalSegments: 2 }),
  { ...wide('Scan', { FilterExpression: 's > :s', ...placeholders({ ':s': N(3) }) }), unordered: true },
  // A page ends with the item that makes it a megabyte.
  ...Array.from({ length: 12 }, (_, s) => put({ ...key('large', s), x1: S('x'.repeat(100 * 1024)) })),
  ...[true, false].map((ScanIndexForward) =>
    query({
      ExpressionAttributeValues: { ':p': S('large') },
      Select: 'COUNT',
      ScanIndexForward,
      ReturnConsumedCapacity: 'TOTAL',
    }),
  ),
  wide('DeleteItem', { Key: key('large', 11), ReturnConsumedCapacity: 'TOTAL' }),
  query({ ExpressionAttributeValues: { ':p': S('large') }, Select: 'COUNT' }),
  ...Array.from({ length: 11 }, (_, s) => wide('DeleteItem', { Key: key('large', s) })),
];

const CAPACITIES: readonly Step[] = [
  ...[
    { ...key('c'), g: S('g'), h: N(1), a: S('x'.repeat(5000)) },
    { ...key('c'), g: S('h'), h: N(1), a: S('x'.repeat(5000)) },
    { ...key('c'), g: S('h'), h: N(1), a: S('x'.repeat(5000)) },
    { ...key('c'), g: S('h'), h: N(1), a: S('y'.repeat(5000)) },
    { ...key('c'), g: S('h'), h: N(1), a: S('y'.repeat(5000)), c: N(1) },
    { ...key('c'), g: S('h'), h: N(2), a: S('y') },
  ].map((item) => put(item, { ReturnConsumedCapacity: 'INDEXES' })),
  wide('UpdateItem', { Key: key('c'), UpdateExpression: 'REMOVE g', ReturnConsumedCapacity: 'INDEXES' }),
  ...[true, false].map((ConsistentRead) =>
    wide('GetItem', { Key: key('c'), ConsistentRead, ReturnConsumedCapacity: 'INDEXES' }),
  ),
  ...['INDEXES', 'TOTAL'].map((ReturnConsumedCapacity) =>
    wide('DeleteItem', { Key: key('c'), ReturnConsumedCapacity }),
  ),
  wide('GetItem', { Key: key('c'), ConsistentRead: true, ReturnConsumedCapacity: 'TOTAL' }),
];

const batchGet = (RequestItems: object, more: object = {}): Step => ({
  ...step('BatchGetItem', { RequestItems, ...more }),
  unordered: true,
});
const batchWrite = (RequestItems: object, more: object = {}) => step('BatchWriteItem', { RequestItems, ...more });
const putRequest = (Item: object) => ({ PutRequest: { Item } });
const deleteRequest = (Key: object) => ({ DeleteRequest: { Key } });

const BATCHES: readonly Step[] = [
  batchGet(
    {
      [WIDE]: { Keys: [key('fixed', 2), key('fixed', 1), key('fixed', 9)], ProjectionExpression: 's, x1' },
      [NARROW]: { Keys: [{ n: N(1) }], ConsistentRead: true },
    },
    { ReturnConsumedCapacity: 'TOTAL' },
  ),
  ...[{}, { [WIDE]: { Keys: [] } }, { Missing: { Keys: [key()] } }, { [WIDE]: { Keys: [{ p: S('a') }] } }].map(
    (items) => batchGet(items),
  ),
  batchGet({ [WIDE]: { Keys: [key(), key()] } }),
  batchGet({ [WIDE]: { Keys: [key()], ProjectionExpression: 'name' } }),
  batchGet({ [WIDE]: { Keys: Array.from({ length: 101 }, (_, s) => key('fixed', s)) } }),
  batchWrite(
    {
      [WIDE]: [putRequest({ ...key('b', 1), x1: N(1) }), deleteRequest(key('b', 2))],
      [NARROW]: [putRequest({ n: N(7) })],
    },
    { ReturnConsumedCapacity: 'INDEXES' },
  ),
  ...[{}, { [WIDE]: [] }, { Missing: [putRequest(key())] }, { [WIDE]: [putRequest({ p: S('a') })] }].map((items) =>
    batchWrite(items),
  ),
  batchWrite({ [WIDE]: [putRequest(key()), deleteRequest(key())] }),
  batchWrite({ [WIDE]: [{ ...putRequest(key()), ...deleteRequest(key()) }] }),
  batchWrite({ [WIDE]: [{}] }),
  batchWrite({ [WIDE]: [putRequest({ ...key(), x1: { SS: [] } })] }),
  batchWrite({ [WIDE]: [putRequest({ ...key(), g: N(1) })] }),
  batchWrite({ [WIDE]: Array.from({ length: 26 }, (_, s) => putRequest(key('fixed', s))) }),
];

const transact = (TransactItems: readonly object[], more: object = {}) =>
  step('TransactWriteItems', { TransactItems, ...more });
const action = (kind: string, members: object) => ({ [kind]: { TableName: WIDE, ...members } });
const add = (value: string | number) =>
  action('Update', { Key: key('token'), UpdateExpression: 'ADD c :v', ...placeholders({ ':v': N(value) }) });

const TRANSACTIONS: readonly Step[] = [
  transact([
    action('Put', { Item: { ...key('t', 1), x1: N(1) } }),
    action('Update', { Key: key('t', 2), UpdateExpression: 'SET x1 = :v', ...placeholders(one) }),
    action('Delete', { Key: key('b', 1) }),
    action('ConditionCheck', { Key: key('fixed', 1), ConditionExpression: 'attribute_exists(p)' }),
    { Put: { TableName: NARROW, Item: { n: N(9) } } },
  ]),
  transact([
    action('Put', {
      Item: key('t', 1),
      ConditionExpression: 'attribute_not_exists(p)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
    action('Update', { Key: key('t', 3), UpdateExpression: 'SET x1 = :v', ...placeholders(one) }),
    action('ConditionCheck', {
      Key: key('t', 77),
      ConditionExpression: 'attribute_exists(p)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
    action('Delete', { Key: key('t', 2), ConditionExpression: 'x1 = :v', ...placeholders(five) }),
  ]),
  get(key('t', 3)),
  transact([]),
  transact([{}]),
  transact([{ ...action('Put', { Item: key('t', 4) }), ...action('Delete', { Key: key('t', 5) }) }]),
  transact([action('Put', { Item: key('t', 4) }), action('Delete', { Key: key('t', 4) })]),
  transact(Array.from({ length: 101 }, (_, s) => action('Put', { Item: key('t', s) }))),
  transact([{ Put: { TableName: 'Missing', Item: key() } }]),
  transact([action('Delete', { Key: { p: N(1), s: N(1) } })]),
  transact([action('Delete', { Key: { p: S(''), s: N(1) } })]),
  transact([action('Put', { Item: { p: S(''), s: N(1) } })]),
  transact([action('Put', { Item: { ...key('t', 5), g: N(1) } })]),
  transact([action('Update', { Key: key('t', 1), UpdateExpression: 'SET' })]),
  transact([action('Update', { Key: key('t', 1), UpdateExpression: 'SET p = :v', ...placeholders({ ':v': S('1') }) })]),
  transact([action('ConditionCheck', { Key: key('t', 1) })]),
  transact([action('Put', { Item: { ...key('t', 7), x1: S('x'.repeat(400 * 1024)) } })]),
  transact([action('Put', { Item: key('t', 7), ...placeholders(one) })]),
  transact([action('Put', { Item: key('t', 7), ConditionExpression: 'attribute_exists(p)', ...placeholders(one) })]),
  transact(
    Array.from({ length: 12 }, (_, s) => action('Put', { Item: { ...key('huge', s), x1: S('x'.repeat(390 * 1024)) } })),
  ),
  transact([add(1)], { ClientRequestToken: 'first' }),
  transact([add(1)], { ClientRequestToken: 'first' }),
  get(key('token')),
  transact([add(2)], { ClientRequestToken: 'first' }),
  transact([add(1)], { ClientRequestToken: 'second' }),
  transact([add(1)], { ClientRequestToken: 'x'.repeat(37) }),
  ...[1, 2].flatMap(() => [
    transact([action('ConditionCheck', { Key: key('later'), ConditionExpression: 'attribute_exists(p)' })], {
      ClientRequestToken: 'failing',
    }),
    put(key('later')),
  ]),
  ...[
    [{ Key: key('t', 1) }, { Key: key('t', 99) }, { Key: key('t', 2), ProjectionExpression: 's' }],
    [{ Key: key('t', 1), ProjectionExpression: 'nope' }],
    [{ Key: key('t', 1) }, { Key: key('t', 1) }],
    [{ Key: { p: S('a') } }],
    [{ Key: key(), TableName: 'Missing' }],
    [],
  ].map((gets) => step('TransactGetItems', { TransactItems: gets.map((members) => action('Get', members)) })),
];

/** Calls whose answers are of interest one by one, grouped by what they are about. */
export const FIXED_STEPS: readonly Step[] = [...ITEMS, ...QUERIES, ...CAPACITIES, ...BATCHES, ...TRANSACTIONS];
