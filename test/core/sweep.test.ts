import { limitOf } from '../../functions/core/decide';
import { handlerFor, type Services } from '../../functions/core/handler';
import type { Commit, Ledger } from '../../functions/core/ledger';
import type { WatchingRemediation } from '../../functions/core/remediation';
import { type House, type ShutDoor, Street } from '../support/doors';
import { policy } from '../support/policy';

// A sweep of a function, page by page, over a ledger that only remembers what it was told.

const HOUSES = Array.from({ length: 7 }, (_, index) => `house-${index}`);
const PAGE = 2;

interface Recorded {
  readonly invoked: object[];
  readonly commits: Commit[];
  readonly counted: number[];
  readonly evaluated: { readonly resourceId: string; readonly compliance: string }[];
  readonly metrics: { outcome: string; evaluations?: number }[];
}

function setUp(pending: readonly string[][] = []) {
  const recorded: Recorded = { invoked: [], commits: [], counted: [], evaluated: [], metrics: [] };
  const street = new Street();
  for (const [index, id] of HOUSES.entries()) street.house(id, ...(index % 3 === 0 ? ['front'] : []));
  const remediation: WatchingRemediation<House, ShutDoor> = {
    ...street.remediation(),
    async *discover(_home, _policy, from = '0') {
      for (let at = Number(from); at < HOUSES.length; at += PAGE) {
        const resources = HOUSES.slice(at, at + PAGE).map((id) => ({
          id,
          state: { open: [...(street.houses.get(id) ?? [])] },
        }));
        yield { resources, ...(at + PAGE < HOUSES.length && { next: String(at + PAGE) }) };
      }
    },
  };
  const ledger = {
    open: async () => ({
      policy: policy(),
      policyHash: 'hash',
      exceptions: [],
      budget: { window: 'w', used: 0, known: false, seen: 0 },
    }),
    commit: async (commit: Commit) => {
      recorded.commits.push(commit);
      return { committed: true };
    },
    async *pending() {
      yield* pending;
    },
    count: async (_name: string, seen: number) => {
      recorded.counted.push(seen);
    },
  } as unknown as Ledger;
  const services: Services = {
    ledger,
    telemetry: {
      info: () => undefined,
      error: () => undefined,
      count: (one) => recorded.metrics.push(one),
      swept: () => undefined,
    },
    tell: async () => undefined,
    invoke: async (_name, input) => {
      recorded.invoked.push(input);
    },
    evaluate: async (_wake, answers) => {
      recorded.evaluated.push(...answers);
    },
  };
  const run = (event: object, remainingMs = 60_000) =>
    handlerFor([remediation], services)(event, {
      awsRequestId: 'r',
      functionName: 'HouseSelfHeal',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:HouseSelfHeal',
      getRemainingTimeInMillis: () => remainingMs,
    });
  return { recorded, run };
}

it('invokes the function once for each resource in question, and sums up', async () => {
  const { recorded, run } = setUp();
  expect(await run({ sweep: {} })).toMatchObject({ sweep: { seen: 7, violating: 3 } });
  expect(recorded.invoked).toMatchObject([{ houseId: 'house-0' }, { houseId: 'house-3' }, { houseId: 'house-6' }]);
  expect(recorded.counted).toEqual([7]);
  expect(recorded.commits).toHaveLength(1);
  expect(recorded.commits[0]?.entries).toMatchObject([
    { subject: { type: 'Suture::Sweep', id: 'house' }, reason: expect.stringMatching(/: 7 seen, 3 in question$/) },
  ]);
  expect(recorded.metrics.reduce((sum, { evaluations = 1 }) => sum + evaluations, 0)).toBe(4);
});

it('goes on where it was in a further invocation when its time runs short, and sums up at the end alone', async () => {
  const { recorded, run } = setUp();
  let [event, invocations]: [object, number] = [{ sweep: {} }, 0];
  for (;;) {
    await run(event, 1_000);
    invocations += 1;
    const last = recorded.invoked.at(-1) as { sweep?: object };
    if (!last.sweep) break;
    recorded.invoked.pop();
    event = last;
  }
  expect(invocations).toBe(4);
  expect(recorded.invoked).toMatchObject([{ houseId: 'house-0' }, { houseId: 'house-3' }, { houseId: 'house-6' }]);
  expect(recorded.commits).toHaveLength(1);
  expect(recorded.counted).toEqual([7]);
});

it('takes up first what is pending, and nothing else if that is all that is asked', async () => {
  const { recorded, run } = setUp([['house-1', 'house-2'], [], ['house-9']]);
  await run({ sweep: { only: 'pending' } });
  expect(recorded.invoked).toMatchObject([{ houseId: 'house-1' }, { houseId: 'house-2' }, { houseId: 'house-9' }]);
  expect(recorded.commits).toEqual([]);
  expect(recorded.metrics).toEqual([]);
});

it('answers a scheduled Config rule about everything', async () => {
  const { recorded, run } = setUp();
  await run({
    invokingEvent: JSON.stringify({
      messageType: 'ScheduledNotification',
      notificationCreationTime: '2026-10-05T12:00:00.373Z',
    }),
    resultToken: 'token',
    configRuleName: 'rule',
    configRuleArn: 'arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-a1b2c3',
    accountId: '111122223333',
  });
  expect(recorded.evaluated.map(({ resourceId, compliance }) => [resourceId, compliance])).toEqual(
    HOUSES.map((id, index) => [id, index % 3 === 0 ? 'NON_COMPLIANT' : 'COMPLIANT']),
  );
});

it.each([
  ['an unknown key', { sweep: { force: true } }],
  ['a count that is none', { sweep: { seen: -1 } }],
  ['something else beside it', { sweep: {}, houseId: 'house-1' }],
])('refuses %s', async (_case, event) => {
  const { recorded, run } = setUp();
  await expect(run(event)).rejects.toThrow('does not match its schema');
  expect(recorded.invoked).toEqual([]);
});

it.each([
  [0, 100],
  [499, 100],
  [1_000, 200],
  [50_000, 10_000],
])('%d resources seen allow %d changes an hour: the larger of a floor and a fifth of them', (seen, limit) => {
  expect(limitOf({ policy: policy(), budget: { window: 'w', used: 0, known: true, seen } })).toBe(limit);
});
