import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateManagedPrefixListCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  ModifyManagedPrefixListCommand,
  ModifySecurityGroupRulesCommand,
  RestoreManagedPrefixListVersionCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { TestTwin, tcp } from '../support/twin';

let twin: TestTwin;
beforeAll(async () => {
  twin = await TestTwin.start('enforce');
});
afterAll(() => twin.stop());

const revokes = async (since: number) =>
  (await twin.calls(since)).filter(
    ({ operation, error }) => operation === 'RevokeSecurityGroupIngress' && error === null,
  );

describe('three ports opened to the internet', () => {
  let groupId: string;
  let since: number;
  let before: unknown;
  let others: unknown;
  let opened: string[];

  beforeAll(async () => {
    const other = await twin.makeGroup();
    groupId = await twin.makeGroup();
    await twin.settle();
    before = await twin.rules(groupId);
    others = ((await twin.everyGroup()) as { GroupId: string }[]).filter(({ GroupId }) => GroupId !== groupId);
    since = await twin.mark();
    opened = (await twin.authorize(groupId, tcp(22, '0.0.0.0/0', 'in a hurry'), tcp(465), tcp(993, '::/0'))).map(
      ({ SecurityGroupRuleId = '' }) => SecurityGroupRuleId,
    );
    await twin.settle();
    expect(other).not.toBe(groupId);
  });

  it('are closed, and everything else is as it was', async () => {
    expect(await twin.rules(groupId)).toEqual(before);
    expect(((await twin.everyGroup()) as { GroupId: string }[]).filter(({ GroupId }) => GroupId !== groupId)).toEqual(
      others,
    );
  });

  it('take seven calls, of which one changes the group, by rule id', async () => {
    const calls = await twin.calls(since);
    expect(calls.map(({ operation }) => operation).sort()).toEqual([
      'BatchGetItem',
      'DescribeSecurityGroupRules',
      'DescribeSecurityGroupRules',
      'DescribeSecurityGroups',
      'RevokeSecurityGroupIngress',
      'TransactWriteItems',
      'TransactWriteItems',
    ]);
    expect(calls.find(({ operation }) => operation === 'RevokeSecurityGroupIngress')?.parameters).toEqual({
      GroupId: groupId,
      SecurityGroupRuleIds: opened,
    });
    expect(
      calls.every(({ principal }) =>
        principal.startsWith('arn:aws:sts::111122223333:assumed-role/AwsConfigLambdaSGRole/'),
      ),
    ).toBe(true);
  });

  it('leave an intent and an outcome, from which the change could be taken back', async () => {
    const [intent, outcome, ...more] = await twin
      .chain(groupId)
      .then((entries) => entries.filter(({ kind }) => kind !== 'decision'));
    expect(more).toEqual([]);
    expect(intent).toMatchObject({
      kind: 'intent',
      mode: 'enforce',
      reason: expect.stringContaining('port 465'),
      trigger: { name: 'AuthorizeSecurityGroupIngress', actor: 'arn:aws:iam::111122223333:user/operator' },
      actions: [{ kind: 'RevokeSecurityGroupIngress', groupId, ruleIds: opened }],
    });
    const removed = (intent?.before?.touched as { rules?: unknown[] } | undefined)?.rules;
    expect(removed).toHaveLength(3);
    expect(removed).toContainEqual(
      expect.objectContaining({ fromPort: 22, source: { cidrIpv4: '0.0.0.0/0' }, description: 'in a hurry' }),
    );
    const revoked = (await twin.calls(since)).find(({ operation }) => operation === 'RevokeSecurityGroupIngress');
    expect(outcome).toMatchObject({
      kind: 'outcome',
      outcome: 'REMEDIATED',
      results: [{ done: true, requestIds: [revoked?.requestId] }],
    });
  });

  it('are told in the log as runbooks expect', async () => {
    const logs = new CloudWatchLogsClient(twin.config);
    const lines = async (filterPattern: string) =>
      (
        (
          await logs.send(
            new FilterLogEventsCommand({ logGroupName: '/aws/lambda/SecurityAutoRemediation', filterPattern }),
          )
        ).events ?? []
      ).map(({ message = '' }) => JSON.parse(message) as Record<string, unknown>);
    expect((await lines('"Revoking for port 465"')).map(({ message, resourceId }) => [message, resourceId])).toEqual([
      ['Revoking for port 465', groupId],
    ]);
    expect(await lines('Remediated')).toContainEqual(
      expect.objectContaining({
        level: 'INFO',
        message: `Remediated security group ${groupId}`,
        outcome: 'REMEDIATED',
        resourceId: groupId,
      }),
    );
  });

  it('are counted', async () => {
    const cloudWatch = new CloudWatchClient(twin.config);
    const sum = async (MetricName: string) => {
      const { Datapoints = [] } = await cloudWatch.send(
        new GetMetricStatisticsCommand({
          Namespace: 'Suture',
          MetricName,
          StartTime: new Date(Date.now() - 3_600_000),
          EndTime: new Date(Date.now() + 3_600_000),
          Period: 7200,
          Statistics: ['Sum'],
        }),
      );
      return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
    };
    expect(await sum('RemediationActions')).toBeGreaterThanOrEqual(1);
    expect(await sum('EvaluationsPerformed')).toBeGreaterThanOrEqual(await sum('RemediationActions'));
    expect(await sum('RemediationFailures')).toBe(0);
  });

  it('wake nobody again: what Suture does itself finds nothing to do', async () => {
    const mark = await twin.mark();
    await twin.advance(3600);
    // Each hour something looks for what is pending, and finds nothing.
    const calls = (await twin.calls(mark)).filter(({ principal }) => principal.includes('/AwsConfigLambdaSGRole/'));
    expect(calls.map(({ operation }) => operation)).toEqual(['Query']);
  });
});

