import type { BucketScene } from './bucket-scene';
import { lineChart } from './charts';
import { figuresOf } from './figures';
import { html } from './html';
import type { IncidentScene } from './incident-scene';
import type { LabScene } from './lab-scene';
import type { Scene } from './scene';

/** A page that needs nothing but itself: timeline, before and after, receipt, latencies. */
export function reportPage(
  { groupId, steps, before, opened, after, receipt, latency, healed }: Scene,
  lab: LabScene,
  buckets: BucketScene,
  incident: IncidentScene,
): string {
  const isThere = (id: string) => after.some((rule) => rule.id === id);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Suture: what healed itself</title>
<style>
  :root { color-scheme: light; --ink: #1d2433; --dim: #667085; --line: #e3e7ee; --good: #0b7a4b; --bad: #b42318; --mark: #2e5bff; }
  body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
  h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
  .verdict { font-weight: 600; color: var(--good); } .verdict.not { color: var(--bad); }
  ol { list-style: none; margin: 0; padding: 0; border-left: 2px solid var(--line); }
  li { position: relative; padding: 0 0 1.1rem 1.25rem; }
  li::before { content: ''; position: absolute; left: -6px; top: .45rem; width: 10px; height: 10px; border-radius: 50%; background: var(--mark); }
  .bar { height: 4px; background: var(--line); margin: .2rem 0 .35rem; } .bar i { display: block; height: 4px; background: var(--mark); }
  .at { color: var(--dim); font-variant-numeric: tabular-nums; }
  code, td { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; } .lines { color: var(--dim); font-size: 13px; overflow-wrap: anywhere; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
  td:first-child { white-space: nowrap; padding-right: 1.2rem; } .kept { color: var(--good); } .revoked { color: var(--bad); }
  svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; } svg .grid { stroke: var(--line); } svg .axis, svg .tick { stroke: var(--dim); }
  .message { border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; } pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; }
  .ways td:first-child { white-space: normal; } details { margin: .5rem 0; } summary { cursor: pointer; font-weight: 600; }
</style>
</head>
<body>
<h1>What healed itself</h1>
<h2>A security group: ports 22, 465 and 993 opened to the internet</h2>
<p><code>${groupId}</code></p>
<p class="verdict ${healed ? '' : 'not'}">${healed ? 'What was opened is closed, everything else is as it was.' : 'The group was not healed.'}</p>

<h2>What happened</h2>
${timeline(steps)}

<h2>Before and after</h2>
<table><thead><tr><th></th><th>rule</th><th>opens</th><th>from</th><th>description</th></tr></thead>
<tbody>${[...before, ...opened].map(({ id, opens, from, description }) => html`<tr><td class="${isThere(id) ? 'kept' : 'revoked'}">${isThere(id) ? 'kept' : 'revoked'}</td><td>${id}</td><td>${opens}</td><td>${from}</td><td>${description}</td></tr>`)}</tbody></table>

<h2>The receipt</h2>
<p><code>${receipt.id}</code></p>
<table><thead><tr><th>entry</th><th></th><th>hash</th><th>follows</th></tr></thead>
<tbody>${receipt.entries.map(({ sk, kind, outcome = '', hash, previousHash }) => html`<tr><td>${sk}</td><td>${kind} ${outcome}</td><td>${hash}</td><td>${previousHash}</td></tr>`)}</tbody></table>
<p>The chain of ${receipt.entries.length} entries is ${receipt.intact ? 'intact' : 'broken'}.</p>

<h2>The same by AWS Config alone</h2>
${timeline(lab.steps)}
<p class="verdict ${lab.healed ? '' : 'not'}">${lab.healed ? 'The group is as its blueprint says, and compliant.' : 'The group was not healed.'}</p>

<h2>Buckets, made public in four ways</h2>
<table class="ways"><thead><tr><th></th><th>bucket</th><th>anybody, before</th><th>anybody, after</th></tr></thead>
<tbody>${buckets.ways.map(({ title, bucket, anybody }) => html`<tr><td>${title}</td><td>${bucket}</td><td class="${anybody.before === 200 ? 'revoked' : ''}">${anybody.before}</td><td class="${anybody.after === 403 ? 'kept' : 'revoked'}">${anybody.after}</td></tr>`)}</tbody></table>
${buckets.ways.map(({ title, steps }) => html`<details><summary>${title}</summary>${timeline(steps)}</details>`)}
<p class="verdict ${buckets.healed ? '' : 'not'}">${buckets.healed ? 'Every bucket is closed by its block; policies and ACLs are as they were.' : 'Not every bucket was healed.'}</p>

<h2>An instance that was taken over</h2>
<p><code>${incident.instanceId}</code> queries the domain of a command and control server: GuardDuty, severity 8</p>
${timeline(incident.steps)}
<table><thead><tr><th>interface</th><th>groups, before</th><th>groups, after</th></tr></thead>
<tbody>${incident.interfaces.map(({ id, before, after }) => html`<tr><td>${id}</td><td>${before}</td><td>${after}</td></tr>`)}</tbody></table>
<p>${incident.transitions} transitions of the workflow. The one message that the responder gets:</p>
<div class="message"><strong>${incident.message.subject}</strong><pre>${incident.message.body.split('\n').map((line) => html`${line}<br>`)}</pre></div>
<p class="verdict ${incident.contained ? '' : 'not'}">${incident.contained ? 'The instance is isolated, and its evidence kept.' : 'The instance was not isolated.'}</p>

<h2>From the change to the closed receipt, by the fast path</h2>
<p>In the twin on this machine. In AWS, CloudTrail takes most of a minute before the function begins.</p>
${responseTimes('Security group', latency.rounds)}
${responseTimes('Bucket', buckets.rounds)}
</body>
</html>
`.text;
}

/** Steps along a line, each with a bar for when it was reached. */
function timeline(steps: Scene['steps']) {
  const end = Math.max(1, ...steps.map(({ atMs }) => atMs).filter(Number.isFinite));
  return html`<ol>${steps.map(
    ({ title, atMs, lines }) => html`<li><strong>${title}</strong> <span class="at">+${Math.round(atMs)} ms</span>
  <div class="bar"><i style="width: ${((100 * atMs) / end).toFixed(1)}%"></i></div>
  ${lines.map((line) => html`<div class="lines">${line}</div>`)}</li>`,
  )}</ol>`;
}

function responseTimes(name: string, rounds: readonly number[]) {
  const figures = figuresOf(rounds);
  const title = `${name}: ${rounds.length} rounds, median ${figures?.p50} ms, p95 ${figures?.p95} ms, most ${figures?.max} ms`;
  return html`<h3>${title}</h3>${lineChart(title, [{ name, colour: '#2e5bff', values: rounds }], { x: 'round', y: 'milliseconds' })}`;
}
