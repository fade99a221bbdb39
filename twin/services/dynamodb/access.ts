import type {
  AttributeValue,
  BatchGetItemInput,
  BatchWriteItemInput,
  CreateTableInput,
  QueryInput,
  ScanInput,
  TransactGetItemsInput,
  TransactWriteItemsInput,
} from '@aws-sdk/client-dynamodb';
import { type Access, AwsError } from '../../service';
import { parseCondition, pathsIn } from './conditions';
import type { Path } from './expressions';
import { attribute, type Item, normalize } from './items';
import { parseKeyCondition } from './key-conditions';
import { parseProjection } from './paths';
import { type ExpressionInput, Placeholders } from './placeholders';
import { selected } from './query-operations';
import { keyNames } from './schema';
import { type DynamoDbCall, findTable } from './state';
import { parseUpdate, pathsInUpdate } from './updates';

/** The members of requests for items that matter to IAM. */
interface ItemRequest extends ExpressionInput {
  readonly TableName?: string | undefined;
  readonly Key?: Item | undefined;
  readonly Item?: Item | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly FilterExpression?: string | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ReturnValues?: string | undefined;
  readonly ReturnConsumedCapacity?: string | undefined;
}

type Context = Record<string, string | readonly string[]>;

export const tableArn = (call: DynamoDbCall, nameOrArn: string | undefined): string =>
  nameOrArn?.startsWith('arn:') ? nameOrArn : call.arn(`table/${nameOrArn ?? ''}`);

/** What cannot be read is refused when the operation runs; until then it adds nothing. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof AwsError) return otherwise;
    throw error;
  }
}

function pathsInRequest(request: ItemRequest): Path[] {
  const { ProjectionExpression: projection, UpdateExpression: update } = request;
  const placeholders = new Placeholders(request, ['']);
  const conditions = (['ConditionExpression', 'FilterExpression', 'KeyConditionExpression'] as const).flatMap(
    (member) => {
      const text = request[member];
      return text === undefined ? [] : [...pathsIn(parseCondition(member, text, placeholders))];
    },
  );
  return [
    ...conditions,
    ...(projection === undefined ? [] : parseProjection(projection, placeholders)),
    ...(update === undefined ? [] : pathsInUpdate(parseUpdate(update, placeholders))),
  ];
}

/** Top-level attributes that a request names; none of those that it merely gets because it asks for all. */
const attributesIn = (requests: readonly ItemRequest[]): string[] => [
  ...new Set(
    requests.flatMap((request) => [
      ...Object.keys(request.Key ?? {}),
      ...Object.keys(request.Item ?? {}),
      ...attempt(() => pathsInRequest(request), []).map(([name]) => name),
    ]),
  ),
];

/** A key as policies write it. */
function keyText(value: AttributeValue): string {
  const { S, N, B } = attempt(() => normalize(value), value);
  return S ?? N ?? Buffer.from(B ?? []).toString('base64');
}

/** The values of partition keys that requests name, each once. */
function leadingKeys(
  call: DynamoDbCall,
  tableName: string | undefined,
  items: readonly (Item | undefined)[],
): string[] {
  const name = findTable(call, tableName)?.key.partition.name;
  const values = items.flatMap((item) => (item && name !== undefined && attribute(item, name)) || []);
  return [...new Set(values.map(keyText))];
}

function context(call: DynamoDbCall, tableName: string | undefined, requests: readonly ItemRequest[]): Context {
  return {
    'dynamodb:LeadingKeys': leadingKeys(
      call,
      tableName,
      requests.map(({ Key, Item }) => Key ?? Item),
    ),
    'dynamodb:Attributes': attributesIn(requests),
  };
}

const capacity = (level: string | undefined): Context => ({ 'dynamodb:ReturnConsumedCapacity': level ?? 'NONE' });
const select = (projection: string | undefined): Context => ({
  'dynamodb:Select': projection === undefined ? 'ALL_ATTRIBUTES' : 'SPECIFIC_ATTRIBUTES',
});

/** One action on one item. */
const onItem = (call: DynamoDbCall, action: string, request: ItemRequest, more: Context): Access => ({
  action: `dynamodb:${action}`,
  resources: [tableArn(call, request.TableName)],
  context: { ...context(call, request.TableName, [request]), ...more },
});

