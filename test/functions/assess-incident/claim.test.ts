import type { SFNClient } from '@aws-sdk/client-sfn';
import { claim } from '../../../functions/assess-incident/claim';
import type { Incident } from '../../../functions/incident/incident';
import { type IncidentDetails, IncidentRecords } from '../../../functions/incident/record';
import { answering, executionsWith } from '../../support/assessing';
import { EXECUTION, incident } from '../../support/incident';
import { MemoryLedger } from '../../support/memory-ledger';
import { policy } from '../../support/policy';

const HOME = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };
const OTHER = EXECUTION.replace('e-1', 'e-2');
const RUNNING = executionsWith({ [EXECUTION]: 'RUNNING', [OTHER]: 'RUNNING' });
const NOW = Date.parse('2026-11-21T10:05:00.000Z');

let ledger: MemoryLedger;
let records: IncidentRecords;
beforeEach(() => {
  ledger = new MemoryLedger(policy());
  records = new IncidentRecords(ledger, HOME, () => NOW);
});

/** The incident as the first execution left it. */
async function known(about: Incident = incident(), parts: Partial<IncidentDetails> = {}): Promise<void> {
  await claim(records, RUNNING, about, EXECUTION);
  await records.append(about.id, ({ details }) => ({
    holder: EXECUTION,
    mode: 'observe',
    reason: 'as the test says',
    details: { ...details, ...parts },
  }));
}
const claimedBy = (execution: string, about = incident(), sfn: SFNClient = RUNNING) =>
  claim(records, sfn, about, execution);
const holder = async () => (await records.read(incident().id)).details.execution;

