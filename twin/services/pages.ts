import type { AwsError } from '../service';

/** One page of a list, and what leads to the next. */
export interface Page<T> {
  readonly items: T[];
  readonly next: string | undefined;
}

/**
 * One page of a list.
 *
 * @throws AwsError, made by `refuse`, for a token that no page gave, or a limit out of bounds.
 */
export function pageOf<T>(
  all: readonly T[],
  token: string | undefined,
  { limit, most, refuse }: { limit: number | undefined; most: number; refuse: (parameter: string) => AwsError },
): Page<T> {
  const size = limit ?? most;
  if (size < 1 || size > most) throw refuse('maxResults');
  // Some clients write an empty token for the first page.
  const from = token ? Number(/^page\/(\d+)$/.exec(Buffer.from(token, 'base64').toString())?.[1]) : 0;
  if (Number.isNaN(from)) throw refuse('nextToken');
  const end = from + size;
  return {
    items: all.slice(from, end),
    next: end < all.length ? Buffer.from(`page/${end}`).toString('base64') : undefined,
  };
}
