import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  ConfigServiceClient,
  DescribeConfigurationRecordersCommand,
  PutConfigurationRecorderCommand,
  StopConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type IpPermission,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import { CreateDetectorCommand, GuardDutyClient } from '@aws-sdk/client-guardduty';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { EnableSecurityHubCommand, SecurityHubClient } from '@aws-sdk/client-securityhub';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Entry, GENESIS, isIntact } from '../../functions/core/ledger';
import { stackDirectory, terraformVariables, type Variant, variants } from './stacks';

/** What `POST /_twin/faults` takes. */
export interface Fault {
  readonly operation: string;
  readonly error?: string;
  readonly kill?: 'before' | 'after';
  readonly delayMs?: number;
  readonly times?: number;
  readonly skip?: number;
  readonly principal?: string;
}

export interface Call {
  readonly seq: number;
  readonly time: string;
  readonly principal: string;
  readonly service: string;
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly error: string | null;
  readonly requestId: string;
}

interface Ready {
  readonly endpoint: string;
  readonly accountId: string;
  readonly region: string;
  readonly operator: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly pid: number;
}

/** Roles of the workflow that only tells. */
const WORKFLOW = /:assumed-role\/[a-z0-9-]*(SecurityIncident\w+|AssessIncident|UpdateFindings)Role\//;

const root = join(__dirname, '..', '..');

/** What an account may have before an installation. */
const OWN_RECORDER = {
  name: 'default',
  roleARN: 'arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig',
  recordingGroup: { allSupported: true },
};

/** A twin in a process of its own, spoken to over HTTP as any client would. */
export class TestTwin {
  readonly ec2: EC2Client;
  readonly dynamodb: DynamoDBClient;
  private marked = 0;

  private constructor(
    readonly ready: Ready,
    private readonly child: ChildProcess,
    readonly table: string,
  ) {
    this.ec2 = new EC2Client(this.config);
    this.dynamodb = new DynamoDBClient(this.config);
  }

  /** Starts a twin with the stack of some settings, and leaves it to CloudTrail alone to wake the function: one path at a time. */
  static async start(variant: Variant): Promise<TestTwin> {
    const { foundation = {} } = variants[variant] as { foundation?: { recorder?: string } };
    const hasOwn = foundation.recorder === 'existing';
    const twin = await TestTwin.startWithConfig(variant, ...(hasOwn ? ['--bare'] : []));
    try {
      if (hasOwn) await twin.installOnExisting();
      const config = new ConfigServiceClient(twin.config);
      const { ConfigurationRecorders = [] } = await config.send(new DescribeConfigurationRecordersCommand());
      for (const { name } of ConfigurationRecorders)
        await config.send(new StopConfigurationRecorderCommand({ ConfigurationRecorderName: name }));
      await twin.settle();
      return twin;
    } catch (error) {
      // Nobody else could stop it, and a process that is left keeps the whole run from ending.
      await twin.stop();
      throw error;
    }
  }

  /** Installs the stack in an account that has a recorder, a detector and Security Hub of its own. */
  private async installOnExisting(): Promise<void> {
    const { config } = this;
    await new ConfigServiceClient(config).send(
      new PutConfigurationRecorderCommand({ ConfigurationRecorder: OWN_RECORDER }),
    );
    await new GuardDutyClient(config).send(new CreateDetectorCommand({ Enable: true }));
    await new SecurityHubClient(config).send(new EnableSecurityHubCommand({}));
    await this.control('POST', '/install');
  }

  /** The same with AWS Config recording, so that each change arrives by several paths. */
  static async startWithConfig(variant: Variant, ...given: string[]): Promise<TestTwin> {
    return TestTwin.of(
      stackDirectory(variant),
      variant === 'prefixed' ? 'team-a-SutureLedger' : 'SutureLedger',
      ...Object.entries(terraformVariables[variant] ?? {}).flatMap(([name, value]) => ['--var', `${name}=${value}`]),
      ...given,
    );
  }

