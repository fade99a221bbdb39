import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { digest } from '../../functions/core/canonical';
import { type HealContext, heal } from '../../functions/core/heal';
import { type Entry, isIntact, type Ledger, ledgerKey } from '../../functions/core/ledger';
import { DynamoLedger } from '../../functions/core/ledger-dynamodb';
import type { Subject } from '../../functions/core/remediation';
import { type House, planHouse, type ShutDoor, Street, subject } from '../support/doors';
import { TestTwin } from '../support/twin';

// The protocol of functions/core/heal.ts over the real ledger, in the twin's DynamoDB, with a remediation that is nothing like the
// security groups: what is shared is shared for good.

let twin: TestTwin;
let ledger: DynamoLedger;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  ledger = new DynamoLedger(twin.dynamodb, 'SutureLedger');
});
afterAll(() => twin.stop());

let street: Street;
let told: { subject: string; reason: string }[];
let lines: string[];
let count = 0;
beforeEach(() => {
  street = new Street();
  told = [];
  lines = [];
  count += 1;
});

const id = (name = '') => `house-${count}${name}`;
const context = (parts: Partial<HealContext> = {}): HealContext => ({
  ledger,
  now: Date.now,
  invocation: `invocation-${count}`,
  holder: `holder-${count}-${Math.random()}`,
  announce: (line) => lines.push(line),
  decided: () => undefined,
  tell: async (message) => {
    told.push(message);
  },
  ...parts,
});
const healed = async (house: Subject, parts: Partial<HealContext> = {}, remediation = street.remediation()) =>
  heal(remediation, house, context(parts));

async function item(pk: string, sk: string): Promise<Record<string, unknown> | undefined> {
  const { Item } = await twin.dynamodb.send(
    new GetItemCommand({ TableName: 'SutureLedger', Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true }),
  );
  return Item && unmarshall(Item);
}
const head = (house: Subject) => item(ledgerKey(house), 'HEAD');
async function entries(house: Subject): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let seq = 1; ; seq++) {
    const entry = (await item(ledgerKey(house), `E#${String(seq).padStart(10, '0')}`)) as unknown as Entry | undefined;
    if (!entry) return found;
    expect(isIntact(entry)).toBe(true);
    expect(entry.previousHash).toBe(found.at(-1)?.hash ?? '0'.repeat(64));
    found.push(entry);
  }
}
const history = (house: Subject) => entries(house).then((all) => all.map(({ kind, outcome }) => [kind, outcome]));

/** A ledger in which something else happens before the nth of its calls, commits if not said otherwise. */
const disturbed = (before: (nth: number) => Promise<void>, method: 'commit' | 'open' = 'commit'): Ledger => {
  let calls = 0;
  return new Proxy(ledger, {
    get: (target, key) => {
      const call = Reflect.get(target, key).bind(target);
      if (key !== method) return call;
      return async (...given: unknown[]) => {
        calls += 1;
        await before(calls);
        return call(...given);
      };
    },
  });
};

