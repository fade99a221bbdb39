import fc from 'fast-check';
import { type Outcome, outcomes } from '../../../functions/core/outcomes';
import type { Channel } from '../../../functions/incident/channel';
import type { Target } from '../../../functions/incident/incident';
import { judge, outcomeOf, type Status, statusOf, type Verified } from '../../../functions/verify-containment/status';

const channel = (name: string, status: Channel['status']): Channel => ({ channel: name, status, detail: 'So it is.' });
const INSTANCE: Target = { kind: 'instance', instanceId: 'i-0abc0123456789def' };
const BUCKET: Target = { kind: 'bucket', bucketName: 'open-data' };
const USER: Target = { kind: 'user', userName: 'jo', accessKeyId: 'AKIAEXAMPLE' };
const ROLE: Target = { kind: 'role', roleName: 'Deploy' };
const closed = [channel('older sessions', 'closed')];
const open = [channel('older sessions', 'open')];
const blind = [channel('all', 'unknown')];

describe('a target', () => {
  it.each<[Outcome | 'none', [closed: string, open: string, blind: string]]>([
    ['REMEDIATED', ['contained', 'open', 'open']],
    ['NO_ACTION', ['contained', 'open', 'open']],
    ['GONE', ['contained', 'contained', 'contained']],
    ['HELD', ['left', 'left', 'left']],
    ['EXEMPT', ['left', 'left', 'left']],
    ['DRY_RUN', ['left', 'left', 'left']],
    ['UNDONE', ['left', 'left', 'left']],
    ['none', ['left', 'left', 'left']],
    ['PARTIAL', ['open', 'open', 'open']],
    ['FAILED', ['open', 'open', 'open']],
    ['JOINED', ['open', 'open', 'open']],
    ['IGNORED', ['open', 'open', 'open']],
  ])('of which %s was answered is judged by what is seen', (outcome, expected) => {
    const answer = outcome === 'none' ? undefined : { outcome, reason: 'so' };
    const judged = [closed, open, blind].map((channels) => judge(ROLE, answer, { exists: true, channels }));
    expect(judged.map(({ status }) => status)).toEqual(expected);
    expect(judged[0]).toEqual({ target: ROLE, status: expected[0], exists: true, channels: closed, ...answer });
    expect(judge(ROLE, answer, { exists: false, channels: open }).status).toBe('contained');
  });

  it.each<[Target, string, Channel['status'], string]>([
    [INSTANCE, 'IPv4', 'open', 'open'],
    [INSTANCE, 'IPv6', 'unknown', 'open'],
    [INSTANCE, 'metadata service', 'open', 'open'],
    [INSTANCE, 'new role sessions', 'open', 'open'],
    [INSTANCE, 'Auto Scaling', 'open', 'open'],
    [INSTANCE, 'load balancers', 'open', 'open'],
    [INSTANCE, 'elastic addresses', 'open', 'open'],
    [INSTANCE, 'managed interfaces', 'open', 'left'],
    [INSTANCE, 'older role sessions', 'open', 'left'],
    [INSTANCE, 'older role sessions', 'unknown', 'left'],
    [INSTANCE, 'tracked connections', 'open', 'left'],
    [INSTANCE, 'tracked connections', 'unknown', 'contained'],
    [USER, 'access key', 'open', 'open'],
    [USER, 'access key', 'unknown', 'open'],
    [USER, 'older sessions', 'open', 'open'],
    [USER, 'access keys', 'open', 'left'],
    [USER, 'other access keys', 'open', 'left'],
    [USER, 'console password', 'open', 'left'],
    [ROLE, 'older sessions', 'open', 'open'],
    [ROLE, 'new sessions', 'open', 'left'],
    [ROLE, 'new sessions', 'unknown', 'contained'],
    [ROLE, 'instances', 'open', 'left'],
    [BUCKET, 'objects', 'unknown', 'contained'],
  ])('%j whose %s is %s is %s', (target, name, status, expected) => {
    const answer = { outcome: 'REMEDIATED' as const, reason: 'so' };
    expect(judge(target, answer, { exists: true, channels: [channel(name, status)] }).status).toBe(expected);
  });
});

const of = (...statuses: Verified['status'][]) => statuses.map((status) => ({ status }));
const told = {
  isSuperseded: false,
  mode: 'contain',
  decision: { decision: 'none' },
  onExpiry: 'deny',
  verified: of('contained'),
} as const;

