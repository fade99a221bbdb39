import { DisableRuleCommand, EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import type { Entry } from '../../functions/core/ledger';
import type { Incident } from '../../functions/incident/incident';
import { names } from '../../modules/names';
import { EXECUTION } from '../support/incident';
import { INSTANCE_TYPE, MUTATING } from '../support/instances';
import { type Equipped, TestIsolations } from '../support/isolations';
import { type Call, type Fault, TestTwin } from '../support/twin';

// Whatever goes wrong at whichever call of the function that is deployed, repeats end the same: the instance is isolated, each effect came once,
// nothing was taken back on the way, and what was so before is still known. The calls are not listed here: a run without faults shows them.

const { isolate, preserve } = names('').incident.functions;
const { quarantineRole: profile, quarantineGroup: group } = names('').incident;

let twin: TestTwin;
let instances: TestIsolations;
let expected: readonly Call[];
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  instances = new TestIsolations(twin, { profile, group });
  // What else wakes up while time goes on, or by what is changed, is not looked at here.
  const events = new EventBridgeClient(twin.config);
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  for (const { Name } of Rules) await events.send(new DisableRuleCommand({ Name }));
  expected = (await run()).calls;
});
afterAll(() => twin.stop());

const nameOf = ({ service, operation }: Pick<Call, 'service' | 'operation'>) => `${service}:${operation}`;
const LEAVES_SOMETHING = (call: Call) => MUTATING.test(call.operation) || call.operation === 'TransactWriteItems';
/** The lease of who died is over by then. */
const LATER_S = 60;

interface Scene extends Equipped {
  readonly incident: Incident;
  readonly originals: object;
}

/** An instance with everything that isolation changes, and an incident whose evidence was kept. */
async function scene(): Promise<Scene> {
  const made = await instances.equipped();
  const profileArn = (await instances.described(made.id)).IamInstanceProfile?.Arn;
  const interfaces = (await instances.interfaces(made.id)).map(({ NetworkInterfaceId: id, Groups = [] }) => ({
    id,
    groups: Groups.map(({ GroupId }) => GroupId),
  }));
  const original = { at: new Date().toISOString(), profileArn, roleName: made.role, interfaces };
  const originals = { [`arn:aws:ec2:eu-west-1:111122223333:instance/${made.id}`]: original };
  return { ...made, originals, incident: await instances.claim([made.id], {}, { originals }) };
}

const contain = ({ incident: { id } }: Scene) =>
  twin.invoke(isolate.function, { incidentId: id, execution: EXECUTION, target: 0, mode: 'contain' });

/** Contains a new instance under faults, again and again until there is nothing left to do. */
async function run(...faults: readonly Fault[]): Promise<{ calls: readonly Call[]; missed: unknown }> {
  const made = await scene();
  const others = await instances.neighbours(made);
  const since = await twin.mark();
  for (const fault of faults) await twin.fault({ ...fault, principal: isolate.role });
  const ends: string[] = [];
  while (ends.at(-1) !== 'NO_ACTION') {
    if (ends.length > faults.length + 3) throw new Error(`${JSON.stringify(faults)}: ${ends.join(', ')}`);
    ends.push(
      await contain(made).then(
        ({ outcome }) => String(outcome),
        (error: Error) => error.message,
      ),
    );
    if (!/^[A-Z_]+$/.test(ends.at(-1) ?? '')) await twin.advance(LATER_S);
  }
  const { faults: waiting } = await twin.control<{ faults: unknown[] }>('GET', '/faults');
  await twin.clearFaults();
  await expectEnd(made);
  expect(await instances.neighbours(made)).toEqual(others);
  const calls = (await twin.journal(since)).filter(({ principal }) => principal.includes(`/${isolate.role}/`));
  await expectOnce(made, calls, await twin.chain(made.id, INSTANCE_TYPE));
  await twin.advance(LATER_S);
  return { calls, missed: waiting };
}

async function expectEnd(made: Scene): Promise<void> {
  const { id, role, group: members, targetGroupArn, otherTargetGroupArn, incident, originals } = made;
  await instances.expectIsolated(id, incident);
  expect(await instances.revocation(role)).toContain('aws:TokenIssueTime');
  const [instead = '', ...more] = await instances.members(members);
  expect(more).toEqual([]);
  expect(instead).not.toBe(id);
  const { [id]: own = 'draining', ...rest } = await instances.health(targetGroupArn);
  expect([own, rest]).toEqual(['draining', { [instead]: 'healthy' }]);
  const { [id]: alone = 'draining', ...nobody } = await instances.health(otherTargetGroupArn);
  expect([alone, nobody]).toEqual(['draining', {}]);
  expect((await instances.records.read(incident.id)).details.originals).toEqual(originals);
}

/** Each effect came once, was planned, and closed something. */
async function expectOnce({ vpcId }: Scene, calls: readonly Call[], chain: readonly Entry[]): Promise<void> {
  const effects = calls.filter(({ operation, error }) => MUTATING.test(operation) && error === null);
  const texts = effects.map(({ operation, parameters }) => JSON.stringify([operation, parameters]));
  expect(new Set(texts).size).toBe(texts.length);
  const planned = chain.filter(({ kind }) => kind === 'intent').flatMap(({ actions }) => actions);
  for (const { operation } of effects) expect(planned.map(({ kind }) => kind)).toContain(operation);
  const [{ GroupId = '' } = {}] = await instances.quarantineGroups(vpcId);
  const moves = effects.flatMap(({ parameters: { Groups } }) => (Groups ? [Groups] : []));
  expect(moves).toEqual([[GroupId]]);
  expect(chain.at(-1)?.kind).toMatch(/outcome|decision/);
}

