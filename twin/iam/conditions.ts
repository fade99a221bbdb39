import { BlockList, isIP } from 'node:net';

/** Values that a request carries, by condition key in lower case. A key without values is absent. */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

/** Condition keys compare without regard to case; IAM has them with one value or several. */
export function requestContext(context: Readonly<Record<string, string | readonly string[]>>): RequestContext {
  const entries = Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()] as const);
  return new Map(entries.filter(([, values]) => values.length > 0));
}

/**
 * What the variables of a policy stand for; `undefined` for version 2008-10-17, where `${…}` is plain text.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export type Variables = RequestContext | undefined;

/** Undefined when there is nothing to compare: a variable has no value, or what should be a number, date, address or ARN is none. */
export type Match = boolean | undefined;

/** True as soon as one is; otherwise undefined as soon as one is. */
export function anyMatch<T>(items: readonly T[], test: (item: T) => Match): Match {
  const results = items.map(test);
  return results.includes(true) || (results.includes(undefined) ? undefined : false);
}

/** A character, or a wildcard: `*` repeats, `?` does not; `colon` tells whether it may stand for a colon. */
type Token = string | { readonly repeats: boolean; readonly colon: boolean };

/**
 * - `glob`: wildcards stand for anything.
 * - `arn`: a wildcard in one of the first five fields stays inside it; in the resource, after the fifth colon, it stands for anything.
 * - `resource`: like `arn`, but a `*` that ends a field may run on past the colon, and variables have a value in the resource only.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
type Style = 'glob' | 'arn' | 'resource';

/** `${key}`, `${key, 'default'}` and, for characters that would mean something else, `${*}`, `${?}`, `${$}`. */
function substitute(variable: string, variables: RequestContext): string | undefined {
  if (['*', '?', '$'].includes(variable)) return variable;
  const [, key = '', fallback] = /^(.+?)(?:, *'(.*)')?$/.exec(variable) ?? [];
  const values = variables.get(key.toLowerCase());
  return values === undefined ? fallback : values.length === 1 ? values[0] : undefined; // keys with several values are no variables
}

/** Puts in the variables; undefined when one of them has no value. */
function expand(text: string, variables: Variables): string | undefined {
  let known = true;
  const expanded = text.replace(/\$\{([^}]*)\}/g, (literal, variable: string) => {
    const value = variables ? substitute(variable, variables) : literal;
    known &&= value !== undefined;
    return value ?? '';
  });
  return known ? expanded : undefined;
}

/** Tokens of patterns without variables, by style and pattern: policies ask for the same ones with every call. */
const plainTokens = new Map<string, readonly Token[]>();

/** As `tokenize`, which is asked once about a pattern that means the same for every request. */
function tokensOf(pattern: string, variables: Variables, style: Style): readonly Token[] | undefined {
  if (pattern.includes('$')) return tokenize(pattern, variables, style);
  const key = `${style} ${pattern}`;
  const tokens = plainTokens.get(key) ?? tokenize(pattern, undefined, style) ?? [];
  plainTokens.set(key, tokens);
  return tokens;
}

/** Undefined when a variable has no value. What a variable stands for is plain text: a `*` in it is no wildcard. */
function tokenize(pattern: string, variables: Variables, style: Style): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let colons = 0;
  for (const { 0: part, index } of pattern.matchAll(variables ? /\$\{[^}]*\}|./gs : /./gs)) {
    const inResource = colons >= 5;
    if (part === '*' || part === '?') {
      const endsField = style === 'resource' && part === '*' && /^(:|$)/.test(pattern.slice(index + 1));
      tokens.push({ repeats: part === '*', colon: style === 'glob' || inResource || endsField });
      continue;
    }
    const text = expand(part, variables);
    if (text === undefined || (part.length > 1 && style === 'resource' && !inResource)) return undefined;
    tokens.push(...text.split(''));
    colons += text.split(':').length - 1;
  }
  return tokens;
}

/** Matches a whole text. */
export function matches(pattern: string, text: string, variables: Variables, style: Style): Match {
  // Most patterns tell by their first letters. One with a variable may have no answer at all.
  const [literal] = /^[^*?]*/.exec(pattern) ?? [''];
  const hasVariables = pattern.includes('$');
  if (!hasVariables) {
    if (literal === pattern) return pattern === text;
    if (!text.startsWith(literal)) return false;
  }
  const tokens = tokensOf(pattern, variables, style);
  if (tokens === undefined) return undefined;
  const compared = hasVariables ? 0 : literal.length;
  return reaches(tokens.slice(compared), text.slice(compared));
}

/** In time proportional to both lengths: `from` holds the positions that the tokens so far can reach. */
function reaches(tokens: readonly Token[], text: string): boolean {
  let from = [true];
  for (const token of tokens) {
    const to: boolean[] = [];
    for (let end = 0; end <= text.length; end += 1) {
      const last = end === 0 ? undefined : text[end - 1];
      const fits = last !== undefined && (typeof token === 'string' ? token === last : token.colon || last !== ':');
      const repeats = typeof token !== 'string' && token.repeats;
      to[end] = repeats ? from[end] === true || (fits && to[end - 1] === true) : fits && from[end - 1] === true;
    }
    if (!to.includes(true)) return false;
    from = to;
  }
  return from[text.length] === true;
}

type Comparison = (wanted: string, actual: string, variables: Variables) => Match;

const number = (text: string): number => (/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN);

/** One of the W3C's ISO 8601 formats, or seconds since 1970. Four digits are a year. */
function instant(text: string): number {
  if (/^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?$/.test(text)) return Date.parse(text);
  return /^\d+$/.test(text) ? Number(text) * 1000 : Number.NaN;
}

