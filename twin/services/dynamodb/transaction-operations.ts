import { createHash } from 'node:crypto';
import type { CancellationReason, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { AwsError, type Operations } from '../../service';
import { assertCapacityLevel, assertMetrics, collectionMetrics, itemReadUnits, Meter } from './capacity';
import { constraint, invalid } from './errors';
import { onlyProjection, shown } from './item-operations';
import { type Item, itemSize } from './items';
import { type DynamoDbCall, type DynamoDbState, type Sdk, tableOf } from './state';
import type { Table } from './table';
import {
  type Change,
  commit,
  keyIn,
  type PreparedWrite,
  prepareCheck,
  prepareDelete,
  preparePut,
  prepareUpdate,
  readKey,
} from './writes';

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MOST_ACTIONS = 100;
const LARGEST_TRANSACTION = 4 * 1024 * 1024;
const LONGEST_TOKEN = 36;
const TOKEN_LIFETIME_MS = 10 * 60 * 1000;

const REASONS: Readonly<Record<string, string>> = {
  ValidationException: 'ValidationError',
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
};

/** Why one action does not go through. @throws whatever is no answer of DynamoDB, and what concerns the whole request. */
function reasonFor(error: unknown): CancellationReason {
  const code = error instanceof AwsError ? REASONS[error.code] : undefined;
  if (!(error instanceof AwsError) || code === undefined) throw error;
  return { Code: code, Message: error.message, ...error.options.members };
}

/** Tries each action. @throws AwsError with a reason for each of them, in their order, if one fails. */
function allOrNone<T, R>(actions: readonly T[], attempt: (action: T) => R): R[] {
  const results: R[] = [];
  const reasons = actions.map((action): CancellationReason => {
    try {
      results.push(attempt(action));
      return { Code: 'None' };
    } catch (error) {
      return reasonFor(error);
    }
  });
  if (results.length === actions.length) return results;
  throw new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
    { members: { CancellationReasons: reasons } },
  );
}

function assertActions(actions: readonly unknown[] | undefined): void {
  if (!actions) throw constraint('transactItems', actions, 'not be null');
  if (actions.length === 0) throw constraint('transactItems', '[]', 'have length greater than or equal to 1');
  if (actions.length > MOST_ACTIONS) throw constraint('transactItems', '[…]', 'have length less than or equal to 100');
}

/** Meant are items, not keys as written: `1.0` is `1`. */
function assertOncePerItem(items: readonly { readonly table: Table; readonly key: Item }[]): void {
  const identities = new Set(items.map(({ table, key }) => `${table.arn} ${table.identity(key)}`));
  if (identities.size < items.length) {
    throw invalid('Transaction request cannot include multiple operations on one item');
  }
}

function prepare({ Put, Update, Delete, ConditionCheck }: TransactWriteItem, index: number): PreparedWrite {
  if ([Put, Update, Delete, ConditionCheck].filter((action) => action !== undefined).length > 1) {
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  const assertMember = (member: string, value: unknown): void => {
    if (value === undefined) throw constraint(`transactItems.${index + 1}.member.${member}`, value, 'not be null');
  };
  if (Put) return preparePut(Put);
  if (Delete) return prepareDelete(Delete);
  if (Update) {
    assertMember('update.updateExpression', Update.UpdateExpression);
    return prepareUpdate(Update);
  }
  if (ConditionCheck) {
    assertMember('conditionCheck.conditionExpression', ConditionCheck.ConditionExpression);
    return prepareCheck(ConditionCheck);
  }
  throw invalid('Invalid Request: TransactWriteRequest should contain Delete or Put or Update request');
}

/** The same for requests that mean the same, whatever the order of their members. */
function fingerprint(value: unknown): string {
  const canonical = JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Uint8Array) return { bytes: Buffer.from(part).toString('base64') };
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return createHash('sha256').update(canonical).digest('base64');
}

/**
 * Whether a transaction went through already under this token, so that its repetition does nothing.
 *
 * @throws AwsError if the token was used for another transaction.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-apis-txwriteitems-idempotency
 */
