import { existsSync, statSync } from 'node:fs';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { asError } from '../functions/core/errors';
import { type Policy, policyOf } from '../functions/core/policy';
import type { Settings } from '../functions/core/settings';
import { names, ownParts } from '../modules/names';
import { type Account, connect } from './account';
import { FileLedger } from './file-ledger';
import { readSettings } from './settings-file';
import { UsageError } from './terminal';

/**
 * A ledger of files, and the account that it is about.
 *
 * @throws UsageError where the account has an installation: two ledgers would not know of each other
 */
export async function openLocalLedger(
  settingsFile: string,
  directory: string,
): Promise<{ readonly account: Account; readonly ledger: FileLedger }> {
  const settings = readSettings(settingsFile);
  if (existsSync(directory) && !statSync(directory).isDirectory())
    throw new UsageError(`${directory} is a file; --ledger takes a directory`);
  const account = await connect(settings.region);
  await refuseInstalled(account, names(settings.prefix).ledgerTable);
  return { account, ledger: new FileLedger(directory, localPolicy(settings)) };
}

async function refuseInstalled({ config, home }: Account, table: string): Promise<void> {
  try {
    await new DynamoDBClient(config).send(new DescribeTableCommand({ TableName: table }));
  } catch (error) {
    if (asError(error).name === 'ResourceNotFoundException') return;
    // Not knowing is no reason to begin a second ledger.
    throw error;
  }
  throw new UsageError(
    `Suture is installed in account ${home.account}, Region ${home.region}: its ledger is the table ${table}. ` +
      'Leave out --ledger to work with it',
  );
}

/** Where nothing is deployed, there may still be buckets of an installation that was. */
export const localPolicy = (settings: Settings): Policy => policyOf(settings, ownParts(names(settings.prefix)));
