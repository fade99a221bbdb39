import type { Assessment } from '../../functions/assess-incident/handler';
import { parseEvent } from '../../functions/core/schema';
import { ContainmentRequest } from '../../functions/incident/containment';
import { EXECUTION, incident } from '../support/incident';
import { assessment, IncidentRun, message, STUBS, type Stubs } from '../support/incident-machine';
import { answering, CONTAINED, CONTAINMENT, end, NOTICE, waysOf } from './runs';

describe('an instance that is isolated without asking', () => {
  it('takes twelve transitions, tells people once, and hands on ids', async () => {
    const run = new IncidentRun();
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(CONTAINED);
    expect(run.path).toHaveLength(12);
    const { subject, text, notice } = message('contained');
    expect(run.published).toEqual([
      {
        TopicArn: 'arn:aws:sns:eu-west-1:111122223333:SutureAlerts',
        Subject: subject,
        Message: text,
        MessageAttributes: { incident: { DataType: 'String', StringValue: notice } },
      },
    ]);
    const ids = { incidentId: incident().id, execution: 'arn' };
    const decision = { decision: 'none' };
    const evidence = STUBS.PreserveEvidence({});
    expect(run.calls).toEqual([
      { name: 'AssessIncident', payload: { event: { id: 'event-1' }, execution: 'arn' } },
      { name: 'PreserveEvidence', payload: { ...ids, mode: 'contain' } },
      { name: 'IsolateInstance', payload: { ...ids, target: 0, mode: 'contain', decision } },
      {
        name: 'VerifyContainment',
        payload: {
          ...ids,
          mode: 'contain',
          decision,
          evidence,
          containments: [{ outcome: 'REMEDIATED', reason: 'contained' }],
        },
      },
      {
        name: 'UpdateFindings',
        payload: { ...ids, decision, report: { status: 'contained', outcome: 'REMEDIATED', subject, text, notice } },
      },
    ]);
  });
});

describe('each response', () => {
  it.each<[string, Partial<Assessment>, string]>([
    ['a duplicate', { status: 'duplicate' }, 'Duplicate'],
    ['what is to be ignored, however grave', { status: 'ignored' }, 'Ignored'],
    ['what is only written down', { response: 'log', mode: 'rehearse', targets: [] }, 'LogIncident Done'],
    ['what people are told of', { response: 'notify', mode: 'rehearse', targets: [] }, NOTICE],
    ['a response that nobody knows', { response: 'shred' as 'log' }, NOTICE],
    ['a rehearsal', { response: 'rehearse', mode: 'rehearse', dryRun: true }, `${CONTAINMENT} ${NOTICE}`],
    [
      'a rehearsal that would need approval',
      {
        response: 'rehearse',
        mode: 'rehearse',
        dryRun: true,
        approval: { needed: true, seconds: 3600, onExpiry: 'deny' },
      },
      `${CONTAINMENT} ${NOTICE}`,
    ],
  ])('%s has its way', async (_case, parts, way) => {
    const run = new IncidentRun(answering(parts));
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(`AssessIncident DetermineResponse ${way}`);
    expect(run.published).toHaveLength(way.includes('NotifySOC') ? 1 : 0);
  });

  it('asks for a rehearsal in every call', async () => {
    const bucket = { kind: 'bucket' as const, bucketName: 'open-data', index: 1 };
    const targets = [...assessment().targets, bucket];
    const run = new IncidentRun(answering({ response: 'rehearse', mode: 'rehearse', dryRun: true, targets }));
    await end(run);
    const asked = run.calls.map(({ name, payload: { mode, dryRun } }) => [name, mode ?? dryRun]);
    expect(asked.sort()).toEqual([
      ['AssessIncident', undefined],
      ['IsolateInstance', 'rehearse'],
      ['PreserveEvidence', 'rehearse'],
      ['S3BucketSelfHeal', true],
      ['UpdateFindings', undefined],
      ['VerifyContainment', 'rehearse'],
    ]);
  });

  it('tells of what was decided when nothing is to be contained', async () => {
    const run = new IncidentRun(answering({ response: 'notify', mode: 'rehearse', targets: [] }));
    await end(run);
    expect(run.subjects).toEqual([message('told').subject]);
  });
});

