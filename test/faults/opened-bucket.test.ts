import { ofBuckets } from './buckets';
import { endsTheSame } from './matrix';

describe('an opened bucket', () => {
  endsTheSame({ ...ofBuckets(false), variant: 'enforce' });
});
