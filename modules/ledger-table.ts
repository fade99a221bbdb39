import { marshall } from '@aws-sdk/util-dynamodb';
import { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table';
import { DynamodbTableItem } from '@cdktf/provider-aws/lib/dynamodb-table-item';
import { Construct } from 'constructs';
import { digest } from '../functions/core/canonical';
import {
  budgetKey,
  EXCEPTIONS_KEY,
  INCIDENT,
  INCIDENT_TYPE,
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
    const keys = remediations.flatMap(({ name, type }) => [
      `${resources}#${type}#*`,
      `${resources}#${SWEEP_TYPE}#${name}`,
      budgetKey(name).pk,
    ]);
    // One remediation may be of several types.
    const own = [...new Set(keys)];
    return [
      {
        Sid: 'ReadTheLedger',
        Action: 'dynamodb:BatchGetItem',
        Resource: this.tableArn,
        Condition: leadingKeys([...own, ...GOVERNING]),
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

  /**
   * The same for a remediation that only the workflow asks for: nobody has it look for what is pending.
   *
   * @see functions/incident/containment.ts
   */
  containmentStatements(remediations: readonly { readonly name: string; readonly type: string }[]): PolicyStatement[] {
    return this.statementsFor(remediations).filter(({ Sid }) => Sid !== 'FindWhatIsPending');
  }

  /**
   * What a function of the workflow may do with the records of incidents, besides what it may as a remediation.
   *
   * @param access `write` appends to them
   */
  incidentStatements(access: 'read' | 'write'): PolicyStatement[] {
    const incidents = `RES#${this.account.id}#${this.account.region}#${INCIDENT_TYPE}#*`;
    return [
      {
        Sid: 'ReadIncidents',
        Action: 'dynamodb:BatchGetItem',
        Resource: this.tableArn,
        Condition: leadingKeys([incidents, budgetKey(INCIDENT).pk, ...GOVERNING]),
      },
      ...(access === 'write'
        ? [
            {
              Sid: 'WriteIncidents',
              Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
              Resource: this.tableArn,
              Condition: leadingKeys([incidents]),
            },
          ]
        : []),
    ];
  }

  /** What lists open incidents. */
  openIncidentsStatement(): PolicyStatement {
    return {
      Sid: 'FindOpenIncidents',
      Action: 'dynamodb:Query',
      Resource: `${this.tableArn}/index/${PENDING_INDEX}`,
      Condition: leadingKeys([INCIDENT]),
    };
  }
}

/** What governs every decision: functions may only read it. */
const GOVERNING = [POLICY_KEY.pk, PAUSE_KEY.pk, EXCEPTIONS_KEY.pk];

const leadingKeys = (keys: readonly string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } });
