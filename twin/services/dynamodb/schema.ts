import type {
  AttributeValue,
  CreateTableInput,
  GlobalSecondaryIndex,
  KeySchemaElement,
  LocalSecondaryIndex,
  Projection,
  ProvisionedThroughput,
} from '@aws-sdk/client-dynamodb';
import { constraint, invalid, invalidParameter, oneOf } from './errors';
import { attribute, type Item, itemSize, typeOf } from './items';

export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N' | 'B';
}

/** The key of a table or an index. */
export interface KeySchema {
  readonly partition: KeyAttribute;
  readonly sort?: KeyAttribute;
}

export interface IndexDefinition {
  readonly name: string;
  readonly kind: 'global' | 'local';
  readonly key: KeySchema;
  readonly projection: Projection;
  readonly throughput?: ProvisionedThroughput | undefined;
}

export interface TableDefinition {
  readonly name: string;
  readonly key: KeySchema;
  readonly indexes: readonly IndexDefinition[];
}

const MOST_LOCAL = 5;
const MOST_GLOBAL = 20;
const LONGEST_PARTITION_KEY = 2048;
const LONGEST_SORT_KEY = 1024;

export const keyAttributes = ({ partition, sort }: KeySchema): KeyAttribute[] => [partition, ...(sort ? [sort] : [])];
export const keyNames = (schema: KeySchema): string[] => keyAttributes(schema).map(({ name }) => name);

const emptyKind = (value: AttributeValue | undefined): 'string' | 'binary' | undefined => {
  if (value?.S === '') return 'string';
  return value?.B?.length === 0 ? 'binary' : undefined;
};

