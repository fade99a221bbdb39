import { isIPv6 } from 'node:net';

type Scalar = string | number | boolean | null;
type JsonObject = { readonly [name: string]: Json };
type Json = Scalar | Json[] | JsonObject;

/** Whether a pattern wants one value of an event. */
type Test = (value: Scalar) => boolean;
/** Reads what follows an operator's name. */
type Operator = (operand: Json, where: string) => Test;
/** By dotted path, the tests of which one must succeed. `$or` makes several branches of one pattern. */
type Branch = ReadonlyMap<string, readonly Test[]>;
/** By list, an element of it. The lists of an event are numbered as they come. */
type Elements = ReadonlyMap<number, number>;
/** A value of an event, and the list elements that it is part of. */
type Leaf = { readonly value: Scalar; readonly elements: Elements };
type Leaves = ReadonlyMap<string, readonly Leaf[]>;

/** PutRule would refuse this pattern. */
export class InvalidEventPatternError extends Error {
  override readonly name = 'InvalidEventPatternError';
}

/**
 * Checks an event pattern as PutRule does and returns what tells whether it matches an event. The answers are those of
 * AWS's own matcher, https://github.com/aws/event-ruler: `scripts/check-event-patterns` compares the two.
 * JSON is read as JavaScript does: the last of several equal names counts, and a number has the precision of a double.
 * Not checked is whether wildcards are too complex, a limit that AWS does not publish.
 *
 * @throws InvalidEventPatternError that says where the pattern is wrong and what would be right
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html for the operators
 */
export function compileEventPattern(pattern: string | object): (event: object) => boolean {
  const branches = addFields(parse(pattern), '', [new Map()], false).map(sortByPath);
  return (event) => {
    const leaves = leavesOf(event);
    return branches.some((branch) => holds(branch, leaves));
  };
}

/** Quota of a new account, at most 4,096. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const MAX_CHARACTERS = 2048;
/** For the lengths of all `$or` lists, multiplied: see the user guide's page on operators. */
const MAX_COMBINATIONS = 1000;
/** For either sign: see the user guide's page on operators. */
const MAX_BOUND = 5e9;

