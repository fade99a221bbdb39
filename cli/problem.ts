import { asError } from '../functions/core/errors';
import { clean } from './terminal';

const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const BAD_CREDENTIALS =
  /^(UnrecognizedClientException|InvalidClientTokenId|ExpiredToken|ExpiredTokenException|RequestExpired|AuthFailure|SignatureDoesNotMatch|InvalidSignatureException)$/;
const DENIED = /AccessDenied|UnauthorizedOperation|AuthorizationError/;
const NO_ANSWER = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)$/;

/** Whether no further call can succeed either. */
export const isAboutCredentials = (error: unknown): boolean => {
  const { name } = asError(error);
  return NO_CREDENTIALS.test(name) || BAD_CREDENTIALS.test(name);
};

/** What went wrong, in one line. */
export function problemLine(thrown: unknown): string {
  const error = asError(thrown);
  const code = 'code' in error ? String(error.code) : '';
  return clean(inWords(error, code).replace(/\s*\n\s*/g, ' '));
}

function inWords(error: Error, code: string): string {
  const { name, message } = error;
  if (NO_CREDENTIALS.test(name))
    return `no AWS credentials: ${message}. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
  if (BAD_CREDENTIALS.test(name)) return `AWS does not accept the credentials (${name}): ${message}`;
  if (DENIED.test(name)) return `AWS denied it (${name}): ${message}`;
  if (NO_ANSWER.test(code)) {
    // Some services put more before the host: then that is what cannot be found.
    const asked = 'hostname' in error ? String(error.hostname) : (process.env.AWS_ENDPOINT_URL ?? 'AWS');
    return `no answer from ${asked}: ${code}`;
  }
  return '$metadata' in error ? `${name}: ${message}` : message || name;
}
