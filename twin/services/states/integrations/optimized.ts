import type { Json } from '../asl/definition';
import { StateError } from '../asl/errors';
import type { Execution } from '../state';
import type { Naming } from './errors';

/** A service integration with manners of its own. */
export interface Optimized {
  /** Prefix in the twin. */
  readonly service: string;
  readonly operation: string;
  readonly naming: Naming;
  readonly canWaitForToken?: boolean;
  /** What is written as JSON and sent as text. */
  prepare?(parameters: Json, execution: Execution): Json;
  /** What the task makes of the answer. Throws StateError where success is none. */
  conclude?(output: Json): Json;
  /** Without the headers that most tell. */
  readonly isBare?: boolean;
}

const naming = (prefix: string, other: string, service: string): Naming => ({ prefix, other, service, java: 1 });
const asText = (value: Json): Json =>
  value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
const textAt =
  (field: string) =>
  (parameters: Json): Json =>
    field in parameters ? { ...parameters, [field]: asText(parameters[field]) } : parameters;

const dynamodb = (operation: string): Optimized => ({
  service: 'dynamodb',
  operation,
  naming: naming('DynamoDB', 'AmazonDynamoDBException', 'AmazonDynamoDBv2'),
});

/**
 * By the part of the resource after `arn:aws:states:::`.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html and the page of each service
 */
export const optimized: Readonly<Record<string, Optimized>> = {
  'lambda:invoke': {
    service: 'lambda',
    operation: 'Invoke',
    naming: naming('Lambda', 'AWSLambdaException', 'AWSLambda'),
    canWaitForToken: true,
    prepare: (parameters) =>
      'Payload' in parameters ? { ...parameters, Payload: JSON.stringify(parameters.Payload) } : parameters,
    conclude: invoked,
  },
  'sns:publish': {
    service: 'sns',
    operation: 'Publish',
    naming: naming('SNS', 'AmazonSNSException', 'AmazonSNS'),
    canWaitForToken: true,
    prepare: textAt('Message'),
  },
  'sqs:sendMessage': {
    service: 'sqs',
    operation: 'SendMessage',
    naming: naming('SQS', 'AmazonSQSException', 'AmazonSQS'),
    canWaitForToken: true,
    prepare: textAt('MessageBody'),
  },
  'dynamodb:getItem': dynamodb('GetItem'),
  'dynamodb:putItem': dynamodb('PutItem'),
  'dynamodb:updateItem': dynamodb('UpdateItem'),
  'dynamodb:deleteItem': dynamodb('DeleteItem'),
  'events:putEvents': {
    service: 'events',
    operation: 'PutEvents',
    naming: naming('EventBridge', 'AmazonEventBridgeException', 'AmazonEventBridge'),
    canWaitForToken: true,
    isBare: true,
    prepare: withOrigin,
    conclude: (output) => {
      if (output.FailedEntryCount > 0) throw new StateError('EventBridge.FailedEntry', JSON.stringify(output));
      return output;
    },
  },
  'states:startExecution': {
    service: 'states',
    operation: 'StartExecution',
    naming: naming('StepFunctions', 'AWSStepFunctionsException', 'AWSStepFunctions'),
    canWaitForToken: true,
    prepare: textAt('Input'),
  },
};

/**
 * A function's answer. One that threw fails the task with the name of what it threw.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
 */
function invoked(output: Json): Json {
  const payload: Json = parsed(output.Payload);
  if (output.FunctionError !== undefined)
    throw new StateError(payload?.errorType ?? 'Lambda.Unknown', String(output.Payload));
  return { ...output, ...('Payload' in output && { Payload: payload }) };
}

function parsed(text: string | undefined): Json {
  if (text === undefined || text === '') return {};
  return JSON.parse(text) as Json;
}

/** Details may be objects, and each event tells where it comes from. @see https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html */
function withOrigin(parameters: Json, { arn, machine }: Execution): Json {
  if (!Array.isArray(parameters.Entries)) return parameters;
  const Entries = parameters.Entries.map((entry: Json) => ({
    ...textAt('Detail')(entry),
    Resources: [...(entry.Resources ?? []), machine.arn, arn],
  }));
  return { ...parameters, Entries };
}