function isRepetition({ state, twin }: DynamoDbCall, token: string, print: string): boolean {
  const now = twin.clock.now().getTime();
  for (const [old, { at }] of state.transactions) {
    if (now - at.getTime() <= TOKEN_LIFETIME_MS) break;
    state.transactions.delete(old);
  }
  const known = state.transactions.get(token);
  if (known && known.fingerprint !== print) {
    throw new AwsError(
      'IdempotentParameterMismatchException',
      'Specified idempotent token was used with different request parameters within the idempotency window',
    );
  }
  return known !== undefined;
}

/** One meter for each table, by its name. */
class Meters {
  private readonly meters = new Map<string, Meter>();

  for(table: Table): Meter {
    const { name } = table.definition;
    const meter = this.meters.get(name) ?? new Meter(table, name, 2);
    this.meters.set(name, meter);
    return meter;
  }

  report(level: Parameters<Meter['report']>[0], kind: 'Read' | 'Write') {
    const consumed = [...this.meters.values()].flatMap((meter) => meter.report(level, kind) ?? []);
    return consumed.length > 0 ? { ConsumedCapacity: consumed } : {};
  }
}

/** Reading and writing many items, all or none. */
export const transactionOperations = {
  TransactGetItems(input, call) {
    assertCapacityLevel(input.ReturnConsumedCapacity);
    assertActions(input.TransactItems);
    const reads = (input.TransactItems ?? []).map(({ Get: get }, index) => {
      if (!get) throw constraint(`transactItems.${index + 1}.member.get`, get, 'not be null');
      return { tableName: get.TableName, key: readKey(get.Key), paths: onlyProjection(get) };
    });
    const located = reads.map((read) => ({ ...read, table: tableOf(call, read.tableName) }));
    const found = allOrNone(located, (read) => ({ ...read, key: keyIn(read.table, read.key) }));
    assertOncePerItem(found);
    const now = call.twin.clock.now();
    const meters = new Meters();
    const responses = found.map(({ table, key, paths }) => {
      const item = table.find(key, now);
      meters.for(table).addTable(itemReadUnits(item, true, 2));
      return item ? { Item: shown(item, paths) } : {};
    });
    return { Responses: responses, ...meters.report(input.ReturnConsumedCapacity, 'Read') };
  },

  TransactWriteItems(input, call) {
    assertCapacityLevel(input.ReturnConsumedCapacity);
    assertMetrics(input.ReturnItemCollectionMetrics);
    assertActions(input.TransactItems);
    const { ClientRequestToken: token, TransactItems: items = [] } = input;
    if (token !== undefined && token.length > LONGEST_TOKEN) {
      throw constraint('clientRequestToken', token, `have length less than or equal to ${LONGEST_TOKEN}`);
    }
    const writes = items.map(prepare);
    const located = writes.map((write) => ({ write, table: tableOf(call, write.tableName) }));
    for (const { write, table } of located) write.assertNotEmpty(table);

    const now = call.twin.clock.now();
    const meters = new Meters();
    const print = fingerprint(items);
    if (token && isRepetition(call, token, print)) {
      for (const { write, table } of located) {
        meters.for(table).addTable(itemReadUnits(table.find(write.keyFor(table), now), true, 2));
      }
      return meters.report(input.ReturnConsumedCapacity, 'Read');
    }

    assertOncePerItem(allOrNone(located, ({ write, table }) => ({ table, key: write.keyFor(table) })));
    const changes = allOrNone(located, ({ write, table }): Change => write.plan(table, now));
    if (changes.reduce((total, { after }) => total + (after ? itemSize(after) : 0), 0) > LARGEST_TRANSACTION) {
      throw invalid('Transaction payload size cannot exceed 4MB');
    }
    const metrics: Record<string, NonNullable<ReturnType<typeof collectionMetrics>>[]> = {};
    for (const change of changes) {
      const { table, key, before, after } = change;
      meters.for(table).addWrite(before, after);
      commit(change);
      const sizes = collectionMetrics(table, key, input.ReturnItemCollectionMetrics);
      const { name } = table.definition;
      if (sizes) metrics[name] = [...(metrics[name] ?? []), sizes];
    }
    // A token stands for a transaction that went through; one that failed may be tried again.
    if (token) call.state.transactions.set(token, { at: now, fingerprint: print });
    return {
      ...meters.report(input.ReturnConsumedCapacity, 'Write'),
      ...(Object.keys(metrics).length > 0 && { ItemCollectionMetrics: metrics }),
    };
  },
} satisfies Operations<Sdk, DynamoDbState>;
