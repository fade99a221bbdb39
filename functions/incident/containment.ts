import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { clientConfig, requiredVariable } from '../core/aws';
import { ContainmentBusyError, InvalidEventError, RemediationFailedError, shortened } from '../core/errors';
import { failureIn } from '../core/failure';
import type { LambdaContext, Services } from '../core/handler';
import { type Decision, heal } from '../core/heal';
import { homeOf } from '../core/home';
import { DynamoLedger } from '../core/ledger-dynamodb';
import { once } from '../core/once';
import type { Outcome } from '../core/outcomes';
import type { Policy } from '../core/policy';
import type { Home, Remediation } from '../core/remediation';
import { report } from '../core/report';
import { parseEvent, type Trigger } from '../core/schema';
import { subjectOf } from '../core/sweep';
import { LambdaTelemetry } from '../core/telemetry';
import { plainText, type Target } from './incident';
import { type IncidentRecord, IncidentRecords } from './record';
import { DecisionSchema, INCIDENT_REQUEST } from './request';

/** Input of a containing function. The incident itself is read from the ledger, so that nobody can make one up. */
export const ContainmentRequest = once(() =>
  z.strictObject({
    ...INCIDENT_REQUEST,
    /** Which of the incident's targets, from 0. */
    target: z.int().check(z.nonnegative()),
    mode: z.enum(['contain', 'rehearse']),
    /** A person's word, where the incident waited for one. */
    decision: z.optional(DecisionSchema()),
  }),
);
export type ContainmentRequest = z.infer<ReturnType<typeof ContainmentRequest>>;

/** What a containing function answers: small, as it becomes a part of the execution's state. */
export interface ContainmentAnswer {
  readonly outcome: Outcome;
  /** One sentence, at most 500 characters. */
  readonly reason: string;
  readonly resourceId: string;
  readonly receipt?: string;
}

/** What a containing function needs: it tells nobody, the workflow does. */
export type ContainmentServices = Pick<Services, 'ledger' | 'telemetry'>;

/** A remediation of whichever state and actions: nobody looks into them here. */
// biome-ignore lint/suspicious/noExplicitAny: one function may contain several kinds, each with its own types
export type AnyContainment = Remediation<any, any>;

/** What one containing function does. */
export interface Containment<Kind extends Target['kind']> {
  /** The kinds of targets that it contains. */
  readonly kinds: readonly Kind[];
  /** The remediation of a target; its mode is set here. The record has what was so before anything was changed. */
  remediationFor(target: Extract<Target, { kind: Kind }>, record: IncidentRecord, home: Home): AnyContainment;
  /** The id under which the target stands in the ledger. */
  idOf(target: Extract<Target, { kind: Kind }>): string;
}

/**
 * The services of a deployed containing function, from its environment: `LEDGER_TABLE` and `METRIC_NAMESPACE`.
 *
 * @throws ConfigurationError if a variable is missing.
 */
export const containmentServices = (): ContainmentServices => ({
  ledger: new DynamoLedger(new DynamoDBClient(clientConfig), requiredVariable('LEDGER_TABLE')),
  telemetry: new LambdaTelemetry(requiredVariable('METRIC_NAMESPACE')),
});

/**
 * The Lambda handler of a function that contains what an incident is about:
 *
 * ```ts
 * export const handler = containmentHandler(
 *   {
 *     kinds: ['instance'],
 *     remediationFor: (target, record) => instanceRemediation(adapter, originalOf(target, record)),
 *     idOf: ({ instanceId }) => instanceId,
 *   },
 *   containmentServices(),
 * );
 * ```
 *
 * It reads the incident's record, sees that the execution holds it, takes the target, and heals it by the one path of all remediations. Whatever
 * the workflow asks for, nothing is changed but where the record says so (`whyOnlyRehearsed`).
 *
 * @throws InvalidEventError for input that is none, an execution that does not hold the incident, a target of another kind;
 *   ContainmentBusyError while somebody else is at the target (to be tried again); RemediationFailedError after a change that did not take; anything
 *   else before a change. A try again does what is left to be done.
 */