describe.each([
  ['all traffic', { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }, true],
  ['all traffic from a private range', { IpProtocol: '-1', IpRanges: [{ CidrIp: '10.1.0.0/16' }] }, false],
  ['all ports', tcp([0, 65535]), true],
  ['a range between two allowed ports', tcp([80, 443]), true],
  ['the world in a notation of its own', tcp(3389, '198.51.100.254/0'), true],
  ['half of the internet', tcp(3389, '128.0.0.0/1'), true],
  ['HTTP', tcp(80), false],
  ['a protocol by its number', { IpProtocol: '50', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }, true],
  ['path MTU discovery', { IpProtocol: 'icmp', FromPort: 3, ToPort: 4, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }, false],
  ['all ICMP', { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] }, true],
])('%s', (_case, permission, closed) => {
  it(closed ? 'is closed' : 'stays', async () => {
    const groupId = await twin.makeGroup();
    const before = await twin.rules(groupId);
    const [added] = await twin.authorize(groupId, permission);
    await twin.settle();
    const after = await twin.rules(groupId);
    expect(after.filter(({ SecurityGroupRuleId }) => SecurityGroupRuleId !== added?.SecurityGroupRuleId)).toEqual(
      before,
    );
    expect(after).toHaveLength(before.length + (closed ? 0 : 1));
    await twin.chain(groupId);
  });
});

it('closes a rule that was changed rather than added', async () => {
  const groupId = await twin.makeGroup();
  const [rule] = await twin.authorize(groupId, tcp(3389, '10.0.0.0/8'));
  await twin.settle();
  await twin.ec2.send(
    new ModifySecurityGroupRulesCommand({
      GroupId: groupId,
      SecurityGroupRules: [
        {
          SecurityGroupRuleId: rule?.SecurityGroupRuleId,
          SecurityGroupRule: { IpProtocol: 'tcp', FromPort: 3389, ToPort: 3389, CidrIpv4: '0.0.0.0/0' },
        },
      ],
    }),
  );
  await twin.settle();
  expect((await twin.rules(groupId)).map(({ SecurityGroupRuleId }) => SecurityGroupRuleId)).not.toContain(
    rule?.SecurityGroupRuleId,
  );
});

it('leaves a reference to another group alone', async () => {
  const [other, groupId] = [await twin.makeGroup(), await twin.makeGroup()];
  await twin.authorize(groupId, { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: other }, { GroupId: groupId }] });
  const before = await twin.rules(groupId);
  await twin.settle();
  expect(await twin.rules(groupId)).toEqual(before);
});

