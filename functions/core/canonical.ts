import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * A value as canonical JSON: the same text for the same value.
 *
 * @throws TypeError for what JSON cannot hold.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`cannot be written as JSON: ${String(value)}`);
  return text;
}

/**
 * SHA-256, in hex, over canonical JSON: the same for the same value, whoever writes it down.
 *
 * @throws TypeError for what JSON cannot hold.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export const digest = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('hex');
