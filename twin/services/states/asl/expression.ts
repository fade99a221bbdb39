import type { Json } from './definition';
import { arityOf, runIntrinsic } from './intrinsics';
import { InvalidPathError, parsePath } from './json-path';

/** What paths are applied to: a state's data (`$`) and the context object (`$$`). */
export interface Data {
  readonly input: Json;
  readonly context: Json;
}

type Expression = (data: Data) => Json;

const cache = new Map<string, Expression>();

/**
 * Compiles what may stand under a key that ends in `.$`: a path, or an intrinsic function of paths, literals and further functions.
 *
 * @throws InvalidPathError
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 */
export function compileExpression(text: string): Expression {
  const known = cache.get(text);
  if (known) return known;
  const { value, rest } = readExpression(text.trim(), text, 0);
  if (rest !== '') throw new InvalidPathError(`${text}: cannot be read from '${rest}' on`);
  cache.set(text, value);
  return value;
}

/** Reads a path of the data or of the context object. */
export function readPath(text: string, { input, context }: Data): Json {
  return text.startsWith('$$') ? parsePath(text.slice(1)).read(context) : parsePath(text).read(input);
}

const MOST_NESTED = 10;

interface Reading {
  readonly value: Expression;
  readonly rest: string;
}

function readExpression(text: string, whole: string, depth: number): Reading {
  const [call, name] = /^States\.(\w+)\s*\(\s*/.exec(text) ?? [];
  if (call !== undefined && name !== undefined) return readCall(text.slice(call.length), name, whole, depth + 1);
  const path = pathAt(text);
  if (path !== undefined && path !== '') {
    parsePath(path.startsWith('$$') ? path.slice(1) : path);
    return { value: (data) => readPath(path, data), rest: text.slice(path.length) };
  }
  const [literal] = /^(?:'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true\b|false\b|null\b)/.exec(text) ?? [];
  if (literal === undefined || depth === 0) throw new InvalidPathError(`${whole}: cannot be read from '${text}' on`);
  // Within a format a backslash goes on to protect braces, so it is taken off there.
  const value = literal.startsWith("'")
    ? literal.slice(1, -1).replaceAll(/\\(['\\])/g, '$1')
    : (JSON.parse(literal) as Json);
  return { value: () => value, rest: text.slice(literal.length) };
}

function readCall(text: string, name: string, whole: string, depth: number): Reading {
  const arity = arityOf(name);
  if (!arity) throw new InvalidPathError(`${whole}: there is no intrinsic function States.${name}`);
  if (depth > MOST_NESTED)
    throw new InvalidPathError(`${whole}: more than ${MOST_NESTED} intrinsic functions are nested`);
  const parts: Expression[] = [];
  let rest = text;
  while (!rest.startsWith(')')) {
    const read = readExpression(rest, whole, depth);
    parts.push(read.value);
    rest = read.rest.trimStart();
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart();
    else if (!rest.startsWith(')')) throw new InvalidPathError(`${whole}: cannot be read from '${rest}' on`);
  }
  if (parts.length < arity[0] || parts.length > arity[1])
    throw new InvalidPathError(`${whole}: States.${name} does not take ${parts.length} arguments`);
  return {
    value: (data) =>
      runIntrinsic(
        name,
        parts.map((part) => part(data)),
      ),
    rest: rest.slice(1),
  };
}

/** The path at the beginning: up to a comma, parenthesis or space that is not within brackets. */
function pathAt(text: string): string | undefined {
  if (!text.startsWith('$')) return undefined;
  let depth = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote) {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (depth > 0 && (character === "'" || character === '"')) quote = character;
    else if (character === '[') depth++;
    else if (character === ']') depth--;
    else if (depth === 0 && text.startsWith('length()', at) && text[at - 1] === '.') at += 'length('.length;
    else if (depth === 0 && /[\s,)]/.test(character)) return text.slice(0, at);
  }
  return text;
}
