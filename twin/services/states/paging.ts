import { AwsError } from '../../service';
import { invalid } from './state';

const USUAL = 100;
const MOST = 1000;

/**
 * One page of a list, and the member of the answer that leads to the next. Zero stands for the default.
 *
 * @throws AwsError for a token that no page gave, or a size that is not allowed.
 */
export function pageOf<T>(
  all: readonly T[],
  token: string | undefined,
  size = 0,
): { readonly items: T[]; readonly next: { nextToken?: string } } {
  if (size < 0 || size > MOST)
    throw invalid(
      `1 validation error detected: Value '${size}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to ${MOST}`,
    );
  const from = token === undefined ? 0 : fromToken(token);
  const end = from + (size || USUAL);
  return {
    items: all.slice(from, end),
    next: end < all.length ? { nextToken: Buffer.from(`page/${end}`).toString('base64') } : {},
  };
}

function fromToken(token: string): number {
  const [, from] = /^page\/(\d+)$/.exec(Buffer.from(token, 'base64').toString()) ?? [];
  if (from === undefined) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  return Number(from);
}
