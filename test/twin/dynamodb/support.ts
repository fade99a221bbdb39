import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AwsError, type Making } from '../../../twin/service';
import { dynamodb } from '../../../twin/services/dynamodb';
import type { DynamoDbState } from '../../../twin/services/dynamodb/state';
import type { Twin } from '../../../twin/twin';

export type Item = Record<string, AttributeValue>;
// biome-ignore lint/suspicious/noExplicitAny: tests read whatever an operation answers
export type Answer = any;

export const S = (S: string): AttributeValue => ({ S });
export const N = (N: string | number): AttributeValue => ({ N: String(N) });
export const B = (...bytes: number[]): AttributeValue => ({ B: new Uint8Array(bytes) });
export const L = (...L: AttributeValue[]): AttributeValue => ({ L });
export const M = (M: Item): AttributeValue => ({ M });

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
/** The table of most tests. */
export const TABLE = 'Table';
export const tableArn = (name: string): string => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;

/** An account with DynamoDB and nothing else, on a clock that stands still. */
export class Bench {
  now = new Date('2026-01-01T00:00:00Z');
  readonly unsupported: string[] = [];
  readonly twin: Twin;
  readonly state: DynamoDbState;
  readonly call: Parameters<NonNullable<typeof dynamodb.operations.GetItem>>[1];

  constructor() {
    this.twin = {
      clock: { now: () => this.now },
      unsupported: { operation: (name: string) => this.unsupported.push(name) },
      state: () => this.state,
    } as unknown as Twin;
    const scope = { account: ACCOUNT, region: REGION };
    this.state = dynamodb.initial(scope, this.twin);
    this.call = {
      ...scope,
      twin: this.twin,
      state: this.state,
      principal: { kind: 'user', arn: '', account: ACCOUNT, userId: '', accessKeyId: '' },
      requestId: 'request',
      arn: (resource) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:${resource}`,
    };
  }

  run(operation: string, input: object): Answer {
    const operations = dynamodb.operations as Record<string, ((input: object, call: object) => unknown) | undefined>;
    const handler = operations[operation];
    if (!handler) throw new Error(`there is no ${operation}`);
    return handler(input, this.call);
  }

  /** What an operation fails with. */
  failure(operation: string, input: object): AwsError {
    try {
      this.run(operation, input);
    } catch (error) {
      if (error instanceof AwsError) return error;
      throw error;
    }
    throw new Error(`${operation} did not fail`);
  }

  pass(seconds: number): void {
    this.now = new Date(this.now.getTime() + seconds * 1000);
  }

  making(address: string, tags: Record<string, string> = {}): Making {
    return { twin: this.twin, account: ACCOUNT, region: REGION, address, tags, file: (name) => name };
  }
}

/** CreateTable for keys such as `{ p: 'S', s: 'N' }`. */
export const tableOf = (name: string, key: Record<string, 'S' | 'N' | 'B'>, more: object = {}): object => ({
  TableName: name,
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: Object.entries(key).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
  KeySchema: Object.keys(key).map((AttributeName, index) => ({
    AttributeName,
    KeyType: index === 0 ? 'HASH' : 'RANGE',
  })),
  ...more,
});

/** An account with a table of partition key `p` and sort key `s`, a number. */
export function benchWithTable(more: object = {}): Bench {
  const bench = new Bench();
  bench.run('CreateTable', tableOf(TABLE, { p: 'S', s: 'N' }, more));
  return bench;
}

/** An account with a table that has a global index `global` (g, h) and a local one `local` (p, g). */
export const benchWithIndexes = (): Bench =>
  benchWithTable({
    AttributeDefinitions: [
      { AttributeName: 'p', AttributeType: 'S' },
      { AttributeName: 's', AttributeType: 'N' },
      { AttributeName: 'g', AttributeType: 'S' },
      { AttributeName: 'h', AttributeType: 'N' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'global',
        KeySchema: [
          { AttributeName: 'g', KeyType: 'HASH' },
          { AttributeName: 'h', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] },
      },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: 'local',
        KeySchema: [
          { AttributeName: 'p', KeyType: 'HASH' },
          { AttributeName: 'g', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  });

export const key = (p: string, s: number | string = 1): Item => ({ p: S(p), s: N(s) });

export const put = (bench: Bench, ...items: Item[]): void => {
  for (const Item of items) bench.run('PutItem', { TableName: TABLE, Item });
};
export const get = (bench: Bench, Key: Item): Item | undefined => bench.run('GetItem', { TableName: TABLE, Key }).Item;

/** Follows the pages of a query or scan. */
export function readAll(bench: Bench, operation: string, input: object): Item[] {
  const items: Item[] = [];
  let page: Answer;
  do {
    page = bench.run(operation, {
      TableName: TABLE,
      ...input,
      ...(page && { ExclusiveStartKey: page.LastEvaluatedKey }),
    });
    items.push(...page.Items);
  } while (page.LastEvaluatedKey);
  return items;
}

/** Items a/1 … a/5 and b/1, of which the odd ones have index keys. */
export function benchWithItems(): Bench {
  const bench = benchWithIndexes();
  for (const s of [3, 1, 5, 4, 2])
    put(bench, { ...key('a', s), x: N(s), ...(s % 2 && { g: S('g'), h: N(10 - s), a: N(s) }) });
  put(bench, { ...key('b', 1), g: S('g'), h: N(0) });
  return bench;
}
