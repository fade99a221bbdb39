import type { Filter } from '@aws-sdk/client-ec2';
import { error } from './state';

/** The members that all Describe calls have in common. */
interface ListRequest {
  readonly Filters?: readonly Filter[] | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

type Values = readonly (string | undefined)[];

/** How a kind of resource is filtered and paged. */
interface ListRules<T> {
  /** The values that an item has under each filter's name. */
  readonly filters: Readonly<Record<string, (item: T) => Values | string>>;
  /** Of resources that can be filtered by tags. */
  readonly tags?: (item: T) => ReadonlyMap<string, string> | undefined;
  /** Least and most of MaxResults. @default 5 and 1000 */
  readonly pageSizes?: readonly [least: number, most: number];
  /** Items in a page when the request does not say. @default all */
  readonly defaultPageSize?: number;
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const MOST_FILTER_VALUES = 200;

/**
 * One page of the items that pass the filters: all of them, each by any of its values.
 *
 * @throws AwsError for a filter that the operation does not know, or a page that cannot be.
 */
export function listing<T>(all: readonly T[], request: ListRequest, rules: ListRules<T>): { items: T[]; next: Next } {
  const tests = (request.Filters ?? []).map((filter) => testOf(filter, rules));
  return page(
    all.filter((item) => tests.every((test) => test(item))),
    request,
    rules,
  );
}

function testOf<T>({ Name = '', Values = [] }: Filter, { filters, tags }: ListRules<T>): (item: T) => boolean {
  const valuesOf = tagValues(Name, tags) ?? (Object.hasOwn(filters, Name) ? filters[Name] : undefined);
  if (!valuesOf) throw error('InvalidParameterValue', `The filter '${Name}' is invalid`);
  if (Values.length > MOST_FILTER_VALUES)
    throw error(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${MOST_FILTER_VALUES}`,
    );
  const patterns = Values.map(wildcard);
  return (item) =>
    [valuesOf(item)].flat().some((value) => value !== undefined && patterns.some((pattern) => pattern.test(value)));
}

function tagValues<T>(name: string, tags: ListRules<T>['tags']): ((item: T) => Values) | undefined {
  if (!tags) return undefined;
  if (name === 'tag-key') return (item) => [...(tags(item)?.keys() ?? [])];
  if (name.startsWith('tag:')) return (item) => [tags(item)?.get(name.slice('tag:'.length))];
  return undefined;
}

/** `*` stands for any text, `?` for one character; a backslash takes that from them, and from another backslash. */
function wildcard(pattern: string): RegExp {
  const literal = (character: string) => character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
  const source = pattern.replace(/\\(.)|([*?])|(.)/gsu, (_all, escaped?: string, special?: string, plain?: string) => {
    if (special !== undefined) return special === '*' ? '.*' : '.';
    return literal(escaped ?? plain ?? '');
  });
  return new RegExp(`^${source}$`, 'su');
}

type Next = { readonly NextToken?: string };

/** Tokens are positions, which only the twin reads. */
function page<T>(
  items: readonly T[],
  { MaxResults, NextToken }: ListRequest,
  { pageSizes: [least, most] = [5, 1000], defaultPageSize = items.length }: ListRules<T>,
): { items: T[]; next: Next } {
  const invalid = (expected: string) =>
    error(
      'InvalidParameterValue',
      `Value ( ${MaxResults} ) for parameter MaxResults is invalid. Expecting ${expected}.`,
    );
  if (MaxResults !== undefined && MaxResults < least) throw invalid(`a value greater than or equal to ${least}`);
  if (MaxResults !== undefined && MaxResults > most) throw invalid(`a value smaller than or equal to ${most}`);
  const position = NextToken ? Buffer.from(NextToken, 'base64').toString() : '0';
  if (!/^\d+$/.test(position)) throw error('InvalidNextToken', `The specified NextToken '${NextToken}' is not valid.`);
  const [from, to] = [Number(position), Number(position) + (MaxResults ?? defaultPageSize)];
  return {
    items: items.slice(from, to),
    next: to < items.length ? { NextToken: Buffer.from(String(to)).toString('base64') } : {},
  };
}
