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
  const { incident: known, execution, status } = details;
  if (status === 'closed' && repeat.at > at) return undefined;
  if (bands.indexOf(repeat.band) > bands.indexOf(known.band)) return undefined;
  if (responses.indexOf(repeat.response) > responses.indexOf(known.response)) return undefined;
  if (status !== 'ended' && status !== 'closed' && (await hasFailed(sfn, execution))) return undefined;
  return `${execution} has it`;
}

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
