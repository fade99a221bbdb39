import fc from 'fast-check';
import { type Bench, benchWithIndexes, get, type Item, key, N, put, S, TABLE } from './support';

const action = (kind: string, members: object) => ({ [kind]: { TableName: TABLE, ...members } });
const putOf = (Item: Item, more: object = {}) => action('Put', { Item, ...more });
const add = (Key: Item, value: number, more: object = {}) =>
  action('Update', { Key, UpdateExpression: 'ADD n :v', ExpressionAttributeValues: { ':v': N(value) }, ...more });
const remove = (Key: Item, more: object = {}) => action('Delete', { Key, ...more });
const check = (Key: Item, ConditionExpression: string, more: object = {}) =>
  action('ConditionCheck', { Key, ConditionExpression, ...more });

const write = (bench: Bench, TransactItems: object[], more: object = {}) =>
  bench.run('TransactWriteItems', { TransactItems, ...more });
const fail = (bench: Bench, TransactItems: object[], more: object = {}) =>
  bench.failure('TransactWriteItems', { TransactItems, ...more });

const everything = (bench: Bench): Item[] => bench.run('Scan', { TableName: TABLE }).Items;

describe('TransactWriteItems', () => {
  it('puts, updates, deletes and checks at once', () => {
    const bench = benchWithIndexes();
    put(bench, key('old'), { ...key('count'), n: N(1) }, key('seen'));
    const answer = write(
      bench,
      [putOf(key('new')), add(key('count'), 2), remove(key('old')), check(key('seen'), 'attribute_exists(p)')],
      { ReturnConsumedCapacity: 'TOTAL' },
    );
    expect(answer).toEqual({ ConsumedCapacity: [{ TableName: TABLE, CapacityUnits: 8, WriteCapacityUnits: 8 }] });
    expect(everything(bench)).toEqual(expect.arrayContaining([key('new'), { ...key('count'), n: N(3) }, key('seen')]));
    expect(everything(bench)).toHaveLength(3);
  });

  it('says of each action, in their order, why it failed, and does nothing', () => {
    const bench = benchWithIndexes();
    put(bench, { ...key('a'), n: N(1) });
    const failure = fail(bench, [
      putOf(key('a'), {
        ConditionExpression: 'attribute_not_exists(p)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      add(key('b'), 1),
      check(key('c'), 'attribute_exists(p)', { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
      remove(key('d'), { ConditionExpression: 'attribute_exists(p)' }),
      action('Update', { Key: key('e'), UpdateExpression: 'SET n = absent' }),
    ]);
    const Message = 'The conditional request failed';
    expect(failure).toMatchObject({
      code: 'TransactionCanceledException',
      message:
        'Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]',
    });
    expect(failure.options.members?.CancellationReasons).toEqual([
      { Code: 'ConditionalCheckFailed', Message, Item: { ...key('a'), n: N(1) } },
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed', Message },
      { Code: 'ConditionalCheckFailed', Message },
      {
        Code: 'ValidationError',
        Message: 'The provided expression refers to an attribute that does not exist in the item',
      },
    ]);
    expect(everything(bench)).toEqual([{ ...key('a'), n: N(1) }]);
  });

  it.each<[string, object, string]>([
    ['a key of another type', remove({ p: N(1), s: N(1) }), 'The provided key element does not match the schema'],
    [
      'an item with a key of another type',
      putOf({ p: S('a'), s: S('1') }),
      'One or more parameter values were invalid: Type mismatch for key s expected: N actual: S',
    ],
    [
      'an index key of another type',
      putOf({ ...key('a'), g: N(1) }),
      'One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: local',
    ],
    [
      'an update of the key',
      action('Update', { Key: key('a'), UpdateExpression: 'REMOVE s' }),
      'One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key',
    ],
    [
      'a path that is not there',
      action('Update', { Key: key('a'), UpdateExpression: 'REMOVE x.y' }),
      'The document path provided in the update expression is invalid for update',
    ],
  ])('is cancelled for %s', (_case, item, Message) => {
    const failure = fail(benchWithIndexes(), [putOf(key('other')), item]);
    expect(failure).toMatchObject({
      code: 'TransactionCanceledException',
      options: { members: { CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError', Message }] } },
    });
  });

  const empty =
    'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p';
  it.each<[string, object[], string, string?]>([
    [
      'no action',
      [],
      "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'more than 100 actions',
      Array.from({ length: 101 }, (_, s) => putOf(key('a', s))),
      "1 validation error detected: Value '[…]' at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100",
    ],
    [
      'an action that is none',
      [{}],
      'Invalid Request: TransactWriteRequest should contain Delete or Put or Update request',
    ],
    [
      'an action that is two',
      [{ ...putOf(key('a')), ...remove(key('b')) }],
      'TransactItems can only contain one of Check, Put, Update or Delete',
    ],
    [
      'two actions on one item',
      [putOf(key('a')), remove(key('a', '1.0'))],
      'Transaction request cannot include multiple operations on one item',
    ],
    ['an empty key', [remove({ p: S(''), s: N(1) })], empty],
    ['an item with an empty key', [putOf({ p: S(''), s: N(1) })], empty],
    [
      'an item that is too large',
      [putOf({ ...key('a'), x: S('x'.repeat(400 * 1024)) })],
      'Item size has exceeded the maximum allowed size',
    ],
    [
      'more than 4 MB',
      Array.from({ length: 12 }, (_, s) => putOf({ ...key('a', s), x: S('x'.repeat(390 * 1024)) })),
      'Transaction payload size cannot exceed 4MB',
    ],
    [
      'an expression that cannot be read',
      [add(key('a'), 1, { ConditionExpression: 'n =' })],
      'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="',
    ],
    [
      'a value that is not used',
      [check(key('a'), 'attribute_exists(p)', { ExpressionAttributeValues: { ':v': N(1) } })],
      'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}',
    ],
    [
      'a check without condition',
      [action('ConditionCheck', { Key: key('a') })],
      "1 validation error detected: Value null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null",
    ],
    [
      'an update without expression',
      [putOf(key('b')), action('Update', { Key: key('a') })],
      "1 validation error detected: Value null at 'transactItems.2.member.update.updateExpression' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a table that does not exist',
      [{ Put: { TableName: 'Missing', Item: key('a') } }],
      'Requested resource not found',
      'ResourceNotFoundException',
    ],
  ])('is refused with %s', (...[, actions, message, code = 'ValidationException']) => {
    const bench = benchWithIndexes();
    expect(fail(bench, actions)).toMatchObject({ code, message });
    expect(everything(bench)).toEqual([]);
  });

  it('is done once for a token, however often it is sent within ten minutes', () => {
    const bench = benchWithIndexes();
    const once = () =>
      write(bench, [add(key('a'), 1)], { ClientRequestToken: 'token', ReturnConsumedCapacity: 'TOTAL' });
    expect(once().ConsumedCapacity).toEqual([{ TableName: TABLE, CapacityUnits: 2, WriteCapacityUnits: 2 }]);
    bench.pass(599);
    expect(once().ConsumedCapacity).toEqual([{ TableName: TABLE, CapacityUnits: 2, ReadCapacityUnits: 2 }]);
    expect(get(bench, key('a'))?.n).toEqual(N(1));
    write(bench, [add(key('a'), 1)], { ClientRequestToken: 'other' });
    expect(get(bench, key('a'))?.n).toEqual(N(2));
    bench.pass(2);
    once();
    expect(get(bench, key('a'))?.n).toEqual(N(3));
  });

  it('is refused when its token stands for another one', () => {
    const bench = benchWithIndexes();
    write(bench, [add(key('a'), 1)], { ClientRequestToken: 'token' });
    expect(fail(bench, [add(key('a'), 2)], { ClientRequestToken: 'token' })).toMatchObject({
      code: 'IdempotentParameterMismatchException',
    });
    expect(get(bench, key('a'))?.n).toEqual(N(1));
    expect(fail(bench, [add(key('a'), 1)], { ClientRequestToken: 'x'.repeat(37) }).code).toBe('ValidationException');
  });

  it('may be tried again under its token after it failed', () => {
    const bench = benchWithIndexes();
    const claim = [add(key('a'), 1, { ConditionExpression: 'attribute_exists(p)' })];
    expect(fail(bench, claim, { ClientRequestToken: 'token' }).code).toBe('TransactionCanceledException');
    put(bench, key('a'));
    write(bench, claim, { ClientRequestToken: 'token' });
    expect(get(bench, key('a'))?.n).toEqual(N(1));
  });

  it('does all of what single writes would do, or nothing', () => {
    const keys = fc.constantFrom('k0', 'k1', 'k2', 'k3', 'k4');
    const actions = fc.uniqueArray(
      fc.record({
        kind: fc.constantFrom('Put', 'Update', 'Delete', 'ConditionCheck'),
        p: keys,
        wants: fc.constantFrom('exists', 'not_exists'),
      }),
      { selector: ({ p }) => p, minLength: 1 },
    );
    fc.assert(
      fc.property(fc.uniqueArray(keys), actions, (present, wanted) => {
        const bench = benchWithIndexes();
        put(bench, ...present.map((p) => ({ ...key(p), n: N(1), g: S('g'), h: N(1) })));
        const model = new Map(present.map((p) => [p, 1]));
        const before = everything(bench);
        const items = wanted.map(({ kind, p, wants }) => {
          const more = { ConditionExpression: `attribute_${wants}(p)` };
          if (kind === 'Put') return putOf({ ...key(p), n: N(10) }, more);
          if (kind === 'Update') return add(key(p), 1, more);
          return kind === 'Delete' ? remove(key(p), more) : check(key(p), more.ConditionExpression);
        });
        const codes = wanted.map(({ p, wants }) =>
          model.has(p) === (wants === 'exists') ? 'None' : 'ConditionalCheckFailed',
        );
        if (codes.some((code) => code !== 'None')) {
          const reasons = fail(bench, items).options.members?.CancellationReasons as { Code: string }[];
          expect(reasons.map(({ Code }) => Code)).toEqual(codes);
          expect(everything(bench)).toEqual(before);
          return;
        }
        write(bench, items);
        for (const { kind, p } of wanted) {
          if (kind === 'Put') model.set(p, 10);
          if (kind === 'Update') model.set(p, (model.get(p) ?? 0) + 1);
          if (kind === 'Delete') model.delete(p);
        }
        const after = new Map(everything(bench).map(({ p, n }) => [p?.S ?? '', Number(n?.N)]));
        expect(after).toEqual(model);
      }),
    );
  });
});

describe('TransactGetItems', () => {
  const getOf = (Key: Item, more: object = {}) => action('Get', { Key, ...more });
  const read = (bench: Bench, ...TransactItems: object[]) =>
    bench.run('TransactGetItems', { TransactItems, ReturnConsumedCapacity: 'TOTAL' });

  it('answers for each item in its place', () => {
    const bench = benchWithIndexes();
    put(bench, { ...key('a'), n: N(1) }, { ...key('b'), n: N(2) });
    expect(read(bench, getOf(key('b'), { ProjectionExpression: 'n' }), getOf(key('nobody')), getOf(key('a')))).toEqual({
      Responses: [{ Item: { n: N(2) } }, {}, { Item: { ...key('a'), n: N(1) } }],
      ConsumedCapacity: [{ TableName: TABLE, CapacityUnits: 6, ReadCapacityUnits: 6 }],
    });
  });

  it('is refused for an item named twice, and cancelled for a key that does not fit', () => {
    const bench = benchWithIndexes();
    const failure = (...TransactItems: object[]) => bench.failure('TransactGetItems', { TransactItems });
    expect(failure(getOf(key('a')), getOf(key('a')))).toMatchObject({
      code: 'ValidationException',
      message: 'Transaction request cannot include multiple operations on one item',
    });
    expect(failure(getOf({}), getOf(key('a')))).toMatchObject({
      code: 'TransactionCanceledException',
      options: {
        members: {
          CancellationReasons: [
            { Code: 'ValidationError', Message: 'The provided key element does not match the schema' },
            { Code: 'None' },
          ],
        },
      },
    });
    expect(failure()).toMatchObject({ code: 'ValidationException' });
  });
});
