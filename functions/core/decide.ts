import { policyOn } from './exceptions';
import type { Page } from './ledger';
import type { Outcome } from './outcomes';
import type { Mode } from './policy';
import type { Action, Plan, Remediation, Subject } from './remediation';

/** What ought to happen to a resource. Only `ACT` leads to a change. */
export interface Verdict<A extends Action> {
  readonly outcome: Extract<Outcome, 'NO_ACTION' | 'DRY_RUN' | 'EXEMPT' | 'HELD' | 'GONE'> | 'ACT';
  readonly reason: string;
  readonly plan: Plan<A>;
  readonly mode: Mode;
  /** Ids of exceptions that would have covered something, had they not been over. */
  readonly expired: readonly string[];
  /** Whom it concerns is told once: about this decision, or in this hour. */
  readonly tell?: { readonly once: 'decision' | 'hour'; readonly subject: string };
  /** A budget or a pause holds it, and both end: to be looked at again. */
  readonly pending?: true;
}

/** Changes that a remediation may make in the current hour: a floor, or a share of what there is. */
export const limitOf = ({ policy: { governor }, budget }: Pick<Page, 'policy' | 'budget'>): number =>
  Math.max(governor.actionsPerHour, Math.floor((governor.percentOfResources * budget.seen) / 100));

/** No change at all. */
export const NO_PLAN: Plan<never> = { actions: [], exempt: [], reason: '' };

/**
 * Judges a live state. Pure: the same page and state give the same verdict.
 *
 * | state   | plan            | mode    | paused | budget | verdict   |
 * | ------- | --------------- | ------- | ------ | ------ | --------- |
 * | absent  |                 |         |        |        | GONE      |
 * | present | nothing but held| any     | any    | any    | HELD      |
 * | present | empty           | any     | any    | any    | NO_ACTION |
 * | present | empty by excep. | any     | any    | any    | EXEMPT    |
 * | present | actions         | observe | any    | any    | DRY_RUN   |
 * | present | actions         | other   | yes    | any    | HELD      |
 * | present | actions         | approve | no     | any    | HELD      |
 * | present | actions         | enforce | no     | used   | HELD      |
 * | present | actions         | enforce | no     | left   | ACT       |
 */
export function decide<State, A extends Action>(
  remediation: Remediation<State, A>,
  subject: Subject,
  state: State | undefined,
  page: Page,
  { now, dryRun = false }: { readonly now: number; readonly dryRun?: boolean | undefined },
): Verdict<A> {
  const mode = dryRun ? 'observe' : remediation.mode(page.policy);
  if (state === undefined)
    return {
      outcome: 'GONE',
      reason: `the ${remediation.resource.noun} does not exist`,
      plan: NO_PLAN,
      mode,
      expired: [],
    };

  const policy = { ...page.policy, exceptions: [...page.policy.exceptions, ...page.exceptions] };
  const plan = remediation.plan(state, policyOn(policy, new Date(now).toISOString().slice(0, 10)));
  const covering = (exempt: Plan<A>['exempt']) => [...new Set(exempt.map(({ exception }) => exception))];
  const inForce = covering(plan.exempt);
  const expired = covering(remediation.plan(state, policy).exempt).filter((id) => !inForce.includes(id));
  const found = { plan, mode, expired };

  if (plan.held !== undefined && plan.actions.length === 0)
    return {
      ...found,
      outcome: 'HELD',
      reason: plan.held,
      tell: { once: 'decision', subject: `${subject.id} needs a person` },
    };
  if (plan.actions.length === 0)
    return { ...found, outcome: plan.exempt.length > 0 ? 'EXEMPT' : 'NO_ACTION', reason: plan.reason };
  if (mode === 'observe') return { ...found, outcome: 'DRY_RUN', reason: plan.reason };
  if (page.pause)
    return { ...found, outcome: 'HELD', reason: `paused by ${page.pause.by}: ${page.pause.reason}`, pending: true };
  if (mode === 'approve') {
    return {
      ...found,
      outcome: 'HELD',
      reason: `waits for approval: ${plan.reason}`,
      tell: { once: 'decision', subject: `${subject.id} waits for approval` },
    };
  }
  const limit = limitOf(page);
  if (page.budget.used >= limit) {
    const reason = `the budget of ${limit} changes per hour is used up`;
    return {
      ...found,
      outcome: 'HELD',
      reason,
      tell: { once: 'hour', subject: `${reason}; further changes are held` },
      pending: true,
    };
  }
  return { ...found, outcome: 'ACT', reason: plan.reason };
}
