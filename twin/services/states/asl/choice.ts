import type { ChoiceRule, Json } from './definition';
import type { Data } from './expression';
import { readPath } from './expression';
import { NoSuchPathError } from './json-path';
import type { Place } from './payload';

type Comparison = (value: Json, wanted: Json) => boolean;

const typed =
  (type: 'string' | 'number' | 'boolean', holds: (value: Json, wanted: Json) => boolean): Comparison =>
  (value, wanted) =>
    typeof value === type && typeof wanted === type && holds(value, wanted);

/** RFC 3339 in the profile of the language: an upper-case T, and Z or an offset. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const momentOf = (value: Json): number =>
  typeof value === 'string' && TIMESTAMP.test(value) ? Date.parse(value) : Number.NaN;
const timed =
  (holds: (value: number, wanted: number) => boolean): Comparison =>
  (value, wanted) =>
    holds(momentOf(value), momentOf(wanted));

const ORDERS: Readonly<Record<string, (a: Json, b: Json) => boolean>> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThan: (a, b) => a > b,
  GreaterThanEquals: (a, b) => a >= b,
};

const is =
  (holds: (value: Json) => boolean): Comparison =>
  (value, wanted) =>
    holds(value) === wanted;

/**
 * Each operator. A value of another type than the operator's is no match, and no error.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
 */
const comparisons: Readonly<Record<string, Comparison>> = {
  ...Object.fromEntries(
    Object.entries(ORDERS).flatMap(([order, holds]) => [
      [`String${order}`, typed('string', holds)],
      [`Numeric${order}`, typed('number', holds)],
      [`Timestamp${order}`, timed(holds)],
    ]),
  ),
  BooleanEquals: typed('boolean', (value, wanted) => value === wanted),
  StringMatches: typed('string', (value, wanted) => wildcard(wanted).test(value)),
  IsNull: is((value) => value === null),
  IsString: is((value) => typeof value === 'string'),
  IsNumeric: is((value) => typeof value === 'number'),
  IsBoolean: is((value) => typeof value === 'boolean'),
  IsTimestamp: is((value) => !Number.isNaN(momentOf(value))),
};

function wildcard(pattern: string): RegExp {
  const source = [...pattern.matchAll(/\\([*\\])|(\*)|([\s\S])/g)].map(([, escaped, star, other]) =>
    star ? '.*' : (escaped ?? other ?? '').replace(/[$()*+.?[\\\]^{|}]/, '\\$&'),
  );
  return new RegExp(`^${source.join('')}$`, 's');
}

/** Whether there is an operator of that name; most have a second form that takes a path. */
export const isOperator = (name: string): boolean =>
  name === 'IsPresent' || name in comparisons || (/Path$/.test(name) && takesPath(name.slice(0, -4)));
const takesPath = (name: string): boolean => name in comparisons && !name.startsWith('Is') && name !== 'StringMatches';

/**
 * Whether a rule of a Choice state holds.
 *
 * @throws StateError for a variable that is not there, unless IsPresent asks.
 */
export function holds(rule: ChoiceRule, data: Data, place: Place): boolean {
  if (rule.And) return rule.And.every((inner) => holds(inner, data, place));
  if (rule.Or) return rule.Or.some((inner) => holds(inner, data, place));
  if (rule.Not) return !holds(rule.Not, data, place);
  const operator = Object.keys(rule).find(isOperator) ?? '';
  const variable = rule.Variable ?? '$';
  if (operator === 'IsPresent') return isPresent(variable, data) === rule.IsPresent;
  const read = (path: string): Json => {
    try {
      return readPath(path, data);
    } catch (error) {
      if (error instanceof NoSuchPathError)
        throw place(`Invalid path '${path}': The choice state's condition path references an invalid value.`);
      throw error;
    }
  };
  const value = read(variable);
  const direct = comparisons[operator];
  if (direct) return direct(value, rule[operator]);
  return comparisons[operator.slice(0, -4)]?.(value, read(String(rule[operator]))) ?? false;
}

function isPresent(path: string, data: Data): boolean {
  try {
    readPath(path, data);
    return true;
  } catch (error) {
    if (error instanceof NoSuchPathError) return false;
    throw error;
  }
}
