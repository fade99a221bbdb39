import { incident } from '../support/incident';
import { IncidentRun, STUBS } from '../support/incident-machine';
import { never } from '../twin/states/interpreting';
import { asking, end, NOTICE, waysOf } from './runs';

describe('approval', () => {
  const ASKED = 'AssessIncident DetermineResponse PreserveEvidence NeedsApproval RequestApproval';
  const AFTER = `VerifyContainment IsContained ${NOTICE}`;
  const isolated = (run: IncidentRun) => run.calls.filter(({ name }) => name === 'IsolateInstance');
  const by = 'arn:aws:iam::111122223333:user/jo';

  it('is asked for with the token and the evidence, and passed on', async () => {
    const run = new IncidentRun(asking());
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(`${ASKED} IsApproved ContainTargets RouteResource IsolateInstance ${AFTER}`);
    expect(run.calls.find(({ name }) => name === 'RequestApproval')?.payload).toEqual({
      incidentId: incident().id,
      execution: 'arn',
      token: expect.stringMatching(/^.{100,}$/),
      seconds: 3600,
      evidence: STUBS.PreserveEvidence({}),
    });
    expect(isolated(run).map(({ payload }) => payload.decision)).toEqual([{ decision: 'approved', by, reason: 'go' }]);
  });

  it('that is denied contains nothing, and says so', async () => {
    const denied = { decision: 'denied', by, reason: 'a test of ours' };
    const run = new IncidentRun({ ...asking(), decide: () => denied });
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(`${ASKED} IsApproved ApprovalDenied ${AFTER}`);
    expect(isolated(run)).toEqual([]);
    expect(run.calls.find(({ name }) => name === 'VerifyContainment')?.payload).toMatchObject({
      decision: denied,
      containments: [],
    });
  });

  it.each([
    ['deny', `ApprovalExpired OnExpiry ${AFTER}`, 0],
    ['approve', `ApprovalExpired OnExpiry ContainTargets RouteResource IsolateInstance ${AFTER}`, 1],
  ] as const)('that nobody gives in time comes to what the settings say: %s', async (onExpiry, way, isolations) => {
    const run = new IncidentRun({ ...asking(onExpiry), decide: never });
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(`${ASKED} ${way}`);
    expect(isolated(run)).toHaveLength(isolations);
    expect(run.interpretation.elapsed).toBeGreaterThanOrEqual(3600);
    // Nobody is asked twice: a time that is over is not tried again.
    expect(run.calls.filter(({ name }) => name === 'RequestApproval')).toHaveLength(1);
    expect(run.calls.find(({ name }) => name === 'VerifyContainment')?.payload.decision).toEqual({
      decision: 'expired',
    });
  });

  it.each([
    ['approved'],
    [null],
    [7],
    [true],
    [[]],
    [['approved']],
    [{}],
    [{ decision: null }],
    [{ decision: 7 }],
    [{ decision: 'APPROVED' }],
    [{ decision: 'approved ' }],
    [{ decision: ['approved'] }],
    [{ decision: { decision: 'approved' } }],
    [{ Decision: 'approved' }],
    [{ decision: 'expired' }],
    [{ decision: 'x'.repeat(100_000) }],
  ])('that is none (number %#) counts as a denial, and goes no further', async (answer) => {
    const run = new IncidentRun({ ...asking(), decide: () => answer });
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(`${ASKED} IsApproved ApprovalUnclear ${AFTER}`);
    expect(isolated(run)).toEqual([]);
    expect(run.calls.find(({ name }) => name === 'VerifyContainment')?.payload.decision).toEqual({
      decision: 'denied',
      reason: 'the answer was neither an approval nor a denial',
    });
  });
});
