import type { Json } from './definition';
import { compileFilter } from './json-path-filter';

/** A path that is not written as it must be. */
export class InvalidPathError extends Error {
  override readonly name = 'InvalidPathError';
}

/** A path that leads to nothing in what it was applied to. */
export class NoSuchPathError extends Error {
  override readonly name = 'NoSuchPathError';
}

type Step = (value: Json, root: Json) => Json[];

/** A path, understood. */
export interface JsonPath {
  /** Leads to one place at most; other paths select a list, which may be empty. */
  readonly isDefinite: boolean;
  /** Names and indexes only, without functions: a reference path, as ResultPath must be. */
  readonly reference?: readonly (string | number)[];
  /** @throws NoSuchPathError if a definite path leads to nothing. */
  read(root: Json): Json;
}

const cache = new Map<string, JsonPath>();

/**
 * Reads `$.detail.findings[0]['Id']`, and with it what else Step Functions takes: wildcards, descent (`..`), lists and slices of
 * indexes, filters, and `.length()` at the end.
 *
 * Written here because it has to tell a definite path that leads to nothing (an error) from one that selects nothing (an empty list), as
 * the library of AWS does, and published JavaScript ones do not.
 *
 * @throws InvalidPathError
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
 */
export function parsePath(text: string): JsonPath {
  const known = cache.get(text);
  if (known) return known;
  const parsed = parse(text);
  cache.set(text, parsed);
  return parsed;
}

function parse(text: string): JsonPath {
  if (!text.startsWith('$')) throw new InvalidPathError(`${text}: a path begins with $`);
  const steps: Step[] = [];
  const reference: (string | number)[] = [];
  let isDefinite = true;
  let measures = false;
  let rest = text.slice(1);
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const found = pattern.exec(rest) ?? undefined;
    if (found) rest = rest.slice(found[0].length);
    return found;
  };
  while (rest.length > 0) {
    if (take(/^\.length\(\)$/)) {
      measures = true;
      continue;
    }
    if (take(/^\.\.(?=[\w*[\u0080-\uffff])/)) {
      isDefinite = false;
      steps.push(descendants);
      if (!rest.startsWith('[')) rest = `.${rest}`;
      continue;
    }
    if (take(/^\.\*/) ?? take(/^\[\s*\*\s*\]/)) {
      isDefinite = false;
      steps.push(children);
      continue;
    }
    const [, name] = take(/^\.([\w\-\u0080-\uffff]+)/) ?? [];
    if (name !== undefined) {
      steps.push(member(name));
      reference.push(name);
      continue;
    }
    const bracket = bracketIn(rest);
    if (bracket === undefined) throw new InvalidPathError(`${text}: cannot be read from '${rest}' on`);
    rest = rest.slice(bracket.length + 2);
    const read = readBracket(bracket, text);
    steps.push(read.step);
    if (read.single === undefined) isDefinite = false;
    else reference.push(read.single);
  }
  return {
    isDefinite,
    ...(isDefinite && !measures && { reference }),
    read: (root) => {
      const found = steps.reduce<Json[]>((values, step) => values.flatMap((value) => step(value, root)), [root]);
      if (isDefinite && found.length === 0) throw new NoSuchPathError(text);
      const value = isDefinite ? found[0] : found;
      if (!measures) return value;
      if (Array.isArray(value) || typeof value === 'string') return value.length;
      if (value !== null && typeof value === 'object') return Object.keys(value).length;
      throw new NoSuchPathError(text);
    },
  };
}

/** What stands between a bracket and the one that closes it. */
function bracketIn(text: string): string | undefined {
  if (!text.startsWith('[')) return undefined;
  let depth = 0;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote) {
      if (character === '\\') at++;
      else if (character === quote) quote = '';
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '[') depth++;
    else if (character === ']' && --depth === 0) return text.slice(1, at);
  }
  return undefined;
}

const NAME = /^\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|$)/;

function readBracket(inner: string, text: string): { step: Step; single?: string | number } {
  const filter = /^\s*\?\s*\((.*)\)\s*$/s.exec(inner)?.[1];
  if (filter !== undefined) {
    const matches = compileFilter(filter, text);
    return { step: (value, root) => children(value, root).filter((item) => matches(item, root)) };
  }
  if (NAME.test(inner)) {
    const names = namesIn(inner, text);
    const [only] = names;
    return names.length === 1 && only !== undefined
      ? { step: member(only), single: only }
      : { step: (value) => names.flatMap((name) => member(name)(value, value)) };
  }
  const slice = /^\s*(-?\d*)\s*:\s*(-?\d*)\s*$/.exec(inner);
  if (slice) {
    const [from, to] = [slice[1], slice[2]].map((bound) => (bound ? Number(bound) : undefined));
    return { step: (value) => (Array.isArray(value) ? value.slice(from, to) : []) };
  }
  const indexes = inner.split(',').map((index) => (/^\s*-?\d+\s*$/.test(index) ? Number(index) : Number.NaN));
  if (indexes.length === 0 || indexes.some(Number.isNaN))
    throw new InvalidPathError(`${text}: cannot be read at [${inner}]`);
  const [only] = indexes;
  return indexes.length === 1 && only !== undefined
    ? { step: item(only), single: only }
    : { step: (value) => indexes.flatMap((index) => item(index)(value, value)) };
}

function namesIn(inner: string, text: string): string[] {
  const names: string[] = [];
  let rest = inner;
  while (rest.length > 0) {
    const found = NAME.exec(rest);
    if (!found) throw new InvalidPathError(`${text}: cannot be read at [${inner}]`);
    names.push((found[1] ?? found[2] ?? '').replaceAll(/\\(.)/g, '$1'));
    rest = rest.slice(found[0].length);
  }
  return names;
}

const isObject = (value: Json): boolean => value !== null && typeof value === 'object' && !Array.isArray(value);
const member =
  (name: string): Step =>
  (value) =>
    isObject(value) && Object.hasOwn(value, name) ? [value[name]] : [];
const item =
  (index: number): Step =>
  (value) => {
    const at = Array.isArray(value) && index < 0 ? value.length + index : index;
    return Array.isArray(value) && at >= 0 && at < value.length ? [value[at]] : [];
  };
const children: Step = (value) => (value !== null && typeof value === 'object' ? Object.values(value) : []);
const descendants: Step = (value, root) => [
  value,
  ...children(value, root).flatMap((child) => descendants(child, root)),
];
