import { RemediationFailedError, shortened } from '../../functions/core/errors';
import type { Inspection } from '../../functions/incident/inspection';
import { verificationHandler } from '../../functions/verify-containment/handler';
import { assessing, reported, SILENT, toldOf } from '../support/assessing';
import { EXECUTION } from '../support/incident';
import { CONTEXT, IncidentRun } from '../support/incident-machine';
import { MemoryLedger } from '../support/memory-ledger';
import { policy } from '../support/policy';
import { asking, end } from './runs';

describe('what an execution hands on', () => {
  const KIB_32 = 32 * 1024;

  it('stays below 32 KB, however much a finding names and however its title is written', async () => {
    const title = '標'.repeat(2000);
    const finding = reported({
      Title: title,
      Type: `Backdoor:EC2/${'C'.repeat(300)}`,
      Resource: { ResourceType: 'AttackSequence' },
      Service: {
        DetectorId: 'd'.repeat(32),
        Detection: {
          Sequence: {
            Uid: 'sequence',
            Description: title,
            Signals: [],
            Resources: Array.from({ length: 200 }, (_, index) => ({
              Uid: `arn:aws:ec2:eu-west-1:111122223333:instance/i-${index.toString(16).padStart(17, '0')}`,
              ResourceType: 'EC2_INSTANCE' as const,
            })),
          },
        },
      },
    });
    const ledger = new MemoryLedger(policy({ incidents: { critical: 'approve' } }));
    const assess = assessing({ finding, ledger });
    const channels = [
      'network',
      'established connections',
      'instance role',
      'metadata',
      'name resolution',
      'disks',
    ].map((channel) => ({ channel, status: 'open' as const, detail: 'd'.repeat(300) }));
    const inspect = async (): Promise<Inspection> => ({ exists: true, channels });
    const verify = verificationHandler({
      ledger,
      telemetry: SILENT,
      inspectors: { instance: inspect, user: inspect, role: inspect, bucket: inspect, 'security-group': inspect },
    });
    // As containing functions throw.
    const failing = () => {
      throw shortened(new RemediationFailedError('r'.repeat(20_000), [], []));
    };
    const run = new IncidentRun(
      {
        AssessIncident: (payload) => assess({ ...payload, execution: EXECUTION }, CONTEXT),
        PreserveEvidence: () => ({
          evidence: Array.from(
            { length: 20 },
            (_, index) => `s3://suture-evidence-111122223333/${'e'.repeat(40)}/${index}`,
          ),
          snapshots: Array.from({ length: 20 }, () => 'snap-0123456789abcdef0'),
          notes: Array.from({ length: 5 }, () => 'n'.repeat(150)),
        }),
        IsolateInstance: failing,
        VerifyContainment: (payload) => verify({ ...payload, execution: EXECUTION }, CONTEXT),
        decide: () => ({
          decision: 'approved',
          by: 'arn'.repeat(50),
          reason: 'w'.repeat(500),
          at: '2026-11-21T10:30:00Z',
        }),
      },
      {},
      toldOf(finding),
    );
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(run.path.filter((name) => name === 'IsolateInstance')).toHaveLength(20);
    expect(run.path).toContain('NotifyOpen');

    expect(run.largestOutput.bytes).toBeLessThan(KIB_32);
    // Not because nothing was large.
    expect(run.largestOutput.bytes).toBeGreaterThan(KIB_32 / 2);
    for (const { Subject } of run.published) expect(Subject).toMatch(/^[ -~]{1,100}$/);
  });

  it('does not grow with what a failed task says', async () => {
    const Cause = 'x'.repeat(20_000);
    const throwing = () => {
      throw Object.assign(new Error(Cause), { name: 'AccessDeniedException' });
    };
    for (const name of ['PreserveEvidence', 'RequestApproval', 'VerifyContainment', 'UpdateFindings'] as const) {
      const run = new IncidentRun({ ...asking(), [name]: throwing });
      expect((await end(run)).error).toBe('IncidentUnresolvedError');
      expect(run.largestOutput.bytes).toBeLessThan(8_000);
    }
  });
});
