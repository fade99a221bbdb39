import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
  type S3ControlClient,
} from '@aws-sdk/client-s3-control';
import { accepted } from '../core/aws';
import type { Applied } from '../core/remediation';
import type { AccountAction } from './account-block';
import { absent, blockOf } from './adapter';
import type { PublicAccessBlock } from './bucket';

/** The public access block of a whole account, by the S3 Control API. */
export class AccountBlocks {
  constructor(private readonly s3Control: S3ControlClient) {}

  /** Undefined if the account has none. */
  async block(account: string): Promise<PublicAccessBlock | undefined> {
    const found = await absent(this.s3Control.send(new GetPublicAccessBlockCommand({ AccountId: account })));
    return found && blockOf(found.PublicAccessBlockConfiguration);
  }

  async apply({ kind, account, ...action }: AccountAction, abortSignal: AbortSignal): Promise<Applied> {
    const target = { AccountId: account };
    if (kind === 'DeleteAccountPublicAccessBlock')
      return accepted(await this.s3Control.send(new DeletePublicAccessBlockCommand(target), { abortSignal }));
    const input = { ...target, PublicAccessBlockConfiguration: { ...action.block } };
    return accepted(await this.s3Control.send(new PutPublicAccessBlockCommand(input), { abortSignal }));
  }
}
