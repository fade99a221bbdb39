import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import {
  assertNesting,
  copyItem,
  isEqual,
  itemSize,
  normalize,
  normalizeItem,
  sortable,
} from '../../../twin/services/dynamodb/items';
import { B, benchWithTable, get, type Item, key, L, M, put, S } from './support';

const bytes = fc.uint8Array({ maxLength: 8 });
/** Names that every object inherits, too. */
const names = fc.oneof(
  fc.string({ minLength: 1, maxLength: 6 }),
  fc.constantFrom('__proto__', 'constructor', 'toString'),
);
const set = <T>(member: fc.Arbitrary<T>) => fc.uniqueArray(member, { minLength: 1, maxLength: 4, selector: String });

const { value: values } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({ S: fc.string({ unit: 'grapheme' }) }),
    fc.record({ N: fc.maxSafeInteger().map(String) }),
    fc.record({ B: bytes }),
    fc.record({ BOOL: fc.boolean() }),
    fc.constant({ NULL: true as const }),
    fc.record({ SS: set(fc.string()) }),
    fc.record({ NS: set(fc.integer()).map((members) => members.map(String)) }),
    fc.record({ BS: set(bytes) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ M: fc.dictionary(names, tie('value'), { maxKeys: 3 }) }),
  ) as fc.Arbitrary<AttributeValue>,
}));

const nested = (levels: number, leaf: AttributeValue): AttributeValue =>
  Array.from({ length: levels }).reduce<AttributeValue>((inner) => M({ a: inner }), leaf);

describe('attribute values', () => {
  it.each<[string, AttributeValue, string]>([
    [
      'no type',
      {} as AttributeValue,
      'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes',
    ],
    [
      'two types',
      { S: 'a', N: '1' } as unknown as AttributeValue,
      'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    ],
    ['an empty string set', { SS: [] }, 'One or more parameter values were invalid: An string set  may not be empty'],
    ['an empty number set', { NS: [] }, 'One or more parameter values were invalid: An number set  may not be empty'],
    ['an empty binary set', { BS: [] }, 'One or more parameter values were invalid: Binary sets should not be empty'],
    [
      'an empty set in a list',
      L({ SS: [] }),
      'One or more parameter values were invalid: An string set  may not be empty',
    ],
    [
      'a string twice in a set',
      { SS: ['a', 'a'] },
      'One or more parameter values were invalid: Input collection [a, a] contains duplicates.',
    ],
    [
      'a number twice in a set',
      { NS: ['1', '1.0'] },
      'One or more parameter values were invalid: Input collection [1, 1] contains duplicates.',
    ],
    [
      'null that is false',
      { NULL: false },
      'One or more parameter values were invalid: Null attribute value types must have the value of true',
    ],
    ['an empty name in a map', M({ '': S('a') }), 'One or more parameter values were invalid: Empty attribute name'],
  ])('are refused with %s', (_case, value, message) => {
    expect(() => normalize(value)).toThrow(expect.objectContaining({ code: 'ValidationException', message }));
  });

  it.each<[string, AttributeValue]>([
    ['an empty string', S('')],
    ['an empty binary', B()],
    ['an empty list', L()],
    ['an empty map', M({})],
    ['an empty string in a set', { SS: [''] }],
  ])('may be %s', (_case, value) => {
    expect(normalize(value)).toEqual(value);
  });

  it('have sets sorted, strings by their UTF-8 bytes and numbers by value', () => {
    expect(normalize({ SS: ['b', '\uffff', '😀', 'B', ''] })).toEqual({ SS: ['', 'B', 'b', '\uffff', '😀'] });
    expect(normalize({ NS: ['10', '9', '-1', '2.50'] })).toEqual({ NS: ['-1', '2.5', '9', '10'] });
    expect(normalize({ BS: [new Uint8Array([200]), new Uint8Array([1, 0]), new Uint8Array([1])] })).toEqual({
      BS: [new Uint8Array([1]), new Uint8Array([1, 0]), new Uint8Array([200])],
    });
  });

  it.each<[string, AttributeValue, number]>([
    ['a string by its UTF-8 bytes', S('ä😀'), 6],
    ['a binary by its bytes', B(1, 2, 3), 3],
    ['a boolean as one', { BOOL: false }, 1],
    ['null as one', { NULL: true }, 1],
    ['a set by its members', { SS: ['a', 'bc'] }, 3],
    ['a number set by its members', { NS: ['1', '123'] }, 5],
    ['a list with three and one for each element', L(S('a'), S('')), 6],
    ['a map with three, one for each element, and names', M({ ab: S('c') }), 7],
    ['nested lists each', L(L(S('a'))), 9],
  ])('count %s', (_case, value, size) => {
    expect(itemSize({ n: value })).toBe(1 + size);
  });

  it('may be nested 32 levels deep, when they are sent and after an update', () => {
    const message = /^Nesting Levels have exceeded supported limits/;
    for (const allowed of [nested(31, S('leaf')), nested(30, M({}))]) expect(normalize(allowed)).toEqual(allowed);
    for (const tooDeep of [nested(32, S('leaf')), nested(31, M({})), nested(5000, S('leaf'))]) {
      expect(() => normalize(tooDeep)).toThrow(message);
    }
    expect(() => assertNesting({ a: nested(31, S('leaf')) })).not.toThrow();
    expect(() => assertNesting({ a: nested(32, S('leaf')) })).toThrow(message);
  });

  it('are equal to their copies, and to nothing of another type', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [left, right] = [normalize(a), normalize(b)];
        expect(isEqual(left, normalize(left))).toBe(true);
        expect(isEqual(left, right)).toBe(isEqual(right, left));
        expect(isEqual(left, { L: [left] })).toBe(false);
      }),
    );
  });

  it('sort as texts in the order of their bytes', () => {
    // Whole characters of all planes; half a surrogate pair has no bytes of its own.
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const order = Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
        const [x, y] = [sortable(S(a)), sortable(S(b))];
        expect(x < y ? -1 : x > y ? 1 : 0).toBe(order);
      }),
    );
  });

  it('come back as they were put, in no way connected with the request or the stored item', () => {
    fc.assert(
      fc.property(fc.dictionary(names, values, { maxKeys: 5 }), (attributes) => {
        const bench = benchWithTable();
        const item: Item = { ...normalizeItem(attributes), ...key('a') };
        const given = copyItem(item);
        put(bench, given);
        const read = get(bench, key('a'));
        expect(read).toEqual(item);
        for (const spoilt of [given, read ?? {}]) spoil({ M: spoilt });
        expect(get(bench, key('a'))).toEqual(item);
      }),
    );
  });
});

/** Changes all that can be changed about a value. */
function spoil(value: AttributeValue): void {
  for (const inner of [...(value.L ?? []), ...Object.values(value.M ?? {})]) spoil(inner);
  value.B?.fill(255);
  for (const member of value.BS ?? []) member.fill(255);
  for (const list of [value.L, value.SS, value.NS, value.BS]) list?.splice(0);
  const members = (value.M ?? value) as Record<string, unknown>;
  for (const name of Object.keys(members)) delete members[name];
}