describe('a claim', () => {
  it('of what nobody knows is taken, and written down as open', async () => {
    const { status } = await claimedBy(EXECUTION);
    expect(status).toBe('claimed');
    expect(ledger.entries).toHaveLength(1);
    expect(ledger.entries[0]).toMatchObject({
      kind: 'decision',
      holder: EXECUTION,
      details: { incident: incident(), execution: EXECUTION, status: 'claimed' },
    });
    expect(ledger.openIncidents).toEqual([incident().id]);
  });

  it('of the holder itself is taken, and writes nothing', async () => {
    await claimedBy(EXECUTION);
    const again = await claimedBy(EXECUTION, incident({ severity: 10, title: 'another' }));
    expect(again).toMatchObject({ status: 'claimed', record: { details: { incident: incident() } } });
    expect(ledger.entries).toHaveLength(1);
  });

  const LATER = '2026-11-21T10:06:00.000Z';
  const MUCH_LATER = '2026-11-21T11:06:00.000Z';
  const ASKED = incident({ needsApproval: true });
  it.each<[string, Partial<IncidentDetails>, Partial<Incident>, string | undefined, 'claimed' | 'duplicate']>([
    ['that another one is at', {}, {}, 'RUNNING', 'duplicate'],
    ['that another one is at, found again', {}, { at: LATER }, 'RUNNING', 'duplicate'],
    ['that waits for a person', { status: 'waiting' }, {}, 'RUNNING', 'duplicate'],
    ['that is of a lower band there', { incident: incident({ band: 'high' }) }, {}, 'RUNNING', 'claimed'],
    ['that is of a higher band there', {}, { band: 'high' }, 'RUNNING', 'duplicate'],
    ['that people were only told of', { incident: incident({ response: 'notify' }) }, {}, 'SUCCEEDED', 'claimed'],
    ['that was only rehearsed', { incident: incident({ response: 'rehearse' }) }, {}, 'RUNNING', 'claimed'],
    ['that asks for less', {}, { response: 'rehearse' }, 'RUNNING', 'duplicate'],
    ['whose holder failed', {}, {}, 'FAILED', 'claimed'],
    ['whose holder failed while it waited', { status: 'waiting' }, {}, 'FAILED', 'claimed'],
    ['whose holder was stopped', {}, {}, 'ABORTED', 'claimed'],
    ['whose holder ran out of time', {}, {}, 'TIMED_OUT', 'claimed'],
    ['whose holder nobody remembers', {}, {}, undefined, 'claimed'],
    ['whose holder is through', {}, {}, 'SUCCEEDED', 'duplicate'],
    ['that has ended', { status: 'ended' }, {}, 'SUCCEEDED', 'duplicate'],
    ['that has ended, found again', { status: 'ended' }, { at: LATER }, 'SUCCEEDED', 'duplicate'],
    ['that ended long before it was found again', { status: 'ended' }, { at: MUCH_LATER }, 'SUCCEEDED', 'claimed'],
    [
      'that a person denied long before it was found again',
      { status: 'ended', decision: { decision: 'denied' } },
      { at: MUCH_LATER },
      'SUCCEEDED',
      'duplicate',
    ],
    [
      'that people were told of long before it was found again',
      { status: 'ended', incident: incident({ response: 'notify' }) },
      { at: MUCH_LATER, response: 'notify' },
      'SUCCEEDED',
      'duplicate',
    ],
    ['that waits for a person without need', { status: 'waiting', incident: ASKED }, {}, 'RUNNING', 'claimed'],
    ['that nobody decided about without need', { status: 'ended', incident: ASKED }, {}, 'SUCCEEDED', 'claimed'],
    [
      'that a person approved without need',
      { status: 'ended', incident: ASKED, decision: { decision: 'approved' } },
      {},
      'SUCCEEDED',
      'duplicate',
    ],
    [
      'that a person denied without need',
      { status: 'ended', incident: ASKED, decision: { decision: 'denied' } },
      {},
      'SUCCEEDED',
      'duplicate',
    ],
    ['that has ended, and whose execution failed for all that', { status: 'ended' }, {}, 'FAILED', 'duplicate'],
    ['that a person closed', { status: 'closed' }, {}, 'SUCCEEDED', 'duplicate'],
    ['that a person closed, found again since', { status: 'closed' }, { at: LATER }, 'SUCCEEDED', 'claimed'],
    [
      'that a person closed, graver now',
      { status: 'closed', incident: incident({ band: 'high' }) },
      {},
      'SUCCEEDED',
      'claimed',
    ],
  ])('of one %s', async (_case, parts, repeat, status, expected) => {
    await known(parts.incident, parts);
    const before = ledger.entries.length;
    const sfn = executionsWith(status === undefined ? {} : { [EXECUTION]: status });
    const claimed = await claimedBy(OTHER, incident(repeat), sfn);
    expect(claimed.status).toBe(expected);
    expect(await holder()).toBe(expected === 'claimed' ? OTHER : EXECUTION);
    expect(ledger.entries).toHaveLength(expected === 'claimed' ? before + 1 : before);
    if (claimed.status === 'claimed') expect(claimed.record.details.incident).toEqual(incident(repeat));
    else expect(claimed.why).toBe(`${EXECUTION} has it`);
  });

  it('keeps what was so before the first change, and neither token nor decision of another execution', async () => {
    const originals = { 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc0123456789def': { groups: ['sg-0a'] } };
    await known(incident(), {
      status: 'waiting',
      originals,
      approval: { token: 'secret', expires: '2026-11-21T11:00:00.000Z' },
      decision: { decision: 'approved' },
    });
    await claimedBy(OTHER, incident(), executionsWith({ [EXECUTION]: 'FAILED' }));
    expect((await records.read(incident().id)).details).toEqual({
      incident: incident(),
      execution: OTHER,
      status: 'claimed',
      originals,
    });
  });

  it('sets that aside once a person has closed the incident, and keeps it there however often it is claimed after that', async () => {
    const originals = { 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc0123456789def': { groups: ['sg-0a'] } };
    await known(incident({ band: 'high' }), { status: 'closed', originals });
    await claimedBy(OTHER, incident({ band: 'high', at: LATER }), executionsWith({}));
    const first = (await records.read(incident().id)).details;
    expect(first.originals).toBeUndefined();
    expect(first.reopened).toEqual({ at: expect.stringMatching(/^\d{4}-.*Z$/), originals });
    await claimedBy(`${OTHER}-graver`, incident({ at: LATER }), executionsWith({}));
    expect((await records.read(incident().id)).details.reopened).toEqual(first.reopened);
  });

  it('fails where nobody can tell whether the holder is at it', async () => {
    await known();
    const refusing = answering<SFNClient>(() => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    });
    await expect(claimedBy(OTHER, incident(), refusing)).rejects.toThrow('no');
    expect(await holder()).toBe(EXECUTION);
  });
});

describe('two executions at once', () => {
  it('of which one writes first: the other is a duplicate', async () => {
    ledger.meanwhile = () => claimedBy(OTHER);
    expect(await claimedBy(EXECUTION)).toEqual({ status: 'duplicate', why: `${OTHER} has it` });
    expect(await holder()).toBe(OTHER);
    expect(ledger.entries).toHaveLength(1);
  });

  it('of which the later one is graver: it has the incident, whoever writes first', async () => {
    ledger.meanwhile = () => claimedBy(OTHER, incident({ band: 'high' }));
    expect((await claimedBy(EXECUTION)).status).toBe('claimed');
    expect(await holder()).toBe(EXECUTION);
    expect(ledger.entries).toHaveLength(2);
  });

  it.each([[2], [5], [8]])('and %d: one of them has it', async (count) => {
    const executions = Array.from({ length: count }, (_, index) => EXECUTION.replace('e-1', `e-${index}`));
    const sfn = executionsWith(Object.fromEntries(executions.map((execution) => [execution, 'RUNNING'])));
    const claims = await Promise.all(executions.map((execution) => claimedBy(execution, incident(), sfn)));
    expect(claims.filter(({ status }) => status === 'claimed')).toHaveLength(1);
    expect(ledger.entries).toHaveLength(1);
  });

  it('who write all the time are given up on, before Lambda does', async () => {
    let others = 0;
    const interfere = async () => {
      ledger.meanwhile = undefined;
      others += 1;
      await records.append(incident().id, ({ details }) => ({
        holder: OTHER,
        mode: 'observe',
        reason: `again ${others}`,
        details: { ...details, incident: incident({ band: 'low' }) },
      }));
      ledger.meanwhile = interfere;
    };
    await known(incident({ band: 'low' }));
    ledger.meanwhile = interfere;
    await expect(claimedBy('arn:other')).rejects.toThrow('others claim it all the time');
    expect(others).toBe(8);
  });
});
