import { randomUUID } from 'node:crypto';
import {
  CreateRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { BatchImportFindingsCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { begin, suture } from '../support/command';
import { TestInstances } from '../support/instances';
import { type Keys, TestPrincipals } from '../support/principals';
import { TestTwin } from '../support/twin';
import { type Course, imported, subjects, TestWorkflow } from '../support/workflow';

// What waits for a person: `suture approvals list`, `approve` and `deny`, and nobody's word.

let twin: TestTwin;
let instances: TestInstances;
let principals: TestPrincipals;
let workflow: TestWorkflow;
let instanceId: string;
beforeAll(async () => {
  twin = await TestTwin.start('incidents');
  instances = new TestInstances(twin);
  principals = new TestPrincipals(twin);
  workflow = new TestWorkflow(twin);
});
afterAll(() => twin.stop());
beforeEach(async () => {
  instanceId = await instances.launch();
});

const OPERATOR = 'arn:aws:iam::111122223333:user/operator';

/** A finding that waits, and the id of its incident. */
async function waiting(resource?: { Type: string; Id: string }): Promise<{ id: string; asked: Course }> {
  const { accountId, region } = twin.ready;
  const about = resource ?? {
    Type: 'AwsEc2Instance',
    Id: `arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`,
  };
  const asked = await workflow.during(() =>
    new SecurityHubClient(twin.config).send(
      new BatchImportFindingsCommand({ Findings: [imported(twin.ready, about)] }),
    ),
  );
  expect(asked.runs).toMatchObject([{ status: 'RUNNING' }]);
  const id = /suture approve (sh-[0-9a-f]{32}) --of/.exec(asked.messages[0]?.body ?? '')?.[1] ?? '';
  return { id, asked };
}

/** What an execution came to that waited. */
async function after(asked: Course, act: () => Promise<unknown>) {
  const course = await workflow.during(act);
  return { ...course, runs: [await workflow.run(asked.runs[0]?.arn ?? '')] };
}

const isIsolated = async () =>
  (await instances.interfaces(instanceId)).every(
    ({ Groups: [group] = [] }) => group?.GroupName === 'suture-quarantine',
  );

/** The command, with the rights of somebody. */
const as = (keys: Keys, ...given: string[]) =>
  begin(twin, given, {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken ?? '',
  }).ended;

it('approved: contained, and the message, the receipt and the history say by whom', async () => {
  const { id, asked } = await waiting();
  expect(subjects(asked)).toEqual([`Suture CRITICAL: approve or deny: isolate ${instanceId}`]);
  const list = await suture(twin, 'approvals', 'list', '--json');
  expect(JSON.parse(list.stdout)).toMatchObject([
    { id, band: 'critical', targets: [{ kind: 'instance', instanceId }] },
  ]);
  expect((await suture(twin, 'approvals', 'list')).stdout).toContain(id);

  const { runs, messages } = await after(asked, async () => {
    expect(await suture(twin, 'approve', id, '--reason', 'seen it \u001b[31myself')).toEqual({
      status: 0,
      stdout: `Approved. ${instanceId}: contained now; what came of it arrives as a message.\n`,
      stderr: '',
    });
  });
  expect(runs).toMatchObject([{ status: 'SUCCEEDED', output: { decision: { decision: 'approved', by: OPERATOR } } }]);
  expect(messages).toMatchObject([
    {
      subject: `Suture CRITICAL: ${instanceId} is isolated`,
      body: expect.stringMatching(/^Approved by arn:\S+:user\/operator at \S+Z: seen it \?\[31myself$/m),
    },
  ]);
  expect(await isIsolated()).toBe(true);
  const receipts = await twin.chain(instanceId, 'AWS::EC2::Instance');
  expect(receipts.at(-1)).toMatchObject({ trigger: { kind: 'incident', id, actor: OPERATOR } });

  // The token was for one word.
  for (const word of ['approve', 'deny'])
    expect(await suture(twin, word, id, '--reason', 'again')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/waits for nobody/),
    });
  expect((await suture(twin, 'approvals', 'list')).stdout).toBe('Nothing waits for approval.\n');
});

it('denied: everything stays as it is, and that is told', async () => {
  const { id, asked } = await waiting();
  const everything = await instances.others();
  const { runs, messages } = await after(asked, () => suture(twin, 'deny', id, '--reason', 'a penetration test'));
  expect(runs).toMatchObject([{ status: 'SUCCEEDED', output: { decision: { decision: 'denied', by: OPERATOR } } }]);
  expect(runs[0]?.states).toContain('ApprovalDenied');
  expect(runs[0]?.states).not.toContain('ContainTargets');
  expect(messages).toMatchObject([
    {
      subject: `Suture CRITICAL: containment of ${instanceId} was denied`,
      body: expect.stringMatching(/^Denied by arn:\S+:user\/operator at \S+Z: a penetration test$/m),
    },
  ]);
  expect(await instances.others()).toEqual(everything);
  expect(await suture(twin, 'approve', id, '--reason', 'after all')).toMatchObject({
    status: 1,
    stderr: `suture: ${id} waits for nobody: denied by ${OPERATOR}\n`,
  });
  await twin.settle();
  expect(await instances.others()).toEqual(everything);
});

it('expired: everything stays as it is, that is told, and a word that comes late is refused', async () => {
  const { id, asked } = await waiting();
  const everything = await instances.others();
  const { runs, messages } = await after(asked, () => twin.advance(3601));
  expect(runs).toMatchObject([{ status: 'SUCCEEDED', output: { decision: { decision: 'expired' } } }]);
  expect(runs[0]?.states).toContain('ApprovalExpired');
  expect(messages.map(({ subject }) => subject)).toEqual([
    `Suture CRITICAL: nobody decided about ${instanceId}: it was left as it is`,
  ]);
  expect(await suture(twin, 'approve', id, '--reason', 'late')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('nobody decided in time'),
  });
  await twin.settle();
  expect(await instances.others()).toEqual(everything);
});

