import * as z from 'zod/mini';
import type { LambdaContext } from '../core/handler';
import { homeOf } from '../core/home';
import type { Ledger } from '../core/ledger';
import { once } from '../core/once';
import { parseEvent } from '../core/schema';
import type { Telemetry } from '../core/telemetry';
import { closeIncident, OwnSubjectError } from '../incident/close';
import { guardDutyIncidentId, securityHubIncidentId } from '../incident/incident';
import type { Message } from '../incident/notice';
import { IncidentRecords } from '../incident/record';

/**
 * CloudTrail's record of a call by which a person deals with findings.
 *
 * @see https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
const Closing = once(() =>
  z.looseObject({
    detail: z.looseObject({
      eventName: z.enum(['ArchiveFindings', 'BatchUpdateFindings', 'BatchUpdateFindingsV2']),
      userIdentity: z.looseObject({
        arn: z.optional(z.string()),
        sessionContext: z.optional(
          z.looseObject({ sessionIssuer: z.optional(z.looseObject({ arn: z.optional(z.string()) })) }),
        ),
      }),
      requestParameters: z.looseObject({
        findingIds: z.optional(z.array(z.string())),
        findingIdentifiers: z.optional(
          z.array(
            z.looseObject({
              id: z.optional(z.string()),
              productArn: z.optional(z.string()),
              findingInfoUid: z.optional(z.string()),
              metadataProductUid: z.optional(z.string()),
            }),
          ),
        ),
        workflow: z.optional(z.looseObject({ status: z.optional(z.string()) })),
        metadataUids: z.optional(z.array(z.string())),
        statusId: z.optional(z.int()),
      }),
    }),
  }),
);

export interface ClosingServices {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  /** ARN of the role under which the workflow itself marks findings: what it does closes nothing. */
  readonly ownRoleArn: string;
  /** Publishes to the alert topic. */
  publish(message: Message): Promise<void>;
  /** What findings are called that Security Hub has under ids of its own. */
  namesOf(uids: readonly string[]): Promise<FindingName[]>;
}

/** A finding, as its product calls it. */
export interface FindingName {
  /** ARN of the product. */
  readonly product: string;
  readonly id: string;
}

/**
 * Closes the incidents of findings that a person archived at GuardDuty, or resolved at Security Hub: but for those that are about that person.
 *
 * @throws InvalidEventError for an event that tells of neither
 */
export const closingHandler =
  ({ ledger, telemetry, ownRoleArn, publish, namesOf }: ClosingServices) =>
  async (event: unknown, context: LambdaContext): Promise<{ readonly closed: readonly string[] }> => {
    const { detail } = parseEvent(Closing(), event);
    const { userIdentity, eventName, requestParameters } = detail;
    const by = userIdentity.arn ?? 'somebody';
    const issuer = userIdentity.sessionContext?.sessionIssuer?.arn;
    if (issuer === ownRoleArn) return { closed: [] };
    const records = new IncidentRecords(ledger, homeOf(context.invokedFunctionArn), Date.now);
    const closed: string[] = [];
    for (const id of await incidentsIn(requestParameters, namesOf)) {
      // Most findings never made an incident here.
      if (!(await records.open(id)).record) continue;
      const reason = eventName === 'ArchiveFindings' ? 'archived at GuardDuty' : 'resolved at Security Hub';
      try {
        const { changed } = await closeIncident(records, publish, id, { by, issuer, reason });
        if (changed) closed.push(id);
      } catch (error) {
        if (!(error instanceof OwnSubjectError)) throw error;
        telemetry.info(error.message, { incidentId: id, by, eventName });
      }
    }
    telemetry.info(`Closed ${closed.length} incidents`, { closed, by, eventName });
    return { closed };
  };

type Parameters = z.infer<ReturnType<typeof Closing>>['detail']['requestParameters'];

/** Of OCSF: suppressed and resolved. @see https://schema.ocsf.io/1.5.0/classes/detection_finding */
const DEALT_WITH = [3, 4];

async function incidentsIn(
  { findingIds = [], findingIdentifiers = [], workflow, metadataUids = [], statusId = 0 }: Parameters,
  namesOf: ClosingServices['namesOf'],
): Promise<string[]> {
  const isDealtWith = ['RESOLVED', 'SUPPRESSED'].includes(workflow?.status ?? '') || DEALT_WITH.includes(statusId);
  const named = isDealtWith
    ? [
        ...findingIdentifiers.flatMap(
          ({ id, productArn, findingInfoUid, metadataProductUid }): FindingName | FindingName[] => {
            const name = id ?? findingInfoUid;
            return name === undefined ? [] : { product: productArn ?? metadataProductUid ?? '', id: name };
          },
        ),
        ...(await namesOf(metadataUids)),
      ]
    : [];
  const ofGuardDuty = (id: string) => /^arn:[^:]+:guardduty:.*\/finding\/([0-9a-f]{32})$/.exec(id)?.[1];
  return [
    ...findingIds.filter((id) => /^[0-9a-f]{32}$/.test(id)).map(guardDutyIncidentId),
    ...named.map(({ product, id }) => {
      const findingId = ofGuardDuty(id);
      return findingId === undefined ? securityHubIncidentId(product, id) : guardDutyIncidentId(findingId);
    }),
  ];
}
