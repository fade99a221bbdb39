import { ofBuckets } from './buckets';
import { endsTheSame } from './matrix';

const path = ofBuckets(false);

describe('an opened bucket that a sweep finds', () => {
  endsTheSame({
    ...path,
    variant: 'enforce',
    // What is read of one bucket, and what heals it, is shown by a request for it.
    only: /^(ListBuckets|Invoke|Query|UpdateItem|GetPublicAccessBlock)/,
    // One for each bucket that there is.
    alike: /^GetPublicAccessBlock$/,
    async arrange(twin) {
      const { id } = await path.arrange(twin);
      return { id, open: () => twin.invokeLater('S3BucketSelfHeal', { sweep: {} }) };
    },
  });
});