/** A query or scan, of a table or of an index, whose partition key then counts as the leading key. */
function onMany(call: DynamoDbCall, action: 'Query' | 'Scan', input: QueryInput | ScanInput): Access {
  const table = findTable(call, input.TableName);
  const key = input.IndexName === undefined ? table?.key : table?.index(input.IndexName)?.definition.key;
  const text = 'KeyConditionExpression' in input ? input.KeyConditionExpression : undefined;
  const clauses = attempt(() => (text ? parseKeyCondition(text, new Placeholders(input, [text])) : []), []);
  const leading = clauses.find(({ attribute: name }) => name === key?.partition.name)?.values ?? [];
  const arn = tableArn(call, input.TableName);
  return {
    action: `dynamodb:${action}`,
    resources: [input.IndexName === undefined ? arn : `${arn}/index/${input.IndexName}`],
    context: {
      'dynamodb:LeadingKeys': leading.map(keyText),
      'dynamodb:Attributes': [...new Set([...(key ? keyNames(key) : []), ...attributesIn([input as ItemRequest])])],
      'dynamodb:Select': selected(input),
      ...capacity(input.ReturnConsumedCapacity),
    },
  };
}

type Reader = (input: never, call: DynamoDbCall) => readonly Access[];

const write =
  (action: string): Reader =>
  (input: ItemRequest, call) => [
    onItem(call, action, input, {
      'dynamodb:ReturnValues': input.ReturnValues ?? 'NONE',
      ...capacity(input.ReturnConsumedCapacity),
    }),
  ];

/**
 * What IAM is asked for each operation on items. A transaction needs what each of its actions would need alone.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 */
export const ACCESS: Readonly<Record<string, Reader>> = {
  GetItem: (input: ItemRequest, call) => [
    onItem(call, 'GetItem', input, {
      ...select(input.ProjectionExpression),
      ...capacity(input.ReturnConsumedCapacity),
    }),
  ],
  PutItem: write('PutItem'),
  UpdateItem: write('UpdateItem'),
  DeleteItem: write('DeleteItem'),

  BatchGetItem: (input: BatchGetItemInput, call) =>
    Object.entries(input.RequestItems ?? {}).map(([name, wanted]) => {
      const keys = (wanted.Keys ?? []).map((Key) => ({ Key }));
      return {
        action: 'dynamodb:BatchGetItem',
        resources: [tableArn(call, name)],
        context: {
          ...context(call, name, [...keys, { ...wanted, TableName: name }]),
          ...select(wanted.ProjectionExpression),
          ...capacity(input.ReturnConsumedCapacity),
        },
      };
    }),

  BatchWriteItem: (input: BatchWriteItemInput, call) =>
    Object.entries(input.RequestItems ?? {}).map(([name, requests]) => ({
      action: 'dynamodb:BatchWriteItem',
      resources: [tableArn(call, name)],
      context: {
        ...context(
          call,
          name,
          requests.map(({ PutRequest: put, DeleteRequest: remove }) => ({ Item: put?.Item, Key: remove?.Key })),
        ),
        ...capacity(input.ReturnConsumedCapacity),
      },
    })),

  Query: (input: QueryInput, call) => [onMany(call, 'Query', input)],
  Scan: (input: ScanInput, call) => [onMany(call, 'Scan', input)],

  TransactGetItems: (input: TransactGetItemsInput, call) =>
    (input.TransactItems ?? []).flatMap(({ Get: get }) =>
      get
        ? onItem(call, 'GetItem', get, {
            'dynamodb:EnclosingOperation': 'TransactGetItems',
            ...select(get.ProjectionExpression),
            ...capacity(input.ReturnConsumedCapacity),
          })
        : [],
    ),

  TransactWriteItems: (input: TransactWriteItemsInput, call) =>
    (input.TransactItems ?? []).flatMap(({ Put, Update, Delete, ConditionCheck }) =>
      (
        [
          ['PutItem', Put],
          ['UpdateItem', Update],
          ['DeleteItem', Delete],
          ['ConditionCheckItem', ConditionCheck],
        ] as const
      ).flatMap(([action, request]) =>
        request
          ? onItem(call, action, request, {
              'dynamodb:EnclosingOperation': 'TransactWriteItems',
              ...capacity(input.ReturnConsumedCapacity),
            })
          : [],
      ),
    ),

  /** Tags on a new table need a permission of their own. */
  CreateTable: (input: CreateTableInput, call) => {
    const tags = input.Tags ?? [];
    const tagContext: Context = {
      'aws:TagKeys': tags.map(({ Key = '' }) => Key),
      ...Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [`aws:RequestTag/${Key}`, Value])),
    };
    const actions = tags.length > 0 ? ['CreateTable', 'TagResource'] : ['CreateTable'];
    const resources = [tableArn(call, input.TableName)];
    return actions.map((action) => ({ action: `dynamodb:${action}`, resources, context: tagContext }));
  },
};