describe('each kind of target', () => {
  it.each([
    [{ kind: 'instance', instanceId: 'i-0abc0123456789def' }, 'IsolateInstance', 'IsolateInstance'],
    [{ kind: 'user', userName: 'jo', accessKeyId: 'AKIAEXAMPLE' }, 'ContainPrincipal', 'ContainPrincipal'],
    [{ kind: 'role', roleName: 'Deploy' }, 'ContainPrincipal', 'ContainPrincipal'],
    [{ kind: 'bucket', bucketName: 'open-data' }, 'ContainBucket', 'S3BucketSelfHeal'],
    [{ kind: 'security-group', groupId: 'sg-0abc0123456789def' }, 'ContainSecurityGroup', 'SecurityGroupSelfHeal'],
    [{ kind: 'volcano', name: 'x' }, 'LeaveToPeople', undefined],
  ] as const)('%j goes to %s', async (target, state, name) => {
    const targets = [{ ...target, index: 0 }] as unknown as Assessment['targets'];
    const run = new IncidentRun(answering({ targets }));
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(CONTAINED.replace('IsolateInstance', state));
    const [, , containing, verifying] = run.calls;
    expect((name ? verifying : containing)?.payload.containments).toEqual([
      name
        ? { outcome: 'REMEDIATED', reason: 'contained' }
        : { outcome: 'HELD', reason: 'nothing here contains such a resource' },
    ]);
    if (name) expect(containing?.name).toBe(name);
    // The function takes what the machine gives it.
    if (name === 'IsolateInstance' || name === 'ContainPrincipal')
      expect(parseEvent(ContainmentRequest(), { ...containing?.payload, execution: EXECUTION })).toMatchObject({
        target: 0,
        decision: { decision: 'none' },
      });
    const { dryRun, trigger } = assessment();
    if (target.kind === 'bucket')
      expect(containing?.payload).toEqual({ bucketName: target.bucketName, dryRun, trigger });
    if (target.kind === 'security-group')
      expect(containing?.payload).toEqual({ groupId: target.groupId, dryRun, trigger });
  });

  it('is contained whatever becomes of the others, and answers in its place', async () => {
    const targets = ['i-0a', 'i-0b', 'i-0c', 'i-0d', 'i-0e', 'i-0f', 'i-0aa'].map((instanceId, index) => ({
      kind: 'instance' as const,
      instanceId,
      index,
    }));
    const IsolateInstance: Stubs['IsolateInstance'] = ({ target }) => {
      if (target === 2) throw Object.assign(new Error('no'), { name: 'RemediationFailedError' });
      return { outcome: 'REMEDIATED', reason: `contained ${target}`, resourceId: '' };
    };
    const run = new IncidentRun({ ...answering({ targets }), IsolateInstance });
    expect((await end(run)).error).toBeUndefined();
    const { payload } = run.calls.find(({ name }) => name === 'VerifyContainment') ?? {};
    expect(payload?.containments).toEqual(
      targets.map(({ index }) =>
        index === 2
          ? { outcome: 'FAILED', reason: 'RemediationFailedError', error: expect.anything() }
          : { outcome: 'REMEDIATED', reason: `contained ${index}` },
      ),
    );
    // The one that fails is tried four times, each of the others once.
    expect(run.calls.filter(({ name }) => name === 'IsolateInstance')).toHaveLength(10);
  });

  it('is nothing to be done when there is none', async () => {
    const run = new IncidentRun(answering({ targets: [] }));
    expect((await end(run)).error).toBeUndefined();
    expect(waysOf(run.path)).toBe(CONTAINED.replace(' RouteResource IsolateInstance', ''));
  });
});
