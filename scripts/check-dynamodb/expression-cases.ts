import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { B, N, S } from './steps';

/** Values of placeholders, named as the expression names them. */
type Values = Record<string, AttributeValue>;
type Names = Record<string, string>;

export const key = (p = 'fixed', s: string | number = 1) => ({ p: S(p), s: N(s) });

/** With a value of each type. */
export const SPECIMEN = {
  ...key(),
  n: N(5),
  str: S('hello'),
  bin: B(1, 2, 3),
  yes: { BOOL: true },
  none: { NULL: true },
  l: { L: [S('a'), S('b'), S('c'), S('d')] },
  m: { M: { x: N(1), y: { M: { z: S('q') } }, l: { L: [N(1), N(2)] } } },
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2'] },
  bs: { BS: [new Uint8Array([1])] },
};

export const placeholders = (values: Values = {}, names: Names = {}) => ({
  ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
});

export type Case = readonly [expression: string, values?: Values, names?: Names];

export const five = { ':v': N(5) };
export const one = { ':v': N(1) };

export const CONDITIONS: readonly Case[] = [
  ...['attribute_exists(p)', 'attribute_exists(zz)', 'attribute_not_exists(zz)', 'attribute_exists(m.x)'].map(
    (text): Case => [text],
  ),
  ...['attribute_exists(l[3])', 'attribute_exists(l[4])', 'attribute_exists(:v)', 'attribute_exists(n, str)'].map(
    (text): Case => [text],
  ),
  // Comparisons.
  ['n = :v', { ':v': N('5.0') }],
  ...['n <> :v', 'zz <> :v', 'zz = :v', 'NOT zz = :v', 'zz < :v', 'n < :v', 'NOT n < :v', 'str > :v', 'str <= :v'].map(
    (text): Case => [text, { ':v': S('5') }],
  ),
  ['yes < :v', { ':v': { BOOL: false } }],
  ['yes = :v', { ':v': { BOOL: true } }],
  ['ss = :v', { ':v': { SS: ['b', 'a'] } }],
  ['ss < :v', { ':v': { SS: ['a'] } }],
  ['m IN (:m)', { ':m': SPECIMEN.m }],
  ...['l = l2', 'l = l', 'm.x = m.x', 'yes < str', 'l < m', 'n IN ()', 'n IN (n)', 'n BETWEEN n AND n'].map(
    (text): Case => [text],
  ),
  ['n BETWEEN :a AND :b', { ':a': N(1), ':b': N(5) }],
  ['n BETWEEN :a AND :b', { ':a': N(6), ':b': N(5) }],
  ['n BETWEEN :a AND :b', { ':a': S('6'), ':b': N(5) }],
  ['n BETWEEN :a AND :b', { ':a': { BOOL: true }, ':b': { BOOL: true } }],
  ['n BETWEEN :a AND zz', { ':a': N(1) }],
  ['str BETWEEN :a AND :b', { ':a': N(1), ':b': N(2) }],
  ['n IN (:a, :b)', { ':a': S('5'), ':b': N(5) }],
  [`n IN (${Array.from({ length: 101 }, () => ':v').join()})`, one],
  // Functions.
  ['begins_with(str, :v)', { ':v': S('he') }],
  ['begins_with(str, :v)', { ':v': S('') }],
  ['begins_with(str, :v)', one],
  ['begins_with(n, :v)', { ':v': S('5') }],
  ['begins_with(bin, :v)', { ':v': B(1) }],
  ['begins_with(:v, str)', { ':v': S('hello!') }],
  ['begins_with(str)'],
  ['begins_with(str, str)'],
  ['contains(str, :v)', { ':v': S('ll') }],
  ['contains(str, :v)', one],
  ['contains(ss, :v)', { ':v': S('a') }],
  ['contains(ss, :v)', { ':v': { SS: ['a'] } }],
  ['contains(ns, :v)', { ':v': N('1.0') }],
  ['contains(bs, :v)', { ':v': B(1) }],
  ['contains(l, :v)', { ':v': S('a') }],
  ['contains(m, :v)', { ':v': S('x') }],
  ['contains(bin, :v)', { ':v': B(2, 3) }],
  ['contains(bin, :v)', { ':v': B(3, 2) }],
  ['contains(:v, str)', { ':v': S('a hello') }],
  ['attribute_type(n, :t)', { ':t': S('N') }],
  ['attribute_type(n, :t)', { ':t': S('X') }],
  ['attribute_type(n, :t)', { ':t': N(1) }],
  ['attribute_type(n, str)'],
  ['attribute_type(zz, :t)', { ':t': S('N') }],
  ...Object.entries({ str: 5, ss: 2, ns: 2, bs: 1, l: 4, m: 3, bin: 3, n: 1, yes: 1, zz: 1 }).flatMap(
    ([name, size]): Case[] => [
      [`size(${name}) = :v`, { ':v': N(size) }],
      [`size(${name}) <> :v`, { ':v': N(size) }],
    ],
  ),
  ...['size(:v) = :v', 'size(size(str)) = :v', 'size(str) AND n = :v', 'size(str) IN (:v)'].map(
    (text): Case => [text, five],
  ),
  // Grammar.
  ...[
    '(n = :v)',
    '((n = :v))',
    '(n) = :v',
    '((n)) = :v',
    'NOT NOT n = :v',
    'NOT (NOT (n = :v))',
    '(n = :v',
    'n = :v)',
  ].map((text): Case => [text, five]),
  ...[
    '((n = :v) AND (n = :v))',
    '(((n = :v) AND (n = :v)))',
    'n = :v OR zz = :v AND zz = :v',
    'n = :v and not zz = :v',
  ].map((text): Case => [text, five]),
  ...[
    'n',
    'n = ',
    '= n',
    '',
    ' ',
    'n = 5',
    "n = 'a'",
    'foo(n)',
    'Attribute_exists(n)',
    '(n)',
    'NOT (n)',
    '(n AND l)',
  ].map((text): Case => [text]),
  ...[':v = :v', 'n = :v n = :v', 'n ! :v', 'n != :v', 'n.:v = :v', 'n + :v = :v', 'attribute_exists(n) = :v'].map(
    (text): Case => [text, five],
  ),
  ...['if_not_exists(n, :v)', 'n = if_not_exists(n, :v)', 'l[-1] = :v', 'l[x] = :v', 'l[1.0] = :v', 'l[01] = :v'].map(
    (text): Case => [text, five],
  ),
  ...['l[99999999999] = :v', 'l [1] = :v', 'm . x = :v', 'n=:v', '5n = :v', '_n = :v', 'n-a = :v', 'a\u00e9 = :v'].map(
    (text): Case => [text, five],
  ),
  ['n IN ((:v))', five],
  ['n IN (((:v)))', five],
  ['(n) BETWEEN (:v) AND (:v)', five],
  // Placeholders.
  ['#s = :v', five, { '#s': 'n' }],
  ['#s = :v', five, { '#t': 'n' }],
  ['#s.x = :v', one, { '#s': 'm.x' }],
  ['#1 = :1', { ':1': N(5) }, { '#1': 'n' }],
  ['n = :v', five, { n: 'n' }],
  ['n = :v', { v: N(5), ':v': N(5) }],
  ['n = :v', {}],
  ['n = :v', { ':v': N('abc') }],
  ['n = :v', { ':v': { SS: [] } }],
  ['n = :v', { ':v': N(5), ':unused': N(5) }],
  ['n = :v', five, { '#unused': 'n' }],
  ['#s = :v', five, { '#s': '' }],
  ['#a-b = :v', five, { '#a-b': 'n' }],
  ...['status = :v', 'm.status = :v', 'Name = :v', 'set = :v', 'm.add = :v'].map((text): Case => [text, five]),
  // Limits.
  [Array.from({ length: 150 }, (_, index) => `a${index}=:v`).join(' OR '), one],
  [Array.from({ length: 151 }, (_, index) => `a${index}=:v`).join(' OR '), one],
  [`${'a'.repeat(4093)}=:v`, one],
  [`${'a'.repeat(4094)}=:v`, one],
  [`a${'.a'.repeat(31)} = :v`, one],
  [`a${'.a'.repeat(32)} = :v`, one],
];

