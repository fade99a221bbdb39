import { marshall } from '@aws-sdk/util-dynamodb';
import { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table';
import { DynamodbTableItem } from '@cdktf/provider-aws/lib/dynamodb-table-item';
import { Construct } from 'constructs';
import { digest } from '../functions/core/canonical';
import {
  budgetKey,
  EXCEPTIONS_KEY,
  PAUSE_KEY,
  PENDING_INDEX,
  POLICY_KEY,
  SWEEP_TYPE,
} from '../functions/core/ledger-keys';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import { literal } from './literal';
import type { PolicyStatement } from './policy-document';

export interface LedgerTableProps {
  /** Physical name, from `names.ts`. */
  readonly tableName: string;
  readonly account: Account;
  /** What functions obey; written as an item, so that the plan shows each change of it. */
  readonly policy: Policy;
}

/** Locks, budgets and receipts; see functions/core/ledger.ts. */
export class LedgerTable extends Construct {
  readonly tableName: string;
  private readonly tableArn: string;
  private readonly account: Account;

  constructor(scope: Construct, id: string, { tableName, account, policy }: LedgerTableProps) {
    super(scope, id);
    const table = new DynamodbTable(this, 'table', {
      name: tableName,
      billingMode: 'PAY_PER_REQUEST',
      hashKey: 'pk',
      rangeKey: 'sk',
      attribute: [
        { name: 'pk', type: 'S' },
        { name: 'sk', type: 'S' },
        { name: 'pending', type: 'S' },
      ],
      globalSecondaryIndex: [{ name: PENDING_INDEX, hashKey: 'pending', rangeKey: 'pk', projectionType: 'KEYS_ONLY' }],
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: true,
    });
    const document = JSON.parse(JSON.stringify(policy)) as object;
    new DynamodbTableItem(this, 'policy', {
      tableName: table.name,
      hashKey: table.hashKey,
      rangeKey: table.rangeKey,
      item: literal(JSON.stringify(marshall({ ...POLICY_KEY, document, hash: digest(document) }))),
    });
    this.tableName = table.name;
    this.tableArn = table.arn;
    this.account = account;
  }

  /**
   * What a function may do with the table: read what governs it, and write about its own kinds of resources, here, alone.
   *
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
   */
  statementsFor(remediations: readonly { readonly name: string; readonly type: string }[]): PolicyStatement[] {
    const resources = `RES#${this.account.id}#${this.account.region}`;
    const own = remediations.flatMap(({ name, type }) => [
      `${resources}#${type}#*`,
      `${resources}#${SWEEP_TYPE}#${name}`,
      budgetKey(name).pk,
    ]);
    const governing = [POLICY_KEY.pk, PAUSE_KEY.pk, EXCEPTIONS_KEY.pk];
    const leadingKeys = (keys: readonly string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } });
    return [
      {
        Sid: 'ReadTheLedger',
        Action: 'dynamodb:BatchGetItem',
        Resource: this.tableArn,
        Condition: leadingKeys([...own, ...governing]),
      },
      {
        Sid: 'FindWhatIsPending',
        Action: 'dynamodb:Query',
        Resource: `${this.tableArn}/index/${PENDING_INDEX}`,
        Condition: leadingKeys(remediations.map(({ name }) => name)),
      },
      {
        Sid: 'WriteItsLedger',
        Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
        Resource: this.tableArn,
        Condition: leadingKeys(own),
      },
    ];
  }
}
