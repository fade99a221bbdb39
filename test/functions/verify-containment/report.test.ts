import type { Incident, Target } from '../../../functions/incident/incident';
import { reportOf } from '../../../functions/verify-containment/report';
import type { Status, Verified } from '../../../functions/verify-containment/status';
import { EXECUTION, incident } from '../../support/incident';

const INSTANCE: Target = { kind: 'instance', instanceId: 'i-0abc0123456789def' };
const verified = (parts: Partial<Verified> = {}): Verified => ({
  target: INSTANCE,
  status: 'contained',
  outcome: 'REMEDIATED',
  reason: 'two interfaces moved',
  exists: true,
  channels: [{ channel: 'network', status: 'closed', detail: 'It has the quarantine group alone.' }],
  ...parts,
});
type Parts = Partial<Parameters<typeof reportOf>[0]>;
const report = (status: Status, parts: Parts = {}) => {
  const { subject, text, notice } = reportOf({
    incident: incident(),
    isClosed: false,
    status,
    decision: { decision: 'none' },
    verified: [verified()],
    evidence: { evidence: [], snapshots: [], notes: [] },
    execution: EXECUTION,
    ...parts,
  });
  return {
    subject,
    text,
    notice: JSON.parse(notice) as Record<string, unknown> & { lines: string[]; nextSteps: string[] },
  };
};
const CLOSE = `When it is dealt with: suture close ${incident().id} --reason "…"`;
const REDRIVE = `When the cause is gone, have it completed: aws stepfunctions redrive-execution --execution-arn ${EXECUTION}`;
const bucket = (parts: Partial<Verified> = {}) =>
  verified({ target: { kind: 'bucket', bucketName: 'open-data' }, ...parts });

describe('the message', () => {
  it('about an instance says what was done, what is seen, where evidence lies, and what to do', () => {
    const { subject, text, notice } = report('contained', {
      decision: {
        decision: 'approved',
        by: 'arn:aws:iam::111122223333:user/jo',
        reason: 'go',
        at: '2026-11-21T10:30:00Z',
      },
      evidence: { evidence: ['s3://evidence/one'], snapshots: ['snap-0abc'], notes: ['no console output'] },
    });
    expect(subject).toBe('Suture CRITICAL: i-0abc0123456789def is isolated');
    expect(text.split('\n').slice(0, 9)).toEqual([
      'i-0abc0123456789def is isolated.',
      '',
      'Approved by arn:aws:iam::111122223333:user/jo at 2026-11-21T10:30:00Z: go',
      'i-0abc0123456789def: REMEDIATED, two interfaces moved',
      '  closed      network',
      'Evidence: s3://evidence/one',
      'Snapshots: snap-0abc',
      'Note: no console output',
      '',
    ]);
    expect(notice).toMatchObject({
      event: 'contained',
      headline: 'i-0abc0123456789def is isolated',
      nextSteps: [CLOSE],
    });
    expect(notice.lines).toEqual(text.split('\n').slice(2, 8));
  });

  it.each<[Status, string, string, Parts, string[]]>([
    ['contained', 'contained', 'bucket open-data is closed to the internet', { verified: [bucket()] }, [CLOSE]],
    [
      'contained',
      'contained',
      'user jo lost key AKIAEXAMPLE',
      { verified: [verified({ target: { kind: 'user', userName: 'jo', accessKeyId: 'AKIAEXAMPLE' } })] },
      [CLOSE],
    ],
    [
      'contained',
      'contained',
      'user jo lost its sessions',
      { verified: [verified({ target: { kind: 'user', userName: 'jo' } })] },
      [CLOSE],
    ],
    [
      'contained',
      'contained',
      'role Deploy lost its sessions',
      { verified: [verified({ target: { kind: 'role', roleName: 'Deploy' } })] },
      [CLOSE],
    ],
    [
      'contained',
      'contained',
      'i-0abc0123456789def and 1 more are contained',
      { verified: [verified(), bucket()] },
      [CLOSE],
    ],
    [
      'contained',
      'contained',
      'i-0abc0123456789def does not exist any more',
      { verified: [verified({ exists: false, channels: [] })] },
      [CLOSE],
    ],
    [
      'contained',
      'contained',
      'i-0abc0123456789def does not exist any more',
      { verified: [verified({ outcome: 'GONE' })] },
      [CLOSE],
    ],
    ['rehearsed', 'told', 'i-0abc0123456789def is as before: this would have been contained', {}, [CLOSE]],
    ['left', 'told', 'containment of i-0abc0123456789def was denied', { decision: { decision: 'denied' } }, [CLOSE]],
    [
      'left',
      'told',
      'nobody decided about i-0abc0123456789def: it was left as it is',
      { decision: { decision: 'expired' } },
      [CLOSE],
    ],
    ['left', 'told', 'i-0abc0123456789def is isolated, but needs a person', {}, [CLOSE]],
    [
      'left',
      'told',
      'i-0abc0123456789def needs a person: not all was contained',
      { verified: [verified({ outcome: 'HELD', status: 'left' })] },
      [CLOSE],
    ],
    [
      'left',
      'told',
      'i-0abc0123456789def and 1 more are contained, but need a person',
      { verified: [verified(), bucket()] },
      [CLOSE],
    ],
    [
      'left',
      'told',
      'i-0abc0123456789def and 1 more need a person: not all was contained',
      { verified: [verified(), bucket({ outcome: 'EXEMPT', status: 'left' })] },
      [CLOSE],
    ],
    ['open', 'open', 'i-0abc0123456789def could NOT be contained in full', {}, [REDRIVE]],
    ['superseded', 'told', 'a graver finding about i-0abc0123456789def is dealt with', {}, []],
  ])('of one that is %s (%s) begins with: %s', (status, event, headline, parts, steps) => {
    const { subject, notice } = report(status, parts);
    expect(notice).toMatchObject({ event, headline, nextSteps: steps });
    expect(subject).toBe(`Suture CRITICAL: ${headline}`);
  });

  it('tells what is open and what nobody knows, and asks to look at both', () => {
    const channels = [
      { channel: 'network', status: 'closed' as const, detail: '' },
      { channel: 'metadata', status: 'closed' as const, detail: '' },
      { channel: 'instance role', status: 'open' as const, detail: 'Three other instances use it.' },
      { channel: 'name resolution', status: 'unknown' as const, detail: 'It could not be read.' },
    ];
    const { notice } = report('open', { verified: [verified({ outcome: 'FAILED', status: 'open', channels })] });
    expect(notice.lines).toEqual([
      'i-0abc0123456789def: FAILED, two interfaces moved',
      '  STILL OPEN  instance role: Three other instances use it.',
      '  not known   name resolution: It could not be read.',
      '  closed      network, metadata',
    ]);
    expect(notice.nextSteps).toEqual(['Go through what is still open or not known, above.', REDRIVE]);
  });

  it('tells of what is open first, and of what was left out', () => {
    const { notice } = report('open', {
      incident: incident({ leftOut: 4 }),
      verified: [
        verified(),
        bucket({ status: 'left', outcome: 'HELD', channels: [] }),
        verified({ status: 'open', outcome: 'FAILED', channels: [] }),
      ],
    });
    expect(notice.lines.map((line) => line.split(',')[0])).toEqual([
      'i-0abc0123456789def: FAILED',
      'bucket open-data: HELD',
      'i-0abc0123456789def: REMEDIATED',
      '  closed      network',
      '4 more were left alone: too many for one incident.',
    ]);
  });

  it.each([
    [{ decision: 'denied' as const }, 'Denied by somebody: no reason given'],
    [{ decision: 'approved' as const, by: 'jo' }, 'Approved by jo: no reason given'],
    [{ decision: 'expired' as const }, 'Nobody decided in time.'],
  ])('tells of the decision: %j', (decision, line) => {
    expect(report('left', { decision }).notice.lines[0]).toBe(line);
  });

  it('about what nobody was asked to contain says that it was left, and why nothing was changed', () => {
    const { outcome: _outcome, reason: _reason, ...unasked } = verified({ status: 'left' });
    const { notice } = report('rehearsed', { verified: [unasked] });
    expect(notice.lines.slice(0, 2)).toEqual(['Nothing was changed: critical.', 'i-0abc0123456789def: left as it is']);
  });
});