describe('a plain heal', () => {
  it('is an intent, the actions in their order, and an outcome', async () => {
    const house = street.house(id(), 'front', 'back');
    const [decision, ...more] = await healed(house);
    expect(more).toEqual([]);
    expect(decision).toMatchObject({
      outcome: 'REMEDIATED',
      reason: 'open: front, back',
      receipt: `${ledgerKey(house)}/E#0000000002`,
    });
    expect(street.shut).toEqual(['front', 'back']);
    expect(lines).toEqual(['Shutting front', 'Shutting back']);
    const [intent, outcome] = await entries(house);
    expect(intent).toMatchObject({
      kind: 'intent',
      actions: [{ door: 'front' }, { door: 'back' }],
      before: { touched: ['front', 'back'] },
    });
    expect(intent).not.toHaveProperty('outcome');
    expect(outcome).toMatchObject({
      kind: 'outcome',
      outcome: 'REMEDIATED',
      results: [
        { done: true, requestIds: ['request-front'] },
        { done: true, requestIds: ['request-back'] },
      ],
      after: { touched: [] },
    });
    expect(await head(house)).toEqual({
      pk: ledgerKey(house),
      sk: 'HEAD',
      seq: 2,
      hash: outcome?.hash,
      digest: expect.any(String),
      fixes: { since: expect.any(Number), count: 1, by: [] },
    });
  });

  it('finds nothing to do the next time, and says so once', async () => {
    const house = street.house(id(), 'front');
    await healed(house);
    expect(await healed(house)).toMatchObject([
      { outcome: 'NO_ACTION', receipt: expect.stringContaining('E#0000000003') },
    ]);
    const [again] = await healed(house);
    expect(again).toMatchObject({ outcome: 'NO_ACTION' });
    expect(again).not.toHaveProperty('receipt');
    expect(await entries(house)).toHaveLength(3);
  });

  it('leaves other resources, and the other remediation, alone', async () => {
    const [house, neighbour] = [street.house(id(), 'front'), street.house(id('n'), 'back')];
    await healed(house);
    expect(await entries(neighbour)).toEqual([]);
    expect(street.houses.get(neighbour.id)).toEqual(new Set(['back']));
    expect(await item('BUDGET#security-group', 'CURRENT')).toBeUndefined();
    expect(await item('BUDGET#house', 'CURRENT')).toMatchObject({ used: expect.any(Number) });
  });
});

describe('modes', () => {
  it.each([
    ['observe', 'DRY_RUN'],
    ['approve', 'HELD'],
  ] as const)('%s changes nothing, and writes one entry for one decision', async (mode, outcome) => {
    const house = street.house(id(), 'front');
    const remediation = street.remediation(mode);
    expect(await healed(house, {}, remediation)).toMatchObject([{ outcome }]);
    expect(await healed(house, { invocation: 'another' }, remediation)).toMatchObject([{ outcome }]);
    expect(street.shut).toEqual([]);
    expect(await history(house)).toEqual([['decision', outcome]]);
    expect(told).toHaveLength(mode === 'approve' ? 1 : 0);
    street.houses.get(house.id)?.add('back');
    await healed(house, {}, remediation);
    expect(await history(house)).toEqual([
      ['decision', outcome],
      ['decision', outcome],
    ]);
    expect(told).toHaveLength(mode === 'approve' ? 2 : 0);
  });

  it('a dry run observes whatever the mode', async () => {
    const house = street.house(id(), 'front');
    expect(await healed(house, { dryRun: true })).toMatchObject([{ outcome: 'DRY_RUN', mode: 'observe' }]);
    expect(street.shut).toEqual([]);
  });

  it('a message that could not be sent is sent by the next try of the same invocation, and by no other', async () => {
    const house = street.house(id(), 'front');
    const remediation = street.remediation('approve');
    const fails = async () => Promise.reject(new Error('no network'));
    await expect(healed(house, { tell: fails }, remediation)).rejects.toThrow('no network');
    await healed(house, { invocation: 'another' }, remediation);
    expect(told).toEqual([]);
    await healed(house, {}, remediation);
    expect(told).toHaveLength(1);
  });

  it('what the planner holds a part of is done otherwise, and told once it is', async () => {
    const house = street.house(id(), 'front', 'cellar');
    const remediation = street.remediation('enforce', ({ open }) => ({
      actions: open.filter((door) => door !== 'cellar').map((door) => ({ kind: 'ShutDoor', door })),
      exempt: [],
      reason: `open: ${open.join(', ')}`,
      held: 'somebody may be in the cellar',
    }));
    expect((await healed(house, {}, remediation)).map(({ outcome }) => outcome)).toEqual(['REMEDIATED']);
    expect((await healed(house, {}, remediation)).map(({ outcome }) => outcome)).toEqual(['HELD']);
    expect(street.shut).toEqual(['front']);
    expect(told).toEqual([{ subject: `${house.id} needs a person`, reason: 'somebody may be in the cellar' }]);
  });

  it('what the planner holds is held, and told', async () => {
    const house = street.house(id(), 'front');
    const holding = street.remediation('enforce', () => ({
      actions: [],
      exempt: [],
      reason: '',
      held: 'somebody lives here',
    }));
    expect(await healed(house, {}, holding)).toMatchObject([{ outcome: 'HELD', reason: 'somebody lives here' }]);
    expect(told).toMatchObject([{ reason: 'somebody lives here' }]);
  });
});

