import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  paginateQuery,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { UnreadableStateError } from './errors';
import {
  type Commit,
  type CommitResult,
  type Entry,
  entryKey,
  type Fixes,
  type Head,
  type Ledger,
  type Page,
} from './ledger';
import { budgetKey, EXCEPTIONS_KEY, PAUSE_KEY, PENDING_INDEX, POLICY_KEY } from './ledger-keys';
import { readExceptions, readPolicy } from './policy';

const headKey = (pk: string) => ({ pk, sk: 'HEAD' });

/** HEAD as a table item. `pending` names the remediation while there is more to come, so that the index on it is sparse. */
interface HeadItem {
  seq: number;
  hash: string;
  digest: string;
  holder?: string;
  lease?: number;
  wake?: number;
  pending?: string;
  fixes?: Fixes;
}

type Item = Record<string, unknown>;
type Key = { pk: string; sk: string };
const write = { marshallOptions: { removeUndefinedValues: true } };

/** The ledger in its DynamoDB table: partition key `pk`, sort key `sk`. */
export class DynamoLedger implements Ledger {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  async open(key: string, remediation: string, now: number): Promise<Page> {
    const keys = [headKey(key), POLICY_KEY, PAUSE_KEY, EXCEPTIONS_KEY, budgetKey(remediation)];
    const [head, policy, pause, exceptions, budget] = await this.read(keys);
    const window = new Date(now).toISOString().slice(0, 13);
    return {
      ...(head && { head: fromItem(head as unknown as HeadItem) }),
      ...(({ policy, hash }) => ({ policy, policyHash: hash }))(readPolicy(policy)),
      ...(pause && { pause: { by: String(pause.by), reason: String(pause.reason) } }),
      exceptions: readExceptions(exceptions),
      budget: {
        window,
        used: budget?.window === window ? Number(budget.used) : 0,
        known: budget?.window === window,
        seen: Number(budget?.seen ?? 0),
      },
    };
  }

  async entry(key: string, seq: number): Promise<Entry> {
    const [entry] = await this.read([{ pk: key, sk: entryKey(seq) }]);
    if (!entry) throw new UnreadableStateError(`the ledger has no entry ${key}/${entryKey(seq)}`);
    return entry as unknown as Entry;
  }

  async wake(key: string, busy: NonNullable<Head['busy']>): Promise<boolean> {
    return this.update(headKey(key), 'ADD wake :one', 'holder = :holder', { ':one': 1, ':holder': busy.holder });
  }

  async claimTelling(...[of, token, who]: Parameters<Ledger['claimTelling']>): Promise<boolean> {
    const key = 'key' in of ? headKey(of.key) : budgetKey(of.remediation);
    const told = 'topic' in of && of.topic === 'fight' ? 'fightTold' : 'told';
    const open = `attribute_exists(pk) AND (attribute_not_exists(${told}) OR ${told} <> :token OR ${told}By = :who)`;
    return this.update(key, `SET ${told} = :token, ${told}By = :who`, open, { ':token': token, ':who': who });
  }

  async *pending(remediation: string): AsyncIterable<readonly string[]> {
    const pages = paginateQuery(
      { client: this.client },
      {
        TableName: this.table,
        IndexName: PENDING_INDEX,
        KeyConditionExpression: 'pending = :remediation',
        ExpressionAttributeValues: marshall({ ':remediation': remediation }),
      },
    );
    for await (const { Items = [] } of pages)
      yield Items.map((item) => String(unmarshall(item).pk)).map((pk) => pk.slice(pk.lastIndexOf('#') + 1));
  }

  async count(remediation: string, seen: number): Promise<void> {
    await this.update(budgetKey(remediation), 'SET seen = :seen', undefined, { ':seen': seen });
  }