export const containmentHandler =
  <Kind extends Target['kind']>(containment: Containment<Kind>, services: ContainmentServices) =>
  async (event: unknown, context: LambdaContext): Promise<ContainmentAnswer> => {
    const { telemetry } = services;
    let name: string | undefined;
    try {
      return await contain();
    } catch (error) {
      if (!(error instanceof RemediationFailedError || error instanceof ContainmentBusyError)) {
        telemetry.count({ remediation: name ?? containment.kinds.join(), outcome: 'FAILED' });
        telemetry.error('Failed before any decision about a containment', { error, requestId: context.awsRequestId });
      }
      throw shortened(error);
    }

    async function contain(): Promise<ContainmentAnswer> {
      const request = parseEvent(ContainmentRequest(), event);
      const home = homeOf(context.invokedFunctionArn);
      const record = await new IncidentRecords(services.ledger, home, Date.now).read(request.incidentId);
      const target = targetIn(record, request, containment.kinds);
      const remediation = containment.remediationFor(target, record, home);
      name = remediation.name;
      const why = whyOnlyRehearsed(record, request, record.page.policy);
      return healTarget({ ...remediation, mode: () => (why === undefined ? 'enforce' : 'observe') }, target, {
        record,
        request,
        home,
      });
    }

    async function healTarget(
      remediation: AnyContainment,
      target: Extract<Target, { kind: Kind }>,
      { record, request, home }: { record: IncidentRecord; request: ContainmentRequest; home: Home },
    ): Promise<ContainmentAnswer> {
      const id = containment.idOf(target);
      const { noun, idPattern } = remediation.resource;
      if (!idPattern.test(id)) throw new InvalidEventError(`${JSON.stringify(id)} is no id of a ${noun}`);
      const subject = subjectOf(remediation, id, home);
      const trigger = triggerOf(record, request);
      const decisions = await heal(remediation, subject, {
        ledger: services.ledger,
        now: Date.now,
        invocation: context.awsRequestId,
        holder: `${context.awsRequestId}/${randomUUID()}`,
        trigger,
        announce: (line) => telemetry.info(line, { resourceId: id, incidentId: request.incidentId }),
        decided: (decision) => report(telemetry, { name: remediation.name, noun }, subject, decision, trigger),
        tell: async () => undefined,
      });
      const failure = failureIn(subject, decisions);
      if (failure) throw failure;
      const { outcome, reason, receipt } = decisions.at(-1) as Decision;
      if (outcome === 'JOINED') throw new ContainmentBusyError(`${id}: ${reason}`);
      return { outcome, reason: plainText(reason, 500), resourceId: id, ...(receipt && { receipt }) };
    }
  };

/** The target that is asked for. @throws InvalidEventError */
function targetIn<Kind extends Target['kind']>(
  { details: { incident, execution } }: IncidentRecord,
  request: ContainmentRequest,
  kinds: readonly Kind[],
): Extract<Target, { kind: Kind }> {
  if (execution !== request.execution)
    throw new InvalidEventError(`incident ${incident.id} is held by ${execution}, not by ${request.execution}`);
  const target = incident.targets[request.target];
  const isOurs = (one: Target): one is Extract<Target, { kind: Kind }> => kinds.some((kind) => kind === one.kind);
  if (!target || !isOurs(target))
    throw new InvalidEventError(
      `target ${request.target} of incident ${incident.id} is ${target ? `of kind ${target.kind}` : 'not there'}, and this function contains ${kinds.join(', ')}`,
    );
  return target;
}

/**
 * Why nothing may be changed, if so.
 *
 * | asked for | response | status    | needs approval | decision | on expiry | changes |
 * | --------- | -------- | --------- | -------------- | -------- | --------- | ------- |
 * | rehearse  | any      | any       | any            | any      | any       | no      |
 * | contain   | other    | any       | any            | any      | any       | no      |
 * | contain   | contain  | closed    | any            | any      | any       | no      |
 * | contain   | contain  | not so    | any            | denied   | any       | no      |
 * | contain   | contain  | not so    | no             | other    | any       | yes     |
 * | contain   | contain  | not so    | yes            | approved | any       | yes     |
 * | contain   | contain  | not so    | yes            | expired  | approve   | yes     |
 * | contain   | contain  | not so    | yes            | else     | else      | no      |
 *
 * A denial counts wherever it stands, in the request or in the record.
 */
export function whyOnlyRehearsed(
  { details: { incident, status, decision: recorded } }: Pick<IncidentRecord, 'details'>,
  { mode, decision }: Pick<ContainmentRequest, 'mode' | 'decision'>,
  { incidents: { onExpiry } }: Pick<Policy, 'incidents'>,
): string | undefined {
  if (mode !== 'contain') return 'a rehearsal was asked for';
  if (incident.response !== 'contain') return `the response to the incident is to ${incident.response}`;
  if (status === 'closed') return 'a person closed the incident';
  if (decision?.decision === 'denied' || recorded?.decision === 'denied') return 'a person denied it';
  if (!incident.needsApproval || decision?.decision === 'approved') return undefined;
  if (decision?.decision === 'expired' && onExpiry === 'approve') return undefined;
  return 'no person has approved it';
}

/** What stands on receipts: the incident, and who approved. */
const triggerOf = ({ details: { incident } }: IncidentRecord, { decision }: ContainmentRequest): Trigger => ({
  kind: 'incident',
  name: incident.type,
  id: incident.id,
  at: incident.at,
  ...(decision?.decision === 'approved' && decision.by !== undefined && { actor: decision.by }),
});
