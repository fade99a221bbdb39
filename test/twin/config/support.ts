import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConfigRule, ConfigService, ConfigServiceServiceException } from '@aws-sdk/client-config-service';
import { EC2, type IpPermission } from '@aws-sdk/client-ec2';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { S3 } from '@aws-sdk/client-s3';
import { SQS } from '@aws-sdk/client-sqs';
import { Control } from '../../../twin/control';
import { createTwinServer } from '../../../twin/server';
import { addUser } from '../../../twin/services/iam';
import { Stacks } from '../../../twin/terraform/stacks';
import { Twin } from '../../../twin/twin';
import { ACCOUNT, BUCKET, FOUNDATION, FUNCTION, REGION, type Resources, ROLE, stackOf } from './foundation';

export { ACCOUNT, BUCKET, FOUNDATION, FUNCTION, REGION, type Resources, ROLE } from './foundation';
export { fixture, shapeOf } from './samples';

/** One invocation of the function. */
export interface Invocation {
  readonly [member: string]: unknown;
  readonly resultToken: string;
  readonly invokingEvent: string;
}

/** A twin with what a recorder needs, spoken to over HTTP. */
export class ConfigBench {
  readonly config: ConfigService;
  readonly ec2: EC2;
  readonly s3: S3;
  readonly sqs: SQS;
  readonly events: EventBridge;
  /** Every event that the function was invoked with. */
  readonly invocations: Invocation[] = [];

  private constructor(
    private readonly server: Server,
    readonly twin: Twin,
    readonly control: Control,
    readonly settings: { endpoint: string; region: string; credentials: ReturnType<typeof addUser> },
  ) {
    const clients = { ...settings, maxAttempts: 1 };
    this.config = new ConfigService(clients);
    this.ec2 = new EC2(clients);
    this.s3 = new S3(clients);
    this.sqs = new SQS(clients);
    this.events = new EventBridge(clients);
    const run = twin.workers.run.bind(twin.workers);
    twin.workers.run = (code, invocation, onLog) => {
      this.invocations.push(invocation.event as Invocation);
      return run(code, invocation, onLog);
    };
  }

  static async start(resources: Resources = FOUNDATION): Promise<ConfigBench> {
    const twin = new Twin();
    const stacks = new Stacks(twin, [stackOf(resources)], {});
    stacks.install();
    const control = new Control(twin, stacks);
    const server = createTwinServer(twin, control);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    twin.workers.environment = { AWS_ENDPOINT_URL: endpoint };
    const credentials = addUser(twin, ACCOUNT, 'operator', { administrator: true });
    return new ConfigBench(server, twin, control, { endpoint, region: REGION, credentials });
  }

  async stop(): Promise<void> {
    for (const client of [this.config, this.ec2, this.s3, this.sqs, this.events]) client.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await this.twin.stop();
  }

  settle = () => this.twin.clock.settle();

  /** Puts a recorder and a channel, without switching the recorder on. */
  async prepare(): Promise<void> {
    await this.config.putConfigurationRecorder({ ConfigurationRecorder: { name: 'default', roleARN: ROLE } });
    await this.config.putDeliveryChannel({ DeliveryChannel: { name: 'default', s3BucketName: BUCKET } });
  }

  /** Records from now on. */
  async record(): Promise<void> {
    await this.prepare();
    await this.config.startConfigurationRecorder({ ConfigurationRecorderName: 'default' });
    await this.settle();
  }