export const UPDATES: readonly Case[] = [
  ...[
    'SET a = :v',
    'SET a = a + :v',
    'SET n = n + :v',
    'SET n = n - :v + :v',
    'SET n = (n - :v)',
    'SET n = ((n - :v))',
  ].map((text): Case => [text, one]),
  ...['SET n = (n)', 'SET n = ((n))', 'SET n = n + n', 'SET x1 = zz', 'SET x1 = n', 'SET l[0] = l[1], l[1] = l[0]'].map(
    (text): Case => [text],
  ),
  ...['SET x1 = str + :v', 'SET x1 = (n) + (:v)', 'SET x1 = ((n) + :v)', 'SET x1 = if_not_exists(zz, :v) + :v'].map(
    (text): Case => [text, one],
  ),
  ['SET x1 = n + :v', { ':v': S('1') }],
  ['SET x1 = if_not_exists(zz, :v) + :w', { ':v': S('a'), ':w': N(1) }],
  ['SET x1 = if_not_exists(zz, if_not_exists(n, :v))', one],
  ['SET x1 = if_not_exists(n, :v), y1 = list_append(l, :l)', { ':v': N(1), ':l': { L: [N(1)] } }],
  ['SET x1 = list_append(:l, if_not_exists(zz, :l))', { ':l': { L: [N(1)] } }],
  ...['SET x1 = list_append(l, str)', 'SET l = list_append(l, l)', 'SET n = if_not_exists(n, n)'].map(
    (text): Case => [text],
  ),
  ['SET x1 = list_append(l, :v)', one],
  ['SET x1 = if_not_exists(zz, :v + :v)', one],
  ['SET l[9] = :v, l[7] = :w', { ':v': N(1), ':w': N(2) }],
  ...[
    'SET l[1] = :v',
    'SET zz[0] = :v',
    'SET m.q.r = :v',
    'SET m.q = :v, m.y.z = :v',
    'SET str.q = :v',
    'SET l.q = :v',
  ].map((text): Case => [text, one]),
  ...['SET m[0] = :v', 'SET m = :v, m.x = :v', 'SET m.x = :v, m.x = :v', 'SET m.x = :v, m[0] = :v'].map(
    (text): Case => [text, one],
  ),
  ...[
    'REMOVE l[0], l[2]',
    'REMOVE l[0], l[9], zz, m.x, m.nope',
    'REMOVE m.nope.deep',
    'REMOVE zz[3]',
    'REMOVE str[3]',
  ].map((text): Case => [text]),
  ['REMOVE l[0] SET l[1] = :v, l[9] = :v', one],
  ['REMOVE l[4] SET l[7] = :v', one],
  ['REMOVE m.l[0], m.l[1], m.y'],
  ...['ADD n :v', 'ADD nn :v', 'ADD m.x :v, m.nx :v', 'ADD l[0] :v', 'ADD l[9] :v', 'ADD str :v', 'ADD n n'].map(
    (text): Case => [text, one],
  ),
  ['ADD ss :v', { ':v': { SS: ['b', 'c'] } }],
  ['ADD ns :v', { ':v': { NS: ['1.0', '3'] } }],
  ['ADD ss :v', { ':v': { NS: ['1'] } }],
  ['ADD ss :v', { ':v': S('b') }],
  ['ADD l :v', { ':v': { L: [N(1)] } }],
  ['ADD newset :v', { ':v': { SS: ['c', 'b'] } }],
  ['DELETE ss :v', { ':v': { SS: ['b', 'c'] } }],
  ['DELETE ss :v', { ':v': { SS: ['a', 'b', 'c'] } }],
  ['DELETE ss :v', { ':v': { NS: ['1'] } }],
  ['DELETE ss :v', { ':v': S('a') }],
  ['DELETE zz :v', { ':v': { NS: ['1'] } }],
  ['DELETE m.nope :v', { ':v': { NS: ['1'] } }],
  ['SET a = :v REMOVE b1 ADD c1 :v DELETE d1 :s', { ':v': N(1), ':s': { SS: ['a'] } }],
  ...[
    'SET a = :v SET b1 = :v',
    'SET a = :v,',
    'SET a == :v',
    'FOO a = :v',
    'set a = :v',
    'SET #a = :v',
    'SET a :v',
  ].map((text): Case => [text, one]),
  ...['', '  ', 'SET', 'SET a = ', 'SET a = :v', 'SET name = n', 'REMOVE s', 'REMOVE m.name', 'SET a = size(str)'].map(
    (text): Case => [text],
  ),
  ...[
    'SET a = foo(:v)',
    'SET a = attribute_exists(b1)',
    'SET a = if_not_exists(:v, :v)',
    'SET a = if_not_exists(b1)',
  ].map((text): Case => [text, one]),
  ['SET p = :v', { ':v': S('x') }],
  ['SET p.x = :v', { ':v': S('x') }],
  ['SET g = :v', { ':v': S('') }],
  // Numbers.
  ['SET n = :a + :b', { ':a': N('12345678901234567890123456789012345678'), ':b': N('0.1') }],
  ['SET n = :a + :b', { ':a': N('99999999999999999999999999999999999999'), ':b': N('1') }],
  ['SET n = :a + :b', { ':a': N('1e38'), ':b': N('1') }],
  ['SET n = :a + :b', { ':a': N('9e125'), ':b': N('9e125') }],
  ['SET n = :a - :b', { ':a': N('1e-130'), ':b': N('1e-130') }],
  ['SET n = :a - :b', { ':a': N('-2.5'), ':b': N('-2.50') }],
  [`SET ${Array.from({ length: 301 }, (_, index) => `a${index}=:v`).join()}`, one],
];

