import { histogram, ticks } from '../../cli/charts';
import { latencyPage } from '../../cli/latency-page';
import { latencyResult, logLines } from '../../cli/latency-result';
import type { Round } from '../../cli/latency-round';

const round = (more: Partial<Round>): Round => ({
  round: 1,
  startedAt: '2026-11-21T10:00:00.000Z',
  healed: true,
  clientMs: 20,
  resolutionMs: 5,
  reportedMs: 520,
  differenceMs: -500,
  receipt: 'RES#x/E#0000000002',
  ...more,
});
const result = (...rounds: Round[]) =>
  latencyResult({
    home: { partition: 'aws', account: '111122223333', region: 'eu-west-1' },
    bucket: 'demo-bucket',
    startedAt: '2026-11-21T10:00:00.000Z',
    iterations: 3,
    timeoutSeconds: 300,
    rounds,
  });

it('what older events woke counts in no figure, and neither does what was not healed', () => {
  const { reason: _reason, ...rest } = round({ round: 3, healed: false });
  const { clientMs, reportedMs, differenceMs, resolutionMs, receipt, ...unhealed } = rest;
  const { figures, healed, notHealed, stray } = result(round({}), round({ round: 2, clientMs: 9000, stray: true }), {
    ...unhealed,
    reason: 'not within 300 s',
  });
  expect({ healed, notHealed, stray }).toEqual({ healed: 2, notHealed: 1, stray: 1 });
  expect(figures).toEqual({
    clientMs: { count: 1, mean: 20, p50: 20, p95: 20, max: 20 },
    reportedMs: { count: 1, mean: 520, p50: 520, p95: 520, max: 520 },
    differenceMs: { count: 1, mean: -500, p50: -500, p95: -500, max: -500 },
    resolutionMs: { count: 1, mean: 5, p50: 5, p95: 5, max: 5 },
  });
});

it('the page has two charts and no text that a browser would obey', () => {
  const page = latencyPage(result(round({ reason: '<script>alert("\u001b[31m")</script>' })));
  expect(page.match(/<svg /g)).toHaveLength(2);
  expect(page).toContain('&#60;script&#62;alert(&#34;?[31m&#34;)&#60;/script&#62;');
  expect(page).not.toContain('<script');
  expect(page).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(page).not.toMatch(/(src|href)=/);
});

it('the log has one line per round, whatever a reason holds', () => {
  const lines = logLines(result(round({}), round({ round: 2, reason: 'two\nlines' })));
  expect(lines.split('\n')).toEqual([
    expect.stringContaining('round=1/3 healed=true clientMs=20 resolutionMs=5 reportedMs=520 differenceMs=-500'),
    expect.stringContaining('reason="two\\nlines"'),
    '',
  ]);
});

it.each([
  [0, 0.8, 5, [0, 0.2, 0.4, 0.6, 0.8]],
  [0, 100, 5, [0, 20, 40, 60, 80, 100]],
  [-30, 40, 5, [-40, -20, 0, 20, 40]],
  [12, 13, 5, [0, 5, 10, 15]],
])('ticks from %d to %d', (least, most, wanted, expected) => {
  expect(ticks(least, most, wanted)).toEqual(expected);
});

it('a histogram has each value in one bar', () => {
  const series = [{ name: 'a', colour: 'red', values: [0, 10, 10, 20, undefined] }];
  const { text } = histogram('t', series, { x: 'ms', y: 'rounds' });
  const heights = [...text.matchAll(/height="([\d.]+)" fill="red"\/>/g)].map(([, height]) => Number(height));
  const unit = 218 / 2;
  expect(heights.reduce((sum, height) => sum + height, 0)).toBeCloseTo(4 * unit);
});
