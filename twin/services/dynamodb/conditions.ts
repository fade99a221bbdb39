import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Call, MOST_OPERATORS, type Operand, type Path, Reader } from './expressions';
import { type Item, isEqual, sortable, type Type, typeOf } from './items';
import { valueAt } from './paths';
import type { Placeholders } from './placeholders';

const COMPARATORS = ['=', '<>', '<', '<=', '>', '>='] as const;
export type Comparator = (typeof COMPARATORS)[number];

/** A condition, filter or key condition. */
export type Condition =
  | { readonly kind: 'AND' | 'OR'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'NOT'; readonly condition: Condition }
  | { readonly kind: 'compare'; readonly operator: Comparator; readonly operands: readonly [Operand, Operand] }
  | { readonly kind: 'BETWEEN'; readonly operands: readonly [Operand, Operand, Operand] }
  | { readonly kind: 'IN'; readonly operands: readonly Operand[] }
  | Call;

/** Types whose values have an order. */
const SCALARS: readonly Type[] = ['S', 'N', 'B'];
const MOST_CHOICES = 100;

/** What stands between two operators. In parentheses it takes what follows to tell an operand from a condition. */
type Term = {
  readonly operand?: Operand;
  readonly condition?: Condition;
  /** Exactly one pair of parentheses around it; a second pair is refused. */
  readonly parenthesised?: boolean;
};

class ConditionReader {
  private depth = 0;

  constructor(private readonly reader: Reader) {}

  read(): Condition {
    const condition = this.asCondition(this.or());
    this.reader.expectEnd();
    this.reader.assertOperators();
    return condition;
  }

  private asCondition({ operand, condition }: Term): Condition {
    if (condition) return condition;
    if (operand?.kind !== 'call') throw this.reader.syntaxError();
    this.reader.assertPlace(operand, 'condition');
    return operand;
  }

  private or(): Term {
    return this.chain('OR', () => this.chain('AND', () => this.not()));
  }

  private chain(kind: 'AND' | 'OR', next: () => Term): Term {
    let term = next();
    while (this.reader.at(kind)) {
      const left = this.asCondition(term);
      this.reader.expect(kind);
      this.reader.countOperator();
      term = { condition: { kind, left, right: this.asCondition(next()) } };
    }
    return term;
  }

  private not(): Term {
    if (!this.reader.accept('NOT')) return this.comparison();
    this.reader.countOperator();
    return { condition: { kind: 'NOT', condition: this.asCondition(this.not()) } };
  }

  private comparison(): Term {
    const term = this.atom();
    const left = term.operand;
    if (!left) return term;
    const operator = COMPARATORS.find((comparator) => this.reader.accept(comparator));
    if (operator) return { condition: this.compare(operator, [left, this.reader.operand()]) };
    if (this.reader.accept('BETWEEN')) return { condition: this.between(left) };
    return this.reader.accept('IN') ? { condition: this.choice(left) } : term;
  }

  private atom(): Term {
    if (!this.reader.accept('(')) return { operand: this.reader.simpleOperand() };
    // Each pair that is not redundant has an operator to itself.
    this.depth += 1;
    if (this.depth > MOST_OPERATORS) throw this.reader.redundantParentheses();
    const term = this.or();
    this.depth -= 1;
    this.reader.expect(')');
    if (term.parenthesised) throw this.reader.redundantParentheses();
    return { ...term, parenthesised: true };
  }

  private assertOperands(operator: string, operands: readonly Operand[]): void {
    this.reader.countOperator();
    for (const operand of operands) this.reader.assertPlace(operand, 'operand');
    this.reader.assertDistinct(operator, operands);
  }

  private compare(operator: Comparator, operands: readonly [Operand, Operand]): Condition {
    this.assertOperands(operator, operands);
    if (operator !== '=' && operator !== '<>') this.reader.assertTypes(operator, operands, SCALARS);
    return { kind: 'compare', operator, operands };
  }

  private between(operand: Operand): Condition {
    const low = this.reader.operand();
    this.reader.expect('AND');
    const high = this.reader.operand();
    this.assertOperands('BETWEEN', [operand, low, high]);
    this.reader.assertTypes('BETWEEN', [operand, low, high], SCALARS);
    if (low.kind === 'value' && high.kind === 'value') {
      const show = ({ value }: { value: AttributeValue }): string => {
        const type = typeOf(value);
        return `AttributeValue: {${type}:${String(value[type])}}`;
      };
      const bounds = `lower bound operand: ${show(low)}, upper bound operand: ${show(high)}`;
      if (typeOf(low.value) !== typeOf(high.value)) {
        throw this.reader.fail(`The BETWEEN operator requires same data type for lower and upper bounds; ${bounds}`);
      }
      if (sortable(low.value) > sortable(high.value)) {
        throw this.reader.fail(
          `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${bounds}`,
        );
      }
    }
    return { kind: 'BETWEEN', operands: [operand, low, high] };
  }

