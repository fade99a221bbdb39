import type { AttributeValue, QueryInput, ScanInput, Select } from '@aws-sdk/client-dynamodb';
import type { Operations } from '../../service';
import { assertCapacityLevel, itemReadUnits, Meter, readUnits } from './capacity';
import { type Condition, isMet, parseCondition, pathsIn } from './conditions';
import { constraint, invalid, invalidParameter, oneOf, refuseMembers } from './errors';
import type { Path } from './expressions';
import { LEGACY_READ, shown } from './item-operations';
import { copyItem, type Item, normalizeItem, pick, sortable } from './items';
import { keyCondition, parseKeyCondition } from './key-conditions';
import { parseProjection } from './paths';
import { Placeholders } from './placeholders';
import { hasKey, type IndexDefinition, type KeySchema, keyNames } from './schema';
import { type DynamoDbCall, type DynamoDbState, type Sdk, tableOf } from './state';
import { type Collection, type Entry, isInRange, isInSegment, type Position, type Segment } from './storage';
import type { Table } from './table';

type ReadInput = QueryInput | ScanInput;

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html */
const LARGEST_PAGE = 1024 * 1024;
const MOST_SEGMENTS = 1_000_000;

/** A table or one of its indexes. */
interface Source {
  readonly table: Table;
  readonly index: IndexDefinition | undefined;
  readonly key: KeySchema;
  readonly entries: Collection;
}

/** The expressions that queries and scans share. */
interface Expressions {
  readonly filter: Condition | undefined;
  readonly paths: readonly Path[] | undefined;
}

function sourceOf(call: DynamoDbCall, { TableName, IndexName, ConsistentRead }: ReadInput): Source {
  const table = tableOf(call, TableName);
  if (IndexName === undefined) return { table, index: undefined, key: table.key, entries: table.all };
  const index = table.index(IndexName);
  if (!index) throw invalid(`The table does not have the specified index: ${IndexName}`);
  if (ConsistentRead && index.definition.kind === 'global') {
    throw invalid('Consistent reads are not supported on global secondary indexes');
  }
  return { table, index: index.definition, key: index.definition.key, entries: index.entries };
}

function readExpressions(input: ReadInput, placeholders: Placeholders): Expressions {
  const { FilterExpression: filter, ProjectionExpression: projection } = input;
  return {
    filter: filter === undefined ? undefined : parseCondition('FilterExpression', filter, placeholders),
    paths: projection === undefined ? undefined : parseProjection(projection, placeholders),
  };
}

/** What a request selects, if not told otherwise. */
export function selected({ Select: select, ProjectionExpression: projection, IndexName }: ReadInput): Select {
  if (select) return select;
  if (projection !== undefined) return 'SPECIFIC_ATTRIBUTES';
  return IndexName === undefined ? 'ALL_ATTRIBUTES' : 'ALL_PROJECTED_ATTRIBUTES';
}

function assertRequest(input: ReadInput): void {
  const { Select: select, ProjectionExpression: projection, Limit: limit, IndexName: index } = input;
  assertCapacityLevel(input.ReturnConsumedCapacity);
  oneOf('select', select, ['SPECIFIC_ATTRIBUTES', 'COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES']);
  if (limit !== undefined && limit < 1) throw constraint('limit', limit, 'have value greater than or equal to 1');
  if (projection === undefined && select === 'SPECIFIC_ATTRIBUTES') {
    throw invalid('Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES');
  }
  if (projection !== undefined && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES') {
    const what = select === 'COUNT' ? 'only the Count' : select;
    throw invalid(`Cannot specify the ProjectionExpression when choosing to get ${what}`);
  }
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && index === undefined) {
    throw invalid('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
  }
}

/** Attributes that an index does not project. */
function notProjected({ table, index }: Source, paths: Iterable<Path>): string[] {
  const projected = index && table.projected(index);
  const names = [...new Set([...paths].map(([name]) => name))];
  return projected ? names.filter((name) => !projected.has(name)) : [];
}

/**
 * Whether whole items must be fetched from the table, as a local index allows.
 *
 * @throws AwsError for attributes that a global index cannot give.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.Projections
 */
function needsFetch(source: Source, input: ReadInput, { paths }: Expressions): boolean {
  const { index, table } = source;
  if (!index) return false;
  const isPartial = table.projected(index) !== undefined;
  const missing = notProjected(source, paths ?? []);
  const wantsAll = selected(input) === 'ALL_ATTRIBUTES' && isPartial;
  if (index.kind === 'local') return wantsAll || missing.length > 0;
  if (wantsAll) {
    throw invalidParameter(
      `Select type ALL_ATTRIBUTES is not supported for global secondary index ${index.name} because its projection type is not ALL`,
    );
  }
  if (missing.length > 0) {
    throw invalidParameter(`Global secondary index ${index.name} does not project [${missing.join(', ')}]`);
  }
  return false;
}

const pageKeyNames = ({ table, key }: Source): string[] => [...new Set([...keyNames(table.key), ...keyNames(key)])];

/** @throws AwsError for a starting key that is none of this table or index. */
function startOf(source: Source, wanted: Record<string, AttributeValue> | undefined): Position | undefined {
  if (!wanted) return undefined;
  const key = normalizeItem(wanted);
  const { table, index } = source;
  const isWhole = Object.keys(key).length === pageKeyNames(source).length;
  if (!isWhole || !hasKey(table.key, key) || !hasKey(source.key, key)) {
    throw invalid('The provided starting key is invalid');
  }
  return index ? table.indexPosition(index, key) : table.position(key);
}

