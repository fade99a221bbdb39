import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3-control';
import { ALL_ON } from '../../functions/remediate-bucket/bucket';
import { ACCOUNT } from '../support/bucket';
import { TestBuckets } from '../support/buckets';
import { NEIGHBOUR, ofBuckets } from './buckets';
import { endsTheSame } from './matrix';

const ACCOUNT_TYPE = 'AWS::S3::AccountPublicAccessBlock';
/** There is one account: entries of its chain that earlier runs left. */
let before = 0;

describe("an account's block that is deleted", () => {
  endsTheSame({
    ...ofBuckets(false),
    variant: 'removing',
    disabledRules: [],
    // The event of our own change may or may not find the first heal still at it.
    overlaps: true,
    mutating: ['PutPublicAccessBlock', 'DeletePublicAccessBlock', 'PutBucketEncryption'],
    kinds: { PutPublicAccessBlock: 'PutAccountPublicAccessBlock' },
    async arrange(twin) {
      const buckets = new TestBuckets(twin);
      await buckets.make(NEIGHBOUR).catch(() => undefined);
      await buckets.s3Control.send(
        new PutPublicAccessBlockCommand({ AccountId: ACCOUNT, PublicAccessBlockConfiguration: ALL_ON }),
      );
      await twin.settle();
      before = (await twin.chain(ACCOUNT, ACCOUNT_TYPE)).length;
      return {
        id: ACCOUNT,
        open: () => buckets.s3Control.send(new DeletePublicAccessBlockCommand({ AccountId: ACCOUNT })),
      };
    },
    async healed(twin, AccountId) {
      const { s3Control } = new TestBuckets(twin);
      const { PublicAccessBlockConfiguration } = await s3Control.send(new GetPublicAccessBlockCommand({ AccountId }));
      expect(PublicAccessBlockConfiguration).toEqual(ALL_ON);
    },
    others: (twin) => new TestBuckets(twin).others(''),
    chain: async (twin, id) => (await twin.chain(id, ACCOUNT_TYPE)).slice(before),
  });
});
