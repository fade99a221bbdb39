import { EC2Client } from '@aws-sdk/client-ec2';
import {
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  GetUserPolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { isRevoked } from '../../functions/incident/principal';
import { PrincipalReader } from '../../functions/incident/principal-reader';
import { REVOCATION_POLICY } from '../../functions/incident/revocation';
import { ROLE_TYPE, TestPrincipals, USER_TYPE } from '../support/principals';
import { TestTwin } from '../support/twin';

// Users and roles are contained by the function's own handler over the AWS clients, in a twin: what was stolen is tried before and after.

let twin: TestTwin;
let principals: TestPrincipals;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  principals = new TestPrincipals(twin);
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const named = (userName: string, accessKeyId?: string) =>
  ({ kind: 'user', userName, ...(accessKeyId !== undefined && { accessKeyId }) }) as const;
/** To the next second, which is how exactly a session's age is known. */
const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1_100));

describe('a user', () => {
  it('loses the key that the finding names and the sessions from before, and nothing else', async () => {
    const { name, keys: [stolen, kept] = [] } = await principals.user({ keys: 2 });
    const bystander = await principals.user();
    if (!stolen || !kept) throw new Error('two keys were asked for');
    const session = await principals.session(stolen);
    for (const one of [stolen, kept, session]) expect(await principals.works(one)).toBe(true);
    const incident = await principals.claim(named(name, stolen.accessKeyId));
    const others = await principals.others(name);

    expect(await principals.contain(incident)).toEqual({
      outcome: 'REMEDIATED',
      reason: expect.stringMatching(
        new RegExp(`^key ${stolen.accessKeyId} was found active; sessions from before .* were not denied$`),
      ),
      resourceId: name,
      receipt: expect.stringMatching(/AWS::IAM::User#user-.*\/E#0000000002$/),
    });

    expect(await principals.activeKeys(name)).toEqual([kept.accessKeyId]);
    for (const one of [stolen, session]) expect(await principals.works(one)).toBe(false);
    expect(await principals.works(kept)).toBe(true);
    for (const one of bystander.keys) expect(await principals.works(one)).toBe(true);
    expect(await principals.others(name)).toEqual(others);
    expect(principals.lines).toEqual(
      expect.arrayContaining([
        `Deactivating access key ${stolen.accessKeyId}`,
        `Denying older sessions of user ${name}`,
        `Remediated user ${name}`,
      ]),
    );
    await aSecond();
    expect(await principals.works(await principals.session(kept))).toBe(true);
    const since = await twin.mark();
    expect(await principals.contain(incident)).toMatchObject({ outcome: 'NO_ACTION' });
    expect(await principals.changes(since)).toEqual([]);
    await twin.chain(name, USER_TYPE);
  });

  it('keeps its keys where a session was stolen', async () => {
    const { name, keys: [key] = [] } = await principals.user({ path: '/staff/' });
    if (!key) throw new Error('a key was asked for');
    const session = await principals.session(key);
    const others = await principals.others(name);
    expect(await principals.contain(await principals.claim(named(name, session.accessKeyId)))).toMatchObject({
      outcome: 'REMEDIATED',
    });
    expect(await principals.works(session)).toBe(false);
    expect(await principals.works(key)).toBe(true);
    expect(await principals.others(name)).toEqual(others);
  });

  it('loses the sessions, too, that were begun between the claim and the containment', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    if (!key) throw new Error('a key was asked for');
    const incident = await principals.claim(named(name, key.accessKeyId));
    await aSecond();
    const session = await principals.session(key);
    expect(await principals.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    expect(await principals.works(session)).toBe(false);
  });

  it('whose key is inactive already loses its sessions alone; after that there is nothing to do', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    const target = named(name, key?.accessKeyId);
    await principals.iam.send(
      new UpdateAccessKeyCommand({ UserName: name, AccessKeyId: key?.accessKeyId, Status: 'Inactive' }),
    );
    const incident = await principals.claim(target);
    const since = await twin.mark();
    expect(await principals.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    expect((await principals.changes(since)).map(({ operation }) => operation)).toEqual(['PutUserPolicy']);
    expect(await principals.contain(incident)).toMatchObject({ outcome: 'NO_ACTION' });
  });

  it('that does not exist any more is gone', async () => {
    const since = await twin.mark();
    expect(await principals.contain(await principals.claim(named('nobody', 'AKIAEXAMPLE')))).toMatchObject({
      outcome: 'GONE',
    });
    expect(await principals.changes(since)).toEqual([]);
  });

  it('that is deleted in the middle of it is gone', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    const iam = new IAMClient(twin.config);
    iam.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === 'UpdateAccessKeyCommand') {
            const { iam: operator } = principals;
            await operator.send(new DeleteAccessKeyCommand({ UserName: name, AccessKeyId: key?.accessKeyId }));
            await operator.send(new DeleteUserPolicyCommand({ UserName: name, PolicyName: 'own' }));
            await operator.send(new DeleteUserCommand({ UserName: name }));
          }
          return next(args);
        },
      { step: 'initialize' },
    );
    const incident = await principals.claim(named(name, key?.accessKeyId));
    expect(await principals.contain(incident, { iam })).toMatchObject({ outcome: 'GONE' });
    const results = (await twin.chain(name, USER_TYPE)).at(-1)?.results;
    expect(results?.map(({ done, error }) => ({ done, error }))).toEqual([{ done: true }, { done: true }]);
  });

  it('is only rehearsed where the workflow rehearses', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    const target = named(name, key?.accessKeyId);
    const all = await principals.others();
    expect(await principals.contain(await principals.claim(target), { mode: 'rehearse' })).toMatchObject({
      outcome: 'DRY_RUN',
    });
    const unapproved = await principals.claim(target, { needsApproval: true });
    expect(await principals.contain(unapproved)).toMatchObject({ outcome: 'DRY_RUN' });
    expect(await principals.others()).toEqual(all);
  });

  it('half contained is not called contained; a further try does what is left', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    const incident = await principals.claim(named(name, key?.accessKeyId));
    await twin.fault({ operation: 'iam:PutUserPolicy', error: 'ServiceFailure' });
    await expect(principals.contain(incident)).rejects.toMatchObject({ name: 'RemediationFailedError' });
    expect(await principals.activeKeys(name)).toEqual([]);
    const since = await twin.mark();
    expect(await principals.contain(incident)).toMatchObject({ outcome: 'REMEDIATED' });
    expect((await principals.changes(since)).map(({ operation }) => operation)).toEqual(['PutUserPolicy']);
    expect((await twin.chain(name, USER_TYPE)).map(({ outcome }) => outcome)).toEqual([
      undefined,
      'PARTIAL',
      undefined,
      'REMEDIATED',
    ]);
  });

  it('for whose denial IAM has no room needs a person; its key is inactive all the same', async () => {
    const { name, keys: [key] = [] } = await principals.user();
    const statement = { Sid: 'x'.repeat(1_700), Effect: 'Deny', Action: 's3:*', Resource: '*' };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await principals.iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'large', PolicyDocument }));
    expect(await principals.contain(await principals.claim(named(name, key?.accessKeyId)))).toMatchObject({
      outcome: 'HELD',
      reason: expect.stringContaining('no room'),
    });
    expect(await principals.activeKeys(name)).toEqual([]);
  });

  it('keeps what somebody else denied under the same name, and a later time of his', async () => {
    const { name } = await principals.user();
    const mine = { Sid: 'Mine', Effect: 'Deny', Action: 'iam:*', Resource: '*' };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: mine });
    await principals.iam.send(
      new PutUserPolicyCommand({ UserName: name, PolicyName: REVOCATION_POLICY, PolicyDocument }),
    );
    await principals.contain(await principals.claim(named(name)));
    const revocation = () =>
      principals.iam
        .send(new GetUserPolicyCommand({ UserName: name, PolicyName: REVOCATION_POLICY }))
        .then(({ PolicyDocument: text = '' }) => decodeURIComponent(text));
    const text = await revocation();
    expect(JSON.parse(text).Statement).toEqual([mine, expect.objectContaining({ Action: '*', Effect: 'Deny' })]);
    const later = text.replace(/"20\d\d-[^"]*Z"/, '"2099-01-01T00:00:00Z"');
    await principals.iam.send(
      new PutUserPolicyCommand({ UserName: name, PolicyName: REVOCATION_POLICY, PolicyDocument: later }),
    );
    expect(await principals.contain(await principals.claim(named(name)))).toMatchObject({ outcome: 'NO_ACTION' });
    expect(await revocation()).toBe(later);
  });

  it('of two incidents at once is contained for both, one after the other', async () => {
    const { name, keys: [one, two] = [] } = await principals.user({ keys: 2 });
    const incidents = [
      await principals.claim(named(name, one?.accessKeyId)),
      await principals.claim(named(name, two?.accessKeyId)),
    ];
    const answers = await Promise.all(
      incidents.map(async (incident) => {
        for (;;) {
          try {
            return (await principals.contain(incident)).outcome;
          } catch (error) {
            if (!(error instanceof Error) || error.name !== 'ContainmentBusyError') throw error;
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      }),
    );
    expect(answers).toEqual(['REMEDIATED', 'REMEDIATED']);
    expect(await principals.activeKeys(name)).toEqual([]);
    await twin.chain(name, USER_TYPE);
  });
});

