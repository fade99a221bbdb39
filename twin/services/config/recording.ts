import type { Call, RecordedType, Scope, Service } from '../../service';
import type { Twin } from '../../twin';
import { evaluateChange, judgeSilently } from './evaluation';
import { announceChange } from './notifications';
import { CONFIG, type Item, isDeleted, liveItems, type Place, type Recorder } from './state';

/** Calls that change nothing. */
const READS = /^(Get|List|Describe|Lookup|Head|BatchGet|Filter|Test|Simulate|Query|Scan|Invoke|Receive)/;

/** Config of an account and Region. */
export const placeOf = (twin: Twin, { account, region }: Scope): Place => ({
  twin,
  account,
  region,
  state: twin.state(CONFIG, { account, region }),
});

/** Config in every Region of an account where it was ever asked for. */
const placesIn = (twin: Twin, account: string): Place[] =>
  [...twin.statesOf(CONFIG)].filter((scope) => scope.account === account).map((scope) => placeOf(twin, scope));

/** Whether a recorder records a type. @see https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html */
export function records({ group }: Recorder, type: string): boolean {
  const { recordingStrategy, resourceTypes = [], exclusionByResourceTypes } = group;
  if (recordingStrategy?.useOnly === 'EXCLUSION_BY_RESOURCE_TYPES')
    return !exclusionByResourceTypes?.resourceTypes?.includes(type as never);
  return group.allSupported === true || resourceTypes.includes(type as never);
}

/**
 * Watches a call for what it does to recorded resources. Returns what is to be told its output once it has worked,
 * or nothing where nothing is recorded.
 */
export function watchForConfig(
  twin: Twin,
  service: Service,
  operation: string,
  input: object,
  call: Call<unknown>,
): ((output: object) => void) | undefined {
  if (!service.recorded || READS.test(operation)) return undefined;
  const here = placeOf(twin, service.placeOf?.(operation, input as never, call) ?? call);
  const watched = service.recorded.flatMap((recorded) =>
    (recorded.everywhere ? placesIn(twin, here.account) : [here])
      .filter(({ state: { recorder } }) => recorder?.recording && records(recorder, recorded.type))
      .map((place) => ({
        place,
        recorded,
        ids: new Set(recorded.touched(operation, input as never, undefined, call.state)),
      })),
  );
  if (watched.length === 0) return undefined;
  return (output) => {
    for (const { place, recorded, ids } of watched) {
      for (const id of recorded.touched(operation, input as never, output as never, call.state)) ids.add(id);
      for (const id of ids) announce(place, capture(place, recorded, call.state, id));
    }
  };
}

/**
 * Looks at everything that a recorder records, as Config does when it is switched on.
 *
 * @param silently for what a stack that was just loaded holds: loading triggers nothing
 */
export function discover(place: Place, { silently = false }: { silently?: boolean } = {}): void {
  const { twin, state } = place;
  const { recorder } = state;
  if (!recorder?.recording) return;
  for (const { service, recorded } of twin.recordedTypes()) {
    if (!records(recorder, recorded.type)) continue;
    const resources = twin.state(service, place);
    const known = [...liveItems(state, recorded.type)].map(({ id }) => id);
    for (const id of new Set([...recorded.ids(resources, place), ...known])) {
      const captured = capture(place, recorded, resources, id);
      if (!silently) announce(place, captured);
    }
  }
  if (silently) judgeSilently(place);
}

/** Records what a load of Terraform has made or changed, wherever something records. */
export function recordLoad(twin: Twin): void {
  for (const scope of [...twin.statesOf(CONFIG)]) discover(placeOf(twin, scope), { silently: true });
}

/** Writes an item if a resource is not as it was. */
function capture(
  { twin, state, account, region }: Place,
  { type, describe }: RecordedType<unknown>,
  resources: unknown,
  id: string,
): { item: Item; previous: Item | undefined } | undefined {
  const byId = state.items.get(type) ?? new Map<string, Item[]>();
  const history = byId.get(id) ?? [];
  const previous = history.at(-1);
  const resource = describe(id, resources, { account, region });
  // No two items of a resource are of the same moment.
  const captured = new Date(Math.max(twin.clock.now().getTime(), (previous?.captured.getTime() ?? 0) + 1));
  let item: Item;
  if (!resource) {
    if (!previous || isDeleted(previous)) return undefined;
    item = { ...previous, captured, status: 'ResourceDeleted', configuration: null, supplementary: '{}' };
  } else {
    const { configuration, supplementaryConfiguration, created, ...rest } = resource;
    const isNew = !previous || isDeleted(previous);
    item = {
      ...rest,
      type,
      id,
      captured,
      status: isNew ? 'ResourceDiscovered' : 'OK',
      created: created?.toISOString() ?? null,
      configuration: JSON.stringify(configuration),
      supplementary: JSON.stringify(supplementaryConfiguration),
    };
    if (!isNew && contentOf(item) === contentOf(previous)) return undefined;
  }
  history.push(item);
  byId.set(id, history);
  state.items.set(type, byId);
  return { item, previous };
}

const contentOf = ({ configuration, supplementary, name, tags, relationships }: Item): string =>
  JSON.stringify([configuration, supplementary, name, tags, relationships]);

/** Tells of an item, and has the rules judge it, once the call that caused it has been answered. */
function announce(place: Place, captured: { item: Item; previous: Item | undefined } | undefined): void {
  if (!captured) return;
  place.twin.clock.after(0, () => {
    const message = announceChange(place, captured.item, captured.previous);
    evaluateChange(place, captured.item, captured.previous, message);
  });
}
