import type {
  CreateTableInput,
  GlobalSecondaryIndexDescription,
  KeySchemaElement,
  LocalSecondaryIndexDescription,
  ProvisionedThroughputDescription,
  SSESpecification,
  TableDescription,
  Tag,
  TimeToLiveDescription,
} from '@aws-sdk/client-dynamodb';
import { AwsError, type Operations } from '../../service';
import { constraint, invalid, invalidParameter, notFound, notSimulated, oneOf, refuseMembers } from './errors';
import { type IndexDefinition, type KeySchema, keyAttributes, tableDefinition } from './schema';
import { type DynamoDbCall, type DynamoDbState, findTable, type Sdk, tableOf } from './state';
import { Table, type TableSettings } from './table';

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html */
const TTL_CHANGE_MS = 60 * 60 * 1000;
const DEFAULT_RECOVERY_DAYS = 35;
const TABLE_CLASSES = ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'];

/** Would have an effect that nothing here has. */
const NOT_SIMULATED = [
  'ResourcePolicy',
  'OnDemandThroughput',
  'WarmThroughput',
  'GlobalTableSourceArn',
  'GlobalTableSettingsReplicationMode',
];
const UPDATES_NOT_SIMULATED = [
  'GlobalSecondaryIndexUpdates',
  'OnDemandThroughput',
  'WarmThroughput',
  'ReplicaUpdates',
  'MultiRegionConsistency',
  'GlobalTableWitnessUpdates',
  'GlobalTableSettingsReplicationMode',
];

const describedKey = ({ partition, sort }: KeySchema): KeySchemaElement[] => [
  { AttributeName: partition.name, KeyType: 'HASH' },
  ...(sort ? [{ AttributeName: sort.name, KeyType: 'RANGE' } as const] : []),
];

const throughput = (
  units: { ReadCapacityUnits?: number | undefined; WriteCapacityUnits?: number | undefined } | undefined,
): ProvisionedThroughputDescription => ({
  NumberOfDecreasesToday: 0,
  ReadCapacityUnits: units?.ReadCapacityUnits ?? 0,
  WriteCapacityUnits: units?.WriteCapacityUnits ?? 0,
});

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html */
export function describe(table: Table, now: Date): TableDescription {
  const { definition, settings } = table;
  const { items, bytes } = table.count(now);
  const attributes = [definition, ...definition.indexes].flatMap(({ key }) => keyAttributes(key));
  const byName = new Map(attributes.map(({ name, type }) => [name, type]));
  const index = ({ name, key, projection }: IndexDefinition): LocalSecondaryIndexDescription => {
    const { items: count, bytes: size } = table.count(now, name);
    return {
      IndexName: name,
      KeySchema: describedKey(key),
      Projection: { ...projection },
      IndexSizeBytes: size,
      ItemCount: count,
      IndexArn: `${table.arn}/index/${name}`,
    };
  };
  const global = (each: IndexDefinition): GlobalSecondaryIndexDescription => ({
    ...index(each),
    IndexStatus: 'ACTIVE',
    ProvisionedThroughput: throughput(each.throughput),
  });
  const locals = definition.indexes.filter(({ kind }) => kind === 'local');
  const globals = definition.indexes.filter(({ kind }) => kind === 'global');
  return {
    AttributeDefinitions: [...byName].map(([name, type]) => ({ AttributeName: name, AttributeType: type })),
    TableName: definition.name,
    KeySchema: describedKey(definition.key),
    TableStatus: 'ACTIVE',
    CreationDateTime: table.created,
    ProvisionedThroughput: throughput(settings.throughput),
    TableSizeBytes: bytes,
    ItemCount: items,
    TableArn: table.arn,
    TableId: table.id,
    ...(settings.onDemandSince && {
      BillingModeSummary: {
        BillingMode: settings.billingMode,
        LastUpdateToPayPerRequestDateTime: settings.onDemandSince,
      },
    }),
    ...(locals.length > 0 && { LocalSecondaryIndexes: locals.map(index) }),
    ...(globals.length > 0 && { GlobalSecondaryIndexes: globals.map(global) }),
    ...(settings.encryption && { SSEDescription: { ...settings.encryption } }),
    ...(settings.tableClass && { TableClassSummary: { TableClass: settings.tableClass } }),
    DeletionProtectionEnabled: settings.deletionProtected,
  };
}

function encryption(
  call: DynamoDbCall,
  { Enabled, KMSMasterKeyId: key = 'alias/aws/dynamodb' }: SSESpecification,
): TableSettings['encryption'] {
  if (!Enabled) return undefined;
  const arn = key.startsWith('arn:')
    ? key
    : `arn:aws:kms:${call.region}:${call.account}:${key.startsWith('alias/') ? key : `key/${key}`}`;
  return { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: arn };
}

