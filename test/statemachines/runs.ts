import type { Assessment } from '../../functions/assess-incident/handler';
import { assessment, type IncidentRun } from '../support/incident-machine';

/** Where the runs of all cases have been. */
export const entered = new Set<string>();
export const taken = new Set<string>();

/** Waits for a run's end, remembers where it has been, and sees that it went wrong in none of the ways in which no execution may. */
export async function end(run: IncidentRun, ended: ReturnType<IncidentRun['run']> = run.run()) {
  const result = await ended;
  for (const name of run.path) entered.add(name);
  for (const edge of run.edges) taken.add(edge);
  expect(['States.NoChoiceMatched', 'States.Runtime']).not.toContain(result.error);
  return result;
}

export const waysOf = (path: readonly string[]): string => path.join(' ');
export const CONTAINMENT =
  'PreserveEvidence NeedsApproval ContainTargets RouteResource IsolateInstance VerifyContainment IsContained';
export const NOTICE = 'NotifySOC UpdateFindings Done';
export const FAILURE = 'RecordFailure NotifyFailure Unresolved';
export const CONTAINED = `AssessIncident DetermineResponse ${CONTAINMENT} ${NOTICE}`;

export const answering = (parts: Partial<Assessment>) => ({ AssessIncident: () => assessment(parts) });
/** What AssessIncident answers about an incident that a person must decide. */
export const asking = (onExpiry: 'deny' | 'approve' = 'deny') =>
  answering({ approval: { needed: true, seconds: 3600, onExpiry } });
