import { asError, InvalidEventError } from '../core/errors';
import { exemptionFor } from '../core/exceptions';
import type { Policy } from '../core/policy';
import type { Action, Plan, ResourceKind, WatchingRemediation } from '../core/remediation';
import type { AccountBlocks } from './account-adapter';
import { ALL_ON, flagsOff, type PublicAccessBlock } from './bucket';
import { ACCOUNT_CALLS } from './events';

export const ACCOUNT: ResourceKind = {
  type: 'AWS::S3::AccountPublicAccessBlock',
  noun: 'account',
  idKey: 'accountId',
  idPattern: /^\d{12}$/,
  arn: (account, { partition }) => `arn:${partition}:iam::${account}:root`,
};

/** An account as far as its own public access block goes. */
export interface AccountBlock {
  readonly account: string;
  readonly arn: string;
  /** Undefined if it has none. */
  readonly block?: PublicAccessBlock;
}

export type AccountAction =
  | (Action & {
      readonly kind: 'PutAccountPublicAccessBlock';
      readonly account: string;
      readonly block: PublicAccessBlock;
    })
  /** Only to take a block back where there was none. */
  | (Action & {
      readonly kind: 'DeleteAccountPublicAccessBlock';
      readonly account: string;
      readonly block?: undefined;
    });

/**
 * Decides about an account's own block, which covers each of its buckets.
 *
 * | block            | `accountLevel: report` | `accountLevel: restore` |
 * | ---------------- | ---------------------- | ----------------------- |
 * | all four on      | nothing                | nothing                 |
 * | some off, or none| held: people are told  | all four on             |
 */
export function planAccount(state: AccountBlock, policy: Policy): Plan<AccountAction> {
  const { account, block, arn } = state;
  const off = flagsOff(block);
  if (off.length === 0) return { actions: [], exempt: [], reason: 'the account blocks public access' };
  const exception = exemptionFor(policy, { arn, tags: {} })?.id;
  if (exception !== undefined)
    return { actions: [], exempt: [{ target: account, exception }], reason: 'an exception covers the account' };
  const reason = `switched off for the whole account: ${off.join(', ')}`;
  if (policy.buckets.accountLevel === 'report') return { actions: [], exempt: [], reason, held: reason };
  return { actions: [{ kind: 'PutAccountPublicAccessBlock', account, block: ALL_ON }], exempt: [], reason };
}

/** What `heal` needs to know about the account's own block. */
export const accountRemediation = (accounts: AccountBlocks): WatchingRemediation<AccountBlock, AccountAction> => {
  const read = async ({ id, account, arn }: { id: string; account: string; arn: string }): Promise<AccountBlock> => {
    if (id !== account) throw new InvalidEventError(`${id} is not the account of this installation, ${account}`);
    const block = await accounts.block(account);
    return { account, arn, ...(block && { block }) };
  };
  return {
    name: 'account-public-access-block',
    resource: ACCOUNT,
    mode: (policy) => policy.buckets.mode,
    calls: ACCOUNT_CALLS,
    subjects: async (_wake, { account }) => ({ named: [account] }),
    read,
    readBack: read,
    /** Who never had one is not told every six hours that it is off. */
    async *discover(home, { buckets: { accountLevel } }) {
      const id = home.account;
      let state: AccountBlock;
      try {
        state = await read({ id, account: id, arn: ACCOUNT.arn(id, home) });
      } catch (error) {
        yield { resources: [{ id, unreadable: asError(error).message }] };
        return;
      }
      yield { resources: state.block || accountLevel === 'restore' ? [{ id, state }] : [] };
    },
    plan: planAccount,
    apply: (action, _subject, signal) => accounts.apply(action, signal),
    isDone: ({ block }, state) =>
      block ? state.block !== undefined && flagsOff(block).join() === flagsOff(state.block).join() : !state.block,
    touched: (_actions, { block }) => ({ block: block ?? null }),
    invert: ({ actions, touched }, state) => {
      const { block } = touched as { readonly block: PublicAccessBlock | null };
      if (actions.length > 0 && flagsOff(state.block).length > 0)
        return { conflict: 'the block was changed by somebody since' };
      const { account } = state;
      const action: AccountAction = block
        ? { kind: 'PutAccountPublicAccessBlock', account, block }
        : { kind: 'DeleteAccountPublicAccessBlock', account };
      return { actions: [action], exempt: [], reason: 'as it was before' };
    },
    describe: ({ kind }, { block }) =>
      kind === 'PutAccountPublicAccessBlock'
        ? flagsOff(block).map((flag) => `Switching on ${flag} for the account`)
        : ["Removing the account's public access block"],
  };
};
