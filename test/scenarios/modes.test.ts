import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CreateTagsCommand, DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import { EventBridgeClient, ListRulesCommand } from '@aws-sdk/client-eventbridge';
import type { Variant } from '../support/stacks';
import { TestTwin, tcp } from '../support/twin';

// What the settings ask for, seen in the account.

let twin: TestTwin;
const startWith = (variant: Variant) => {
  beforeAll(async () => {
    twin = await TestTwin.start(variant);
  });
  afterAll(() => twin.stop());
};

const ingress = async (groupId: string) =>
  (await twin.rules(groupId))
    .filter(({ IsEgress }) => !IsEgress)
    .map(({ FromPort, CidrIpv4 }) => `${FromPort} ${CidrIpv4}`)
    .sort();
const opened = async (...ports: number[]) => {
  const groupId = await twin.makeGroup();
  await twin.settle();
  const since = await twin.mark();
  await twin.authorize(groupId, ...ports.map((port) => tcp(port)));
  await twin.settle();
  return { groupId, calls: await twin.calls(since) };
};
const writes = (calls: readonly { operation: string; service: string }[]) =>
  calls.filter(({ service, operation }) => service === 'ec2' && !/^(Describe|Get)/.test(operation));

describe('observe, which is the default', () => {
  startWith('default');

  it('writes down what it would do, once, and changes nothing', async () => {
    const { groupId, calls } = await opened(22, 465);
    expect(writes(calls)).toEqual([]);
    expect(await ingress(groupId)).toContain('22 0.0.0.0/0');
    const last = (await twin.chain(groupId)).at(-1);
    expect(last).toMatchObject({
      kind: 'decision',
      outcome: 'DRY_RUN',
      reason: 'open to the internet: port 22, port 465',
      actions: [{ kind: 'RevokeSecurityGroupIngress' }],
    });
    await twin.authorize(groupId, tcp(8080, '10.0.0.0/8'));
    await twin.settle();
    expect((await twin.chain(groupId)).at(-1)).toEqual(last);
    expect(await twin.outbox()).toEqual([]);
  });
});

describe('approve', () => {
  startWith('approve');

  it('holds the change, and asks once', async () => {
    const { groupId, calls } = await opened(22);
    expect(writes(calls)).toEqual([]);
    await twin.authorize(groupId, tcp(8080, '10.0.0.0/8'));
    await twin.settle();
    expect((await twin.chain(groupId)).at(-1)).toMatchObject({
      outcome: 'HELD',
      reason: 'waits for approval: open to the internet: port 22',
    });
    const mails = await twin.outbox();
    expect(mails).toEqual([
      expect.objectContaining({
        channel: 'email',
        to: 'soc@example.com',
        subject: `Suture: ${groupId} waits for approval`,
      }),
    ]);
    expect(mails[0]?.body).toContain(`Resource:  arn:aws:ec2:us-east-1:111122223333:security-group/${groupId}`);
    expect(mails[0]?.body).toContain('by arn:aws:iam::111122223333:user/operator');
    await twin.authorize(groupId, tcp(23));
    await twin.settle();
    expect(await twin.outbox()).toHaveLength(2);
  });
});

describe('narrowing', () => {
  startWith('narrow');

  it('keeps the allowed ports of a wide rule, with its description, before the rule goes', async () => {
    const groupId = await twin.makeGroup(undefined, [tcp(22, '10.0.0.0/8')]);
    await twin.settle();
    const since = await twin.mark();
    await twin.authorize(groupId, { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'the shop' }] });
    await twin.settle();
    expect(await ingress(groupId)).toEqual(['22 10.0.0.0/8', '443 0.0.0.0/0', '80 0.0.0.0/0']);
    expect((await twin.rules(groupId)).filter(({ Description }) => Description === 'the shop')).toHaveLength(2);
    expect(writes(await twin.calls(since)).map(({ operation }) => operation)).toEqual([
      'AuthorizeSecurityGroupIngress',
      'RevokeSecurityGroupIngress',
    ]);
    const mark = await twin.mark();
    await twin.settle();
    expect(writes(await twin.calls(mark))).toEqual([]);
  });

  it('holds it when there is no room, closes the rest, and tells once', async () => {
    const groupId = await twin.makeGroup(
      undefined,
      Array.from({ length: 58 }, (_unused, index) => tcp(10_000 + index, '10.0.0.0/8')),
    );
    await twin.settle();
    await twin.authorize(groupId, tcp([0, 1023]), tcp(3389));
    await twin.settle();
    const after = await ingress(groupId);
    expect(after).toHaveLength(59);
    expect(after).toContain('0 0.0.0.0/0');
    expect(after).not.toContain('3389 0.0.0.0/0');
    expect((await twin.chain(groupId)).at(-1)).toMatchObject({
      outcome: 'HELD',
      reason: `${groupId} has no room for the allowed part of a wide rule`,
    });
  });
});

