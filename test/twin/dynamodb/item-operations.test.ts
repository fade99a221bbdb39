import {
  B,
  type Bench,
  benchWithIndexes,
  benchWithTable,
  get,
  type Item,
  key,
  L,
  M,
  N,
  put,
  S,
  TABLE,
} from './support';

const ask = (bench: Bench, operation: string, input: object) => bench.run(operation, { TableName: TABLE, ...input });
const fail = (bench: Bench, operation: string, input: object) =>
  bench.failure(operation, { TableName: TABLE, ...input });

describe('GetItem', () => {
  it('shows an item, or parts of it, or nothing', () => {
    const bench = benchWithTable();
    put(bench, { ...key('a'), m: M({ x: N(1), y: N(2) }) });
    expect(ask(bench, 'GetItem', { Key: key('a', '1.0') })).toEqual({
      Item: { ...key('a'), m: M({ x: N(1), y: N(2) }) },
    });
    expect(ask(bench, 'GetItem', { Key: key('a'), ProjectionExpression: 'm.x' })).toEqual({
      Item: { m: M({ x: N(1) }) },
    });
    expect(ask(bench, 'GetItem', { Key: key('a'), ProjectionExpression: 'absent' })).toEqual({ Item: {} });
    expect(ask(bench, 'GetItem', { Key: key('b') })).toEqual({});
  });

  it.each<[string, Item, string]>([
    ['a part of it', { p: S('a') }, 'The provided key element does not match the schema'],
    ['more than it', { ...key('a'), x: N(1) }, 'The provided key element does not match the schema'],
    ['another type', { p: S('a'), s: S('1') }, 'The provided key element does not match the schema'],
    [
      'an empty text',
      { p: S(''), s: N(1) },
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p',
    ],
    [
      'a text that is too long',
      { p: S('x'.repeat(2049)), s: N(1) },
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    ],
  ])('refuses a key of %s, like whatever else names an item by it', (_case, Key, message) => {
    const bench = benchWithTable();
    for (const operation of ['GetItem', 'DeleteItem', 'UpdateItem']) {
      expect(fail(bench, operation, { Key })).toMatchObject({ code: 'ValidationException', message });
    }
  });

  it('finds tables by name or ARN, of its own account and Region', () => {
    const bench = benchWithTable();
    put(bench, key('a'));
    const arn = bench.call.arn(`table/${TABLE}`);
    expect(bench.run('GetItem', { TableName: arn, Key: key('a') })).toEqual({ Item: key('a') });
    for (const TableName of ['Missing', arn.replace('eu-west-1', 'us-east-1')]) {
      expect(bench.failure('GetItem', { TableName, Key: key('a') })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: 'Requested resource not found',
      });
    }
    expect(bench.failure('GetItem', { TableName: 'x', Key: key('a') })).toMatchObject({ code: 'ValidationException' });
  });
});

