import { createHmac, randomUUID } from 'node:crypto';

/** What a result token stands for. */
export interface TokenContent {
  readonly ruleId: string;
  /** ISO 8601. */
  readonly invoked: string;
}

const signature = (secret: Uint8Array, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22);

/** A token by which a function's answer finds its invocation. It holds everything itself. */
export function issueToken(secret: Uint8Array, content: TokenContent): string {
  const text = Buffer.from(JSON.stringify({ ...content, nonce: randomUUID() })).toString('base64url');
  return `${text}.${signature(secret, text)}`;
}

/** Undefined for a token that was never issued. */
export function readToken(secret: Uint8Array, token: string): TokenContent | undefined {
  const [text = '', signed] = token.split('.');
  if (signature(secret, text) !== signed) return undefined;
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as TokenContent;
}