describe('what cannot be read stops everything', () => {
  const policyKey = { pk: { S: 'POLICY' }, sk: { S: 'CURRENT' } };

  it.each([
    ['no policy', (policy: Record<string, unknown>) => (policy.document ? undefined : policy), 'there is no policy'],
    [
      'another document than its hash says',
      (policy: Record<string, unknown>) => ({
        ...policy,
        document: { ...(policy.document as object), exceptions: [{ id: 'mine' }] },
      }),
      'hash',
    ],
    [
      'a policy of another version',
      (policy: Record<string, unknown>) => ({ ...policy, ...versioned(policy.document as object, 99) }),
      'version 99',
    ],
  ])('%s', async (_case, change, message) => {
    const house = street.house(id(), 'front');
    const original = await item('POLICY', 'CURRENT');
    const changed = change(original ?? {});
    if (changed) await twin.dynamodb.send(new PutItemCommand({ TableName: 'SutureLedger', Item: marshall(changed) }));
    else await twin.dynamodb.send(new DeleteItemCommand({ TableName: 'SutureLedger', Key: policyKey }));
    await expect(healed(house)).rejects.toMatchObject({
      name: 'UnreadableStateError',
      message: expect.stringContaining(message),
    });
    expect(street.shut).toEqual([]);
    expect(await entries(house)).toEqual([]);
    await twin.dynamodb.send(new PutItemCommand({ TableName: 'SutureLedger', Item: marshall(original) }));
  });

  function versioned(document: object, version: number) {
    const changed = { ...document, version };
    return { document: changed, hash: digest(changed) };
  }

  it('a state that cannot be read', async () => {
    const house = street.house(id(), 'front');
    street.onRead = () => Promise.reject(new Error('access denied'));
    await expect(healed(house)).rejects.toThrow('access denied');
    expect(await entries(house)).toEqual([]);
  });

  it('a plan that cannot be made', async () => {
    const house = street.house(id(), 'front');
    const confused = street.remediation('enforce', () => {
      throw new Error('what is that?');
    });
    await expect(healed(house, {}, confused)).rejects.toThrow('what is that?');
    expect(await entries(house)).toEqual([]);
  });
});

