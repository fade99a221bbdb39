import type { DateFilter, MapFilter, NumberFilter, StringFilter } from '@aws-sdk/client-securityhub';
import { invalidInput, notSimulated } from './state';

/** Of values for one attribute. @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_GetFindings.html */
const MOST_VALUES = 20;

/** What lies at a path, of each element where there is a list. */
export function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return value === undefined || value === null ? [] : [value];
  if (value === null || typeof value !== 'object') return [];
  return valuesAt((value as Readonly<Record<string, unknown>>)[name], rest);
}

/** How text is compared, and whether a finding must, or must not, have such a value. */
const COMPARISONS: Readonly<Record<string, { test: (value: string, wanted: string) => boolean; not?: true }>> = {
  EQUALS: { test: (value, wanted) => value === wanted },
  PREFIX: { test: (value, wanted) => value.startsWith(wanted) },
  CONTAINS: { test: (value, wanted) => value.includes(wanted) },
  NOT_EQUALS: { test: (value, wanted) => value === wanted, not: true },
  PREFIX_NOT_EQUALS: { test: (value, wanted) => value.startsWith(wanted), not: true },
  NOT_CONTAINS: { test: (value, wanted) => value.includes(wanted), not: true },
};

interface TextFilter {
  readonly Value?: string | undefined;
  readonly Comparison?: string | undefined;
}

/**
 * Whether text fits: one of the filters that ask for something, and all of those that refuse something.
 *
 * @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_StringFilter.html
 */
function fitsText<F extends TextFilter>(filters: readonly F[], valuesFor: (filter: F) => readonly unknown[]): boolean {
  const results = filters.map((filter) => {
    const { test, not } = comparisonOf(filter);
    const has = valuesFor(filter).some((value) => test(String(value), filter.Value ?? ''));
    return { not, fits: not ? !has : has };
  });
  const asked = results.filter(({ not }) => !not);
  return (
    (asked.length === 0 || asked.some(({ fits }) => fits)) && results.every(({ not, fits }) => (not ? fits : true))
  );
}

function comparisonOf({ Comparison = 'EQUALS' }: TextFilter) {
  const found = COMPARISONS[Comparison];
  if (found) return found;
  if (Comparison === 'CONTAINS_WORD') throw notSimulated('filters by words');
  throw invalidInput(`Invalid parameter: Comparison: ${Comparison}`);
}

export const fitsStrings = (values: readonly unknown[], filters: readonly StringFilter[]): boolean =>
  fitsText(limited(filters), () => values);

/** Values by key, as in tags and fields of one's own. */
export const fitsMap = (maps: readonly unknown[], filters: readonly MapFilter[]): boolean =>
  fitsText(limited(filters), ({ Key = '' }) => valuesAt(maps, [Key]));

export const fitsNumbers = (values: readonly unknown[], filters: readonly NumberFilter[]): boolean =>
  limited(filters).some(({ Eq, Gte, Lte, Gt, Lt }) =>
    values.some((value) => {
      const number = Number(value);
      return (
        (Eq === undefined || number === Eq) &&
        (Gte === undefined || number >= Gte) &&
        (Lte === undefined || number <= Lte) &&
        (Gt === undefined || number > Gt) &&
        (Lt === undefined || number < Lt)
      );
    }),
  );

/** Between two times, or of the last days. */
export const fitsDates = (values: readonly unknown[], filters: readonly DateFilter[], now: Date): boolean =>
  limited(filters).some(({ Start, End, DateRange }) => {
    if (DateRange?.Comparison !== undefined && DateRange.Comparison !== 'WITHIN')
      throw notSimulated(`date ranges with ${DateRange.Comparison}`);
    const since = DateRange ? now.getTime() - (DateRange.Value ?? 0) * 86_400_000 : timeOf(Start, -Infinity);
    const until = DateRange ? now.getTime() : timeOf(End, Infinity);
    return values.some((value) => {
      const time = Date.parse(String(value));
      return time >= since && time <= until;
    });
  });

function timeOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw invalidInput(`Invalid parameter: date ${text}`);
  return time;
}

function limited<T>(filters: readonly T[]): readonly T[] {
  if (filters.length > MOST_VALUES) throw invalidInput(`Invalid parameter: more than ${MOST_VALUES} filter values`);
  return filters;
}
