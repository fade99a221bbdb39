import type { WatchingRemediation } from '../core/remediation';
import type { Buckets } from './adapter';
import { BUCKET, type Bucket, type BucketAction } from './bucket';
import { CALLS, subjectsOf } from './events';
import { describe, isDone, planBucket, restore, touchedParts } from './planner';

/** What `heal` needs to know about buckets; everything else about a decision is the same for all resources. */
export const bucketRemediation = (buckets: Buckets): WatchingRemediation<Bucket, BucketAction> => ({
  name: 'bucket',
  resource: BUCKET,
  mode: (policy) => policy.buckets.mode,
  calls: CALLS,
  subjects: async (wake, { account }) => {
    const subjects = subjectsOf(wake);
    // Switched on, the account's block leaves nothing to look for.
    return subjects === 'all' && (await buckets.areCovered(account)) ? { named: [] } : subjects;
  },
  read: (subject, policy) => buckets.describe(subject, policy),
  readBack: (subject, before) => buckets.describeAgain(subject, before),
  discover: (home, policy, from) => buckets.discover(home, policy, from),
  plan: planBucket,
  apply: (action, { account }, signal) => buckets.apply(action, account, signal),
  isDone,
  touched: touchedParts,
  invert: restore,
  describe,
});
