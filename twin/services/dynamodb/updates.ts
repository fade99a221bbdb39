import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AwsError } from '../../service';
import { pathsInOperands } from './conditions';
import { invalid } from './errors';
import { type Operand, type Path, Reader } from './expressions';
import { attribute, type Item, isEqual, normalize, setAttribute, type Type, typeOf } from './items';
import { addNumbers, subtractNumbers } from './numbers';
import { assertApart, valueAt } from './paths';
import type { Placeholders } from './placeholders';

interface Arithmetic {
  readonly kind: '+' | '-';
  readonly operands: readonly [Operand, Operand];
}

type Action =
  | { readonly kind: 'SET'; readonly path: Path; readonly value: Operand | Arithmetic }
  | { readonly kind: 'REMOVE'; readonly path: Path }
  | { readonly kind: 'ADD' | 'DELETE'; readonly path: Path; readonly value: AttributeValue };

/** What an UpdateExpression does. No path is part of another one. */
export type Update = readonly Action[];

const SECTIONS = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;

const SETS: readonly Type[] = ['SS', 'NS', 'BS'];

const isArithmetic = (value: Operand | Arithmetic): value is Arithmetic => value.kind === '+' || value.kind === '-';

function arithmetic(reader: Reader, left: Operand): Operand | Arithmetic {
  const kind = reader.accept('+', '-') as '+' | '-' | undefined;
  if (!kind) return left;
  const operands = [left, reader.operand()] as const;
  reader.countOperator();
  reader.assertTypes(kind, operands, ['N']);
  return { kind, operands };
}

/** `operand`, `operand + operand`, or either in one pair of parentheses. */
function assigned(reader: Reader): Operand | Arithmetic {
  if (!reader.accept('(')) return arithmetic(reader, reader.operand());
  const isNested = reader.at('(');
  const inner = arithmetic(reader, reader.operand());
  reader.expect(')');
  if (isArithmetic(inner)) return inner;
  if (isNested) throw reader.redundantParentheses();
  return arithmetic(reader, inner);
}

function action(kind: Action['kind'], reader: Reader): Action {
  const path = reader.path();
  if (kind === 'REMOVE') return { kind, path };
  if (kind === 'SET') {
    reader.expect('=');
    return { kind, path, value: assigned(reader) };
  }
  const value = reader.value();
  const allowed: readonly Type[] = kind === 'ADD' ? ['N', ...SETS] : SETS;
  if (!allowed.includes(typeOf(value))) {
    throw reader.fail(
      `Incorrect operand type for operator or function; operator: ${kind}, operand type: ${typeOf(value)}, typeSet: ALLOWED_FOR_${kind}_OPERAND`,
    );
  }
  return { kind, path, value };
}

/**
 * Reads an UpdateExpression.
 *
 * @throws AwsError for what DynamoDB refuses without looking at an item.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
export function parseUpdate(text: string, placeholders: Placeholders): Update {
  const reader = new Reader('UpdateExpression', text, placeholders);
  const sections = new Map<string, Action[]>();
  do {
    const kind = SECTIONS.find((section) => reader.accept(section));
    if (!kind) throw reader.syntaxError();
    if (sections.has(kind)) {
      throw reader.fail(`The "${kind}" section can only be used once in an update expression;`);
    }
    sections.set(
      kind,
      reader.list(() => action(kind, reader)),
    );
  } while (SECTIONS.some((section) => reader.at(section)));
  reader.expectEnd();
  reader.assertOperators();
  const update = [...sections.values()].flat();
  assertApart(
    update.map(({ path }) => path),
    (problem) => reader.fail(problem),
  );
  return update;
}

/** Every path that an update writes to or reads. */
export function* pathsInUpdate(update: Update): Iterable<Path> {
  for (const action of update) {
    yield action.path;
    if (action.kind === 'SET') {
      yield* pathsInOperands(isArithmetic(action.value) ? action.value.operands : [action.value]);
    }
  }
}

const wrongType = (): AwsError => invalid('An operand in the update expression has an incorrect data type');
const wrongPath = (): AwsError => invalid('The document path provided in the update expression is invalid for update');

function operandValue(operand: Operand, item: Item): AttributeValue {
  if (operand.kind === 'value') return operand.value;
  if (operand.kind === 'path') {
    const value = valueAt(item, operand.path);
    if (value) return value;
    throw invalid('The provided expression refers to an attribute that does not exist in the item');
  }
  const [first, second] = operand.operands as readonly [Operand, Operand];
  if (operand.name === 'if_not_exists') {
    const present = first.kind === 'path' ? valueAt(item, first.path) : undefined;
    return present ?? operandValue(second, item);
  }
  const [head, tail] = [operandValue(first, item).L, operandValue(second, item).L];
  if (!head || !tail) throw wrongType();
  return { L: [...head, ...tail] };
}

