/**
 * Sends the same calls to DynamoDB Local and to the twin's DynamoDB, and compares what comes back, except for the wording of
 * errors: `npx tsx scripts/check-dynamodb/check.ts [calls] [seed]`. Needs Java 17, Maven and, once, Maven Central.
 * Exits 1 when answers differ without an explanation, 2 when DynamoDB Local cannot be run.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.html
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { NotRunnableError, startDynamoDbLocal } from './dynamodb-local';
import { FIXED_STEPS } from './fixed-steps';
import { KNOWN_DIFFERENCES, type KnownDifference } from './known-differences';
import { isSame, localSide, type Outcome, ourSide, type Side } from './outcomes';
import { randomSteps } from './random-steps';
import { BINARY, NARROW, SETUP, type Step, step, WIDE } from './steps';

const KEYS = { [WIDE]: ['p', 's'], [NARROW]: ['n'], [BINARY]: ['p', 'b'] };

interface Sides {
  readonly ours: Side;
  readonly local: Side;
}

type Answers = Readonly<Record<keyof Sides, Outcome>>;

const askBoth = async ({ ours, local }: Sides, asked: Step): Promise<Answers> => ({
  local: await local(asked),
  ours: await ours(asked),
});

/** After a difference both go on from what the twin has. */
async function align(sides: Sides): Promise<void> {
  for (const [table, names] of Object.entries(KEYS)) {
    const scan = { ...step('Scan', { TableName: table }), unordered: true as const };
    const [wanted, actual] = await Promise.all(
      [sides.ours, sides.local].map(async (side) => {
        const { Items: items } = (await side(scan)).output as { Items: string[] };
        return items;
      }),
    );
    if (JSON.stringify(wanted) === JSON.stringify(actual)) continue;
    const items = (list: readonly string[] = []) => list.map((text) => revive(JSON.parse(text)));
    for (const item of items(actual)) {
      const key = Object.fromEntries(names.map((name) => [name, item[name]]));
      await sides.local(step('DeleteItem', { TableName: table, Key: key }));
    }
    for (const item of items(wanted)) await sides.local(step('PutItem', { TableName: table, Item: item }));
  }
}

/** Undoes what made bytes readable. */
function revive(value: unknown): Record<string, AttributeValue> {
  const read = (inner: unknown): unknown => {
    if (typeof inner === 'string' && /^bytes [\da-f]*$/.test(inner)) {
      return new Uint8Array(Buffer.from(inner.slice('bytes '.length), 'hex'));
    }
    if (Array.isArray(inner)) return inner.map(read);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, part]) => [name, read(part)]));
  };
  return read(value) as Record<string, AttributeValue>;
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Uint8Array ? `bytes ${Buffer.from(part).toString('hex')}` : part,
  );

function report(asked: Step, { ours, local }: Answers): void {
  console.error(`\n${asked.operation} ${show(asked.input)}\nlocal ${show(local)}\nours  ${show(ours)}`);
}

const explain = (asked: Step, { ours, local }: Answers): KnownDifference | undefined =>
  KNOWN_DIFFERENCES.find(({ explains }) => explains(asked, ours, local));

async function compare(
  sides: Sides,
  steps: readonly Step[],
): Promise<{ faults: number; explained: number; errors: number }> {
  const result = { faults: 0, explained: 0, errors: 0 };
  for (const asked of steps) {
    const answers = await askBoth(sides, asked);
    if (answers.ours.error !== undefined) result.errors += 1;
    if (isSame(answers.ours, answers.local)) continue;
    if (explain(asked, answers)) {
      result.explained += 1;
    } else {
      result.faults += 1;
      report(asked, answers);
    }
    await align(sides);
  }
  return result;
}

/** Each known difference must show in its example, so that none outlives a change of either side. */
async function outdated(sides: Sides): Promise<string[]> {
  const gone: string[] = [];
  for (const { why, example, explains } of KNOWN_DIFFERENCES) {
    let isSeen = false;
    for (const asked of example) {
      const answers = await askBoth(sides, asked);
      if (isSame(answers.ours, answers.local)) continue;
      isSeen ||= explains(asked, answers.ours, answers.local);
      if (!explains(asked, answers.ours, answers.local)) report(asked, answers);
      await align(sides);
    }
    if (!isSeen) gone.push(why);
  }
  return gone;
}

async function main([count = '5000', seed = '1']: readonly string[]): Promise<number> {
  const { client, stop } = await startDynamoDbLocal();
  try {
    const sides = { ours: ourSide(() => new Date()), local: localSide(client) };
    for (const asked of SETUP) {
      const { ours, local } = await askBoth(sides, asked);
      if (ours.error ?? local.error) throw new Error(`the tables cannot be made: ${show({ ours, local })}`);
    }
    const steps = [...FIXED_STEPS, ...randomSteps(Number(count), Number(seed))];
    const { faults, explained, errors } = await compare(sides, steps);
    const gone = await outdated(sides);
    for (const why of gone) console.error(`\nNo longer true in KNOWN_DIFFERENCES: ${why}`);
    console.log(
      `${steps.length} calls, of which ${errors} fail: ${faults} answers differ, apart from ${explained} that are explained.`,
      `${KNOWN_DIFFERENCES.length - gone.length} of ${KNOWN_DIFFERENCES.length} known differences are true.`,
    );
    return faults + gone.length > 0 ? 1 : 0;
  } finally {
    stop();
  }
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const isMissing = error instanceof NotRunnableError;
    console.error(isMissing ? `DynamoDB Local cannot be run: ${error.message}` : error);
    process.exitCode = isMissing ? 2 : 1;
  },
);