type Meant = (call: Call, skip: number, previous: Call | undefined) => boolean;

/** The calls of a run, each with how many of its kind came before. */
function* eachCall(isMeant: Meant): Generator<{ call: Call; fault: Fault }> {
  const seen = new Map<string, number>();
  for (const [index, call] of expected.entries()) {
    const skip = seen.get(nameOf(call)) ?? 0;
    seen.set(nameOf(call), skip + 1);
    if (isMeant(call, skip, expected[index - 1])) yield { call, fault: { operation: nameOf(call), skip } };
  }
}

const first = (_call: Call, skip: number) => skip === 0;
const isRead = (call: Call) => !LEAVES_SOMETHING(call);
/** What is asked again between changes, and after them. */
const AGAIN = ['DescribeNetworkInterfaces', 'DescribeSecurityGroups'];

it.each<[string, Omit<Fault, 'operation'>, Meant]>([
  ['killed after', { kill: 'after' }, LEAVES_SOMETHING],
  // Killed after one change is killed before the next, unless something is asked in between.
  [
    'killed before',
    { kill: 'before' },
    (call, skip, previous) =>
      LEAVES_SOMETHING(call) ? previous === undefined || isRead(previous) : skip > 0 && AGAIN.includes(call.operation),
  ],
])('an isolation ends the same when any one call is %s', async (_kind, make, isMeant) => {
  expect(expected.filter(LEAVES_SOMETHING).length).toBeGreaterThanOrEqual(17);
  for (const { fault } of eachCall(isMeant)) {
    const { missed } = await run({ ...fault, ...make });
    expect({ fault, missed }).toEqual({ fault, missed: [] });
  }
});

it.each<[string, Omit<Fault, 'operation'>]>([
  ['killed at', { kill: 'before' }],
  ['denied', { error: 'AccessDenied' }],
])('an isolation ends the same when it is %s each kind of question, one after the other', async (_kind, make) => {
  const questions = [...eachCall((call, skip) => isRead(call) && first(call, skip))];
  expect(questions.length).toBeGreaterThanOrEqual(15);
  const { missed } = await run(...questions.map(({ fault }) => ({ ...fault, ...make })));
  expect(missed).toEqual([]);
});

it('an isolation ends at once when every service throttles a question and a change', async () => {
  const made = await scene();
  const seen = new Set<string>();
  for (const { call, fault } of eachCall(first)) {
    const kind = `${call.service} ${isRead(call)}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    const error = { ec2: 'RequestLimitExceeded', dynamodb: 'ThrottlingException' }[call.service] ?? 'Throttling';
    await twin.fault({ ...fault, error, principal: isolate.role });
  }
  expect(await contain(made)).toMatchObject({ outcome: 'REMEDIATED' });
  await twin.clearFaults();
  await expectEnd(made);
});

/** What is not done where another step cannot be. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  CreateSecurityGroup: ['RevokeSecurityGroupEgress', 'ModifyNetworkInterfaceAttribute'],
  RevokeSecurityGroupEgress: ['ModifyNetworkInterfaceAttribute'],
  ReplaceIamInstanceProfileAssociation: ['PutRolePolicy'],
};

it('whatever may never be done, all else is, and stays; then the rest follows', async () => {
  const refused = new Set(expected.filter(({ operation }) => MUTATING.test(operation)).map(nameOf));
  expect(refused.size).toBeGreaterThanOrEqual(12);
  for (const operation of refused) {
    const made = await scene();
    await twin.fault({ operation, error: 'AccessDenied', times: 99, principal: isolate.role });
    for (let tries = 0; tries < 2; tries++) {
      await expect(contain(made)).rejects.toThrow('RemediationFailedError');
      const { results = [], outcome } = (await twin.chain(made.id, INSTANCE_TYPE)).at(-1) ?? {};
      const [, kind = ''] = operation.split(':');
      const left = results.filter(({ done }) => !done).map(({ action }) => action.kind);
      expect({ outcome, left: [...new Set(left)] }).toEqual({
        outcome: tries === 0 ? 'PARTIAL' : 'FAILED',
        left: [kind, ...(NEEDS[kind] ?? [])],
      });
    }
    await twin.clearFaults();
    expect(await contain(made)).toMatchObject({ outcome: 'REMEDIATED' });
    await expectEnd(made);
    await twin.advance(LATER_S);
  }
});

it.each(['ec2:DescribeIamInstanceProfileAssociations', 'iam:GetInstanceProfile'])(
  'a role that evidence could not tell of, for %s, is not taken for none',
  async (operation) => {
    const made = await instances.equipped();
    const incident = await instances.claim([made.id]);
    await twin.fault({ operation, error: 'AccessDenied', principal: preserve.role });
    await twin.invoke(preserve.function, { incidentId: incident.id, execution: EXECUTION, mode: 'rehearse' });
    expect((await twin.control<{ faults: unknown[] }>('GET', '/faults')).faults).toEqual([]);
    expect((await instances.records.read(incident.id)).details.originals).toBeUndefined();
    expect(await contain({ ...made, incident, originals: {} })).toMatchObject({ outcome: 'REMEDIATED' });
    expect(await instances.revocation(made.role)).toContain('aws:TokenIssueTime');
  },
);
