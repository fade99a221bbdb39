import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** One call, sent to both. */
export interface Step {
  readonly operation: string;
  // biome-ignore lint/suspicious/noExplicitAny: requests of any operation, malformed ones among them
  readonly input: any;
  /** Follow the pages to the end and compare all of them together, for reads whose order DynamoDB leaves open. */
  readonly unordered?: true;
}

export const step = (operation: string, input: object): Step => ({ operation, input });

export const S = (S: string): AttributeValue => ({ S });
export const N = (N: string | number): AttributeValue => ({ N: String(N) });
export const B = (...bytes: number[]): AttributeValue => ({ B: new Uint8Array(bytes) });

/** With a global and a local index, both sparse. */
export const WIDE = 'WideTable';
/** With a partition key only, a number. */
export const NARROW = 'NarrowTable';
/** With a binary sort key, and an index of all attributes. */
export const BINARY = 'BinaryTable';

const attributes = (types: Record<string, string>) =>
  Object.entries(types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
const key = (hash: string, range?: string) => [
  { AttributeName: hash, KeyType: 'HASH' },
  ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' }]),
];

/** Makes the tables that all other steps work on. */
export const SETUP: readonly Step[] = [
  step('CreateTable', {
    TableName: WIDE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributes({ p: 'S', s: 'N', g: 'S', h: 'N' }),
    KeySchema: key('p', 's'),
    GlobalSecondaryIndexes: [
      {
        IndexName: 'global',
        KeySchema: key('g', 'h'),
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] },
      },
    ],
    LocalSecondaryIndexes: [
      { IndexName: 'local', KeySchema: key('p', 'g'), Projection: { ProjectionType: 'KEYS_ONLY' } },
    ],
  }),
  step('CreateTable', {
    TableName: NARROW,
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    AttributeDefinitions: attributes({ n: 'N' }),
    KeySchema: key('n'),
  }),
  step('CreateTable', {
    TableName: BINARY,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributes({ p: 'S', b: 'B', g: 'S' }),
    KeySchema: key('p', 'b'),
    GlobalSecondaryIndexes: [{ IndexName: 'all', KeySchema: key('g'), Projection: { ProjectionType: 'ALL' } }],
  }),
];