describe('a role', () => {
  it.each([0, 1])('that %d instances wear loses the sessions from before, and nothing else', async (count) => {
    const name = await principals.role({ path: '/team/' });
    for (let made = 0; made < count; made++) await principals.wear(name, 'us-east-1');
    const session = await principals.assume(name);
    expect(await principals.works(session)).toBe(true);
    const incident = await principals.claim({ kind: 'role', roleName: name });
    const others = await principals.others(name);
    expect(await principals.contain(incident)).toMatchObject({ outcome: 'REMEDIATED', resourceId: name });
    expect(await principals.works(session)).toBe(false);
    expect(await principals.others(name)).toEqual(others);
    await aSecond();
    expect(await principals.works(await principals.assume(name))).toBe(true);
    const since = await twin.mark();
    expect(await principals.contain(incident)).toMatchObject({ outcome: 'NO_ACTION' });
    expect(await principals.changes(since)).toEqual([]);
    await twin.chain(name, ROLE_TYPE);
  });

  it.each([
    ['in one Region', ['eu-west-1', 'eu-west-1']],
    ['in two Regions', ['eu-west-1', 'us-east-1']],
  ])('that two instances wear %s is left to a person', async (_case, regions) => {
    const name = await principals.role();
    const ids = [];
    for (const region of regions) ids.push(await principals.wear(name, region));
    const session = await principals.assume(name);
    const all = await principals.others();
    const answer = await principals.contain(await principals.claim({ kind: 'role', roleName: name }));
    expect(answer).toMatchObject({ outcome: 'HELD', reason: expect.stringMatching(/^2 instances wear it/) });
    for (const id of ids) expect(answer.reason).toContain(id);
    expect(await principals.works(session)).toBe(true);
    expect(await principals.others()).toEqual(all);
  });

  it('of which it cannot be told who wears it is left to a person', async () => {
    const name = await principals.role();
    await principals.wear(name);
    const all = await principals.others();
    await twin.fault({ operation: 'ec2:DescribeInstances', error: 'UnauthorizedOperation' });
    expect(await principals.contain(await principals.claim({ kind: 'role', roleName: name }))).toMatchObject({
      outcome: 'HELD',
      reason: expect.stringContaining('could not be read'),
    });
    expect(await principals.others()).toEqual(all);
  });

  it("that is Suture's own is left to a person", async () => {
    const all = await principals.others();
    const roleName = 'AwsConfigLambdaSGRole';
    expect(await principals.contain(await principals.claim({ kind: 'role', roleName }))).toMatchObject({
      outcome: 'HELD',
      reason: expect.stringContaining("Suture's own"),
    });
    expect(await principals.others()).toEqual(all);
  });

  it('that does not exist any more is gone', async () => {
    expect(await principals.contain(await principals.claim({ kind: 'role', roleName: 'Nobody' }))).toMatchObject({
      outcome: 'GONE',
    });
  });
});

