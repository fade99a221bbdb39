import {
  ConfigServiceClient,
  StartConfigurationRecorderCommand,
  StopConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Entry, isIntact } from '../functions/core/ledger';
import { portsText } from '../functions/remediate-security-group/planner';
import { names } from '../modules/names';
import { figuresOf } from './figures';
import { closingOf, elapsedMs, type JournalEntry, type TwinProcess } from './twin-process';

/** A rule, as people read it. */
interface RuleRow {
  readonly id: string;
  readonly opens: string;
  readonly from: string;
  readonly description: string;
}

/** What happened, from the account's own records. */
export interface Scene {
  readonly groupId: string;
  readonly steps: readonly { readonly title: string; readonly atMs: number; readonly lines: readonly string[] }[];
  /** Ingress before the ports were opened, what was opened, and what was there at the end. */
  readonly before: readonly RuleRow[];
  readonly opened: readonly RuleRow[];
  readonly after: readonly RuleRow[];
  readonly receipt: { readonly id: string; readonly entries: readonly Entry[]; readonly intact: boolean };
  /** From the change to the closed receipt, in milliseconds of the twin's journal. */
  readonly latency: {
    readonly rounds: readonly number[];
    readonly medianMs: number;
    readonly p95Ms: number;
    readonly maxMs: number;
  };
  readonly messages: readonly { readonly to: string; readonly subject: string }[];
  readonly healed: boolean;
}

const PORTS = [22, 465, 993];
const WORLD = { CidrIp: '0.0.0.0/0', Description: 'opened in a hurry' };

/** Opens ports 22, 465 and 993 of a security group to the internet, and watches. */
export async function openToTheInternet(twin: TwinProcess, rounds: number): Promise<Scene> {
  const { endpoint, region, operator } = twin.ready;
  const client = { endpoint, region, credentials: { ...operator } };
  const ec2 = new EC2Client(client);
  const ingressOf = async (GroupId: string) => {
    const { SecurityGroupRules = [] } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [GroupId] }] }),
    );
    return SecurityGroupRules.filter(({ IsEgress }) => !IsEgress).map(rowOf);
  };
  const open = (GroupId: string, ports: readonly number[]) =>
    ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: ports.map((port) => ({ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [WORLD] })),
      }),
    );

  const { GroupId: groupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'shop', Description: 'web shop' }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: groupId,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'the shop' }] },
        {
          IpProtocol: 'tcp',
          FromPort: 22,
          ToPort: 22,
          IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'administrators' }],
        },
      ],
    }),
  );
  await twin.settle();
  const before = await ingressOf(groupId);

  const since = (await twin.journal()).length;
  const { SecurityGroupRules: authorized = [] } = await open(groupId, PORTS);
  await twin.settle();
  const journal = await twin.journal(since);
  const after = await ingressOf(groupId);
  const opened = authorized.map(rowOf);
  const entries = await ledgerOf(new DynamoDBClient(client), twin, groupId);

  // In AWS, Config comes minutes later; here it would come at once, and be in the way of what is measured.
  const config = new ConfigServiceClient(client);
  const recorder = { ConfigurationRecorderName: names('').config.recorder };
  await config.send(new StopConfigurationRecorderCommand(recorder));
  const latencies: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = (await twin.journal()).length;
    await open(groupId, [22]);
    await twin.settle();
    latencies.push(healedAfter(await twin.journal(from)));
  }

  await config.send(new StartConfigurationRecorderCommand(recorder));
  await twin.settle();

  const closing = entries.findLast(({ kind }) => kind === 'outcome');
  return {
    groupId,
    steps: stepsOf(journal, { groupId, opened, entries }),
    before,
    opened,
    after,
    receipt: { id: closing ? `${closing.pk}/${closing.sk}` : 'none', entries, intact: isChain(entries) },
    latency: summary(latencies),
    messages: (await twin.outbox()).map(({ to, subject }) => ({ to, subject: subject ?? '' })),
    healed:
      closing?.outcome === 'REMEDIATED' &&
      isChain(entries) &&
      same(after, before) &&
      same(await ingressOf(groupId), before),
  };
}

const rowOf = ({
  SecurityGroupRuleId = '',
  IpProtocol = '',
  FromPort = -1,
  ToPort = -1,
  CidrIpv4,
  CidrIpv6,
  Description = '',
}: SecurityGroupRule): RuleRow => ({
  id: SecurityGroupRuleId,
  opens: portsText({ protocol: IpProtocol, fromPort: FromPort, toPort: ToPort, source: { cidrIpv4: '' } }),
  from: CidrIpv4 ?? CidrIpv6 ?? '',
  description: Description,
});

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