describe('PutItem', () => {
  it.each<[string, Item, string]>([
    ['without its key', { p: S('a') }, 'One or more parameter values were invalid: Missing the key s in the item'],
    [
      'with a key of another type',
      { p: S('a'), s: S('1') },
      'One or more parameter values were invalid: Type mismatch for key s expected: N actual: S',
    ],
    [
      'with an index key of another type',
      { ...key('a'), g: N(1) },
      'One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: local',
    ],
    [
      'with an empty index key',
      { ...key('a'), g: S('') },
      'One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: local, IndexKey: g',
    ],
    [
      'of more than 400 KB',
      { ...key('a'), x: S('x'.repeat(400 * 1024 - 4)) },
      'Item size has exceeded the maximum allowed size',
    ],
  ])('refuses an item %s', (_case, Item, message) => {
    const bench = benchWithIndexes();
    expect(fail(bench, 'PutItem', { Item })).toMatchObject({ code: 'ValidationException', message });
    expect(get(bench, key('a'))).toBeUndefined();
  });

  it('takes an item of exactly 400 KB', () => {
    const bench = benchWithTable();
    put(bench, { ...key('a'), x: S('x'.repeat(400 * 1024 - 6)) });
    expect(fail(bench, 'UpdateItem', { Key: key('a'), UpdateExpression: 'SET y = x' })).toMatchObject({
      code: 'ValidationException',
      message: 'Item size to update has exceeded the maximum allowed size',
    });
  });

  it('replaces the whole item, and returns the old one if asked to', () => {
    const bench = benchWithTable();
    put(bench, { ...key('a'), x: N(1) });
    expect(ask(bench, 'PutItem', { Item: { ...key('a'), y: N(2) }, ReturnValues: 'ALL_OLD' })).toEqual({
      Attributes: { ...key('a'), x: N(1) },
    });
    expect(get(bench, key('a'))).toEqual({ ...key('a'), y: N(2) });
    expect(ask(bench, 'PutItem', { Item: key('new'), ReturnValues: 'ALL_OLD' })).toEqual({});
  });

  it('fails on its condition, with the item if asked to', () => {
    const bench = benchWithTable();
    const old = { ...key('a'), x: N(1), b: B(7) };
    put(bench, old);
    const request = { Item: key('a'), ConditionExpression: 'attribute_not_exists(p)' };
    const failed = { code: 'ConditionalCheckFailedException', message: 'The conditional request failed' };
    expect(fail(bench, 'PutItem', request)).toMatchObject({ ...failed, options: {} });
    const withItem = fail(bench, 'PutItem', { ...request, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(withItem).toMatchObject({ ...failed, options: { members: { Item: old } } });
    expect(get(bench, key('a'))).toEqual(old);
  });

  it.each([
    ['ALL_NEW', 'ReturnValues can only be ALL_OLD or NONE'],
    [
      'WRONG',
      "1 validation error detected: Value 'WRONG' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
    ],
  ])('does not return %s, and neither does DeleteItem', (ReturnValues, message) => {
    const bench = benchWithTable();
    expect(fail(bench, 'PutItem', { Item: key('a'), ReturnValues })).toMatchObject({
      code: 'ValidationException',
      message,
    });
    expect(fail(bench, 'DeleteItem', { Key: key('a'), ReturnValues })).toMatchObject({
      code: 'ValidationException',
      message,
    });
  });

  it('lists what it does not simulate', () => {
    const bench = benchWithTable();
    const failure = fail(bench, 'PutItem', { Item: key('a'), Expected: { p: { Exists: false } } });
    expect(failure).toMatchObject({ code: 'NotImplemented', options: { status: 501 } });
    expect(bench.unsupported).toEqual(['dynamodb:PutItem Expected']);
  });
});

describe('UpdateItem', () => {
  const item = { ...key('a'), n: N(1), m: M({ x: N(1), y: N(2) }), l: L(N(1), N(2), N(3)), gone: S('x') };
  const request = {
    Key: key('a'),
    UpdateExpression: 'SET m.x = :v, l[1] = :v, l[9] = :v, fresh = :v REMOVE gone, l[0] ADD n :v',
    ExpressionAttributeValues: { ':v': N(5) },
  };
  const after = { ...key('a'), n: N(6), m: M({ x: N(5), y: N(2) }), l: L(N(5), N(3), N(5)), fresh: N(5) };

  it.each<[string, Item | undefined]>([
    ['NONE', undefined],
    ['ALL_OLD', item],
    ['ALL_NEW', after],
    ['UPDATED_OLD', { n: N(1), m: M({ x: N(1) }), l: L(N(1), N(2)), gone: S('x') }],
    ['UPDATED_NEW', { n: N(6), m: M({ x: N(5) }), l: L(N(3)), fresh: N(5) }],
  ])('returns %s', (ReturnValues, expected) => {
    const bench = benchWithTable();
    put(bench, item);
    expect(ask(bench, 'UpdateItem', { ...request, ReturnValues }).Attributes).toEqual(expected);
    expect(get(bench, key('a'))).toEqual(after);
  });

  it.each(['ALL_OLD', 'UPDATED_OLD'])('returns nothing as %s of an item that it makes', (ReturnValues) => {
    const bench = benchWithTable();
    const update = { Key: key('a'), UpdateExpression: 'ADD n :v', ExpressionAttributeValues: { ':v': N(5) } };
    expect(ask(bench, 'UpdateItem', { ...update, ReturnValues })).toEqual({});
  });

  it('returns no attributes as UPDATED_NEW when it only removes', () => {
    const bench = benchWithTable();
    put(bench, item);
    const removal = { Key: key('a'), UpdateExpression: 'REMOVE gone, l[0]', ReturnValues: 'UPDATED_NEW' };
    expect(ask(bench, 'UpdateItem', removal)).toEqual({});
  });

  it('makes an item of its key alone if it has nothing to do', () => {
    const bench = benchWithTable();
    expect(ask(bench, 'UpdateItem', { Key: key('a') })).toEqual({});
    expect(ask(bench, 'UpdateItem', { Key: key('b'), UpdateExpression: 'REMOVE x' })).toEqual({});
    expect([get(bench, key('a')), get(bench, key('b'))]).toEqual([key('a'), key('b')]);
  });

  it.each([
    [
      'SET s = :v',
      'One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key',
    ],
    [
      'REMOVE p.x ADD s :v',
      'One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key',
    ],
    ['SET g = :v', 'The update expression attempted to update the secondary index key to unsupported type'],
  ])('leaves keys alone: %s', (UpdateExpression, message) => {
    const bench = benchWithIndexes();
    put(bench, key('a'));
    const update = { Key: key('a'), UpdateExpression, ExpressionAttributeValues: { ':v': N(5) } };
    expect(fail(bench, 'UpdateItem', update)).toMatchObject({ code: 'ValidationException', message });
    expect(get(bench, key('a'))).toEqual(key('a'));
  });

  it('does nothing if its condition fails', () => {
    const bench = benchWithTable();
    put(bench, item);
    const failure = fail(bench, 'UpdateItem', { ...request, ConditionExpression: 'n = :v' });
    expect(failure.code).toBe('ConditionalCheckFailedException');
    expect(get(bench, key('a'))).toEqual(item);
  });
});

describe('DeleteItem', () => {
  it('returns what it deletes, and is content with nothing', () => {
    const bench = benchWithTable();
    put(bench, { ...key('a'), x: N(1) });
    const request = { Key: key('a'), ReturnValues: 'ALL_OLD' };
    expect(ask(bench, 'DeleteItem', request)).toEqual({ Attributes: { ...key('a'), x: N(1) } });
    expect(ask(bench, 'DeleteItem', request)).toEqual({});
    expect(fail(bench, 'DeleteItem', { Key: key('a'), ConditionExpression: 'attribute_exists(p)' }).code).toBe(
      'ConditionalCheckFailedException',
    );
  });
});
