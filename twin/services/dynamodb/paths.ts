import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { AwsError } from '../../service';
import { type Path, Reader, showPath } from './expressions';
import { attribute, copy, type Item, setAttribute } from './items';
import type { Placeholders } from './placeholders';

/** What a path leads to in an item. */
export function valueAt(item: Item, path: Path): AttributeValue | undefined {
  let value: AttributeValue | undefined = { M: item };
  for (const part of path) {
    if (value === undefined) return undefined;
    value = typeof part === 'number' ? value.L?.[part] : value.M && attribute(value.M, part);
  }
  return value;
}

/**
 * @throws AwsError for a path that is part of another one, and for two that want the same attribute to be a list and a map.
 */
export function assertApart(paths: readonly Path[], fail: (problem: string) => AwsError): void {
  for (const [index, two] of paths.entries()) {
    for (const one of paths.slice(0, index)) {
      const differs = one.findIndex((part, level) => part !== two[level]);
      const overlap = differs < 0 || differs >= two.length;
      if (!overlap && typeof one[differs] === typeof two[differs]) continue;
      throw fail(
        `Two document paths ${overlap ? 'overlap' : 'conflict'} with each other; must remove or rewrite one of these paths; path one: ${showPath(one)}, path two: ${showPath(two)}`,
      );
    }
  }
}

/** The paths of a ProjectionExpression. */
export function parseProjection(text: string, placeholders: Placeholders): readonly Path[] {
  const reader = new Reader('ProjectionExpression', text, placeholders);
  const paths = reader.list(() => reader.path());
  reader.expectEnd();
  assertApart(paths, (problem) => reader.fail(problem));
  return paths;
}

/** The rests of paths, by their first part. A rest that is empty means all of the value. */
function byFirstPart(paths: readonly (readonly (string | number)[])[]): Map<string | number, (string | number)[][]> {
  const groups = new Map<string | number, (string | number)[][]>();
  for (const [first, ...rest] of paths) {
    if (first !== undefined) groups.set(first, [...(groups.get(first) ?? []), rest]);
  }
  return groups;
}

function projectValue(
  value: AttributeValue,
  rests: readonly (readonly (string | number)[])[],
): AttributeValue | undefined {
  if (rests.some(({ length }) => length === 0)) return copy(value);
  const groups = byFirstPart(rests);
  if (value.M) {
    const projected = projectItem(value.M, groups);
    return Object.keys(projected).length > 0 ? { M: projected } : undefined;
  }
  const elements = (value.L ?? []).flatMap((element, index) => {
    const inner = groups.get(index);
    return (inner && projectValue(element, inner)) ?? [];
  });
  return elements.length > 0 ? { L: elements } : undefined;
}

function projectItem(item: Item, groups: ReadonlyMap<string | number, readonly (string | number)[][]>): Item {
  const projected: Item = {};
  for (const [name, rests] of groups) {
    const value = typeof name === 'string' ? attribute(item, name) : undefined;
    const part = value && projectValue(value, rests);
    if (part) setAttribute(projected, String(name), part);
  }
  return projected;
}

/**
 * A copy of the parts of an item that paths lead to; of lists, the elements without gaps.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
 */
export const project = (item: Item, paths: readonly Path[]): Item => projectItem(item, byFirstPart(paths));
