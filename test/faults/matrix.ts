import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Entry } from '../../functions/core/ledger';
import { names } from '../../modules/names';
import type { Variant } from '../support/stacks';
import { type Call, type Fault, TestTwin } from '../support/twin';

// Whatever goes wrong at whichever call, after 180 seconds the end is the same: the resource is healed, nothing else has changed, no
// action had more than one successful call, and the chain is whole. The calls are not listed here: a run without faults shows them.

/** What can be done to a call. */
const faults: Readonly<Record<string, (call: Call) => Omit<Fault, 'operation'>>> = {
  'killed before': () => ({ kill: 'before' }),
  'killed after': () => ({ kill: 'after' }),
  throttled: ({ service }) => ({
    error:
      {
        ec2: 'RequestLimitExceeded',
        dynamodb: 'ThrottlingException',
        lambda: 'TooManyRequestsException',
        s3: 'SlowDown',
        sns: 'Throttling',
      }[service] ?? 'Throttling',
  }),
  denied: ({ service }) => ({
    error:
      { ec2: 'UnauthorizedOperation', s3: 'AccessDenied', s3control: 'AccessDenied' }[service] ??
      'AccessDeniedException',
  }),
  delayed: () => ({ delayMs: 150 }),
};

/** Calls that every path makes. The plainest path shows what faults in them come to; to be killed at one ends otherwise on each. */
const COMMON = [
  'BatchGetItem',
  'DescribeSecurityGroups',
  'DescribeSecurityGroupRules',
  'TransactWriteItems',
  'RevokeSecurityGroupIngress',
];

/** Calls that leave nothing behind: killed after one, a function has done no more than if it was killed before. */
const READS = /^(BatchGet|Describe|Get|List|Query|Scan)/;

/** Asked again until a list's change is over: how often is left to chance. */
const POLL = 'DescribeManagedPrefixLists';

/** Three minutes may or may not cross the hour. */
const SCHEDULES = [names('').securityGroup, names('').bucket].flatMap(({ sweepRule, pendingRule }) => [
  sweepRule,
  pendingRule,
]);

/** One way to be healed. */
export interface Path {
  readonly variant: Variant;
  /** Whether it shows every fault at every call, those that all paths make included. @default false */
  readonly plainest?: boolean;
  /** The calls at which faults are shown. @default all */
  readonly only?: RegExp;
  /** Calls that are made several times for the same reason: the first stands for the others. @default none */
  readonly alike?: RegExp;
  /** Whether AWS Config records. @default false, and CloudTrail alone wakes the function */
  readonly config?: boolean;
  /** Whether the change and its undoing wake invocations that may overlap. @default where AWS Config records */
  readonly overlaps?: boolean;
  /** EventBridge rules that are switched off. @default none */
  readonly disabledRules?: readonly string[];
  readonly role: string;
  /** The calls that change something. */
  readonly mutating: readonly string[];
  /** What a plan calls the action that makes a call. @default as the call */
  readonly kinds?: Readonly<Record<string, string>>;
  /** Makes a resource that is in order, or that nobody looked at yet, and says how its heal is brought about. */
  arrange(twin: TestTwin): Promise<{ id: string; open: () => Promise<unknown> }>;
  /** Expects the resource to be healed. */
  healed(twin: TestTwin, id: string): Promise<void>;
  /** Everything that must stay as it is. */
  others(twin: TestTwin, id: string): Promise<unknown>;
  chain(twin: TestTwin, id: string): Promise<Entry[]>;
}

/** A path under every fault at every call. Each path is a file of its own, so that they run beside one another. */
export function endsTheSame(path: Path): void {
  let twin: TestTwin;
  let expected: Call[];

  beforeAll(async () => {
    twin = await (path.config ? TestTwin.startWithConfig(path.variant) : TestTwin.start(path.variant));
    for (const Name of [...SCHEDULES, ...(path.disabledRules ?? [])])
      await new EventBridgeClient(twin.config).send(new DisableRuleCommand({ Name }));
    expected = (await run()).calls;
  });
  afterAll(() => twin.stop());

  /** Opens a new group under a fault, and waits three minutes of the twin's time. */
  async function run(fault?: Fault): Promise<{ calls: Call[]; hit: boolean }> {
    const { id, open } = await path.arrange(twin);
    await twin.settle();
    const others = JSON.stringify(await path.others(twin, id));
    const since = await twin.mark();
    if (fault) await twin.fault({ ...fault, principal: path.role });
    await open();
    await twin.advance(180);
    await twin.settle();
    const { faults: waiting } = await twin.control<{ faults: unknown[] }>('GET', '/faults');
    await twin.clearFaults();

    await path.healed(twin, id);
    expect(JSON.stringify(await path.others(twin, id))).toBe(others);
    const calls = (await twin.calls(since)).filter(({ principal }) => principal.includes(`/${path.role}/`));
    checkEffects(path, calls, await path.chain(twin, id));
    return { calls, hit: waiting.length === 0 };
  }

  it.each(Object.keys(faults))('ends the same when any one call is %s', async (kind) => {
    expect(expected.length).toBeGreaterThanOrEqual(7);
    const seen = new Map<string, number>();
    for (const call of expected) {
      const operation = `${call.service}:${call.operation}`;
      const skip = seen.get(operation) ?? 0;
      seen.set(operation, skip + 1);
      if (path.only && !path.only.test(call.operation)) continue;
      if (!path.plainest && !kind.startsWith('killed') && COMMON.includes(call.operation)) continue;
      if (!path.plainest && kind === 'killed after' && READS.test(call.operation)) continue;
      if (skip > 0 && (call.operation === POLL || path.alike?.test(call.operation))) continue;
      const make = faults[kind] ?? (() => ({}));
      const { hit } = await run({ operation, skip, ...make(call) });
      // Where invocations overlap, it is left to chance whether one joins another, and how often one looks.
      if (!(path.overlaps ?? path.config) || (skip === 0 && call.operation !== 'UpdateItem'))
        expect({ operation, skip, hit }).toEqual({ operation, skip, hit: true });
    }
  });
}

/** At most one successful mutating call for each action that was planned, and each of them receipted. */
function checkEffects({ mutating, kinds = {} }: Path, calls: readonly Call[], chain: readonly Entry[]): void {
  const effects = calls.filter(({ operation, error }) => mutating.includes(operation) && error === null);
  const texts = effects.map(({ operation, parameters }) => JSON.stringify([operation, parameters]));
  expect(new Set(texts).size).toBe(texts.length);
  const planned = chain
    .filter(({ kind }) => kind === 'intent')
    .flatMap(({ actions }) => actions.map(({ kind }) => kind));
  for (const operation of mutating) {
    expect(effects.filter((call) => call.operation === operation).length).toBeLessThanOrEqual(
      planned.filter((kind) => kind === (kinds[operation] ?? operation)).length,
    );
  }
  expect(chain.some(({ kind, outcome }) => kind === 'outcome' && outcome === 'REMEDIATED')).toBe(true);
}
