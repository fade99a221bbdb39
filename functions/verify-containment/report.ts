import type { Channel } from '../incident/channel';
import { type Incident, plainText, type Target, targetName } from '../incident/incident';
import { type Message, messageOf, type NoticeEvent } from '../incident/notice';
import type { Decision } from '../incident/record';
import type { Status, Verified } from './status';

interface Reported {
  readonly incident: Incident;
  /** Whether a person closed it meanwhile: then nobody is paged, unless something failed. */
  readonly isClosed: boolean;
  readonly status: Status;
  readonly decision: DecisionText;
  readonly verified: readonly Verified[];
  readonly evidence: {
    readonly evidence: readonly string[];
    readonly snapshots: readonly string[];
    readonly notes: readonly string[];
  };
  readonly execution: string;
}
type DecisionText = { readonly [Key in keyof Decision]?: Decision[Key] | undefined };

const EVENTS: Record<Status, NoticeEvent> = {
  contained: 'contained',
  left: 'told',
  rehearsed: 'told',
  open: 'open',
  superseded: 'told',
};

/** A message is cut where it grows too long: what a person must look at stands first. */
const GRAVITY: Record<Verified['status'], number> = { open: 0, left: 1, contained: 2 };

/** The message about an incident that was looked at: what happened, what is closed and what is not, what to do next. */
export function reportOf({ incident, isClosed, status, decision, verified, evidence, execution }: Reported): Message {
  return messageOf(incident, EVENTS[status], {
    headline: headlineOf(incident, status, decision, verified),
    lines: [
      ...(isClosed ? ['A person closed the incident meanwhile.'] : []),
      ...decisionLines(incident, status, decision),
      ...[...verified].sort((a, b) => GRAVITY[a.status] - GRAVITY[b.status]).flatMap(linesOf),
      ...(incident.leftOut ? [`${incident.leftOut} more were left alone: too many for one incident.`] : []),
      ...(evidence.evidence.length > 0 ? [`Evidence: ${evidence.evidence.join(', ')}`] : []),
      ...(evidence.snapshots.length > 0 ? [`Snapshots: ${evidence.snapshots.join(', ')}`] : []),
      ...evidence.notes.map((note) => `Note: ${note}`),
    ],
    nextSteps: nextSteps(incident, status, verified, execution),
    quiet: isClosed && status !== 'open',
  });
}

function headlineOf(
  incident: Incident,
  status: Status,
  { decision }: DecisionText,
  verified: readonly Verified[],
): string {
  const [first] = verified;
  const about = first ? targetName(first.target) : `incident ${incident.id}`;
  const all = verified.length > 1 ? `${about} and ${verified.length - 1} more` : about;
  switch (status) {
    case 'contained':
      if (verified.every(({ exists, outcome }) => !exists || outcome === 'GONE'))
        return `${all} does not exist any more`;
      return verified.length > 1 ? `${all} are contained` : `${about} ${doneTo(first?.target)}`;
    case 'rehearsed':
      return `${all} ${verified.length > 1 ? 'are' : 'is'} as before: this would have been contained`;
    case 'left':
      if (decision === 'denied') return `containment of ${all} was denied`;
      if (decision === 'expired') return `nobody decided about ${all}: it was left as it is`;
      if (verified.every(({ outcome }) => outcome === 'REMEDIATED' || outcome === 'NO_ACTION'))
        return verified.length > 1
          ? `${all} are contained, but need a person`
          : `${about} ${doneTo(first?.target)}, but needs a person`;
      return `${all} ${verified.length > 1 ? 'need' : 'needs'} a person: not all was contained`;
    case 'open':
      return `${all} could NOT be contained in full`;
    case 'superseded':
      return `a graver finding about ${all} is dealt with`;
  }
}

function decisionLines({ why }: Incident, status: Status, { decision, by, reason, at }: DecisionText): string[] {
  const who = [plainText(by, 300), plainText(at, 40)].filter(Boolean).join(' at ');
  const words = plainText(reason, 500);
  if (decision === 'approved') return [`Approved by ${who || 'somebody'}: ${words || 'no reason given'}`];
  if (decision === 'denied') return [`Denied by ${who || 'somebody'}: ${words || 'no reason given'}`];
  if (decision === 'expired') return ['Nobody decided in time.'];
  return status === 'rehearsed' ? [`Nothing was changed: ${why}.`] : [];
}

function linesOf({ target, outcome, reason, exists, channels }: Verified): string[] {
  if (!exists) return [`${targetName(target)} does not exist.`];
  const of = (status: Channel['status']) => channels.filter((channel) => channel.status === status);
  const closed = of('closed').map(({ channel }) => channel);
  return [
    `${targetName(target)}: ${outcome === undefined ? 'left as it is' : `${outcome}, ${plainText(reason, 500)}`}`,
    ...of('open').map(({ channel, detail }) => `  STILL OPEN  ${channel}: ${detail}`),
    ...of('unknown').map(({ channel, detail }) => `  not known   ${channel}: ${detail}`),
    ...(closed.length > 0 ? [`  closed      ${closed.join(', ')}`] : []),
  ];
}

function nextSteps({ id }: Incident, status: Status, verified: readonly Verified[], execution: string): string[] {
  const isOpen = verified.some(({ channels }) => channels.some((channel) => channel.status !== 'closed'));
  const look = isOpen ? ['Go through what is still open or not known, above.'] : [];
  if (status === 'open')
    return [
      ...look,
      `When the cause is gone, have it completed: aws stepfunctions redrive-execution --execution-arn ${execution}`,
    ];
  if (status === 'superseded') return [];
  return [...look, `When it is dealt with: suture close ${id} --reason "…"`];
}

function doneTo(target: Target | undefined): string {
  switch (target?.kind) {
    case 'instance':
      return 'is isolated';
    case 'user':
      // The key of a session is none that could be taken away.
      return target.accessKeyId?.startsWith('AKIA')
        ? `lost key ${plainText(target.accessKeyId, 30)}`
        : 'lost its sessions';
    case 'role':
      return 'lost its sessions';
    default:
      return 'is closed to the internet';
  }
}