async function ledgerOf(dynamodb: DynamoDBClient, { ready }: TwinProcess, groupId: string): Promise<Entry[]> {
  const pk = `RES#${ready.accountId}#${ready.region}#AWS::EC2::SecurityGroup#${groupId}`;
  const { Items = [] } = await dynamodb.send(
    new QueryCommand({
      TableName: names('').ledgerTable,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :entry)',
      ExpressionAttributeValues: { ':pk': { S: pk }, ':entry': { S: 'E#' } },
      ConsistentRead: true,
    }),
  );
  return Items.map((item) => unmarshall(item) as Entry);
}

/** Each entry is what its hash says, and follows the one before. */
const isChain = (entries: readonly Entry[]): boolean =>
  entries.length > 0 &&
  entries.every((entry, index) => isIntact(entry) && (index === 0 || entry.previousHash === entries[index - 1]?.hash));

/** What the journal and the ledger say, in the order in which it happened. */
function stepsOf(
  journal: readonly JournalEntry[],
  { groupId, opened, entries }: { groupId: string; opened: readonly RuleRow[]; entries: readonly Entry[] },
): Scene['steps'] {
  const began = Date.parse(journal[0]?.time ?? '');
  const find = (operation: string, from = 0) =>
    journal.find((call, index) => index >= from && call.operation === operation);
  const at = (call: JournalEntry | undefined) => (call ? Date.parse(call.time) - began : Number.NaN);
  const revoke = find('RevokeSecurityGroupIngress');
  const readBack = find('DescribeSecurityGroupRules', revoke ? journal.indexOf(revoke) : 0);
  const [intent, outcome] = [
    entries.find(({ kind, trigger }) => kind === 'intent' && trigger),
    entries.find(({ kind }) => kind === 'outcome'),
  ];
  const committed = (from: JournalEntry | undefined) =>
    journal.find(
      (call, index) =>
        call.operation === 'TransactWriteItems' && call.error === null && index > (from ? journal.indexOf(from) : -1),
    );
  const list = (rows: readonly RuleRow[]) => rows.map(({ id, opens, from }) => `${id}  ${opens} from ${from}`);
  const { securityGroup } = names('');
  return [
    { title: `Opened: ports ${PORTS.join(', ')} of ${groupId} to the internet`, atMs: 0, lines: list(opened) },
    {
      title: 'Detected: CloudTrail logged the call, EventBridge matched it',
      atMs: at(find('BatchGetItem')),
      lines: [
        `rule ${securityGroup.rule} invoked function ${securityGroup.function}`,
        `event ${intent?.trigger?.id ?? ''} by ${intent?.trigger?.actor ?? ''}`,
      ],
    },
    {
      title: `Decided, and locked by an intent: ${intent?.reason ?? ''}`,
      atMs: at(committed(undefined)),
      lines: [
        'read: the ledger with its policy, the group, all of its rules',
        `policy ${intent?.policyHash.slice(0, 12) ?? ''}…, mode ${intent?.mode ?? ''}, entry ${intent?.sk ?? ''}`,
      ],
    },
    {
      title: 'Revoked, by rule id',
      atMs: at(revoke),
      lines: [
        ((revoke?.parameters.SecurityGroupRuleIds ?? []) as string[]).join('  '),
        `request ${revoke?.requestId ?? ''} as ${revoke?.principal ?? ''}`,
      ],
    },
    {
      title: 'Read back: the rules are gone',
      atMs: at(readBack),
      lines: [
        `${outcome?.results?.filter(({ done }) => done).length ?? 0} of ${outcome?.results?.length ?? 0} actions in effect`,
      ],
    },
    {
      title: `Receipted: ${outcome?.outcome ?? 'nothing'}`,
      atMs: at(committed(readBack)),
      lines: [`entry ${outcome?.sk ?? ''}, hash ${outcome?.hash.slice(0, 12) ?? ''}…`],
    },
  ];
}

/** From the call that opened to the transaction that closed the receipt. */
function healedAfter(journal: readonly JournalEntry[]): number {
  const opened = journal.find(({ operation }) => operation === 'AuthorizeSecurityGroupIngress');
  const closed = closingOf(journal, ({ operation }) => operation === 'RevokeSecurityGroupIngress');
  if (!opened || !closed) throw new Error('a round was not healed');
  return elapsedMs(opened, closed);
}

function summary(rounds: readonly number[]): Scene['latency'] {
  const { p50 = 0, p95 = 0, max = 0 } = figuresOf(rounds) ?? {};
  return { rounds, medianMs: p50, p95Ms: p95, maxMs: max };
}
