import { randomUUID } from 'node:crypto';
import {
  GetFindingsCommand as GetFindingsCommandOfGuardDuty,
  GuardDutyClient,
  ListDetectorsCommand,
} from '@aws-sdk/client-guardduty';
import {
  type AwsSecurityFinding,
  GetFindingsCommand,
  GetFindingsV2Command,
  SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import {
  type ExecutionListItem,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  SendTaskSuccessCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { DynamoLedger } from '../../functions/core/ledger-dynamodb';
import { securityHubIncidentId } from '../../functions/incident/incident';
import { type IncidentDetails, IncidentRecords } from '../../functions/incident/record';
import { fixture } from './fixtures';
import type { TestTwin } from './twin';

/** An event by which a finding's service tells of it. */
export interface Told {
  /** As the service names the finding: 32 digits of GuardDuty's, an ARN, a `metadata.uid`. */
  readonly id: string;
  /** Of the incident that it makes. */
  readonly incidentId: string;
  readonly event: Event;
}

interface Event {
  readonly detail: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

type Parts = Readonly<Record<string, unknown>>;

/** Findings of a twin's GuardDuty and Security Hub, and what the workflow makes of them. */
export class TestFindings {
  readonly guardDuty: GuardDutyClient;
  readonly hub: SecurityHubClient;
  readonly sfn: SFNClient;

  constructor(readonly twin: TestTwin) {
    this.guardDuty = new GuardDutyClient(twin.config);
    this.hub = new SecurityHubClient(twin.config);
    this.sfn = new SFNClient(twin.config);
  }

  /** GuardDuty's of severity 9 about a resource, as it stands in the event, but for the parts that a test is about. */
  async guardDutyFinding(resource: object, parts: Parts = {}): Promise<Told> {
    const id = randomUUID().replaceAll('-', '');
    const { detail, ...envelope } = this.here('guardduty-ec2-c2-high-8');
    const { accountId, region } = this.twin.ready;
    const detectorId = await this.detectorId();
    const now = await this.now();
    return this.told(id, `gd-${id}`, now, envelope, {
      ...detail,
      id,
      arn: `arn:aws:guardduty:${region}:${accountId}:detector/${detectorId}/finding/${id}`,
      service: { ...(detail.service as object), detectorId },
      createdAt: now,
      updatedAt: now,
      severity: 9,
      resource,
      ...parts,
    });
  }

  /** Another product's at Security Hub, critical. */
  async asff(resource: object, parts: Parts = {}): Promise<Told> {
    const { detail, ...envelope } = this.here('securityhub-imported-sg-critical');
    const [sample] = detail.findings as object[];
    const now = await this.now();
    const Id = `finding/${randomUUID()}`;
    const finding = { ...sample, Id, UpdatedAt: now, Resources: [resource], ...parts };
    return this.told(
      Id,
      securityHubIncidentId(String((finding as { ProductArn?: string }).ProductArn), Id),
      now,
      envelope,
      { findings: [finding] },
    );
  }

  /** The same in OCSF. */
  async ocsf(resource: object, parts: Parts = {}): Promise<Told> {
    const { detail, ...envelope } = this.here('securityhub-v2-findings-imported-compliance');
    const [sample] = detail.findings as Record<string, object>[];
    const now = await this.now();
    const [uid, name] = [randomUUID(), `finding/${randomUUID()}`];
    const finding = {
      ...sample,
      metadata: { ...sample?.metadata, uid },
      finding_info: { ...sample?.finding_info, uid: name, modified_time_dt: now },
      severity_id: 5,
      resources: [resource],
      ...parts,
    };
    return this.told(
      uid,
      securityHubIncidentId('arn:aws:securityhub:us-east-1::productv2/aws/securityhub', name),
      now,
      envelope,
      { findings: [finding] },
    );
  }

  /** Several findings in one event, as Security Hub may send them. */
  inOne(first: Told, ...others: readonly Told[]): Event {
    const findings = [first, ...others].flatMap(({ event }) => event.detail.findings as object[]);
    return { ...first.event, detail: { ...first.event.detail, findings } };
  }

  /** A person chooses the custom action for a finding that Security Hub has. */
  async choose(id: string): Promise<void> {
    const { detail, ...envelope } = this.here('securityhub-custom-action-isolate');
    const finding = await this.atHub(id);
    await this.tell({ ...envelope, id: randomUUID(), detail: { ...detail, findings: [finding] } });
  }

  /** The service has it, and tells of it. */
  async tell(...events: readonly (Event | Told)[]): Promise<void> {
    await this.twin.emit(...events.map((one) => (isTold(one) ? one.event : one)));
    await this.twin.settle();
  }

  /** Another occurrence of what GuardDuty found. */
  async again({ event, ...told }: Told, parts: Parts = {}): Promise<Told> {
    const updatedAt = await this.now();
    return { ...told, event: { ...event, id: randomUUID(), detail: { ...event.detail, updatedAt, ...parts } } };
  }

  /** A finding in ASFF, as Security Hub has it; of one of GuardDuty, its copy. */
  async atHub(id: string): Promise<AwsSecurityFinding | undefined> {
    const { Findings = [] } = await this.hub.send(new GetFindingsCommand({}));
    return Findings.find(({ Id = '' }) => Id === id || Id.endsWith(`/finding/${id}`));
  }

  /** A finding in OCSF, as Security Hub has it. */
  async atHubV2(uid: string): Promise<Parts | undefined> {
    const { Findings = [] } = await this.hub.send(new GetFindingsV2Command({}));
    return (Findings as { metadata: { uid: string } }[]).find(({ metadata }) => metadata.uid === uid) as Parts;
  }

  /** Whether GuardDuty has archived a finding. */
  async isArchived(id: string): Promise<boolean | undefined> {
    const DetectorId = await this.detectorId();
    const { Findings = [] } = await this.guardDuty.send(
      new GetFindingsCommandOfGuardDuty({ DetectorId, FindingIds: [id] }),
    );
    return Findings[0]?.Service?.Archived;
  }

  /** Executions of the workflow, the newest first. */
  async executions(): Promise<ExecutionListItem[]> {
    const { accountId, region } = this.twin.ready;
    const stateMachineArn = `arn:aws:states:${region}:${accountId}:stateMachine:SecurityIncidentResponse`;
    const { executions = [] } = await this.sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    return executions;
  }

  /** What the ledger knows of an incident. */
  async details(incidentId: string): Promise<IncidentDetails> {
    const { accountId: account, region } = this.twin.ready;
    const ledger = new DynamoLedger(this.twin.dynamodb, this.twin.table);
    const home = { partition: 'aws', account, region };
    return (await new IncidentRecords(ledger, home, Date.now).read(incidentId)).details;
  }

  /** A person's word on an incident that waits for it. */
  async decide(incidentId: string, decision: 'approved' | 'denied'): Promise<void> {
    const { approval } = await this.details(incidentId);
    const output = JSON.stringify({ decision, by: 'arn:aws:iam::111122223333:user/operator', reason: 'a test' });
    await this.sfn.send(new SendTaskSuccessCommand({ taskToken: approval?.token, output }));
    await this.twin.settle();
  }

  /** Somebody has a failed execution completed. */
  async redrive(executionArn: string): Promise<void> {
    await this.sfn.send(new RedriveExecutionCommand({ executionArn }));
    await this.twin.settle();
  }

  async detectorId(): Promise<string> {
    const { DetectorIds: [id = ''] = [] } = await this.guardDuty.send(new ListDetectorsCommand({}));
    return id;
  }

  private async now(): Promise<string> {
    return (await this.twin.control<{ now: string }>('GET', '/health')).now;
  }

  private told(id: string, incidentId: string, now: string, envelope: object, detail: Parts): Told {
    const time = `${now.slice(0, 19)}Z`;
    return { id, incidentId, event: { ...envelope, id: randomUUID(), time, detail } };
  }

  /** A sample event, as if it had been of this Region. */
  private here(name: string): Event {
    return JSON.parse(JSON.stringify(fixture(name)).replaceAll('us-east-1', this.twin.ready.region)) as Event;
  }
}

const isTold = (one: Event | Told): one is Told => 'incidentId' in one;

export const ofInstance = (instanceId: string) => ({ resourceType: 'Instance', instanceDetails: { instanceId } });
export const ofUser = (userName: string, accessKeyId: string) => ({
  resourceType: 'AccessKey',
  accessKeyDetails: { accessKeyId, userName, userType: 'IAMUser', principalId: 'AIDAIOSFODNN7EXAMPLE' },
});
export const ofRole = (userName: string) => ({
  resourceType: 'AccessKey',
  accessKeyDetails: { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', userName, userType: 'AssumedRole', principalId: 'x:y' },
});
export const ofBucket = (name: string) => ({
  resourceType: 'S3Bucket',
  s3BucketDetails: [{ arn: `arn:aws:s3:::${name}`, name, type: 'Destination' }],
});