export const KEY_CONDITIONS: readonly Case[] = [
  ...(
    [
      ['p = :p', undefined],
      ['p = :p AND s > :s', N(3)],
      ['s > :s AND p = :p', N(3)],
      ['p = :p AND s <> :s', N(3)],
      ['p = :p AND s IN (:s)', N(3)],
      ['p = :p OR s = :s', N(3)],
      ['NOT p = :p', undefined],
      ['p = :p AND begins_with(s, :s)', N(3)],
      ['p = :p AND begins_with(s, :s)', S('3')],
      ['p = :p AND x1 = :s', N(3)],
      ['p > :p', undefined],
      ['p = :p AND s = :s AND x1 = :s', N(3)],
      ['p = :p AND p = :p', undefined],
      ['p = :p AND s = :s', S('3')],
      [':p = p AND :s < s', N(3)],
      ['(p = :p) AND (s = :s)', N(3)],
      ['((p = :p) AND (s = :s))', N(3)],
      ['p = :p AND size(s) = :s', N(3)],
      ['p = :p AND attribute_exists(s)', undefined],
      ['p.q = :p', undefined],
      ['p = :p AND s = x1', undefined],
      ['p = p', undefined],
      ['p = :p AND NOT s = :s', N(3)],
      ['', undefined],
    ] as const
  ).map(
    ([text, value]): Case => [
      text,
      { ...(text.includes(':p') && { ':p': S('fixed') }), ...(value && { ':s': value }) },
    ],
  ),
  ['s = :s', { ':s': N(3) }],
  ['p = :p', { ':p': N(1) }],
  ['p = :p', { ':p': S('') }],
  ['p = :p AND s BETWEEN :a AND :b', { ':p': S('fixed'), ':a': N(2), ':b': N(4) }],
  ['p = :p AND s BETWEEN :a AND :b', { ':p': S('fixed'), ':a': N(4), ':b': N(2) }],
  ['p = :p AND s > :a AND s < :b', { ':p': S('fixed'), ':a': N(2), ':b': N(4) }],
];

