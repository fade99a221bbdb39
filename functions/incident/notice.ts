import * as z from 'zod/mini';
import { once } from '../core/once';
import { type Incident, plainText } from './incident';

/**
 * What a message about an incident is for. The one that opens a conversation pages; those that follow belong to the same thread.
 *
 * | event    | meaning                                                      |
 * | -------- | ------------------------------------------------------------ |
 * | approval | a person must decide                                         |
 * | told     | people are told, nothing was to be done                      |
 * | contained| verified: what can be closed is closed                       |
 * | open     | something is still open that a person must look at           |
 * | failed   | the workflow stopped; what is contained stays contained      |
 * | closed   | a person closed the incident, or its finding                 |
 */
export const noticeEvents = ['approval', 'told', 'contained', 'open', 'failed', 'closed'] as const;
export type NoticeEvent = (typeof noticeEvents)[number];

/** The message attribute that carries a notice, as JSON, beside the text that people read. */
export const NOTICE_ATTRIBUTE = 'incident';

/** A message about an incident, as far as chat and pager need to know it. Text is as `plainText` leaves it, not escaped for any of them. */
export const Notice = once(() =>
  z.strictObject({
    incidentId: z.string(),
    event: z.enum(noticeEvents),
    band: z.enum(['low', 'unknown', 'medium', 'high', 'critical']),
    /** What happened, as in the message's subject. */
    headline: z.string(),
    title: z.string(),
    type: z.string(),
    account: z.string(),
    region: z.string(),
    resources: z.array(z.string()),
    /** What is known, one line each. */
    lines: z.array(z.string()),
    /** What the responder does next, one line each. */
    nextSteps: z.array(z.string()),
    /** Who is told without being paged. @default false */
    quiet: z.optional(z.boolean()),
  }),
);
export type Notice = z.infer<ReturnType<typeof Notice>>;

/** A message as the workflow publishes it. */
export interface Message {
  /** At most 100 printable ASCII characters. @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
  readonly subject: string;
  readonly text: string;
  /** The notice, as JSON. */
  readonly notice: string;
}

/** Most that a message's lines take, in bytes: messages are handed on by executions, whose states stay below 32 KB. */
const LINES_BYTES = 3000;
/** Resources that a message names, and how much of each. */
const MOST_RESOURCES = 10;
const RESOURCE_LENGTH = 200;

const HEADLINES: Record<Band, string> = {
  critical: 'CRITICAL',
  high: 'HIGH',
  medium: 'MEDIUM',
  low: 'LOW',
  unknown: 'UNKNOWN SEVERITY',
};
type Band = Incident['band'];

/**
 * The message about an incident that a person gets.
 *
 * @param headline what happened, in a few words: `i-0abc… is isolated`
 */
export function messageOf(
  incident: Incident,
  event: NoticeEvent,
  {
    headline,
    lines,
    nextSteps,
    quiet = false,
  }: {
    readonly headline: string;
    readonly lines: readonly string[];
    readonly nextSteps: readonly string[];
    readonly quiet?: boolean;
  },
): Message {
  const { id, band, title, type, account, region, source, severity, at } = incident;
  const told = linesWithin(lines, LINES_BYTES);
  const resources = incident.resources.slice(0, MOST_RESOURCES).map((name) => plainText(name, RESOURCE_LENGTH));
  const subject = `Suture ${HEADLINES[band]}: ${headline}`.replace(/[^ -~]/g, '?');
  const notice: Notice = {
    incidentId: id,
    event,
    band,
    headline,
    title,
    type,
    account,
    region,
    resources,
    lines: told,
    nextSteps: [...nextSteps],
    ...(quiet && { quiet }),
  };
  const text = [
    `${headline}.`,
    '',
    ...told,
    ...(nextSteps.length > 0
      ? ['', 'What to do next:', ...nextSteps.map((step, index) => `  ${index + 1}. ${step}`)]
      : []),
    '',
    `Finding:   ${title}`,
    `Type:      ${type}${severity === null ? '' : `, severity ${severity}`}`,
    `Source:    ${source}, ${at}`,
    ...resources.map((resource) => `Resource:  ${resource}`),
    `Account:   ${account}, Region ${region}`,
    `Incident:  ${id}`,
  ];
  return {
    subject: subject.length > 100 ? `${subject.slice(0, 97)}...` : subject,
    text: text.join('\n'),
    notice: JSON.stringify(notice),
  };
}

/** The first lines, as many as there is room for, and how many there are more. */
function linesWithin(lines: readonly string[], bytes: number): string[] {
  let left = bytes;
  const kept: string[] = [];
  for (const line of lines) {
    left -= Buffer.byteLength(line);
    if (left < 0) return [...kept, `… and ${lines.length - kept.length} more, which the ledger has.`];
    kept.push(line);
  }
  return kept;
}
