import { SendTaskSuccessCommand, SFNClient, type SFNClientConfig } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { asError } from '../functions/core/errors';
import { INCIDENT } from '../functions/core/ledger-keys';
import { closeIncident } from '../functions/incident/close';
import { askedAbout, INCIDENT_ID, targetName } from '../functions/incident/incident';
import { ownSubject } from '../functions/incident/own-subject';
import {
  type Decision,
  type IncidentDetails,
  type IncidentRecord,
  IncidentRecords,
} from '../functions/incident/record';
import { publisher } from '../functions/incident/services';
import { Installation } from './installation';
import { clean, columns, UsageError } from './terminal';

/** Of reasons that stand on receipts and in messages. */
const LONGEST_REASON = 300;

interface Given {
  readonly settings?: string;
  readonly json?: boolean;
}

interface Deciding extends Given {
  readonly reason: string;
  /** What the message asked about. Unset, whatever waits counts. */
  readonly of?: string;
}

/** Lists what waits for a person, oldest first. */
export async function listApprovals({ settings, json }: Given): Promise<void> {
  const { installation, records } = await connect(settings);
  const ids: string[] = [];
  await installation.reach(
    (async () => {
      for await (const page of installation.ledger.pending(INCIDENT)) ids.push(...page);
    })(),
  );
  const found: IncidentRecord[] = [];
  for (const id of ids) found.push(await records.read(id));
  const waiting = found
    .filter(({ details }) => details.status === 'waiting')
    .map(({ at, details: { incident, approval } }) => ({
      id: incident.id,
      band: incident.band,
      severity: incident.severity,
      type: incident.type,
      title: incident.title,
      targets: incident.targets,
      of: askedAbout(incident),
      since: at,
      expires: approval?.expires ?? '',
    }))
    .sort((a, b) => (a.since < b.since ? -1 : 1));
  if (json) console.log(JSON.stringify(waiting, null, 2));
  else if (waiting.length === 0) console.log('Nothing waits for approval.');
  else
    console.log(
      columns([
        ['incident', 'severity', 'what would be contained', 'type', 'until'],
        ...waiting.map(({ id, band, targets, type, expires }) =>
          [id, band, targets.map(targetName).join(', '), type, expires].map(clean),
        ),
      ]),
    );
}

/** Has an incident contained. Exit status 1 if nothing waits any more. */
export const approveCommand = (id: string, given: Deciding): Promise<void> => decide(id, 'approved', given);

/** Leaves an incident as it is. Exit status 1 if nothing waits any more. */
export const denyCommand = (id: string, given: Deciding): Promise<void> => decide(id, 'denied', given);

async function decide(
  id: string,
  decision: 'approved' | 'denied',
  { reason: words, of, settings, json }: Deciding,
): Promise<void> {
  checkId(id);
  const reason = reasonIn(words);
  const { installation, records } = await connect(settings);
  const { caller, config } = installation.account;
  const { details } = await installation.reach(records.read(id));
  if (details.status !== 'waiting' || !details.approval) throw new Error(`${id} waits for nobody: ${stateOf(details)}`);
  const asked = askedAbout(details.incident);
  if (of !== undefined && of !== asked)
    throw new Error(
      `${id} is not about what you were asked any more: by now it is about ${details.incident.targets.map(targetName).map(clean).join(', ')} (--of ${asked}). Read the message that came last`,
    );
  const subject = ownSubject(caller, details);
  if (subject !== undefined)
    throw new Error(`${caller} may not decide about ${id}: the finding is about ${subject}. Somebody else must`);
  const word: Decision = { decision, by: caller, reason, at: new Date().toISOString() };
  if (!(await tell(config, details.approval.token, word)))
    throw new Error(`${id} waits for nobody any more: somebody decided, or the time was over`);
  if (json) console.log(JSON.stringify({ incident: id, ...word }, null, 2));
  else
    console.log(
      decision === 'approved'
        ? `Approved. ${details.incident.targets.map(targetName).map(clean).join(', ')}: contained now; what came of it arrives as a message.`
        : `Denied. ${details.incident.targets.map(targetName).map(clean).join(', ')}: left as it is.`,
    );
}

/** Gives a decision to the execution that waits for it. False if it waits no more. */
async function tell(config: SFNClientConfig, taskToken: string, word: Decision): Promise<boolean> {
  try {
    await new SFNClient(config).send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(word) }));
    return true;
  } catch (error) {
    // https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
    if (['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'].includes(asError(error).name)) return false;
    throw error;
  }
}

/** Closes an incident: its page is resolved, and a finding that comes again makes a new one. */
export async function closeCommand(
  id: string,
  { reason: words, settings, json }: Given & { readonly reason: string },
): Promise<void> {
  checkId(id);
  const reason = reasonIn(words);
  const { installation, records } = await connect(settings);
  const { account, names, arn } = installation;
  const publish = publisher(new SNSClient(account.config), arn('sns', names.alertTopic));
  const closing = await installation.reach(closeIncident(records, publish, id, { by: account.caller, reason }));
  // Nobody is to approve it any more, nor silence.
  if (closing.token !== undefined)
    await tell(account.config, closing.token, {
      decision: 'denied',
      by: account.caller,
      reason: `closed: ${reason}`,
      at: new Date().toISOString(),
    });
  if (json) {
    const { changed, by, reason: why } = closing;
    console.log(JSON.stringify({ incident: id, closed: true, changed, by, reason: why }, null, 2));
  } else
    console.log(
      closing.changed
        ? `Closed ${id}. What was contained stays contained.`
        : `Closed already, by ${clean(closing.by)}: ${clean(closing.reason)}`,
    );
}

async function connect(
  settings: string | undefined,
): Promise<{ installation: Installation; records: IncidentRecords }> {
  const installation = await Installation.find(settings);
  return { installation, records: new IncidentRecords(installation.ledger, installation.account.home, Date.now) };
}

function checkId(id: string): void {
  if (!INCIDENT_ID.test(id))
    throw new UsageError(`${clean(id)}: expected the id of an incident, such as gd-${'0'.repeat(32)}`);
}

function reasonIn(given: string): string {
  const reason = clean(given).trim();
  if (!reason || reason.length > LONGEST_REASON)
    throw new UsageError(`--reason: expected a text of 1 to ${LONGEST_REASON} characters`);
  return reason;
}

function stateOf({ status, decision, closed }: IncidentDetails): string {
  if (status === 'closed') return `closed by ${clean(closed?.by ?? 'somebody')}`;
  if (decision?.decision === 'approved' || decision?.decision === 'denied')
    return `${decision.decision} by ${clean(decision.by ?? 'somebody')}`;
  return decision?.decision === 'expired'
    ? 'nobody decided in time'
    : `the workflow has ${status === 'ended' ? 'ended' : 'it'}`;
}
