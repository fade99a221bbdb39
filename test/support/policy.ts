import { type Policy, policyOf } from '../../functions/core/policy';
import { Settings } from '../../functions/core/settings';
import { names, ownParts } from '../../modules/names';

type SettingsInput = Parameters<typeof Settings.parse>[0];

/** The policy of some settings; everything else is the default, but enforced. */
export const policy = (settings: object = {}): Policy =>
  policyOf(Settings.parse({ mode: 'enforce', ...settings } as SettingsInput), ownParts(names('')));

/** The default policy with some of its bucket settings changed. */
export const bucketPolicy = (buckets: object, more: object = {}): Policy => policy({ buckets, ...more });

/** The default policy with some of its security group settings changed. */
export const groupPolicy = (securityGroups: object): Policy => policy({ securityGroups });