describe('what AWS refuses', () => {
  it('is PARTIAL when some of it worked, with both lists', async () => {
    const house = street.house(id(), 'front', 'back');
    street.onShut = (door) => {
      if (door === 'front') throw new Error('jammed');
    };
    expect(await healed(house)).toMatchObject([
      {
        outcome: 'PARTIAL',
        reason: '1 of 2 actions not in effect: jammed',
        results: [{ done: false, error: 'Error: jammed' }, { done: true }],
      },
    ]);
    expect(await history(house)).toEqual([
      ['intent', undefined],
      ['outcome', 'PARTIAL'],
    ]);
    expect(await head(house)).not.toHaveProperty('holder');
  });

  it('is FAILED when none of it did', async () => {
    const house = street.house(id(), 'front');
    street.onShut = () => Promise.reject(new Error('jammed'));
    expect(await healed(house)).toMatchObject([{ outcome: 'FAILED', error: { message: 'jammed' } }]);
  });

  it('is REMEDIATED all the same when the state shows it done: the answer was lost, not the effect', async () => {
    const house = street.house(id(), 'front');
    street.onShut = (door, houseId) => {
      street.houses.get(houseId)?.delete(door);
      throw new Error('connection reset');
    };
    expect(await healed(house)).toMatchObject([
      { outcome: 'REMEDIATED', results: [{ done: true, requestIds: [], error: 'Error: connection reset' }] },
    ]);
  });

  it('never counts as done what the state does not show', async () => {
    const house = street.house(id(), 'front');
    street.stuck.add('front');
    const { readBack, ...rest } = street.remediation();
    let reads = 0;
    const counting = {
      ...rest,
      readBack: (...given: Parameters<typeof readBack>) => {
        reads += 1;
        return readBack(...given);
      },
    };
    // Time runs out after the second look.
    const began = Date.now();
    const [decision] = await healed(house, { now: () => (reads >= 2 ? began + 29_950 : began) }, counting);
    expect(decision).toMatchObject({ outcome: 'FAILED', results: [{ done: false, requestIds: ['request-front'] }] });
    expect(reads).toBeGreaterThanOrEqual(2);
  });

  it('is awaited: what AWS shows late is done', async () => {
    const house = street.house(id(), 'front');
    street.stuck.add('front');
    setTimeout(() => street.houses.get(house.id)?.delete('front'), 250);
    expect(await healed(house)).toMatchObject([{ outcome: 'REMEDIATED' }]);
  });

  it('stops what needs it, and nothing else', async () => {
    const house = street.house(id(), 'front', 'back', 'cellar');
    const dependent = street.remediation('enforce', (state) => ({
      ...planHouse(state),
      actions: [
        { kind: 'ShutDoor', door: 'front' },
        { kind: 'ShutDoor', door: 'back', needs: 0 },
        { kind: 'ShutDoor', door: 'cellar' },
      ],
    }));
    street.onShut = (door) => {
      if (door === 'front') throw new Error('jammed');
    };
    expect(await healed(house, {}, dependent)).toMatchObject([{ outcome: 'PARTIAL' }]);
    expect(street.shut).toEqual(['cellar']);
  });

  it('for want of room is HELD for a person, told once, and everything else is done', async () => {
    const house = street.house(id(), 'front', 'back');
    street.held.add('back');
    expect(await healed(house)).toMatchObject([
      { outcome: 'HELD', reason: 'no room for back', results: [{ done: true }, { done: false }] },
    ]);
    expect(street.shut).toEqual(['front']);
    await healed(house, { invocation: 'another' });
    expect(told.filter(({ reason }) => reason === 'no room for back').length).toBeLessThanOrEqual(2);
    await healed(house, { invocation: 'a third' });
    expect(told.filter(({ reason }) => reason === 'no room for back').length).toBeLessThanOrEqual(2);
  });

  it('a read-back that fails claims nothing: the intent stays open, and is closed from live state', async () => {
    const house = street.house(id(), 'front');
    const { readBack: _readBack, ...rest } = street.remediation();
    const blind = { ...rest, readBack: () => Promise.reject(new Error('access denied')) };
    await expect(healed(house, {}, blind)).rejects.toThrow('access denied');
    expect(await history(house)).toEqual([['intent', undefined]]);
    expect(await healed(house, { now: () => Date.now() + 46_000 })).toMatchObject([
      { outcome: 'REMEDIATED', recovered: true },
      { outcome: 'NO_ACTION' },
    ]);
    expect(street.shut).toEqual(['front']);
  });

  it('a resource that goes away meanwhile is GONE', async () => {
    const house = street.house(id(), 'front');
    street.onShut = () => {
      street.houses.delete(house.id);
    };
    expect(await healed(house)).toMatchObject([{ outcome: 'GONE' }]);
    expect(await history(house)).toEqual([
      ['intent', undefined],
      ['outcome', 'GONE'],
    ]);
  });

  it('a resource that nobody ever heard of leaves no trace', async () => {
    expect(await healed(subject(id()))).toMatchObject([{ outcome: 'GONE' }]);
    expect(await head(subject(id()))).toBeUndefined();
  });
});

