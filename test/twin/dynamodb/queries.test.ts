import fc from 'fast-check';
import {
  type Answer,
  B,
  Bench,
  benchWithIndexes,
  benchWithItems,
  benchWithTable,
  type Item,
  key,
  N,
  put,
  readAll,
  S,
  TABLE,
  tableOf,
} from './support';

const ask = (bench: Bench, operation: string, input: object): Answer =>
  bench.run(operation, { TableName: TABLE, ...input });
const fail = (bench: Bench, operation: string, input: object) =>
  bench.failure(operation, { TableName: TABLE, ...input });

const ofA = { KeyConditionExpression: 'p = :p', ExpressionAttributeValues: { ':p': S('a') } };
const numbers = (answer: Answer): number[] => answer.Items.map(({ s }: Item) => Number(s?.N));

describe('Query', () => {
  it.each<[string, object, number[]]>([
    ['p = :p', {}, [1, 2, 3, 4, 5]],
    ['p = :p AND s > :s', { ':s': N(3) }, [4, 5]],
    ['s >= :s AND p = :p', { ':s': N(3) }, [3, 4, 5]],
    ['p = :p AND s < :s', { ':s': N(3) }, [1, 2]],
    ['p = :p AND :s > s', { ':s': N(3) }, [1, 2]],
    ['p = :p AND s <= :s', { ':s': N('2.5') }, [1, 2]],
    ['p = :p AND s = :s', { ':s': N('3.0') }, [3]],
    ['(p = :p) AND (s BETWEEN :s AND :t)', { ':s': N(2), ':t': N(4) }, [2, 3, 4]],
  ])('finds items where %s', (KeyConditionExpression, values, expected) => {
    const bench = benchWithItems();
    const request = { KeyConditionExpression, ExpressionAttributeValues: { ':p': S('a'), ...values } };
    expect(numbers(ask(bench, 'Query', request))).toEqual(expected);
    expect(numbers(ask(bench, 'Query', { ...request, ScanIndexForward: false }))).toEqual(expected.reverse());
  });

  it('sorts texts and binaries by their bytes, and finds what begins with some of them', () => {
    const bench = new Bench();
    bench.run('CreateTable', tableOf(TABLE, { p: 'S', s: 'S' }));
    bench.run('CreateTable', tableOf('Bytes', { p: 'S', s: 'B' }));
    for (const s of ['b', 'a😀', 'a\uffff', 'ab', 'B', 'a']) put(bench, { p: S('a'), s: S(s) });
    for (const bytes of [[200], [1, 0], [1], [1, 255], [2]])
      bench.run('PutItem', { TableName: 'Bytes', Item: { p: S('a'), s: B(...bytes) } });
    const sorted = (TableName: string, more: object = {}) =>
      bench.run('Query', { TableName, ...ofA, ...more }).Items.map(({ s }: Item) => s?.S ?? [...(s?.B ?? [])]);
    expect(sorted(TABLE)).toEqual(['B', 'a', 'ab', 'a\uffff', 'a😀', 'b']);
    expect(sorted('Bytes')).toEqual([[1], [1, 0], [1, 255], [2], [200]]);
    const begins = (value: object) => ({
      KeyConditionExpression: 'p = :p AND begins_with(s, :v)',
      ExpressionAttributeValues: { ':p': S('a'), ':v': value },
    });
    expect(sorted(TABLE, begins(S('a')))).toEqual(['a', 'ab', 'a\uffff', 'a😀']);
    expect(sorted('Bytes', begins(B(1)))).toEqual([[1], [1, 0], [1, 255]]);
  });

  it.each<[string, string, object?]>([
    ['p = :p OR s = :s', 'Invalid operator used in KeyConditionExpression: OR'],
    ['NOT p = :p', 'Invalid operator used in KeyConditionExpression: NOT'],
    ['p = :p AND s <> :s', 'Invalid operator used in KeyConditionExpression: <>'],
    ['p = :p AND s IN (:s)', 'Invalid operator used in KeyConditionExpression: IN'],
    ['p = :p AND attribute_exists(s)', 'Invalid operator used in KeyConditionExpression: attribute_exists'],
    ['p = :p AND size(s) = :s', 'KeyConditionExpressions cannot contain nested operations'],
    [
      'p = :p AND s > :s AND s < :s',
      'Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key',
    ],
    ['s = :s', 'Query condition missed key schema element: p'],
    ['p = :p AND x = :s', 'Query condition missed key schema element: s'],
    ['p > :p', 'Query key condition not supported'],
    [
      'p = :p AND s = :s AND x = :s',
      'The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)',
    ],
    ['p = :s', 'One or more parameter values were invalid: Condition parameter type does not match schema type'],
    [
      'p = :p AND s = :p',
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    ],
    [
      'p = :p AND begins_with(s, :s)',
      'Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
    ],
    [
      'p = :e',
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p',
    ],
  ])('refuses a key condition %s', (...[KeyConditionExpression, message]) => {
    const values = { ':p': S('a'), ':s': N(1), ':e': S('') };
    const used = Object.entries(values).filter(([name]) => KeyConditionExpression.includes(name));
    const failure = fail(benchWithItems(), 'Query', {
      KeyConditionExpression,
      ExpressionAttributeValues: Object.fromEntries(used),
    });
    expect(failure).toMatchObject({ code: 'ValidationException', message });
  });

  it('filters what it has read, after the limit', () => {
    const bench = benchWithItems();
    const filtered = { ...ofA, FilterExpression: 'x > :x', ExpressionAttributeValues: { ':p': S('a'), ':x': N(3) } };
    expect(ask(bench, 'Query', { ...filtered, Limit: 4, Select: 'COUNT' })).toEqual({
      Count: 1,
      ScannedCount: 4,
      LastEvaluatedKey: key('a', 4),
    });
    expect(fail(bench, 'Query', { ...filtered, FilterExpression: 's > :x' }).message).toBe(
      'Filter Expression can only contain non-primary key attributes: Primary key attribute: s',
    );
  });

  it('says where to go on when it stops at the limit, even if there is no more', () => {
    const bench = benchWithItems();
    expect(ask(bench, 'Query', { ...ofA, Limit: 5 }).LastEvaluatedKey).toEqual(key('a', 5));
    expect(ask(bench, 'Query', { ...ofA, Limit: 6 }).LastEvaluatedKey).toBeUndefined();
    expect(fail(bench, 'Query', { ...ofA, Limit: 0 }).message).toMatch(/at 'limit' failed to satisfy constraint/);
  });

  it('goes on behind a key that need not be there any more', () => {
    const bench = benchWithItems();
    const from = (s: string | number, ScanIndexForward: boolean) =>
      numbers(ask(bench, 'Query', { ...ofA, ExclusiveStartKey: key('a', s), ScanIndexForward }));
    expect(from('2.5', true)).toEqual([3, 4, 5]);
    expect(from('2.5', false)).toEqual([2, 1]);
    expect(from(3, true)).toEqual([4, 5]);
  });

  it.each<[string, object, string]>([
    [
      'of another partition',
      key('b'),
      'The provided starting key is outside query boundaries based on provided conditions',
    ],
    ['outside the range', key('a', 1), 'The provided starting key does not match the range key predicate'],
    ['that is incomplete', { p: S('a') }, 'The provided starting key is invalid'],
    ['of another type', { p: S('a'), s: S('3') }, 'The provided starting key is invalid'],
  ])('does not go on behind a key %s', (_case, ExclusiveStartKey, message) => {
    const request = {
      KeyConditionExpression: 'p = :p AND s > :s',
      ExpressionAttributeValues: { ':p': S('a'), ':s': N(2) },
    };
    expect(fail(benchWithItems(), 'Query', { ...request, ExclusiveStartKey }).message).toBe(message);
  });

  it('ends a page with the item that makes it a megabyte', () => {
    const bench = benchWithTable();
    for (let s = 0; s < 12; s += 1) put(bench, { ...key('a', s), x: S('x'.repeat(100 * 1024)) });
    const page = ask(bench, 'Query', { ...ofA, ProjectionExpression: 's', ReturnConsumedCapacity: 'TOTAL' });
    expect(page).toMatchObject({ Count: 11, LastEvaluatedKey: key('a', 10), ConsumedCapacity: { CapacityUnits: 138 } });
    expect(readAll(bench, 'Query', { ...ofA, ProjectionExpression: 's' })).toHaveLength(12);
    bench.run('DeleteItem', { TableName: TABLE, Key: key('a', 11) });
    expect(ask(bench, 'Query', { ...ofA, Select: 'COUNT' })).toEqual({ Count: 11, ScannedCount: 11 });
  });

  it.each<[string, object, string]>([
    [
      'COUNT with a projection',
      { Select: 'COUNT', ProjectionExpression: 's' },
      'Cannot specify the ProjectionExpression when choosing to get only the Count',
    ],
    [
      'all with a projection',
      { Select: 'ALL_ATTRIBUTES', ProjectionExpression: 's' },
      'Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES',
    ],
    [
      'some without a projection',
      { Select: 'SPECIFIC_ATTRIBUTES' },
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    ],
    [
      'projected ones of a table',
      { Select: 'ALL_PROJECTED_ATTRIBUTES' },
      'ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName',
    ],
    ['an index that does not exist', { IndexName: 'missing' }, 'The table does not have the specified index: missing'],
  ])('does not select %s', (_case, more, message) => {
    expect(fail(benchWithItems(), 'Query', { ...ofA, ...more })).toMatchObject({
      code: 'ValidationException',
      message,
    });
  });

  it('takes about the same time, however many items the partition has', () => {
    const fastest = (size: number): number => {
      const bench = benchWithTable();
      for (let s = 0; s < size; s += 1) put(bench, key('a', (s * 7919) % size));
      const rounds = Array.from({ length: 5 }, () => {
        const start = performance.now();
        for (let step = 0; step < 100; step += 1) {
          const request = {
            KeyConditionExpression: 'p = :p AND s >= :s',
            ExpressionAttributeValues: { ':p': S('a'), ':s': N((step * size) / 100) },
            Limit: 1,
          };
          expect(ask(bench, 'Query', request).Count).toBe(1);
        }
        return performance.now() - start;
      });
      return Math.min(...rounds);
    };
    // Who looked at every item would take a hundred times as long.
    expect(fastest(10_000)).toBeLessThan(20 * fastest(100));
  });
});