function newValue(value: Operand | Arithmetic, item: Item): AttributeValue {
  if (!isArithmetic(value)) return operandValue(value, item);
  const [left, right] = value.operands.map((operand) => operandValue(operand, item).N);
  if (left === undefined || right === undefined) throw wrongType();
  return { N: value.kind === '+' ? addNumbers(left, right) : subtractNumbers(left, right) };
}

type Members = { readonly SS?: string[]; readonly NS?: string[]; readonly BS?: Uint8Array[] };

const membersOf = ({ SS, NS, BS }: AttributeValue): AttributeValue[] => [
  ...(SS ?? []).map((S) => ({ S })),
  ...(NS ?? []).map((N) => ({ N })),
  ...(BS ?? []).map((B) => ({ B })),
];

/** A set of the type of another one; undefined without members, since a set cannot be empty. */
function setOf(type: Type, members: readonly AttributeValue[]): AttributeValue | undefined {
  if (members.length === 0) return undefined;
  const set: Members = {
    ...(type === 'SS' && { SS: members.map(({ S = '' }) => S) }),
    ...(type === 'NS' && { NS: members.map(({ N = '' }) => N) }),
    ...(type === 'BS' && { BS: members.map(({ B = new Uint8Array() }) => B) }),
  };
  return normalize(set as AttributeValue);
}

function added(old: AttributeValue | undefined, value: AttributeValue): AttributeValue {
  if (!old) return value;
  if (typeOf(old) !== typeOf(value)) throw wrongType();
  if (old.N !== undefined && value.N !== undefined) return { N: addNumbers(old.N, value.N) };
  const before = membersOf(old);
  const more = membersOf(value).filter((member) => !before.some((known) => isEqual(known, member)));
  return setOf(typeOf(old), [...before, ...more]) ?? old;
}

function removed(old: AttributeValue | undefined, value: AttributeValue): AttributeValue | undefined {
  if (!old) return undefined;
  if (typeOf(old) !== typeOf(value)) throw wrongType();
  const gone = membersOf(value);
  return setOf(
    typeOf(old),
    membersOf(old).filter((member) => !gone.some((other) => isEqual(other, member))),
  );
}

/** What an action leaves at its path; undefined for nothing. All actions see the item as it was before any of them. */
function outcome(action: Action, item: Item): AttributeValue | undefined {
  if (action.kind === 'REMOVE') return undefined;
  if (action.kind === 'SET') return newValue(action.value, item);
  const old = valueAt(item, action.path);
  return action.kind === 'ADD' ? added(old, action.value) : removed(old, action.value);
}

/** Copies the maps and lists on the way to a path, so that they can be changed; the way must exist. */
function openParent(root: Item, path: Path): AttributeValue {
  let parent: AttributeValue = { M: root };
  for (const part of path.slice(0, -1)) {
    const child: AttributeValue | undefined =
      typeof part === 'number' ? parent.L?.[part] : parent.M && attribute(parent.M, part);
    const opened: AttributeValue | undefined = child?.M ? { M: { ...child.M } } : child?.L && { L: [...child.L] };
    if (!opened) throw wrongPath();
    if (typeof part === 'number') parent.L?.splice(part, 1, opened);
    else if (parent.M) setAttribute(parent.M, part, opened);
    parent = opened;
  }
  const fits = typeof path.at(-1) === 'number' ? parent.L : parent.M;
  if (!fits) throw wrongPath();
  return parent;
}

/** Orders paths so that what comes later in a list comes later. */
function comparePaths(a: Path, b: Path): number {
  for (const [level, part] of a.entries()) {
    const other = b[level];
    if (typeof part === 'number' && typeof other === 'number' && part !== other) return part - other;
    if (part !== other) return String(part) < String(other) ? -1 : 1;
  }
  return 0;
}

/**
 * The item as an update leaves it. List indexes mean the list as it was: an element set behind its end is appended, and what
 * is removed makes the others move up only afterwards.
 *
 * @throws AwsError when the update does not fit the item.
 */
export function applyUpdate(update: Update, item: Item): Item {
  const result = { ...item };
  const changes = update
    .map((action) => ({ path: action.path, value: outcome(action, item) }))
    .sort((a, b) => comparePaths(a.path, b.path));
  for (const { path, value } of changes) {
    const parent = openParent(result, path);
    const last = path.at(-1);
    if (value === undefined) continue;
    if (typeof last !== 'number') setAttribute(parent.M ?? {}, String(last), value);
    else if (parent.L) parent.L[Math.min(last, parent.L.length)] = value;
  }
  for (const { path, value } of changes.reverse()) {
    if (value !== undefined || valueAt(item, path) === undefined) continue;
    const parent = openParent(result, path);
    const last = path.at(-1);
    if (typeof last === 'number') parent.L?.splice(last, 1);
    else if (parent.M) delete parent.M[String(last)];
  }
  return result;
}