describe('two at one resource', () => {
  it('the second leaves, and the first looks again before it closes', async () => {
    const house = street.house(id(), 'front');
    let second: Promise<unknown> | undefined;
    street.onShut = async (door) => {
      if (door !== 'front') return;
      street.houses.get(house.id)?.add('back');
      second = healed(house, { holder: 'second' });
      await second;
    };
    const decisions = await healed(house);
    expect(await second).toMatchObject([{ outcome: 'JOINED' }]);
    expect(decisions).toMatchObject([
      { outcome: 'REMEDIATED', reason: 'open: front' },
      { outcome: 'REMEDIATED', reason: 'open: back' },
    ]);
    expect(await history(house)).toEqual([
      ['intent', undefined],
      ['outcome', 'REMEDIATED'],
      ['intent', undefined],
      ['outcome', 'REMEDIATED'],
    ]);
    expect(street.houses.get(house.id)).toEqual(new Set());
  });

  it('one that comes between the read-back and the outcome is not lost either', async () => {
    const house = street.house(id(), 'front');
    const racing = disturbed(async (commit) => {
      if (commit !== 2) return;
      street.houses.get(house.id)?.add('back');
      expect(await healed(house, { holder: 'second' })).toMatchObject([{ outcome: 'JOINED' }]);
    });
    expect(await healed(house, { ledger: racing })).toHaveLength(2);
    expect(street.houses.get(house.id)).toEqual(new Set());
  });

  it('one that comes while the resource seems gone is not lost when it comes back', async () => {
    const house = street.house(id(), 'front');
    street.onShut = () => {
      street.houses.delete(house.id);
    };
    let commits = 0;
    const returning: Ledger = Object.create(ledger, {
      commit: {
        value: async (...args: Parameters<Ledger['commit']>) => {
          commits += 1;
          if (commits === 2) {
            street.onShut = () => undefined;
            street.house(house.id, 'front');
            expect((await healed(house)).map(({ outcome }) => outcome)).toEqual(['JOINED']);
          }
          return ledger.commit(...args);
        },
      },
    }) as Ledger;
    const decisions = await healed(house, { ledger: returning });
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['GONE', 'REMEDIATED']);
    expect(street.houses.get(house.id)).toEqual(new Set());
  });

  it('of two that read at the same time, one writes the intent', async () => {
    const house = street.house(id(), 'front');
    let first: Promise<unknown> | undefined;
    const racing = disturbed(async (commit) => {
      if (commit !== 1) return;
      first = healed(house, { holder: 'first' });
      await first;
    });
    expect(await healed(house, { ledger: racing })).toMatchObject([{ outcome: 'NO_ACTION' }]);
    expect(await first).toMatchObject([{ outcome: 'REMEDIATED' }]);
    expect(street.shut).toEqual(['front']);
  });

  it('no state is acted on that was read before the ledger: somebody may have finished in between', async () => {
    const house = street.house(id(), 'front');
    const racing = disturbed(async (opening) => {
      if (opening === 1) expect(await healed(house, { holder: 'first' })).toMatchObject([{ outcome: 'REMEDIATED' }]);
    }, 'open');
    expect(await healed(house, { ledger: racing })).toMatchObject([{ outcome: 'NO_ACTION' }]);
    expect(street.shut).toEqual(['front']);
  });

  it('fifty at once make one effect and one chain', async () => {
    const house = street.house(id(), 'front', 'back');
    const all = await Promise.all(
      Array.from({ length: 50 }, (_unused, index) =>
        healed(house, { holder: `holder-${index}`, invocation: `invocation-${index}` }),
      ),
    );
    expect(all.flat().filter(({ outcome }) => outcome === 'REMEDIATED')).toHaveLength(1);
    expect(street.shut).toEqual(['front', 'back']);
    expect((await history(house)).filter(([kind]) => kind === 'intent')).toHaveLength(1);
  });
});