  /** A twin of any stack. */
  static async of(directory: string, table: string, ...given: string[]): Promise<TestTwin> {
    const child = spawn(
      process.execPath,
      [join(root, 'scripts', 'run.js'), 'twin', '--port', '0', '--quiet', '--stack', directory, ...given],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`the twin ended with status ${code}`)));
    });
    return new TestTwin(JSON.parse(line) as Ready, child, table);
  }

  get config() {
    return {
      endpoint: this.ready.endpoint,
      region: this.ready.region,
      credentials: { ...this.ready.operator },
      maxAttempts: 1,
      // A connection that idles for five seconds is closed by the twin, perhaps just as it is used again.
      requestHandler: { httpAgent: { keepAlive: false } },
    };
  }

  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return ended;
  }

  async control<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.ready.endpoint}/_twin${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  settle = () => this.control<{ settled: boolean }>('POST', '/settle', {});
  advance = (advanceSeconds: number) => this.control<{ now: string }>('POST', '/clock', { advanceSeconds });
  fault = (fault: Fault) => this.control('POST', '/faults', fault);
  clearFaults = () => this.control('DELETE', '/faults');
  emit = (...events: unknown[]) => this.control('POST', '/emit', { events });
  journal = (since = 0) => this.control<Call[]>('GET', `/journal?since=${since}`);
  /** What left AWS, without what Suture says of changes of its own parts: tests make such changes to set a scene. */
  async outbox(): Promise<{ channel: string; to: string; subject: string; body: string }[]> {
    const all = await this.control<{ channel: string; to: string; subject: string; body: string }[]>('GET', '/outbox');
    return all.filter((sent) => !JSON.stringify(sent).includes('Tampering:Suture/'));
  }

  /** Invokes a function, and waits until nothing is left to be done. @throws Error with its answer, if it failed */
  async invoke(FunctionName: string, input: unknown): Promise<Record<string, unknown>> {
    const request = new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(input)) });
    const { FunctionError, Payload } = await new LambdaClient(this.config).send(request);
    await this.settle();
    const text = new TextDecoder().decode(Payload);
    if (FunctionError) throw new Error(text);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Puts an event into a function's queue. */
  async invokeLater(FunctionName: string, input: unknown): Promise<void> {
    const Payload = Buffer.from(JSON.stringify(input));
    await new LambdaClient(this.config).send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload }));
  }

  /** Number of the last call so far. */
  async mark(): Promise<number> {
    this.marked += (await this.journal(this.marked)).length;
    return this.marked;
  }

  /** Calls that remediations made after a mark, and not the workflow of incidents, which tests wake by what they do to set a scene. */
  async calls(since = 0): Promise<Call[]> {
    return (await this.journal(since)).filter(
      ({ principal }) => principal.includes(':assumed-role/') && !WORKFLOW.test(principal),
    );
  }

  /** A group with HTTPS for the world and SSH for a private range, neither of which any policy minds. */
  async makeGroup(
    name = `group-${Math.random().toString(36).slice(2)}`,
    permissions: readonly IpPermission[] = [tcp(443), tcp(22, '10.0.0.0/8')],
  ): Promise<string> {
    const { GroupId = '' } = await this.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: name, Description: 'for a test' }),
    );
    if (permissions.length > 0) await this.authorize(GroupId, ...permissions);
    return GroupId;
  }

  async authorize(groupId: string, ...permissions: readonly IpPermission[]): Promise<SecurityGroupRule[]> {
    const { SecurityGroupRules = [] } = await this.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [...permissions] }),
    );
    return SecurityGroupRules;
  }

  /** All rules of a group, both directions, in the order of their ids. */
  async rules(groupId: string): Promise<SecurityGroupRule[]> {
    const { SecurityGroupRules = [] } = await this.ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
    );
    return SecurityGroupRules.sort((a, b) => ((a.SecurityGroupRuleId ?? '') < (b.SecurityGroupRuleId ?? '') ? -1 : 1));
  }

  /** Everything that EC2 says about every group: what must not have changed elsewhere. */
  async everyGroup(): Promise<unknown> {
    const { SecurityGroups = [] } = await this.ec2.send(new DescribeSecurityGroupsCommand({}));
    return SecurityGroups;
  }

  /** Writes into the ledger table, as an operator may. */
  async putItem(Item: Record<string, AttributeValue>): Promise<void> {
    await this.dynamodb.send(new PutItemCommand({ TableName: this.table, Item }));
  }

  async deleteItem(Key: Record<string, AttributeValue>): Promise<void> {
    await this.dynamodb.send(new DeleteItemCommand({ TableName: this.table, Key }));
  }

  ledgerKey(id: string, type = 'AWS::EC2::SecurityGroup'): string {
    return `RES#${this.ready.accountId}#${this.ready.region}#${type}#${id}`;
  }

  async head(id: string, type?: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await this.dynamodb.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: { S: this.ledgerKey(id, type) }, sk: { S: 'HEAD' } },
        ConsistentRead: true,
      }),
    );
    return Item && unmarshall(Item);
  }

  /** A resource's entries, oldest first. Throws if the chain is not whole. */
  async chain(id: string, type?: string): Promise<Entry[]> {
    const { Items = [] } = await this.dynamodb.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :entry)',
        ExpressionAttributeValues: { ':pk': { S: this.ledgerKey(id, type) }, ':entry': { S: 'E#' } },
        ConsistentRead: true,
      }),
    );
    const entries = Items.map((item) => unmarshall(item) as Entry);
    checkChain(entries, await this.head(id, type));
    return entries;
  }
}

/** Every entry intact and following the one before, every intent closed, HEAD idle and at the end. */
function checkChain(entries: readonly Entry[], head: Record<string, unknown> | undefined): void {
  for (const [index, entry] of entries.entries()) {
    expect(isIntact(entry)).toBe(true);
    expect(entry.sk).toBe(`E#${String(index + 1).padStart(10, '0')}`);
    expect(entry.previousHash).toBe(entries[index - 1]?.hash ?? GENESIS);
    if (entry.kind === 'intent') expect(entries[index + 1]?.kind).toBe('outcome');
    if (entry.kind === 'outcome') expect(entries[index - 1]?.kind).toBe('intent');
  }
  if (entries.length === 0) return;
  expect(head).toMatchObject({ seq: entries.length, hash: entries.at(-1)?.hash });
  expect(head).not.toHaveProperty('holder');
}

/** A TCP port, or a range of them, for a CIDR. */
export const tcp = (
  ports: number | readonly [number, number],
  cidr = '0.0.0.0/0',
  Description?: string,
): IpPermission => {
  const [FromPort, ToPort] = typeof ports === 'number' ? [ports, ports] : ports;
  const note = Description === undefined ? {} : { Description };
  return {
    IpProtocol: 'tcp',
    FromPort,
    ToPort,
    ...(cidr.includes(':') ? { Ipv6Ranges: [{ CidrIpv6: cidr, ...note }] } : { IpRanges: [{ CidrIp: cidr, ...note }] }),
  };
};
