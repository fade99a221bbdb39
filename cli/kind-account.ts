import { policyOn } from '../functions/core/exceptions';
import {
  ACCOUNT,
  type AccountBlock,
  accountRemediation,
  planAccount,
} from '../functions/remediate-bucket/account-block';
import { ACCOUNT_CALLS } from '../functions/remediate-bucket/events';
import { outcomeOf, partitionOf } from './judgement';
import type { Kind } from './kinds';
import { blockIn } from './told-of-bucket';

/** The account's own public access block: events hold the whole of it. */
export const accountBlocks: Kind = {
  name: 'account-public-access-block',
  nouns: "the account's own public access block",
  resource: ACCOUNT,
  calls: ACCOUNT_CALLS,
  remediation: (config) => {
    const { s3ControlClient } = require('./s3-control') as typeof import('./s3-control');
    const { AccountBlocks } =
      require('../functions/remediate-bucket/account-adapter') as typeof import('../functions/remediate-bucket/account-adapter');
    return accountRemediation(new AccountBlocks(s3ControlClient(config)));
  },
  judge: ({ eventName, request, account, region, trigger }, policy) => {
    const isGone = eventName === 'DeleteAccountPublicAccessBlock';
    const block = isGone ? undefined : blockIn(request);
    if (!isGone && block === undefined)
      return {
        subject: account,
        outcome: 'LOOKED_UP',
        reason: "the event does not tell the flags; the function reads the account's block",
      };
    const arn = ACCOUNT.arn(account, { account, region, partition: partitionOf({ ...trigger, region }) });
    const state: AccountBlock = { account, arn, ...(block && { block }) };
    const plan = planAccount(state, policyOn(policy, trigger.at.slice(0, 10)));
    return { subject: account, ...outcomeOf(plan, policy.buckets.mode), actions: plan.actions };
  },
};