describe('a ledger that is not what it should be', () => {
  it.each([
    ['a text', { S: 'none' }],
    ['an exception without an end', { L: [{ M: { id: { S: 'x' }, reason: { S: 'r' }, owner: { S: 'o' } } }] }],
  ])('exceptions that are %s stop every change', async (_case, exceptions) => {
    const house = street.house(id(), 'front');
    const key = { pk: { S: 'EXCEPTIONS' }, sk: { S: 'CURRENT' } };
    await twin.putItem({ ...key, exceptions });
    await expect(healed(house)).rejects.toThrow('the exceptions in the ledger table');
    await twin.deleteItem(key);
    expect(street.shut).toEqual([]);
    expect(await entries(house)).toEqual([]);
  });

  it('a HEAD that somebody deleted stops the changes of its resource at once', async () => {
    const house = street.house(id(), 'front');
    await healed(house);
    await twin.deleteItem({ pk: { S: ledgerKey(house) }, sk: { S: 'HEAD' } });
    street.houses.get(house.id)?.add('back');
    const since = await twin.mark();
    await expect(healed(house)).rejects.toThrow('an entry after its HEAD');
    expect((await twin.journal(since)).length).toBeLessThan(10);
    expect(street.shut).toEqual(['front']);
  });
});

describe('whoever dies in the middle', () => {
  const dies = async (house: Subject, at: number) => {
    const dying = disturbed(async (commit) => {
      if (commit === at) throw new Error('killed');
    });
    await expect(healed(house, { ledger: dying, holder: 'dead' })).rejects.toThrow('killed');
  };

  it('is waited for while its lease lives', async () => {
    const house = street.house(id(), 'front');
    await dies(house, 2);
    expect(await healed(house)).toMatchObject([{ outcome: 'JOINED' }]);
  });

  it('after the effect is closed from live state, and nothing is done twice', async () => {
    const house = street.house(id(), 'front');
    await dies(house, 2);
    const later = () => Date.now() + 46_000;
    expect(await healed(house, { now: later })).toMatchObject([
      { outcome: 'REMEDIATED', recovered: true },
      { outcome: 'NO_ACTION' },
    ]);
    expect(street.shut).toEqual(['front']);
    const [, outcome] = await entries(house);
    expect(outcome).toMatchObject({
      kind: 'outcome',
      outcome: 'REMEDIATED',
      recovered: true,
      reason: 'recovered: open: front',
    });
  });

  it('before the effect is closed as failed, and the plan is made afresh under a new intent', async () => {
    const house = street.house(id(), 'front');
    street.onShut = () => Promise.reject(new Error('killed'));
    await dies(house, 2);
    street.onShut = () => undefined;
    const decisions = await healed(house, { now: () => Date.now() + 46_000 });
    expect(decisions).toMatchObject([{ outcome: 'FAILED', recovered: true }, { outcome: 'REMEDIATED' }]);
    expect(await history(house)).toEqual([
      ['intent', undefined],
      ['outcome', 'FAILED'],
      ['intent', undefined],
      ['outcome', 'REMEDIATED'],
    ]);
  });

  it('and comes back too late finds that it was taken over', async () => {
    const house = street.house(id(), 'front');
    const slow = disturbed(async (commit) => {
      if (commit === 2) await healed(house, { holder: 'successor', now: () => Date.now() + 46_000 });
    });
    expect(await healed(house, { ledger: slow })).toMatchObject([
      { outcome: 'JOINED', reason: 'the lease ran out and somebody took over' },
    ]);
    expect((await history(house)).filter(([kind]) => kind === 'outcome')).toHaveLength(1);
  });

  it('leaves no effect that begins in the last ten seconds of a lease', async () => {
    const house = street.house(id(), 'front', 'back');
    let now = Date.now();
    street.onShut = () => {
      now += 36_000;
    };
    expect(await healed(house, { now: () => now })).toMatchObject([
      { outcome: 'PARTIAL', results: [{ done: true }, { done: false, error: expect.stringContaining('not begun') }] },
    ]);
    expect(street.shut).toEqual(['front']);
  });
});

