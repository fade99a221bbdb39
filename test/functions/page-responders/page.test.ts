import fc from 'fast-check';
import { bands } from '../../../functions/incident/incident';
import { noticeEvents } from '../../../functions/incident/notice';
import { pageFor } from '../../../functions/page-responders/page';
import { alarm, ofNotice } from '../../support/notice';

const PAGING = ['SutureDeadLettersWaiting'];
const ofAlarm = (given: object = {}) => ({ messageId: 'm-1', kind: 'alarm', alarm: alarm(given) as never }) as const;

it('pages with one key for each incident, and what a responder needs', () => {
  expect(pageFor(ofNotice({ event: 'approval', band: 'critical' }), PAGING)).toEqual({
    event_action: 'trigger',
    dedup_key: 'gd-0123456789abcdef',
    payload: {
      summary: 'i-0abc is isolated (EC2 instance i-0abc queries a command and control server.)',
      source: '111122223333/eu-west-1',
      severity: 'critical',
      component: 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc',
      group: '111122223333',
      class: 'Backdoor:EC2/C&CActivity.B!DNS',
      custom_details: {
        incident: 'gd-0123456789abcdef',
        event: 'approval',
        known: ['eni-0abc has the quarantine group only'],
        next_steps: ['npx suture close gd-0123456789abcdef --reason TEXT'],
        resources: ['arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc'],
      },
    },
    client: 'Suture',
  });
});

/** `t` triggers, `r` resolves, `-` does nothing; in the order of the bands: low, unknown, medium, high, critical. */
const decisions: Record<(typeof noticeEvents)[number], string> = {
  approval: '-t-tt',
  told: '---tt',
  contained: '---tt',
  open: '-t-tt',
  failed: '-t-tt',
  closed: 'rrrrr',
};
const cases = noticeEvents.flatMap((event) =>
  bands.map((band, index) => [event, band, decisions[event][index] ?? ''] as const),
);

it.each(cases)('%s of band %s: %s', (event, band, expected) => {
  const decided = (quiet: boolean) =>
    pageFor(ofNotice({ event, band, ...(quiet && { quiet }) }), PAGING)?.event_action.slice(0, 1) ?? '-';
  expect(decided(false)).toBe(expected);
  expect(decided(true)).toBe(expected === 't' ? '-' : expected);
});

it.each([
  ['ALARM', 'SutureDeadLettersWaiting', 'trigger'],
  ['OK', 'SutureDeadLettersWaiting', 'resolve'],
  ['INSUFFICIENT_DATA', 'SutureDeadLettersWaiting', undefined],
  ['ALARM', 'S3BucketSelfHealSlow', undefined],
])('an alarm in state %s, %s: %s', (NewStateValue, AlarmName, expected) => {
  const page = pageFor(ofAlarm({ NewStateValue, AlarmName }), PAGING);
  expect(page?.event_action).toBe(expected);
  if (page) expect(page.dedup_key).toBe(alarm().AlarmArn);
});

it('an alarm without a description says why it went off', () => {
  expect(pageFor(ofAlarm({ AlarmDescription: null }), PAGING)).toMatchObject({
    payload: { summary: expect.stringContaining('Threshold Crossed') as string },
  });
});

it('plain text pages nobody', () => {
  expect(pageFor({ messageId: 'm-1', kind: 'text', subject: 'HELD', text: 'critical' }, PAGING)).toBeUndefined();
});

it('whatever a finding says, the request is within the limits of PagerDuty and EventBridge', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('漢'.repeat(10_240), '😀'.repeat(5_000), '"'.repeat(10_240), 'a\u202eb\n\u0000'),
  );
  const texts = fc.array(text, { maxLength: 60 });
  fc.assert(
    fc.property(text, text, text, texts, texts, (headline, title, type, lines, resources) => {
      const page = pageFor(ofNotice({ headline, title, type, lines, resources, nextSteps: lines }), PAGING);
      if (page?.event_action !== 'trigger') throw new Error('expected a page');
      expect(page.payload.summary.length).toBeLessThanOrEqual(1024);
      expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(63 * 1024);
      expect(JSON.stringify(page)).not.toMatch(/\\u[0-9a-f]{4}|\\n|[\u202a-\u202e]/);
    }),
    { numRuns: 50 },
  );
});
