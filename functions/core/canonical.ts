import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * SHA-256, in hex, over canonical JSON: the same for the same value, whoever writes it down.
 *
 * @throws TypeError for what JSON cannot hold.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function digest(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`cannot be written as JSON: ${String(value)}`);
  return createHash('sha256').update(text).digest('hex');
}
