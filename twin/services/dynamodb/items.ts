import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AwsError } from '../../service';
import { invalid, invalidParameter } from './errors';
import { normalizeNumber, numberSize, sortableNumber } from './numbers';

/** An item, a key of one, or what a map holds. Stored values are never changed in place, so items may share them. */
export type Item = Record<string, AttributeValue>;

/** In the order of the API reference. */
export const TYPES = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL'] as const;
export type Type = (typeof TYPES)[number];

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items */
export const LARGEST_ITEM = 400 * 1024;
/** Lists and maps within each other, the attribute's own included; with what the innermost holds, 32 levels. */
const DEEPEST_NESTING = 31;

const isType = (name: string): name is Type => (TYPES as readonly string[]).includes(name);

/** The types that a value carries: one, unless the request is malformed. */
const typesOf = (value: AttributeValue): Type[] =>
  Object.keys(value)
    .filter(isType)
    .filter((type) => value[type] !== undefined);

export const typeOf = (value: AttributeValue): Type => typesOf(value)[0] ?? 'NULL';

/** An attribute of a map. Plain indexing would also find what every object inherits, such as `constructor`. */
export const attribute = (map: Item, name: string): AttributeValue | undefined =>
  Object.hasOwn(map, name) ? map[name] : undefined;

/** Sets an attribute of a map. Plain assignment would take `__proto__` for the map's prototype. */
export function setAttribute(map: Item, name: string, value: AttributeValue): void {
  Object.defineProperty(map, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Those attributes of an item that it has. */
export function pick(item: Item, names: Iterable<string>): Item {
  const picked: Item = {};
  for (const name of names) {
    const value = attribute(item, name);
    if (value !== undefined) setAttribute(picked, name, value);
  }
  return picked;
}

const mapItem = (item: Item, change: (value: AttributeValue) => AttributeValue): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, change(value)]));

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/**
 * A text for a string, number or binary that sorts, by UTF-16 code units, as DynamoDB sorts values of that type: strings and
 * binaries by their bytes. Equal values of a type give equal texts, and of what one begins with.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
export function sortable(value: AttributeValue): string {
  if (value.N !== undefined) return sortableNumber(value.N);
  return value.B !== undefined ? latin1(value.B) : latin1(Buffer.from(value.S ?? '', 'utf8'));
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sets have no order in a request; DynamoDB returns them sorted. */
function normalizeSet<Member>(kind: string, members: readonly Member[], order: (member: Member) => string): Member[] {
  if (members.length === 0) {
    throw invalidParameter(kind === 'BS' ? 'Binary sets should not be empty' : `An ${kind} set  may not be empty`);
  }
  const sorted = members.map((member) => ({ member, key: order(member) })).sort((a, b) => compareTexts(a.key, b.key));
  if (sorted.some(({ key }, index) => key === sorted[index + 1]?.key)) {
    const suffix = kind === 'BS' ? 'of type BS contains duplicates.' : ' contains duplicates.';
    throw invalidParameter(`Input collection [${members.join(', ')}]${suffix}`);
  }
  return sorted.map(({ member }) => member);
}

const tooDeep = (): AwsError =>
  invalid(
    'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
  );

/**
 * A copy of a value as DynamoDB stores it: numbers in one form, sets sorted, nothing shared with the request.
 *
 * @throws AwsError for a value that cannot be stored.
 */
export function normalize(value: AttributeValue, level = 1): AttributeValue {
  const types = typesOf(value);
  if (types.length !== 1) {
    throw invalid(
      types.length === 0
        ? 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
        : 'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
    );
  }
  if ((value.M || value.L) && level > DEEPEST_NESTING) throw tooDeep();
  if (value.N !== undefined) return { N: normalizeNumber(value.N) };
  if (value.B !== undefined) return { B: new Uint8Array(value.B) };
  if (value.SS !== undefined) return { SS: normalizeSet('string', value.SS, (S) => sortable({ S })) };
  if (value.NS !== undefined) return { NS: normalizeSet('number', value.NS.map(normalizeNumber), sortableNumber) };
  if (value.BS !== undefined) {
    const copies = value.BS.map((member) => new Uint8Array(member));
    return { BS: normalizeSet('BS', copies, latin1) };
  }
  if (value.M !== undefined) return { M: normalizeItem(value.M, level + 1) };
  if (value.L !== undefined) return { L: value.L.map((element) => normalize(element, level + 1)) };
  if (value.NULL === false) throw invalidParameter('Null attribute value types must have the value of true');
  return { ...value };
}