it('closed while it waits: the execution ends, nothing is changed, and nobody is asked any more', async () => {
  const { id, asked } = await waiting();
  const everything = await instances.others();
  const { runs, messages } = await after(asked, async () => {
    expect(await suture(twin, 'close', id, '--reason', 'our own test')).toMatchObject({ status: 0 });
  });
  expect(runs).toMatchObject([{ status: 'SUCCEEDED', output: { decision: { decision: 'denied' } } }]);
  expect(messages[0]?.subject).toMatch(/^Suture CRITICAL: closed: /);
  expect(await instances.others()).toEqual(everything);
  expect(await suture(twin, 'approve', id, '--reason', 'late')).toMatchObject({
    status: 1,
    stderr: `suture: ${id} waits for nobody: closed by ${OPERATOR}\n`,
  });
});

it('of two words at the same moment one counts', async () => {
  const { id, asked } = await waiting();
  const everything = await instances.others();
  let said: { status: number | null }[] = [];
  const { runs } = await after(asked, async () => {
    said = await Promise.all([
      suture(twin, 'approve', id, '--reason', 'one'),
      suture(twin, 'deny', id, '--reason', 'the other'),
    ]);
  });
  expect(said.map(({ status }) => status).sort()).toEqual([0, 1]);
  const approved = said[0]?.status === 0;
  expect(runs).toMatchObject([{ output: { decision: { decision: approved ? 'approved' : 'denied' } } }]);
  expect(await isIsolated()).toBe(approved);
  if (!approved) expect(await instances.others()).toEqual(everything);
});

