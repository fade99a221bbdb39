import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { clientConfig, requiredVariable } from '../core/aws';
import { LambdaTelemetry } from '../core/telemetry';
import { relay } from '../incident/alert';
import { chatMessage } from './chat-message';

const sns = new SNSClient(clientConfig);
const TopicArn = requiredVariable('CHAT_TOPIC_ARN');

/** Tells in chat what the topic for people tells. The pager has a function of its own (see `relay`). */
export const handler = relay('chat', new LambdaTelemetry(requiredVariable('METRIC_NAMESPACE')), async (alert) => {
  await sns.send(new PublishCommand({ TopicArn, Message: JSON.stringify(chatMessage(alert)) }));
  return 'told in chat';
});
