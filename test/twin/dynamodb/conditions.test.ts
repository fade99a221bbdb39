import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { isMet, parseCondition } from '../../../twin/services/dynamodb/conditions';
import { parseProjection, project } from '../../../twin/services/dynamodb/paths';
import { Placeholders } from '../../../twin/services/dynamodb/placeholders';
import { RESERVED_WORDS } from '../../../twin/services/dynamodb/reserved-words';
import { B, type Item, L, M, N, S } from './support';

// Rows of different lengths: a parameter too many would make Jest wait for a callback.

const ITEM: Item = {
  n: N(5),
  str: S('hello'),
  bin: B(1, 2, 3),
  yes: { BOOL: true },
  nil: { NULL: true },
  l: L(S('a'), S('b'), S('c'), S('d')),
  m: M({ x: N(1), y: M({ z: S('q') }) }),
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2'] },
  bs: { BS: [new Uint8Array([1])] },
};

type Values = Record<string, AttributeValue> | undefined;
type Names = Record<string, string>;

function evaluate(text: string, values?: Values, names?: Names): boolean {
  const input = { ExpressionAttributeValues: values, ExpressionAttributeNames: names };
  const placeholders = new Placeholders(input, [text]);
  const condition = parseCondition('ConditionExpression', text, placeholders);
  placeholders.assertUsed();
  return isMet(condition, ITEM);
}

