import { ofBuckets } from './buckets';
import { endsTheSame } from './matrix';

describe('a bucket whose public statements and grants go', () => {
  endsTheSame({ ...ofBuckets(true), variant: 'removing', only: /^(Put|TransactWrite)/ });
});
