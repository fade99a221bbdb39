import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const fixtures = join(__dirname, '..', '..', 'fixtures', 'events');
/** An event of AWS's, as the facts have it. */
// biome-ignore lint/suspicious/noExplicitAny: events are JSON of any shape
export const fixture = (name: string): any => JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'));

/** Where a value has what kind of thing; lists by the union of their elements. */
export function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set([`${path}[]`, ...value.flatMap((item) => shapeOf(item, `${path}[]`))])];
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value)
    .flatMap(([key, inner]) => shapeOf(inner, `${path}.${key}`))
    .sort();
}