  private choice(operand: Operand): Condition {
    this.reader.expect('(');
    const choices = this.reader.list(() => this.reader.operand());
    this.reader.expect(')');
    if (choices.length > MOST_CHOICES) {
      throw this.reader.fail(
        `The IN operator is provided with too many operands; number of operands: ${choices.length}`,
      );
    }
    this.assertOperands('IN', [operand, ...choices]);
    return { kind: 'IN', operands: [operand, ...choices] };
  }
}

/**
 * Reads a condition.
 *
 * @throws AwsError for what DynamoDB refuses without looking at an item.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html#Expressions.OperatorsAndFunctions.Syntax
 */
export const parseCondition = (
  member: 'ConditionExpression' | 'FilterExpression' | 'KeyConditionExpression',
  text: string,
  placeholders: Placeholders,
): Condition => new ConditionReader(new Reader(member, text, placeholders)).read();

/** Every path that operands refer to. */
export function* pathsInOperands(operands: readonly Operand[]): Iterable<Path> {
  for (const operand of operands) {
    if (operand.kind === 'path') yield operand.path;
    if (operand.kind === 'call') yield* pathsInOperands(operand.operands);
  }
}

/** Every path that a condition refers to. */
export function* pathsIn(condition: Condition): Iterable<Path> {
  switch (condition.kind) {
    case 'AND':
    case 'OR':
      yield* pathsIn(condition.left);
      yield* pathsIn(condition.right);
      return;
    case 'NOT':
      yield* pathsIn(condition.condition);
      return;
    default:
      yield* pathsInOperands(condition.operands);
  }
}

/** In UTF-16 code units, bytes or elements. Other types have no size. */
function sizeOf(value: AttributeValue): number | undefined {
  const sized = value.S ?? value.B ?? value.SS ?? value.NS ?? value.BS ?? value.L;
  return sized?.length ?? (value.M && Object.keys(value.M).length);
}

function resolve(operand: Operand | undefined, item: Item): AttributeValue | undefined {
  if (operand?.kind === 'value') return operand.value;
  if (operand?.kind === 'path') return valueAt(item, operand.path);
  const sized = operand && resolve(operand.operands[0], item);
  const size = sized && sizeOf(sized);
  return size === undefined ? undefined : { N: String(size) };
}

/** Values have an order only among those of the same scalar type. */
function inOrder(low: AttributeValue | undefined, high: AttributeValue | undefined, strictly: boolean): boolean {
  if (!low || !high || typeOf(low) !== typeOf(high) || !SCALARS.includes(typeOf(low))) return false;
  const [a, b] = [sortable(low), sortable(high)];
  return a < b || (!strictly && a === b);
}

const areEqual = (a: AttributeValue | undefined, b: AttributeValue | undefined): boolean =>
  a !== undefined && b !== undefined && isEqual(a, b);

function compare(operator: Comparator, a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  switch (operator) {
    case '=':
      return areEqual(a, b);
    case '<>':
      return !areEqual(a, b);
    case '<':
    case '<=':
      return inOrder(a, b, operator === '<');
    default:
      return inOrder(b, a, operator === '>');
  }
}

function contains(whole: AttributeValue, part: AttributeValue): boolean {
  if (whole.S !== undefined) return part.S !== undefined && whole.S.includes(part.S);
  if (whole.B !== undefined) return part.B !== undefined && Buffer.from(whole.B).includes(Buffer.from(part.B));
  if (whole.SS) return whole.SS.some((S) => isEqual({ S }, part));
  if (whole.NS) return whole.NS.some((N) => isEqual({ N }, part));
  if (whole.BS) return whole.BS.some((B) => isEqual({ B }, part));
  return whole.L?.some((element) => isEqual(element, part)) ?? false;
}

function beginsWith(whole: AttributeValue, start: AttributeValue): boolean {
  const type = typeOf(whole);
  return (type === 'S' || type === 'B') && type === typeOf(start) && sortable(whole).startsWith(sortable(start));
}

function call({ name, operands }: Call, item: Item): boolean {
  const [first, second] = operands.map((operand) => resolve(operand, item));
  if (name === 'attribute_exists') return first !== undefined;
  if (name === 'attribute_not_exists') return first === undefined;
  if (!first || !second) return false;
  if (name === 'attribute_type') return typeOf(first) === second.S;
  return name === 'contains' ? contains(first, second) : beginsWith(first, second);
}

/** Tells whether an item meets a condition. For an item that does not exist, `item` is empty. */
export function isMet(condition: Condition, item: Item): boolean {
  switch (condition.kind) {
    case 'AND':
      return isMet(condition.left, item) && isMet(condition.right, item);
    case 'OR':
      return isMet(condition.left, item) || isMet(condition.right, item);
    case 'NOT':
      return !isMet(condition.condition, item);
    case 'call':
      return call(condition, item);
    case 'compare':
      return compare(condition.operator, resolve(condition.operands[0], item), resolve(condition.operands[1], item));
    case 'BETWEEN': {
      const [value, low, high] = condition.operands.map((operand) => resolve(operand, item));
      return inOrder(low, value, false) && inOrder(value, high, false);
    }
    case 'IN': {
      const [value, ...choices] = condition.operands.map((operand) => resolve(operand, item));
      return choices.some((choice) => areEqual(value, choice));
    }
  }
}
