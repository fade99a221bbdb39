import type { Decision } from './heal';
import type { Outcome } from './outcomes';
import type { Action, Subject } from './remediation';
import type { Trigger } from './schema';
import type { Telemetry } from './telemetry';

/** How a log line about an outcome begins. Runbooks search for `Remediated`. */
export const phrases: Record<Outcome, string> = {
  REMEDIATED: 'Remediated',
  PARTIAL: 'Partly remediated',
  NO_ACTION: 'Nothing to do for',
  DRY_RUN: 'Would remediate',
  EXEMPT: 'Exempt is',
  HELD: 'Held',
  JOINED: 'Joined the heal of',
  GONE: 'Gone is',
  IGNORED: 'Ignored',
  FAILED: 'Failed to remediate',
  UNDONE: 'Undone for',
};

/** Logs and counts a decision. */
export function report(
  telemetry: Telemetry,
  { name, noun }: { readonly name: string; readonly noun: string },
  subject: Subject,
  { outcome, reason, plan, mode, results, expired, receipt, recovered, error }: Decision<Action>,
  trigger: Trigger | undefined,
): void {
  const responseTimeMs =
    outcome === 'REMEDIATED' && trigger ? Math.max(0, Date.now() - Date.parse(trigger.at)) : undefined;
  telemetry.count({ remediation: name, outcome, ...(responseTimeMs !== undefined && { responseTimeMs }) });
  const data = {
    outcome,
    reason,
    resourceId: subject.id,
    resourceArn: subject.arn,
    mode,
    actions: plan.actions,
    exempt: plan.exempt,
    ...(results.length > 0 && { results }),
    ...(expired.length > 0 && { expiredExceptions: expired }),
    ...(receipt && { receipt }),
    ...(recovered && { recovered }),
    ...(trigger && { trigger }),
    ...(responseTimeMs !== undefined && { responseTimeMs }),
  };
  const line = `${phrases[outcome]} ${noun} ${subject.id}`;
  if (error) telemetry.error(line, { ...data, error });
  else telemetry.info(line, data);
}

/** E-mail subjects hold at most 100 ASCII characters. @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
export function messageFor(subject: Subject, about: string, reason: string, trigger: Trigger | undefined) {
  const lines = [
    `${about[0]?.toUpperCase()}${about.slice(1)}.`,
    '',
    `Why:       ${reason}`,
    `Resource:  ${subject.arn}`,
    `Account:   ${subject.account}, Region ${subject.region}`,
    ...(trigger ? [`Because:   ${trigger.name} at ${trigger.at}${trigger.actor ? ` by ${trigger.actor}` : ''}`] : []),
  ];
  return {
    subject: `Suture: ${about}`.replace(/[^ -~]/g, '?').slice(0, 100),
    text: lines.map((line) => line.replace(/\p{Cc}/gu, '?')).join('\n'),
  };
}