  /** Puts what Config tells into a queue, from now on. */
  async listen(): Promise<void> {
    const ruleArn = `arn:aws:events:${REGION}:${ACCOUNT}:rule/listen`;
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: '*', Resource: '*' }],
    });
    await this.sqs.createQueue({ QueueName: 'told', Attributes: { Policy } });
    await this.events.putRule({ Name: 'listen', EventPattern: JSON.stringify({ source: ['aws.config'] }) });
    await this.events.putTargets({
      Rule: ruleArn.split('/').at(-1),
      Targets: [{ Id: 'queue', Arn: `arn:aws:sqs:${REGION}:${ACCOUNT}:told` }],
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: events are JSON of any shape
  async told(detailType?: string): Promise<any[]> {
    await this.settle();
    const QueueUrl = `${this.settings.endpoint}/${ACCOUNT}/told`;
    const found: unknown[] = [];
    for (;;) {
      const { Messages = [] } = await this.sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
      if (Messages.length === 0) break;
      for (const { Body, ReceiptHandle } of Messages) {
        found.push(JSON.parse(Body ?? ''));
        await this.sqs.deleteMessage({ QueueUrl, ReceiptHandle });
      }
    }
    return found.filter((event) => !detailType || (event as Record<string, unknown>)['detail-type'] === detailType);
  }

  async group(name = `group-${unique()}`, ...permissions: IpPermission[]): Promise<string> {
    const { GroupId = '' } = await this.ec2.createSecurityGroup({ GroupName: name, Description: 'for a test' });
    if (permissions.length > 0) await this.authorize(GroupId, ...permissions);
    await this.settle();
    return GroupId;
  }

  authorize = (GroupId: string, ...IpPermissions: IpPermission[]) =>
    this.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions });
  revoke = (GroupId: string, ...IpPermissions: IpPermission[]) =>
    this.ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions });

  /** Puts a rule and lets it look at what is there. */
  async rule(name: string, rule: Partial<ConfigRule> = {}): Promise<void> {
    await this.config.putConfigRule({ ConfigRule: { ConfigRuleName: name, ...custom(), ...rule } as ConfigRule });
    await this.settle();
  }

  /** What a rule says, by resource. */
  async verdicts(ConfigRuleName: string): Promise<Record<string, string | undefined>> {
    await this.settle();
    const { EvaluationResults = [] } = await this.config.getComplianceDetailsByConfigRule({
      ConfigRuleName,
      ComplianceTypes: ['COMPLIANT', 'NON_COMPLIANT', 'NOT_APPLICABLE'],
      Limit: 100,
    });
    return Object.fromEntries(
      EvaluationResults.map(({ EvaluationResultIdentifier: identifier, ComplianceType }) => [
        identifier?.EvaluationResultQualifier?.ResourceId ?? '',
        ComplianceType,
      ]),
    );
  }

  /** Items of a group, oldest first. */
  async history(resourceId: string, resourceType: 'AWS::EC2::SecurityGroup' | 'AWS::S3::Bucket' = SECURITY_GROUP) {
    await this.settle();
    const { configurationItems = [] } = await this.config.getResourceConfigHistory({
      resourceType,
      resourceId,
      chronologicalOrder: 'Forward',
    });
    return configurationItems;
  }
}

export const SECURITY_GROUP = 'AWS::EC2::SecurityGroup';

/** A rule whose function is told of changes. */
export const custom = (...types: string[]): Pick<ConfigRule, 'Source' | 'Scope'> => ({
  Source: {
    Owner: 'CUSTOM_LAMBDA',
    SourceIdentifier: FUNCTION,
    SourceDetails: (types.length > 0 ? types : CHANGES).map((MessageType) => ({
      EventSource: 'aws.config',
      MessageType: MessageType as 'ScheduledNotification',
    })),
  },
  Scope: { ComplianceResourceTypes: [SECURITY_GROUP] },
});
const CHANGES = ['ConfigurationItemChangeNotification', 'OversizedConfigurationItemChangeNotification'];

export const managed = (SourceIdentifier: string, InputParameters?: object): Partial<ConfigRule> => ({
  Source: { Owner: 'AWS', SourceIdentifier },
  Scope: undefined as never,
  ...(InputParameters && { InputParameters: JSON.stringify(InputParameters) }),
});

let count = 0;
const unique = (): number => {
  count += 1;
  return count;
};

export const tcp = (port: number, ...cidrs: string[]): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: cidrs.filter((cidr) => !cidr.includes(':')).map((CidrIp) => ({ CidrIp })),
  Ipv6Ranges: cidrs.filter((cidr) => cidr.includes(':')).map((CidrIpv6) => ({ CidrIpv6 })),
});

/** The code that a call fails with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => new Error('the call did not fail'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConfigServiceServiceException || (error as { $fault?: string }).$fault)
    return (error as Error).name;
  throw error;
}
