import { type Answer, type Bench, benchWithItems, type Item, key, N, put, readAll, S, TABLE } from './support';

const ask = (bench: Bench, operation: string, input: object): Answer =>
  bench.run(operation, { TableName: TABLE, ...input });
const fail = (bench: Bench, operation: string, input: object) =>
  bench.failure(operation, { TableName: TABLE, ...input });
const ofA = { KeyConditionExpression: 'p = :p', ExpressionAttributeValues: { ':p': S('a') } };

describe('an index', () => {
  const ofG = { IndexName: 'global', KeyConditionExpression: 'g = :g', ExpressionAttributeValues: { ':g': S('g') } };

  it('holds only items with its key, sorted by it, with what it projects', () => {
    const bench = benchWithItems();
    expect(ask(bench, 'Query', ofG).Items).toEqual([
      { ...key('b', 1), g: S('g'), h: N(0) },
      { ...key('a', 5), g: S('g'), h: N(5), a: N(5) },
      { ...key('a', 3), g: S('g'), h: N(7), a: N(3) },
      { ...key('a', 1), g: S('g'), h: N(9), a: N(1) },
    ]);
    const local = ask(bench, 'Query', { ...ofA, IndexName: 'local' });
    expect(local.Items).toEqual([1, 3, 5].map((s) => ({ ...key('a', s), g: S('g') })));
  });

  it('follows each change of an item', () => {
    const bench = benchWithItems();
    const found = () => ask(bench, 'Query', ofG).Items.map(({ p, s }: Item) => `${p?.S}${s?.N}`);
    const update = (UpdateExpression: string, values?: object) =>
      ask(bench, 'UpdateItem', {
        Key: key('a', 5),
        UpdateExpression,
        ...(values && { ExpressionAttributeValues: values }),
      });
    update('SET h = :h', { ':h': N(100) });
    expect(found()).toEqual(['b1', 'a3', 'a1', 'a5']);
    update('REMOVE h');
    expect(found()).toEqual(['b1', 'a3', 'a1']);
    update('SET h = :h', { ':h': N(1) });
    bench.run('DeleteItem', { TableName: TABLE, Key: key('b', 1) });
    expect(found()).toEqual(['a5', 'a3', 'a1']);
  });

  it('goes on behind the keys of index and table together', () => {
    const bench = benchWithItems();
    for (const s of [7, 8, 9]) put(bench, { ...key('a', s), g: S('g'), h: N(5) });
    const first = ask(bench, 'Query', { ...ofG, Limit: 2 });
    expect(first.LastEvaluatedKey).toEqual({ ...key('a', 5), g: S('g'), h: N(5) });
    const all = readAll(bench, 'Query', { ...ofG, Limit: 2 });
    expect(all.map(({ s }) => s?.N)).toEqual(['1', '5', '7', '8', '9', '3', '1']);
    const withoutTableKey = { ...ofG, ExclusiveStartKey: { g: S('g'), h: N(5) } };
    expect(fail(bench, 'Query', withoutTableKey).message).toBe('The provided starting key is invalid');
  });

  it('of the local kind fetches what it does not hold, and one of the global kind refuses', () => {
    const bench = benchWithItems();
    const local = { ...ofA, IndexName: 'local', Limit: 1, ReturnConsumedCapacity: 'INDEXES' };
    const fetched = ask(bench, 'Query', { ...local, ProjectionExpression: 'x' });
    expect(fetched.Items).toEqual([{ x: N(1) }]);
    expect(fetched.ConsumedCapacity).toMatchObject({
      CapacityUnits: 1,
      Table: { CapacityUnits: 0.5 },
      LocalSecondaryIndexes: { local: { CapacityUnits: 0.5 } },
    });
    expect(ask(bench, 'Query', { ...local, Select: 'ALL_ATTRIBUTES' }).Items).toEqual([
      { ...key('a', 1), x: N(1), g: S('g'), h: N(9), a: N(1) },
    ]);
    const message = (more: object) => fail(bench, 'Query', { ...ofG, ...more }).message;
    const prefix = 'One or more parameter values were invalid: ';
    expect(message({ ConsistentRead: true })).toBe('Consistent reads are not supported on global secondary indexes');
    expect(message({ ProjectionExpression: 'x' })).toBe(`${prefix}Global secondary index global does not project [x]`);
    expect(message({ Select: 'ALL_ATTRIBUTES' })).toBe(
      `${prefix}Select type ALL_ATTRIBUTES is not supported for global secondary index global because its projection type is not ALL`,
    );
    expect(message({ FilterExpression: 'attribute_exists(x)' })).toBe(
      `${prefix}Secondary index global does not project one or more filter attributes: [x]`,
    );
    expect(ask(bench, 'Scan', { IndexName: 'global', FilterExpression: 'attribute_exists(x)' }).Count).toBe(0);
  });
});
