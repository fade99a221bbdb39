import { ConfigServiceClient, DescribeConfigurationRecordersCommand } from '@aws-sdk/client-config-service';
import { stackDirectory } from '../support/stacks';
import { TestTwin, tcp } from '../support/twin';

// What an account had before, and what else lives in it.

const ingress = async (twin: TestTwin, groupId: string) =>
  (await twin.rules(groupId)).filter(({ IsEgress }) => !IsEgress);

it('a violation older than the installation is healed by the first sweep', async () => {
  const twin = await TestTwin.startWithConfig('enforce', '--bare');
  try {
    const groupId = await twin.makeGroup();
    await twin.authorize(groupId, tcp(22));
    await twin.control('POST', '/install');
    await twin.settle();
    expect(await ingress(twin, groupId)).toHaveLength(3);
    await twin.advance(6 * 3600);
    await twin.settle();
    expect(await ingress(twin, groupId)).toHaveLength(2);
    expect((await twin.chain(groupId)).map(({ kind, outcome }) => [kind, outcome])).toContainEqual([
      'outcome',
      'REMEDIATED',
    ]);
  } finally {
    await twin.stop();
  }
});

it('two installations live in one account without touching what is the other one’s', async () => {
  const twin = await TestTwin.startWithConfig('enforce', '--stack', stackDirectory('second'));
  try {
    const groupId = await twin.makeGroup();
    await twin.settle();
    const since = await twin.mark();
    await twin.authorize(groupId, tcp(22), tcp(465));
    await twin.advance(6 * 3600);
    await twin.settle();
    expect(await ingress(twin, groupId)).toHaveLength(2);

    const calls = await twin.calls(since);
    const ofSecond = calls.filter(({ principal }) => principal.includes('/team-b-'));
    const ofFirst = calls.filter(({ principal }) => !principal.includes('/team-b-'));
    expect(ofFirst.length).toBeGreaterThan(0);
    expect(ofSecond.length).toBeGreaterThan(0);
    // Tables, topics, queues and functions by their names; the groups of the account belong to both.
    const named = /SutureLedger|SutureAlerts|SutureDeadLetters|SecurityGroupSelfHeal/;
    // Receipts may name the other one's session, as who made a change.
    const textOf = ({ parameters }: (typeof calls)[number]) =>
      JSON.stringify(parameters).replace(/arn:aws:sts::[^"\\]*/g, '');
    for (const call of ofFirst) expect(textOf(call)).not.toContain('team-b-');
    for (const call of ofSecond) {
      const text = textOf(call);
      if (named.test(text)) expect(text.replace(/team-b-(Suture|SecurityGroup)/g, '')).not.toMatch(named);
    }
    // One revokes; whoever comes second finds nothing, and nothing was refused to either.
    expect(calls.filter(({ error }) => error !== null && /AccessDenied|Unauthorized/.test(error))).toEqual([]);
    expect(
      calls.filter(({ operation, error }) => operation === 'RevokeSecurityGroupIngress' && error === null),
    ).toHaveLength(1);
    const { ConfigurationRecorders = [] } = await new ConfigServiceClient(twin.config).send(
      new DescribeConfigurationRecordersCommand(),
    );
    expect(ConfigurationRecorders.map(({ name }) => name)).toEqual(['SutureRecorder']);
  } finally {
    await twin.stop();
  }
});
