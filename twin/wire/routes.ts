import type { RestRequest } from './rest';
import { type OperationSchema, operationsOf } from './schema';

/** How a request for an operation looks, taken apart once: S3 alone has a hundred of them, and each request is held against many. */
interface Route {
  readonly operation: OperationSchema;
  readonly parts: readonly Part[];
  /** What must stand in the query. An empty value stands for any. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Of operations with the same path, copies have a header of their own, and parts of uploads an id in the query. */
  readonly isCopy: boolean;
  readonly isPart: boolean;
  /** Whether the path member comes first. */
  readonly isBelow: boolean;
}

/** A word of a path, or a label for one or, if greedy, for all that follow. */
interface Part {
  readonly word?: string;
  readonly label?: string;
  readonly greedy?: boolean;
}

/** Of each SDK package: routes by HTTP method, the most specific first. */
const cache = new WeakMap<object, ReadonlyMap<string, readonly Route[]>>();

/**
 * The operation that a request is for: the most specific path and query that fit.
 *
 * @param pathMember of the service, if it has one; `path` is without it, `isBelow` tells whether it was there
 */
export function matchOperation(
  { sdk, pathMember }: { readonly sdk: object; readonly pathMember?: string },
  { method, path, headers, query }: Pick<RestRequest, 'method' | 'path' | 'headers' | 'query'>,
  isBelow: boolean,
): { operation: OperationSchema; labels: Record<string, string> } | undefined {
  const given = path.split('/').filter(Boolean);
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  const isPart = query.has('uploadId');
  for (const route of routesOf(sdk, pathMember).get(method) ?? []) {
    const fits =
      route.isBelow === isBelow &&
      route.isCopy === isCopy &&
      route.isPart === isPart &&
      route.query.every(([name, value]) => query.has(name) && (value === '' || query.get(name) === value));
    const labels = fits ? matchPath(route.parts, given, path) : undefined;
    if (labels) return { operation: route.operation, labels };
  }
  return undefined;
}

function routesOf(sdk: object, pathMember: string | undefined): ReadonlyMap<string, readonly Route[]> {
  const known = cache.get(sdk);
  if (known) return known;
  const routes = new Map<string, { route: Route; weight: number }[]>();
  for (const operation of operationsOf(sdk).values()) {
    const [method, uri] = operation.http ?? [];
    if (method === undefined || uri === undefined) continue;
    const [path = '', search = ''] = uri.split('?');
    const parts = path.split('/').filter(Boolean).map(partOf);
    const query = [...new URLSearchParams(search)].filter(([name]) => name !== 'x-id');
    const members = operation.input.isStructSchema() ? operation.input.getMemberSchemas() : {};
    const route = {
      operation,
      parts,
      query,
      isCopy: members.CopySource !== undefined,
      isPart: members.UploadId !== undefined,
      isBelow: pathMember !== undefined && members[pathMember] !== undefined,
    };
    const weight = parts.filter(({ word }) => word !== undefined).length * 10 + query.length;
    routes.set(method, [...(routes.get(method) ?? []), { route, weight }]);
  }
  const sorted = new Map(
    [...routes].map(([method, weighed]) => [
      method,
      weighed.sort((one, other) => other.weight - one.weight).map(({ route }) => route),
    ]),
  );
  cache.set(sdk, sorted);
  return sorted;
}

function partOf(text: string): Part {
  const [, label, greedy] = /^\{(\w+)(\+?)\}$/.exec(text) ?? [];
  return label === undefined ? { word: text } : { label, greedy: greedy === '+' };
}

function matchPath(parts: readonly Part[], given: readonly string[], path: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  for (const [index, { word, label = '', greedy }] of parts.entries()) {
    const value = given[index];
    if (value === undefined) return undefined;
    if (greedy) {
      // With its empty segments: keys may end with a slash, or have two in a row.
      labels[label] = decodeURIComponent(path.replace(/^\//, '').split('/').slice(index).join('/'));
      return labels;
    }
    if (word === undefined) labels[label] = decodeURIComponent(value);
    else if (word !== value) return undefined;
  }
  return parts.length === given.length ? labels : undefined;
}
