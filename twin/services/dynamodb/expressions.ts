import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AwsError } from '../../service';
import { invalid } from './errors';
import { TYPES, type Type, typeOf } from './items';
import type { Placeholders } from './placeholders';
import { RESERVED_WORDS } from './reserved-words';

/** A document path, names resolved: `['tags', 0, 'key']` for `#t[0].key`. */
export type Path = readonly [string, ...(string | number)[]];

/** What a comparison, a function or an assignment works on. */
export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | Call;

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly operands: readonly Operand[];
}

interface Token {
  readonly kind: 'word' | 'name' | 'value' | 'index' | 'symbol' | 'unknown' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters */
const LONGEST_EXPRESSION = 4096;
export const MOST_OPERATORS = 300;
const DEEPEST_PATH = 32;
const GREATEST_INDEX = 2 ** 31 - 1;

const TOKEN =
  /\s+|(?<word>[A-Za-z][A-Za-z0-9_]*)|(?<name>#[A-Za-z0-9_]+)|(?<value>:[A-Za-z0-9_]+)|(?<index>0|[1-9]\d*)|(?<symbol><>|<=|>=|[=<>,().[\]+-])|(?<unknown>.)/gsu;

/** Never names, whether they are reserved or not. */
const KEYWORD = /^(and|or|not|in|between|set|add|delete|remove)$/i;

function* tokens(text: string): Iterable<Token> {
  for (const { 0: token, index, groups = {} } of text.matchAll(TOKEN)) {
    const kind = (Object.keys(groups) as Token['kind'][]).find((name) => groups[name] !== undefined);
    if (kind) yield { kind, text: token, start: index, end: index + token.length };
  }
  yield { kind: 'end', text: '<EOF>', start: text.length, end: text.length };
}

interface FunctionRules {
  /** As a condition, as an operand in one, or as an operand in an update. */
  readonly place: 'condition' | 'operand' | 'update';
  readonly operands: number;
  /** The first operand is an attribute, not a value. */
  readonly wantsPath?: true;
  /** Types of values that make sense. */
  readonly types?: readonly Type[];
}

/**
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html#Expressions.OperatorsAndFunctions.Functions
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
const FUNCTIONS: ReadonlyMap<string, FunctionRules> = new Map<string, FunctionRules>([
  ['attribute_exists', { place: 'condition', operands: 1, wantsPath: true }],
  ['attribute_not_exists', { place: 'condition', operands: 1, wantsPath: true }],
  ['attribute_type', { place: 'condition', operands: 2 }],
  ['begins_with', { place: 'condition', operands: 2, types: ['S', 'B'] }],
  ['contains', { place: 'condition', operands: 2 }],
  ['size', { place: 'operand', operands: 1, types: ['S', 'B', 'SS', 'NS', 'BS', 'L', 'M'] }],
  ['if_not_exists', { place: 'update', operands: 2, wantsPath: true }],
  ['list_append', { place: 'update', operands: 2, types: ['L'] }],
]);

/** What an operand is known to be before any item is read; undefined if that depends on the item. */
const staticType = (operand: Operand): Type | undefined => {
  if (operand.kind === 'value') return typeOf(operand.value);
  return operand.kind === 'call' && operand.name === 'size' ? 'N' : undefined;
};

export const showPath = (path: Path): string =>
  `[${path.map((part) => (typeof part === 'number' ? `[${part}]` : part)).join(', ')}]`;

const isSamePath = (a: Path, b: Path): boolean => a.length === b.length && a.every((part, index) => part === b[index]);

/**
 * Reads an expression token by token. The grammars of conditions, updates and projections build on it; all problems that
 * can be seen without an item are found while reading.
 */
export class Reader {
  private readonly tokens: readonly Token[];
  private position = 0;
  private operators = 0;

  constructor(
    /** As in the request: `ConditionExpression`. */
    readonly member: string,
    private readonly text: string,
    private readonly placeholders: Placeholders,
  ) {
    const size = Buffer.byteLength(text);
    if (text === '') throw this.fail('The expression can not be empty;');
    if (size > LONGEST_EXPRESSION) {
      throw this.fail(`Expression size has exceeded the maximum allowed size; expression size: ${size}`);
    }
    this.tokens = [...tokens(text)];
  }

  fail(problem: string): AwsError {
    return invalid(`Invalid ${this.member}: ${problem}`);
  }

  private get token(): Token {
    return this.tokens[this.position] as Token;
  }

  /** Complains about the current token, showing it between its neighbours. */
  syntaxError(): AwsError {
    const { token } = this;
    const first = this.tokens[this.position - 1] ?? token;
    const last = this.tokens[this.position + 1] ?? token;
    return this.fail(`Syntax error; token: "${token.text}", near: "${this.text.slice(first.start, last.end)}"`);
  }

  /** Whether the current token is this symbol or keyword. */
  at(text: string): boolean {
    return (this.token.kind === 'symbol' || this.token.kind === 'word') && this.token.text.toUpperCase() === text;
  }

  accept(...texts: readonly string[]): string | undefined {
    const found = texts.find((text) => this.at(text));
    if (found !== undefined) this.position += 1;
    return found;
  }

  expect(text: string): void {
    if (this.accept(text) === undefined) throw this.syntaxError();
  }

  expectEnd(): void {
    if (this.token.kind !== 'end') throw this.syntaxError();
  }

  private take(kind: Token['kind']): Token | undefined {
    const { token } = this;
    if (token.kind !== kind || (kind === 'word' && KEYWORD.test(token.text))) return undefined;
    this.position += 1;
    return token;
  }

  /** `item (, item)*` */
  list<T>(read: () => T): T[] {
    const items = [read()];
    while (this.accept(',')) items.push(read());
    return items;
  }

  /** Counts an operator or function towards the limit. */
  countOperator(): void {
    this.operators += 1;
  }

  assertOperators(): void {
    if (this.operators > MOST_OPERATORS) {
      throw this.fail(`The expression contains too many operators; operator count: ${this.operators}`);
    }
  }

  private attributeName(): string {
    const placeholder = this.take('name')?.text;
    if (placeholder !== undefined) {
      const name = this.placeholders.name(placeholder);
      if (name !== undefined) return name;
      throw this.fail(
        `An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
      );
    }
    const word = this.take('word')?.text;
    if (word === undefined) throw this.syntaxError();
    if (RESERVED_WORDS.has(word.toUpperCase())) {
      throw this.fail(`Attribute name is a reserved keyword; reserved keyword: ${word}`);
    }
    return word;
  }

  path(): Path {
    const path: [string, ...(string | number)[]] = [this.attributeName()];
    for (;;) {
      if (this.accept('.')) {
        path.push(this.attributeName());
      } else if (this.accept('[')) {
        const index = this.take('index')?.text;
        if (index === undefined) throw this.syntaxError();
        this.expect(']');
        if (Number(index) > GREATEST_INDEX) {
          throw this.fail(`List index is not within the allowable range; index: [${index}]`);
        }
        path.push(Number(index));
      } else {
        if (path.length <= DEEPEST_PATH) return path;
        throw this.fail(`The document path has too many nesting levels; nesting levels: ${path.length}`);
      }
    }
  }

  /** `:value`, which must be defined. */
  value(): AttributeValue {
    const placeholder = this.take('value')?.text;
    if (placeholder === undefined) throw this.syntaxError();
    const value = this.placeholders.value(placeholder);
    if (value !== undefined) return value;
    throw this.fail(`An expression attribute value used in expression is not defined; attribute value: ${placeholder}`);
  }

  /** A path, a value or a function; parentheses are up to the grammar. */
  simpleOperand(): Operand {
    if (this.token.kind === 'value') return { kind: 'value', value: this.value() };
    const next = this.tokens[this.position + 1];
    const isCall = this.token.kind === 'word' && next?.text === '(' && !KEYWORD.test(this.token.text);
    return isCall ? this.call() : { kind: 'path', path: this.path() };
  }

  /** An operand, perhaps in one pair of parentheses. */
  operand(): Operand {
    if (!this.accept('(')) return this.simpleOperand();
    if (this.at('(')) throw this.redundantParentheses();
    const operand = this.simpleOperand();
    this.expect(')');
    return operand;
  }

  redundantParentheses(): AwsError {
    return this.fail('The expression has redundant parentheses;');
  }

  private call(): Call {
    const name = this.take('word')?.text ?? '';
    this.expect('(');
    const operands = this.list(() => this.operand());
    this.expect(')');
    this.countOperator();
    const known = FUNCTIONS.get(name);
    if (!known) throw this.fail(`Invalid function name; function: ${name}`);
    const isUpdate = this.member === 'UpdateExpression';
    if (isUpdate !== (known.place === 'update')) {
      const what = isUpdate ? 'an update' : 'a condition';
      throw this.fail(`The function is not allowed in ${what} expression; function: ${name}`);
    }
    if (operands.length !== known.operands) {
      throw this.fail(
        `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
      );
    }
    if (known.wantsPath && operands[0]?.kind !== 'path') {
      throw this.fail(`Operator or function requires a document path; operator or function: ${name}`);
    }
    for (const operand of operands) this.assertPlace(operand, 'operand');
    if (name !== 'list_append') this.assertDistinct(name, operands);
    if (known.types) this.assertTypes(name, operands, known.types);
    if (name === 'attribute_type') this.assertTypeName(operands[1]);
    return { kind: 'call', name, operands };
  }

  private assertTypeName(operand: Operand | undefined): void {
    const type = operand?.kind === 'value' ? operand.value.S : undefined;
    if (type === undefined) {
      throw this.fail(
        'Incorrect operand type for operator or function; operator or function: attribute_type, operand type: not a string',
      );
    }
    if (!TYPES.some((known) => known === type)) {
      throw this.fail(`Invalid attribute type name found; type: ${type}, valid types: {${TYPES.join(',')}}`);
    }
  }

  /** Functions of conditions yield true or false, which is no operand; `size` yields a number, which is no condition. */
  assertPlace(operand: Operand, place: 'condition' | 'operand'): void {
    if (operand.kind !== 'call') return;
    const known = FUNCTIONS.get(operand.name)?.place;
    if ((known === 'condition') !== (place === 'condition')) {
      throw this.fail(`The function is not allowed to be used this way in an expression; function: ${operand.name}`);
    }
  }

  /** The first operand, if it is a path, must not appear among the others. */
  assertDistinct(operator: string, operands: readonly Operand[]): void {
    const [first, ...others] = operands;
    if (first?.kind !== 'path') return;
    if (others.some((other) => other.kind === 'path' && isSamePath(other.path, first.path))) {
      throw this.fail(
        `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${showPath(first.path)}`,
      );
    }
  }

  /** Refuses values of other types; what a path leads to is known only when an item is read. */
  assertTypes(operator: string, operands: readonly Operand[], allowed: readonly Type[]): void {
    for (const operand of operands) {
      const type = staticType(operand);
      if (type && !allowed.includes(type)) {
        throw this.fail(
          `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
        );
      }
    }
  }
}
