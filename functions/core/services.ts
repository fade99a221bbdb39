import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientConfig, requiredVariable } from './aws';
import type { Services } from './handler';
import { DynamoLedger } from './ledger-dynamodb';
import { once } from './once';
import { LambdaTelemetry } from './telemetry';

/**
 * The services of a deployed function, from its environment: `LEDGER_TABLE`, `ALERT_TOPIC_ARN` and `METRIC_NAMESPACE`.
 *
 * @throws ConfigurationError if a variable is missing.
 */
export function lambdaServices(): Services {
  const topicArn = requiredVariable('ALERT_TOPIC_ARN');
  // Most invocations need none.
  const sns = once(() => new SNSClient(clientConfig));
  const lambda = once(() => new LambdaClient(clientConfig));
  return {
    ledger: new DynamoLedger(new DynamoDBClient(clientConfig), requiredVariable('LEDGER_TABLE')),
    telemetry: new LambdaTelemetry(requiredVariable('METRIC_NAMESPACE')),
    tell: async ({ subject, text }) => {
      await sns().send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text }));
    },
    invoke: async (functionName, input) => {
      const payload = new TextEncoder().encode(JSON.stringify(input));
      await lambda().send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload: payload }));
    },
  };
}
