import fc from 'fast-check';
import { bandOf, severityOf } from '../../../functions/incident/incident';

describe('a severity', () => {
  it.each<[unknown, number | null, string]>([
    [0, 0, 'low'],
    [1, 1, 'low'],
    [2, 2, 'low'],
    [3.9, 3.9, 'low'],
    [4, 4, 'medium'],
    [6.9, 6.9, 'medium'],
    [7, 7, 'high'],
    [JSON.parse('7.0'), 7, 'high'],
    [8.9, 8.9, 'high'],
    [9, 9, 'critical'],
    [9.5, 9.5, 'critical'],
    [10, 10, 'critical'],
    ['7', 7, 'high'],
    ['7.0', 7, 'high'],
    [' 9.5 ', 9.5, 'critical'],
    ['0', 0, 'low'],
    [null, null, 'unknown'],
    [undefined, null, 'unknown'],
    ['', null, 'unknown'],
    [' ', null, 'unknown'],
    ['HIGH', null, 'unknown'],
    ['7e0', null, 'unknown'],
    ['0x7', null, 'unknown'],
    ['-7', null, 'unknown'],
    ['11', null, 'unknown'],
    [-1, null, 'unknown'],
    [-0.1, null, 'unknown'],
    [10.1, null, 'unknown'],
    [70, null, 'unknown'],
    [Number.NaN, null, 'unknown'],
    [Number.POSITIVE_INFINITY, null, 'unknown'],
    [true, null, 'unknown'],
    [{}, null, 'unknown'],
    [{ severity: 7 }, null, 'unknown'],
    [[7], null, 'unknown'],
  ])('%p is %p: %s', (value, severity, band) => {
    expect(severityOf(value)).toBe(severity);
    expect(bandOf(severityOf(value))).toBe(band);
  });

  it('that is graver is never of a lower band', () => {
    const order = ['low', 'medium', 'high', 'critical'];
    const severity = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(severity, severity, (a, b) => {
        const [lesser, graver] = a < b ? [a, b] : [b, a];
        expect(order.indexOf(bandOf(lesser))).toBeLessThanOrEqual(order.indexOf(bandOf(graver)));
      }),
    );
  });

  it('is none, whatever it is, if it is no number from 0 to 10', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const severity = severityOf(value);
        if (severity !== null) expect(severity >= 0 && severity <= 10 && Number(value) === severity).toBe(true);
      }),
    );
  });
});
