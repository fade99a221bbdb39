import { announceCompliance } from './notifications';
import { liveItem, type Place, type Result, type Rule, resourceKey } from './state';

/**
 * Takes a verdict in. One about an older state of the resource than the last loses; only a change is told. Of a resource that is
 * gone nothing is kept.
 */
export function recordResult(
  place: Place,
  rule: Rule,
  given: Omit<Result, 'recorded'>,
  { silently = false }: { silently?: boolean } = {},
): void {
  const { twin, state } = place;
  const key = resourceKey(given.type, given.id);
  const old = rule.results.get(key);
  if (old && given.ordering < old.ordering) return;
  const result: Result = { ...given, recorded: twin.clock.now() };
  const doesNotApply = result.compliance === 'NOT_APPLICABLE';
  if (doesNotApply && !liveItem(state, given.type, given.id)) rule.results.delete(key);
  else rule.results.set(key, result);
  const isChange = old ? old.compliance !== result.compliance : !doesNotApply;
  if (isChange && !silently) announceCompliance(place, rule, result, old);
}