function setTags(tags: Map<string, string>, added: readonly Tag[]): void {
  for (const { Key, Value } of added) tags.set(Key ?? '', Value ?? '');
}

/** @throws AwsError for a table that exists already or cannot be. */
export function createTable(input: CreateTableInput, call: DynamoDbCall): Table {
  refuseMembers(call.twin, 'CreateTable', input, NOT_SIMULATED);
  if (input.StreamSpecification?.StreamEnabled) throw notSimulated(call.twin, 'CreateTable StreamSpecification');
  oneOf('tableClass', input.TableClass, TABLE_CLASSES);
  const definition = tableDefinition(input);
  if (call.state.tables.has(definition.name)) {
    throw new AwsError('ResourceInUseException', `Table already exists: ${definition.name}`);
  }
  const now = call.twin.clock.now();
  const isOnDemand = input.BillingMode === 'PAY_PER_REQUEST';
  const table = new Table(definition, call.arn(`table/${definition.name}`), now, {
    billingMode: input.BillingMode ?? 'PROVISIONED',
    throughput: input.ProvisionedThroughput && { ...input.ProvisionedThroughput },
    onDemandSince: isOnDemand ? now : undefined,
    deletionProtected: input.DeletionProtectionEnabled ?? false,
    tableClass: input.TableClass,
    encryption: input.SSESpecification && encryption(call, input.SSESpecification),
    timeToLive: undefined,
    timeToLiveChanged: undefined,
    pointInTimeRecovery: undefined,
    tags: new Map(),
  });
  setTags(table.settings.tags, input.Tags ?? []);
  call.state.tables.set(definition.name, table);
  return table;
}

const tableNotFound = (name: string): string => `Requested resource not found: Table: ${name} not found`;

function tableByArn(call: DynamoDbCall, arn: string | undefined): Table {
  const table = arn?.startsWith('arn:') ? findTable(call, arn) : undefined;
  if (!table) throw notFound(`Requested resource not found: ResourcArn: ${arn} not found`);
  return table;
}

/** Backups have a name of their own for the error. */
function tableForBackups(call: DynamoDbCall, name: string | undefined): Table {
  const table = findTable(call, name);
  if (!table) throw new AwsError('TableNotFoundException', `Table not found: ${name}`);
  return table;
}

function describeBackups({ settings }: Table, now: Date) {
  const recovery = settings.pointInTimeRecovery;
  // A restore can go back to shortly after the start, and forward to five minutes ago.
  const earliest = recovery && Math.max(recovery.since.getTime(), now.getTime() - recovery.days * 86_400_000);
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED' as const,
      PointInTimeRecoveryDescription:
        recovery && earliest !== undefined
          ? {
              PointInTimeRecoveryStatus: 'ENABLED' as const,
              RecoveryPeriodInDays: recovery.days,
              EarliestRestorableDateTime: new Date(earliest),
              LatestRestorableDateTime: new Date(Math.max(earliest, now.getTime() - 300_000)),
            }
          : { PointInTimeRecoveryStatus: 'DISABLED' as const },
    },
  };
}

/** @throws AwsError for a period that AWS does not offer. */
export function setRecovery(table: Table, isEnabled: boolean, days: number | undefined, now: Date): void {
  if (days !== undefined && !(days >= 1 && days <= DEFAULT_RECOVERY_DAYS)) {
    throw constraint('pointInTimeRecoverySpecification.recoveryPeriodInDays', days, 'have value between 1 and 35');
  }
  const { pointInTimeRecovery: old } = table.settings;
  table.settings.pointInTimeRecovery = isEnabled
    ? { since: old?.since ?? now, days: days ?? old?.days ?? DEFAULT_RECOVERY_DAYS }
    : undefined;
}