/** Reads a page of entries: up to the limit, or until a megabyte is full. Filters and projections come after that. */
function readPage(entries: Iterable<Entry>, source: Source, input: ReadInput, expressions: Expressions, now: Date) {
  const { table } = source;
  const isFetching = needsFetch(source, input, expressions);
  const read: Entry[] = [];
  let bytes = 0;
  let isCut = false;
  for (const entry of entries) {
    if (table.isExpired(entry.source, now)) continue;
    isCut = bytes >= LARGEST_PAGE || read.length === input.Limit;
    if (isCut) break;
    read.push(entry);
    bytes += entry.size;
  }
  // At the limit DynamoDB does not look whether there is more; at a full page it has.
  const last = isCut || read.length === input.Limit ? read.at(-1) : undefined;
  const { filter } = expressions;
  const found = filter ? read.filter(({ item }) => isMet(filter, item)) : read;
  const items = (): Item[] =>
    found.map(({ item, source: whole }) => shown(isFetching ? whole : item, expressions.paths));
  const capacity = meterFor(source, bytes, isFetching ? read : [], input);
  return {
    ...(input.Select !== 'COUNT' && { Items: items() }),
    Count: found.length,
    ScannedCount: read.length,
    ...(last && { LastEvaluatedKey: copyItem(pick(last.source, pageKeyNames(source))) }),
    ...(capacity && { ConsumedCapacity: capacity }),
  };
}

function meterFor({ table, index }: Source, bytes: number, fetched: readonly Entry[], input: ReadInput) {
  const meter = new Meter(table, table.definition.name);
  const units = readUnits(bytes, input.ConsistentRead);
  if (index) meter.addIndex(index.name, units);
  else meter.addTable(units);
  for (const { source } of fetched) meter.addTable(itemReadUnits(source, input.ConsistentRead));
  return meter.report(input.ReturnConsumedCapacity);
}

/**
 * A query's filter cannot look at keys, which is what its key condition is for, nor at what the index does not hold. A scan's
 * can: attributes that the index does not hold are absent.
 */
function assertFilter(filter: Condition | undefined, source: Source): void {
  const paths = filter ? [...pathsIn(filter)] : [];
  const names = keyNames(source.key);
  const key = paths.find(([name]) => names.includes(name));
  if (key) {
    throw invalid(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${key[0]}`);
  }
  const missing = notProjected(source, paths);
  if (missing.length > 0) {
    throw invalidParameter(
      `Secondary index ${source.index?.name} does not project one or more filter attributes: [${missing.join(', ')}]`,
    );
  }
}

function segmentOf({ Segment: index, TotalSegments: total }: ScanInput): Segment | undefined {
  if (total !== undefined && (total < 1 || total > MOST_SEGMENTS)) {
    throw constraint('totalSegments', total, `have value between 1 and ${MOST_SEGMENTS}`);
  }
  if (index !== undefined && total === undefined) {
    throw invalid(
      'The TotalSegments parameter is required but was not present in the request when Segment parameter is present',
    );
  }
  if (total === undefined) return undefined;
  if (index === undefined) {
    throw invalid(
      'The Segment parameter is required but was not present in the request when parameter TotalSegments is present',
    );
  }
  if (index < 0) throw constraint('segment', index, 'have value greater than or equal to 0');
  if (index >= total) {
    throw invalid(
      `The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: ${index} is not less than TotalSegments: ${total}`,
    );
  }
  return { index, total };
}

/** Reading many items. */
export const queryOperations = {
  Query(input, call) {
    refuseMembers(call.twin, 'Query', input, LEGACY_READ);
    assertRequest(input);
    const { KeyConditionExpression: text } = input;
    if (text === undefined) {
      throw invalid('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.');
    }
    const placeholders = new Placeholders(input, [text, input.FilterExpression, input.ProjectionExpression]);
    const clauses = parseKeyCondition(text, placeholders);
    const expressions = readExpressions(input, placeholders);
    placeholders.assertUsed();
    const source = sourceOf(call, input);
    const { partition, range } = keyCondition(clauses, source.key);
    assertFilter(expressions.filter, source);
    const start = startOf(source, input.ExclusiveStartKey);
    const wanted = sortable(partition);
    if (start && start.partition !== wanted) {
      throw invalid('The provided starting key is outside query boundaries based on provided conditions');
    }
    if (start && !isInRange(start.sort, range)) {
      throw invalid('The provided starting key does not match the range key predicate');
    }
    const entries = source.entries.query(wanted, range, input.ScanIndexForward === false, start);
    return readPage(entries, source, input, expressions, call.twin.clock.now());
  },

  Scan(input, call) {
    refuseMembers(call.twin, 'Scan', input, LEGACY_READ);
    assertRequest(input);
    const segment = segmentOf(input);
    const placeholders = new Placeholders(input, [input.FilterExpression, input.ProjectionExpression]);
    const expressions = readExpressions(input, placeholders);
    placeholders.assertUsed();
    const source = sourceOf(call, input);
    const start = startOf(source, input.ExclusiveStartKey);
    if (start && segment && !isInSegment(start.partition, segment)) {
      throw invalid(
        `The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: ${segment.total} Segment: ${segment.index}`,
      );
    }
    return readPage(source.entries.scan(start, segment), source, input, expressions, call.twin.clock.now());
  },
} satisfies Operations<Sdk, DynamoDbState>;
