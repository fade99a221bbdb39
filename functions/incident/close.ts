import { type Incident, plainText } from './incident';
import { type Message, messageOf } from './notice';
import type { IncidentRecords } from './record';

/** What closing an incident came to. */
export interface Closing {
  readonly incident: Incident;
  /** False if it was closed already. */
  readonly changed: boolean;
  readonly by: string;
  readonly reason: string;
}

/**
 * Closes an incident for a person: written down first, told then. What is contained stays so. Whoever closes it again while nobody was told, tells.
 *
 * @param by ARN of who closes it
 * @throws UnreadableStateError for an incident that the ledger does not have; whatever keeps people from being told
 */
export async function closeIncident(
  records: IncidentRecords,
  publish: (message: Message) => Promise<void>,
  id: string,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<Closing> {
  const asked = { by: plainText(by, 300), reason: plainText(reason, 300) };
  const { details } = await records.append(id, ({ details }) =>
    details.status === 'closed'
      ? undefined
      : {
          holder: by,
          mode: 'observe',
          reason: 'closed by a person',
          details: { ...details, status: 'closed', closed: { ...asked, untold: true } },
        },
  );
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
  return { incident, changed, ...closed };
}
