import { type Failures, IncidentRun, message, STUBS, type Stubs, verification } from '../support/incident-machine';
import { never } from '../twin/states/interpreting';
import { asking, CONTAINED, CONTAINMENT, end, FAILURE, NOTICE, waysOf } from './runs';

describe('a redrive', () => {
  const AGAIN = `DetermineResponse ${CONTAINMENT} ${NOTICE}`;
  const soFar = (run: IncidentRun) => run.path.length;

  it.each<[keyof Stubs, Failures]>([
    ['PreserveEvidence', { PreserveEvidence: { error: 'AccessDeniedException' } }],
    ['VerifyContainment', { VerifyContainment: { error: 'AccessDeniedException' } }],
    ['UpdateFindings', { UpdateFindings: { error: 'AccessDeniedException' } }],
    ['publish', { publish: { error: 'SNS.InternalErrorException' } }],
  ])('completes what failed at %s, when the cause is gone', async (_name, failures) => {
    const run = new IncidentRun({}, failures);
    await end(run);
    const first = soFar(run);
    expect((await end(run, run.redrive())).error).toBeUndefined();
    expect(waysOf(run.path.slice(first))).toBe(AGAIN);
    expect(run.subjects.at(-1)).toBe(message('contained').subject);
  });

  it('fails again, and tells again, as long as the cause is not gone; and then is completed', async () => {
    const failures = { VerifyContainment: { error: 'AccessDeniedException' } };
    const run = new IncidentRun({}, failures);
    await end(run);
    for (const _time of [1, 2]) {
      const first = soFar(run);
      expect((await end(run, run.redrive({}, failures))).error).toBe('IncidentUnresolvedError');
      expect(waysOf(run.path.slice(first))).toBe(`${AGAIN.split(' IsContained')[0]} ${FAILURE}`);
    }
    expect(run.subjects).toEqual(Array.from({ length: 3 }, () => message('failed').subject));
    expect((await end(run, run.redrive())).error).toBeUndefined();
  });

  it('completes what was open', async () => {
    const run = new IncidentRun({
      VerifyContainment: () => verification({ status: 'open', message: message('open') }),
    });
    await end(run);
    const first = soFar(run);
    const { VerifyContainment } = STUBS;
    expect((await end(run, run.redrive({ VerifyContainment }))).error).toBeUndefined();
    expect(waysOf(run.path.slice(first))).toBe(AGAIN);
    expect(run.subjects).toEqual([message('open').subject, message('contained').subject]);
  });

  it('of what could not be assessed begins at the beginning', async () => {
    const run = new IncidentRun({}, { AssessIncident: { error: 'UnreadableStateError', times: 3 } });
    await end(run);
    const first = soFar(run);
    expect((await end(run, run.redrive())).error).toBeUndefined();
    expect(waysOf(run.path.slice(first))).toBe(CONTAINED);
  });

  it('in which Lambda cannot even be called fails, and the next one goes on', async () => {
    const run = new IncidentRun({}, { PreserveEvidence: { error: 'AccessDeniedException' } });
    await end(run);
    const failures = { AssessIncident: { error: 'Lambda.ServiceException' } };
    expect((await end(run, run.redrive({}, failures))).error).toBe('Lambda.ServiceException');
    expect((await end(run, run.redrive())).error).toBeUndefined();
  });

  it.each([
    ['approved', 'ContainTargets RouteResource IsolateInstance VerifyContainment'],
    ['denied', 'VerifyContainment'],
  ])('asks nobody again who has %s', async (decision, way) => {
    const stubs = { ...asking(), decide: () => ({ decision, by: 'arn:aws:iam::111122223333:user/jo', reason: 'so' }) };
    const run = new IncidentRun(stubs, { UpdateFindings: { error: 'AccessDeniedException' } });
    await end(run);
    const first = soFar(run);
    expect((await end(run, run.redrive({ decide: never }))).error).toBeUndefined();
    expect(waysOf(run.path.slice(first))).toBe(
      `DetermineResponse PreserveEvidence NeedsApproval ${way} IsContained ${NOTICE}`,
    );
    expect(run.calls.at(-1)?.payload.decision).toMatchObject({ decision });
  });

  it('asks again where nobody had decided', async () => {
    const run = new IncidentRun({ ...asking(), decide: never }, { UpdateFindings: { error: 'AccessDeniedException' } });
    await end(run);
    const { decide } = STUBS;
    expect((await end(run, run.redrive({ decide }))).error).toBeUndefined();
    expect(run.calls.filter(({ name }) => name === 'RequestApproval')).toHaveLength(2);
    expect(run.calls.filter(({ name }) => name === 'IsolateInstance')).toHaveLength(1);
  });
});
