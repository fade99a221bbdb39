import {
  type Bench,
  benchWithIndexes,
  benchWithTable,
  get,
  type Item,
  key,
  N,
  put,
  S,
  TABLE,
  tableOf,
} from './support';

const read = (Keys: Item[], more: object = {}) => ({ RequestItems: { [TABLE]: { Keys, ...more } } });
const write = (...requests: object[]) => ({ RequestItems: { [TABLE]: requests } });
const putRequest = (Item: Item) => ({ PutRequest: { Item } });
const deleteRequest = (Key: Item) => ({ DeleteRequest: { Key } });

function benchWithTwoTables(): Bench {
  const bench = benchWithTable();
  bench.run('CreateTable', tableOf('Other', { n: 'N' }));
  put(bench, { ...key('a', 1), x: N(1) }, { ...key('a', 2), x: N(2) });
  bench.run('PutItem', { TableName: 'Other', Item: { n: N(1) } });
  return bench;
}

describe('BatchGetItem', () => {
  it('finds items of several tables, and leaves out what is not there', () => {
    const answer = benchWithTwoTables().run('BatchGetItem', {
      RequestItems: {
        [TABLE]: {
          Keys: [key('a', 2), key('a', 9), key('a', '1.0')],
          ProjectionExpression: '#x',
          ExpressionAttributeNames: { '#x': 'x' },
        },
        Other: { Keys: [{ n: N(1) }], ConsistentRead: true },
      },
      ReturnConsumedCapacity: 'TOTAL',
    });
    expect(answer).toEqual({
      Responses: { [TABLE]: [{ x: N(2) }, { x: N(1) }], Other: [{ n: N(1) }] },
      UnprocessedKeys: {},
      ConsumedCapacity: [
        { TableName: TABLE, CapacityUnits: 1.5 },
        { TableName: 'Other', CapacityUnits: 1 },
      ],
    });
  });

  it('leaves keys for later when the answer would be larger than 16 MB', () => {
    const bench = benchWithTable();
    const keys = Array.from({ length: 50 }, (_, s) => key('a', s));
    put(bench, ...keys.map((each) => ({ ...each, x: S('x'.repeat(399 * 1024)) })));
    const first = bench.run('BatchGetItem', read(keys, { ProjectionExpression: 's' }));
    const left = first.UnprocessedKeys[TABLE];
    expect(first.Responses[TABLE]).toHaveLength(41);
    expect(left).toEqual({ Keys: keys.slice(41), ProjectionExpression: 's' });
    const second = bench.run('BatchGetItem', { RequestItems: first.UnprocessedKeys });
    expect(second.Responses[TABLE]).toHaveLength(9);
    expect(second.UnprocessedKeys).toEqual({});
  });

  it.each<[string, object, string, string?]>([
    [
      'nothing',
      { RequestItems: {} },
      "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'no key',
      read([]),
      "1 validation error detected: Value '[]' at 'requestItems.Table.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'more than 100 keys',
      read(Array.from({ length: 101 }, (_, s) => key('a', s))),
      "1 validation error detected: Value '[…]' at 'requestItems.Table.member.keys' failed to satisfy constraint: Member must have length less than or equal to 100",
    ],
    ['a key twice', read([key('a', 1), key('a', '1.0')]), 'Provided list of item keys contains duplicates'],
    ['a key that does not fit', read([{ p: S('a') }]), 'The provided key element does not match the schema'],
    [
      'a reserved word',
      read([key('a')], { ProjectionExpression: 'name' }),
      'Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name',
    ],
    [
      'a table that does not exist',
      { RequestItems: { Missing: { Keys: [key('a')] } } },
      'Requested resource not found',
      'ResourceNotFoundException',
    ],
  ])('refuses %s', (...[, input, message, code = 'ValidationException']) => {
    expect(benchWithTwoTables().failure('BatchGetItem', input)).toMatchObject({ code, message });
  });
});

describe('BatchWriteItem', () => {
  it('puts and deletes items of several tables', () => {
    const bench = benchWithTwoTables();
    const answer = bench.run('BatchWriteItem', {
      RequestItems: {
        [TABLE]: [putRequest({ ...key('b'), x: N('1.0') }), deleteRequest(key('a', 1)), deleteRequest(key('nobody'))],
        Other: [putRequest({ n: N(2) })],
      },
      ReturnConsumedCapacity: 'INDEXES',
    });
    expect(answer).toEqual({
      UnprocessedItems: {},
      ConsumedCapacity: [
        { TableName: TABLE, CapacityUnits: 3, Table: { CapacityUnits: 3 } },
        { TableName: 'Other', CapacityUnits: 1, Table: { CapacityUnits: 1 } },
      ],
    });
    expect(get(bench, key('b'))).toEqual({ ...key('b'), x: N(1) });
    expect(get(bench, key('a', 1))).toBeUndefined();
  });

  it.each<[string, object, string, string?]>([
    [
      'nothing',
      { RequestItems: {} },
      "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'more than 25 writes',
      write(...Array.from({ length: 26 }, (_, s) => putRequest(key('a', s)))),
      'Too many items requested for the BatchWriteItem call',
    ],
    [
      'two writes of one item',
      write(putRequest(key('n')), deleteRequest(key('n', '1.0'))),
      'Provided list of item keys contains duplicates',
    ],
    [
      'an item without its key',
      write(putRequest(key('n')), putRequest({ p: S('a') })),
      'The provided key element does not match the schema',
    ],
    [
      'an item that cannot be stored',
      write(putRequest(key('n')), putRequest({ ...key('b'), x: { SS: [] } })),
      'One or more parameter values were invalid: An string set  may not be empty',
    ],
    [
      'an index key of another type',
      write(putRequest(key('n')), putRequest({ ...key('b'), g: N(1) })),
      'One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: local',
    ],
    [
      'a write that is neither',
      write({}),
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    ],
    [
      'a table that does not exist',
      { RequestItems: { [TABLE]: [putRequest(key('n'))], Missing: [putRequest(key('a'))] } },
      'Requested resource not found',
      'ResourceNotFoundException',
    ],
  ])('refuses %s, and then writes nothing', (...[, input, message, code = 'ValidationException']) => {
    const bench = benchWithIndexes();
    expect(bench.failure('BatchWriteItem', input)).toMatchObject({ code, message });
    expect(get(bench, key('n'))).toBeUndefined();
  });
});
