import { gzipSync } from 'node:zlib';
import { checkAccess } from '../../iam/enforce';
import { type Principal, servicePrincipal } from '../../iam/principal';
import { AwsError } from '../../service';
import { assumeForService, roleByArn } from '../iam';
import { s3 } from '../s3';
import { putObject } from '../s3/objects';
import { type Channel, error, type Item, type Place } from './state';

/** What Config acts for where it delivers. Policies name it by wildcard. */
export const sourceArn = ({ state, account, region }: Place): string =>
  state.recorder?.arn ?? `arn:aws:config:${region}:${account}:configuration-recorder/default`;

/** The service-linked role is made by Config itself. @see https://docs.aws.amazon.com/config/latest/developerguide/using-service-linked-roles.html */
export const isServiceLinked = (roleArn: string): boolean =>
  roleArn.includes(':role/aws-service-role/config.amazonaws.com/');

/**
 * Who writes to the bucket: the recorder's role, and where that may not, the service itself, which also stands for the
 * service-linked role.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
 */
export function principals(place: Place): Principal[] {
  const { twin, state, account } = place;
  const { recorder } = state;
  const service = servicePrincipal('config.amazonaws.com', account, sourceArn(place));
  const role = recorder && !isServiceLinked(recorder.roleArn) ? roleByArn(twin, recorder.roleArn) : undefined;
  if (!role) return [service];
  try {
    const session = assumeForService(twin, role, service, 'AWSConfig-BucketConfigCheck');
    twin.credentials.remove(session.accessKeyId);
    return [session.principal, service];
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    return [service];
  }
}

/** Runs something as the first principal that IAM lets. @throws AwsError what the last one met. */
function asFirstAllowed<T>(place: Place, run: (principal: Principal) => T): T {
  const all = principals(place);
  for (const [index, principal] of all.entries()) {
    try {
      return run(principal);
    } catch (thrown) {
      if (!(thrown instanceof AwsError) || index === all.length - 1) throw thrown;
    }
  }
  throw error('InsufficientDeliveryPolicyException', 'There is nobody to deliver.');
}

function put(place: Place, principal: Principal, channel: Channel, key: string, body: Uint8Array, type: string): void {
  const { twin, account } = place;
  const Bucket = channel.settings.s3BucketName ?? '';
  const region = twin.state(s3, place).buckets.get(Bucket)?.region ?? place.region;
  const call = twin.callOf(s3, { account, region }, principal);
  const access = (operation: string, input: object) =>
    checkAccess(twin, s3, s3.access?.(operation, input as never, call) ?? [], call);
  const input = {
    Bucket,
    Key: key,
    Body: body as never,
    ACL: 'bucket-owner-full-control' as const,
    ContentType: type,
    ...(key.endsWith('.gz') && { ContentEncoding: 'gzip' }),
  };
  access('GetBucketAcl', { Bucket });
  access('PutObject', input);
  putObject(input, call);
}

export const prefixOf = ({ account }: Place, { settings: { s3KeyPrefix } }: Channel): string =>
  `${s3KeyPrefix ? `${s3KeyPrefix}/` : ''}AWSLogs/${account}/Config/`;

/** `eu-west-1/2026/10/5/` */
export const dayOf = ({ region }: Place, date: Date): string =>
  `${region}/${date.getUTCFullYear()}/${date.getUTCMonth() + 1}/${date.getUTCDate()}/`;

/** `20261005T141902Z` */
export const stampOf = (date: Date): string => `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;

/**
 * Writes the empty file that shows that Config can write.
 *
 * @throws AwsError if it cannot.
 */
export function checkWritable(place: Place, channel: Channel): void {
  const key = `${prefixOf(place, channel)}ConfigWritabilityCheckFile`;
  try {
    asFirstAllowed(place, (principal) => put(place, principal, channel, key, new Uint8Array(), 'binary/octet-stream'));
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    throw error(
      'InsufficientDeliveryPolicyException',
      `Insufficient delivery policy to s3 bucket: ${channel.settings.s3BucketName}, unable to write to bucket, provided s3 key prefix is '${channel.settings.s3KeyPrefix ?? 'null'}'.`,
    );
  }
}

/**
 * Writes an item that is too long for a message. Says where, or what went wrong.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/oversized-notification-example.html
 */
export function writeOversized(place: Place, { type, id, captured }: Item, text: string) {
  const { account, region } = place;
  const { channel } = place.state;
  if (!channel) return { s3BucketLocation: null, errorCode: 'NoSuchDeliveryChannel', errorMessage: 'no channel' };
  const folder = `${prefixOf(place, channel)}${dayOf(place, captured)}OversizedChangeNotification/${type}/${id}/`;
  const key = `${folder}${account}_Config_${region}_ChangeNotification_${type}_${id}_${stampOf(captured)}_0.json.gz`;
  const failure = deliverText(place, channel, key, text);
  return {
    s3BucketLocation: failure ? null : `${channel.settings.s3BucketName}/${key}`,
    errorCode: failure?.code ?? null,
    errorMessage: failure?.message ?? null,
  };
}

/** Writes a compressed text. Returns what went wrong. */
export function deliverText(place: Place, channel: Channel, key: string, text: string): Failure | undefined {
  try {
    const body = gzipSync(text);
    asFirstAllowed(place, (principal) => put(place, principal, channel, key, body, 'application/json'));
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    return { code: thrown.code, message: thrown.message };
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
}
