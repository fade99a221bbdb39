import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { copyItem } from '../../../twin/services/dynamodb/items';
import { Placeholders } from '../../../twin/services/dynamodb/placeholders';
import { applyUpdate, parseUpdate } from '../../../twin/services/dynamodb/updates';
import { type Item, L, M, N, S } from './support';

type Values = Record<string, AttributeValue>;

const ITEM: Item = {
  n: N(5),
  str: S('hello'),
  l: L(S('a'), S('b'), S('c'), S('d')),
  m: M({ x: N(1), y: M({ z: S('q') }) }),
  ss: { SS: ['a', 'b'] },
  ns: { NS: ['1', '2'] },
};

function update(text: string, values?: Values, item: Item = ITEM): Item {
  const placeholders = new Placeholders({ ExpressionAttributeValues: values }, [text]);
  return applyUpdate(parseUpdate(text, placeholders), item);
}

const v = { ':v': N(1) };
const { str, ...withoutStr } = ITEM;

describe('an update', () => {
  it.each<[string, Item, Values?]>([
    ['SET a = :v', { ...ITEM, a: N(1) }, { ':v': N('1.0') }],
    ['SET n = n + :v', { ...ITEM, n: N('5.01') }, { ':v': N('1e-2') }],
    ['SET n = :v - n', { ...ITEM, n: N(-4) }, v],
    ['SET n = (n - :v)', { ...ITEM, n: N(4) }, v],
    ['SET a = n, n = :v', { ...ITEM, a: N(5), n: N(1) }, v],
    ['SET l[0] = l[1], l[1] = l[0]', { ...ITEM, l: L(S('b'), S('a'), S('c'), S('d')) }],
    ['SET n = if_not_exists(n, :v), a = if_not_exists(a, :v) + :v', { ...ITEM, a: N(2) }, v],
    ['SET l = list_append(l, :l)', { ...ITEM, l: L(S('a'), S('b'), S('c'), S('d'), N(1)) }, { ':l': L(N(1)) }],
    ['SET a = list_append(if_not_exists(a, :l), :l)', { ...ITEM, a: L(N(1), N(1)) }, { ':l': L(N(1)) }],
    ['SET m.new1 = :v, m.y.z = :v', { ...ITEM, m: M({ x: N(1), y: M({ z: N(1) }), new1: N(1) }) }, v],
    ['SET l[9] = :v, l[7] = n', { ...ITEM, l: L(S('a'), S('b'), S('c'), S('d'), N(5), N(1)) }, v],
    ['REMOVE str, absent, m.absent, l[9]', withoutStr],
    ['REMOVE l[0], l[2]', { ...ITEM, l: L(S('b'), S('d')) }],
    ['REMOVE l[0] SET l[1] = :v, l[9] = :v', { ...ITEM, l: L(N(1), S('c'), S('d'), N(1)) }, v],
    ['REMOVE l[4] SET l[9] = :v', { ...ITEM, l: L(S('a'), S('b'), S('c'), S('d'), N(1)) }, v],
    ['ADD n :v, a :v, m.x :v', { ...ITEM, n: N(6), a: N(1), m: M({ x: N(2), y: M({ z: S('q') }) }) }, v],
    ['ADD ss :v', { ...ITEM, ss: { SS: ['a', 'b', 'c'] } }, { ':v': { SS: ['c', 'b'] } }],
    ['ADD ns :v', { ...ITEM, ns: { NS: ['1', '2', '10'] } }, { ':v': { NS: ['10', '1.0'] } }],
    ['ADD a :v', { ...ITEM, a: { SS: ['b'] } }, { ':v': { SS: ['b'] } }],
    ['DELETE ss :v', { ...ITEM, ss: { SS: ['a'] } }, { ':v': { SS: ['b', 'c'] } }],
    ['DELETE absent :v', ITEM, { ':v': { SS: ['b', 'c'] } }],
    [
      'set a = :v remove str add n :v delete ss :s',
      { ...withoutStr, a: N(1), n: N(6), ss: { SS: ['b'] } },
      { ...v, ':s': { SS: ['a'] } },
    ],
  ])('does what it says: %s', (...[text, expected, values]) => {
    expect(update(text, values)).toEqual(expected);
  });

  it('removes a set when it deletes its last member', () => {
    expect(update('DELETE ss :v', { ':v': { SS: ['a', 'b'] } })).not.toHaveProperty('ss');
  });

  it('names elements of nested lists as they were, too', () => {
    const item = { l: L(N(1), L(N(2), N(3)), N(4)) };
    expect(update('REMOVE l[0], l[1][0] SET l[2] = :v', v, item)).toEqual({ l: L(L(N(3)), N(1)) });
  });

  it.each<[string, string, Values?]>([
    ['SET a = absent', 'The provided expression refers to an attribute that does not exist in the item'],
    ['SET a = absent + :v', 'The provided expression refers to an attribute that does not exist in the item', v],
    ['SET a = str + :v', 'An operand in the update expression has an incorrect data type', v],
    ['SET a = list_append(l, str)', 'An operand in the update expression has an incorrect data type'],
    ['ADD str :v', 'An operand in the update expression has an incorrect data type', v],
    ['ADD ss :v', 'An operand in the update expression has an incorrect data type', { ':v': { NS: ['1'] } }],
    ['DELETE n :v', 'An operand in the update expression has an incorrect data type', { ':v': { NS: ['1'] } }],
    ['SET absent.x = :v', 'The document path provided in the update expression is invalid for update', v],
    ['SET absent[0] = :v', 'The document path provided in the update expression is invalid for update', v],
    ['SET str.x = :v', 'The document path provided in the update expression is invalid for update', v],
    ['SET l.x = :v', 'The document path provided in the update expression is invalid for update', v],
    ['SET m[0] = :v', 'The document path provided in the update expression is invalid for update', v],
    ['REMOVE absent.x', 'The document path provided in the update expression is invalid for update'],
    ['REMOVE str[3]', 'The document path provided in the update expression is invalid for update'],
    [
      'SET n = :v + :v',
      'Attempting to store more than 38 significant digits in a Number',
      { ':v': N('1'.repeat(38).replace('1', '9')) },
    ],
  ])('fails on the item: %s', (...[text, message, values]) => {
    expect(() => update(text, values)).toThrow(expect.objectContaining({ code: 'ValidationException', message }));
  });

  it.each<[string, string, Values?]>([
    ['', 'The expression can not be empty;'],
    ['SET', 'Syntax error; token: "<EOF>", near: "SET"'],
    ['FOO a = :v', 'Syntax error; token: "FOO", near: "FOO a"', v],
    ['SET a = :v,', 'Syntax error; token: "<EOF>", near: ","', v],
    ['SET n = n - :v + :v', 'Syntax error; token: "+", near: ":v + :v"', v],
    ['ADD a n', 'Syntax error; token: "n", near: "a n"'],
    ['SET a = ((n))', 'The expression has redundant parentheses;'],
    ['SET a = :v SET b = :v', 'The "SET" section can only be used once in an update expression;', v],
    [
      'SET a = n + :v',
      'Incorrect operand type for operator or function; operator or function: +, operand type: S',
      { ':v': S('1') },
    ],
    [
      'SET a = list_append(l, :v)',
      'Incorrect operand type for operator or function; operator or function: list_append, operand type: N',
      v,
    ],
    [
      'ADD a :v',
      'Incorrect operand type for operator or function; operator: ADD, operand type: S, typeSet: ALLOWED_FOR_ADD_OPERAND',
      { ':v': S('1') },
    ],
    [
      'DELETE a :v',
      'Incorrect operand type for operator or function; operator: DELETE, operand type: N, typeSet: ALLOWED_FOR_DELETE_OPERAND',
      v,
    ],
    ['SET a = size(str)', 'The function is not allowed in an update expression; function: size'],
    [
      'SET a = if_not_exists(:v, :v)',
      'Operator or function requires a document path; operator or function: if_not_exists',
      v,
    ],
    [
      'SET m = :v REMOVE m.x',
      'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]',
      v,
    ],
    [
      'SET m.x = :v, m[0] = :v',
      'Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m, [0]]',
      v,
    ],
  ])('is refused: %s', (...[text, problem, values]) => {
    expect(() => update(text, values)).toThrow(
      expect.objectContaining({ code: 'ValidationException', message: `Invalid UpdateExpression: ${problem}` }),
    );
  });

  it('does to a list of any length what a naive model does', () => {
    const elements = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 6 });
    const indexes = fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(elements, indexes, fc.nat(5), (list, touched, count) => {
        const [set, removed] = [touched.slice(0, count), touched.slice(count)];
        const sections = [
          set.length > 0 ? `SET ${set.map((index) => `l[${index}] = :v${index}`).join(', ')}` : '',
          removed.length > 0 ? `REMOVE ${removed.map((index) => `l[${index}]`).join(', ')}` : '',
        ];
        const values = Object.fromEntries(set.map((index) => [`:v${index}`, N(100 + index)]));
        const item = { l: L(...list.map(N)) };
        const before = copyItem(item);

        // A map from index to element, sorted: what is behind the end is appended, what is removed leaves no gap.
        const model = new Map<number, number>(list.map((element, index) => [index, element]));
        for (const index of set) model.set(index, 100 + index);
        for (const index of removed) model.delete(index);
        const expected = [...model].sort(([a], [b]) => a - b).map(([, element]) => N(element));

        expect(update(sections.join(' '), set.length > 0 ? values : undefined, item)).toEqual({ l: L(...expected) });
        expect(item).toEqual(before);
      }),
    );
  });

  it('does to nested maps what a naive model does', () => {
    const names = ['ax', 'bx', 'cx'] as const;
    type Model = { [name: string]: Model | number };
    const { model: models } = fc.letrec<{ model: Model }>((tie) => ({
      model: fc.dictionary(
        fc.constantFrom(...names),
        fc.oneof({ maxDepth: 2 }, fc.nat(9), tie('model')),
      ) as fc.Arbitrary<Model>,
    }));
    const asItem = (model: Model): Item =>
      Object.fromEntries(
        Object.entries(model).map(([name, inner]) => [name, typeof inner === 'number' ? N(inner) : M(asItem(inner))]),
      );
    const parentOf = (model: Model, path: readonly string[]): Model | undefined => {
      let parent: Model | number | undefined = model;
      for (const name of path.slice(0, -1)) parent = typeof parent === 'object' ? parent[name] : undefined;
      return typeof parent === 'object' ? parent : undefined;
    };
    const paths = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(models, paths, fc.boolean(), (model, path, isSet) => {
        const item = asItem(model);
        const text = isSet ? `SET ${path.join('.')} = :v` : `REMOVE ${path.join('.')}`;
        const parent = parentOf(model, path);
        const change = () => update(text, isSet ? v : undefined, item);
        if (!parent) {
          expect(change).toThrow('The document path provided in the update expression is invalid for update');
          return;
        }
        const after = change();
        const last = path.at(-1) ?? '';
        if (isSet) parent[last] = 1;
        else delete parent[last];
        expect(after).toEqual(asItem(model));
      }),
    );
  });
});
