import type { GuardDutyClient } from '@aws-sdk/client-guardduty';
import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod/mini';
import { isCode } from '../core/aws';
import { digest } from '../core/canonical';
import { IncidentUnresolvedError, InvalidEventError } from '../core/errors';
import type { LambdaContext } from '../core/handler';
import { homeOf } from '../core/home';
import type { Ledger } from '../core/ledger';
import { once } from '../core/once';
import type { Policy } from '../core/policy';
import type { Home } from '../core/remediation';
import { parseEvent } from '../core/schema';
import type { Telemetry } from '../core/telemetry';
import { type Incident, incidentIdOf, type Target } from '../incident/incident';
import type { Message } from '../incident/notice';
import { type Decision, IncidentRecords } from '../incident/record';
import { claim } from './claim';
import { fromCustomEvent } from './custom';
import { type Envelope, readEvent, type Told } from './events';
import type { Finding } from './finding';
import { readGuardDuty } from './guardduty';
import { failureMessage, toldMessage } from './messages';
import { respond } from './respond';
import { readSecurityHub } from './security-hub';
import { tamperIncident, tamperingIn } from './tamper';

/** What the function reaches AWS by. */
export interface AssessmentServices {
  readonly ledger: Ledger;
  readonly telemetry: Telemetry;
  readonly guardDuty: () => GuardDutyClient;
  readonly securityHub: () => SecurityHubClient;
  readonly sfn: () => SFNClient;
}

/** What the workflow goes on with. Small, whatever the finding was: functions read the incident in the ledger. */
export interface Assessment {
  readonly incidentId: string;
  readonly execution: string;
  /** `ignored`: the event asks for nothing. `duplicate`: another execution has the incident. */
  readonly status: 'claimed' | 'duplicate' | 'ignored';
  readonly why: string;
  readonly band: Incident['band'];
  readonly response: Incident['response'];
  readonly mode: 'contain' | 'rehearse';
  /** For functions that know dry runs. */
  readonly dryRun: boolean;
  readonly approval: { readonly needed: boolean; readonly seconds: number; readonly onExpiry: 'deny' | 'approve' };
  /** With the place of each among the incident's targets. */
  readonly targets: readonly (Target & { readonly index: number })[];
  /** As it stands on receipts. */
  readonly trigger: { readonly kind: 'incident'; readonly name: string; readonly id: string; readonly at: string };
  readonly told: Message;
  readonly failed: Message;
  /** Where the workflow's later states begin: nobody was asked, nothing contained. */
  readonly decision: Decision;
}

const Input = once(() =>
  z.union([
    z.strictObject({ event: z.unknown(), execution: z.string().check(z.regex(EXECUTION)) }),
    z.strictObject({ unresolved: z.strictObject({ redrives: z.int(), redrivesAtFailure: z.int() }) }),
  ]),
);
const EXECUTION = /^arn:[^:]+:states:[^:]+:\d{12}:execution:[^:]+:.+$/;

/**
 * The first task of the workflow: reads what an event tells of at its source, claims the incident, decides the response. And the last of one that
 * failed: it fails too, until somebody redrives the execution (docs/decisions/0008-incidents.md).
 *
 * @throws InvalidEventError for what is no event; IncidentUnresolvedError for a failed execution that nobody redrove; whatever made it impossible to
 *   read the finding, the policy or the ledger
 */
export const assessmentHandler =
  (services: AssessmentServices) =>
  async (input: unknown, context: LambdaContext): Promise<Assessment | { readonly redrives: number }> => {
    const given = parseEvent(Input(), input);
    if ('unresolved' in given) return resume(given.unresolved);
    return new Assessing(services, homeOf(context.invokedFunctionArn), given.execution).assess(given.event);
  };

function resume({ redrives, redrivesAtFailure }: { redrives: number; redrivesAtFailure: number }) {
  if (redrives <= redrivesAtFailure)
    throw new IncidentUnresolvedError('the response is not complete; redrive the execution when the cause is gone');
  return { redrives };
}

class Assessing {
  private readonly records: IncidentRecords;

  constructor(
    private readonly services: AssessmentServices,
    private readonly home: Home,
    private readonly execution: string,
  ) {
    this.records = new IncidentRecords(services.ledger, home, Date.now);
  }