function fail(where: string, rule: string): never {
  throw new InvalidEventPatternError(`${where || 'event pattern'}: ${rule}`);
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`);

function parse(pattern: string | object): JsonObject {
  const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
  if (text.length > MAX_CHARACTERS) fail('', `must have at most ${MAX_CHARACTERS} characters, has ${text.length}`);
  let root: Json;
  let combinations = 1;
  try {
    root = JSON.parse(text, (name, value) => {
      if (name === '$or' && Array.isArray(value)) combinations *= value.length;
      return value;
    });
  } catch (cause) {
    throw new InvalidEventPatternError('event pattern: must be JSON', { cause });
  }
  if (combinations > MAX_COMBINATIONS) fail('', `may have ${MAX_COMBINATIONS} $or combinations, has ${combinations}`);
  return isObject(root) ? root : fail('', 'must be an object');
}

/** @see https://github.com/aws/event-ruler/blob/main/src/main/software/amazon/event/ruler/Constants.java */
const RESERVED_IN_OR = new Set([
  ...['exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard', 'numeric', 'cidr'],
  ...['=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case', 'date-after', 'date-on-or-after'],
  ...['date-before', 'date-on-or-before', 'in-date-range', 'ip-address-in-range', 'ip-address-not-in-range'],
]);

/** Adds an object's fields to each branch. A path that comes again, whether nested or dotted, replaces the earlier one. */
function addFields(object: JsonObject, path: string, branches: readonly Branch[], inOr: boolean): readonly Branch[] {
  const fields = Object.entries(object);
  if (fields.length === 0) fail(path, 'must have a field');
  return fields.reduce((soFar, [name, value]) => {
    const at = join(path, name);
    if (name === '$or') return addAlternatives(value, path, soFar);
    if (inOr && RESERVED_IN_OR.has(name)) fail(at, 'must not be named like an operator inside $or');
    if (isObject(value)) return addFields(value, at, soFar, inOr);
    if (!Array.isArray(value) || value.length === 0) fail(at, 'must be a list like ["value"], or an object of fields');
    const tests = value.map((item, index) => readItem(item, `${at}[${index}]`));
    return soFar.map((branch) => new Map(branch).set(at, tests));
  }, branches);
}

function addAlternatives(value: Json, path: string, branches: readonly Branch[]): readonly Branch[] {
  const at = join(path, '$or');
  if (!Array.isArray(value) || value.length < 2) fail(at, 'must be a list of two or more objects');
  return value.flatMap((item, index) => {
    if (!isObject(item) || Object.keys(item).length === 0) fail(`${at}[${index}]`, 'must be an object of fields');
    return addFields(item, path, branches, true);
  });
}

function readItem(item: Json, where: string): Test {
  if (Array.isArray(item)) fail(where, 'must be a string, a number, true, false, null or an operator');
  return isObject(item) ? readOperator(item, where, OPERATORS) : equals(item);
}

function readOperator(item: JsonObject, where: string, operators: ReadonlyMap<string, Operator>): Test {
  const [[name, operand] = ['', null], ...others] = Object.entries(item);
  const read = operators.get(name);
  if (!read || others.length > 0) fail(where, `must have exactly one of ${[...operators.keys()].join(', ')}`);
  return read(operand, `${where}.${name}`);
}

function readString(operand: Json, where: string): string {
  return typeof operand === 'string' ? operand : fail(where, 'must be a string');
}

/** An IP address equals itself in any notation. */
function equals(wanted: Scalar): Test {
  const digits = addressDigits(wanted);
  return digits === undefined ? (value) => value === wanted : isWithin(digits, digits);
}

/**
 * A test of strings, which sees their quotes. So does AWS's matcher: `prefix` adds the first quote and `suffix` the last,
 * hence a pattern may spell out the other one, as in `{"suffix": "\"all of it"}`.
 */
const matching =
  (expression: (text: string) => string): Operator =>
  (operand, where) => {
    const compiled = new RegExp(expression(readString(operand, where)));
    return (value) => typeof value === 'string' && compiled.test(`"${value}"`);
  };

const literally = (text: string) => text.replace(/\W/g, '\\$&');

/**
 * Either case of each UTF-16 unit by itself, which is what AWS's matcher compares: `ß` is `SS` too but not `ss`, and half
 * of a surrogate pair, as in an emoji, is a question mark.
 */
const inAnyCase = (text: string) =>
  text
    .split('')
    .map((unit) => (/[\ud800-\udfff]/.test(unit) ? '?' : unit))
    .map((unit) => `(?:${literally(unit.toLowerCase())}|${literally(unit.toUpperCase())})`)
    .join('');

/** Reads a string, or `{"equals-ignore-case": string}`. */
function affix(expression: (text: string) => string): Operator {
  const exact = matching((text) => expression(literally(text)));
  const other = new Map([['equals-ignore-case', matching((text) => expression(inAnyCase(text)))]]);
  return (operand, where) => (isObject(operand) ? readOperator(operand, where, other) : exact(operand, where));
}

const prefix = affix((text) => `^"${text}`);
const suffix = affix((text) => `${text}"$`);
const equalsIgnoreCase = matching((text) => `^"${inAnyCase(text)}"$`);

/** `*` is any text, also none; `\*` and `\\` are a plain asterisk and backslash. */
const wildcard: Operator = (operand, where) => {
  const parts = [''];
  for (const [token] of readString(operand, where).matchAll(/\\[*\\]|\*+|./gs)) {
    if (token === '\\') fail(where, 'must have a backslash before * or a backslash only');
    if (token.startsWith('**')) fail(where, 'must not have one * right after another');
    if (token === '*') parts.push('');
    else parts.push(`${parts.pop()}${token.slice(-1)}`);
  }
  return (value) => typeof value === 'string' && consistsOf(parts, value);
};

/** Whether a text has the first part at its start, the last at its end and the others between, in this order. */
function consistsOf([first = '', ...parts]: readonly string[], text: string): boolean {
  const last = parts.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let end = first.length;
  for (const part of parts) {
    const start = text.indexOf(part, end);
    if (start < 0) return false;
    end = start + part.length;
  }
  return end + last.length <= text.length;
}

/** Any value but these. null and values of other types count; a missing field is no value. */
const anythingBut: Operator = (operand, where) => {
  const excluded = isObject(operand) ? readOperator(operand, where, EXCLUDING) : oneOf(operand, where);
  return (value) => !excluded(value);
};

const oneOf: Operator = (operand, where) => {
  const list = Array.isArray(operand) ? operand : [operand];
  const isOfOne = ['string', 'number'].some((type) => list.every((item) => typeof item === type));
  if (!isOfOne || list.length === 0) fail(where, 'must be a string or number, a list of either, or an operator');
  return (value) => list.includes(value);
};

/** Lets an operator read a list of strings, too. */
const anyOf =
  (read: Operator, minLength = 0): Operator =>
  (operand, where) => {
    const texts = (Array.isArray(operand) ? operand : [operand]).map((item) => readString(item, where));
    if (texts.length === 0 || texts.some((text) => text.length < minLength)) fail(where, 'must not be empty');
    const tests = texts.map((text) => read(text, where));
    return (value) => tests.some((test) => test(value));
  };

const EXCLUDING: ReadonlyMap<string, Operator> = new Map([
  ['prefix', anyOf(prefix, 1)],
  ['suffix', anyOf(suffix, 1)],
  ['equals-ignore-case', anyOf(equalsIgnoreCase)],
  ['wildcard', anyOf(wildcard)],
]);

const COMPARISONS = new Map<unknown, (value: number, bound: number) => boolean>([
  ['=', (value, bound) => value === bound],
  ['<', (value, bound) => value < bound],
  ['<=', (value, bound) => value <= bound],
  ['>', (value, bound) => value > bound],
  ['>=', (value, bound) => value >= bound],
]);

const numeric: Operator = (operand, where) => {
  const [sign, bound, upperSign, upperBound, ...others] = Array.isArray(operand) ? operand : [];
  const isRange = `${sign}`.startsWith('>') && `${upperSign}`.startsWith('<') && Number(bound) < Number(upperBound);
  const lower = comparison(sign, bound);
  const upper = isRange ? comparison(upperSign, upperBound) : lower;
  if (!lower || !upper || others.length > 0 || (upperSign !== undefined && !isRange))
    fail(where, 'must be like ["=", 5] or [">", 0, "<=", 5], with the lower bound first and bounds within 5e9 of zero');
  return (value) => lower(value) && upper(value);
};

function comparison(sign: unknown, bound: unknown): Test | undefined {
  const compare = COMPARISONS.get(sign);
  if (!compare || typeof bound !== 'number' || Math.abs(bound) > MAX_BOUND) return undefined;
  return (value) => typeof value === 'number' && compare(value, bound);
}

/** `{"exists": false}`: the one test that no value passes. */
const ABSENT: Test = () => false;

const exists: Operator = (operand, where) => {
  if (typeof operand !== 'boolean') fail(where, 'must be true or false');
  return operand ? () => true : ABSENT;
};

const cidr: Operator = (operand, where) => {
  const [, address = '', prefixLength] = /^([^/]+)\/(\d+)$/.exec(readString(operand, where)) ?? [];
  const digits = addressDigits(address) ?? '';
  const freeBits = digits.length * 4 - Number(prefixLength);
  if (!(freeBits > 0)) fail(where, 'must be a range of several addresses, like "10.0.0.0/24" or "2001:db8::/32"');
  const lowest = (BigInt(`0x${digits}`) >> BigInt(freeBits)) << BigInt(freeBits);
  const highest = lowest + (1n << BigInt(freeBits)) - 1n;
  const [from = '', to = ''] = [lowest, highest].map((bits) => bits.toString(16).padStart(digits.length, '0'));
  return isWithin(from, to);
};

/**
 * Compares hexadecimal digits from the left, as AWS's matcher does. So an IPv6 address is in an IPv4 range when its first
 * 8 digits are, which holds for all in 0.0.0.0/0; and an IPv4 address in an IPv6 range when its few digits settle it.
 */
function isWithin(from: string, to: string): Test {
  return (value) => {
    const digits = addressDigits(value);
    if (digits === undefined) return false;
    const [low, high] = [from.slice(0, digits.length), to.slice(0, digits.length)];
    const start = digits.slice(0, from.length);
    return low.length < from.length ? low < start && start < high : low <= start && start <= high;
  };
}

/** The 8 or 32 hexadecimal digits of an IP address; 8 also for an IPv4 address written as IPv6, `::ffff:a00:1`. */
function addressDigits(value: Scalar): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d+(\.\d+){3}$/.test(value) && value.length <= 15) {
    const bytes = value.split('.').map(Number);
    return bytes.some((byte) => byte > 255) ? undefined : Buffer.from(bytes).toString('hex');
  }
  if (/[.%]/.test(value) || !isIPv6(value)) return undefined;
  const [head = [], tail = []] = value.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - head.length - tail.length).fill('');
  const groups = [...head, ...zeros, ...tail].map((group) => group.toLowerCase().padStart(4, '0'));
  return groups.join('').replace(/^0{20}f{4}/, '');
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['prefix', prefix],
  ['suffix', suffix],
  ['equals-ignore-case', equalsIgnoreCase],
  ['wildcard', wildcard],
  ['anything-but', anythingBut],
  ['numeric', numeric],
  ['exists', exists],
  ['cidr', cidr],
]);

