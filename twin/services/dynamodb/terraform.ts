import type {
  AttributeValue,
  CreateTableInput,
  KeySchemaElement,
  Projection,
  ProvisionedThroughput,
} from '@aws-sdk/client-dynamodb';
import type { Arguments, Making, ResourceType } from '../../service';
import { block, blocks, plain } from '../../terraform/arguments';
import { attribute, type Item } from './items';
import { keyNames } from './schema';
import { type DynamoDbCall, type DynamoDbState, tableOf } from './state';
import { createTable, setRecovery } from './table-operations';
import { commit, preparePut } from './writes';

const isOn = (value: unknown): boolean => value === true || value === 'true';
const optional = (value: unknown): string | undefined =>
  value === undefined || value === null || value === '' ? undefined : String(value);

/** JSON has no bytes, so that Terraform writes binaries in Base64. */
function readItem(text: string): Item {
  const bytes = (base64: unknown): Uint8Array => new Uint8Array(Buffer.from(String(base64), 'base64'));
  const read = (value: Record<string, unknown>): AttributeValue => {
    const [[type, inner] = []] = Object.entries(value);
    if (type === 'B') return { B: bytes(inner) };
    if (type === 'BS') return { BS: (inner as unknown[]).map(bytes) };
    if (type === 'L') return { L: (inner as Record<string, unknown>[]).map(read) };
    if (type === 'M') return { M: readMap(inner as Record<string, Record<string, unknown>>) };
    return value as unknown as AttributeValue;
  };
  const readMap = (map: Record<string, Record<string, unknown>>): Item =>
    Object.fromEntries(Object.entries(map).map(([name, value]) => [name, read(value)]));
  return readMap(JSON.parse(text));
}

function key(hash: unknown, range: unknown): KeySchemaElement[] {
  const sort = optional(range);
  return [
    { AttributeName: String(hash), KeyType: 'HASH' },
    ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' } as const]),
  ];
}

function projection(index: Arguments): Projection {
  const attributes = plain(index.non_key_attributes) as string[] | undefined;
  return {
    ProjectionType: index.projection_type,
    ...(attributes?.length && { NonKeyAttributes: attributes }),
  };
}

const throughput = (args: Arguments): ProvisionedThroughput => ({
  ReadCapacityUnits: Number(args.read_capacity),
  WriteCapacityUnits: Number(args.write_capacity),
});

/** What the provider would send. @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/dynamodb_table */
function request(args: Arguments, tags: Readonly<Record<string, string>>): CreateTableInput {
  const isOnDemand = args.billing_mode === 'PAY_PER_REQUEST';
  const encryption = block(args.server_side_encryption);
  const keyArn = optional(encryption.kms_key_arn);
  const tableClass = optional(args.table_class) as CreateTableInput['TableClass'];
  const locals = blocks(args.local_secondary_index).map((index) => ({
    IndexName: String(index.name),
    KeySchema: key(args.hash_key, index.range_key),
    Projection: projection(index),
  }));
  const globals = blocks(args.global_secondary_index).map((index) => ({
    IndexName: String(index.name),
    KeySchema: key(index.hash_key, index.range_key),
    Projection: projection(index),
    ...(!isOnDemand && { ProvisionedThroughput: throughput(index) }),
  }));
  return {
    TableName: String(args.name),
    KeySchema: key(args.hash_key, args.range_key),
    AttributeDefinitions: blocks(args.attribute).map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    BillingMode: isOnDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED',
    ...(!isOnDemand && { ProvisionedThroughput: throughput(args) }),
    ...(locals.length > 0 && { LocalSecondaryIndexes: locals }),
    ...(globals.length > 0 && { GlobalSecondaryIndexes: globals }),
    ...(tableClass && { TableClass: tableClass }),
    SSESpecification: { Enabled: isOn(encryption.enabled), ...(keyArn && { KMSMasterKeyId: keyArn }) },
    DeletionProtectionEnabled: isOn(args.deletion_protection_enabled),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

/** A call as the provider would make it. */
const callFrom = ({ twin, account, region }: Making, state: DynamoDbState): DynamoDbCall => ({
  twin,
  account,
  region,
  state,
  arn: (resource) => `arn:aws:dynamodb:${region}:${account}:${resource}`,
});

/**
 * `aws_dynamodb_table`. Streams are not simulated: `stream_enabled` is left unread, so that it is listed; a stream's ARN
 * exists all the same, for what refers to it.
 */
function table(args: Arguments, making: Making, call: DynamoDbCall): Record<string, unknown> {
  const made = createTable(request(args, making.tags), call);
  const recovery = block(args.point_in_time_recovery);
  const days = optional(recovery.recovery_period_in_days);
  setRecovery(made, isOn(recovery.enabled), days === undefined ? undefined : Number(days), made.created);
  const ttl = block(args.ttl);
  const name = optional(ttl.attribute_name);
  if (isOn(ttl.enabled) && name !== undefined) made.settings.timeToLive = { attribute: name };
  const label = made.created.toISOString().replace('Z', '');
  return {
    id: made.definition.name,
    name: made.definition.name,
    arn: made.arn,
    hash_key: made.key.partition.name,
    range_key: made.key.sort?.name ?? null,
    billing_mode: made.settings.billingMode,
    stream_arn: `${made.arn}/stream/${label}`,
    stream_label: label,
    tags_all: { ...making.tags },
  };
}

/** `aws_dynamodb_table_item`. Like the provider, it refuses to overwrite an item that is there already. */
function tableItem(args: Arguments, making: Making, call: DynamoDbCall): Record<string, unknown> {
  const target = tableOf(call, String(args.table_name));
  const hash = String(args.hash_key);
  const range = optional(args.range_key);
  const item = readItem(String(args.item));
  const prepared = preparePut({
    TableName: target.definition.name,
    Item: item,
    ConditionExpression: 'attribute_not_exists(#hash)',
    ExpressionAttributeNames: { '#hash': hash },
  });
  prepared.assertNotEmpty(target);
  const names = [hash, ...(range === undefined ? [] : [range])];
  const expected = keyNames(target.key);
  if (names.join() !== expected.join()) {
    throw new Error(`${making.address}: the key of ${target.definition.name} is ${expected.join(', ')}`);
  }
  commit(prepared.plan(target, making.twin.clock.now()));
  const parts = names.flatMap((name) => [name, Object.values(attribute(item, name) ?? {}).join('')]);
  return { id: [target.definition.name, ...parts].join('|') };
}

/** Terraform's resource types of this service. */
export const terraformTypes = (stateOf: (making: Making) => DynamoDbState): Record<string, ResourceType> => ({
  aws_dynamodb_table: (args, making) => table(args, making, callFrom(making, stateOf(making))),
  aws_dynamodb_table_item: (args, making) => tableItem(args, making, callFrom(making, stateOf(making))),
});
