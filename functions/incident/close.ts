import { type Incident, plainText } from './incident';
import { type Message, messageOf } from './notice';
import { ownSubject } from './own-subject';
import type { IncidentRecords } from './record';

/** Whoever the finding is about may not say that it is over. Nothing was written. */
export class OwnSubjectError extends Error {
  override readonly name = 'OwnSubjectError';
}

/** What closing an incident came to. */
export interface Closing {
  readonly incident: Incident;
  /** False if it was closed already. */
  readonly changed: boolean;
  readonly by: string;
  readonly reason: string;
  /** What gives a decision to the execution that waits for one, if any does: nothing is to be done any more. */
  readonly token?: string;
}

/**
 * Closes an incident for a person: written down first, told then. What is contained stays so. Whoever closes it again while nobody was told, tells.
 *
 * @param by ARN of who closes it
 * @param issuer ARN of who began the session that closes it, where that is known
 * @throws OwnSubjectError if the finding is about who closes it, whatever has become of the incident
 * @throws UnreadableStateError for an incident that the ledger does not have; whatever keeps people from being told
 */
export async function closeIncident(
  records: IncidentRecords,
  publish: (message: Message) => Promise<void>,
  id: string,
  { by, issuer, reason }: { readonly by: string; readonly issuer?: string | undefined; readonly reason: string },
): Promise<Closing> {
  const asked = { by: plainText(by, 300), reason: plainText(reason, 300) };
  const { details } = await records.append(id, ({ details }) => {
    const subject = ownSubject(by, details) ?? (issuer === undefined ? undefined : ownSubject(issuer, details));
    if (subject !== undefined)
      throw new OwnSubjectError(`${by} may not close ${id}: the finding is about ${subject}. Somebody else must`);
    return details.status === 'closed'
      ? undefined
      : {
          holder: by,
          mode: 'observe',
          reason: 'closed by a person',
          details: { ...details, status: 'closed', closed: { ...asked, untold: true } },
        };
  });
  const { incident } = details;
  const changed = details.status !== 'closed';
  const { untold, ...closed } = changed ? { ...asked, untold: true } : { untold: false, ...(details.closed ?? asked) };
  if (untold) {
    await publish(
      messageOf(incident, 'closed', {
        headline: `closed: ${incident.type} on ${incident.resources[0] ?? `account ${incident.account}`}`,
        lines: [`Closed by ${closed.by}: ${closed.reason}`, 'What was contained stays contained.'],
        nextSteps: [],
      }),
    );
    await records.append(id, ({ details }) =>
      details.status === 'closed' && details.closed?.untold
        ? { holder: by, mode: 'observe', reason: 'people were told', details: { ...details, closed } }
        : undefined,
    );
  }
  const token = details.status === 'waiting' ? details.approval?.token : undefined;
  return { incident, changed, ...closed, ...(token !== undefined && { token }) };
}
