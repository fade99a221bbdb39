import * as z from 'zod/mini';
import type { LambdaContext } from '../core/handler';
import { homeOf } from '../core/home';
import type { Ledger } from '../core/ledger';
import { once } from '../core/once';
import { outcomes } from '../core/outcomes';
import type { Policy } from '../core/policy';
import { parseEvent } from '../core/schema';
import type { Telemetry } from '../core/telemetry';
import type { Incident } from '../incident/incident';
import { IncidentRecords } from '../incident/record';
import { DecisionSchema, INCIDENT_REQUEST } from '../incident/request';
import type { FindingServices } from './findings';

const Input = once(() =>
  z.strictObject({
    ...INCIDENT_REQUEST,
    decision: DecisionSchema(),
    /** What VerifyContainment says. Of an incident that people were only told of, neither is there. */
    report: z.looseObject({ status: z.optional(z.string()), outcome: z.optional(z.enum(outcomes)) }),
  }),
);

export interface UpdateServices {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  readonly findings: FindingServices;
}

/**
 * Ends the workflow's part of an incident in the books.
 *
 * | incident                        | Security Hub       | GuardDuty                              | ledger |
 * | ------------------------------- | ------------------ | -------------------------------------- | ------ |
 * | observed, rehearsed             | as it is           | as it is                               | ended  |
 * | told, held, denied, expired     | NOTIFIED           | as it is                               | ended  |
 * | verified as contained           | NOTIFIED, RESOLVED | archived, by the administrator account | ended  |
 * | held by another execution       | as it is           | as it is                               | as it is |
 * | closed by a person meanwhile    | as the person left it | as the person left it                | as it is |
 *
 * The incident itself stays open until a person closes it. None of these calls starts the workflow again: its rules ask for NEW.
 *
 * @throws InvalidEventError for input that is none; whatever a finding's service answers
 */
export const updateHandler =
  ({ ledger, telemetry, findings }: UpdateServices) =>
  async (input: unknown, context: LambdaContext): Promise<{ readonly updated: readonly string[] }> => {
    const { incidentId, execution, decision, report } = parseEvent(Input(), input);
    const records = new IncidentRecords(ledger, homeOf(context.invokedFunctionArn), Date.now);
    const { details, page } = await records.read(incidentId);
    const updated: string[] = [];
    if (
      details.execution === execution &&
      details.status !== 'closed' &&
      touchesFindings(details.incident, page.policy)
    )
      for (const reference of details.incident.findings) {
        updated.push(...(await findings.notified(reference, details.incident)));
        if (report.status === 'contained') updated.push(...(await findings.resolved(reference, details.incident)));
      }
    await records.append(incidentId, ({ details }) =>
      details.execution !== execution || details.status === 'ended' || details.status === 'closed'
        ? undefined
        : {
            holder: execution,
            mode: 'observe',
            outcome: report.outcome ?? 'NO_ACTION',
            reason: report.status ?? 'people were told',
            details: { ...withoutApproval(details), status: 'ended', decision: defined(decision) },
          },
    );
    telemetry.info(`Ended incident ${incidentId}`, {
      incidentId,
      status: report.status,
      outcome: report.outcome,
      updated,
    });
    return { updated };
  };

/** Who only observes leaves the findings of others as they are. */
function touchesFindings({ response }: Incident, { incidents }: Pick<Policy, 'incidents'>): boolean {
  return response === 'contain' || (response === 'notify' && incidents.others !== 'observe');
}

/** The token is of no use any more. */
function withoutApproval<Details extends { readonly approval?: unknown }>(details: Details): Omit<Details, 'approval'> {
  const { approval: _approval, ...rest } = details;
  return rest;
}

/** Members that are there. */
const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
