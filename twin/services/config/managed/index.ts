import type { Rule } from '../state';
import { accountBlockRules } from './account-blocks';
import { bucketRules } from './buckets';
import type { ManagedRule } from './rule';
import { securityGroupRules } from './security-groups';

const RULES: Readonly<Record<string, ManagedRule>> = {
  ...securityGroupRules,
  ...bucketRules,
  ...accountBlockRules,
};

/** Whether the twin has a managed rule. */
export const isManaged = (identifier: string | undefined): boolean => identifier !== undefined && identifier in RULES;

/** The twin's own code for a managed rule, if the rule is one and there is such code. */
export const managedRule = ({ Source }: Rule['definition']): ManagedRule | undefined =>
  Source?.Owner === 'AWS' ? RULES[Source.SourceIdentifier ?? ''] : undefined;