const ordered = (read: (text: string) => number, accepts: (difference: number) => boolean): Comparison => {
  return (wanted, actual) => {
    const difference = read(actual) - read(wanted);
    return Number.isNaN(difference) ? undefined : accepts(difference);
  };
};

const orderings = (prefix: string, read: (text: string) => number): readonly [string, Comparison][] => [
  [`${prefix}Equals`, ordered(read, (difference) => difference === 0)],
  [`${prefix}LessThan`, ordered(read, (difference) => difference < 0)],
  [`${prefix}LessThanEquals`, ordered(read, (difference) => difference <= 0)],
  [`${prefix}GreaterThan`, ordered(read, (difference) => difference > 0)],
  [`${prefix}GreaterThanEquals`, ordered(read, (difference) => difference >= 0)],
];

/** A range without prefix is one address. */
function inRange(range: string, address: string): Match {
  const [network = '', bits] = range.split('/');
  const version = isIP(network);
  const longest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
  if (version === 0 || isIP(address) === 0 || !(prefix <= longest)) return undefined;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return isIP(address) === version && list.check(address, family);
}

const onText = (isEqual: (wanted: string, actual: string) => boolean): Comparison => {
  return (wanted, actual, variables) => {
    const text = expand(wanted, variables);
    return text === undefined ? undefined : isEqual(text, actual);
  };
};

const isEqualIgnoringCase = (wanted: string, actual: string): boolean => wanted.toLowerCase() === actual.toLowerCase();

const isArn = (text: string | undefined): boolean => text !== undefined && text.split(':').length >= 6;
const arnLike: Comparison = (wanted, actual, variables) =>
  isArn(expand(wanted, variables)) && isArn(actual) ? matches(wanted, actual, variables, 'arn') : undefined;

/** Variables have a value in String, Arn and Bool operators. `BinaryEquals` expects Base64 in the request, too. */
const COMPARISONS = new Map<string, Comparison>([
  ['StringEquals', onText((wanted, actual) => wanted === actual)],
  ['StringEqualsIgnoreCase', onText(isEqualIgnoringCase)],
  ['StringLike', (wanted, actual, variables) => matches(wanted, actual, variables, 'glob')],
  ...orderings('Numeric', number),
  ...orderings('Date', instant),
  ['Bool', onText((wanted, actual) => /^(true|false)$/i.test(actual) && isEqualIgnoringCase(wanted, actual))],
  ['BinaryEquals', (wanted, actual) => Buffer.from(wanted, 'base64').equals(Buffer.from(actual, 'base64'))],
  ['IpAddress', inRange],
  ['ArnEquals', arnLike],
  ['ArnLike', arnLike],
]);

const NEGATED = new Map([
  ['StringNotEquals', 'StringEquals'],
  ['StringNotEqualsIgnoreCase', 'StringEqualsIgnoreCase'],
  ['StringNotLike', 'StringLike'],
  ['NumericNotEquals', 'NumericEquals'],
  ['DateNotEquals', 'DateEquals'],
  ['NotIpAddress', 'IpAddress'],
  ['ArnNotEquals', 'ArnEquals'],
  ['ArnNotLike', 'ArnLike'],
]);

/** An operator as `Condition` names it: `ForAllValues:StringNotEqualsIfExists`. */
export interface Operator {
  /** Undefined for `Null`, which tests whether the key is there instead of what it holds. */
  readonly compare: Comparison | undefined;
  readonly negated: boolean;
  readonly quantifier: string | undefined;
  readonly ifExists: boolean;
}

/** Undefined for a name that IAM does not know. `Null` takes neither a quantifier nor `IfExists`. */
export function parseOperator(name: string): Operator | undefined {
  const [, quantifier, base = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  const compare = COMPARISONS.get(NEGATED.get(base) ?? base);
  if (!compare && name !== 'Null') return undefined;
  return { compare, negated: NEGATED.has(base), quantifier, ifExists: ifExists !== undefined };
}

/** One key of one operator. */
export interface Condition {
  readonly operator: Operator;
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * Tells whether a condition is met. Several values in the policy mean one of them, with a negated operator none of them.
 *
 * | key             | operator | negated operator | `ForAllValues:` | `ForAnyValue:` | `…IfExists` |
 * | --------------- | -------- | ---------------- | --------------- | -------------- | ----------- |
 * | absent          | false    | true             | true            | false          | true        |
 * | empty text      | compared | compared         | true            | false          | as without  |
 * | one value       | compared | compared         | compared        | compared       | as without  |
 * | several values  | some     | every            | every           | some           | as without  |
 *
 * AWS does not say what an operator without quantifier makes of several values; here one that matches is enough, and the negated
 * operator is the opposite. Where there is nothing to compare, a negated operator is false as well; of variables without value AWS
 * says that they make the statement invalid.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
 */
export function isMet({ operator, key, values }: Condition, context: RequestContext, variables: Variables): boolean {
  const { compare, negated, quantifier } = operator;
  const actual = context.get(key.toLowerCase()) ?? [];
  if (!compare) return values.some((value) => value.toLowerCase() === String(actual.length === 0));
  if (operator.ifExists && actual.length === 0) return true;
  const test = (text: string): boolean => anyMatch(values, (value) => compare(value, text, variables)) === !negated;
  const isNullSet = actual.every((text) => text === '');
  if (quantifier === 'ForAllValues') return isNullSet || actual.every(test);
  if (quantifier === 'ForAnyValue') return !isNullSet && actual.some(test);
  return negated ? actual.every(test) : actual.some(test);
}