/** Tables and what belongs to them, except for their items. Changes take effect at once. */
export const tableOperations = {
  CreateTable(input, call) {
    const table = createTable(input, call);
    return { TableDescription: { ...describe(table, table.created), TableStatus: 'CREATING' } };
  },

  DescribeTable(input, call) {
    return { Table: describe(tableOf(call, input.TableName, tableNotFound), call.twin.clock.now()) };
  },

  ListTables(input, call) {
    const { Limit: limit = 100, ExclusiveStartTableName: start = '' } = input;
    if (limit < 1 || limit > 100) throw constraint('limit', limit, 'have value between 1 and 100');
    const names = [...call.state.tables.keys()].sort().filter((name) => name > start);
    const last = names.length > limit ? names[limit - 1] : undefined;
    return {
      TableNames: names.slice(0, limit),
      ...(last !== undefined && { LastEvaluatedTableName: last }),
    };
  },

  UpdateTable(input, call) {
    refuseMembers(call.twin, 'UpdateTable', input, UPDATES_NOT_SIMULATED);
    if (input.StreamSpecification?.StreamEnabled) throw notSimulated(call.twin, 'UpdateTable StreamSpecification');
    const table = tableOf(call, input.TableName, tableNotFound);
    const { settings } = table;
    const { BillingMode: mode, ProvisionedThroughput: units, DeletionProtectionEnabled: isProtected } = input;
    oneOf('billingMode', mode, ['PROVISIONED', 'PAY_PER_REQUEST']);
    oneOf('tableClass', input.TableClass, TABLE_CLASSES);
    const changes = [mode, units, isProtected, input.TableClass, input.SSESpecification];
    if (changes.every((change) => change === undefined)) {
      throw invalid(
        'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required',
      );
    }
    if ((mode ?? settings.billingMode) === 'PAY_PER_REQUEST' && units) {
      throw invalidParameter(
        'Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST',
      );
    }
    if (mode === 'PROVISIONED' && settings.billingMode !== mode && !units) {
      throw invalidParameter('ProvisionedThroughput must be specified when BillingMode is PROVISIONED');
    }
    const now = call.twin.clock.now();
    if (mode === 'PAY_PER_REQUEST' && settings.billingMode !== mode) settings.onDemandSince = now;
    if (mode) settings.billingMode = mode;
    if (mode || units) settings.throughput = units && { ...units };
    if (isProtected !== undefined) settings.deletionProtected = isProtected;
    if (input.TableClass) settings.tableClass = input.TableClass;
    if (input.SSESpecification) settings.encryption = encryption(call, input.SSESpecification);
    return { TableDescription: { ...describe(table, now), TableStatus: 'UPDATING' } };
  },

  DeleteTable(input, call) {
    const table = tableOf(call, input.TableName, tableNotFound);
    if (table.settings.deletionProtected) {
      throw invalid(
        'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
      );
    }
    call.state.tables.delete(table.definition.name);
    return { TableDescription: { ...describe(table, call.twin.clock.now()), TableStatus: 'DELETING' } };
  },

  DescribeTimeToLive(input, call) {
    const { timeToLive } = tableOf(call, input.TableName, tableNotFound).settings;
    const description: TimeToLiveDescription = timeToLive
      ? { TimeToLiveStatus: 'ENABLED', AttributeName: timeToLive.attribute }
      : { TimeToLiveStatus: 'DISABLED' };
    return { TimeToLiveDescription: description };
  },

  UpdateTimeToLive(input, call) {
    const { AttributeName: name, Enabled: isEnabled } = input.TimeToLiveSpecification ?? {};
    if (isEnabled === undefined) throw constraint('timeToLiveSpecification.enabled', undefined, 'not be null');
    if (!name) throw invalid('TimeToLiveSpecification.AttributeName must be specified');
    const { settings } = tableOf(call, input.TableName, tableNotFound);
    const { timeToLive, timeToLiveChanged: changed } = settings;
    const now = call.twin.clock.now();
    if (isEnabled === (timeToLive !== undefined)) {
      throw invalid(`TimeToLive is already ${isEnabled ? 'enabled' : 'disabled'}`);
    }
    if (timeToLive && timeToLive.attribute !== name) {
      throw invalid(
        `TimeToLive is active on a different AttributeName: current AttributeName is ${timeToLive.attribute}`,
      );
    }
    if (changed && now.getTime() - changed.getTime() < TTL_CHANGE_MS) {
      throw invalid('Time to live has been modified multiple times within a fixed interval');
    }
    settings.timeToLive = isEnabled ? { attribute: name } : undefined;
    settings.timeToLiveChanged = now;
    return { TimeToLiveSpecification: { AttributeName: name, Enabled: isEnabled } };
  },

  DescribeContinuousBackups(input, call) {
    return describeBackups(tableForBackups(call, input.TableName), call.twin.clock.now());
  },

  UpdateContinuousBackups(input, call) {
    const { PointInTimeRecoveryEnabled: isEnabled, RecoveryPeriodInDays: days } =
      input.PointInTimeRecoverySpecification ?? {};
    if (isEnabled === undefined) {
      throw constraint('pointInTimeRecoverySpecification.pointInTimeRecoveryEnabled', undefined, 'not be null');
    }
    const table = tableForBackups(call, input.TableName);
    const now = call.twin.clock.now();
    setRecovery(table, isEnabled, days, now);
    return describeBackups(table, now);
  },

  TagResource(input, call) {
    setTags(tableByArn(call, input.ResourceArn).settings.tags, input.Tags ?? []);
    return {};
  },

  UntagResource(input, call) {
    const { tags } = tableByArn(call, input.ResourceArn).settings;
    for (const key of input.TagKeys ?? []) tags.delete(key);
    return {};
  },

  ListTagsOfResource(input, call) {
    const { tags } = tableByArn(call, input.ResourceArn).settings;
    return { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) };
  },
} satisfies Operations<Sdk, DynamoDbState>;
