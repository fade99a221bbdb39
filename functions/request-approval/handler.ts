import * as z from 'zod/mini';
import type { LambdaContext } from '../core/handler';
import { homeOf } from '../core/home';
import type { Ledger } from '../core/ledger';
import { once } from '../core/once';
import { parseEvent } from '../core/schema';
import type { Telemetry } from '../core/telemetry';
import { askedAbout, type Incident, plainText, type Target } from '../incident/incident';
import { type Message, messageOf } from '../incident/notice';
import { IncidentRecords } from '../incident/record';
import { EvidenceSchema, INCIDENT_REQUEST } from '../incident/request';

const Input = once(() =>
  z.strictObject({
    ...INCIDENT_REQUEST,
    /** Gives the decision to the execution. Whoever has it, and may call SendTaskSuccess, decides: it stands in the ledger and nowhere else. */
    token: z.string().check(z.minLength(1), z.maxLength(2048)),
    seconds: z.int().check(z.minimum(1)),
    evidence: EvidenceSchema(),
  }),
);

/** What the function reaches AWS by. */
export interface ApprovalServices {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  /** Publishes to the alert topic. */
  publish(message: Message): Promise<void>;
}

/**
 * Asks people whether an incident may be contained, and leaves the workflow's token where `suture approve` finds it. A repeat asks again under its own token:
 * the one before is of no use any more.
 *
 * @throws InvalidEventError for input that is none
 */
export const approvalHandler =
  ({ ledger, telemetry, publish }: ApprovalServices) =>
  async (input: unknown, context: LambdaContext): Promise<{ readonly expires: string }> => {
    const { incidentId, execution, token, seconds, evidence } = parseEvent(Input(), input);
    const records = new IncidentRecords(ledger, homeOf(context.invokedFunctionArn), Date.now);
    const expires = new Date(Date.now() + seconds * 1000).toISOString();
    const { details } = await records.append(incidentId, ({ details }) =>
      details.execution !== execution
        ? undefined
        : {
            holder: execution,
            mode: 'approve',
            outcome: 'HELD',
            reason: `waits for approval until ${expires}`,
            details: { ...details, status: 'waiting', approval: { token, expires } },
          },
    );
    if (details.execution !== execution) {
      // A graver finding of the same incident is at it; this execution learns so when it verifies.
      telemetry.info(`Asks nobody: incident ${incidentId} is held by ${details.execution}`, { incidentId });
      return { expires };
    }
    await publish(requestFor(details.incident, expires, evidence));
    telemetry.info(`Waits for approval: incident ${incidentId}`, { incidentId, expires });
    return { expires };
  };

/** The message that asks. */
export function requestFor(
  incident: Incident,
  expires: string,
  evidence: { readonly evidence: readonly string[]; readonly snapshots: readonly string[] },
): Message {
  const { id, targets, why } = incident;
  const [first, ...more] = targets;
  const others = more.length > 0 ? ` and ${more.length} more` : '';
  return messageOf(incident, 'approval', {
    headline: `approve or deny: ${first ? intention(first) : 'containment'}${others}`,
    lines: [
      `Waits for a person until ${expires}: ${why}.`,
      ...targets.map((target) => `What would be done: ${intention(target)}.`),
      ...(evidence.evidence.length > 0 ? [`Evidence is kept: ${evidence.evidence.join(', ')}`] : []),
      ...(evidence.snapshots.length > 0 ? [`Snapshots: ${evidence.snapshots.join(', ')}`] : []),
    ],
    nextSteps: [
      `To have it contained: suture approve ${id} --of ${askedAbout(incident)} --reason "…"`,
      `To leave it as it is: suture deny ${id} --of ${askedAbout(incident)} --reason "…"`,
    ],
  });
}

function intention(target: Target): string {
  switch (target.kind) {
    case 'instance':
      return `isolate ${target.instanceId}`;
    case 'user':
      return target.accessKeyId
        ? `take key ${plainText(target.accessKeyId, 30)} away from ${plainText(target.userName, 64)}`
        : `end the sessions of user ${plainText(target.userName, 64)}`;
    case 'role':
      return `end the sessions of role ${plainText(target.roleName, 64)}`;
    case 'bucket':
      return `close bucket ${plainText(target.bucketName, 63)} to the public`;
    case 'security-group':
      return `close what ${target.groupId} opens to the internet`;
  }
}
