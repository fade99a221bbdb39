/** PutMetricFilter and FilterLogEvents would refuse this pattern. */
export class InvalidFilterPatternError extends Error {
  override readonly name = 'InvalidFilterPatternError';
}

/** A compiled filter pattern. */
export interface LogFilter {
  /** The values that the pattern names, such as `$.eventName` or `$status_code`; undefined if the event does not match. */
  match(message: string): Record<string, string> | undefined;
  /** What a selector finds in an event, also one that the pattern does not name. */
  value(message: string, selector: string): string | undefined;
}

function fail(reason: string): never {
  throw new InvalidFilterPatternError(reason);
}

/**
 * Compiles a filter pattern: terms, `{ JSON conditions }` or `[space-delimited fields]`.
 *
 * @throws InvalidFilterPatternError
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compileLogFilter(pattern: string): LogFilter {
  const text = pattern.trim();
  if (pattern.length > 1024) fail('a filter pattern must have at most 1024 characters');
  if (text.startsWith('{')) return text.endsWith('}') ? jsonFilter(text.slice(1, -1)) : fail('} is missing at the end');
  if (text.startsWith('['))
    return text.endsWith(']') ? fieldsFilter(text.slice(1, -1)) : fail('] is missing at the end');
  return termsFilter(text);
}

// Terms

/** All plain terms must occur, no term with a minus; of terms with a question mark one must, unless there are others, too. */
function termsFilter(text: string): LogFilter {
  const terms = [...text.matchAll(/\s*([?-]?)\s*("(?:[^"\\]|\\.)*"|%[^%]*%|[^\s"]+)/g)].map(
    ([, sign = '', term = '']) => {
      return { sign, occurs: termTest(term) };
    },
  );
  const of = (sign: string) => terms.filter((term) => term.sign === sign).map(({ occurs }) => occurs);
  const [required, excluded, optional] = [of(''), of('-'), of('?')];
  const isOptional = optional.length > 0 && required.length === 0 && excluded.length === 0;
  return {
    match: (message) => {
      const matches = isOptional
        ? optional.some((occurs) => occurs(message))
        : required.every((occurs) => occurs(message)) && !excluded.some((occurs) => occurs(message));
      return matches ? {} : undefined;
    },
    value: () => undefined,
  };
}

function termTest(term: string): (message: string) => boolean {
  if (term.startsWith('%')) {
    const expression = regex(term);
    return (message) => expression.test(message);
  }
  const isQuoted = term.startsWith('"');
  if (!isQuoted && !/^[\p{L}\p{N}_]+$/u.test(term)) fail(`Invalid character(s) in term '${term}'`);
  const phrase = isQuoted ? unquote(term) : term;
  // A phrase of blanks matches everything, as the guide has it.
  return phrase.trim() === '' ? () => true : (message) => message.includes(phrase);
}

