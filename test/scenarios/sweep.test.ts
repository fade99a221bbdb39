import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetFunctionRecursionConfigCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Call, TestTwin, tcp } from '../support/twin';

// What no event told of: older than the installation, or come while the fast path was broken.

let twin: TestTwin;
let events: EventBridgeClient;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
  events = new EventBridgeClient(twin.config);
});
afterAll(() => twin.stop());

const ROLE = 'AwsConfigLambdaSGRole';
const SIX_HOURS = 6 * 3600;
const ingress = async (groupId: string) => (await twin.rules(groupId)).filter(({ IsEgress }) => !IsEgress);
const count = (calls: readonly Call[], operation: string) =>
  calls.filter((call) => call.operation === operation).length;

/** Opens ports while no event tells of it. */
async function unseen(run: () => Promise<void>): Promise<void> {
  await twin.settle();
  await events.send(new DisableRuleCommand({ Name: 'SecurityGroupIngressDetection' }));
  await run();
  await twin.settle();
  await events.send(new EnableRuleCommand({ Name: 'SecurityGroupIngressDetection' }));
}

const invoke = (input: object) => twin.invoke('SecurityGroupSelfHeal', input);

async function summaries(): Promise<Record<string, unknown>[]> {
  const { accountId, region } = twin.ready;
  const { Items = [] } = await twin.dynamodb.send(
    new QueryCommand({
      TableName: 'SutureLedger',
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :entry)',
      ExpressionAttributeValues: {
        ':pk': { S: `RES#${accountId}#${region}#Suture::Sweep#security-group` },
        ':entry': { S: 'E#' },
      },
    }),
  );
  return Items.map((item) => unmarshall(item));
}

it('the schedule finds a violation that no event told of, and heals it alone', async () => {
  const [opened, fine] = [await twin.makeGroup(), await twin.makeGroup()];
  await unseen(async () => {
    await twin.authorize(opened, tcp(22));
  });
  await twin.settle();
  expect(await ingress(opened)).toHaveLength(3);
  const since = await twin.mark();
  await twin.advance(SIX_HOURS);
  await twin.settle();
  expect(await ingress(opened)).toHaveLength(2);
  const calls = await twin.calls(since);
  expect(count(calls, 'RevokeSecurityGroupIngress')).toBe(1);
  // One invocation for the group in question, none for the others.
  expect(count(calls, 'Invoke')).toBe(1);
  expect((await twin.chain(fine)).every(({ outcome }) => outcome === 'NO_ACTION')).toBe(true);
  expect((await twin.chain(opened)).find(({ kind }) => kind === 'intent')?.trigger).toMatchObject({ kind: 'sweep' });
});

it('leaves one summary, and counts what it saw', async () => {
  const before = (await summaries()).length;
  const groups = ((await twin.everyGroup()) as unknown[]).length;
  const answer = await invoke({ sweep: {} });
  expect(answer).toMatchObject({ outcome: 'NO_ACTION', sweep: { seen: groups, violating: 0 } });
  const after = await summaries();
  expect(after).toHaveLength(before + 1);
  expect(after.at(-1)?.reason).toMatch(new RegExp(`: ${groups} seen, 0 in question$`));
  const { Datapoints = [] } = await new CloudWatchClient(twin.config).send(
    new GetMetricStatisticsCommand({
      Namespace: 'Suture',
      MetricName: 'EvaluationsPerformed',
      Dimensions: [{ Name: 'Remediation', Value: 'security-group' }],
      StartTime: new Date(Date.now() - 3600_000),
      EndTime: new Date(Date.now() + 7 * SIX_HOURS * 1000),
      Period: 7 * SIX_HOURS,
      Statistics: ['Sum'],
    }),
  );
  expect(Datapoints[0]?.Sum ?? 0).toBeGreaterThanOrEqual(groups);
});

it('closes an intent that nobody came back to', async () => {
  const groupId = await twin.makeGroup();
  // Dies three times before it can revoke: the intent stays open, and Lambda gives up.
  await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', kill: 'before', times: 3, principal: ROLE });
  await twin.authorize(groupId, tcp(22));
  await twin.advance(300);
  expect(await twin.head(groupId)).toMatchObject({ pending: 'security-group' });
  await twin.clearFaults();
  // The hour's end, not the next sweep.
  await twin.advance(3600);
  await twin.settle();
  expect(await ingress(groupId)).toHaveLength(2);
  expect(await twin.head(groupId)).not.toHaveProperty('pending');
  expect((await twin.chain(groupId)).at(-1)).toMatchObject({ kind: 'outcome', outcome: 'REMEDIATED' });
});

it('may go on in further invocations, past the guard against loops', async () => {
  const found = await new LambdaClient(twin.config).send(
    new GetFunctionRecursionConfigCommand({ FunctionName: 'SecurityGroupSelfHeal' }),
  );
  expect(found.RecursiveLoop).toBe('Allow');
});

it('somebody is told when nothing was looked at for two sweeps', async () => {
  const named = (subject: string) => subject.includes('SecurityGroupSelfHealSilence');
  await twin.advance(2 * SIX_HOURS);
  expect((await twin.outbox()).filter(({ subject }) => named(subject))).toEqual([]);
  const schedules = ['SecurityGroupPeriodicCheck', 'SecurityGroupIngressDetection'];
  for (const Name of schedules) await events.send(new DisableRuleCommand({ Name }));
  await twin.advance(3 * SIX_HOURS);
  expect((await twin.outbox()).filter(({ subject }) => named(subject))).toHaveLength(1);
  for (const Name of schedules) await events.send(new EnableRuleCommand({ Name }));
});

it('a fight is told once in a window, by name, and healing goes on', async () => {
  const groupId = await twin.makeGroup();
  await twin.settle();
  const mails = (await twin.outbox()).length;
  for (let time = 0; time < 12; time++) {
    await twin.authorize(groupId, tcp(22));
    await twin.settle();
    expect(await ingress(groupId)).toHaveLength(2);
  }
  const told = (await twin.outbox()).slice(mails).filter(({ subject }) => subject.includes('keeps reopening'));
  expect(told.map(({ subject }) => subject)).toEqual([`Suture: somebody keeps reopening ${groupId}`]);
  expect(told[0]?.body).toContain(`:user/operator`);
  expect(told[0]?.body).toMatch(/10 fixes since/);
});