it('who was asked about one thing does not decide about another that took its name', async () => {
  const name = randomUUID();
  const arn = (id: string) => `arn:aws:ec2:${twin.ready.region}:${twin.ready.accountId}:instance/${id}`;
  const other = await instances.launch();
  const put = (id: string, label: 'HIGH' | 'CRITICAL') =>
    workflow.during(() =>
      new SecurityHubClient(twin.config).send(
        new BatchImportFindingsCommand({
          Findings: [
            {
              ...imported(twin.ready, { Type: 'AwsEc2Instance', Id: arn(id) }, name),
              Severity: { Label: label },
              ...(label === 'CRITICAL' && { UpdatedAt: '2026-11-21T10:30:00.000Z' }),
            },
          ],
        }),
      ),
    );
  const command = ({ messages }: Course) =>
    /suture (approve \S+ --of [0-9a-f]{8})/.exec(messages[0]?.body ?? '')?.[1]?.split(' ') ?? [];
  const first = command(await put(instanceId, 'HIGH'));
  const graver = await put(other, 'CRITICAL');
  const second = command(graver);
  expect(second.slice(0, 2)).toEqual(first.slice(0, 2));
  expect(await suture(twin, ...first, '--reason', 'seen')).toEqual({
    status: 1,
    stdout: '',
    stderr: `suture: ${first[1]} is not about what you were asked any more: by now it is about ${other} (--of ${second[3]}). Read the message that came last\n`,
  });
  const { runs } = await after(graver, async () => {
    expect(await suture(twin, ...second, '--reason', 'seen')).toMatchObject({ status: 0 });
  });
  expect(runs).toMatchObject([{ status: 'SUCCEEDED' }]);
  // The one before has nothing to do any more, and says nothing.
  const late = await workflow.during(() => twin.advance(3601));
  expect(late.messages).toEqual([]);
  expect(await isIsolated()).toBe(false);
});

/** A role like the one for operators, but for MFA, which the twin has not: for whoever is of the account. */
async function operatorRole(): Promise<string> {
  const RoleName = `operators-${randomUUID()}`;
  const of = { RoleName: 'SutureOperator' };
  const { Role } = await principals.iam.send(new GetRoleCommand(of));
  const { Version, Statement } = JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''));
  const [{ Condition, ...statement }] = Statement;
  expect(Condition).toEqual({ Bool: expect.anything(), StringEquals: { 'sts:RoleSessionName': '${aws:username}' } });
  const trusting = { ...statement, Principal: { AWS: 'arn:aws:iam::111122223333:root' } };
  const document = { Version, Statement: [{ ...trusting, Condition: { StringEquals: Condition.StringEquals } }] };
  await principals.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(document) }));
  const own = { PolicyName: 'permissions' };
  const { PolicyDocument = '' } = await principals.iam.send(new GetRolePolicyCommand({ ...of, ...own }));
  await principals.iam.send(
    new PutRolePolicyCommand({ RoleName, ...own, PolicyDocument: decodeURIComponent(PolicyDocument) }),
  );
  return RoleName;
}

/** A session of a role that somebody begins. */
async function sessionOf(RoleName: string, RoleSessionName: string, { accessKeyId, secretAccessKey }: Keys) {
  const sts = new STSClient({ ...twin.config, credentials: { accessKeyId, secretAccessKey } });
  const RoleArn = `arn:aws:iam::111122223333:role/${RoleName}`;
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName }));
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

describe("the finding's own subject", () => {
  it.each([
    ['with a key', async (key: Keys) => key, (name: string) => `arn:aws:iam::111122223333:user/${name}`],
    [
      'under the role for operators, where nobody has another name than the own',
      async (key: Keys, name: string) => {
        const role = await operatorRole();
        await expect(sessionOf(role, 'somebody-else', key)).rejects.toThrow(
          /not authorized to perform: sts:AssumeRole/,
        );
        return sessionOf(role, name, key);
      },
      (name: string) => new RegExp(`arn:aws:sts::111122223333:assumed-role/operators-[0-9a-f-]{36}/${name}`),
    ],
  ])('decides nothing about it and does not close it: %s', async (_how, keysOf, caller) => {
    const { name, keys: [key] = [] } = await principals.user();
    const { id } = await waiting({ Type: 'AwsIamUser', Id: `arn:aws:iam::111122223333:user/${name}` });
    const keys = await keysOf(key as Keys, name);
    const arn = caller(name);
    for (const [word, what] of [
      ['deny', 'decide about'],
      ['approve', 'decide about'],
      ['close', 'close'],
    ] as const) {
      const { status, stdout, stderr } = await as(keys, word, id, '--reason', 'nothing to see');
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(
        new RegExp(
          `^suture: ${arn instanceof RegExp ? arn.source : arn} may not ${what} ${id}: the finding is about user ${name}\\. Somebody else must\\n$`,
        ),
      );
    }
    const { stdout } = await suture(twin, 'approvals', 'list', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ id }]);
    await suture(twin, 'deny', id, '--reason', 'enough seen');
    // Nor when it is over.
    expect(await as(keys, 'close', id, '--reason', 'over')).toMatchObject({ status: 1 });
    expect(await suture(twin, 'close', id, '--reason', 'over')).toMatchObject({ status: 0 });
  });
});

