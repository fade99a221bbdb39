import type { Incident } from '../../functions/incident/incident';
import type { IncidentDetails } from '../../functions/incident/record';

/** An incident about one instance that is to be contained without asking anybody, but for the parts that a test is about. */
export const incident = (parts: Partial<Incident> = {}): Incident => ({
  id: 'gd-0123456789abcdef0123456789abcdef',
  account: '111122223333',
  region: 'eu-west-1',
  type: 'Backdoor:EC2/C&CActivity.B!DNS',
  title: 'An instance queries a domain name of a command and control server',
  severity: 9.1,
  band: 'critical',
  at: '2026-11-21T10:00:00.000Z',
  source: 'GuardDuty',
  vouched: true,
  findings: [{ service: 'guardduty', detectorId: 'd'.repeat(32), findingId: '0123456789abcdef0123456789abcdef' }],
  targets: [{ kind: 'instance', instanceId: 'i-0abc0123456789def' }],
  resources: ['arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc0123456789def'],
  response: 'contain',
  needsApproval: false,
  why: 'critical',
  ...parts,
});

export const EXECUTION = 'arn:aws:states:eu-west-1:111122223333:execution:SecurityIncidentResponse:e-1';

/** What the ledger knows of an incident that an execution claimed. */
export const claimed = (about: Incident = incident(), parts: Partial<IncidentDetails> = {}): IncidentDetails => ({
  incident: about,
  execution: EXECUTION,
  status: 'claimed',
  ...parts,
});