describe('exceptions and the budget', () => {
  startWith('exceptions');

  it('a tag that names a registered exception leaves one rule alone, and no other', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    await twin.fault({ operation: 'dynamodb:BatchGetItem', error: 'AccessDeniedException' });
    const [rule] = await twin.authorize(groupId, tcp(22));
    await twin.ec2.send(
      new CreateTagsCommand({
        Resources: [rule?.SecurityGroupRuleId ?? ''],
        Tags: [{ Key: 'suture:exempt', Value: 'tagged' }],
      }),
    );
    await twin.authorize(groupId, tcp(23));
    await twin.advance(90);
    expect(await ingress(groupId)).toEqual(['22 0.0.0.0/0', '22 10.0.0.0/8', '443 0.0.0.0/0']);
    const chain = await twin.chain(groupId);
    expect(chain.at(-1)).toMatchObject({
      outcome: 'EXEMPT',
      exempt: [{ target: rule?.SecurityGroupRuleId, exception: 'tagged' }],
    });
  });

  it('one that is over counts no more, and the receipt says that it would have', async () => {
    const { groupId } = await opened(22);
    expect(await ingress(groupId)).not.toContain('22 0.0.0.0/0');
    expect((await twin.chain(groupId)).at(-1)).toMatchObject({ outcome: 'REMEDIATED', expired: ['over'] });
  });

  it('what exceeds the budget is held, told once, and healed in the next hour', async () => {
    const { now } = await twin.control<{ now: string }>('GET', '/health');
    await twin.advance(3660 - ((Date.parse(now) / 1000) % 3600));
    const mails = (await twin.outbox()).length;
    const groups: string[] = [];
    for (let index = 0; index < 6; index++) groups.push((await opened(22)).groupId);
    const open = async () =>
      (await Promise.all(groups.map(ingress))).filter((rules) => rules.includes('22 0.0.0.0/0')).length;
    expect(await open()).toBe(3);
    expect((await twin.outbox()).slice(mails).map(({ subject }) => subject)).toEqual([
      'Suture: the budget of 3 changes per hour is used up; further changes are held',
    ]);
    expect((await twin.chain(groups[5] ?? '')).at(-1)).toMatchObject({ outcome: 'HELD' });
    await twin.advance(3600);
    expect(await open()).toBe(0);
  });
});

describe('a prefix', () => {
  startWith('prefixed');

  it('precedes every name, and the trail is left to the account', async () => {
    const { Rules = [] } = await new EventBridgeClient(twin.config).send(new ListRulesCommand({}));
    const rules = Rules.filter(({ ManagedBy }) => ManagedBy === undefined).map(({ Name = '' }) => Name);
    expect(rules).toEqual(
      expect.arrayContaining(['team-a-SecurityGroupIngressDetection', 'team-a-GuardDutyFindingDetection']),
    );
    expect(rules.filter((name) => !name.startsWith('team-a-'))).toEqual([]);
    const { MetricAlarms = [] } = await new CloudWatchClient(twin.config).send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms.length).toBeGreaterThan(0);
    expect(MetricAlarms.filter(({ AlarmName = '' }) => !AlarmName.startsWith('team-a-'))).toEqual([]);
    // No trail logs here, so that a call reaches nobody until the account's own does.
    const { groupId, calls } = await opened(22);
    expect(calls).toEqual([]);
    await twin.emit({
      version: '0',
      id: 'x',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.ec2',
      account: '111122223333',
      region: 'us-east-1',
      time: '2026-11-21T10:00:00Z',
      resources: [],
      detail: {
        eventSource: 'ec2.amazonaws.com',
        eventName: 'AuthorizeSecurityGroupIngress',
        eventID: 'e',
        eventTime: '2026-11-21T10:00:00Z',
        requestParameters: { groupId },
      },
    });
    await twin.settle();
    expect(await ingress(groupId)).not.toContain('22 0.0.0.0/0');
    const { SecurityGroups = [] } = await twin.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
    expect(SecurityGroups).toHaveLength(1);
  });
});