describe('a finding that somebody hostile wrote', () => {
  const hostile = 'x\r\nSubject: all is well\u202e\u0000\u2028<script>*_~`@everyone';
  const about: Partial<Incident> = { title: `${hostile}${'標'.repeat(400)}`, type: hostile, resources: [hostile] };

  it.each<[Status]>([['contained'], ['left'], ['rehearsed'], ['open'], ['superseded']])(
    'has no say over the subject, nor over lines that are not its own (%s)',
    (status) => {
      const target: Target = { kind: 'user', userName: `${hostile}${'標'.repeat(99)}`, accessKeyId: hostile.repeat(3) };
      const { subject, text, notice } = report(status, {
        // As AssessIncident keeps them.
        incident: incident({ ...about, title: 'x Subject: all is well', type: 'x' }),
        verified: [verified({ target, reason: hostile })],
        decision: { decision: 'none', by: hostile, reason: hostile },
      });
      expect(subject).toMatch(/^Suture CRITICAL: [ -~]{1,83}$/);
      expect(subject.length).toBeLessThanOrEqual(100);
      expect(text).not.toMatch(/^Subject:/m);
      for (const character of ['\r', '\u0000', '\u202e', '\u2028']) expect(text).not.toContain(character);
      for (const line of notice.lines) expect(line).not.toContain('\n');
    },
  );

  it.each([
    ['approved', 'Approved by'],
    ['denied', 'Denied by'],
  ] as const)('cannot make two lines of who %s it', (decision, begins) => {
    const { notice } = report('left', { decision: { decision, by: hostile, reason: hostile, at: hostile } });
    expect(notice.lines[0]).toMatch(new RegExp(`^${begins} [^\\p{C}\\p{Zl}]*$`, 'u'));
  });

  it.each<[Status, boolean | undefined]>([
    ['left', true],
    ['contained', true],
    ['open', undefined],
  ])('about what a person closed meanwhile says so; if it is %s it is quiet: %s', (status, quiet) => {
    const { notice } = report(status, { isClosed: true });
    expect(notice.lines[0]).toBe('A person closed the incident meanwhile.');
    expect(notice.quiet).toBe(quiet);
  });

  it('cannot make a message grow', () => {
    const many = Array.from({ length: 100 }, (_, index) => verified({ reason: `${index} ${'標'.repeat(490)}` }));
    const resources = Array.from({ length: 20 }, () => 'r'.repeat(300));
    const { text, notice } = report('open', { verified: many, incident: incident({ resources }) });
    expect(Buffer.byteLength(text)).toBeLessThan(8_000);
    expect(Buffer.byteLength(JSON.stringify(notice))).toBeLessThan(8_000);
    expect(notice.lines.at(-1)).toMatch(/^… and \d+ more, which the ledger has\.$/);
  });
});
