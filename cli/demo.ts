import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { names } from '../modules/names';
import { type BucketScene, makeBucketsPublic } from './bucket-scene';
import { figuresOf } from './figures';
import { containAnInstance, type IncidentScene } from './incident-scene';
import { healTheLab, type LabScene } from './lab-scene';
import { root } from './project';
import { reportPage } from './report';
import { openToTheInternet, type Scene } from './scene';
import { clean, columns, paint, UsageError } from './terminal';
import { TwinProcess } from './twin-process';

const out = join(root, 'out');

/**
 * Shows the whole of Suture on a laptop: makes the bundles and the Terraform, starts an account from them, opens ports to the
 * internet, makes buckets public, and tells from the account's own journal and ledger what came of it.
 */
export async function demo({ rounds, json = false }: { rounds: number; json?: boolean }): Promise<void> {
  if (rounds < 1) throw new UsageError('--rounds must be at least 1');
  const say = (text: string) => (json ? undefined : console.log(text));
  say(
    paint(
      'bold',
      'Suture: security groups and buckets heal themselves, an instance that was taken over is contained, in an account made from the Terraform that would be deployed.\n',
    ),
  );
  run('scripts/bundle.ts', '--if-stale');
  run('main.ts', '--settings', join(root, 'cli', 'demo-settings.json'), '--out', join(out, 'demo'));
  const twin = await TwinProcess.start(join(out, 'demo', 'stacks', names('').stack));
  let scene: Scene;
  let lab: LabScene;
  let buckets: BucketScene;
  let incident: IncidentScene;
  try {
    say(
      paint('dim', `The account ${twin.ready.accountId} listens at ${twin.ready.endpoint}, in ${twin.ready.region}.\n`),
    );
    scene = await openToTheInternet(twin, rounds);
    lab = await healTheLab(twin);
    buckets = await makeBucketsPublic(twin, rounds);
    incident = await containAnInstance(twin);
  } finally {
    await twin.stop();
  }
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'demo.json'), `${JSON.stringify({ ...scene, lab, buckets, incident }, null, 2)}\n`);
  writeFileSync(join(out, 'demo.html'), reportPage(scene, lab, buckets, incident));
  if (json) console.log(JSON.stringify({ ...scene, lab, buckets, incident }, null, 2));
  else tell(scene, lab, buckets, incident);
  if (!scene.healed || !lab.healed || !buckets.healed || !incident.contained)
    throw new Error('not everything was healed and contained as expected');
}

/** Runs one of the project's own scripts. Its warnings are ours to show, its progress is not. */
function run(script: string, ...given: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join(root, script), ...given], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${script} failed: ${stderr.trim()}`);
}

function tell(
  { steps, before, opened, after, receipt, latency, messages, healed }: Scene,
  lab: LabScene,
  buckets: BucketScene,
  incident: IncidentScene,
): void {
  tellSteps(steps);
  const row = (mark: string, { id, opens, from, description }: (typeof before)[number]) => [
    mark,
    id,
    opens,
    from,
    clean(description),
  ];
  const isThere = (id: string) => after.some((rule) => rule.id === id);
  console.log(`\n${paint('bold', 'The group, before and after')}`);
  console.log(
    columns([
      ['', 'rule', 'opens', 'from', ''],
      ...[...before, ...opened].map((rule) => row(isThere(rule.id) ? 'kept' : 'revoked', rule)),
    ]),
  );
  console.log(`\n${paint('bold', 'The receipt')}  ${receipt.id}`);
  console.log(
    columns(
      receipt.entries.map(({ sk, kind, outcome = '', hash, previousHash }) => [
        sk,
        kind,
        outcome,
        `${hash.slice(0, 12)}… follows ${previousHash.slice(0, 12)}…`,
      ]),
    ),
  );
  console.log(`chain of ${receipt.entries.length} entries: ${receipt.intact ? 'intact' : 'BROKEN'}`);
  console.log(paint('bold', '\nThe same by AWS Config alone'));
  tellSteps(lab.steps);
  console.log(paint('bold', '\nBuckets, made public in four ways'));
  for (const { title, bucket, steps: way } of buckets.ways) {
    console.log(`\n${paint('bold', title)}  ${paint('dim', bucket)}`);
    tellSteps(way);
  }
  tellIncident(incident);
  if (messages.length > 0)
    console.log(
      `\n${paint('bold', 'Mail meanwhile')}\nTo time one path alone, the demo stops AWS Config: to stop what Suture sees by is an incident, whoever does it.\n${messages.map(({ to, subject }) => `${to}: ${clean(subject)}`).join('\n')}`,
    );
  console.log(`\n${paint('bold', 'From the change to the closed receipt, by the fast path')}`);
  for (const [what, rounds] of [
    ['security group', latency.rounds],
    ['bucket', buckets.rounds],
  ] as const) {
    const { count, p50, p95, max } = figuresOf(rounds) ?? { count: 0, p50: 0, p95: 0, max: 0 };
    console.log(`${what.padEnd(16)}${count} rounds: median ${p50} ms, p95 ${p95} ms, most ${max} ms`);
  }
  console.log(
    healed && lab.healed && buckets.healed && incident.contained
      ? paint('green', '\nHealed and contained: what was opened is closed, everything else is as it was.')
      : paint('red', '\nNot healed.'),
  );
  console.log(`Report: ${relative(process.cwd(), join(out, 'demo.html'))}`);
}

function tellIncident({ instanceId, steps, interfaces, transitions, message }: IncidentScene): void {
  console.log(
    `${paint('bold', '\nAn instance that was taken over: GuardDuty, severity 8')}  ${paint('dim', instanceId)}`,
  );
  tellSteps(steps);
  console.log(
    columns([
      ['interface', 'groups before', 'groups after'],
      ...interfaces.map(({ id, before, after }) => [id, before, after]),
    ]),
  );
  console.log(`${transitions} transitions. The one message that the responder gets:\n`);
  console.log(`  ${paint('bold', clean(message.subject))}`);
  for (const line of message.body.split('\n')) console.log(`  ${clean(line)}`);
}

function tellSteps(steps: Scene['steps']): void {
  for (const { title, atMs, lines } of steps) {
    console.log(`${paint('cyan', `+${String(Math.round(atMs)).padStart(4)} ms`)}  ${paint('bold', title)}`);
    for (const line of lines) console.log(`          ${clean(line)}`);
  }
}
