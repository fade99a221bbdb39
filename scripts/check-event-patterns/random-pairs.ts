import fc, { type Arbitrary } from 'fast-check';

/** JSON before it is written: a value as its text, which keeps the notation of numbers, a list, or an object. */
type Node = string | Node[] | { [name: string]: Node };
type Fields = Record<string, Node>;

/** Pairs of a pattern and an event, as JSON text; the same ones for the same seed. */
export function randomPairs(count: number, seed: number): { pattern: string; event: string }[] {
  const pair = event(3).chain((node) =>
    fc.record({ event: fc.constant(write(node)), pattern: patternFor(node).map(write) }),
  );
  return fc.sample(
    pair.filter(({ pattern }) => pattern.length <= 2048),
    { numRuns: count, seed },
  );
}

function write(node: Node): string {
  if (typeof node === 'string') return node;
  if (Array.isArray(node)) return `[${node.map(write)}]`;
  return `{${Object.entries(node).map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`)}}`;
}

const oneOf = fc.constantFrom<string[]>;
const list = (item: Arbitrary<Node>, minLength = 0, maxLength = 3) => fc.array(item, { minLength, maxLength });
const inQuotes = (text: Arbitrary<string>) => text.map((plain) => JSON.stringify(plain));

/** A field `ip` holds no numbers: see KNOWN_DIFFERENCES for what becomes of them among addresses. */
const NAMES = oneOf('a', 'b', 'c', 'a.b', 'b.c', 'ip');

const texts = fc.oneof(
  oneOf(
    '',
    'a',
    'A',
    'ab',
    'aB',
    'abc',
    'b',
    'ba',
    'aa',
    'aba',
    'a b',
    'a\nb',
    '7',
    'null',
    'true',
    'x.y',
    '.',
    '(',
    '$',
    '?',
  ),
  oneOf(
    '*',
    'a*b',
    '**',
    '\\',
    '\\*',
    'a\\',
    '"',
    'a"',
    '"a',
    '""',
    'é',
    'É',
    'e\u0301',
    'ß',
    'ss',
    'SS',
    'ǅ',
    'ǆ',
    'İ',
    'ı',
  ),
  oneOf('😀', '??', 'a😀', '大雨', 'σ', 'ς', 'Σ', 'ⱥ', 'Ⱥ', 'ŉ', 'k', 'K', '10.0.0.1', '::1'),
  fc.string({ unit: oneOf('a', 'b', 'A', 'é', 'É', '*', '\\', '"'), maxLength: 5 }),
);

const addresses = fc.oneof(
  oneOf(
    '10.0.0.0',
    '10.0.0.1',
    '10.0.0.255',
    '10.0.1.0',
    '010.0.0.1',
    '11.0.0.0',
    '0.0.0.0',
    '255.255.255.255',
    '32.1.13.184',
  ),
  oneOf(
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8',
    'ffff::FFFF',
    'a00:1::',
    '::ffff:a00:1',
  ),
  oneOf(
    '2001:db8::1',
    '2001:DB8:0::0:1',
    '2001:db8:8000::',
    '::ffff:10.0.0.1',
    '0:0:0:0:0:ffff:a00:ff',
    '::fffe:a00:1',
  ),
  oneOf(
    '10.0.0',
    '256.0.0.1',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    'fe80::1%eth0',
    'x',
    '',
    'a.b.c.d',
  ),
  fc.ipV4(),
  fc.ipV6(),
);

const ranges = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 31 })).map((parts) => parts.join('/')),
  fc
    .tuple(oneOf('::', '::1', '2001:db8::', '2000::', 'a00:1::', 'ffff::', '8000::1'), fc.integer({ min: 0, max: 127 }))
    .map((parts) => parts.join('/')),
  oneOf(
    '10.0.0.0/8',
    '10.0.0.0/24',
    '010.0.0.0/031',
    '0.0.0.0/0',
    '0.0.0.0/1',
    '::/0',
    '2000::/3',
    '::ffff:10:0/16',
    '32.1.13.0/24',
  ),
  fc.tuple(addresses, oneOf('0', '9', '31', '32', '33', '127', '128', 'x', '-1', '')).map((parts) => parts.join('/')),
);

const numbers = fc.oneof(
  oneOf(
    '0',
    '-0',
    '0.0',
    '7',
    '7.0',
    '0.7e1',
    '70e-1',
    '-7',
    '7.5',
    '300',
    '3e2',
    '3.0E2',
    '0.3e+3',
    '123456789012',
    '1e10',
  ),
  oneOf('5e9', '-5e9', '5000000000.1', '0.1', '0.10', '1E-7', '100000', '2.5', '8', '6.9', '9007199254740991'),
  fc.integer({ min: -10, max: 10 }).map(String),
);

const values = fc.oneof(inQuotes(texts), numbers, oneOf('true', 'false', 'null'));
const ipValues = fc.oneof({ weight: 9, arbitrary: inQuotes(addresses) }, oneOf('null', 'true'));

function event(depth: number): Arbitrary<Fields> {
  const value: Arbitrary<Node> =
    depth === 0
      ? values
      : fc.oneof(values, event(depth - 1), list(fc.oneof(values, event(depth - 1), list(fc.oneof(values, event(0))))));
  return fields((name) => (name === 'ip' ? fc.oneof(ipValues, list(ipValues)) : value));
}

function fields(value: (name: string) => Arbitrary<Node>, minLength = 0): Arbitrary<Fields> {
  return fc
    .uniqueArray(NAMES, { minLength, maxLength: 4 })
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, value(name)]))));
}

/** Mostly made from values of the event, so that many match. */
function patternFor(node: Node): Arbitrary<Fields> {
  const leaves = leavesOf(node, []);
  const known = leaves.length === 0 ? pattern(1) : fieldsFor(leaves);
  const or = (part: Arbitrary<Fields>) => list(part, 2, 3).map((alternatives) => ({ $or: alternatives }));
  return fc.oneof(
    { weight: 6, arbitrary: known },
    { weight: 2, arbitrary: fc.tuple(known, or(fc.oneof(known, pattern(0))), known).map((parts) => merge(parts)) },
    { weight: 1, arbitrary: fc.tuple(or(fc.oneof(known, or(known))), known).map((parts) => merge(parts)) },
    { weight: 1, arbitrary: pattern(2) },
    { weight: 1, arbitrary: fc.tuple(known, pattern(1)).map((parts) => merge(parts)) },
  );
}

type FieldLeaf = readonly [path: readonly string[], value: string];

function leavesOf(node: Node, path: readonly string[]): FieldLeaf[] {
  if (typeof node === 'string') return [[path, node]];
  if (Array.isArray(node)) return node.flatMap((item) => leavesOf(item, path));
  return Object.entries(node).flatMap(([name, value]) => leavesOf(value, [...path, name]));
}

function fieldsFor(leaves: FieldLeaf[]): Arbitrary<Fields> {
  const field = fc.constantFrom(...leaves).chain(([path, value]) =>
    fc.tuple(list(itemFor(value, path.at(-1) === 'ip'), 1, 2), fc.nat(path.length - 1)).map(([items, dots]) => {
      const names = [path.slice(0, dots + 1).join('.'), ...path.slice(dots + 1)];
      return names.reduceRight<Node>((inner, name) => ({ [name]: inner }), items) as Fields;
    }),
  );
  return fc.array(field, { minLength: 1, maxLength: 4 }).map(merge);
}

/** Puts fields together at every depth; a list takes the place of what was there. */
function merge(parts: readonly Fields[]): Fields {
  const merged: Fields = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    const earlier = merged[name];
    const bothNest = isFields(earlier) && isFields(value);
    merged[name] = bothNest ? merge([earlier, value]) : value;
  }
  return merged;
}

const isFields = (node: Node | undefined): node is Fields => typeof node === 'object' && !Array.isArray(node);

function itemFor(value: string, isAddress: boolean): Arbitrary<Node> {
  const parsed: unknown = JSON.parse(value);
  const close =
    typeof parsed === 'string' ? stringItems(parsed) : typeof parsed === 'number' ? numberItems(value) : [value];
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<Node[]>(value, ...close) },
    { weight: 1, arbitrary: isAddress ? ipItem : item },
  );
}

function stringItems(text: string): Node[] {
  const json = JSON.stringify;
  const characters = [...text];
  const swapped = json(text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase());
  const [start, end] = [json(characters.slice(0, 2).join('')), json(characters.slice(-2).join(''))];
  const [plain, wild] = [escaped(text), json(`${escaped(characters.slice(0, 1).join(''))}*`)];
  return [
    ...[
      { prefix: start },
      { suffix: end },
      { 'equals-ignore-case': swapped },
      { wildcard: json(plain) },
      { wildcard: wild },
    ],
    ...[
      { wildcard: json(`*${plain}*`) },
      { prefix: { 'equals-ignore-case': swapped } },
      { suffix: { 'equals-ignore-case': swapped } },
    ],
    ...[
      { 'anything-but': json(text) },
      { 'anything-but': { prefix: json(`${text}a`) } },
      { 'anything-but': { suffix: ['"zz"', '"y"'] } },
    ],
    ...[{ 'anything-but': { 'equals-ignore-case': swapped } }, { 'anything-but': { wildcard: [wild] } }],
    ...[{ exists: 'true' }, { exists: 'false' }],
  ];
}

const escaped = (text: string) => text.replace(/[*\\]/g, '\\$&');

function numberItems(number: string): Node[] {
  const others = [Number(number), Number(number).toExponential()].map(String);
  const excluded = [{ 'anything-but': number }, { 'anything-but': [number, '1'] }];
  if (Math.abs(Number(number)) >= 5e9) return [...others, ...excluded];
  return [
    ...[...others, ...excluded],
    ...['<', '<=', '=', '>=', '>'].map((sign) => ({ numeric: [`"${sign}"`, number] })),
    ...[{ numeric: ['">="', number, '"<"', '5e9'] }, { numeric: ['">"', '-5e9', '"<="', number] }],
  ];
}

/** Whatever may stand in the list of a field. */
const texted = inQuotes(texts);
const listed = list(texted, 1);
const wild = fc.oneof(
  inQuotes(fc.tuple(texts, texts, texts).map((parts) => parts.map(escaped).join('*'))),
  inQuotes(texts.map(escaped)),
);
const anyCase = texted.map((text) => ({ 'equals-ignore-case': text }));
const bounds = numbers.filter((text) => Math.abs(Number(text)) <= 5e9);
const range = fc.tuple(bounds, bounds, oneOf('">"', '">="'), oneOf('"<"', '"<="')).map(([one, other, lower, upper]) => {
  const [from, to] = Number(one) < Number(other) ? [one, other] : [other, one];
  return [lower, from, upper, to];
});
const operators: Arbitrary<Node> = fc.oneof(
  fc.record({ prefix: fc.oneof(texted, anyCase) }),
  fc.record({ suffix: fc.oneof(texted, anyCase) }),
  anyCase,
  fc.record({ wildcard: wild }),
  fc.record({ numeric: fc.oneof(fc.tuple(oneOf('"="', '"<"', '"<="', '">"', '">="'), bounds), range) }),
  fc.record({ exists: oneOf('true', 'false') }),
  fc.record({ 'anything-but': fc.oneof(texted, listed, numbers, list(numbers, 1)) }),
  fc.record({
    'anything-but': fc.oneof(
      fc.record({ prefix: listed }),
      fc.record({ suffix: listed }),
      fc.record({ suffix: texted }),
    ),
  }),
  fc.record({
    'anything-but': fc.oneof(
      anyCase,
      fc.record({ 'equals-ignore-case': listed }),
      fc.record({ wildcard: list(wild, 1) }),
    ),
  }),
);
const operands = fc.oneof(values, list(values), operators, oneOf('[]', '{}'));
const faults: Arbitrary<Node> = fc.oneof(
  fc.constantFrom<Node[]>([], {}, ['"a"'], { contains: '"a"' }, { prefix: '"a"', suffix: '"b"' }, { numeric: [] }),
  fc.tuple(operators, operators).map((both) => Object.assign({}, ...both) as Node),
  oneOf('prefix', 'suffix', 'equals-ignore-case', 'exists', 'numeric', 'anything-but').chain((name) =>
    fc.record({ [name]: operands }),
  ),
  oneOf('prefix', 'equals-ignore-case', 'wildcard', 'numeric').chain((name) =>
    fc.record({ 'anything-but': fc.record({ [name]: operators }) }),
  ),
  fc.record({ wildcard: texted }),
  fc.record({ numeric: list(fc.oneof(bounds, oneOf('"="', '"<"', '"<="', '">"', '">="', '"!="')), 0, 5) }),
);
const item: Arbitrary<Node> = fc.oneof(
  { weight: 20, arbitrary: values },
  { weight: 30, arbitrary: operators },
  { weight: 2, arbitrary: faults },
);
const ipItem: Arbitrary<Node> = fc.oneof(
  ipValues,
  fc.record({ cidr: inQuotes(ranges) }),
  fc.record({ 'anything-but': fc.oneof(inQuotes(addresses), list(inQuotes(addresses), 1)) }),
  fc.record({ prefix: inQuotes(addresses) }),
  fc.record({ exists: oneOf('true', 'false') }),
);

/** Any pattern at all, valid or not. */
function pattern(depth: number): Arbitrary<Fields> {
  const leaf = (name: string) => list(name === 'ip' ? ipItem : item, 1, 3);
  const below = depth === 0 ? fc.oneof(values, operators, fc.constant<Node>([])) : pattern(depth - 1);
  const plain = fields(
    (name) => fc.oneof({ weight: 12, arbitrary: leaf(name) }, { weight: depth * 3 + 1, arbitrary: below }),
    1,
  );
  if (depth === 0) return plain;
  const alternatives = fc.oneof(
    { weight: 9, arbitrary: list(pattern(depth - 1), 2) },
    list(fc.oneof(pattern(depth - 1), values)),
  );
  const or = alternatives.map(($or) => ({ $or }));
  return fc.oneof({ weight: 3, arbitrary: plain }, fc.tuple(plain, or).map(merge), fc.tuple(or, plain).map(merge), or);
}
