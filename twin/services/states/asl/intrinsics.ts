import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Json } from './definition';

/** A call of an intrinsic function that cannot be answered. */
export class IntrinsicFailureError extends Error {
  override readonly name = 'IntrinsicFailureError';
}

const refuse = (what: string): never => {
  throw new IntrinsicFailureError(what);
};
const list = (name: string, value: Json): Json[] =>
  Array.isArray(value) ? value : refuse(`Invalid arguments in ${name}: expected an array`);
const text = (name: string, value: Json): string =>
  typeof value === 'string' ? value : refuse(`Invalid arguments in ${name}: expected a string`);
const whole = (name: string, value: Json): number =>
  typeof value === 'number' && Number.isFinite(value)
    ? Math.round(value)
    : refuse(`Invalid arguments in ${name}: expected an integer`);

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html for this and the limits of each */
const MOST_CHARACTERS = 10_000;
const MOST_ITEMS = 1000;
const short = (name: string, value: string): string =>
  value.length <= MOST_CHARACTERS ? value : refuse(`${name}: the input is longer than ${MOST_CHARACTERS} characters`);

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** How a value shows within a formatted text. */
const shown = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Each function with how many arguments it takes at least and at most. */
const functions: Readonly<Record<string, readonly [least: number, most: number, run: (...given: Json[]) => Json]>> = {
  Format: [1, Number.POSITIVE_INFINITY, format],
  StringToJson: [
    1,
    1,
    (value) => {
      const given = text('States.StringToJson', value);
      if (given === '') return null;
      try {
        return JSON.parse(given) as Json;
      } catch {
        return refuse(`States.StringToJson: ${given} is not JSON`);
      }
    },
  ],
  JsonToString: [1, 1, (value) => JSON.stringify(value)],
  Array: [0, Number.POSITIVE_INFINITY, (...values) => values],
  ArrayPartition: [
    2,
    2,
    (values, size) => {
      const [all, chunk] = [list('States.ArrayPartition', values), whole('States.ArrayPartition', size)];
      if (chunk < 1) return refuse('States.ArrayPartition: the size must be positive');
      return Array.from({ length: Math.ceil(all.length / chunk) }, (_, at) => all.slice(at * chunk, (at + 1) * chunk));
    },
  ],
  ArrayContains: [
    2,
    2,
    (values, wanted) => list('States.ArrayContains', values).some((one) => isDeepStrictEqual(one, wanted)),
  ],
  ArrayRange: [
    3,
    3,
    (...bounds) => {
      const [first = 0, last = 0, step = 0] = bounds.map((bound) => whole('States.ArrayRange', bound));
      if (step === 0) return refuse('States.ArrayRange: the step must not be 0');
      const count = Math.max(0, Math.floor((last - first) / step) + 1);
      if (count > MOST_ITEMS) return refuse(`States.ArrayRange: more than ${MOST_ITEMS} items`);
      return Array.from({ length: count }, (_, at) => first + at * step);
    },
  ],
  ArrayGetItem: [
    2,
    2,
    (values, index) => {
      const [all, at] = [list('States.ArrayGetItem', values), whole('States.ArrayGetItem', index)];
      return at >= 0 && at < all.length ? all[at] : refuse(`States.ArrayGetItem: there is no item ${at}`);
    },
  ],
  ArrayLength: [1, 1, (values) => list('States.ArrayLength', values).length],
  ArrayUnique: [
    1,
    1,
    (values) => {
      const all = list('States.ArrayUnique', values);
      return all.filter((one, at) => all.findIndex((other) => isDeepStrictEqual(one, other)) === at);
    },
  ],
  Base64Encode: [
    1,
    1,
    (value) => Buffer.from(short('States.Base64Encode', text('States.Base64Encode', value))).toString('base64'),
  ],
  Base64Decode: [
    1,
    1,
    (value) => Buffer.from(short('States.Base64Decode', text('States.Base64Decode', value)), 'base64').toString(),
  ],
  Hash: [
    2,
    2,
    (value, algorithm) => {
      const hash = HASHES[text('States.Hash', algorithm)] ?? refuse(`States.Hash: unknown algorithm ${algorithm}`);
      return createHash(hash)
        .update(short('States.Hash', shown(value)))
        .digest('hex');
    },
  ],
  JsonMerge: [
    3,
    3,
    (first, second, deep) => {
      if (deep !== false) return refuse('States.JsonMerge: only the shallow merging mode is supported');
      const isObject = (value: Json) => value !== null && typeof value === 'object' && !Array.isArray(value);
      return isObject(first) && isObject(second)
        ? { ...first, ...second }
        : refuse('Invalid arguments in States.JsonMerge: expected two objects');
    },
  ],
  MathRandom: [
    2,
    3,
    (from, to, seed) => {
      const [least, most] = [whole('States.MathRandom', from), whole('States.MathRandom', to)];
      if (least > most) return refuse('States.MathRandom: the end lies before the start');
      const fraction =
        seed === undefined
          ? Math.random()
          : createHash('sha256').update(String(seed)).digest().readUInt32BE(0) / 2 ** 32;
      return least + Math.floor(fraction * (most - least));
    },
  ],
  MathAdd: [2, 2, (a, b) => whole('States.MathAdd', a) + whole('States.MathAdd', b)],
  StringSplit: [
    2,
    2,
    (value, splitter) => {
      const separators = [...text('States.StringSplit', splitter)];
      const parts: string[] = [''];
      for (const character of text('States.StringSplit', value)) {
        if (separators.includes(character)) parts.push('');
        else parts[parts.length - 1] += character;
      }
      // Java's way of splitting: what is empty is left out.
      return parts.filter((part) => part !== '');
    },
  ],
  UUID: [0, 0, () => randomUUID()],
};

/** Puts values where `{}` stands; a backslash before a brace makes it an ordinary one. */
function format(template: Json, ...values: Json[]): string {
  const left = [...values];
  const result = text('States.Format', template).replaceAll(/\\([{}\\'])|\{\}/g, (_whole, escaped?: string) => {
    if (escaped !== undefined) return escaped;
    if (left.length === 0) return refuse('States.Format: there are more {} than arguments');
    return shown(left.shift());
  });
  return left.length === 0 ? result : refuse('States.Format: there are more arguments than {}');
}

/** How many arguments a function takes. Undefined if there is none of that name. */
export const arityOf = (name: string): readonly [least: number, most: number] | undefined => {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  return found && [found[0], found[1]];
};

/**
 * Runs an intrinsic function, named without `States.`.
 *
 * @throws IntrinsicFailureError
 */
export function runIntrinsic(name: string, given: readonly Json[]): Json {
  const [, , run] = functions[name] ?? refuse(`States.${name} is no intrinsic function`);
  return run(...given);
}
