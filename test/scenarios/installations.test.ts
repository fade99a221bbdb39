import { ConfigServiceClient, DescribeConfigurationRecordersCommand } from '@aws-sdk/client-config-service';
import { stackDirectory } from '../support/stacks';
import { type Call, TestTwin, tcp } from '../support/twin';

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
    // Tables, topics, queues and functions by their names; the groups of the account belong to both. Receipts may name the other one's
    // rules and roles, as what woke the function.
    for (const name of ofFirst.flatMap(touched)) expect(name).not.toContain('team-b-');
    for (const name of ofSecond.flatMap(touched)) expect(name).toContain('team-b-');
    expect(new Set(ofSecond.flatMap(touched))).toContain('team-b-SutureLedger');
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

/** What a call reads or changes of an installation, by name or ARN. */
function touched({ parameters }: Call): string[] {
  const {
    TableName,
    TopicArn,
    QueueUrl,
    FunctionName,
    RequestItems = {},
    TransactItems = [],
  } = parameters as {
    TableName?: string;
    TopicArn?: string;
    QueueUrl?: string;
    FunctionName?: string;
    RequestItems?: Record<string, unknown>;
    TransactItems?: Record<string, { TableName: string }>[];
  };
  const written = TransactItems.flatMap((item) => Object.values(item).map((write) => write.TableName));
  return [TableName, TopicArn, QueueUrl, FunctionName, ...Object.keys(RequestItems), ...written].filter(
    (name) => name !== undefined,
  );
}
