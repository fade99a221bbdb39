import { type Finding, type GuardDutyClient, ListDetectorsCommand } from '@aws-sdk/client-guardduty';
import type { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { assessmentHandler } from '../../functions/assess-incident/handler';
import type { Policy } from '../../functions/core/policy';
import type { Telemetry } from '../../functions/core/telemetry';
import { MemoryLedger } from './memory-ledger';
import { policy } from './policy';

/** Says nothing. */
export const SILENT: Telemetry = {
  info: () => undefined,
  error: () => undefined,
  count: () => undefined,
  swept: () => undefined,
};

/** A client that answers from a function, for what the twin would take a process of its own to say. */
export const answering = <Client>(answer: (command: object) => unknown): Client =>
  ({ send: async (command: object) => answer(command) }) as Client;

/** GuardDuty with one detector and, perhaps, one finding. */
export const guardDutyWith = (finding?: Finding): GuardDutyClient =>
  answering((command) =>
    command instanceof ListDetectorsCommand
      ? { DetectorIds: ['d'.repeat(32)] }
      : { Findings: finding ? [finding] : [] },
  );

/** Step Functions, where each execution has the status that it is said to have; any other is not known there. */
export const executionsWith = (statuses: Readonly<Record<string, string>>): SFNClient =>
  answering((command) => {
    const { executionArn = '' } = (command as DescribeExecutionCommand).input;
    const status = command instanceof DescribeExecutionCommand ? statuses[executionArn] : undefined;
    if (status === undefined) throw Object.assign(new Error(executionArn), { name: 'ExecutionDoesNotExist' });
    return { status };
  });

/** AssessIncident itself, with a ledger in memory. */
export const assessing = ({
  finding,
  ledger = new MemoryLedger(policy()),
}: {
  readonly finding?: Finding;
  readonly policy?: Policy;
  readonly ledger?: MemoryLedger;
}) =>
  assessmentHandler({
    ledger,
    telemetry: SILENT,
    guardDuty: () => guardDutyWith(finding),
    securityHub: () => answering<SecurityHubClient>(() => ({ Findings: [] })),
    sfn: () => executionsWith({}),
  });

/** A finding of GuardDuty about an instance of this installation, but for the parts that a test is about. */
export const reported = (parts: Partial<Finding> = {}): Finding => ({
  Id: '0123456789abcdef0123456789abcdef',
  AccountId: '111122223333',
  Region: 'eu-west-1',
  Arn: `arn:aws:guardduty:eu-west-1:111122223333:detector/${'d'.repeat(32)}/finding/0123456789abcdef0123456789abcdef`,
  SchemaVersion: '2.0',
  CreatedAt: '2026-11-21T10:00:00.000Z',
  UpdatedAt: '2026-11-21T10:00:00.000Z',
  Type: 'Backdoor:EC2/C&CActivity.B!DNS',
  Title: 'An instance queries a domain name of a command and control server',
  Severity: 9.1,
  Resource: { ResourceType: 'Instance', InstanceDetails: { InstanceId: 'i-0abc0123456789def' } },
  Service: { DetectorId: 'd'.repeat(32), Archived: false },
  ...parts,
});

/** The event that tells of it. */
export const toldOf = (finding: Finding, detail: object = {}): object => ({
  version: '0',
  id: 'bb61530f-758d-9182-3ab5-0db29c807ab0',
  'detail-type': 'GuardDuty Finding',
  source: 'aws.guardduty',
  account: '111122223333',
  time: '2026-11-21T10:01:00Z',
  region: 'eu-west-1',
  resources: [],
  detail: { id: finding.Id, type: finding.Type, severity: finding.Severity, ...detail },
});
