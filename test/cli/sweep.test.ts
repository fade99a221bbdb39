import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { begin, suture } from '../support/command';
import { TestTwin, tcp } from '../support/twin';

// `suture sweep` where Suture is installed, as a process of its own.

let twin: TestTwin;
beforeAll(async () => {
  // The policy observes: what is changed is changed because somebody asked for it.
  twin = await TestTwin.start('default');
});
afterAll(() => twin.stop());
afterEach(() => twin.clearFaults());

const SAFE = [tcp(443), tcp(22, '10.0.0.0/8')];
const WRITES = /^(Revoke|Authorize|Put|Update|Delete|TransactWrite|Create|Modify|Publish|Invoke)/;
const writesBy = async (who: string, since: number) =>
  (await twin.journal(since)).filter(
    ({ principal, operation, error }) => principal.endsWith(who) && WRITES.test(operation) && error === null,
  );
const revocations = async (since: number) =>
  (await twin.journal(since))
    .filter(({ operation, error }) => operation === 'RevokeSecurityGroupIngress' && error === null)
    .map(({ parameters }) => String(parameters.GroupId));

/** Groups with SSH open to the world, of which no event told. */
async function opened(count: number): Promise<string[]> {
  const events = new EventBridgeClient(twin.config);
  await twin.settle();
  await events.send(new DisableRuleCommand({ Name: 'SecurityGroupIngressDetection' }));
  const ids = [];
  for (let made = 0; made < count; made++) ids.push(await twin.makeGroup(undefined, [...SAFE, tcp(22)]));
  await twin.settle();
  await events.send(new EnableRuleCommand({ Name: 'SecurityGroupIngressDetection' }));
  await twin.settle();
  return ids;
}
const ports = async (groupId: string) =>
  (await twin.rules(groupId))
    .filter(({ IsEgress }) => !IsEgress)
    .map(({ FromPort, CidrIpv4 }) => `${FromPort} ${CidrIpv4}`);
const SAFE_PORTS = ['22 10.0.0.0/8', '443 0.0.0.0/0'];

it('observe shows what would be changed, and writes nothing at all', async () => {
  const [groupId = ''] = await opened(1);
  const [before, since] = [await twin.everyGroup(), await twin.mark()];
  const { status, stdout, stderr } = await suture(twin, 'sweep', '--mode', 'observe');
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout).toMatch(new RegExp(`DRY_RUN +${groupId} +open to the internet: port 22`));
  expect(stdout).toContain('1 violation remains.');
  expect(await twin.everyGroup()).toEqual(before);
  expect(await writesBy(':user/operator', since)).toEqual([]);
  expect(await twin.chain(groupId)).toEqual([]);
});

it('enforce heals what is in question, though the policy observes, and touches nothing else', async () => {
  const [one = '', other = ''] = await opened(2);
  const [since, mails] = [await twin.mark(), (await twin.outbox()).length];
  const { status, stdout, stderr } = await suture(twin, 'sweep', '--mode', 'enforce', '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const answer = JSON.parse(stdout);
  const groups = ((await twin.everyGroup()) as unknown[]).length;
  expect(answer).toMatchObject({
    mode: 'enforce',
    account: '111122223333',
    kinds: { 'security-group': { seen: groups }, bucket: { inQuestion: 0 } },
    remaining: 0,
    complete: true,
  });
  expect(answer.outcomes).toEqual({ REMEDIATED: answer.inQuestion });
  const found = (answer.resources as { resourceId: string; receipt: string }[]).find(
    ({ resourceId }) => resourceId === one,
  );
  expect(found).toMatchObject({ outcome: 'REMEDIATED', actions: [{ kind: 'RevokeSecurityGroupIngress' }] });
  for (const groupId of [one, other]) {
    expect((await ports(groupId)).sort()).toEqual(SAFE_PORTS);
    const chain = await twin.chain(groupId);
    expect(chain.map(({ kind, mode }) => [kind, mode])).toEqual([
      ['intent', 'enforce'],
      ['outcome', 'enforce'],
    ]);
    expect(chain[0]?.trigger).toMatchObject({
      kind: 'sweep',
      name: 'suture sweep by arn:aws:iam::111122223333:user/operator',
    });
    expect(`${chain[1]?.pk}/${chain[1]?.sk}`).toBe(
      answer.resources.find(({ resourceId }: { resourceId: string }) => resourceId === groupId).receipt,
    );
  }
  expect(new Set(await revocations(since)).size).toBe(answer.inQuestion);
  expect((await twin.outbox()).slice(mails)).toEqual([]);

  const again = await twin.mark();
  expect(await suture(twin, 'sweep', '--mode', 'enforce')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Nothing remains.'),
  });
  expect(await revocations(again)).toEqual([]);
});

