import { type Item, isDeleted } from './state';

interface Change {
  readonly previousValue: unknown;
  readonly updatedValue: unknown;
  readonly changeType: 'CREATE' | 'UPDATE' | 'DELETE';
}
type Changes = Record<string, Change>;

export interface ItemDiff {
  readonly changedProperties: Changes;
  readonly changeType: Change['changeType'];
}

/**
 * What an item changes: lists by their elements, which are numbered as they are told; everything else as a whole.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/example-sns-notification.html
 */
export function diffOf(previous: Item | undefined, item: Item): ItemDiff {
  if (!previous || isDeleted(previous)) return { changedProperties: {}, changeType: 'CREATE' };
  const before = parsed(previous.configuration);
  if (isDeleted(item)) return { changedProperties: { Configuration: change(before, undefined) }, changeType: 'DELETE' };
  return {
    changedProperties: {
      ...changes('Configuration', before, parsed(item.configuration)),
      ...changes('SupplementaryConfiguration', parsed(previous.supplementary), parsed(item.supplementary)),
      ...changes('Tags', previous.tags, item.tags),
      ...elements('Relationships', previous.relationships, item.relationships),
    },
    changeType: 'UPDATE',
  };
}

const parsed = (json: string | null): Record<string, unknown> =>
  json === null ? {} : (JSON.parse(json) as Record<string, unknown>);

const change = (previous: unknown, updated: unknown): Change => ({
  previousValue: previous ?? null,
  updatedValue: updated ?? null,
  changeType: previous === undefined ? 'CREATE' : updated === undefined ? 'DELETE' : 'UPDATE',
});

function changes(path: string, before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) {
  const found: Changes = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [previous, updated] = [before[name], after[name]];
    if (JSON.stringify(previous) === JSON.stringify(updated)) continue;
    const here = `${path}.${path === 'Tags' ? name : name.charAt(0).toUpperCase() + name.slice(1)}`;
    if (Array.isArray(previous) && Array.isArray(updated)) Object.assign(found, elements(here, previous, updated));
    else found[here] = change(previous, updated);
  }
  return found;
}

function elements(path: string, before: readonly unknown[], after: readonly unknown[]): Changes {
  const left = after.map((element) => JSON.stringify(element));
  const gone = before.filter((element) => {
    const at = left.indexOf(JSON.stringify(element));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const changed = [
    ...gone.map((element) => change(element, undefined)),
    ...left.map((element) => change(undefined, JSON.parse(element))),
  ];
  return Object.fromEntries(changed.map((one, index) => [`${path}.${index}`, one]));
}
