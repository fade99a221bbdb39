import { isDeepStrictEqual } from 'node:util';
import type { Json } from './definition';
import { InvalidPathError, NoSuchPathError, parsePath } from './json-path';

type Predicate = (item: Json, root: Json) => boolean;
type Operand = (item: Json, root: Json) => Json | undefined;

const TOKEN =
  /\s*(&&|\|\||==|!=|<=|>=|<|>|!|\(|\)|(?:[@$](?:\.\.?[\w*-]+|\[(?:'[^']*'|"[^"]*"|-?\d+|\*)\])*)|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true\b|false\b|null\b)\s*/y;

/**
 * Compiles what stands in `[?(…)]`: comparisons of paths and literals, whether a path is there, `!`, `&&`, `||` and parentheses. Values of
 * different types are never equal, nor less or greater.
 *
 * @throws InvalidPathError
 */
export function compileFilter(filter: string, path: string): Predicate {
  const tokens = tokensIn(filter, path);
  const refuse = (): never => {
    throw new InvalidPathError(`${path}: the filter ${filter} cannot be read`);
  };
  const any = (): Predicate => {
    const alternatives = [all()];
    while (tokens[0] === '||') {
      tokens.shift();
      alternatives.push(all());
    }
    return (item, root) => alternatives.some((matches) => matches(item, root));
  };
  const all = (): Predicate => {
    const conditions = [one()];
    while (tokens[0] === '&&') {
      tokens.shift();
      conditions.push(one());
    }
    return (item, root) => conditions.every((matches) => matches(item, root));
  };
  const one = (): Predicate => {
    const token = tokens.shift();
    if (token === '!') {
      const inner = one();
      return (item, root) => !inner(item, root);
    }
    if (token === '(') {
      const inner = any();
      if (tokens.shift() !== ')') refuse();
      return inner;
    }
    const left = operand(token ?? refuse(), refuse);
    const compare = comparisons[tokens[0] ?? ''];
    if (!compare) return (item, root) => left(item, root) !== undefined;
    tokens.shift();
    const right = operand(tokens.shift() ?? refuse(), refuse);
    return (item, root) => compare(left(item, root), right(item, root));
  };
  const matches = any();
  if (tokens.length > 0) refuse();
  return matches;
}

function tokensIn(filter: string, path: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < filter.length) {
    const found = TOKEN.exec(filter)?.[1];
    if (found === undefined) throw new InvalidPathError(`${path}: the filter ${filter} cannot be read`);
    tokens.push(found);
  }
  return tokens;
}

function operand(token: string, refuse: () => never): Operand {
  if (token.startsWith('@') || token.startsWith('$')) {
    const path = parsePath(`$${token.slice(1)}`);
    return (item, root) => {
      try {
        return path.read(token.startsWith('@') ? item : root);
      } catch (error) {
        if (error instanceof NoSuchPathError) return undefined;
        throw error;
      }
    };
  }
  const literal = literalIn(token, refuse);
  return () => literal;
}

function literalIn(token: string, refuse: () => never): Json {
  if (/^['"]/.test(token)) return token.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  return /^(-?\d|true|false|null)/.test(token) ? (JSON.parse(token) as Json) : refuse();
}

const ordered =
  (holds: (order: number) => boolean) =>
  (a: Json, b: Json): boolean => {
    const isOrdered = typeof a === typeof b && (typeof a === 'number' || typeof a === 'string');
    return isOrdered && holds(a < b ? -1 : a > b ? 1 : 0);
  };

const comparisons: Readonly<Record<string, (a: Json, b: Json) => boolean>> = {
  '==': isDeepStrictEqual,
  '!=': (a, b) => !isDeepStrictEqual(a, b),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
};