it('costs a page of listings and seven calls for each group in question', async () => {
  await opened(3);
  const since = await twin.mark();
  await suture(twin, 'sweep', '--mode', 'enforce', '--only', 'security-group');
  const calls = (await twin.journal(since)).filter(({ principal }) => principal.endsWith(':user/operator'));
  // Who asks; what is pending; the ledger; one page; the summary of two.
  expect(calls.length).toBeLessThanOrEqual(6 + 3 * 7);
});

it('pause counts, whatever the mode', async () => {
  const [groupId = ''] = await opened(1);
  expect(await suture(twin, 'pause', '--reason', 'we look at it')).toMatchObject({ status: 0 });
  const since = await twin.mark();
  const { status, stdout } = await suture(twin, 'sweep', '--mode', 'enforce');
  expect(status).toBe(1);
  expect(stdout).toMatch(new RegExp(`HELD +${groupId} +paused by .*:user/operator: we look at it`));
  expect(await revocations(since)).toEqual([]);
  expect(await suture(twin, 'resume')).toMatchObject({ status: 0 });
  expect(await suture(twin, 'sweep', '--mode', 'enforce')).toMatchObject({ status: 0 });
  expect((await ports(groupId)).sort()).toEqual(SAFE_PORTS);
});

it('ends after what has begun at Ctrl-C, and goes on with --resume without repeating an effect', async () => {
  const ids = await opened(25);
  const since = await twin.mark();
  await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', delayMs: 300, times: 100, principal: 'operator' });
  const { child, ended } = begin(twin, ['sweep', '--mode', 'enforce']);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  const first = await ended;
  expect(first.status).toBe(1);
  expect(first.stdout).toContain('Not finished. Go on with: suture sweep --mode enforce --resume');
  const half = await revocations(since);
  expect(half.length).toBeGreaterThan(0);
  expect(half.length).toBeLessThan(25);
  for (const groupId of half) await twin.chain(groupId);

  await twin.clearFaults();
  expect(await suture(twin, 'sweep', '--mode', 'observe', '--resume')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('ran with --mode enforce'),
  });
  const { status, stdout } = await suture(twin, 'sweep', '--mode', 'enforce', '--resume', '--json');
  expect(status).toBe(0);
  const answer = JSON.parse(stdout);
  expect(answer).toMatchObject({ inQuestion: 25, outcomes: { REMEDIATED: 25 }, remaining: 0, complete: true });
  expect(answer.resources).toHaveLength(25 - half.length);
  const all = await revocations(since);
  expect([...all].sort()).toEqual([...ids].sort());
  for (const groupId of ids) {
    expect((await ports(groupId)).sort()).toEqual(SAFE_PORTS);
    expect(await twin.chain(groupId)).toHaveLength(2);
  }
  expect(await suture(twin, 'sweep', '--mode', 'enforce', '--resume')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('there is nothing to resume'),
  });
});

