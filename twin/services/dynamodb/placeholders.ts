import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AwsError } from '../../service';
import { invalid } from './errors';
import { normalize } from './items';

/** The members of a request that its expressions refer to. */
export interface ExpressionInput {
  readonly ExpressionAttributeNames?: Record<string, string> | undefined;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue> | undefined;
}

/** Finds a key that is no placeholder, or complains about the map as a whole. */
function assertKeys(member: string, map: object | undefined, pattern: RegExp, hasExpressions: boolean): void {
  if (!map) return;
  if (!hasExpressions) throw invalid(`${member} can only be specified when using expressions`);
  if (Object.keys(map).length === 0) throw invalid(`${member} must not be empty`);
  const wrong = Object.keys(map).find((key) => !pattern.test(key));
  if (wrong !== undefined) throw invalid(`${member} contains invalid key: Syntax error; key: "${wrong}"`);
}

function readValue(key: string, value: AttributeValue): AttributeValue {
  try {
    return normalize(value);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`);
  }
}

/**
 * ExpressionAttributeNames and ExpressionAttributeValues of one request. Each must be used by one of its expressions.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeValues.html
 */
export class Placeholders {
  private readonly names: ReadonlyMap<string, string>;
  private readonly values: ReadonlyMap<string, AttributeValue>;
  private readonly used = new Set<string>();

  /** @throws AwsError for malformed keys and values, and for any if the request has no expression. */
  constructor(input: ExpressionInput, expressions: readonly (string | undefined)[]) {
    const hasExpressions = expressions.some((expression) => expression !== undefined);
    const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
    assertKeys('ExpressionAttributeNames', names, /^#[A-Za-z0-9_]+$/, hasExpressions);
    assertKeys('ExpressionAttributeValues', values, /^:[A-Za-z0-9_]+$/, hasExpressions);
    this.names = new Map(Object.entries(names ?? {}));
    this.values = new Map(Object.entries(values ?? {}).map(([key, value]) => [key, readValue(key, value)]));
    for (const [key, name] of this.names) {
      if (name === '') {
        throw invalid(`ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`);
      }
    }
  }

  name(placeholder: string): string | undefined {
    this.used.add(placeholder);
    return this.names.get(placeholder);
  }

  value(placeholder: string): AttributeValue | undefined {
    this.used.add(placeholder);
    return this.values.get(placeholder);
  }

  /** @throws AwsError for what no expression has used. */
  assertUsed(): void {
    for (const [member, map] of [
      ['ExpressionAttributeNames', this.names],
      ['ExpressionAttributeValues', this.values],
    ] as const) {
      const unused = [...map.keys()].filter((key) => !this.used.has(key));
      if (unused.length > 0) {
        throw invalid(`Value provided in ${member} unused in expressions: keys: {${unused.join(', ')}}`);
      }
    }
  }
}