it('what is read is what IAM has', async () => {
  const reader = new PrincipalReader(principals.iam, {
    home: twin.ready.region,
    ec2For: (region) => new EC2Client({ ...twin.config, region }),
  });
  const { name, keys } = await principals.user({ keys: 2, path: '/staff/' });
  const ids = keys.map(({ accessKeyId }) => accessKeyId).sort();
  expect(await reader.user(name)).toEqual({
    name,
    arn: `arn:aws:iam::111122223333:user/staff/${name}`,
    path: '/staff/',
    keys: ids.map((id) => ({ id, active: true })),
    password: false,
  });
  const roleName = await principals.role({ path: '/team/' });
  const id = await principals.wear(roleName);
  const role = await reader.role(roleName);
  expect(role).toEqual({
    name: roleName,
    arn: `arn:aws:iam::111122223333:role/team/${roleName}`,
    path: '/team/',
    trust: expect.stringContaining('ec2.amazonaws.com'),
    use: { instances: [{ id, region: 'eu-west-1' }], unknown: [] },
  });
  const before = new Date().toISOString();
  await principals.contain(await principals.claim({ kind: 'role', roleName }));
  expect(isRevoked((await reader.role(roleName))?.revocation, before)).toBe(true);
  expect(await reader.user('nobody')).toBeUndefined();
  expect(await reader.role('Nobody')).toBeUndefined();
});
