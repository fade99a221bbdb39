import { type Bench, benchWithIndexes, benchWithTable, type Item, key, N, put, S, TABLE } from './support';

const ask = (bench: Bench, operation: string, input: object) => bench.run(operation, { TableName: TABLE, ...input });

describe('consumed capacity', () => {
  const level = { ReturnConsumedCapacity: 'INDEXES' };
  const units = (answer: { ConsumedCapacity: object }) => answer.ConsumedCapacity;

  it('counts reads by 4 KB, and half of that if they may be stale', () => {
    const bench = benchWithTable();
    put(bench, { ...key('a'), x: S('x'.repeat(8000)) });
    const read = (more: object) => units(ask(bench, 'GetItem', { ...level, ...more }));
    const expected = (CapacityUnits: number) => ({ TableName: TABLE, CapacityUnits, Table: { CapacityUnits } });
    expect(read({ Key: key('a'), ConsistentRead: true })).toEqual(expected(2));
    expect(read({ Key: key('a'), ProjectionExpression: 'p' })).toEqual(expected(1));
    expect(read({ Key: key('nobody') })).toEqual(expected(0.5));
    const total = { Key: key('a'), ReturnConsumedCapacity: 'TOTAL' };
    expect(units(ask(bench, 'GetItem', total))).toEqual({ TableName: TABLE, CapacityUnits: 1 });
  });

  it.each<[string, Item, Item, object]>([
    ['an index gets an entry', {}, { g: S('a'), h: N(1) }, { table: 5, local: 1, global: 5 }],
    ['an entry moves', { g: S('a'), h: N(1) }, { g: S('b'), h: N(1) }, { table: 5, local: 2, global: 10 }],
    ['an entry goes', { g: S('a'), h: N(1) }, { h: N(1) }, { table: 5, local: 1, global: 5 }],
    ['nothing changes that an index holds', { g: S('a'), h: N(1) }, { g: S('a'), h: N(1), c: N(1) }, { table: 5 }],
    ['an item lacks part of the key of an index', {}, { h: N(1) }, { table: 5 }],
  ])('counts writes by 1 KB, and for each index again, when %s', (_case, before, now, expected) => {
    const bench = benchWithIndexes();
    const large = { ...key('k'), a: S('x'.repeat(5000)) };
    put(bench, { ...large, ...before });
    const answer = ask(bench, 'PutItem', { Item: { ...large, ...now }, ...level });
    const {
      CapacityUnits: total,
      Table,
      LocalSecondaryIndexes: locals,
      GlobalSecondaryIndexes: globals,
    } = answer.ConsumedCapacity;
    const found = {
      table: Table.CapacityUnits,
      local: locals?.local.CapacityUnits,
      global: globals?.global.CapacityUnits,
    };
    expect(found).toEqual({ local: undefined, global: undefined, ...expected });
    expect(total).toBe(Object.values(expected).reduce((sum: number, each) => sum + Number(each), 0));
  });

  it('comes with the size of the item collection where there are local indexes', () => {
    const wanted = { Item: key('a'), ReturnItemCollectionMetrics: 'SIZE' };
    expect(ask(benchWithIndexes(), 'PutItem', wanted)).toEqual({
      ItemCollectionMetrics: { ItemCollectionKey: { p: S('a') }, SizeEstimateRangeGB: [0, 1] },
    });
    expect(ask(benchWithTable(), 'PutItem', wanted)).toEqual({});
  });
});
