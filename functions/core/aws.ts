import { ConfigurationError } from './errors';

/**
 * How every client talks to AWS: throttled calls are tried again a few times, and no call hangs.
 * The SDK's defaults are three tries and no time limit.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export const clientConfig = {
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
