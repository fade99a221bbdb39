import { error } from './state';

interface Page<T> {
  readonly items: T[];
  readonly next: string | undefined;
}

/**
 * One page of a list. Zero stands for the default.
 *
 * @throws AwsError for a token that no page gave, or a limit that is too high.
 */
export function pageOf<T>(
  all: readonly T[],
  token: string | undefined,
  { limit = 0, usual, most = usual }: { limit?: number | undefined; usual: number; most?: number },
): Page<T> {
  if (limit < 0 || limit > most)
    throw error('InvalidLimitException', `The specified limit is outside the allowable range: 0 to ${most}`);
  const from = token === undefined ? 0 : fromToken(token);
  const end = from + (limit || usual);
  return { items: all.slice(from, end), next: end < all.length ? toToken(end) : undefined };
}

const toToken = (from: number): string => Buffer.from(`page/${from}`).toString('base64');

function fromToken(token: string): number {
  const [, from] = /^page\/(\d+)$/.exec(Buffer.from(token, 'base64').toString()) ?? [];
  if (from === undefined) throw error('InvalidNextTokenException', 'The specified next token is not valid.');
  return Number(from);
}

/** The member of an answer that leads to the next page, as operations spell it. */
export const NextToken = (next: string | undefined): { NextToken?: string } =>
  next === undefined ? {} : { NextToken: next };
export const nextToken = (next: string | undefined): { nextToken?: string } =>
  next === undefined ? {} : { nextToken: next };
