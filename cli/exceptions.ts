import type { Ledger } from '../functions/core/ledger';
import type { Exception } from '../functions/core/policy';
import { FileLedger } from './file-ledger';
import { Installation } from './installation';
import { localPolicy } from './local-ledger';
import { readSettings } from './settings-file';
import { clean, columns, paint, UsageError } from './terminal';

/** Days before its end from which an exception's end is told. */
const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

interface Listed extends Exception {
  /** `settings`, or `ledger` for what was added at run time. */
  readonly from: 'settings' | 'ledger';
  /** `in force`, `ends in N days`, `ends today` or `over`. */
  readonly state: string;
  /** Days in which it counts after today; negative when it is over. */
  readonly daysLeft: number;
}

/** Every exception that the policy and the ledger hold, those that end first at the top. */
export async function listExceptions({
  settings,
  ledger: directory,
  json,
}: {
  readonly settings?: string;
  readonly ledger?: string;
  readonly json?: boolean;
}): Promise<void> {
  if (directory !== undefined && settings === undefined)
    throw new UsageError(
      '--ledger DIR goes with --settings FILE: without an installation, the policy comes from there',
    );
  const found = directory === undefined ? await installed(settings) : await local(settings as string, directory);
  const today = new Date().toISOString().slice(0, 10);
  const listed = found
    .map((exception) => ({ ...exception, ...stateOf(exception, today) }))
    .sort((a, b) => (a.expires === b.expires ? (a.id < b.id ? -1 : 1) : a.expires < b.expires ? -1 : 1));
  if (json) console.log(JSON.stringify(listed, null, 2));
  else print(listed);
}

type Found = Omit<Listed, 'state' | 'daysLeft'>;

async function installed(settings: string | undefined): Promise<Found[]> {
  const installation = await Installation.find(settings);
  return installation.reach(exceptionsIn(installation.ledger));
}

async function local(settings: string, directory: string): Promise<Found[]> {
  return exceptionsIn(new FileLedger(directory, localPolicy(readSettings(settings)), { readOnly: true }));
}

/** Both kinds stand where every decision reads them, so a reading for any resource has them. */
async function exceptionsIn(ledger: Ledger): Promise<Found[]> {
  const { policy, exceptions } = await ledger.open('NONE', 'none', Date.now());
  return [
    ...policy.exceptions.map((exception) => ({ ...exception, from: 'settings' as const })),
    ...exceptions.map((exception) => ({ ...exception, from: 'ledger' as const })),
  ];
}

function stateOf({ expires }: Exception, today: string): Pick<Listed, 'state' | 'daysLeft'> {
  const daysLeft = Math.round((Date.parse(expires) - Date.parse(today)) / DAY_MS);
  if (daysLeft < 0) return { state: 'over', daysLeft };
  if (daysLeft === 0) return { state: 'ends today', daysLeft };
  if (daysLeft > SOON_DAYS) return { state: 'in force', daysLeft };
  return { state: `ends in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}`, daysLeft };
}

function print(listed: readonly Listed[]): void {
  if (listed.length === 0) {
    console.log('There are no exceptions.');
    return;
  }
  console.log(
    columns([
      ['state', 'last day', 'id', 'resource', 'owner', 'reason'],
      ...listed.map(({ state, expires, id, resource, owner, reason }) =>
        [state, expires, id, resource ?? 'named by a tag', owner, reason].map(clean),
      ),
    ]),
  );
  const over = listed.filter(({ daysLeft }) => daysLeft < 0).length;
  if (over > 0)
    console.log(paint('yellow', `\n${over} over: what ${over === 1 ? 'it' : 'they'} covered is healed again.`));
}
