import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLedger } from '../../cli/file-ledger';
import { UnreadableStateError } from '../../functions/core/errors';
import { type HealContext, heal } from '../../functions/core/heal';
import { type Entry, GENESIS, isIntact, ledgerKey } from '../../functions/core/ledger';
import type { Subject } from '../../functions/core/remediation';
import { Street } from '../support/doors';
import { policy } from '../support/policy';

// The protocol of functions/core/heal.ts over a ledger of files.

let directory: string;
let street: Street;
let ledger: FileLedger;
const open = (settings: object = {}) => new FileLedger(directory, policy(settings));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'suture-ledger-'));
  street = new Street();
  ledger = open();
});
afterEach(() => {
  ledger.close();
  rmSync(directory, { recursive: true });
});

let count = 0;
const healed = (house: Subject, parts: Partial<HealContext> = {}) =>
  heal(street.remediation(), house, {
    ledger,
    now: Date.now,
    invocation: 'a run',
    holder: `holder-${count++}`,
    announce: () => undefined,
    decided: () => undefined,
    tell: async () => undefined,
    ...parts,
  });
const file = (folder: string, house: Subject, suffix: string) =>
  join(directory, folder, `${encodeURIComponent(ledgerKey(house))}${suffix}`);
function chain(house: Subject): Entry[] {
  const entries = readFileSync(file('entries', house, '.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
  for (const [index, entry] of entries.entries()) {
    expect(isIntact(entry)).toBe(true);
    expect(entry.sk).toBe(`E#${String(index + 1).padStart(10, '0')}`);
    expect(entry.previousHash).toBe(entries[index - 1]?.hash ?? GENESIS);
  }
  return entries;
}
const kinds = (house: Subject) => chain(house).map(({ kind, outcome }) => [kind, outcome]);
const pendingIds = async () => {
  const all = [];
  for await (const ids of ledger.pending('house')) all.push(...ids);
  return all;
};

it('a heal leaves an intent and an outcome, chained, and nothing pending', async () => {
  const house = street.house('house-1', 'front', 'back');
  expect(await healed(house)).toMatchObject([{ outcome: 'REMEDIATED', receipt: `${ledgerKey(house)}/E#0000000002` }]);
  expect(kinds(house)).toEqual([
    ['intent', undefined],
    ['outcome', 'REMEDIATED'],
  ]);
  expect(await pendingIds()).toEqual([]);
  expect(readdirSync(join(directory, 'entries'))).toHaveLength(1);
});

it('ten heals at once are one effect', async () => {
  const house = street.house('house-1', 'front');
  street.onShut = () => new Promise((resolve) => setTimeout(resolve, 50));
  const all = (await Promise.all(Array.from({ length: 10 }, () => healed(house)))).flat();
  expect(street.shut).toEqual(['front']);
  expect(all.filter(({ outcome }) => outcome === 'REMEDIATED')).toHaveLength(1);
  expect(kinds(house).filter(([kind]) => kind === 'intent')).toHaveLength(1);
});

it('the same decision is written once, and a pause holds', async () => {
  const house = street.house('house-1', 'front');
  writeFileSync(join(directory, 'pause.json'), JSON.stringify({ by: 'ops', reason: 'we look at it' }));
  expect(await healed(house)).toMatchObject([{ outcome: 'HELD', reason: 'paused by ops: we look at it' }]);
  await healed(house);
  expect(kinds(house)).toEqual([['decision', 'HELD']]);
  expect(await pendingIds()).toEqual(['house-1']);
  rmSync(join(directory, 'pause.json'));
  expect(await healed(house)).toMatchObject([{ outcome: 'REMEDIATED' }]);
  expect(await pendingIds()).toEqual([]);
  chain(house);
});

it('the budget holds what exceeds it, across commands', async () => {
  const limited = { governor: { actionsPerHour: 2 } };
  ledger.close();
  ledger = open(limited);
  for (const id of ['house-1', 'house-2']) await healed(street.house(id, 'front'));
  ledger.close();
  ledger = open(limited);
  expect(await healed(street.house('house-3', 'front'))).toMatchObject([
    { outcome: 'HELD', reason: 'the budget of 2 changes per hour is used up' },
  ]);
  expect(street.shut).toEqual(['front', 'front']);
});

it('who died in the middle of a change is found at once, and closed from live state', async () => {
  const house = street.house('house-1', 'front');
  const dead = new Error('the process ends here');
  const dying = street.remediation();
  await expect(
    heal({ ...dying, readBack: () => Promise.reject(dead) }, house, {
      ledger,
      now: Date.now,
      invocation: 'a run',
      holder: 'dead',
      announce() {},
      decided() {},
      tell: async () => undefined,
    }),
  ).rejects.toThrow(dead);
  expect(await pendingIds()).toEqual(['house-1']);
  ledger.close();
  ledger = open();
  expect((await healed(house)).map(({ outcome, recovered }) => [outcome, recovered])).toEqual([
    ['REMEDIATED', true],
    ['NO_ACTION', undefined],
  ]);
  expect(street.shut).toEqual(['front']);
  expect(kinds(house).map(([kind]) => kind)).toEqual(['intent', 'outcome', 'decision']);
});

it('what a command wrote and did not commit does not count', async () => {
  const house = street.house('house-1', 'front');
  await healed(house);
  appendFileSync(file('entries', house, '.jsonl'), '{"kind":"intent","half a li');
  street.house('house-1', 'back');
  expect(await healed(house)).toMatchObject([{ outcome: 'REMEDIATED' }]);
  expect(kinds(house)).toHaveLength(4);
});

it.each([
  ['an entry was changed', (text: string) => text.replace('open: front', 'open: nothing')],
  ['an entry is missing', (text: string) => text.slice(0, text.indexOf('\n') + 1)],
  ['it is no JSON', (text: string) => `?${text.slice(1)}`],
])('nothing is changed where %s', async (_case, tamper) => {
  const house = street.house('house-1', 'front');
  await healed(house);
  const path = file('entries', house, '.jsonl');
  writeFileSync(path, tamper(readFileSync(path, 'utf8')));
  street.house('house-1', 'back');
  await expect(healed(house)).rejects.toThrow(UnreadableStateError);
  expect(street.shut).toEqual(['front']);
});

it('exceptions must be what they should be', async () => {
  writeFileSync(join(directory, 'exceptions.json'), JSON.stringify({ exceptions: 'all' }));
  await expect(healed(street.house('house-1', 'front'))).rejects.toThrow(UnreadableStateError);
  expect(street.shut).toEqual([]);
});

it('tells once, and the same one again', async () => {
  const house = street.house('house-1', 'front');
  await healed(house);
  const claim = (token: string, who: string) =>
    ledger.claimTelling({ key: ledgerKey(house), topic: 'decision' }, token, who);
  expect(await claim('a', 'one')).toBe(true);
  expect(await claim('a', 'other')).toBe(false);
  expect(await claim('a', 'one')).toBe(true);
  expect(await claim('b', 'other')).toBe(true);
  expect(await ledger.claimTelling({ key: 'RES#nobody', topic: 'decision' }, 'a', 'one')).toBe(false);
});

describe('one command at a time', () => {
  const lock = () => join(directory, 'lock');

  it('refuses while another works here', () => {
    const other = { pid: process.ppid, host: hostname(), since: '2026-11-21T00:00:00.000Z' };
    ledger.close();
    writeFileSync(lock(), JSON.stringify(other));
    expect(() => open()).toThrow(`another command works with this ledger (${JSON.stringify(other)})`);
    expect(JSON.parse(readFileSync(lock(), 'utf8'))).toEqual(other);
    rmSync(lock());
  });

  it('does not judge about processes of another machine', () => {
    ledger.close();
    writeFileSync(lock(), JSON.stringify({ pid: 1 << 30, host: 'elsewhere' }));
    expect(() => open()).toThrow('another command works with this ledger');
    rmSync(lock());
  });

  it('takes over from one that is no more', () => {
    ledger.close();
    writeFileSync(lock(), JSON.stringify({ pid: 1 << 30, host: hostname() }));
    ledger = open();
    expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: process.pid });
    ledger.close();
    expect(readdirSync(directory)).not.toContain('lock');
  });
});