/** @throws AwsError for an item of which something cannot be stored. */
export function normalizeItem(item: Item, level = 1): Item {
  if (Object.hasOwn(item, '')) throw invalidParameter('Empty attribute name');
  return mapItem(item, (value) => normalize(value, level));
}

/** A copy to hand out. */
export function copy(value: AttributeValue): AttributeValue {
  if (value.B !== undefined) return { B: new Uint8Array(value.B) };
  if (value.SS !== undefined) return { SS: [...value.SS] };
  if (value.NS !== undefined) return { NS: [...value.NS] };
  if (value.BS !== undefined) return { BS: value.BS.map((member) => new Uint8Array(member)) };
  if (value.M !== undefined) return { M: copyItem(value.M) };
  if (value.L !== undefined) return { L: value.L.map(copy) };
  return { ...value };
}

export const copyItem = (item: Item): Item => mapItem(item, copy);

const sameMembers = <Member>(
  a: readonly Member[],
  b: readonly Member[],
  same: (x: Member, y: Member) => boolean,
): boolean => a.length === b.length && a.every((member, index) => same(member, b[index] as Member));

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Compares normalised values: of the same type, and alike in all they hold. */
export function isEqual(a: AttributeValue, b: AttributeValue): boolean {
  if (a.B && b.B) return sameBytes(a.B, b.B);
  if (a.SS && b.SS) return sameMembers(a.SS, b.SS, Object.is);
  if (a.NS && b.NS) return sameMembers(a.NS, b.NS, Object.is);
  if (a.BS && b.BS) return sameMembers(a.BS, b.BS, sameBytes);
  if (a.L && b.L) return sameMembers(a.L, b.L, isEqual);
  if (a.M && b.M) return isEqualItem(a.M, b.M);
  const type = typeOf(a);
  return type === typeOf(b) && ['S', 'N', 'NULL', 'BOOL'].includes(type) && a[type] === b[type];
}

export function isEqualItem(a: Item, b: Item): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [left, right] = [attribute(a, name), attribute(b, name)];
      return left !== undefined && right !== undefined && isEqual(left, right);
    })
  );
}

const utf8Size = (text: string): number => Buffer.byteLength(text, 'utf8');
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return utf8Size(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return value.B.length;
  if (value.SS !== undefined) return sum(value.SS.map(utf8Size));
  if (value.NS !== undefined) return sum(value.NS.map(numberSize));
  if (value.BS !== undefined) return sum(value.BS.map(({ length }) => length));
  if (value.L !== undefined) return 3 + sum(value.L.map((element) => 1 + valueSize(element)));
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemSize(value.M);
  return 1;
}

/**
 * What an item counts for, in bytes: names and values, with three for each list or map and one for each of its elements.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export const itemSize = (item: Item): number =>
  sum(Object.entries(item).map(([name, value]) => utf8Size(name) + valueSize(value)));

function nesting(value: AttributeValue): number {
  const elements = value.L ?? (value.M && Object.values(value.M));
  // A loop, since a list may have more elements than a call takes arguments.
  return elements ? 1 + elements.reduce((deepest, element) => Math.max(deepest, nesting(element)), 0) : 0;
}

/**
 * @throws AwsError for an item that is nested deeper than 32 levels, as an update can make it.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-attributes
 */
export function assertNesting(item: Item): void {
  if (nesting({ M: item }) > 1 + DEEPEST_NESTING) throw tooDeep();
}
