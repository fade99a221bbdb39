import { type PublicAccessBlock, wholeBlock } from '../../s3/public-access-block';
import { recordedBlock } from '../../s3/recorded';
import { S3_CONTROL } from '../../s3control/state';
import { compliantIf, type ManagedRule, type Verdict } from './rule';

const FLAGS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;

/** Each flag is to be on, unless a parameter says that it need not. */
function verdictOn(block: Readonly<Record<string, boolean>>, parameters: Readonly<Record<string, string>>): Verdict {
  const off = FLAGS.filter((flag) => {
    const member = flag.charAt(0).toLowerCase() + flag.slice(1);
    return (parameters[flag] ?? 'True').toLowerCase() === 'true' && block[member] !== true;
  });
  return compliantIf(off.length === 0);
}

/** Managed rules about what an account blocks for all its buckets. */
export const accountBlockRules: Readonly<Record<string, ManagedRule>> = {
  /**
   * Nothing is recorded, and nothing judged, before a block is put for the first time.
   *
   * @see https://docs.aws.amazon.com/config/latest/developerguide/s3-account-level-public-access-blocks.html
   */
  S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS: {
    types: ['AWS::S3::AccountPublicAccessBlock'],
    onChange: true,
    periodic: false,
    parameters: FLAGS,
    judge: ({ configuration }, parameters) => verdictOn(configuration, parameters),
  },

  /** @see https://docs.aws.amazon.com/config/latest/developerguide/s3-account-level-public-access-blocks-periodic.html */
  S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC: {
    types: [],
    onChange: false,
    periodic: true,
    parameters: FLAGS,
    judge: () => ({ compliance: 'NOT_APPLICABLE' }),
    judgeAccount: (twin, scope, parameters) => {
      const block: PublicAccessBlock = wholeBlock(twin.state(S3_CONTROL, scope).block);
      return verdictOn(recordedBlock(block), parameters);
    },
  },
};
