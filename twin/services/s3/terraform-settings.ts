import type { LifecycleRule, WebsiteConfiguration } from '@aws-sdk/client-s3';
import type { Arguments, ResourceType } from '../../service';
import { block, blocks, plain } from '../../terraform/arguments';
import { bucketMade } from './buckets';
import type { StateIn } from './terraform';

/** `noncurrent_days` as `NoncurrentDays`, at every depth; lists of one block as that block, but those that are lists in the API. */
function inApiWords(value: unknown, lists: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((item) => inApiWords(item, lists));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      if (inner === null || inner === undefined) return [];
      const list = lists[name];
      if (list !== undefined) return [[list, blocks(inner).map((item) => inApiWords(item, lists))]];
      const word = name.replace(/(^|_)([a-z])/g, (_all, _bar, letter: string) => letter.toUpperCase());
      const single = Array.isArray(inner) && typeof inner[0] === 'object' ? inner[0] : inner;
      return [[word === 'Id' ? 'ID' : word, inApiWords(single, lists)]];
    }),
  );
}

function websiteOf(args: Arguments): WebsiteConfiguration {
  const { suffix } = block(args.index_document);
  const { key } = block(args.error_document);
  const { host_name: HostName, protocol: Protocol } = block(args.redirect_all_requests_to);
  return {
    ...(suffix !== undefined && { IndexDocument: { Suffix: suffix } }),
    ...(key !== undefined && { ErrorDocument: { Key: key } }),
    ...(HostName !== undefined && { RedirectAllRequestsTo: { HostName, Protocol } }),
  };
}

/** What a bucket has beside access and encryption. */
export const settingTypes = (stateIn: StateIn): Readonly<Record<string, ResourceType>> => ({
  aws_s3_bucket_versioning: (args, making) => {
    const { status } = block(args.versioning_configuration);
    const bucket = bucketMade(stateIn(making), making, args.bucket);
    // To Terraform, a bucket that never kept versions has them disabled.
    if (status !== 'Disabled') bucket.versioning = status;
    return { id: String(args.bucket) };
  },

  aws_s3_bucket_website_configuration: (args, making) => {
    bucketMade(stateIn(making), making, args.bucket).website = websiteOf(args);
    const { region } = making;
    return {
      id: String(args.bucket),
      website_endpoint: `${String(args.bucket)}.s3-website.${region}.amazonaws.com`,
      website_domain: `s3-website.${region}.amazonaws.com`,
    };
  },

  aws_s3_bucket_object_lock_configuration: (args, making) => {
    const bucket = bucketMade(stateIn(making), making, args.bucket);
    const { mode: Mode, days: Days, years: Years } = block(block(args.rule).default_retention);
    bucket.versioning = 'Enabled';
    bucket.objectLock = {
      ObjectLockEnabled: 'Enabled',
      ...(Mode !== undefined && { Rule: { DefaultRetention: { Mode, Days, Years } } }),
    };
    return { id: String(args.bucket) };
  },

  aws_s3_bucket_logging: (args, making) => {
    const { target_bucket: TargetBucket, target_prefix: TargetPrefix } = args;
    bucketMade(stateIn(making), making, args.bucket).logging = { TargetBucket, TargetPrefix };
    return { id: String(args.bucket) };
  },

  aws_s3_bucket_lifecycle_configuration: (args, making) => {
    const Rules = inApiWords(plain(blocks(args.rule)), {
      transition: 'Transitions',
      noncurrent_version_transition: 'NoncurrentVersionTransitions',
    });
    bucketMade(stateIn(making), making, args.bucket).lifecycle = { Rules: Rules as LifecycleRule[] };
    return { id: String(args.bucket) };
  },
});