describe('prefix lists', () => {
  const listOf = async (...cidrs: string[]) => {
    const { PrefixList } = await twin.ec2.send(
      new CreateManagedPrefixListCommand({
        PrefixListName: 'partners',
        AddressFamily: 'IPv4',
        MaxEntries: 10,
        Entries: cidrs.map((Cidr) => ({ Cidr })),
      }),
    );
    await twin.advance(1);
    return PrefixList?.PrefixListId ?? '';
  };
  const from = (PrefixListId: string, port: number) => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    PrefixListIds: [{ PrefixListId, Description: 'partners' }],
  });
  const portsFrom = async (groupId: string, list: string) =>
    (await twin.rules(groupId)).filter(({ PrefixListId }) => PrefixListId === list).map(({ FromPort }) => FromPort);

  it('with the world in it are the world: 443 passes, 22 does not', async () => {
    const list = await listOf('10.0.0.0/8', '0.0.0.0/0');
    const groupId = await twin.makeGroup();
    await twin.authorize(groupId, from(list, 22), from(list, 443));
    await twin.settle();
    expect(await portsFrom(groupId, list)).toEqual([443]);
  });

  it('without it are not, until they are widened: then each group is healed by an invocation of its own', async () => {
    const list = await listOf('10.0.0.0/8');
    const groups = [await twin.makeGroup(), await twin.makeGroup(), await twin.makeGroup()];
    for (const groupId of groups) await twin.authorize(groupId, from(list, 22), from(list, 443));
    await twin.settle();
    for (const groupId of groups) expect(await portsFrom(groupId, list)).toEqual(expect.arrayContaining([22, 443]));
    const since = await twin.mark();
    await twin.ec2.send(
      new ModifyManagedPrefixListCommand({
        PrefixListId: list,
        CurrentVersion: 1,
        AddEntries: [{ Cidr: '0.0.0.0/0' }],
      }),
    );
    await twin.settle();
    for (const groupId of groups) {
      expect(await portsFrom(groupId, list)).toEqual([443]);
      expect((await twin.chain(groupId)).at(-1)).toMatchObject({
        outcome: 'REMEDIATED',
        trigger: { name: 'ModifyManagedPrefixList' },
      });
    }
    const invoked = (await twin.calls(since)).filter(({ operation }) => operation === 'Invoke');
    expect(invoked).toHaveLength(groups.length);
    expect(await revokes(since)).toHaveLength(groups.length);
  });

  it('that go back to a version with the world in it are seen as well', async () => {
    const list = await listOf('0.0.0.0/0');
    await twin.ec2.send(
      new ModifyManagedPrefixListCommand({
        PrefixListId: list,
        CurrentVersion: 1,
        AddEntries: [{ Cidr: '10.0.0.0/8' }],
        RemoveEntries: [{ Cidr: '0.0.0.0/0' }],
      }),
    );
    await twin.advance(1);
    const groupId = await twin.makeGroup();
    await twin.authorize(groupId, from(list, 22));
    await twin.settle();
    expect(await portsFrom(groupId, list)).toEqual([22]);
    await twin.ec2.send(
      new RestoreManagedPrefixListVersionCommand({ PrefixListId: list, PreviousVersion: 1, CurrentVersion: 2 }),
    );
    await twin.settle();
    expect(await portsFrom(groupId, list)).toEqual([]);
  });
});

describe('two hundred events for one group within a second', () => {
  it('make one intent and one successful revoke, and no error', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const before = await twin.rules(groupId);
    const since = await twin.mark();
    // The trail's own event, and 199 more like it.
    await twin.authorize(groupId, tcp(22), tcp(993));
    await twin.emit(...Array.from({ length: 199 }, (_, index) => authorizeEvent(twin, groupId, index)));
    await twin.settle();
    expect(await twin.rules(groupId)).toEqual(before);
    expect(await revokes(since)).toHaveLength(1);
    expect(
      (await twin.calls(since)).filter(
        ({ operation, error }) => operation === 'RevokeSecurityGroupIngress' && error !== null,
      ),
    ).toEqual([]);
    expect((await twin.chain(groupId)).filter(({ kind }) => kind === 'intent')).toHaveLength(1);
    expect(await functionErrors()).toBe(0);
    await twin.advance(600);
    expect(await deadLetters()).toBe(0);
  });

  it('heal a rule that is added while the lock is held, under the same lock or the next', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const before = await twin.rules(groupId);
    const since = await twin.mark();
    await twin.fault({
      operation: 'ec2:RevokeSecurityGroupIngress',
      delayMs: 1000,
      principal: 'AwsConfigLambdaSGRole',
    });
    await twin.authorize(groupId, tcp(22));
    // While the first revoke hangs, the lock is held.
    await until(async () => (await twin.head(groupId))?.holder !== undefined);
    await twin.authorize(groupId, tcp(465));
    await until(async () => Number((await twin.head(groupId))?.wake) > 0);
    await twin.settle();
    expect(await twin.rules(groupId)).toEqual(before);
    expect(await revokes(since)).toHaveLength(2);
    const entries = await twin.chain(groupId);
    expect(entries.map(({ kind }) => kind).filter((kind) => kind !== 'decision')).toEqual([
      'intent',
      'outcome',
      'intent',
      'outcome',
    ]);
  });
});

