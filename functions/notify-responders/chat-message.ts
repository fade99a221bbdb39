import type { Alarm, Alert } from '../incident/alert';
import type { Notice } from '../incident/notice';
import { code, inert, unlinked } from './slack-text';

/**
 * What the chat service shows of a message that no AWS service sent. Anything of another form it drops without a word.
 *
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
 */
export interface ChatMessage {
  readonly version: '1.0';
  readonly source: 'custom';
  readonly id: string;
  readonly content: {
    readonly textType: 'client-markdown';
    readonly title: string;
    readonly description: string;
    readonly nextSteps?: readonly string[];
    readonly keywords?: readonly string[];
  };
  readonly metadata: {
    /** Messages with the same one stand in one thread, if the channel's preferences allow threads. */
    readonly threadId?: string;
    readonly summary: string;
    readonly eventType: string;
    readonly relatedResources?: readonly string[];
  };
}

/**
 * The longest texts, in UTF-16 units. What Slack shows in a header block and in a section; the service has its limits from there.
 *
 * @see https://docs.slack.dev/reference/block-kit/blocks/header-block
 * @see https://docs.slack.dev/reference/block-kit/blocks/section-block
 */
export const LONGEST = { title: 150, description: 3000, line: 240, paragraph: 1000, step: 300, name: 150 } as const;
/** How many lines, steps and resources are told. The rest stands in the mail and in the ledger. */
export const MOST = { lines: 10, steps: 8, resources: 10 } as const;

/** A message for chat. */
export function chatMessage(alert: Alert): ChatMessage {
  switch (alert.kind) {
    case 'notice':
      return ofNotice(alert.messageId, alert.notice);
    case 'alarm':
      return ofAlarm(alert.messageId, alert.alarm);
    case 'text':
      return {
        version: '1.0',
        source: 'custom',
        id: alert.messageId,
        content: {
          textType: 'client-markdown',
          title: inert(alert.subject, LONGEST.title) || 'Suture',
          description: described(alert.text.split('\n').map((line) => inert(line, LONGEST.paragraph))),
        },
        metadata: { summary: inert(alert.subject, LONGEST.title), eventType: 'suture-message' },
      };
  }
}

/** What others wrote comes last, and all before the resources fits, however long it was: what is known must not be cut off by a title. */
function ofNotice(messageId: string, notice: Notice): ChatMessage {
  const { incidentId, event, band, headline, title, type, account, region, lines, nextSteps, resources } = notice;
  const told = resources.slice(0, MOST.resources);
  const summary = inert(`${band.toUpperCase()}: ${headline}`, LONGEST.title);
  return {
    version: '1.0',
    source: 'custom',
    id: messageId,
    content: {
      textType: 'client-markdown',
      title: summary,
      description: described([
        ...some(lines, MOST.lines, (line) => `• ${inert(line, LONGEST.line)}`),
        `Incident ${code(incidentId, LONGEST.name)}, account ${inert(account, 20)}, Region ${inert(region, 20)}`,
        `Type ${code(type, LONGEST.name)}`,
        `Finding: ${unlinked(title, 200)}`,
        ...some(resources, MOST.resources, (resource) => `Resource ${code(resource, LONGEST.name)}`),
      ]),
      ...(nextSteps.length > 0 && {
        nextSteps: some(nextSteps, MOST.steps, (step) => inert(step, LONGEST.step)),
      }),
      keywords: [band, event, inert(account, 20), inert(region, 20)],
    },
    metadata: {
      threadId: incidentId,
      summary,
      eventType: `suture-${event}`,
      ...(told.length > 0 && { relatedResources: told.map((resource) => inert(resource, LONGEST.name)) }),
    },
  };
}

function ofAlarm(
  messageId: string,
  { AlarmName, AlarmDescription, AWSAccountId, Region, NewStateValue, NewStateReason }: Alarm,
): ChatMessage {
  const title = inert(`${NewStateValue}: ${AlarmName}`, LONGEST.title);
  return {
    version: '1.0',
    source: 'custom',
    id: messageId,
    content: {
      textType: 'client-markdown',
      title,
      description: described([
        ...(AlarmDescription ? [inert(AlarmDescription, LONGEST.paragraph)] : []),
        inert(NewStateReason, LONGEST.paragraph),
        `Account ${inert(AWSAccountId, 20)}, Region ${inert(Region, 50)}`,
      ]),
    },
    metadata: { threadId: AlarmName, summary: title, eventType: 'suture-alarm' },
  };
}

/** The first ones, and how many there are besides. */
function some(items: readonly string[], most: number, tell: (item: string) => string): string[] {
  const more = items.length - most;
  return [...items.slice(0, most).map(tell), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** Whole lines, as many as there is room for: half a line could be half a word of ours. */
function described(lines: readonly string[]): string {
  const fitting: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > LONGEST.description - 2) return [...fitting, '…'].join('\n');
    fitting.push(line);
  }
  return fitting.join('\n').trim() || '…';
}
