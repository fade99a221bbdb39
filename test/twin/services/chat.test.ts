import { SNS } from '@aws-sdk/client-sns';
import { ACCOUNT, arn, Bench } from '../states/bench';

const trust = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
const resources = (channel: object = {}) => ({
  aws_sns_topic: { alerts: { name: 'alerts' }, chat: { name: 'chat' }, other: { name: 'other' } },
  aws_sns_topic_subscription: {},
  aws_iam_role: {
    machine: { name: 'MachineRole', assume_role_policy: trust('states.amazonaws.com') },
    function: { name: 'FunctionRole', assume_role_policy: trust('lambda.amazonaws.com') },
    events: { name: 'EventsRole', assume_role_policy: trust('events.amazonaws.com') },
    chat: { name: 'ChatRole', assume_role_policy: trust('chatbot.amazonaws.com') },
  },
  aws_chatbot_slack_channel_configuration: {
    soc: {
      configuration_name: 'soc',
      slack_team_id: 'T1',
      slack_channel_id: 'C1',
      iam_role_arn: '${aws_iam_role.chat.arn}',
      sns_topic_arns: ['${aws_sns_topic.chat.arn}'],
      guardrail_policy_arns: ['arn:aws:iam::aws:policy/AWSDenyAll'],
      ...channel,
    },
  },
});

let bench: Bench;
let sns: SNS;
beforeAll(async () => {
  bench = await Bench.start({}, resources());
  sns = new SNS(bench.settings);
});
afterAll(() => {
  sns.destroy();
  return bench.stop();
});

const custom = (content: object = {}, metadata: object = {}, more: object = {}) =>
  JSON.stringify({
    version: '1.0',
    source: 'custom',
    content: { textType: 'client-markdown', title: 'a title', description: 'text', ...content },
    metadata: { threadId: 't', ...metadata },
    ...more,
  });
const shown = async (Message: string, topic = 'chat') => {
  const before = bench.twin.outbox.entries.length;
  await sns.publish({ TopicArn: arn('sns', topic), Message });
  await bench.settle();
  return bench.twin.outbox.entries.slice(before).map(({ channel, to, subject }) => ({ channel, to, subject }));
};

it('the channel listens as the service does', async () => {
  const { Subscriptions } = await sns.listSubscriptionsByTopic({ TopicArn: arn('sns', 'chat') });
  expect(Subscriptions).toMatchObject([{ Protocol: 'https', Owner: ACCOUNT }]);
  expect(Subscriptions?.[0]?.SubscriptionArn).toMatch(/^arn:/);
});

it.each([
  ['in the schema', custom(), 'a title'],
  ['without what is optional', custom({ textType: undefined, title: undefined }, { threadId: undefined }), null],
  ['of an alarm', '{"AlarmName":"a","NewStateValue":"ALARM"}', 'ALARM: a'],
])('a message %s is shown', async (_case, message, subject) => {
  expect(await shown(message)).toEqual([{ channel: 'chat', to: 'C1', subject }]);
});

it.each([
  ['plain text', 'hello'],
  ['JSON of another form', '{"hello":"world"}'],
  ['no description', custom({ description: undefined })],
  ['another version', custom({}, {}, { version: '2.0' })],
  ['another source', custom({}, {}, { source: 'aws.ec2' })],
  ['another type of text', custom({ textType: 'html' })],
  ['steps that are no texts', custom({ nextSteps: [{ text: 'x' }] })],
  ['a thread that is no text', custom({}, { threadId: 7 })],
])('%s is dropped without a word', async (_case, message) => {
  expect(await shown(message)).toEqual([]);
});

it('what is published elsewhere is not shown', async () => {
  expect(await shown(custom(), 'other')).toEqual([]);
});

it.each([
  ['a role that does not trust the service', { iam_role_arn: '${aws_iam_role.events.arn}' }, /AccessDenied/],
  ['a role that is not there', { iam_role_arn: `arn:aws:iam::${ACCOUNT}:role/None` }, /there is no role/],
  ['a guardrail that is not there', { guardrail_policy_arns: ['arn:aws:iam::aws:policy/None'] }, /does not know/],
])('%s stops the load', async (_case, channel, message) => {
  await expect(Bench.start({}, resources(channel))).rejects.toThrow(message);
});
