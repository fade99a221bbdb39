import { ConfigurationError } from './errors';
import type { Applied } from './remediation';

/**
 * The SDK's default logger listens to everything and says nothing, so that for each call a copy of input and output without secrets is made
 * for it. This one has no ear for those, nor for each call that fails: that is thrown, and whoever catches it knows what it means.
 */
const logger = {
  debug: () => undefined,
  warn: (...said: unknown[]) => console.warn(...said),
} as Console;

/**
 * How every client talks to AWS: throttled calls are tried again a few times, and no call hangs.
 * The SDK's defaults are three tries and no time limit.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export const clientConfig = {
  logger,
  retryMode: 'standard',
  maxAttempts: 5,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
};

/**
 * An environment variable that Terraform sets.
 *
 * @throws ConfigurationError if it is missing.
 */
export function requiredVariable(name: string): string {
  const value = process.env[name];
  if (!value) throw new ConfigurationError(`the environment variable ${name} is not set`);
  return value;
}

/** Whether AWS answered an error with a code. Names, not classes: few codes have one, and minifiers rename them. */
export const isCode = (error: unknown, code: string): boolean => error instanceof Error && error.name === code;

/** What a call that AWS accepted came to. */
export const accepted = ({ $metadata: { requestId } }: { $metadata: { requestId?: string } }): Applied => ({
  requestIds: requestId === undefined ? [] : [requestId],
});
