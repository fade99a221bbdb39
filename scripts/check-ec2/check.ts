/**
 * Sends the same calls to Moto and to the twin's EC2 and compares errors and the rules that there are afterwards:
 * `npx tsx scripts/check-ec2/check.ts [calls] [seed]`. Needs Python 3 with venv and, once, its package index.
 * Exits 1 when they differ without an explanation, 2 when Moto cannot be run.
 *
 * @see https://docs.getmoto.org/en/latest/docs/services/ec2.html
 */
import { FIXED_STEPS } from './fixed-steps';
import { KNOWN_DIFFERENCES } from './known-differences';
import { NotRunnableError, startMoto } from './moto';
import { randomSteps } from './random-steps';
import { isSame, motoSide, type Outcome, type Side, twinSide } from './sides';
import { SETUP, type Step } from './steps';

/** Lines that are not, or not as often, among others. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function report(asked: Step, ours: Outcome, moto: Outcome): void {
  const say = ({ error, message, after }: Outcome, other: Outcome) =>
    `${error ?? 'done'}${message === undefined ? '' : ` (${message})`}; has alone: ${JSON.stringify(without(after, other.after))}`;
  console.error(
    `\n${asked.operation} ${JSON.stringify(asked.input)}\nmoto ${say(moto, ours)}\nours ${say(ours, moto)}`,
  );
}

/** Runs steps on both. After a difference both go on from what they have in common. */
async function compare(twin: Side, moto: Side, steps: readonly Step[]) {
  const result = { faults: 0, explained: 0, errors: 0, seen: new Set<string>() };
  for (const asked of steps) {
    const [theirs, ours] = [await moto.run(asked), await twin.run(asked)];
    if (ours.error !== undefined) result.errors += 1;
    if (isSame(ours, theirs)) continue;
    const known = KNOWN_DIFFERENCES.find(({ explains }) => explains(asked, ours, theirs));
    if (known) {
      result.explained += 1;
      result.seen.add(known.why);
    } else {
      result.faults += 1;
      report(asked, ours, theirs);
    }
    if (!/PrefixList/.test(asked.operation)) await Promise.all([moto.keepOnly(ours), twin.keepOnly(theirs)]);
  }
  return result;
}

async function main([count = '300', seed = '1']: readonly string[]): Promise<number> {
  const server = await startMoto();
  const [twin, moto] = [await twinSide(), motoSide(server.endpoint)];
  try {
    for (const asked of SETUP) {
      const [theirs, ours] = [await moto.run(asked), await twin.run(asked)];
      if (!isSame(ours, theirs)) report(asked, ours, theirs);
      if (ours.error ?? theirs.error) throw new Error('what the steps work on cannot be made');
    }
    const steps = [...FIXED_STEPS, ...randomSteps(Number(count), Number(seed))];
    const { faults, explained, errors, seen } = await compare(twin, moto, steps);
    // None may outlive a change of either side; each shows in a fixed step.
    const gone = KNOWN_DIFFERENCES.filter(({ why }) => !seen.has(why));
    for (const { why } of gone) console.error(`\nNo longer true in KNOWN_DIFFERENCES: ${why}`);
    console.log(
      `${steps.length} calls, of which ${errors} fail: ${faults} outcomes differ, apart from ${explained} that are explained.`,
      `${seen.size} of ${KNOWN_DIFFERENCES.length} known differences are true.`,
    );
    return faults + gone.length > 0 ? 1 : 0;
  } finally {
    await twin.stop();
    server.stop();
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const isMissing = error instanceof NotRunnableError;
    console.error(isMissing ? `Moto cannot be run: ${error.message}` : error);
    process.exitCode = isMissing ? 2 : 1;
  },
);
