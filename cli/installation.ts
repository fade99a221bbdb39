import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { asError } from '../functions/core/errors';
import { DynamoLedger } from '../functions/core/ledger-dynamodb';
import { type Names, names } from '../modules/names';
import { type Account, connect } from './account';
import { functionsOf, type HealingFunction } from './kinds';
import { readSettings } from './settings-file';

/** What Suture has in an account and Region, found by its names. */
export class Installation {
  readonly dynamodb: DynamoDBClient;
  readonly ledger: DynamoLedger;
  private readonly lambda: LambdaClient;

  private constructor(
    readonly account: Account,
    readonly names: Names,
  ) {
    this.dynamodb = new DynamoDBClient(account.config);
    this.ledger = new DynamoLedger(this.dynamodb, names.ledgerTable);
    this.lambda = new LambdaClient(account.config);
  }

  /** @param settingsFile whose prefix and Region count; its policy does not, that of the ledger does */
  static async find(settingsFile?: string): Promise<Installation> {
    const { prefix, region } = readSettings(settingsFile);
    return new Installation(await connect(region), names(prefix));
  }

  /** Functions that heal. */
  get functions(): readonly HealingFunction[] {
    return functionsOf(this.names);
  }

  /** ARN of something of it in its account and Region. */
  readonly arn = (service: string, resource: string): string => {
    const { partition, region, account } = this.account.home;
    return `arn:${partition}:${service}:${region}:${account}:${resource}`;
  };

  /** Has a function run; Lambda keeps the event, and tries it three times. */
  async invoke(functionName: string, event: unknown): Promise<void> {
    const payload = new TextEncoder().encode(JSON.stringify(event));
    await this.lambda.send(
      new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: payload }),
    );
  }

  /**
   * Starts a workflow.
   *
   * @param name of the execution: a second one of the same name is the same, and is not made
   */
  async start(stateMachine: string, event: unknown, name: string): Promise<void> {
    // Most commands start none, and need not wait for the client.
    const { SFNClient, StartExecutionCommand } = require('@aws-sdk/client-sfn') as typeof import('@aws-sdk/client-sfn');
    try {
      await new SFNClient(this.account.config).send(
        new StartExecutionCommand({
          stateMachineArn: this.arn('states', `stateMachine:${stateMachine}`),
          name,
          input: JSON.stringify(event),
        }),
      );
    } catch (error) {
      if (asError(error).name !== 'ExecutionAlreadyExists') throw error;
    }
  }

  /** Says so in words where the ledger table is not there. */
  async reach<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (asError(error).name !== 'ResourceNotFoundException') throw error;
      const { account, region } = this.account.home;
      throw new Error(
        `Suture is not installed here: account ${account}, Region ${region} has no table ${this.names.ledgerTable}. ` +
          'Set AWS_PROFILE and AWS_REGION, or name the settings of the installation with --settings',
      );
    }
  }
}
