import type { Arguments } from '../service';

/**
 * A resource's arguments, which remember what is read of them: what no service reads is not simulated, and is listed.
 */
export function watched(value: Arguments): { readonly args: Arguments; unread(): string[] } {
  const read = new Set<string>();
  return {
    args: watch(value, '', read) as Arguments,
    unread: () => leaves(value, '').filter((path) => !read.has(path)),
  };
}

function watch(value: unknown, path: string, read: Set<string>): unknown {
  if (value === null || typeof value !== 'object') return value;
  return new Proxy(value, {
    get(target, key, receiver) {
      const inner: unknown = Reflect.get(target, key, receiver);
      if (typeof key === 'symbol' || typeof inner === 'function') return inner;
      const here = join(path, key);
      if (inner === null || typeof inner !== 'object') read.add(here);
      return watch(inner, here, read);
    },
  });
}

const join = (path: string, key: string): string => (path ? `${path}.${key}` : key);

function leaves(value: unknown, path: string): string[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, join(path, key)));
}

/** A copy that is read in full. */
export const plain = <T>(value: T): T => (value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T));

/** Blocks come as one object or as a list of them. */
export const blocks = (value: unknown): Arguments[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

/** The one block of a kind, or an empty one. */
export const block = (value: unknown): Arguments => blocks(value)[0] ?? {};
