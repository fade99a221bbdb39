import { randomUUID } from 'node:crypto';
import { enter } from '../door';
import type { Principal } from '../iam/principal';
import { AwsError } from '../service';
import type { Twin } from '../twin';

/** Something that one service hands to another. */
export interface Delivery {
  /** Of the function, queue, topic or bus that it goes to. */
  readonly arn: string;
  readonly body: string;
  /** Who delivers: a service for one of its resources, or a role. */
  readonly principal: Principal;
  /** State machines only: of the execution. */
  readonly name?: string;
  /** Topics only. */
  readonly subject?: string;
  /** Queues and topics only. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * Hands something to a function (asynchronously), a queue, a topic, a state machine or an event bus, if IAM lets it.
 *
 * @throws AwsError if it is not allowed, or the target does not exist.
 */
export async function deliver(
  twin: Twin,
  { arn, body, principal, name: executionName, subject, attributes = {} }: Delivery,
): Promise<void> {
  const [, , name = '', region = '', account = '', ...rest] = arn.split(':');
  const resource = rest.join(':');
  const service = twin.service(name);
  if (!service) throw new AwsError('InvalidParameterValue', `the twin cannot deliver to ${arn}`);
  const typed = Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [key, { DataType: 'String', StringValue: value }]),
  );
  const calls: Record<string, () => [operation: string, input: object]> = {
    lambda: () => ['Invoke', { FunctionName: arn, InvocationType: 'Event', Payload: new TextEncoder().encode(body) }],
    sqs: () => [
      'SendMessage',
      {
        QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${resource}`,
        MessageBody: body,
        MessageAttributes: typed,
      },
    ],
    sns: () => [
      'Publish',
      { TopicArn: arn, Message: body, ...(subject !== undefined && { Subject: subject }), MessageAttributes: typed },
    ],
    states: () => ['StartExecution', { stateMachineArn: arn, input: body, name: executionName }],
    events: () => {
      const event = JSON.parse(body) as Record<string, unknown>;
      return [
        'PutEvents',
        {
          Entries: [
            {
              EventBusName: arn,
              Source: event.source,
              DetailType: event['detail-type'],
              Detail: JSON.stringify(event.detail),
              Resources: event.resources,
            },
          ],
        },
      ];
    },
  };
  const call = calls[name];
  if (!call) throw new AwsError('InvalidParameterValue', `the twin cannot deliver to ${arn}`);
  const [operation, input] = call();
  const request = { service, operation, input, principal, account, region };
  if (principal.kind !== 'session') {
    await twin.perform(request);
    return;
  }
  // Under somebody's role it is a call like any other: faults hit it, and it leaves its line in the journal.
  const answer = await enter(twin, { ...request, requestId: randomUUID() });
  if (answer.kind === 'error') throw answer.error;
}
