import type { Alert } from '../../functions/incident/alert';
import type { Notice } from '../../functions/incident/notice';

/** A notice about an isolated instance, but for what is given. */
export const notice = (given: Partial<Notice> = {}): Notice => ({
  incidentId: 'gd-0123456789abcdef',
  event: 'contained',
  band: 'high',
  headline: 'i-0abc is isolated',
  title: 'EC2 instance i-0abc queries a command and control server.',
  type: 'Backdoor:EC2/C&CActivity.B!DNS',
  account: '111122223333',
  region: 'eu-west-1',
  resources: ['arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc'],
  lines: ['eni-0abc has the quarantine group only'],
  nextSteps: ['npx suture close gd-0123456789abcdef --reason TEXT'],
  ...given,
});

export const ofNotice = (given: Partial<Notice> = {}): Alert => ({
  messageId: 'm-1',
  kind: 'notice',
  notice: notice(given),
});

/** What a dead-letter alarm publishes, but for what is given. */
export const alarm = (given: object = {}) => ({
  AlarmName: 'SutureDeadLettersWaiting',
  AlarmArn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:SutureDeadLettersWaiting',
  AlarmDescription: 'An event could not be handled.',
  AWSAccountId: '111122223333',
  NewStateValue: 'ALARM',
  NewStateReason: 'Threshold Crossed: 1 datapoint [1.0] was greater than or equal to the threshold (1.0).',
  Region: 'EU (Ireland)',
  ...given,
});

/** A message as a topic hands it to a function. */
export const topicEvent = (sns: {
  readonly Message: string;
  readonly Subject?: string | null;
  readonly MessageAttributes?: object;
}) => ({
  Records: [{ EventSource: 'aws:sns', Sns: { MessageId: 'm-1', MessageAttributes: {}, Subject: null, ...sns } }],
});