/** An event's values by dotted path; a list adds the values in it to its own path. */
function leavesOf(event: object): Leaves {
  const leaves = new Map<string, Leaf[]>();
  let lists = 0;
  const visit = (value: unknown, path: string, elements: Elements): void => {
    if (Array.isArray(value)) {
      const list = lists++;
      // A plain value belongs to no element: both values of `["a", {"b": 1}]` may serve one pattern.
      for (const [index, item] of value.entries())
        visit(item, path, typeof item === 'object' && item ? new Map(elements).set(list, index) : elements);
    } else if (isObject(value)) {
      for (const [name, field] of Object.entries(value)) visit(field, join(path, name), elements);
    } else if (value !== undefined) {
      const leaf = { value: value as Scalar, elements };
      const others = leaves.get(path);
      if (others) others.push(leaf);
      else leaves.set(path, [leaf]);
    }
  };
  visit(event, '', new Map());
  return leaves;
}

/** AWS's matcher takes paths in this order, which counts for absence: it is that in the elements chosen so far. */
const sortByPath = (branch: Branch): Branch => new Map([...branch].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Whether there is a wanted value at each path, with no two of them in different elements of one list. */
function holds(branch: Branch, leaves: Leaves): boolean {
  const steps = [...branch].map(([path, tests]) => ({ tests, found: leaves.get(path) ?? [] }));
  let choices: readonly Elements[] = [new Map()];
  steps.forEach(({ tests, found }, index) => {
    const chosen = choices.flatMap((elements) => choose(elements, found, tests));
    choices = withoutRepeats(chosen, new Set(steps.slice(index + 1).flatMap((later) => listsOf(later.found))));
  });
  return choices.length > 0;
}

function choose(chosen: Elements, found: readonly Leaf[], tests: readonly Test[]): readonly Elements[] {
  const agrees = ({ elements }: Leaf) => [...elements].every(([list, index]) => (chosen.get(list) ?? index) === index);
  const candidates = found.filter(agrees);
  if (candidates.length === 0 && tests.includes(ABSENT)) return [chosen];
  const wanted = candidates.filter(({ value }) => tests.some((test) => test(value)));
  return wanted.map(({ elements }) => new Map([...chosen, ...elements]));
}

const listsOf = (found: readonly Leaf[]) => found.flatMap(({ elements }) => [...elements.keys()]);

/** Forgets lists that no later path is in. What is left differs little, or large events would take exponential time. */
function withoutRepeats(choices: readonly Elements[], lists: ReadonlySet<number>): readonly Elements[] {
  const kept = choices.map((elements) => [...elements].filter(([list]) => lists.has(list)).sort(([a], [b]) => a - b));
  return [...new Map(kept.map((entries) => [`${entries}`, new Map(entries)])).values()];
}
