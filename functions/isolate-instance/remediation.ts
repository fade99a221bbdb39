import type { Remediation } from '../core/remediation';
import { INSTANCE, type Instance, type Original } from '../incident/instance';
import type { InstanceReader } from '../incident/instance-reader';
import type { InstanceAction } from './actions';
import type { InstanceAdapter } from './adapter';
import { describe, isDone, touchedParts } from './effects';
import { type Isolation, planInstance } from './planner';
import { restoreInstance } from './undo';

/** What one isolation needs. */
export interface IsolationParts {
  readonly reader: InstanceReader;
  readonly adapter: InstanceAdapter;
  readonly isolation: Isolation;
  /** What the instance was like before anything was changed, as far as that was written down. */
  readonly original: Original | undefined;
}

/** What `heal` needs to know about instances; everything else about a decision is the same for all resources. */
export const instanceRemediation = ({
  reader,
  adapter,
  isolation,
  original,
}: IsolationParts): Remediation<Instance, InstanceAction> => ({
  name: 'instance',
  resource: INSTANCE,
  // The incident says whether anything is changed; see functions/incident/containment.ts.
  mode: () => 'observe',
  read: (subject) => reader.read(subject, original),
  readBack: (_subject, before) => reader.readAgain(before),
  plan: (instance, policy) => planInstance(instance, policy, isolation),
  apply: (action, { id }, signal) => adapter.apply(action, id, signal),
  isDone,
  touched: touchedParts,
  invert: restoreInstance,
  describe,
});
