import { html, type Markup } from './html';

/** Values that belong together, all in one unit. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  /** Undefined where there is none. */
  readonly values: readonly (number | undefined)[];
}

const SIZE = { width: 920, height: 320 };
const PLOT = { left: 72, right: 904, top: 44, bottom: 262 };

/** A scale from 0 (or the least, if that is below) in steps of 1, 2 or 5 times a power of ten. */
export function ticks(least: number, most: number, wanted: number): number[] {
  const raw = Math.max(most - Math.min(0, least), Number.EPSILON) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * (1 - 1e-9)) ?? 10);
  const first = Math.floor(Math.min(0, least) / step);
  const last = Math.max(first + 1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_unused, index) => Number(((first + index) * step).toPrecision(12)));
}

const known = (values: Series['values']): number[] => values.flatMap((value) => value ?? []);
const range = (series: readonly Series[]) => {
  const all = series.flatMap(({ values }) => known(values));
  return { least: Math.min(0, ...all), most: Math.max(1, ...all) };
};
const place =
  (from: number, to: number, [low = 0, high = 1]: readonly (number | undefined)[]) =>
  (value: number) =>
    Math.round((from + ((value - low) / (high - low)) * (to - from)) * 10) / 10;

interface Axis {
  readonly label: string;
  readonly ticks: readonly number[];
  readonly at: (value: number) => number;
}

function frame(title: string, x: Axis, y: Axis, series: readonly Series[], marks: readonly Markup[]): Markup {
  const { left, right, top, bottom } = PLOT;
  const middle = (left + right) / 2;
  return html`<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${title}">
${y.ticks.map((value) => html`<line class="grid" x1="${left}" x2="${right}" y1="${y.at(value)}" y2="${y.at(value)}"/><text x="${left - 8}" y="${y.at(value) + 4}" text-anchor="end">${value}</text>`)}
${x.ticks.map((value) => html`<line class="tick" x1="${x.at(value)}" x2="${x.at(value)}" y1="${bottom}" y2="${bottom + 5}"/><text x="${x.at(value)}" y="${bottom + 20}" text-anchor="middle">${value}</text>`)}
<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/><line class="axis" x1="${left}" x2="${left}" y1="${top}" y2="${bottom}"/>
<text class="label" x="${middle}" y="${SIZE.height - 10}" text-anchor="middle">${x.label}</text>
<text class="label" transform="translate(18 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${y.label}</text>
${series.map(({ name, colour }, index) => html`<rect x="${left + index * 240}" y="12" width="14" height="14" rx="3" fill="${colour}"/><text x="${left + 20 + index * 240}" y="24">${name}</text>`)}
${marks}
</svg>`;
}

/** Values in their order, from 1 on. */
export function lineChart(
  title: string,
  series: readonly Series[],
  labels: { readonly x: string; readonly y: string },
): Markup {
  const { least, most } = range(series);
  const count = Math.max(1, ...series.map(({ values }) => values.length));
  const yTicks = ticks(least, most, 5);
  const xTicks = ticks(0, count, 10).filter((value) => Number.isInteger(value) && value >= 1 && value <= count);
  const y = place(PLOT.bottom, PLOT.top, [yTicks[0], yTicks.at(-1)]);
  const x = place(PLOT.left, PLOT.right, [0.5, count + 0.5]);
  const marks = series.map(({ values, colour }) => {
    const points = values.flatMap((value, index) => (value === undefined ? [] : [[x(index + 1), y(value)] as const]));
    return html`<polyline fill="none" stroke="${colour}" stroke-width="1.5" stroke-opacity=".55" points="${points.map((point) => point.join()).join(' ')}"/>${points.map(([cx, cy]) => html`<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`)}`;
  });
  return frame(
    title,
    { label: labels.x, ticks: xTicks, at: x },
    { label: labels.y, ticks: yTicks, at: y },
    series,
    marks,
  );
}

/** How many values fall between one tick and the next, the series side by side. */
export function histogram(
  title: string,
  series: readonly Series[],
  labels: { readonly x: string; readonly y: string },
): Markup {
  const { least, most } = range(series);
  const edges = ticks(least, most * 1.0001, 20);
  const counts = series.map(({ values }) =>
    edges
      .slice(1)
      .map((edge, index) => known(values).filter((value) => value < edge && value >= (edges[index] ?? 0)).length),
  );
  const yTicks = ticks(0, Math.max(1, ...counts.flat()), 5).filter(Number.isInteger);
  const y = place(PLOT.bottom, PLOT.top, [yTicks[0], yTicks.at(-1)]);
  const x = place(PLOT.left, PLOT.right, [edges[0], edges.at(-1)]);
  const width = (x(edges[1] ?? 1) - x(edges[0] ?? 0) - 2) / series.length;
  const marks = counts.flatMap((bars, which) =>
    bars.map(
      (count, index) =>
        html`<rect x="${x(edges[index] ?? 0) + 1 + which * width}" y="${y(count)}" width="${width}" height="${PLOT.bottom - y(count)}" fill="${series[which]?.colour}"/>`,
    ),
  );
  const shown = edges.filter((_edge, index) => edges.length <= 12 || index % 2 === 0);
  return frame(
    title,
    { label: labels.x, ticks: shown, at: x },
    { label: labels.y, ticks: yTicks, at: y },
    series,
    marks,
  );
}