describe('what is not ours', () => {
  it('a call that failed reaches nobody', async () => {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const since = await twin.mark();
    await expect(twin.authorize(groupId, tcp(443))).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' });
    await twin.settle();
    expect(await twin.calls(since)).toEqual([]);
  });

  it('a group that is gone is no error', async () => {
    const groupId = await twin.makeGroup();
    await twin.ec2.send(new DeleteSecurityGroupCommand({ GroupId: groupId }));
    await twin.settle();
    await twin.emit(authorizeEvent(twin, groupId, 0));
    await twin.settle();
    expect(await functionErrors()).toBe(0);
  });

  it('somebody who closes the port himself is no error', async () => {
    const groupId = await twin.makeGroup();
    await twin.fault({ operation: 'ec2:RevokeSecurityGroupIngress', delayMs: 500, principal: 'AwsConfigLambdaSGRole' });
    const rules = await twin.authorize(groupId, tcp(22), tcp(465));
    await until(async () => (await twin.head(groupId))?.holder !== undefined);
    await twin.ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: groupId,
        SecurityGroupRuleIds: [rules[0]?.SecurityGroupRuleId ?? ''],
      }),
    );
    await twin.settle();
    expect(
      (await twin.rules(groupId)).filter(
        ({ IsEgress, CidrIpv4, FromPort }) => !IsEgress && CidrIpv4 === '0.0.0.0/0' && FromPort !== 443,
      ),
    ).toEqual([]);
    expect((await twin.chain(groupId)).at(-1)).toMatchObject({ outcome: 'REMEDIATED' });
    expect(await functionErrors()).toBe(0);
  });

  it('a tag that nobody registered exempts nothing', async () => {
    const groupId = await twin.makeGroup();
    await twin.ec2.send(
      new CreateTagsCommand({ Resources: [groupId], Tags: [{ Key: 'suture:exempt', Value: 'mine' }] }),
    );
    const before = await twin.rules(groupId);
    await twin.authorize(groupId, tcp(22));
    await twin.settle();
    expect(await twin.rules(groupId)).toEqual(before);
  });
});

/** A CloudTrail event like those of the trail, made by hand. */
function authorizeEvent({ ready: { accountId, region } }: TestTwin, groupId: string, index: number): object {
  const eventTime = new Date().toISOString().replace(/\.\d+/, '');
  return {
    version: '0',
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.ec2',
    account: accountId,
    time: eventTime,
    region,
    resources: [],
    detail: {
      eventVersion: '1.11',
      userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${accountId}:user/somebody` },
      eventTime,
      eventSource: 'ec2.amazonaws.com',
      eventName: 'AuthorizeSecurityGroupIngress',
      awsRegion: region,
      requestParameters: { groupId, ipPermissions: {} },
      responseElements: null,
      eventID: `11111111-0000-4000-8000-${String(index).padStart(12, '0')}`,
      eventType: 'AwsApiCall',
    },
  };
}

async function functionErrors(): Promise<number> {
  const cloudWatch = new CloudWatchClient(twin.config);
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: 'SecurityGroupSelfHeal' }],
      StartTime: new Date(Date.now() - 86_400_000),
      EndTime: new Date(Date.now() + 86_400_000),
      Period: 86_400,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
}

async function deadLetters(): Promise<number> {
  const { Attributes } = await new SQSClient(twin.config).send(
    new GetQueueAttributesCommand({
      QueueUrl: `${twin.ready.endpoint}/${twin.ready.accountId}/SutureDeadLetters`,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not come to that');
}
