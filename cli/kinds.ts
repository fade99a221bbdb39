import type { CloudTrailWake } from '../functions/core/events';
import type { AnyRemediation } from '../functions/core/handler';
import type { Policy } from '../functions/core/policy';
import type { ResourceKind } from '../functions/core/remediation';
import type { Names } from '../modules/names';
import type { Account } from './account';
import type { JudgedItem, Judgement } from './judgement';
import { accountBlocks } from './kind-account';
import { buckets } from './kind-bucket';
import type { KindName } from './kind-names';
import { securityGroups } from './kind-security-group';

/** A kind of resources, as far as the command is concerned: a further one is one more entry below. */
export interface Kind {
  /** As its remediation is called. */
  readonly name: KindName;
  /** How people call several: `security groups`. */
  readonly nouns: string;
  readonly resource: ResourceKind;
  /** API calls that concern it, as CloudTrail spells them. */
  readonly calls: readonly string[];
  /** The same remediation that its function runs. Loads the clients that it needs: a command that needs none does not wait for them. */
  remediation(config: Account['config']): AnyRemediation;
  /**
   * What would come of an API call that succeeded, as far as its event alone tells.
   *
   * @throws InvalidEventError if it names no resource
   */
  judge(wake: CloudTrailWake, policy: Policy): Judgement;
  /** What would come of an item of AWS Config, where a rule of ours asks about the kind. */
  readonly judgeItem?: JudgedItem;
}

/** A function that heals, and what wakes it by the clock. */
export interface HealingFunction {
  readonly function: string;
  readonly sweepRule: string;
  readonly pendingRule: string;
  /** What it looks after. */
  readonly kinds: readonly Kind[];
}

/** The functions of an installation. */
export const functionsOf = ({ securityGroup, bucket }: Names): readonly HealingFunction[] => [
  { ...securityGroup, kinds: [securityGroups] },
  { ...bucket, kinds: [buckets, accountBlocks] },
];

/** Every kind, in the order in which a sweep takes them. */
export const kinds: readonly Kind[] = [securityGroups, buckets, accountBlocks];