const unquote = (text: string): string => text.slice(1, -1).replace(/\\(["\\])/g, '$1');

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions */
function regex(term: string): RegExp {
  const body = term.slice(1, -1);
  const odd = /[^A-Za-z0-9 :_#=@/;,\-^$?[\]{}|\\*+.]/.exec(body)?.[0];
  if (!term.endsWith('%') || term.length < 3) fail(`${term} is no regular expression`);
  if (odd !== undefined) fail(`regular expressions must not have ${odd}: ${term}`);
  try {
    return new RegExp(body.replace(/\{,/g, '{0,'));
  } catch {
    return fail(`${term} is no regular expression`);
  }
}

// Conditions, in JSON and space-delimited patterns

type Scalar = string | number | boolean;
/** Every value that a name stands for: none if there is no such thing, several for a wildcard. */
type Read<E> = (event: E) => readonly unknown[];
type Test<E> = (event: E) => boolean;

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value);
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

const TOKENS =
  /\s*(&&|\|\||[()]|!=|>=|<=|[=<>]|"(?:[^"\\]|\\.)*"|%[^%]*%|\$(?:\.?\[(?:\d+|\*|'[^']*'|"[^"]*")\]|\.(?:\*|[\w-]+))+|[^\s()=<>!&|"%]+|\S)/gy;

const ORDERS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '>': (value, bound) => value > bound,
  '<': (value, bound) => value < bound,
  '>=': (value, bound) => value >= bound,
  '<=': (value, bound) => value <= bound,
};

/** Parentheses bind before `&&`, and that before `||`. */
class Conditions<E> {
  private readonly tokens: string[];

  constructor(
    text: string,
    /** How to read what a name in the pattern stands for. */
    private readonly reader: (name: string) => Read<E>,
  ) {
    this.tokens = [...text.matchAll(TOKENS)].map(([, token = '']) => token);
  }

  read(): Test<E> {
    const test = this.or();
    if (this.tokens.length > 0) fail(`unexpected ${this.tokens[0]}`);
    return test;
  }

  private or(): Test<E> {
    const tests = [this.and()];
    while (this.accept('||')) tests.push(this.and());
    return (event) => tests.some((test) => test(event));
  }

  private and(): Test<E> {
    const tests = [this.one()];
    while (this.accept('&&')) tests.push(this.one());
    return (event) => tests.every((test) => test(event));
  }

  private one(): Test<E> {
    if (this.accept('(')) {
      const test = this.or();
      if (!this.accept(')')) fail(') is missing');
      return test;
    }
    const read = this.reader(this.next());
    const operator = this.next();
    if (operator === 'IS') {
      const word = this.next();
      const wanted = new Map<string, unknown>([
        ['NULL', null],
        ['TRUE', true],
        ['FALSE', false],
      ]);
      if (!wanted.has(word)) fail(`NULL, TRUE or FALSE must follow IS, not ${word}`);
      return (event) => read(event).includes(wanted.get(word));
    }
    if (operator === 'NOT')
      return this.accept('EXISTS') ? (event) => read(event).length === 0 : fail('EXISTS must follow NOT');
    const test = comparison(operator, this.next());
    return (event) => read(event).some((value) => isScalar(value) && test(value));
  }

  private next(): string {
    return this.tokens.shift() ?? fail('something is missing at the end');
  }

  private accept(token: string): boolean {
    if (this.tokens[0] !== token) return false;
    this.tokens.shift();
    return true;
  }
}

/** What does not exist, and what is an object or a list, compares to nothing: `!=` does not match it, either. */
function comparison(operator: string, operand: string): (value: Scalar) => boolean {
  const order = ORDERS[operator];
  if (order) {
    if (!NUMBER.test(operand)) fail(`a number must follow ${operator}, not ${operand}`);
    return (value) => NUMBER.test(String(value)) && order(Number(value), Number(operand));
  }
  if (operator !== '=' && operator !== '!=') fail(`unexpected ${operator}`);
  const equals = equality(operand);
  return operator === '=' ? equals : (value) => !equals(value);
}

function equality(operand: string): (value: Scalar) => boolean {
  if (operand.startsWith('%')) {
    const expression = regex(operand);
    return (value) => expression.test(String(value));
  }
  if (!operand.startsWith('"') && NUMBER.test(operand)) {
    return (value) => String(value) === operand || (NUMBER.test(String(value)) && Number(value) === Number(operand));
  }
  const text = operand.startsWith('"') ? unquote(operand) : operand;
  // An asterisk is a wildcard at either end only: the guide said that Ev*ent matches nothing but "Ev*ent".
  const [start, end] = [text.startsWith('*'), text.endsWith('*')];
  if (/^\*+$/.test(text)) return () => true;
  const middle = text.slice(start ? 1 : 0, end ? -1 : undefined);
  if (start && end) return (value) => String(value).includes(middle);
  if (start) return (value) => String(value).endsWith(middle);
  return end ? (value) => String(value).startsWith(middle) : (value) => String(value) === text;
}

// JSON

function jsonFilter(text: string): LogFilter {
  const selectors = new Map<string, Read<unknown>>();
  const reader = (name: string) => {
    const read = jsonSelector(name);
    selectors.set(name, read);
    return read;
  };
  const test = new Conditions(text, reader).read();
  return {
    match: (message) => {
      const event = parseJson(message);
      if (event === undefined || !test(event)) return undefined;
      const values = [...selectors].map(([name, read]) => [name, textOf(read(event))] as const);
      return Object.fromEntries(values.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
    },
    value: (message, selector) => textOf(jsonSelector(selector)(parseJson(message))),
  };
}

/** `$.users[0].name`, `$.tags[*]`, `$.*`, `$.['a.b']` */
function jsonSelector(selector: string): Read<unknown> {
  if (!/^\$[.[]/.test(selector)) fail(`a selector such as $.eventName was expected, not ${selector}`);
  const steps = [...selector.matchAll(/\[(\d+|\*)\]|\[['"]([^'"]*)['"]\]|\.(\*|[\w-]+)/g)];
  return (event) =>
    steps.reduce<readonly unknown[]>(
      (nodes, [, index, quoted, name]) => nodes.flatMap((node) => stepInto(node, index, quoted ?? name)),
      [event],
    );
}

function stepInto(node: unknown, index: string | undefined, name: string | undefined): readonly unknown[] {
  if (node === null || typeof node !== 'object') return [];
  if (index !== undefined) {
    if (!Array.isArray(node)) return [];
    return index === '*' ? node : Number(index) < node.length ? [node[Number(index)]] : [];
  }
  if (Array.isArray(node) || name === undefined) return [];
  if (name === '*') return Object.values(node);
  return Object.hasOwn(node, name) ? [(node as Record<string, unknown>)[name]] : [];
}

function textOf(values: readonly unknown[]): string | undefined {
  const value = values.find(isScalar);
  return value === undefined ? undefined : String(value);
}

/** Undefined for what is no JSON object. */
function parseJson(message: string): unknown {
  try {
    const value: unknown = JSON.parse(message);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

// Space-delimited fields

type Fields = ReadonlyMap<string, string>;

interface Field {
  /** Undefined where the pattern leaves it blank. */
  readonly name?: string;
  readonly test: Test<Fields>;
}

const ELLIPSIS = /^(\.\.\.|…)$/;

/** `...` stands for any number of fields. Without one, the last field takes the rest of the line. */
function fieldsFilter(text: string): LogFilter {
  // At commas outside of quotes and regular expressions.
  const parts = text.split(/,(?=(?:[^"%]|"[^"]*"|%[^%]*%)*$)/).map((part) => part.trim());
  const gap = parts.findIndex((part) => ELLIPSIS.test(part));
  const fields = parts.filter((part) => !ELLIPSIS.test(part)).map(readField);
  if (parts.length - fields.length > 1) fail('there must be at most one ...');
  const read = (message: string) => assign(message, fields, gap);
  return {
    match: (message) => {
      const values = read(message);
      if (!values || !fields.every(({ test }) => test(values))) return undefined;
      return Object.fromEntries([...values].map(([name, value]) => [`$${name}`, value]));
    },
    value: (message, selector) => read(message)?.get(selector.replace(/^\$/, '')),
  };
}

function readField(part: string): Field {
  if (part === '') return { test: () => true };
  if (/^[\w-]+$/.test(part)) return { name: part, test: () => true };
  let name: string | undefined;
  const reader = (given: string): Read<Fields> => {
    name ??= given;
    if (given !== name || !/^[\w-]+$/.test(given)) fail(`the conditions of ${name} must not be on ${given}`);
    return (fields) => [fields.get(given)].filter((value) => value !== undefined);
  };
  const test = new Conditions(part, reader).read();
  return { ...(name !== undefined && { name }), test };
}

/** The values of a line by the names of their fields, or by their numbers. Undefined if it has another number of fields. */
function assign(message: string, fields: readonly Field[], gap: number): Fields | undefined {
  const parts = [...message.matchAll(/\[([^\]]*)\]|"([^"]*)"|(\S+)/g)].map((match) => ({
    value: match[1] ?? match[2] ?? match[0],
    at: match.index,
  }));
  if (parts.length < fields.length) return undefined;
  const before = gap < 0 ? fields.length : gap;
  const after = fields.length - before;
  const named = new Map<string, string>();
  for (const [index, { value, at }] of parts.entries()) {
    const fromEnd = parts.length - index;
    const field = index < before ? fields[index] : fromEnd <= after ? fields[fields.length - fromEnd] : undefined;
    if (!field && gap < 0) break;
    const isRest = gap < 0 && index === before - 1 && fromEnd > 1;
    named.set(field?.name ?? String(index + 1), isRest ? message.slice(at) : value);
  }
  return named;
}
