import type { Service } from '../../service';
import { ACCESS, tableArn } from './access';
import { batchOperations } from './batch-operations';
import { itemOperations } from './item-operations';
import { queryOperations } from './query-operations';
import type { DynamoDbState, Sdk } from './state';
import { tableOperations } from './table-operations';
import { terraformTypes } from './terraform';
import { transactionOperations } from './transaction-operations';

const dataOperations = { ...itemOperations, ...batchOperations, ...queryOperations, ...transactionOperations };

/** DynamoDB: tables with indexes, expressions, transactions and TTL; no streams, backups, PartiQL or global tables. */
export const dynamodb: Service<Sdk, DynamoDbState> = {
  prefix: 'dynamodb',
  sdk: () => require('@aws-sdk/client-dynamodb') as Sdk,
  client: 'DynamoDBClient',
  initial: () => ({ tables: new Map(), transactions: new Map() }),
  operations: { ...tableOperations, ...dataOperations },
  resources: (_operation, input: { TableName?: string; ResourceArn?: string }, call) => [
    tableArn(call, input.ResourceArn ?? input.TableName),
  ],
  access: (operation, input, call) => ACCESS[operation]?.(input, call),
  /** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html */
  dataEvents: Object.keys(dataOperations),
  terraform: terraformTypes((making): DynamoDbState => making.twin.state(dynamodb, making)),
};