it('a change that AWS denies remains, and is told', async () => {
  const [groupId = ''] = await opened(1);
  const before = await twin.everyGroup();
  await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', error: 'UnauthorizedOperation', times: 9 });
  const { status, stdout } = await suture(twin, 'sweep', '--mode', 'enforce', '--json');
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    remaining: 1,
    resources: [
      { resourceId: groupId, outcome: 'FAILED', reason: expect.stringContaining('1 of 1 actions not in effect') },
    ],
  });
  expect(await twin.everyGroup()).toEqual(before);
  expect((await twin.chain(groupId)).at(-1)).toMatchObject({ kind: 'outcome', outcome: 'FAILED' });
  await twin.clearFaults();
  expect(await suture(twin, 'sweep', '--mode', 'enforce')).toMatchObject({ status: 0 });
});

it('one line tells that the ledger is denied, and nothing is written', async () => {
  const since = await twin.mark();
  await twin.fault({ operation: 'dynamodb:BatchGetItem', error: 'AccessDeniedException', times: 9 });
  const { status, stdout, stderr } = await suture(twin, 'sweep', '--mode', 'enforce');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^suture: AWS denied it \(AccessDeniedException\).*\n$/);
  expect(await writesBy(':user/operator', since)).toEqual([]);
});

it('what cannot be listed is FAILED, and the other kinds are swept all the same; --resume looks at it alone', async () => {
  const [groupId = ''] = await opened(1);
  await twin.fault({ operation: 'ec2:DescribeSecurityGroups', error: 'UnauthorizedOperation', times: 9 });
  const { status, stdout, stderr } = await suture(twin, 'sweep', '--mode', 'enforce', '--json');
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({
    complete: false,
    remaining: 1,
    outcomes: { FAILED: 1 },
    kinds: { 'security-group': { seen: 0, outcomes: { FAILED: 1 } }, bucket: { seen: 3, inQuestion: 0 } },
    resources: [
      {
        resourceType: 'AWS::EC2::SecurityGroup',
        outcome: 'FAILED',
        reason: expect.stringMatching(/^security groups could not be read: AWS denied it \(UnauthorizedOperation\)/),
      },
    ],
  });
  await twin.clearFaults();
  const since = await twin.mark();
  const resumed = await suture(twin, 'sweep', '--mode', 'enforce', '--resume', '--json');
  expect(resumed.status).toBe(0);
  expect(JSON.parse(resumed.stdout)).toMatchObject({ complete: true, outcomes: { REMEDIATED: 1 }, remaining: 0 });
  expect(await revocations(since)).toEqual([groupId]);
  expect((await twin.journal(since)).filter(({ service }) => service.startsWith('s3'))).toEqual([]);
});

it.each([
  [['sweep'], "required option '--mode <mode>' not specified"],
  [['sweep', '--mode', 'observe', '--only', 'rivers'], 'Allowed choices are security-group, bucket, account'],
  [['sweep', '--mode', 'approve'], 'Allowed choices are observe, enforce'],
  [['sweep', '--mode', 'observe', '--ledger', 'out/none'], '--ledger DIR goes with --settings FILE'],
  [['sweep', '--mode', 'observe', '--settings', 'nope.json'], 'nope.json: no such settings file'],
  [['sweep', '--mode', 'observe', '--settings', 'LICENSE'], 'is not JSON'],
  [['sweep', '--mode', 'observe', '--settings', 'cdktf.json', '--ledger', 'out'], 'unknown key'],
  [['sweep', '--mode', 'observe', '--settings', 'cli/demo-settings.json', '--ledger', 'LICENSE'], 'LICENSE is a file'],
])('%j is wrong use', async (given, message) => {
  expect(await suture(twin, ...given)).toMatchObject({ status: 2, stderr: expect.stringContaining(message) });
});

it('says where Suture is not', async () => {
  const { status, stderr } = await begin(twin, ['sweep', '--mode', 'enforce'], { AWS_REGION: 'eu-north-1' }).ended;
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^suture: Suture is not installed here: account 111122223333, Region eu-north-1 has no table SutureLedger\..*\n$/,
  );
});