describe('an incident', () => {
  it.each<[string, Partial<Parameters<typeof statusOf>[0]>, Status]>([
    ['all of which is contained', { verified: of('contained', 'contained') }, 'contained'],
    ['of nothing', { verified: [] }, 'contained'],
    ['some of which is open', { verified: of('contained', 'left', 'open') }, 'open'],
    ['some of which is left', { verified: of('contained', 'left') }, 'left'],
    ['of more than was to be contained', { leftOut: 1 }, 'left'],
    ['of more than was to be contained, and open', { leftOut: 1, verified: of('open') }, 'open'],
    ['that was approved', { decision: { decision: 'approved' } }, 'contained'],
    ['that was approved, and is open', { decision: { decision: 'approved' }, verified: of('open') }, 'open'],
    ['that was denied', { decision: { decision: 'denied' }, verified: of('open') }, 'left'],
    ['that nobody decided', { decision: { decision: 'expired' } }, 'left'],
    ['that silence approved', { decision: { decision: 'expired' }, onExpiry: 'approve' }, 'contained'],
    [
      'that silence approved, and is open',
      { decision: { decision: 'expired' }, onExpiry: 'approve', verified: of('open') },
      'open',
    ],
    ['that was rehearsed', { mode: 'rehearse', verified: of('open') }, 'rehearsed'],
    ['that another execution is at', { isSuperseded: true, mode: 'rehearse', verified: of('open') }, 'superseded'],
  ])('%s', (_case, parts, expected) => {
    expect(statusOf({ ...told, ...parts })).toBe(expected);
  });

  it('is contained only if nothing is left, nothing open, nobody against it', () => {
    const any = fc.record({
      isSuperseded: fc.boolean(),
      mode: fc.constantFrom('contain' as const, 'rehearse' as const),
      decision: fc.record({ decision: fc.constantFrom('none', 'approved', 'denied', 'expired' as const) }),
      onExpiry: fc.constantFrom('deny' as const, 'approve' as const),
      leftOut: fc.constantFrom(0, 3),
      verified: fc.array(fc.record({ status: fc.constantFrom('contained', 'left', 'open' as const) }), {
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(any, (given) => {
        const { isSuperseded, mode, decision, onExpiry, leftOut, verified } = given as Parameters<typeof statusOf>[0];
        const isContained =
          statusOf({ isSuperseded, mode, decision, onExpiry, leftOut: leftOut ?? 0, verified }) === 'contained';
        expect(isContained).toBe(
          !isSuperseded &&
            mode === 'contain' &&
            decision.decision !== 'denied' &&
            (decision.decision !== 'expired' || onExpiry === 'approve') &&
            !leftOut &&
            verified.every(({ status }) => status === 'contained'),
        );
      }),
    );
  });
});

const seen = (outcome: Outcome, status: Verified['status'] = 'contained', exists = true) => ({
  outcome,
  status,
  exists,
});

describe('what stands in the record', () => {
  it.each<[Status, Parameters<typeof outcomeOf>[1], Outcome]>([
    ['contained', [seen('REMEDIATED')], 'REMEDIATED'],
    ['contained', [seen('REMEDIATED'), seen('NO_ACTION')], 'REMEDIATED'],
    ['contained', [seen('NO_ACTION'), seen('NO_ACTION')], 'NO_ACTION'],
    ['contained', [seen('GONE')], 'GONE'],
    ['contained', [seen('GONE'), seen('FAILED', 'contained', false)], 'GONE'],
    ['contained', [seen('GONE'), seen('REMEDIATED')], 'REMEDIATED'],
    ['rehearsed', [seen('DRY_RUN', 'left')], 'DRY_RUN'],
    ['superseded', [seen('FAILED', 'open')], 'JOINED'],
    ['open', [seen('FAILED', 'open')], 'FAILED'],
    ['open', [seen('FAILED', 'open'), seen('REMEDIATED')], 'PARTIAL'],
    ['left', [seen('HELD', 'left')], 'HELD'],
    ['left', [seen('EXEMPT', 'left')], 'EXEMPT'],
    ['left', [seen('EXEMPT', 'left'), seen('REMEDIATED')], 'EXEMPT'],
    ['left', [], 'HELD'],
  ])('of one that is %s', (status, verified, expected) => {
    expect(outcomeOf(status, verified)).toBe(expected);
    expect(outcomes).toContain(expected);
  });
});
