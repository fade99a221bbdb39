import type { Home } from '../core/remediation';
import type { Channel } from './channel';
import type { Target } from './incident';
import type { IncidentRecord } from './record';

/** What somebody who can only look says about a target. */
export interface Inspection {
  /** Whether it is there at all. */
  readonly exists: boolean;
  readonly channels: readonly Channel[];
}

/** Looks at a target of some kind. */
export type Inspector<Kind extends Target['kind']> = (
  target: Extract<Target, { kind: Kind }>,
  record: IncidentRecord,
  home: Home,
) => Promise<Inspection>;

/** One for each kind of target. */
export type Inspectors = { readonly [Kind in Target['kind']]: Inspector<Kind> };
