import type { Call } from '../../service';
import { notFound } from './errors';
import { assertName } from './schema';
import type { Table } from './table';

export type Sdk = typeof import('@aws-sdk/client-dynamodb');

/** A transaction that went through, so that its repetition has no further effect. */
export interface Completed {
  readonly at: Date;
  readonly fingerprint: string;
}

/** What an account has in a Region. */
export interface DynamoDbState {
  readonly tables: Map<string, Table>;
  /** By client request token; oldest first. */
  readonly transactions: Map<string, Completed>;
}

export type DynamoDbCall = Pick<Call<DynamoDbState>, 'state' | 'twin' | 'account' | 'region'> & {
  arn(resource: string): string;
};

/** A request may name a table by its ARN; one of another account or Region is not found, as without a policy on it. */
export function findTable(call: DynamoDbCall, nameOrArn: string | undefined): Table | undefined {
  const prefix = call.arn('table/');
  const name = nameOrArn?.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn;
  return name === undefined ? undefined : call.state.tables.get(name);
}

/** @throws AwsError if the table does not exist, with the message of the caller if it has one. */
export function tableOf(call: DynamoDbCall, nameOrArn: string | undefined, message?: (name: string) => string): Table {
  if (!nameOrArn?.startsWith('arn:')) assertName('tableName', nameOrArn);
  const table = findTable(call, nameOrArn);
  if (!table) throw notFound(message?.(nameOrArn));
  return table;
}
