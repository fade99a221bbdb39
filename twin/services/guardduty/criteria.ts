import type { Condition, FindingCriteria, SortCriteria } from '@aws-sdk/client-guardduty';
import type { NormalizedSchema } from '@smithy/core/schema';
import { type FindingDetail, invalidParameter } from './state';

/**
 * Whether findings fit all of some criteria.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListFindings.html
 * @throws AwsError for an attribute that findings do not have
 */
export function criteria(
  { Criterion = {} }: FindingCriteria,
  schema: NormalizedSchema,
): (finding: FindingDetail) => boolean {
  const conditions = Object.entries(Criterion);
  if (conditions.some(([path]) => !isAttribute(schema, path.split('.')))) throw invalidParameter('findingCriteria');
  return (finding) =>
    conditions.every(([path, condition]) => meets(valuesAt(finding, path.split('.')), finding, path, condition));
}

/** In the order that is asked for; otherwise the newest first. */
export function sorted(
  findings: readonly FindingDetail[],
  { AttributeName = 'updatedAt', OrderBy = 'DESC' }: SortCriteria,
  schema: NormalizedSchema,
): FindingDetail[] {
  const path = AttributeName.split('.');
  if (!isAttribute(schema, path)) throw invalidParameter('sortCriteria');
  const sign = OrderBy === 'ASC' ? 1 : -1;
  return [...findings].sort((a, b) => {
    const [one, other] = [valuesAt(a, path)[0], valuesAt(b, path)[0]].map((value) => numberOf(value) ?? String(value));
    if (one === other) return 0;
    return (one as number) < (other as number) ? -sign : sign;
  });
}

/** As the schema of the API knows it; what is additional is anything. */
function isAttribute(schema: NormalizedSchema, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  let inner = schema;
  while (inner.isListSchema()) inner = inner.getValueSchema();
  if (!inner.isStructSchema()) return false;
  const member = Object.values(inner.getMemberSchemas()).find((one) => one.getMergedTraits().jsonName === name);
  return member !== undefined && (name === 'additionalInfo' || isAttribute(member, rest));
}

function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return value === undefined || value === null ? [] : [value];
  if (value === null || typeof value !== 'object') return [];
  return valuesAt((value as Readonly<Record<string, unknown>>)[name], rest);
}

/** Times are compared as milliseconds. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Severities are asked for as `8` and written as `8.0`. */
const equals = (value: unknown, wanted: string): boolean =>
  typeof value === 'number' ? value === Number(wanted) : String(value) === wanted;

function meets(values: readonly unknown[], finding: FindingDetail, path: string, condition: Condition): boolean {
  const { Eq, Neq, Gt, Gte, Lt, Lte, Matches, NotMatches } = condition;
  if (Matches || NotMatches) throw invalidParameter('findingCriteria');
  // Whether it is archived is always known.
  const known = path === 'service.archived' ? [finding.service.archived] : values;
  const anyOf = (wanted: readonly string[] | undefined) =>
    wanted?.some((one) => known.some((value) => equals(value, one))) ?? true;
  const noneOf = (refused: readonly string[] | undefined) =>
    !refused?.some((one) => known.some((value) => equals(value, one)));
  const every = (limit: number | undefined, test: (value: number, limit: number) => boolean) =>
    limit === undefined || known.some((value) => test(numberOf(value) ?? Number.NaN, limit));
  return (
    anyOf(condition.Equals ?? Eq) &&
    noneOf(condition.NotEquals ?? Neq) &&
    every(condition.GreaterThan ?? Gt, (value, limit) => value > limit) &&
    every(condition.GreaterThanOrEqual ?? Gte, (value, limit) => value >= limit) &&
    every(condition.LessThan ?? Lt, (value, limit) => value < limit) &&
    every(condition.LessThanOrEqual ?? Lte, (value, limit) => value <= limit)
  );
}