export const PROJECTIONS = [
  ...['s', 'm.l', 'm.l[0]', 'm.l[1], m.l[0]', 'm.y.z, m.x', 'l[9]', 'n.y', 'nope', 's, s', 'm, m.x', 'l[0], l[0]', ''],
  ...['#a', 's,', 'l[2],l[0]', 'name', ':v', 'size(s)', 'm.l, m.x[0]', 'm.l.x, m.l[0]', 'yes,none,ss,ns,bs,bin'],
];

const NUMBERS = [
  ...['1.0', '-0', '0.0', '1e3', '1E+3', '1.5e-3', '0001', '+5', '.5', '5.', '.', '1e125', '1e126', '1e-130', '1e-131'],
  ...['9.9999999999999999999999999999999999999E+125', '123456789012345678901234567890123456789', '-1e125', '0e500'],
  ...['1234567890123456789012345678901234567800', '0.00000000000000000000000000000000000000012345', 'abc', '', '1 '],
  ...['0x1', 'NaN', 'Infinity', '1e', '--1', '1e99999999999', '123.4500', '-123.4500', '1_0', '１'],
];

const nested = (levels: number, leaf: AttributeValue): AttributeValue =>
  Array.from({ length: levels }).reduce<AttributeValue>((inner) => ({ M: { a: inner } }), leaf);

export const VALUES: readonly AttributeValue[] = [
  ...NUMBERS.map((text) => N(text)),
  { NS: ['1', '1.0'] },
  { SS: ['a', 'a'] },
  { SS: ['c', 'a', 'b', '', 'é', 'Z'] },
  { NS: ['10', '9', '-1', '2.50', '-10'] },
  { BS: [new Uint8Array([200]), new Uint8Array([1]), new Uint8Array([1, 0])] },
  ...[{ SS: [] }, { NS: [] }, { BS: [] }, { L: [] }, { M: {} }, { L: [{ SS: [] }] }, { B: new Uint8Array() }],
  { NULL: false },
  { M: { '': S('a') } },
  nested(31, S('x')),
  nested(32, S('x')),
  nested(30, { M: {} }),
  nested(31, { M: {} }),
  nested(31, { SS: ['a'] }),
  { S: '\u0000\uffff😀' },
];
