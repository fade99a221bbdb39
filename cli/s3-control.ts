import { isIP } from 'node:net';
import { S3ControlClient, type S3ControlClientConfig } from '@aws-sdk/client-s3-control';

/**
 * The client for account-wide settings of S3. It asks at `ACCOUNT.HOST`, a name that a server at an IP address or on this machine does not
 * have; such a one tells accounts apart by the header `x-amz-account-id`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html
 */
export function s3ControlClient(config: S3ControlClientConfig, endpoint = endpointOfEnvironment()): S3ControlClient {
  if (!endpoint || !URL.canParse(endpoint)) return new S3ControlClient(config);
  const url = new URL(endpoint);
  const hasNames = url.hostname !== 'localhost' && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0;
  return new S3ControlClient(
    hasNames ? config : { ...config, disableHostPrefix: true, endpointProvider: () => ({ url }) },
  );
}

function endpointOfEnvironment(): string | undefined {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3_CONTROL = AWS_ENDPOINT_URL } = process.env;
  return AWS_ENDPOINT_URL_S3_CONTROL;
}
