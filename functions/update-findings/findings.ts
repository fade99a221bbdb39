import {
  ArchiveFindingsCommand,
  GetAdministratorAccountCommand,
  type GuardDutyClient,
} from '@aws-sdk/client-guardduty';
import {
  BatchUpdateFindingsCommand,
  BatchUpdateFindingsV2Command,
  type SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import { isCode } from '../core/aws';
import type { Home } from '../core/remediation';
import type { FindingReference, Incident } from '../incident/incident';

/** What can be written down about a finding at its own service. Each answers what it changed. */
export interface FindingServices {
  notified(reference: FindingReference, incident: Incident): Promise<string[]>;
  resolved(reference: FindingReference, incident: Incident): Promise<string[]>;
}

/** Statuses of OCSF: in progress and resolved. @see https://schema.ocsf.io/1.5.0/classes/detection_finding */
const OCSF_STATUS = { NOTIFIED: 2, RESOLVED: 4 };

/** Longest note. @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_NoteUpdate.html */
const NOTE_LENGTH = 512;

/** Findings at GuardDuty and Security Hub. */
export class Findings implements FindingServices {
  constructor(
    private readonly guardDuty: () => GuardDutyClient,
    private readonly securityHub: () => SecurityHubClient,
    private readonly partition: Home['partition'],
  ) {}

  notified(reference: FindingReference, incident: Incident): Promise<string[]> {
    return this.work(reference, incident, 'NOTIFIED');
  }

  async resolved(reference: FindingReference, incident: Incident): Promise<string[]> {
    const archived = reference.service === 'guardduty' ? await this.archive(reference) : [];
    return [...archived, ...(await this.work(reference, incident, 'RESOLVED'))];
  }

  /** Only the administrator may archive, and an account that has none. @see https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ArchiveFindings.html */
  private async archive({
    detectorId,
    findingId,
  }: Extract<FindingReference, { service: 'guardduty' }>): Promise<string[]> {
    const DetectorId = detectorId;
    const { Administrator } = await this.guardDuty().send(new GetAdministratorAccountCommand({ DetectorId }));
    if (Administrator?.AccountId) return [];
    await this.guardDuty().send(new ArchiveFindingsCommand({ DetectorId, FindingIds: [findingId] }));
    return ['guardduty:archived'];
  }

  private async work(
    reference: FindingReference,
    incident: Incident,
    status: 'NOTIFIED' | 'RESOLVED',
  ): Promise<string[]> {
    const note = `Suture: incident ${incident.id}, ${status.toLowerCase()}`.slice(0, NOTE_LENGTH);
    if (reference.service === 'securityhub-v2') {
      const { UnprocessedFindings: [failed] = [] } = await this.securityHub().send(
        new BatchUpdateFindingsV2Command({
          MetadataUids: [reference.uid],
          StatusId: OCSF_STATUS[status],
          Comment: note,
        }),
      );
      if (failed)
        throw new Error(`Security Hub did not update ${reference.uid}: ${failed.ErrorCode} ${failed.ErrorMessage}`);
      return [`securityhub-v2:${status}`];
    }
    const { id, productArn } = reference.service === 'securityhub' ? reference : this.copyOf(reference, incident);
    try {
      const { UnprocessedFindings: [failed] = [] } = await this.securityHub().send(
        new BatchUpdateFindingsCommand({
          FindingIdentifiers: [{ Id: id, ProductArn: productArn }],
          Workflow: { Status: status },
          Note: { Text: note, UpdatedBy: 'Suture' },
        }),
      );
      // Where GuardDuty's findings are not sent on, there is no copy.
      if (failed?.ErrorCode === 'FindingNotFound' && reference.service === 'guardduty') return [];
      if (failed) throw new Error(`Security Hub did not update ${id}: ${failed.ErrorCode} ${failed.ErrorMessage}`);
      return [`securityhub:${status}`];
    } catch (error) {
      // Security Hub is not enabled. @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindings.html
      if (isCode(error, 'InvalidAccessException') && reference.service === 'guardduty') return [];
      throw error;
    }
  }

  /** Security Hub has GuardDuty's findings under their ARN. */
  private copyOf(
    { detectorId, findingId }: Extract<FindingReference, { service: 'guardduty' }>,
    { account, region }: Incident,
  ): { id: string; productArn: string } {
    return {
      id: `arn:${this.partition}:guardduty:${region}:${account}:detector/${detectorId}/finding/${findingId}`,
      productArn: `arn:${this.partition}:securityhub:${region}::product/aws/guardduty`,
    };
  }
}
