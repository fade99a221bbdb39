import { PutBucketEncryptionCommand } from '@aws-sdk/client-s3';
import { ALL_ON } from '../../functions/remediate-bucket/bucket';
import { TestBuckets } from '../support/buckets';
import { ofBuckets } from './buckets';
import { endsTheSame } from './matrix';

/** What uploads may not use, whatever the key: it must outlive the change. */
const BlockedEncryptionTypes = { EncryptionType: ['SSE-C' as const] };

describe('a bucket that is closed, but not encrypted by KMS', () => {
  endsTheSame({
    ...ofBuckets(true),
    variant: 'removing',
    // What closes a bucket is shown by the other paths.
    only: /Encryption|BucketAcl|Ownership/,
    // Read once more at the end, like the block.
    alike: /BucketAcl|Ownership/,
    async arrange(twin) {
      const buckets = new TestBuckets(twin);
      const id = await buckets.make();
      const Rules = [
        { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const }, BlockedEncryptionTypes },
      ];
      await buckets.s3.send(
        new PutBucketEncryptionCommand({ Bucket: id, ServerSideEncryptionConfiguration: { Rules } }),
      );
      return { id, open: () => twin.invokeLater('S3BucketSelfHeal', { bucketName: id }) };
    },
    async healed(twin, id) {
      const { encryption, ...rest } = await new TestBuckets(twin).everything(id);
      expect(encryption).toEqual({
        ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' },
        BucketKeyEnabled: true,
        BlockedEncryptionTypes,
      });
      expect(rest).toEqual({
        block: ALL_ON,
        policy: 'NoSuchBucketPolicy',
        grants: [expect.objectContaining({ Permission: 'FULL_CONTROL' })],
        ownership: 'BucketOwnerEnforced',
        website: 'NoSuchWebsiteConfiguration',
        tags: 'NoSuchTagSet',
      });
    },
  });
});