describe('Scan', () => {
  it('comes by every item once, whatever the pages and segments', () => {
    const bench = benchWithTable();
    const keys = Array.from({ length: 40 }, (_, index) => key(`p${index % 13}`, index));
    put(bench, ...keys);
    const names = (items: readonly Item[]) => items.map(({ p, s }) => `${p?.S}/${s?.N}`).sort();
    const paged = [1, 3, 7, 100].map((Limit) => readAll(bench, 'Scan', { Limit }));
    const segments = [0, 1, 2].flatMap((Segment) => readAll(bench, 'Scan', { Limit: 4, Segment, TotalSegments: 3 }));
    for (const items of [...paged, segments]) expect(names(items)).toEqual(names(keys));
    expect(paged[0]).toEqual(paged[3]);
  });

  it('goes on although the item where it stopped is gone', () => {
    const bench = benchWithTable();
    put(bench, ...['a', 'b', 'c', 'd', 'e'].map((p) => key(p)));
    const { Items: all } = ask(bench, 'Scan', {});
    const { LastEvaluatedKey: stop } = ask(bench, 'Scan', { Limit: 2 });
    bench.run('DeleteItem', { TableName: TABLE, Key: stop });
    expect(ask(bench, 'Scan', { ExclusiveStartKey: stop }).Items).toEqual(all.slice(2));
  });

  it.each<[object, string]>([
    [
      { Segment: 0 },
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    ],
    [
      { TotalSegments: 2 },
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    ],
    [
      { Segment: 2, TotalSegments: 2 },
      'The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2',
    ],
  ])('refuses segments %j', (more, message) => {
    expect(fail(benchWithTable(), 'Scan', more)).toMatchObject({ code: 'ValidationException', message });
  });
});

