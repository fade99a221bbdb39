import type { Outcome } from '../core/outcomes';
import type { Channel } from '../incident/channel';
import type { Target } from '../incident/incident';
import type { Inspection } from '../incident/inspection';
import type { Decision } from '../incident/record';

/**
 * What became of an incident.
 *
 * | status     | meaning                                                                   |
 * | ---------- | ------------------------------------------------------------------------- |
 * | contained  | each target is, as seen, or does not exist any more                        |
 * | left       | somebody or something decided otherwise: a person, an exception, a budget   |
 * | rehearsed  | nothing was to be changed                                                  |
 * | open       | something failed: the workflow does too, until it is redriven               |
 * | superseded | a graver finding of the same incident is at it, in an execution of its own |
 */
export type Status = 'contained' | 'left' | 'rehearsed' | 'open' | 'superseded';

/** What is known of one target. */
export interface Verified {
  readonly target: Target;
  readonly status: 'contained' | 'left' | 'open';
  /** As its containing function answered. Absent if none was asked. */
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly exists: boolean;
  readonly channels: readonly Channel[];
}

/** Channels that containment closes, by kind: who finds one of them not closed does not say that it is contained. */
const ESSENTIAL: Readonly<Record<Target['kind'], readonly string[]>> = {
  instance: [
    'IPv4',
    'IPv6',
    'elastic addresses',
    'metadata service',
    'new role sessions',
    'Auto Scaling',
    'load balancers',
  ],
  user: ['access key', 'older sessions'],
  role: ['older sessions'],
  bucket: [],
  'security-group': [],
};

/** Channels that containment leaves to people, where it must not or cannot close them: a finding with one of them open is not dealt with. */
const FOR_PEOPLE: readonly string[] = [
  // Of instances.
  'managed interfaces',
  'older role sessions',
  'tracked connections',
  // Of users: the finding names another way in, or none.
  'access keys',
  'other access keys',
  'console password',
  // Of roles: whoever may assume it, or is on an instance that wears it, begins a new session.
  'new sessions',
  'instances',
];

/**
 * Judges one target, by what was answered and by what is seen.
 *
 * | answered                              | seen                        | status    |
 * | ------------------------------------- | --------------------------- | --------- |
 * | any                                   | it does not exist           | contained |
 * | GONE                                  | any                                        | contained |
 * | REMEDIATED, NO_ACTION                 | something of it is not closed that must be | open      |
 * | REMEDIATED, NO_ACTION                 | open is what only people may close         | left      |
 * | REMEDIATED, NO_ACTION                 | not known is whether its role's older sessions work | left |
 * | REMEDIATED, NO_ACTION                 | what must be closed is                     | contained |
 * | HELD, EXEMPT, DRY_RUN, UNDONE, none   | any                                        | left      |
 * | anything else                         | any                         | open      |
 */
export function judge(
  target: Target,
  answer: { readonly outcome: Outcome; readonly reason: string } | undefined,
  { exists, channels }: Inspection,
): Verified {
  const base = { target, exists, channels, ...answer };
  if (!exists || answer?.outcome === 'GONE') return { ...base, status: 'contained' };
  switch (answer?.outcome) {
    case undefined:
    case 'HELD':
    case 'EXEMPT':
    case 'DRY_RUN':
    case 'UNDONE':
      return { ...base, status: 'left' };
    case 'REMEDIATED':
    case 'NO_ACTION': {
      const isSeen = ESSENTIAL[target.kind].every((name) =>
        channels.every(({ channel, status }) => channel !== name || status === 'closed'),
      );
      const isBlind = channels.some(({ channel, status }) => channel === 'all' && status === 'unknown');
      if (!isSeen || isBlind) return { ...base, status: 'open' };
      const isLeft = channels.some(
        ({ channel, status }) =>
          (status === 'open' && FOR_PEOPLE.includes(channel)) ||
          (status === 'unknown' && channel === 'older role sessions'),
      );
      return { ...base, status: isLeft ? 'left' : 'contained' };
    }
    default:
      return { ...base, status: 'open' };
  }
}

/** What it all amounts to. */
export function statusOf({
  isSuperseded,
  mode,
  decision,
  onExpiry,
  leftOut = 0,
  verified,
}: {
  readonly isSuperseded: boolean;
  readonly mode: 'contain' | 'rehearse';
  readonly decision: Pick<Decision, 'decision'>;
  readonly onExpiry: 'deny' | 'approve';
  /** How many more the incident is about than were to be contained. @default 0 */
  readonly leftOut?: number;
  readonly verified: readonly Pick<Verified, 'status'>[];
}): Status {
  if (isSuperseded) return 'superseded';
  if (mode === 'rehearse') return 'rehearsed';
  if (decision.decision === 'denied' || (decision.decision === 'expired' && onExpiry === 'deny')) return 'left';
  if (verified.some(({ status }) => status === 'open')) return 'open';
  return leftOut > 0 || verified.some(({ status }) => status === 'left') ? 'left' : 'contained';
}

/** As it stands in the incident's record. */
export function outcomeOf(
  status: Status,
  verified: readonly Pick<Verified, 'status' | 'outcome' | 'exists'>[],
): Outcome {
  switch (status) {
    case 'contained':
      if (verified.every(({ exists, outcome }) => !exists || outcome === 'GONE')) return 'GONE';
      return verified.every(({ outcome }) => outcome === 'NO_ACTION') ? 'NO_ACTION' : 'REMEDIATED';
    case 'rehearsed':
      return 'DRY_RUN';
    case 'superseded':
      return 'JOINED';
    case 'open':
      return verified.some((one) => one.status === 'contained') ? 'PARTIAL' : 'FAILED';
    case 'left':
      return verified.some(({ outcome }) => outcome === 'EXEMPT') && verified.every((one) => one.status !== 'open')
        ? 'EXEMPT'
        : 'HELD';
  }
}
