import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { isCode } from '../core/aws';
import { bands, type Incident, responses } from '../incident/incident';
import type { IncidentDetails, IncidentRecord, IncidentRecords } from '../incident/record';

/** Whether an execution may go on with an incident, or another one has it. */
export type Claim =
  | { readonly status: 'claimed'; readonly record: IncidentRecord }
  | { readonly status: 'duplicate'; readonly why: string };

/**
 * Claims an incident for an execution.
 *
 * | incident in the ledger                     | claim      |
 * | ------------------------------------------ | ---------- |
 * | none                                       | yes        |
 * | held by this very execution                | yes        |
 * | closed by a person before it was found (again) | yes    |
 * | of a lower band, or with a lesser response | yes        |
 * | whose holder failed, or was stopped        | yes        |
 * | that waits for a person, where this finding waits for nobody | yes |
 * | that ended contained an hour or more before it was found again | yes |
 * | any other                                  | duplicate  |
 */
export async function claim(
  records: IncidentRecords,
  sfn: SFNClient,
  incident: Incident,
  execution: string,
): Promise<Claim> {
  for (let tries = 1; ; tries++) {
    const { key, page, record } = await records.open(incident.id);
    if (record?.details.execution === execution) return { status: 'claimed', record };
    const why = record && (await whyNot(sfn, record, incident));
    if (why !== undefined) return { status: 'duplicate', why };
    const details = { incident, execution, status: 'claimed' as const, ...before(record) };
    const written = await records.write(
      { key, page, head: record?.head },
      { holder: execution, mode: 'observe', reason: incident.why, details },
    );
    if (written) return { status: 'claimed', record: await records.read(incident.id) };
    if (tries === 8) throw new Error(`incident ${incident.id}: others claim it all the time`);
  }
}

/**
 * What a new holder takes over. What was so before the first change stays what was so, until a person closes the incident: who finds it again after that
 * looks again.
 */
function before(record: IncidentRecord | undefined): Pick<IncidentDetails, 'originals' | 'reopened'> {
  if (!record) return {};
  const { status, originals, reopened } = record.details;
  if (status !== 'closed') return { ...(originals && { originals }), ...(reopened && { reopened }) };
  const earlier = originals ?? reopened?.originals;
  return { reopened: { at: new Date().toISOString(), ...(earlier && { originals: earlier }) } };
}

/** Why what is known of an incident already makes a repeat of it superfluous. Undefined if it does not. */
async function whyNot(sfn: SFNClient, { details, at }: IncidentRecord, repeat: Incident): Promise<string | undefined> {
  const { incident: known, execution, status, decision } = details;
  if (status === 'closed' && repeat.at > at) return undefined;
  const isDecided = decision?.decision === 'approved' || decision?.decision === 'denied';
  if (status === 'ended' && decision?.decision !== 'denied' && isFoundAgain(at, known, repeat)) return undefined;
  if (bands.indexOf(repeat.band) > bands.indexOf(known.band)) return undefined;
  if (responses.indexOf(repeat.response) > responses.indexOf(known.response)) return undefined;
  // Whoever asks for a person by a custom action, or pretends to, must not keep what needs none from being done.
  if (status !== 'closed' && !isDecided && known.needsApproval && needsNobody(repeat)) return undefined;
  if (status !== 'ended' && status !== 'closed' && (await hasFailed(sfn, execution))) return undefined;
  return `${execution} has it`;
}

const needsNobody = ({ response, needsApproval }: Incident): boolean => response === 'contain' && !needsApproval;

/** GuardDuty tells of what went before for some minutes after it is over. */
const ECHO_MS = 3_600_000;

/** Whether what was contained goes on: somebody may have taken the containment back. */
const isFoundAgain = (ended: string, known: Incident, repeat: Incident): boolean =>
  known.response === 'contain' && repeat.response === 'contain' && Date.parse(repeat.at) - Date.parse(ended) > ECHO_MS;

/** Whether an execution ended otherwise than it should. One that Step Functions has forgotten is over. */
async function hasFailed(sfn: SFNClient, executionArn: string): Promise<boolean> {
  try {
    const { status = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status === 'FAILED' || status === 'TIMED_OUT' || status === 'ABORTED';
  } catch (error) {
    if (isCode(error, 'ExecutionDoesNotExist')) return true;
    throw error;
  }
}
