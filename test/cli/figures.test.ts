import { figuresOf } from '../../cli/figures';

const upTo = (count: number) => Array.from({ length: count }, (_unused, index) => index + 1);

it.each([
  ['one value', [7], { count: 1, mean: 7, p50: 7, p95: 7, max: 7 }],
  ['two values: the lower is the median', [3, 1], { count: 2, mean: 2, p50: 1, p95: 3, max: 3 }],
  ['an odd number', [5, 1, 3], { count: 3, mean: 3, p50: 3, p95: 5, max: 5 }],
  ['twenty: all but one are at most the p95', upTo(20).reverse(), { count: 20, mean: 10.5, p50: 10, p95: 19, max: 20 }],
  ['a hundred', upTo(100), { count: 100, mean: 50.5, p50: 50, p95: 95, max: 100 }],
  ['negative ones', [-5, -1, -3], { count: 3, mean: -3, p50: -3, p95: -1, max: -1 }],
  ['more digits than count', [0.1, 0.2, 0.2], { count: 3, mean: 0.2, p50: 0.2, p95: 0.2, max: 0.2 }],
])('figures of %s', (_case, values, figures) => {
  const before = [...values];
  expect(figuresOf(values)).toEqual(figures);
  expect(values).toEqual(before);
});

it('are not there for nothing', () => {
  expect(figuresOf([])).toBeUndefined();
});
