import type { Access } from '../../../twin/service';
import { dynamodb } from '../../../twin/services/dynamodb';
import { B, Bench, benchWithIndexes, type Item, key, N, S, TABLE, tableArn, tableOf } from './support';

const access = (bench: Bench, operation: string, input: object): readonly Access[] =>
  dynamodb.access?.(operation, input as never, bench.call) ?? [];

const put = (Item: Item, more: object = {}) => ({ TableName: TABLE, Item, ...more });
const update = (Key: Item) => ({
  TableName: TABLE,
  Key,
  UpdateExpression: 'SET a.b = #c, d = :v REMOVE e',
  ConditionExpression: 'attribute_exists(f)',
  ExpressionAttributeNames: { '#c': 'c' },
  ExpressionAttributeValues: { ':v': N(1) },
});
const NONE = { 'dynamodb:ReturnConsumedCapacity': 'NONE' };

describe('what IAM is asked for', () => {
  it.each<[string, string, object, object]>([
    [
      'GetItem',
      'GetItem',
      { TableName: TABLE, Key: key('a'), ProjectionExpression: 'b.c' },
      {
        'dynamodb:LeadingKeys': ['a'],
        'dynamodb:Attributes': ['p', 's', 'b'],
        'dynamodb:Select': 'SPECIFIC_ATTRIBUTES',
      },
    ],
    [
      'GetItem of all',
      'GetItem',
      { TableName: TABLE, Key: key('a'), ReturnConsumedCapacity: 'TOTAL' },
      {
        'dynamodb:LeadingKeys': ['a'],
        'dynamodb:Attributes': ['p', 's'],
        'dynamodb:Select': 'ALL_ATTRIBUTES',
        'dynamodb:ReturnConsumedCapacity': 'TOTAL',
      },
    ],
    [
      'PutItem',
      'PutItem',
      put({ ...key('a'), x: N(1) }, { ConditionExpression: 'attribute_not_exists(y)', ReturnValues: 'ALL_OLD' }),
      {
        'dynamodb:LeadingKeys': ['a'],
        'dynamodb:Attributes': ['p', 's', 'x', 'y'],
        'dynamodb:ReturnValues': 'ALL_OLD',
      },
    ],
    [
      'UpdateItem',
      'UpdateItem',
      update(key('a')),
      {
        'dynamodb:LeadingKeys': ['a'],
        'dynamodb:Attributes': ['p', 's', 'f', 'a', 'c', 'd', 'e'],
        'dynamodb:ReturnValues': 'NONE',
      },
    ],
    [
      'DeleteItem',
      'DeleteItem',
      { TableName: TABLE, Key: key('a') },
      { 'dynamodb:LeadingKeys': ['a'], 'dynamodb:Attributes': ['p', 's'], 'dynamodb:ReturnValues': 'NONE' },
    ],
  ])(
    'by %s is its action on the table, with the partition key and the attributes',
    (_case, operation, input, context) => {
      expect(access(benchWithIndexes(), operation, input)).toEqual([
        { action: `dynamodb:${operation}`, resources: [tableArn(TABLE)], context: { ...NONE, ...context } },
      ]);
    },
  );

  it('by a transaction is the action of each item', () => {
    const bench = benchWithIndexes();
    const asked = access(bench, 'TransactWriteItems', {
      TransactItems: [
        { Put: put(key('a')) },
        { Update: update(key('b')) },
        { Delete: { TableName: 'Other', Key: key('c') } },
        { ConditionCheck: { TableName: TABLE, Key: key('d'), ConditionExpression: 'attribute_exists(p)' } },
      ],
    });
    expect(
      asked.map(({ action, resources, context }) => [action, ...resources, context?.['dynamodb:LeadingKeys']]),
    ).toEqual([
      ['dynamodb:PutItem', tableArn(TABLE), ['a']],
      ['dynamodb:UpdateItem', tableArn(TABLE), ['b']],
      // Of a table that does not exist nobody knows the partition key.
      ['dynamodb:DeleteItem', tableArn('Other'), []],
      ['dynamodb:ConditionCheckItem', tableArn(TABLE), ['d']],
    ]);
    for (const { context } of asked)
      expect(context).toMatchObject({ 'dynamodb:EnclosingOperation': 'TransactWriteItems' });
    const read = access(bench, 'TransactGetItems', { TransactItems: [{ Get: { TableName: TABLE, Key: key('a') } }] });
    expect(read).toMatchObject([
      {
        action: 'dynamodb:GetItem',
        context: { 'dynamodb:EnclosingOperation': 'TransactGetItems', 'dynamodb:LeadingKeys': ['a'] },
      },
    ]);
  });

  it('by a batch is one action on each table, with all partition keys', () => {
    const bench = benchWithIndexes();
    bench.run('CreateTable', tableOf('Other', { n: 'N' }));
    const keys = { [TABLE]: { Keys: [key('a', 1), key('b'), key('a', 2)] }, Other: { Keys: [{ n: N('1.0') }] } };
    expect(access(bench, 'BatchGetItem', { RequestItems: keys })).toMatchObject([
      {
        action: 'dynamodb:BatchGetItem',
        resources: [tableArn(TABLE)],
        context: { 'dynamodb:LeadingKeys': ['a', 'b'] },
      },
      { action: 'dynamodb:BatchGetItem', resources: [tableArn('Other')], context: { 'dynamodb:LeadingKeys': ['1'] } },
    ]);
    const requests = [{ PutRequest: { Item: { ...key('a'), x: N(1) } } }, { DeleteRequest: { Key: key('b') } }];
    expect(access(bench, 'BatchWriteItem', { RequestItems: { [TABLE]: requests } })).toEqual([
      {
        action: 'dynamodb:BatchWriteItem',
        resources: [tableArn(TABLE)],
        context: { 'dynamodb:LeadingKeys': ['a', 'b'], 'dynamodb:Attributes': ['p', 's', 'x'], ...NONE },
      },
    ]);
  });

  it('by a query or scan is the table or the index, and what is selected', () => {
    const bench = benchWithIndexes();
    const query = { TableName: TABLE, KeyConditionExpression: 'p = :p', ExpressionAttributeValues: { ':p': S('a') } };
    expect(access(bench, 'Query', query)).toEqual([
      {
        action: 'dynamodb:Query',
        resources: [tableArn(TABLE)],
        context: {
          'dynamodb:LeadingKeys': ['a'],
          'dynamodb:Attributes': ['p', 's'],
          'dynamodb:Select': 'ALL_ATTRIBUTES',
          ...NONE,
        },
      },
    ]);
    const ofIndex = { ...query, IndexName: 'global', KeyConditionExpression: 'g = :p AND h > :p', Select: 'COUNT' };
    expect(access(bench, 'Query', ofIndex)).toMatchObject([
      {
        resources: [`${tableArn(TABLE)}/index/global`],
        context: { 'dynamodb:LeadingKeys': ['a'], 'dynamodb:Attributes': ['g', 'h'], 'dynamodb:Select': 'COUNT' },
      },
    ]);
    const scan = {
      TableName: TABLE,
      IndexName: 'local',
      ProjectionExpression: 'x',
      FilterExpression: 'attribute_exists(y)',
    };
    expect(access(bench, 'Scan', scan)).toMatchObject([
      {
        action: 'dynamodb:Scan',
        resources: [`${tableArn(TABLE)}/index/local`],
        context: {
          'dynamodb:LeadingKeys': [],
          'dynamodb:Attributes': ['p', 'g', 'y', 'x'],
          'dynamodb:Select': 'SPECIFIC_ATTRIBUTES',
        },
      },
    ]);
  });

  it('names binary partition keys in Base64', () => {
    const bench = new Bench();
    bench.run('CreateTable', tableOf(TABLE, { p: 'B' }));
    const [asked] = access(bench, 'GetItem', { TableName: TABLE, Key: { p: B(1, 2, 3) } });
    expect(asked?.context).toMatchObject({ 'dynamodb:LeadingKeys': ['AQID'] });
  });

  it('is still asked when the request makes no sense', () => {
    const bench = benchWithIndexes();
    const nonsense = { TableName: TABLE, Key: { p: N('x') }, UpdateExpression: 'nonsense', ConditionExpression: '(' };
    expect(access(bench, 'UpdateItem', nonsense)).toMatchObject([
      { action: 'dynamodb:UpdateItem', context: { 'dynamodb:LeadingKeys': ['x'], 'dynamodb:Attributes': ['p'] } },
    ]);
    for (const operation of ['GetItem', 'PutItem', 'Query', 'Scan']) {
      expect(access(bench, operation, {})).toMatchObject([{ resources: [tableArn('')] }]);
    }
    for (const operation of ['BatchGetItem', 'BatchWriteItem', 'TransactGetItems', 'TransactWriteItems']) {
      expect(access(bench, operation, {})).toEqual([]);
    }
  });

  it('by a new table with tags is the right to tag, too', () => {
    const bench = new Bench();
    const context = { 'aws:TagKeys': ['team'], 'aws:RequestTag/team': 'soc' };
    const resources = [tableArn(TABLE)];
    expect(access(bench, 'CreateTable', tableOf(TABLE, { p: 'S' }, { Tags: [{ Key: 'team', Value: 'soc' }] }))).toEqual(
      [
        { action: 'dynamodb:CreateTable', resources, context },
        { action: 'dynamodb:TagResource', resources, context },
      ],
    );
  });

  it('by other operations is their action on the table that they name, by name or ARN', () => {
    const bench = new Bench();
    const resources = (operation: string, input: object) => dynamodb.resources?.(operation, input as never, bench.call);
    expect(dynamodb.access?.('DescribeTable', {} as never, bench.call)).toBeUndefined();
    expect(resources('DescribeTable', { TableName: TABLE })).toEqual([tableArn(TABLE)]);
    expect(resources('DescribeTable', { TableName: tableArn(TABLE) })).toEqual([tableArn(TABLE)]);
    expect(resources('TagResource', { ResourceArn: tableArn(TABLE) })).toEqual([tableArn(TABLE)]);
  });
});

it('logs operations on items as data events only', () => {
  expect(new Set(dynamodb.dataEvents)).toEqual(
    new Set([
      ...['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'BatchGetItem', 'BatchWriteItem'],
      ...['Query', 'Scan', 'TransactGetItems', 'TransactWriteItems'],
    ]),
  );
});