describe('the operator', () => {
  it('can pause every change', async () => {
    const house = street.house(id(), 'front');
    await twin.dynamodb.send(
      new PutItemCommand({
        TableName: 'SutureLedger',
        Item: marshall({ pk: 'PAUSE', sk: 'CURRENT', by: 'ops', reason: 'migration' }),
      }),
    );
    expect(await healed(house)).toMatchObject([{ outcome: 'HELD', reason: 'paused by ops: migration' }]);
    await twin.dynamodb.send(
      new DeleteItemCommand({ TableName: 'SutureLedger', Key: { pk: { S: 'PAUSE' }, sk: { S: 'CURRENT' } } }),
    );
    expect(await healed(house)).toMatchObject([{ outcome: 'REMEDIATED' }]);
  });

  it('can add exceptions at run time, which count until their day', async () => {
    const house = street.house(id(), 'front');
    const exception = { id: 'undone', resource: house.arn, reason: 'needed', owner: 'ops' };
    const exempting = street.remediation('enforce', ({ open }: House, { exceptions }) =>
      exceptions.some(({ resource }) => resource === house.arn)
        ? { actions: [], exempt: open.map((target) => ({ target, exception: 'undone' })), reason: 'exempt' }
        : { ...planHouse({ open }), actions: open.map((door): ShutDoor => ({ kind: 'ShutDoor', door })) },
    );
    const put = (expires: string) =>
      twin.dynamodb.send(
        new PutItemCommand({
          TableName: 'SutureLedger',
          Item: marshall({ pk: 'EXCEPTIONS', sk: 'CURRENT', exceptions: [{ ...exception, expires }] }),
        }),
      );
    await put('2999-12-31');
    expect(await healed(house, {}, exempting)).toMatchObject([
      { outcome: 'EXEMPT', plan: { exempt: [{ target: 'front', exception: 'undone' }] } },
    ]);
    await put('2020-01-01');
    expect(await healed(house, {}, exempting)).toMatchObject([{ outcome: 'REMEDIATED', expired: ['undone'] }]);
    await twin.dynamodb.send(
      new DeleteItemCommand({ TableName: 'SutureLedger', Key: { pk: { S: 'EXCEPTIONS' }, sk: { S: 'CURRENT' } } }),
    );
  });
});

describe('the budget', () => {
  it('holds what exceeds it, tells once in an hour, and takes it up in the next', async () => {
    const generous = await item('POLICY', 'CURRENT');
    const document = { ...(generous?.document as object), governor: { actionsPerHour: 2, percentOfResources: 20 } };
    await twin.dynamodb.send(
      new PutItemCommand({
        TableName: 'SutureLedger',
        Item: marshall({ ...generous, document, hash: digest(document) }),
      }),
    );
    // An hour that no other test uses.
    const hour = Date.parse('2031-01-01T10:05:00Z');
    const outcomes = async (now: number) =>
      (
        await Promise.all(
          ['a', 'b', 'c', 'd'].map(async (name) =>
            healed(subject(id(name)), { now: () => now, invocation: `${now}-${name}` }),
          ),
        )
      )
        .flat()
        .map(({ outcome }) => outcome)
        .sort();
    for (const name of ['a', 'b', 'c', 'd']) street.house(id(name), 'front');
    expect(await outcomes(hour)).toEqual(['HELD', 'HELD', 'REMEDIATED', 'REMEDIATED']);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ reason: 'the budget of 2 changes per hour is used up' });
    expect(await outcomes(hour + 1000)).toContain('HELD');
    expect(told).toHaveLength(1);
    expect(await outcomes(hour + 3_600_000)).not.toContain('HELD');
    expect([...street.houses].filter(([name]) => name.startsWith(id())).every(([, open]) => open.size === 0)).toBe(
      true,
    );
    await twin.dynamodb.send(new PutItemCommand({ TableName: 'SutureLedger', Item: marshall(generous) }));
  });
});
