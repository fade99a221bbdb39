import type { Outcome } from './sides';
import type { Step } from './steps';

/** Where the two differ and AWS's documentation, or what AWS has answered, is with the twin. */
export interface KnownDifference {
  /** What Moto does. */
  readonly why: string;
  /** What says otherwise. */
  readonly see: string;
  explains(step: Step, ours: Outcome, moto: Outcome): boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [];