it('the role for operators is for people with MFA; with what it allows everything can be decided, and nothing else done', async () => {
  const RoleArn = 'arn:aws:iam::111122223333:role/SutureOperator';
  const sts = new STSClient(twin.config);
  await expect(sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'person' }))).rejects.toThrow(
    /not authorized/,
  );

  // The twin has no MFA: somebody with the same permissions does what such a person would.
  const { PolicyDocument = '' } = await principals.iam.send(
    new GetRolePolicyCommand({ RoleName: 'SutureOperator', PolicyName: 'permissions' }),
  );
  const { name, keys: [key] = [] } = await principals.user();
  const policy = { UserName: name, PolicyName: 'own', PolicyDocument: decodeURIComponent(PolicyDocument) };
  await principals.iam.send(new PutUserPolicyCommand(policy));
  const { id, asked } = await waiting();
  const { id: other, asked: otherAsked } = await waiting();
  const since = await twin.mark();
  expect(await as(key as Keys, 'approvals', 'list')).toMatchObject({ status: 0, stdout: expect.stringContaining(id) });
  await after(asked, async () => {
    expect(await as(key as Keys, 'approve', id, '--reason', 'seen')).toMatchObject({ status: 0 });
  });
  await after(otherAsked, async () => {
    expect(await as(key as Keys, 'deny', other, '--reason', 'seen')).toMatchObject({ status: 0 });
  });
  expect(await as(key as Keys, 'close', id, '--reason', 'over')).toMatchObject({ status: 0 });
  const calls = (await twin.journal(since)).filter(({ principal }) => principal.endsWith(`/${name}`));
  expect(calls.filter(({ error }) => error !== null)).toEqual([]);
  expect([...new Set(calls.map(({ service, operation }) => `${service}:${operation}`))].sort()).toEqual([
    'dynamodb:BatchGetItem',
    'dynamodb:Query',
    'dynamodb:TransactWriteItems',
    'sns:Publish',
    'states:SendTaskSuccess',
    'sts:GetCallerIdentity',
  ]);
  for (const given of [
    ['pause', '--reason', 'x'],
    ['sweep', '--mode', 'enforce'],
  ])
    expect(await as(key as Keys, ...given)).toMatchObject({ status: 1, stderr: expect.stringContaining('denied') });
});

it.each([
  [['approve', 'gd-1', '--reason', 'x'], 'gd-1: expected the id of an incident'],
  [['approve', `gd-${'0'.repeat(32)}`], "required option '--reason <text>' not specified"],
  [['deny', `gd-${'0'.repeat(32)}`, '--reason', ' '], '--reason: expected a text of 1 to 300 characters'],
  [['deny', `gd-${'0'.repeat(32)}`, '--reason', 'x'.repeat(301)], '--reason: expected a text of 1 to 300 characters'],
])('%j is wrong use', async (given, message) => {
  expect(await suture(twin, ...given)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
});

it('an incident that is not known is said not to be', async () => {
  const id = `sh-${randomUUID().replaceAll('-', '')}`;
  expect(await suture(twin, 'approve', id, '--reason', 'x')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`the ledger knows no incident ${id}`),
  });
});