describe('a condition', () => {
  it.each<[string, Values?]>([
    ['attribute_exists(n)'],
    ['attribute_exists(m.y.z)'],
    ['attribute_exists(l[3])'],
    ['attribute_not_exists(l[4])'],
    ['attribute_not_exists(toString)'],
    ['n = :v', { ':v': N('5.0') }],
    ['n <> :v', { ':v': S('5') }],
    ['absent <> :v', { ':v': N(5) }],
    ['NOT absent = :v', { ':v': N(5) }],
    ['NOT n < :v', { ':v': S('5') }],
    ['n < :v', { ':v': N('5.5') }],
    [':v >= n', { ':v': N(5) }],
    ['str > :v', { ':v': S('hell') }],
    ['bin < :v', { ':v': B(1, 3) }],
    ['ss = :v', { ':v': { SS: ['b', 'a'] } }],
    ['m = :v', { ':v': M({ y: M({ z: S('q') }), x: N('1.0') }) }],
    ['n BETWEEN :a AND :b', { ':a': N(5), ':b': N(6) }],
    ['n IN (str, :v)', { ':v': N(5) }],
    ['begins_with(str, :v)', { ':v': S('he') }],
    ['begins_with(bin, :v)', { ':v': B(1) }],
    ['contains(str, :v)', { ':v': S('ll') }],
    ['contains(bin, :v)', { ':v': B(2, 3) }],
    ['contains(ss, :v)', { ':v': S('a') }],
    ['contains(ns, :v)', { ':v': N('2.0') }],
    ['contains(bs, :v)', { ':v': B(1) }],
    ['contains(l, :v)', { ':v': S('d') }],
    ['attribute_type(nil, :t)', { ':t': S('NULL') }],
    ['size(str) = :v', { ':v': N(5) }],
    ['size(m) = :v', { ':v': N(2) }],
    ['size(l) BETWEEN :a AND :b', { ':a': N(4), ':b': N(4) }],
    ['size(n) <> :v', { ':v': N(1) }],
    ['n = :v OR n = :w AND n = :w', { ':v': N(5), ':w': N(6) }],
    ['NOT n = :w AND n = :v', { ':v': N(5), ':w': N(6) }],
    ['(n) = :v and not (n = :w or n = :w)', { ':v': N(5), ':w': N(6) }],
  ])('holds: %s', (...[text, values]) => {
    expect(evaluate(text, values)).toBe(true);
  });

  it.each<[string, Values?]>([
    ['attribute_exists(absent)'],
    ['attribute_exists(n.x)'],
    ['attribute_not_exists(n)'],
    ['n = :v', { ':v': S('5') }],
    ['absent = :v', { ':v': N(5) }],
    ['absent < :v', { ':v': N(5) }],
    ['n < :v', { ':v': S('6') }],
    ['yes < str'],
    ['absent = absent2'],
    ['n BETWEEN :a AND absent', { ':a': N(1) }],
    ['str BETWEEN :a AND :b', { ':a': N(1), ':b': N(2) }],
    ['begins_with(n, :v)', { ':v': S('5') }],
    ['contains(str, :v)', { ':v': N(1) }],
    ['contains(m, :v)', { ':v': S('x') }],
    ['contains(ss, :v)', { ':v': { SS: ['a'] } }],
    ['attribute_type(absent, :t)', { ':t': S('N') }],
    ['size(n) = :v', { ':v': N(1) }],
    ['(n = :v OR n = :w) AND n = :w', { ':v': N(5), ':w': N(6) }],
  ])('does not hold: %s', (...[text, values]) => {
    expect(evaluate(text, values)).toBe(false);
  });

  const v = { ':v': N(5) };
  it.each<[string, string, Values?, Names?]>([
    ['', 'The expression can not be empty;'],
    ['n', 'Syntax error; token: "<EOF>", near: "n"'],
    ['n = ', 'Syntax error; token: "<EOF>", near: "= "'],
    ['= n', 'Syntax error; token: "=", near: "= n"'],
    ['n == :v', 'Syntax error; token: "=", near: "== :v"', v],
    ['n != :v', 'Syntax error; token: "!", near: "n !="', v],
    ['(n = :v', 'Syntax error; token: "<EOF>", near: ":v"', v],
    ['n = :v)', 'Syntax error; token: ")", near: ":v)"', v],
    ['(n AND l)', 'Syntax error; token: "AND", near: "n AND l"'],
    ['l[01] = :v', 'Syntax error; token: "1", near: "01]"', v],
    ['_n = :v', 'Syntax error; token: "_", near: "_n"', v],
    ['l[99999999999] = :v', 'List index is not within the allowable range; index: [99999999999]', v],
    ['((n = :v))', 'The expression has redundant parentheses;', v],
    ['((n)) = :v', 'The expression has redundant parentheses;', v],
    ['n IN (((:v)))', 'The expression has redundant parentheses;', v],
    [`${'('.repeat(2000)}n = :v${')'.repeat(2000)}`, 'The expression has redundant parentheses;', v],
    ['foo(n)', 'Invalid function name; function: foo'],
    ['if_not_exists(n, :v)', 'The function is not allowed in a condition expression; function: if_not_exists', v],
    ['size(n)', 'The function is not allowed to be used this way in an expression; function: size'],
    [
      'attribute_exists(n) = :v',
      'The function is not allowed to be used this way in an expression; function: attribute_exists',
      v,
    ],
    [
      'begins_with(n)',
      'Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1',
    ],
    [
      'begins_with(n, :v)',
      'Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
      v,
    ],
    [
      'size(:v) = :v',
      'Incorrect operand type for operator or function; operator or function: size, operand type: N',
      v,
    ],
    [
      'n < :v',
      'Incorrect operand type for operator or function; operator or function: <, operand type: BOOL',
      { ':v': { BOOL: true } },
    ],
    [
      'attribute_exists(:v)',
      'Operator or function requires a document path; operator or function: attribute_exists',
      v,
    ],
    [
      'm.x = m.x',
      'The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [m, x]',
    ],
    [
      'n BETWEEN :a AND :b',
      'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:6}, upper bound operand: AttributeValue: {N:5}',
      { ':a': N(6), ':b': N(5) },
    ],
    [
      'n BETWEEN :a AND :b',
      'The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:6}, upper bound operand: AttributeValue: {N:5}',
      { ':a': S('6'), ':b': N(5) },
    ],
    ['name = :v', 'Attribute name is a reserved keyword; reserved keyword: name', v],
    ['m.Status = :v', 'Attribute name is a reserved keyword; reserved keyword: Status', v],
    ['#x = :v', 'An expression attribute name used in the document path is not defined; attribute name: #x', v],
    ['n = :w', 'An expression attribute value used in expression is not defined; attribute value: :w', v],
    [
      `${Array.from({ length: 151 }, () => 'n=:v').join(' OR ')}`,
      'The expression contains too many operators; operator count: 301',
      v,
    ],
    [
      `n IN (${Array.from({ length: 101 }, () => ':v').join()})`,
      'The IN operator is provided with too many operands; number of operands: 101',
      v,
    ],
    [`${'a'.repeat(4094)}=:v`, 'Expression size has exceeded the maximum allowed size; expression size: 4097', v],
    [`a${'.a'.repeat(32)} = :v`, 'The document path has too many nesting levels; nesting levels: 33', v],
  ])('is refused: %.60s', (...[text, problem, values, names]) => {
    expect(() => evaluate(text, values, names)).toThrow(
      expect.objectContaining({ code: 'ValidationException', message: `Invalid ConditionExpression: ${problem}` }),
    );
  });

  it.each<[string, string, Values?, Names?]>([
    ['n = n2', 'Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}', v],
    [
      'n = n2',
      'Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}',
      undefined,
      { '#a': 'a', '#b': 'b' },
    ],
    ['n = :v', 'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"', { v: N(1), ':v': N(1) }],
    ['n = :v', 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"', v, { '#a-b': 'n' }],
    ['#n = :v', 'ExpressionAttributeNames contains invalid value: Empty attribute name for key #n', v, { '#n': '' }],
    ['n = :v', 'ExpressionAttributeValues must not be empty', {}],
    [
      'n = :v',
      'ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: An string set  may not be empty for key :v',
      { ':v': { SS: [] } },
    ],
  ])('is refused for its placeholders: %s, %s', (...[text, message, values, names]) => {
    expect(() => evaluate(text, values, names)).toThrow(
      expect.objectContaining({ code: 'ValidationException', message }),
    );
  });

  it('may use reserved words behind a placeholder only, in either case', () => {
    expect(RESERVED_WORDS.size).toBe(573);
    expect(evaluate('#n = :v', v, { '#n': 'n' })).toBe(true);
    expect(evaluate('attribute_not_exists(#n)', undefined, { '#n': 'name' })).toBe(true);
    for (const word of ['NAME', 'status', 'Ttl', 'size', 'KEY']) {
      expect(() => evaluate(`attribute_exists(m.${word})`)).toThrow(`reserved keyword: ${word}`);
    }
  });

  it('obeys the laws of logic', () => {
    const atoms = fc.constantFrom(
      'attribute_exists(n)',
      'attribute_exists(absent)',
      'begins_with(str, bin)',
      'n <> str',
    );
    fc.assert(
      fc.property(atoms, atoms, atoms, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((text) => evaluate(text)) as [boolean, boolean, boolean];
        expect(evaluate(`${a} AND ${b} OR ${c}`)).toBe((x && y) || z);
        expect(evaluate(`${a} OR ${b} AND ${c}`)).toBe(x || (y && z));
        expect(evaluate(`NOT ${a} AND NOT (${b} OR ${c})`)).toBe(!x && !(y || z));
      }),
    );
  });
});

describe('a projection', () => {
  const projection = (text: string) => project(ITEM, parseProjection(text, new Placeholders({}, [text])));

  it.each<[string, Item]>([
    ['n, str', { n: N(5), str: S('hello') }],
    ['m.y.z', { m: M({ y: M({ z: S('q') }) }) }],
    ['m.x, m.y', { m: ITEM.m as AttributeValue }],
    ['l[2], l[0]', { l: L(S('a'), S('c')) }],
    ['l[9], n.x, absent, m.y[0], ss[0]', {}],
  ])('of %s shows what is there', (...[text, expected]) => {
    expect(projection(text)).toEqual(expected);
  });

  it.each([
    [
      'm, m.x',
      'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]',
    ],
    [
      'l[0], l[0]',
      'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [l, [0]], path two: [l, [0]]',
    ],
    [
      'm.x, m[0]',
      'Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m, [0]]',
    ],
    ['n,', 'Syntax error; token: "<EOF>", near: ","'],
    [':v', 'Syntax error; token: ":v", near: ":v"'],
  ])('of %s is refused', (...[text, problem]) => {
    expect(() => projection(text)).toThrow(`Invalid ProjectionExpression: ${problem}`);
  });
});
