import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { PAUSE_KEY } from '../functions/core/ledger-keys';
import { Installation } from './installation';
import { clean, UsageError } from './terminal';

/** It stands in each decision that is held, and in messages. */
const LONGEST_REASON = 200;

interface Pause {
  /** ARN of who paused. */
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** Stops every change from the next decision on. Whoever paused first stays: pausing again changes nothing. */
export async function pauseCommand({
  reason: given,
  settings,
  json,
}: {
  readonly reason: string;
  readonly settings?: string;
  readonly json?: boolean;
}): Promise<void> {
  const reason = clean(given).trim();
  if (!reason || reason.length > LONGEST_REASON)
    throw new UsageError(`--reason: expected a text of 1 to ${LONGEST_REASON} characters`);
  const installation = await Installation.find(settings);
  const pause = { by: installation.account.caller, reason, at: new Date().toISOString() };
  const before = await installation.reach(putUnlessPaused(installation, pause));
  const { by, reason: why, at } = before ?? pause;
  if (json) console.log(JSON.stringify({ paused: true, changed: before === undefined, by, reason: why, at }, null, 2));
  else
    console.log(
      before
        ? `Paused already, by ${clean(by)} since ${clean(at)}: ${clean(why)}`
        : `Paused. Nothing is changed until: suture resume${settings === undefined ? '' : ` --settings ${settings}`}`,
    );
}

/** The pause that was there before, if there was one. */
async function putUnlessPaused({ dynamodb, names }: Installation, pause: Pause): Promise<Pause | undefined> {
  for (;;) {
    try {
      await dynamodb.send(
        new PutItemCommand({
          TableName: names.ledgerTable,
          Item: marshall({ ...PAUSE_KEY, ...pause }),
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    const { Item } = await dynamodb.send(
      new GetItemCommand({ TableName: names.ledgerTable, Key: marshall(PAUSE_KEY), ConsistentRead: true }),
    );
    // Gone in between: somebody resumed.
    if (Item) return pauseIn(Item);
  }
}

/** Ends a pause, and has the functions look at what waits. Where nothing was paused, that is all it does. */
export async function resumeCommand({
  settings,
  json,
}: {
  readonly settings?: string;
  readonly json?: boolean;
}): Promise<void> {
  const installation = await Installation.find(settings);
  const { dynamodb, names } = installation;
  const functions = installation.functions.map((one) => one.function);
  const { Attributes } = await installation.reach(
    dynamodb.send(
      new DeleteItemCommand({ TableName: names.ledgerTable, Key: marshall(PAUSE_KEY), ReturnValues: 'ALL_OLD' }),
    ),
  );
  const ended = Attributes && pauseIn(Attributes);
  if (!json)
    console.log(ended ? `Resumed. Was paused by ${clean(ended.by)}: ${clean(ended.reason)}` : 'Was not paused.');
  for (const name of functions) await installation.invoke(name, { sweep: { only: 'pending' } });
  if (json)
    console.log(
      JSON.stringify(
        { paused: false, changed: ended !== undefined, ...(ended && { ended }), invoked: functions },
        null,
        2,
      ),
    );
  else console.log(`What was held is looked at now: invoked ${functions.join(', ')}`);
}

function pauseIn(item: Parameters<typeof unmarshall>[0]): Pause {
  const { by, reason, at } = unmarshall(item);
  return { by: String(by), reason: String(reason), at: String(at) };
}