describe('queries of all kinds', () => {
  const sorts = fc.integer({ min: -5, max: 5 });
  const writes = fc.array(fc.record({ s: sorts, h: sorts, indexed: fc.boolean(), remove: fc.boolean() }), {
    maxLength: 40,
  });
  const ranges = fc.record({
    operator: fc.constantFrom('=', '<', '<=', '>', '>='),
    bound: sorts,
    forward: fc.boolean(),
    limit: fc.integer({ min: 1, max: 4 }),
  });
  const holds: Record<string, (a: number, b: number) => boolean> = {
    '=': (a, b) => a === b,
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
  };

  it('find the items, in the order, and in the pages that a naive model does', () => {
    fc.assert(
      fc.property(writes, ranges, (changes, { operator, bound, forward, limit }) => {
        const bench = benchWithIndexes();
        const model = new Map<number, number | undefined>();
        for (const { s, h, indexed, remove } of changes) {
          if (remove) bench.run('DeleteItem', { TableName: TABLE, Key: key('a', s) });
          else put(bench, { ...key('a', s), ...(indexed && { g: S('a'), h: N(h) }) });
          if (remove) model.delete(s);
          else model.set(s, indexed ? h : undefined);
        }
        const expected = (name: 's' | 'h'): number[] => {
          const values = name === 's' ? [...model.keys()] : [...model.values()].filter((h) => h !== undefined);
          const sorted = values.filter((value) => holds[operator]?.(value, bound)).sort((a, b) => a - b);
          return forward ? sorted : sorted.reverse();
        };
        for (const [IndexName, partition, sort] of [
          [undefined, 'p', 's'],
          ['global', 'g', 'h'],
        ] as const) {
          const found = readAll(bench, 'Query', {
            ...(IndexName && { IndexName }),
            KeyConditionExpression: `${partition} = :p AND ${sort} ${operator} :s`,
            ExpressionAttributeValues: { ':p': S('a'), ':s': N(bound) },
            ScanIndexForward: forward,
            Limit: limit,
          });
          expect(found.map((item) => Number(item[sort]?.N))).toEqual(expected(sort));
        }
      }),
    );
  });
});
