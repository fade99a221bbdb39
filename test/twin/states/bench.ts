import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { SFN } from '@aws-sdk/client-sfn';
import { SQS } from '@aws-sdk/client-sqs';
import { zipSync } from 'fflate';
import { Control } from '../../../twin/control';
import { createTwinServer } from '../../../twin/server';
import { addUser } from '../../../twin/services/iam';
import { Stacks } from '../../../twin/terraform/stacks';
import { HOME_ACCOUNT, Twin } from '../../../twin/twin';

export const ACCOUNT = HOME_ACCOUNT;
export const REGION = 'eu-west-1';
export const arn = (service: string, resource: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
export const FUNCTION = arn('lambda', 'function:worker');
export const machineArn = (name: string): string => arn('states', `stateMachine:${name}`);

/** Does as its event says. */
const WORKER = `exports.handler = async (event) => {
  if (event.throws) { const error = new Error(event.message ?? ''); error.name = event.throws; throw error; }
  return { got: event };
};`;

const trusting = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
const allowing = (...Action: string[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] });
const open = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }],
});

type Blocks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A function, a topic, queues, a table, a log group, and roles that may use them; with some workflows. */
const resources = (definitions: Readonly<Record<string, object>>, more: Readonly<Record<string, Blocks>>) => ({
  aws_iam_role: {
    machine: { name: 'MachineRole', assume_role_policy: trusting('states.amazonaws.com') },
    function: { name: 'FunctionRole', assume_role_policy: trusting('lambda.amazonaws.com') },
    events: { name: 'EventsRole', assume_role_policy: trusting('events.amazonaws.com') },
  },
  aws_iam_role_policy: {
    machine: {
      role: '${aws_iam_role.machine.name}',
      name: 'tasks',
      policy: allowing(
        'lambda:*',
        'sns:Publish',
        'sqs:SendMessage',
        'dynamodb:*Item',
        'events:PutEvents',
        'states:StartExecution',
        'ec2:Describe*',
        'logs:CreateLogDelivery',
      ),
    },
    events: {
      role: '${aws_iam_role.events.name}',
      name: 'start',
      policy: allowing('states:StartExecution', 'events:*'),
    },
  },
  aws_lambda_function: {
    worker: {
      function_name: 'worker',
      role: '${aws_iam_role.function.arn}',
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      filename: 'worker.zip',
    },
  },
  aws_sns_topic: { alerts: { name: 'alerts' } },
  aws_sns_topic_subscription: {
    alerts: { topic_arn: '${aws_sns_topic.alerts.arn}', protocol: 'email', endpoint: 'soc@example.com' },
  },
  aws_sqs_queue: { inbox: { name: 'inbox' }, dead: { name: 'dead' } },
  aws_sqs_queue_policy: {
    inbox: { queue_url: '${aws_sqs_queue.inbox.id}', policy: open },
    dead: { queue_url: '${aws_sqs_queue.dead.id}', policy: open },
  },
  aws_dynamodb_table: {
    table: { name: 'table', billing_mode: 'PAY_PER_REQUEST', hash_key: 'id', attribute: [{ name: 'id', type: 'S' }] },
  },
  aws_cloudwatch_log_group: { machine: { name: '/aws/vendedlogs/states/machine' } },
  aws_sfn_state_machine: Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      {
        name,
        definition: JSON.stringify(definition),
        role_arn: '${aws_iam_role.machine.arn}',
        logging_configuration: {
          level: 'ERROR',
          include_execution_data: true,
          log_destination: '${aws_cloudwatch_log_group.machine.arn}:*',
        },
        tags: { team: 'soc' },
      },
    ]),
  ),
  ...more,
});

/** A twin with workflows, spoken to over HTTP. */
export class Bench {
  readonly sfn: SFN;
  readonly sqs: SQS;
  readonly events: EventBridge;
  readonly logs: CloudWatchLogs;

  private constructor(
    private readonly server: Server,
    private readonly directory: string,
    readonly twin: Twin,
    readonly control: Control,
    readonly settings: object,
  ) {
    this.sfn = new SFN(settings);
    this.sqs = new SQS(settings);
    this.events = new EventBridge(settings);
    this.logs = new CloudWatchLogs(settings);
  }

  static async start(
    definitions: Readonly<Record<string, object>>,
    more: Readonly<Record<string, Blocks>> = {},
  ): Promise<Bench> {
    const directory = mkdtempSync(join(tmpdir(), 'suture-states-'));
    writeFileSync(join(directory, 'worker.zip'), zipSync({ 'index.js': new TextEncoder().encode(WORKER) }));
    const stack = { provider: { aws: [{ region: REGION }] }, resource: resources(definitions, more) };
    writeFileSync(join(directory, 'cdk.tf.json'), JSON.stringify(stack));
    const twin = new Twin();
    const stacks = new Stacks(twin, [directory], {});
    stacks.install();
    const control = new Control(twin, stacks);
    const server = createTwinServer(twin, control);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    twin.workers.environment = { AWS_ENDPOINT_URL: endpoint };
    const credentials = addUser(twin, ACCOUNT, 'operator', { administrator: true });
    return new Bench(server, directory, twin, control, { endpoint, region: REGION, credentials, maxAttempts: 1 });
  }

  async stop(): Promise<void> {
    for (const client of [this.sfn, this.sqs, this.events, this.logs]) client.destroy();
    this.server.close();
    this.server.closeAllConnections();
    await this.twin.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  settle = () => this.twin.clock.settle();
  advance = (seconds: number) => this.twin.clock.advance(seconds);

  /** Starts an execution and waits until nothing more is due. */
  async run(machine: string, input: unknown = {}, name?: string): Promise<string> {
    const { executionArn = '' } = await this.sfn.startExecution({
      stateMachineArn: machineArn(machine),
      input: JSON.stringify(input),
      name,
    });
    await this.settle();
    return executionArn;
  }

  async describe(executionArn: string) {
    const { status, output, error, cause, redriveStatus } = await this.sfn.describeExecution({ executionArn });
    return {
      status,
      redriveStatus,
      ...(output && { output: JSON.parse(output) }),
      ...(error && { error }),
      ...(cause && { cause }),
    };
  }

  async types(executionArn: string): Promise<(string | undefined)[]> {
    const { events = [] } = await this.sfn.getExecutionHistory({ executionArn });
    return events.map(({ type }) => type);
  }

  // biome-ignore lint/suspicious/noExplicitAny: messages are JSON of any shape
  async received(queue: string): Promise<{ body: any; attributes: Record<string, string | undefined> }[]> {
    await this.settle();
    const QueueUrl = `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${queue}`;
    const { Messages = [] } = await this.sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    });
    for (const { ReceiptHandle } of Messages) await this.sqs.deleteMessage({ QueueUrl, ReceiptHandle });
    return Messages.map(({ Body = '', MessageAttributes = {} }) => ({
      body: JSON.parse(Body),
      attributes: Object.fromEntries(
        Object.entries(MessageAttributes).map(([key, { StringValue }]) => [key, StringValue]),
      ),
    }));
  }
}

/** The code that a call fails with. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => new Error('the call did not fail'),
    (thrown: unknown) => thrown,
  );
  if ((error as { $fault?: string }).$fault) return (error as Error).name;
  throw error;
}
