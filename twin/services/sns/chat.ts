import { AWS_MANAGED } from '../../iam/aws-managed-policies';
import { parsePolicy } from '../../iam/policy';
import { servicePrincipal } from '../../iam/principal';
import type { Arguments, Making, Scope } from '../../service';
import { plain } from '../../terraform/arguments';
import { made } from '../../terraform/made';
import type { Twin } from '../../twin';
import { assumeForService, roleByArn } from '../iam';
import { stateOf } from '../iam/state';

/** Where the chat service listens: it subscribes this address to the topics of a channel. */
export const CHAT_ENDPOINT = 'https://global.sns-api.chatbot.amazonaws.com';

/** A channel of Slack, and the topics that it shows. */
interface Channel {
  readonly channelId: string;
  readonly topicArns: readonly string[];
}

/** By name of the configuration, which is one for all Regions of an account. */
const CHANNELS = { prefix: 'chatbot', global: true, initial: (): Map<string, Channel> => new Map() } as const;

/**
 * Makes a channel's configuration. The workspace counts as authorised.
 *
 * @throws Error for a name that is taken, a role that the chat service cannot assume, or a guardrail that does not exist
 * @see https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html
 */
export function addChannel(making: Making, args: Arguments): string {
  const { twin, account, address } = making;
  const name = String(args.configuration_name);
  const channels = twin.state(CHANNELS, making);
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(name)) throw new Error(`${address}: ${name} is no name of a configuration`);
  if (channels.has(name)) throw new Error(`${address}: the chat configuration ${name} exists already`);
  const role = roleByArn(twin, String(args.iam_role_arn));
  if (!role) throw new Error(`${address}: there is no role ${String(args.iam_role_arn)}`);
  const service = servicePrincipal('chatbot.amazonaws.com', account, `arn:aws:chatbot::${account}:*`);
  const session = made(making, () => assumeForService(twin, role, service, name));
  twin.credentials.remove(session.accessKeyId);
  for (const arn of plain((args.guardrail_policy_arns ?? []) as string[])) {
    const policy = AWS_MANAGED[arn] ?? stateOf(twin, account).policies.get(arn)?.document;
    if (policy === undefined) throw new Error(`${address}: the twin does not know the policy ${arn}`);
    parsePolicy(policy, 'identity');
  }
  // Nobody writes in the channel, and there are no logs of it.
  void [args.slack_team_id, args.logging_level, args.user_authorization_required];
  channels.set(name, {
    channelId: String(args.slack_channel_id),
    topicArns: plain((args.sns_topic_arns ?? []) as string[]),
  });
  return name;
}

/** Shows a message in the channels of a topic, if it is of a form that the chat service knows; any other is dropped, and nobody is told. */
export function showInChat(twin: Twin, scope: Scope, topicArn: string, text: string): void {
  const title = titleOf(text);
  if (title === undefined) return;
  const time = twin.clock.now().toISOString();
  for (const { channelId, topicArns } of twin.state(CHANNELS, scope).values())
    if (topicArns.includes(topicArn))
      twin.outbox.send({ time, channel: 'chat', to: channelId, subject: title, body: text });
}

/**
 * What stands above a message: of one in the custom schema, whose members are of the right types, and of an alarm's. Events of other services are
 * not simulated.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
function titleOf(text: string): string | null | undefined {
  const { version, source, content, metadata = {}, AlarmName, NewStateValue } = objectIn(text) ?? {};
  if (isText(AlarmName) && isText(NewStateValue)) return `${NewStateValue}: ${AlarmName}`;
  if (version !== '1.0' || source !== 'custom' || !isObject(content) || !isObject(metadata)) return undefined;
  const { textType = 'client-markdown', title, description, nextSteps = [], keywords = [] } = content;
  const { threadId = 'x', summary = 'x', eventType = 'x', relatedResources = [] } = metadata;
  const isWell =
    textType === 'client-markdown' &&
    isText(description) &&
    [title ?? 'x', threadId, summary, eventType].every(isText) &&
    [nextSteps, keywords, relatedResources].every((list) => Array.isArray(list) && list.every(isText));
  if (!isWell) return undefined;
  return isText(title) ? title : null;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
