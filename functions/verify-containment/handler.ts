import * as z from 'zod/mini';
import { asError } from '../core/errors';
import type { LambdaContext } from '../core/handler';
import { homeOf } from '../core/home';
import type { Ledger } from '../core/ledger';
import { once } from '../core/once';
import { type Outcome, outcomes } from '../core/outcomes';
import { parseEvent } from '../core/schema';
import type { Telemetry } from '../core/telemetry';
import type { Target } from '../incident/incident';
import type { Inspection, Inspectors } from '../incident/inspection';
import type { Message } from '../incident/notice';
import { IncidentRecords } from '../incident/record';
import { DecisionSchema, EvidenceSchema, INCIDENT_REQUEST } from '../incident/request';
import { reportOf } from './report';
import { judge, outcomeOf, type Status, statusOf, type Verified } from './status';

const Input = once(() =>
  z.strictObject({
    ...INCIDENT_REQUEST,
    mode: z.enum(['contain', 'rehearse']),
    decision: DecisionSchema(),
    /** What containing functions answered, in the order of the targets. Empty if none was asked. */
    containments: z.array(
      z.looseObject({
        outcome: z.string(),
        reason: z.string(),
        /** What Step Functions caught, if it failed. @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
        error: z.optional(z.looseObject({ Cause: z.optional(z.string()) })),
      }),
    ),
    evidence: EvidenceSchema(),
  }),
);

export interface VerificationServices {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  readonly inspectors: Inspectors;
}

/** What the workflow goes on with. */
export interface Verification {
  readonly status: Status;
  readonly outcome: Outcome;
  readonly message: Message;
}

/**
 * Looks at every target of an incident again, with a role that can only read, and writes the one message about it: what is closed, what is open, what
 * nobody can tell, and what to do next.
 *
 * @throws InvalidEventError for input that is none; UnreadableStateError for an incident that the ledger does not have
 */
export const verificationHandler =
  ({ ledger, telemetry, inspectors }: VerificationServices) =>
  async (input: unknown, context: LambdaContext): Promise<Verification> => {
    const { incidentId, execution, mode, decision, containments, evidence } = parseEvent(Input(), input);
    const home = homeOf(context.invokedFunctionArn);
    const record = await new IncidentRecords(ledger, home, Date.now).read(incidentId);
    const { incident } = record.details;
    const verified: Verified[] = await Promise.all(
      incident.targets.map(async (target, index) => {
        const answer = containments[index];
        const inspection = await look(target);
        return judge(target, answer && { outcome: asOutcome(answer.outcome), reason: reasonOf(answer) }, inspection);
      }),
    );
    const isSuperseded = record.details.execution !== execution;
    const status = statusOf({
      isSuperseded,
      mode,
      decision,
      onExpiry: record.page.policy.incidents.onExpiry,
      ...(incident.leftOut !== undefined && { leftOut: incident.leftOut }),
      verified,
    });
    const isClosed = record.details.status === 'closed';
    const message = reportOf({ incident, isClosed, status, decision, verified, evidence, execution });
    telemetry.info(`Verified incident ${incidentId}: ${status}`, { incidentId, status, channels: verified });
    return { status, outcome: outcomeOf(status, verified), message };

    /** What cannot be looked at is unknown, and no reason to be silent about the rest. */
    async function look(target: Target): Promise<Inspection> {
      try {
        const inspect = inspectors[target.kind] as (of: Target, ...more: unknown[]) => Promise<Inspection>;
        return await inspect(target, record, home);
      } catch (error) {
        telemetry.error(`Could not look at a target of incident ${incidentId}`, { incidentId, target, error });
        const { name, message } = asError(error);
        const detail = `It could not be looked at: ${name}: ${message.slice(0, 200)}.`;
        return { exists: true, channels: [{ channel: 'all', status: 'unknown', detail }] };
      }
    }
  };

/** What Lambda says of a function that failed, if it was that. @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
const Failure = once(() => z.looseObject({ errorMessage: z.string() }));

function reasonOf({
  reason,
  error,
}: {
  readonly reason: string;
  readonly error?: { readonly Cause?: string | undefined } | undefined;
}): string {
  if (error?.Cause === undefined) return reason;
  try {
    return `${reason}: ${Failure().parse(JSON.parse(error.Cause)).errorMessage}`;
  } catch {
    return `${reason}: ${error.Cause}`;
  }
}

const asOutcome = (outcome: string): Outcome => outcomes.find((one) => one === outcome) ?? 'FAILED';
