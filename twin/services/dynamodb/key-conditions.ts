import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Comparator, type Condition, parseCondition } from './conditions';
import { invalid, invalidParameter } from './errors';
import type { Operand } from './expressions';
import { sortable, typeOf } from './items';
import type { Placeholders } from './placeholders';
import { assertKeyValue, type KeySchema, keyAttributes } from './schema';
import { type Range, startingWith } from './storage';

type KeyOperator = Exclude<Comparator, '<>'> | 'BETWEEN' | 'begins_with';

/** One condition on one attribute. */
interface KeyClause {
  readonly attribute: string;
  readonly operator: KeyOperator;
  readonly values: readonly AttributeValue[];
}

/** What a query asks for, values normalised. */
export interface KeyCondition {
  readonly partition: AttributeValue;
  /** Of sort keys. */
  readonly range: Range;
}

/** The same comparison with its operands exchanged: `:v < a` means `a > :v`. */
const MIRRORED: Readonly<Record<string, KeyOperator>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

const wrongOperator = (operator: string): Error =>
  invalid(`Invalid operator used in KeyConditionExpression: ${operator}`);

function keyName(operand: Operand | undefined): string | undefined {
  if (operand?.kind !== 'path') return undefined;
  const [name, ...rest] = operand.path;
  if (rest.length === 0) return name;
  throw invalid(
    `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: ${name}`,
  );
}

function clause(operator: KeyOperator, operands: readonly Operand[]): KeyClause {
  if (operands.some(({ kind }) => kind === 'call')) {
    throw invalid('KeyConditionExpressions cannot contain nested operations');
  }
  const [name, ...others] = operands.map(keyName);
  if (others.some((other) => other !== undefined) && name !== undefined) {
    throw invalid('Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition');
  }
  const mirrored = MIRRORED[operator];
  if (name === undefined) {
    if (mirrored && others[0] !== undefined) return clause(mirrored, [...operands].reverse());
    throw invalid('Invalid condition in KeyConditionExpression: No key attribute specified');
  }
  const values = operands.slice(1).flatMap((operand) => (operand.kind === 'value' ? [operand.value] : []));
  return { attribute: name, operator, values };
}

/** The conditions that a key condition connects by AND. */
function clauses(condition: Condition): KeyClause[] {
  switch (condition.kind) {
    case 'AND':
      return [...clauses(condition.left), ...clauses(condition.right)];
    case 'compare':
      if (condition.operator === '<>') throw wrongOperator('<>');
      return [clause(condition.operator, condition.operands)];
    case 'BETWEEN':
      return [clause('BETWEEN', condition.operands)];
    case 'call':
      if (condition.name !== 'begins_with') throw wrongOperator(condition.name);
      return [clause('begins_with', condition.operands)];
    default:
      throw wrongOperator(condition.kind);
  }
}

/** @throws AwsError for what DynamoDB refuses without looking for the table. */
export function parseKeyCondition(text: string, placeholders: Placeholders): readonly KeyClause[] {
  const found = clauses(parseCondition('KeyConditionExpression', text, placeholders));
  if (new Set(found.map(({ attribute }) => attribute)).size < found.length) {
    throw invalid('Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key');
  }
  return found;
}

function rangeOf(operator: KeyOperator, values: readonly AttributeValue[]): Range {
  const [low = '', high = ''] = values.map(sortable);
  switch (operator) {
    case '=':
      return { from: low, to: low };
    case '<':
      return { before: low };
    case '<=':
      return { to: low };
    case '>':
      return { after: low };
    case '>=':
      return { from: low };
    case 'BETWEEN':
      return { from: low, to: high };
    case 'begins_with':
      return startingWith(low);
  }
}

/**
 * Applies the conditions to the key of a table or an index: equality on the partition key, and at most one on the sort key.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
 */
export function keyCondition(found: readonly KeyClause[], schema: KeySchema): KeyCondition {
  const names = keyAttributes(schema);
  if (found.length > names.length) {
    throw invalid(
      `The number of query conditions (${found.length}) exceeds the number of key attributes defined in the schema (${names.length})`,
    );
  }
  const partition = found.find(({ attribute }) => attribute === schema.partition.name);
  const sort = found.find(({ attribute }) => attribute === schema.sort?.name);
  const missing = !partition ? schema.partition.name : found.length > 1 && !sort ? schema.sort?.name : undefined;
  if (!partition || missing !== undefined) throw invalid(`Query condition missed key schema element: ${missing}`);
  if (partition.operator !== '=') throw invalid('Query key condition not supported');
  for (const key of names) {
    for (const value of (key === schema.sort ? sort : partition)?.values ?? []) {
      if (typeOf(value) !== key.type) {
        throw invalidParameter('Condition parameter type does not match schema type');
      }
      assertKeyValue(key.name, value);
    }
  }
  const [value] = partition.values;
  if (!value) throw invalid('Query key condition not supported');
  return { partition: value, range: sort ? rangeOf(sort.operator, sort.values) : {} };
}
