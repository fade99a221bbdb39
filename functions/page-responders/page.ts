import type { Alarm, Alert } from '../incident/alert';
import { plainText } from '../incident/incident';
import type { Notice, NoticeEvent } from '../incident/notice';

/**
 * A request to PagerDuty, but for the key: the connection of EventBridge adds that.
 *
 * @see https://developer.pagerduty.com/docs/send-alert-event
 */
export type Page =
  | { readonly event_action: 'resolve'; readonly dedup_key: string }
  | {
      readonly event_action: 'trigger';
      /** One alert for each; at most 255 characters. */
      readonly dedup_key: string;
      readonly payload: {
        /** At most 1,024 characters. */
        readonly summary: string;
        readonly source: string;
        readonly severity: 'critical' | 'error' | 'warning' | 'info';
        readonly component?: string;
        readonly group: string;
        readonly class: string;
        readonly custom_details: object;
      };
      readonly client: 'Suture';
    };

const NEEDS_SOMEBODY: readonly NoticeEvent[] = ['approval', 'open', 'failed'];
const SEVERITIES = {
  critical: 'critical',
  high: 'error',
  unknown: 'warning',
  medium: 'warning',
  low: 'info',
} as const;

/**
 * Decides whether somebody is paged. An incident has one key, so whatever triggers again belongs to the page that is open.
 *
 * | event                  | critical, high | unknown | medium, low | quiet   |
 * | ---------------------- | -------------- | ------- | ----------- | ------- |
 * | approval, open, failed | trigger        | trigger | -           | -       |
 * | told, contained        | trigger        | -       | -           | -       |
 * | closed                 | resolve        | resolve | resolve     | resolve |
 *
 * What is contained still pages, and is not resolved by that: somebody shall look at it. Only a person closes. Closing resolves whatever the band,
 * as an incident may have been graver before; PagerDuty drops what resolves nothing.
 *
 * | alarm           | ALARM   | OK      | INSUFFICIENT_DATA |
 * | --------------- | ------- | ------- | ----------------- |
 * | one that pages  | trigger | resolve | -                 |
 * | any other       | -       | -       | -                 |
 *
 * Plain text pages nobody.
 *
 * @param pagingAlarms names of the alarms that page
 */
export function pageFor(alert: Alert, pagingAlarms: readonly string[]): Page | undefined {
  switch (alert.kind) {
    case 'notice':
      return ofNotice(alert.notice);
    case 'alarm':
      return pagingAlarms.includes(alert.alarm.AlarmName) ? ofAlarm(alert.alarm) : undefined;
    case 'text':
      return undefined;
  }
}

function ofNotice(notice: Notice): Page | undefined {
  const { incidentId, event, band, headline, title, type, account, region, resources, lines, nextSteps } = notice;
  if (event === 'closed') return { event_action: 'resolve', dedup_key: incidentId };
  const isGrave = band === 'critical' || band === 'high';
  const isUrgent = isGrave || (band === 'unknown' && NEEDS_SOMEBODY.includes(event));
  if (notice.quiet || !isUrgent) return undefined;
  const [component] = resources;
  return {
    event_action: 'trigger',
    dedup_key: incidentId,
    payload: {
      summary: plainText(`${headline} (${title})`, 1024),
      source: `${account}/${region}`,
      severity: SEVERITIES[band],
      ...(component !== undefined && { component: plainText(component, LONGEST_LINE) }),
      group: account,
      class: plainText(type, LONGEST_LINE),
      custom_details: {
        incident: incidentId,
        event,
        known: some(lines),
        next_steps: some(nextSteps),
        resources: some(resources),
      },
    },
    client: 'Suture',
  };
}

function ofAlarm(alarm: Alarm): Page | undefined {
  const { AlarmName, AlarmArn, AlarmDescription, AWSAccountId, Region, NewStateValue, NewStateReason } = alarm;
  if (NewStateValue === 'INSUFFICIENT_DATA') return undefined;
  if (NewStateValue === 'OK') return { event_action: 'resolve', dedup_key: AlarmArn };
  return {
    event_action: 'trigger',
    dedup_key: AlarmArn,
    payload: {
      summary: plainText(`${AlarmName}: ${AlarmDescription ?? NewStateReason}`, 1024),
      source: plainText(`${AWSAccountId}/${Region}`, LONGEST_LINE),
      severity: 'error',
      component: AlarmName,
      group: plainText(AWSAccountId, LONGEST_LINE),
      class: 'alarm',
      custom_details: { reason: plainText(NewStateReason, LONGEST_LINE) },
    },
    client: 'Suture',
  };
}

/**
 * At most three bytes a unit, twenty items in each of three lists: the request stays below the 64 KB that EventBridge sends.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ConnectionBodyParameter.html
 */
const LONGEST_LINE = 300;
const MOST_ITEMS = 20;

const some = (items: readonly string[]): string[] =>
  items.slice(0, MOST_ITEMS).map((item) => plainText(item, LONGEST_LINE));
