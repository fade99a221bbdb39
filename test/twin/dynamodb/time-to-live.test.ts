import { type Bench, benchWithIndexes, benchWithTable, get, type Item, key, N, put, S, TABLE } from './support';

const ask = (bench: Bench, operation: string, input: object) => bench.run(operation, { TableName: TABLE, ...input });
const fail = (bench: Bench, operation: string, input: object) =>
  bench.failure(operation, { TableName: TABLE, ...input });

describe('TTL', () => {
  const withTtl = () => {
    const bench = benchWithIndexes();
    ask(bench, 'UpdateTimeToLive', { TimeToLiveSpecification: { AttributeName: 'until', Enabled: true } });
    return bench;
  };
  const in10Seconds = N(Date.parse('2026-01-01T00:00:10Z') / 1000);

  it('makes an item disappear for everyone once it has expired', () => {
    const bench = withTtl();
    put(bench, { ...key('a'), g: S('g'), h: N(1), until: in10Seconds }, key('b'));
    const count = (operation: string, more: object = {}) => ask(bench, operation, more).Count;
    const query = (name: string, value: string, IndexName?: string) =>
      count('Query', {
        ...(IndexName && { IndexName }),
        KeyConditionExpression: `${name} = :v`,
        ExpressionAttributeValues: { ':v': S(value) },
      });
    const counts = () => [count('Scan'), query('p', 'a'), query('g', 'g', 'global'), query('p', 'a', 'local')];
    bench.pass(10);
    expect(counts()).toEqual([2, 1, 1, 1]);
    bench.pass(1);
    expect(counts()).toEqual([1, 0, 0, 0]);
    expect(get(bench, key('a'))).toBeUndefined();
    expect(ask(bench, 'DescribeTable', {}).Table).toMatchObject({ ItemCount: 1 });
    put(bench, { ...key('a'), g: S('g'), h: N(2) });
    expect(counts()).toEqual([2, 1, 1, 1]);
  });

  it('makes room for a new item under the same key', () => {
    const bench = withTtl();
    put(bench, { ...key('lock'), until: in10Seconds });
    const claim = { Item: key('lock'), ConditionExpression: 'attribute_not_exists(p)' };
    expect(fail(bench, 'PutItem', claim).code).toBe('ConditionalCheckFailedException');
    bench.pass(11);
    expect(ask(bench, 'PutItem', { ...claim, ReturnValues: 'ALL_OLD' })).toEqual({});
  });

  it.each<[string, Item]>([
    ['is no number', { until: S('1767225610') }],
    ['lies more than five years back', { until: N(Date.parse('2020-01-01') / 1000) }],
    ['is another attribute', { other: in10Seconds }],
  ])('ignores what %s', (_case, attributes) => {
    const bench = withTtl();
    put(bench, { ...key('a'), ...attributes });
    bench.pass(60);
    expect(get(bench, key('a'))).toBeDefined();
  });

  it('says whether it is on, and may change once an hour', () => {
    const bench = benchWithTable();
    const set = (Enabled: boolean, AttributeName = 'until') => ({
      TimeToLiveSpecification: { AttributeName, Enabled },
    });
    const status = () => ask(bench, 'DescribeTimeToLive', {}).TimeToLiveDescription;
    expect(status()).toEqual({ TimeToLiveStatus: 'DISABLED' });
    expect(ask(bench, 'UpdateTimeToLive', set(true))).toEqual(set(true));
    expect(status()).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'until' });
    expect(fail(bench, 'UpdateTimeToLive', set(true)).message).toBe('TimeToLive is already enabled');
    expect(fail(bench, 'UpdateTimeToLive', set(false, 'other')).message).toMatch(
      /^TimeToLive is active on a different/,
    );
    expect(fail(bench, 'UpdateTimeToLive', set(false)).message).toMatch(/modified multiple times/);
    bench.pass(3600);
    ask(bench, 'UpdateTimeToLive', set(false));
    expect(status()).toEqual({ TimeToLiveStatus: 'DISABLED' });
  });
});
