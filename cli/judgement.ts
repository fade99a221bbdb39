import type { ConfigurationItem } from '../functions/core/config-events';
import type { Outcome } from '../functions/core/outcomes';
import type { Mode, Policy } from '../functions/core/policy';
import type { Action, Plan } from '../functions/core/remediation';

/** One part of what an event names, with its verdict. */
export interface JudgedPart {
  readonly rule: string;
  readonly opens: string;
  readonly verdict: string;
}

/** What would come of an event that reaches its function. */
export interface Judgement {
  readonly subject?: string;
  /** `LOOKED_UP`: the event alone does not tell; the function reads what it is about. */
  readonly outcome: Outcome | 'LOOKED_UP';
  readonly reason: string;
  readonly actions?: readonly Action[];
  /** Each part that the event names, with its verdict. */
  readonly judged?: readonly JudgedPart[];
  /** What the Config rule that asks is answered. */
  readonly compliance?: 'COMPLIANT' | 'NON_COMPLIANT' | 'NOT_APPLICABLE';
  /** What the function reads beside: it may decide otherwise. */
  readonly unseen?: string;
}

/** Where and when an event was. */
export interface Place {
  readonly account: string;
  readonly region: string;
  /** ISO 8601 */
  readonly at: string;
  /** ARN of who caused it, where that is known. */
  readonly actor?: string | undefined;
}

/** Judges what AWS Config recorded. */
export type JudgedItem = (
  item: ConfigurationItem & { readonly configuration: unknown },
  place: Place,
  policy: Policy,
) => Judgement;

/** `aws`, `aws-cn` or `aws-us-gov`: as the event's ARN says, else by its Region. */
export function partitionOf({ actor, region }: Pick<Place, 'actor' | 'region'>): string {
  const said = /^arn:([^:]+):/.exec(actor ?? '')?.[1];
  if (said !== undefined) return said;
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** What becomes of a plan, whatever the resource. Of pause and budget no event tells. */
export function outcomeOf(plan: Plan<Action>, mode: Mode): Pick<Judgement, 'reason'> & { readonly outcome: Outcome } {
  if (plan.held !== undefined) return { outcome: 'HELD', reason: plan.held };
  if (plan.actions.length === 0)
    return { outcome: plan.exempt.length > 0 ? 'EXEMPT' : 'NO_ACTION', reason: plan.reason };
  if (mode === 'observe')
    return { outcome: 'DRY_RUN', reason: `${plan.reason}; the mode is observe, so nothing would be changed` };
  if (mode === 'approve')
    return { outcome: 'HELD', reason: `${plan.reason}; the mode is approve, so a person would be asked` };
  return { outcome: 'REMEDIATED', reason: plan.reason };
}
