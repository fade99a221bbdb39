import { histogram, lineChart, type Series } from './charts';
import { html, type Markup } from './html';
import { FIGURES, type FigureKey, type LatencyResult, precision, verdictLine } from './latency-result';
import type { Round } from './latency-round';

/** From here on seconds read better. */
const SECONDS_FROM_MS = 10_000;

/** A page that needs nothing but itself: the figures, response times over rounds, their distribution, each round. */
export function latencyPage(result: LatencyResult): string {
  const { account, region, bucket, startedAt, endedAt, rounds, notHealed, complete } = result;
  const isGood = complete && notHealed === 0;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Suture: response times</title>
<style>
  :root { color-scheme: light; --ink: #1d2433; --dim: #667085; --line: #e3e7ee; --good: #0b7a4b; --bad: #b42318; }
  body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
  h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
  .verdict { font-weight: 600; color: var(--good); } .verdict.not, .not { color: var(--bad); } .dim { color: var(--dim); }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; } th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
  th:first-child, td:first-child, td.text, th.text { text-align: left; } td.text { overflow-wrap: anywhere; } .rounds { font-size: 13px; }
  svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--dim); } svg .label { fill: var(--ink); }
  .grid { stroke: var(--line); } .axis, .tick { stroke: var(--dim); }
</style>
</head>
<body>
<h1>From an opened bucket to a closed one</h1>
<p class="verdict ${isGood ? '' : 'not'}">${verdictLine(result)}.</p>
<p class="dim">Bucket ${bucket} of account ${account} in ${region}, ${startedAt} to ${endedAt}.</p>

<h2>Figures</h2>
<table><thead><tr><th>milliseconds</th><th>rounds</th><th>mean</th><th>p50</th><th>p95</th><th>max</th></tr></thead>
<tbody>${FIGURES.map(({ key, name }) => figureRow(name, result.figures[key]))}</tbody></table>
${precision(result).map((line) => html`<p class="dim">${line}</p>`)}

${charts(rounds)}

<h2>Rounds</h2>
<table class="rounds"><thead><tr><th>round</th><th>client, ms</th><th>good to, ms</th><th>reported, ms</th><th>difference, ms</th><th class="text">woken by, or why not</th></tr></thead>
<tbody>${rounds.map(roundRow)}</tbody></table>
</body>
</html>
`.text;
}

function figureRow(name: string, figures: LatencyResult['figures'][FigureKey]): Markup {
  const { count, mean, p50, p95, max } = figures ?? { count: 0 };
  return html`<tr><td>${name}</td>${[count, mean, p50, p95, max].map((value) => html`<td>${value ?? '-'}</td>`)}</tr>`;
}

function charts(rounds: readonly Round[]): Markup {
  const values = (key: FigureKey) => rounds.map((round) => (round.stray ? undefined : round[key]));
  const [client, reported] = [values('clientMs'), values('reportedMs')];
  const most = Math.max(0, ...[...client, ...reported].map((value) => value ?? 0));
  const [unit, divisor] = most >= SECONDS_FROM_MS ? ['seconds', 1000] : ['milliseconds', 1];
  const scaled = (of: readonly (number | undefined)[]) => of.map((value) => value && value / divisor);
  const series: Series[] = [
    { name: 'client round trip', colour: '#2e5bff', values: scaled(client) },
    { name: 'reported by the function', colour: '#e07b00', values: scaled(reported) },
  ];
  return html`<h2>Response times over the rounds</h2>
${lineChart('Response times over the rounds', series, { x: 'round', y: unit })}
<h2>Distribution</h2>
${histogram('Distribution of the response times', series, { x: `response time, ${unit}`, y: 'rounds' })}`;
}

function roundRow({ round, clientMs, resolutionMs, reportedMs, differenceMs, trigger, stray, reason }: Round): Markup {
  const cells = [clientMs, resolutionMs, reportedMs, differenceMs].map((value) => html`<td>${value ?? '-'}</td>`);
  const why = reason ?? `${trigger?.name ?? 'nothing that is known'}${stray ? ', left out of the figures' : ''}`;
  return html`<tr><td>${round}</td>${cells}<td class="text ${reason === undefined ? '' : 'not'}">${why}</td></tr>`;
}
