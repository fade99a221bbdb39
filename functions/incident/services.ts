import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientConfig, requiredVariable } from '../core/aws';
import type { Ledger } from '../core/ledger';
import { DynamoLedger } from '../core/ledger-dynamodb';
import { LambdaTelemetry, type Telemetry } from '../core/telemetry';
import { type Message, NOTICE_ATTRIBUTE } from './notice';

/**
 * The ledger and the log of a deployed function, from its environment: `LEDGER_TABLE` and `METRIC_NAMESPACE`.
 *
 * @throws ConfigurationError if a variable is missing.
 */
export const incidentServices = (): { readonly ledger: Ledger; readonly telemetry: Telemetry } => ({
  ledger: new DynamoLedger(new DynamoDBClient(clientConfig), requiredVariable('LEDGER_TABLE')),
  telemetry: new LambdaTelemetry(requiredVariable('METRIC_NAMESPACE')),
});

/** Publishes messages about incidents to a topic. */
export const publisher =
  (sns: SNSClient, topicArn: string) =>
  async (message: Message): Promise<void> => {
    const { subject, text, notice } = message;
    const MessageAttributes = { [NOTICE_ATTRIBUTE]: { DataType: 'String', StringValue: notice } };
    await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text, MessageAttributes }));
  };

/** To the topic that `ALERT_TOPIC_ARN` names. @throws ConfigurationError if it is missing. */
export const alertPublisher = () => publisher(new SNSClient(clientConfig), requiredVariable('ALERT_TOPIC_ARN'));
