import { InvalidEventError } from '../../../functions/core/errors';
import type { Incident } from '../../../functions/incident/incident';
import type { Inspection, Inspectors } from '../../../functions/incident/inspection';
import { IncidentRecords } from '../../../functions/incident/record';
import { verificationHandler } from '../../../functions/verify-containment/handler';
import { SILENT } from '../../support/assessing';
import { claimed, EXECUTION, incident } from '../../support/incident';
import { CONTEXT } from '../../support/incident-machine';
import { MemoryLedger } from '../../support/memory-ledger';
import { policy } from '../../support/policy';

const HOME = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };
const closed: Inspection = { exists: true, channels: [{ channel: 'network', status: 'closed', detail: '' }] };
const input = (parts: object = {}) => ({
  incidentId: incident().id,
  execution: EXECUTION,
  mode: 'contain',
  decision: { decision: 'none' },
  containments: [{ outcome: 'REMEDIATED', reason: 'done' }],
  evidence: { evidence: [], snapshots: [], notes: [] },
  ...parts,
});

/** VerifyContainment's answer about an incident that the ledger has. */
async function verified(
  parts: object = {},
  about: Incident = incident(),
  inspect: () => Promise<Inspection> = async () => closed,
) {
  const ledger = new MemoryLedger(policy());
  const records = new IncidentRecords(ledger, HOME, () => Date.parse('2026-11-21T10:05:00Z'));
  const { key, page } = await records.open(about.id);
  await records.write(
    { key, page },
    { holder: EXECUTION, mode: 'observe', reason: 'claimed', details: claimed(about) },
  );
  const inspectors: Inspectors = {
    instance: inspect,
    user: inspect,
    role: inspect,
    bucket: inspect,
    'security-group': inspect,
  };
  const answer = await verificationHandler({ ledger, telemetry: SILENT, inspectors })(input(parts), CONTEXT);
  expect(ledger.entries).toHaveLength(1);
  return answer;
}

it('says that what is seen to be closed is contained, and writes nothing', async () => {
  expect(await verified()).toMatchObject({ status: 'contained', outcome: 'REMEDIATED' });
});

it.each([
  [
    {
      Error: 'RemediationFailedError',
      Cause: '{"errorMessage":"i-1: AccessDenied: not authorized to perform: iam:PutRolePolicy"}',
    },
    'i-1: AccessDenied: not authorized to perform: iam:PutRolePolicy',
  ],
  [{ Error: 'States.TaskFailed', Cause: 'it ended' }, 'it ended'],
])('says why a containing function failed: %j', async (error, why) => {
  const { status, message } = await verified({
    containments: [{ outcome: 'FAILED', reason: error.Error, error }],
  });
  expect(status).toBe('open');
  expect(message.text).toContain(`FAILED, ${error.Error}: ${why}`);
});

it('leaves an incident that another execution took over to that one', async () => {
  expect(await verified({ execution: `${EXECUTION}-2` })).toMatchObject({ status: 'superseded', outcome: 'JOINED' });
});

it('does not call contained what it cannot look at, and tells of the rest', async () => {
  const looks = [async () => closed, async () => Promise.reject(new Error('denied'))];
  const [first, ...more] = incident().targets;
  const about = incident({ targets: [...(first ? [first] : []), ...more, { kind: 'role', roleName: 'Deploy' }] });
  const containments = [input().containments[0], input().containments[0]];
  const answer = await verified({ containments }, about, () => (looks.shift() ?? looks[0] ?? (async () => closed))());
  expect(answer).toMatchObject({ status: 'open', outcome: 'PARTIAL' });
  expect(answer.message.text).toContain('not known   all: It could not be looked at: Error: denied.');
  expect(answer.message.text).toContain('closed      network');
});

it('does not call contained an incident about more than one response takes on', async () => {
  expect(await verified({}, incident({ leftOut: 3 }))).toMatchObject({ status: 'left', outcome: 'HELD' });
});

it.each([
  [{ decision: 'denied', by: 7 }],
  [{ decision: 'denied', reason: { long: true } }],
  [{ decision: 'denied', reason: 'x'.repeat(5000), at: [] }],
])('takes the decision from an answer that is otherwise odd (number %#)', async (decision) => {
  const answer = await verified({ decision, containments: [] });
  expect(answer.status).toBe('left');
  expect(answer.message.text).toContain('Denied by somebody: no reason given');
});

it.each<[string, object]>([
  ['without an incident', { incidentId: undefined }],
  ['with an id that is none', { incidentId: '../x' }],
  ['with an unknown mode', { mode: 'destroy' }],
  ['with an unknown decision', { decision: { decision: 'yes' } }],
  ['with more than there should be', { target: 0 }],
])('refuses input %s', async (_case, parts) => {
  await expect(verified(parts)).rejects.toThrow(InvalidEventError);
});
