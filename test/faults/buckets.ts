import { ALL_ON } from '../../functions/remediate-bucket/bucket';
import { NONE_ON, statement } from '../support/bucket';
import { TestBuckets } from '../support/buckets';
import type { TestTwin } from '../support/twin';
import type { Path } from './matrix';

/** A statement that lets nobody in, and stays. */
const STAYS = statement({ Sid: 'TlsOnly', Effect: 'Deny' });

/** A bucket that must stay as it is. */
export const NEIGHBOUR = 'neighbour-of-what-is-healed';

/** What paths of buckets have in common: one that a policy and an ACL open, of which no event told, and that a request finds. */
export const ofBuckets = (removes: boolean): Omit<Path, 'variant'> => ({
  role: 'S3BucketSelfHealRole',
  mutating: ['PutPublicAccessBlock', 'PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutBucketEncryption'],
  disabledRules: ['S3BucketPublicAccessDetection'],
  async arrange(twin) {
    const buckets = new TestBuckets(twin);
    // There since the first run.
    await buckets.make(NEIGHBOUR).catch(() => undefined);
    const id = await buckets.make();
    await buckets.block(id, NONE_ON);
    await buckets.publish(id, STAYS);
    await buckets.publishByAcl(id, 'public-read');
    return { id, open: () => twin.invokeLater('S3BucketSelfHeal', { bucketName: id }) };
  },
  async healed(twin, id) {
    const { block, policy, grants } = await new TestBuckets(twin).everything(id);
    expect(block).toEqual(ALL_ON);
    const sids = (policy as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid);
    expect(sids).toEqual(removes ? ['TlsOnly'] : ['Read', 'TlsOnly']);
    expect(grants).toHaveLength(removes ? 1 : 2);
  },
  others: (twin) => new TestBuckets(twin).everything(NEIGHBOUR),
  chain: (twin: TestTwin, id) => new TestBuckets(twin).chain(id),
});