  async assess(event: unknown): Promise<Assessment> {
    const { envelope, told } = readEvent(event);
    const [first, ...others] = told;
    if (!first) throw new Error('an event that was read tells of something');
    for (const index of others.keys()) await this.startAnother(envelope, index + 1);
    if (first.kind === 'api-call') return this.assessCall(event, envelope);
    const finding = await this.read(envelope, first);
    const { page } = await this.records.open(finding.incidentId);
    const incident = respond(finding, page.policy, this.home);
    if (finding.closed !== undefined)
      return this.answer(incident, page.policy.incidents, 'ignored', `it is ${finding.closed}`);
    return this.claimed(incident, page.policy);
  }

  /** A call that may have changed one of Suture's own parts. */
  private async assessCall(event: unknown, { id }: Envelope): Promise<Assessment> {
    const { page } = await this.records.open(incidentIdOf('tamper', id));
    const tampering = tamperingIn(event, page.policy.parts);
    if (!tampering) throw new InvalidEventError("the call concerns none of Suture's own parts");
    const { byDeployer: _byDeployer, ...incident } = tamperIncident(tampering, { ...page.policy, home: this.home });
    return this.claimed(incident, page.policy);
  }

  private async claimed(incident: Incident, { incidents }: Policy): Promise<Assessment> {
    const claimed = await claim(this.records, this.services.sfn(), incident, this.execution);
    return claimed.status === 'claimed'
      ? this.answer(claimed.record.details.incident, incidents, 'claimed', incident.why)
      : this.answer(incident, incidents, 'duplicate', claimed.why);
  }

  /** An execution has one incident. Whoever sends several findings in one event starts one for each. */
  private async startAnother(envelope: Envelope, index: number): Promise<void> {
    const { findings } = envelope.detail as { findings: unknown[] };
    const input = JSON.stringify({ ...envelope, detail: { ...envelope.detail, findings: [findings[index]] } });
    const [, , , region, account, , machine] = this.execution.split(':');
    try {
      await this.services.sfn().send(
        new StartExecutionCommand({
          stateMachineArn: `arn:${this.home.partition}:states:${region}:${account}:stateMachine:${machine}`,
          // The same for a repeat of this invocation, of which Step Functions then makes nothing.
          name: digest({ execution: this.execution, index }).slice(0, 40),
          input,
        }),
      );
    } catch (error) {
      if (!isCode(error, 'ExecutionAlreadyExists')) throw error;
    }
  }

  private read(envelope: Envelope, told: Exclude<Told, { kind: 'api-call' }>): Promise<Finding> | Finding {
    const { id: eventId, account, region, time: at, detail, 'detail-type': detailType } = envelope;
    switch (told.kind) {
      case 'guardduty': {
        const { findingId, requested, says } = told;
        return readGuardDuty(this.services.guardDuty(), { findingId, requested, eventId, account, region, ...says });
      }
      case 'asff': {
        const { id, productArn, requested } = told;
        const named = { format: 'asff', id, productArn } as const;
        return readSecurityHub(this.services.securityHub(), named, { account, region, eventId, at, requested });
      }
      case 'ocsf':
        return readSecurityHub(
          this.services.securityHub(),
          { format: 'ocsf', uid: told.uid },
          { account, region, eventId, at, requested: false },
        );
      case 'custom':
        return fromCustomEvent({ id: eventId, account, region, time: at, detailType, detail });
    }
  }

  private answer(
    incident: Incident,
    {
      approvalTimeoutMinutes,
      onExpiry,
    }: { readonly approvalTimeoutMinutes: number; readonly onExpiry: 'deny' | 'approve' },
    status: Assessment['status'],
    why: string,
  ): Assessment {
    const { id, band, response, needsApproval, targets, type, at, severity, resources } = incident;
    const { telemetry } = this.services;
    const outcome = { claimed: 'Assessed', duplicate: 'Joined', ignored: 'Ignored' }[status];
    telemetry.info(`${outcome} incident ${id}`, {
      incidentId: id,
      status,
      why,
      band,
      severity,
      response,
      type,
      resources,
    });
    return {
      incidentId: id,
      execution: this.execution,
      status,
      why,
      band,
      response,
      mode: response === 'contain' ? 'contain' : 'rehearse',
      dryRun: response !== 'contain',
      approval: { needed: needsApproval, seconds: approvalTimeoutMinutes * 60, onExpiry },
      targets: targets.map((target, index) => ({ ...target, index })),
      trigger: { kind: 'incident', name: type, id, at },
      told: toldMessage(incident, this.home),
      failed: failureMessage(incident, this.execution, this.home),
      decision: { decision: 'none' },
    };
  }
}