  async commit({ key, remediation, expected, entries, next, spend }: Commit): Promise<CommitResult> {
    const items: TransactWriteItem[] = [
      {
        Update: {
          TableName: this.table,
          Key: marshall(headKey(key)),
          ...headUpdate(expected, next, remediation),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
      ...(spend
        ? [{ Update: { TableName: this.table, Key: marshall(budgetKey(remediation)), ...budgetUpdate(spend) } }]
        : []),
      ...entries.map((entry) => ({
        Put: {
          TableName: this.table,
          Item: marshall(entry, write.marshallOptions),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      })),
    ];
    const reasons = await this.transact(items);
    if (!reasons) return { committed: true };
    if (spend && reasons[1]?.Code === 'ConditionalCheckFailed' && reasons[0]?.Code !== 'ConditionalCheckFailed')
      return { committed: false, lost: 'budget' };
    if (reasons[0]?.Code !== 'ConditionalCheckFailed')
      throw new UnreadableStateError(`${key} has an entry after its HEAD: somebody changed the table`);
    const current = reasons[0].Item;
    return { committed: false, lost: 'head', head: current && fromItem(unmarshall(current) as unknown as HeadItem) };
  }

  /**
   * Runs a transaction. Undefined if it was written, else the reasons, in the order of the items.
   * One token for all tries makes a repeat of a request that did arrive harmless.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
   */
  private async transact(items: TransactWriteItem[]) {
    const command = new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: randomUUID() });
    for (let attempt = 1; ; attempt++) {
      try {
        await this.client.send(command);
        return undefined;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const reasons = error.CancellationReasons ?? [];
        if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return reasons;
        // Another transaction was at one of the items (the budget is shared): nothing is lost, so try again.
        if (attempt === 8 || !reasons.some(({ Code }) => Code === 'TransactionConflict' || Code === 'ThrottlingError'))
          throw error;
        await sleep(Math.random() * 25 * 2 ** attempt);
      }
    }
  }

  /** Items in the order of their keys, undefined where there is none. */
  private async read(keys: readonly Key[]): Promise<(Item | undefined)[]> {
    const found: Item[] = [];
    let request: Record<string, unknown>[] | undefined = keys.map((key) => marshall(key));
    for (let attempt = 1; request?.length; attempt++) {
      if (attempt > 5) throw new UnreadableStateError('the ledger did not answer in full');
      if (attempt > 1) await sleep(Math.random() * 25 * 2 ** attempt);
      const answer: BatchGetItemCommandOutput = await this.client.send(
        new BatchGetItemCommand({ RequestItems: { [this.table]: { Keys: request as never, ConsistentRead: true } } }),
      );
      found.push(...(answer.Responses?.[this.table] ?? []).map((item) => unmarshall(item)));
      request = answer.UnprocessedKeys?.[this.table]?.Keys;
    }
    return keys.map(({ pk, sk }) => found.find((item) => item.pk === pk && item.sk === sk));
  }

  /** A conditional update of one item. False if the condition does not hold. */
  private async update(key: Key, update: string, condition: string | undefined, values: Item): Promise<boolean> {
    try {
      await this.client.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: marshall(key),
          UpdateExpression: update,
          ...(condition && { ConditionExpression: condition }),
          ExpressionAttributeValues: marshall(values),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

const fromItem = ({ seq, hash, digest, holder, lease, wake, pending, fixes }: HeadItem): Head => ({
  seq,
  hash,
  digest,
  ...(pending !== undefined && { pending: true }),
  ...(fixes && { fixes }),
  ...(holder !== undefined && { busy: { holder, lease: Number(lease), wake: Number(wake) } }),
});

function headUpdate(expected: Head | undefined, next: Head, remediation: string) {
  const { busy, fixes } = next;
  const isPending = next.pending === true || busy !== undefined;
  const condition = !expected
    ? 'attribute_not_exists(pk)'
    : expected.busy
      ? 'seq = :was AND holder = :holderWas AND wake = :wakeWas'
      : 'seq = :was AND attribute_not_exists(holder)';
  return {
    UpdateExpression: [
      'SET seq = :seq, #hash = :hash, digest = :digest',
      busy && ', holder = :holder, lease = :lease, wake = :wake',
      isPending && ', pending = :pending',
      fixes && ', fixes = :fixes',
      !(busy && isPending) &&
        ` REMOVE ${[!busy && 'holder, lease, wake', !isPending && 'pending'].filter(Boolean).join(', ')}`,
    ]
      .filter(Boolean)
      .join(''),
    ConditionExpression: condition,
    ExpressionAttributeNames: { '#hash': 'hash' },
    ExpressionAttributeValues: marshall({
      ':seq': next.seq,
      ':hash': next.hash,
      ':digest': next.digest,
      ...(isPending && { ':pending': remediation }),
      ...(fixes && { ':fixes': fixes }),
      ...(busy && { ':holder': busy.holder, ':lease': busy.lease, ':wake': busy.wake }),
      ...(expected && { ':was': expected.seq }),
      ...(expected?.busy && { ':holderWas': expected.busy.holder, ':wakeWas': expected.busy.wake }),
    }),
  };
}

/** Counts one change. The first of an hour starts the count; whoever loses that race reads again. */
function budgetUpdate({ budget, limit }: NonNullable<Commit['spend']>) {
  return {
    UpdateExpression: budget.known ? 'SET used = used + :one' : 'SET #window = :window, used = :one',
    ConditionExpression: budget.known
      ? '#window = :window AND used < :limit'
      : 'attribute_not_exists(#window) OR #window <> :window',
    ExpressionAttributeNames: { '#window': 'window' },
    ExpressionAttributeValues: marshall({
      ':one': 1,
      ':window': budget.window,
      ...(budget.known && { ':limit': limit }),
    }),
  };
}