/** @throws AwsError for an empty text as key, which DynamoDB notices before anything else about an item. */
export function assertKeyValue(name: string, value: AttributeValue | undefined): void {
  const kind = emptyKind(value);
  if (kind) {
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`,
    );
  }
}

/** @throws AwsError for an empty text as key of an index. */
export function assertIndexKeyValues(item: Item, indexes: readonly IndexDefinition[], what: string): void {
  for (const { name, key } of indexes) {
    for (const part of keyNames(key)) {
      const kind = emptyKind(attribute(item, part));
      if (kind) {
        throw invalid(
          `One or more parameter values are not valid. ${what} The AttributeValue for a key attribute cannot contain an empty ${kind} value. IndexName: ${name}, IndexKey: ${part}`,
        );
      }
    }
  }
}

/** @throws AwsError for a key that is too long. */
export function assertKeySize({ partition, sort }: KeySchema, item: Item): void {
  const size = (key: KeyAttribute): number => {
    const value = attribute(item, key.name);
    return value ? itemSize({ '': value }) : 0;
  };
  if (size(partition) > LONGEST_PARTITION_KEY) {
    throw invalidParameter('Size of hashkey has exceeded the maximum size limit of2048 bytes');
  }
  if (sort && size(sort) > LONGEST_SORT_KEY) {
    throw invalidParameter('Aggregated size of all range keys has exceeded the size limit of 1024 bytes');
  }
}

/** Whether an item has all attributes of a key, of their types. */
export const hasKey = (schema: KeySchema, item: Item): boolean =>
  keyAttributes(schema).every(({ name, type }) => {
    const value = attribute(item, name);
    return value !== undefined && typeOf(value) === type;
  });

/** Whether those attributes of a key that an item has are of their types. */
export const fitsKey = (schema: KeySchema, item: Item): boolean =>
  keyAttributes(schema).every(({ name, type }) => {
    const value = attribute(item, name);
    return value === undefined || typeOf(value) === type;
  });

/** Whether a key in a request has exactly the attributes of the schema. */
export const isKey = (schema: KeySchema, key: Item): boolean =>
  Object.keys(key).length === keyAttributes(schema).length && hasKey(schema, key);

/** @throws AwsError for a name that no table or index may have. */
export function assertName(member: string, name: string | undefined): asserts name is string {
  if (name === undefined || name === null) throw constraint(member, name, 'not be null');
  if (name.length < 3) throw constraint(member, name, 'have length greater than or equal to 3');
  if (name.length > 255) throw constraint(member, name, 'have length less than or equal to 255');
  if (!/^[a-zA-Z0-9_.-]+$/.test(name)) {
    throw constraint(member, name, 'satisfy regular expression pattern: [a-zA-Z0-9_.-]+');
  }
}

function keySchema(elements: readonly KeySchemaElement[] | undefined, types: ReadonlyMap<string, string>): KeySchema {
  const [hash, range, ...others] = elements ?? [];
  if (!hash) throw constraint('keySchema', elements && '[]', 'have length greater than or equal to 1');
  if (others.length > 0) throw constraint('keySchema', '[…]', 'have length less than or equal to 2');
  if (hash.KeyType !== 'HASH') {
    throw invalidParameter('Invalid KeySchema: The first KeySchemaElement is not a HASH key type');
  }
  if (range && range.KeyType !== 'RANGE') {
    throw invalidParameter('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type');
  }
  if (range && range.AttributeName === hash.AttributeName) {
    throw invalidParameter('Both the Hash Key and the Range Key element in the KeySchema have the same name');
  }
  const part = ({ AttributeName: name = '' }: KeySchemaElement): KeyAttribute => {
    const type = types.get(name);
    if (type === undefined) {
      throw invalidParameter(
        `Some index key attributes are not defined in AttributeDefinitions. Keys: [${name}], AttributeDefinitions: [${[...types.keys()].join(', ')}]`,
      );
    }
    return { name, type: type as KeyAttribute['type'] };
  };
  return { partition: part(hash), ...(range && { sort: part(range) }) };
}

function projection(wanted: Projection | undefined): Projection {
  const { ProjectionType: type, NonKeyAttributes: attributes } = wanted ?? {};
  if (type !== 'ALL' && type !== 'KEYS_ONLY' && type !== 'INCLUDE') {
    throw invalidParameter(`Unknown ProjectionType: ${type ?? 'null'}`);
  }
  if (type === 'INCLUDE' && !attributes?.length) {
    throw invalidParameter('ProjectionType is INCLUDE, but NonKeyAttributes is not specified');
  }
  if (type !== 'INCLUDE' && attributes) {
    throw invalidParameter(`ProjectionType is ${type}, but NonKeyAttributes is specified`);
  }
  return { ProjectionType: type, ...(attributes && { NonKeyAttributes: [...attributes] }) };
}

function index(
  kind: IndexDefinition['kind'],
  wanted: GlobalSecondaryIndex | LocalSecondaryIndex,
  table: KeySchema,
  types: ReadonlyMap<string, string>,
): IndexDefinition {
  assertName('indexName', wanted.IndexName);
  const name = wanted.IndexName;
  const key = keySchema(wanted.KeySchema, types);
  if (kind === 'local' && !key.sort) {
    throw invalidParameter(`Index KeySchema does not have a range key for index: ${name}`);
  }
  if (kind === 'local' && key.partition.name !== table.partition.name) {
    throw invalidParameter(
      `Index KeySchema does not have the same leading hash key as table KeySchema for index: ${name}. index hash key: ${key.partition.name}, table hash key: ${table.partition.name}`,
    );
  }
  const throughput = 'ProvisionedThroughput' in wanted ? wanted.ProvisionedThroughput : undefined;
  return { name, kind, key, projection: projection(wanted.Projection), throughput };
}

function assertThroughput({ BillingMode, ProvisionedThroughput: throughput }: CreateTableInput): void {
  oneOf('billingMode', BillingMode, ['PROVISIONED', 'PAY_PER_REQUEST']);
  if (BillingMode === 'PAY_PER_REQUEST' && throughput) {
    throw invalidParameter(
      'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
    );
  }
  if (BillingMode !== 'PAY_PER_REQUEST' && !(throughput?.ReadCapacityUnits && throughput.WriteCapacityUnits)) {
    throw invalidParameter(
      'ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED',
    );
  }
}

/**
 * What CreateTable asks for.
 *
 * @throws AwsError for what cannot be made.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
 */
export function tableDefinition(input: CreateTableInput): TableDefinition {
  assertName('tableName', input.TableName);
  const types = new Map<string, string>();
  for (const { AttributeName = '', AttributeType = '' } of input.AttributeDefinitions ?? []) {
    oneOf('attributeDefinitions.1.member.attributeType', AttributeType, ['B', 'N', 'S']);
    if (types.has(AttributeName)) {
      throw invalidParameter(`Cannot have two attributes with the same name: ${AttributeName}`);
    }
    types.set(AttributeName, AttributeType);
  }
  assertThroughput(input);
  const key = keySchema(input.KeySchema, types);
  const { LocalSecondaryIndexes: local, GlobalSecondaryIndexes: global } = input;
  if (local && !key.sort) {
    throw invalidParameter(
      'Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex',
    );
  }
  for (const [list, kind, most] of [
    [local, 'Local', MOST_LOCAL],
    [global, 'Global', MOST_GLOBAL],
  ] as const) {
    if (list?.length === 0) throw invalidParameter(`List of ${kind}SecondaryIndexes is empty`);
    if ((list?.length ?? 0) > most) {
      throw invalidParameter(`Number of ${kind}SecondaryIndexes exceeds per-table limit of ${most}`);
    }
  }
  const indexes = [
    ...(local ?? []).map((wanted) => index('local', wanted, key, types)),
    ...(global ?? []).map((wanted) => index('global', wanted, key, types)),
  ];
  const twice = indexes.find(({ name }, position) => indexes.slice(0, position).some((other) => other.name === name));
  if (twice) throw invalidParameter(`Duplicate index name: ${twice.name}`);
  const used = new Set([key, ...indexes.map((each) => each.key)].flatMap(keyNames));
  const unused = [...types.keys()].filter((name) => !used.has(name));
  if (unused.length > 0) {
    throw invalidParameter(
      indexes.length === 0
        ? 'Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions'
        : `Some AttributeDefinitions are not used. AttributeDefinitions: [${[...types.keys()].join(', ')}], keys used: [${[...used].join(', ')}]`,
    );
  }
  return { name: input.TableName, key, indexes };
}
