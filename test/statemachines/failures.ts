import type { Assessment } from '../../functions/assess-incident/handler';
import { StateError } from '../../twin/services/states/asl/errors';
import {
  assessment,
  type Failures,
  IncidentRun,
  message,
  STUBS,
  type Stubs,
  verification,
} from '../support/incident-machine';
import { answering, CONTAINED, CONTAINMENT, end, FAILURE, waysOf } from './runs';

/** A target for each function that contains. */
const targetFor: Partial<Record<keyof Stubs, Assessment['targets'][number]>> = {
  ContainPrincipal: { kind: 'role', roleName: 'Deploy', index: 0 },
  S3BucketSelfHeal: { kind: 'bucket', bucketName: 'open-data', index: 0 },
  SecurityGroupSelfHeal: { kind: 'security-group', groupId: 'sg-0abc0123456789def', index: 0 },
};
const STATE_OF: Partial<Record<keyof Stubs, string>> = {
  S3BucketSelfHeal: 'ContainBucket',
  SecurityGroupSelfHeal: 'ContainSecurityGroup',
};
/** A run in which a function is needed. */
const needing = (name: keyof Stubs, failures: Failures) =>
  new IncidentRun(
    answering({
      targets: targetFor[name] ? [targetFor[name]] : assessment().targets,
      approval: { needed: name === 'RequestApproval', seconds: 3600, onExpiry: 'deny' },
    }),
    failures,
  );

describe('each task that fails for good', () => {
  it.each<[keyof Stubs, string]>([
    ['PreserveEvidence', `PreserveEvidence ${FAILURE}`],
    ['RequestApproval', `PreserveEvidence NeedsApproval RequestApproval ${FAILURE}`],
    ['VerifyContainment', `${CONTAINMENT.replace(' IsContained', '')} ${FAILURE}`],
    ['UpdateFindings', `${CONTAINMENT} NotifySOC UpdateFindings ${FAILURE}`],
    ['publish', `${CONTAINMENT} NotifySOC ${FAILURE}`],
  ])('%s ends in a failed execution that people know of', async (name, way) => {
    const run = needing(name, { [name]: { error: 'AccessDeniedException' } });
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(waysOf(run.path)).toBe(`AssessIncident DetermineResponse ${way}`);
    const told = name === 'UpdateFindings' ? (['contained', 'failed'] as const) : (['failed'] as const);
    expect(run.subjects).toEqual(name === 'publish' ? [] : told.map((event) => message(event).subject));
  });

  it('a message to people that cannot be sent is followed by one that says so', async () => {
    const run = needing('publish', { publish: { error: 'SNS.InternalErrorException', times: 5 } });
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(run.subjects).toEqual([message('failed').subject]);
  });

  it('AssessIncident is told of without knowing of what', async () => {
    const run = needing('AssessIncident', { AssessIncident: { error: 'UnreadableStateError', times: 3 } });
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(waysOf(run.path)).toBe('AssessIncident NotifyUnassessed RecordUnassessed Unassessed');
    expect(run.subjects).toEqual(['Suture: an incident could not be assessed']);
    expect(run.published[0]?.Message).toContain('UnreadableStateError');
  });

  it('AssessIncident fails all the same if nobody can be told', async () => {
    const run = needing('AssessIncident', {
      AssessIncident: { error: 'UnreadableStateError', times: 3 },
      publish: { error: 'SNS.InternalErrorException' },
    });
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(waysOf(run.path)).toBe('AssessIncident NotifyUnassessed RecordUnassessed Unassessed');
  });

  it.each<[keyof Stubs]>([['IsolateInstance'], ['ContainPrincipal'], ['S3BucketSelfHeal'], ['SecurityGroupSelfHeal']])(
    '%s leaves it to the verification to say what is open',
    async (name) => {
      const run = needing(name, { [name]: { error: 'RemediationFailedError' } });
      expect((await end(run)).error).toBeUndefined();
      const way = `${STATE_OF[name] ?? name} ContainmentFailed`;
      expect(waysOf(run.path)).toBe(CONTAINED.replace('IsolateInstance', way));
      expect(run.calls.find(({ name }) => name === 'VerifyContainment')?.payload.containments).toEqual([
        {
          outcome: 'FAILED',
          reason: 'RemediationFailedError',
          error: { Error: 'RemediationFailedError', Cause: expect.any(String) },
        },
      ]);
    },
  );

  it('Step Functions itself, in the midst of containing', async () => {
    const run = new IncidentRun();
    run.interpretation.mishaps.set(
      'MapIterationSucceeded',
      new StateError('States.BranchFailed', 'a fault of its own'),
    );
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(waysOf(run.path)).toBe(
      `AssessIncident DetermineResponse PreserveEvidence NeedsApproval ContainTargets RouteResource IsolateInstance ${FAILURE}`,
    );
  });
});

describe('each task that fails for a moment', () => {
  const names = Object.keys(STUBS).filter((name): name is keyof Stubs => name !== 'decide');

  it.each(
    names.flatMap((name) =>
      ['Lambda.TooManyRequestsException', 'States.Timeout', 'SomeError']
        // A time limit that is over while a person is asked is no failure.
        .filter((error) => name !== 'RequestApproval' || error !== 'States.Timeout')
        .map((error) => [name, error] as const),
    ),
  )('%s goes on as if nothing had been (%s)', async (name, error) => {
    const plain = needing(name, {});
    const { output } = await end(plain);
    const run = needing(name, { [name]: { error, times: 2 } });
    expect(await end(run)).toEqual({ output });
    expect(run.path).toEqual(plain.path);
    expect(run.published).toEqual(plain.published);
    expect(run.calls.length - plain.calls.length).toBe(name === 'publish' ? 0 : 2);
  });

  it.each<[keyof Stubs]>([['IsolateInstance'], ['ContainPrincipal']])(
    '%s waits for who else is at the target for minutes',
    async (name) => {
      const run = needing(name, { [name]: { error: 'ContainmentBusyError', times: 10 } });
      expect((await end(run)).error).toBeUndefined();
      expect(run.path).not.toContain('ContainmentFailed');
      // 5 + 10 + 20 s, then half a minute each time.
      expect(run.interpretation.elapsed).toBeGreaterThanOrEqual(245);
    },
  );
});

describe('a verification', () => {
  const open = {
    VerifyContainment: () => verification({ status: 'open', outcome: 'PARTIAL', message: message('open') }),
  };

  it('that finds something open tells people and fails', async () => {
    const run = new IncidentRun(open);
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(waysOf(run.path)).toBe(`AssessIncident DetermineResponse ${CONTAINMENT} RecordOpen NotifyOpen Unresolved`);
    expect(run.subjects).toEqual([message('open').subject]);
  });

  it('that finds something open fails all the same if nobody can be told', async () => {
    const run = new IncidentRun(open, { publish: { error: 'SNS.InternalErrorException' } });
    expect((await end(run)).error).toBe('IncidentUnresolvedError');
    expect(waysOf(run.path)).toBe(`AssessIncident DetermineResponse ${CONTAINMENT} RecordOpen NotifyOpen Unresolved`);
  });

  it('that finds another execution at it leaves the word to that one', async () => {
    const run = new IncidentRun({ VerifyContainment: () => verification({ status: 'superseded', outcome: 'JOINED' }) });
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(`AssessIncident DetermineResponse ${CONTAINMENT} Duplicate`);
    expect(run.published).toEqual([]);
  });
});
