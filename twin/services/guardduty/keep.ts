import { randomUUID } from 'node:crypto';
import type { EmittedEvent } from '../../service';
import type { Twin } from '../../twin';
import { putEvents } from '../events';
import { importFromGuardDuty } from '../securityhub';
import { createDetector } from './detectors';
import { administratorOf } from './members';
import { type FindingDetail, type Place, placeOf } from './state';

/**
 * Keeps the finding that an event tells of, in the account and Region of its envelope: the administrator account gets
 * events of its members' findings besides its own.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
 */
export function keepEmitted(event: EmittedEvent, twin: Twin): void {
  if (event['detail-type'] === 'GuardDuty Finding' && isFinding(event.detail))
    keep(placeOf(twin, event), structuredClone(event.detail));
}

function isFinding(detail: object): detail is FindingDetail {
  const { id, accountId, service } = detail as Partial<FindingDetail>;
  return typeof id === 'string' && typeof accountId === 'string' && service !== null && typeof service === 'object';
}

/** A finding is proof of a detector, and of whose member an account is. What comes late or twice changes nothing. */
function keep(place: Place, detail: FindingDetail): void {
  const { state, twin, account } = place;
  const { detectorId } = detail.service;
  const isOwn = detail.accountId === account;
  const detector = state.detector ?? createDetector(place, { Enable: true }, isOwn ? detectorId : undefined);
  if (isOwn) detector.otherIds.add(detectorId);
  else if (!state.members.has(detail.accountId)) state.members.set(detail.accountId, twin.clock.now());

  const text = JSON.stringify(detail);
  const known = state.findings.get(detail.id);
  if (known && (known.lastEvent === text || isBefore(detail, known.lastEvent))) return;
  const { userFeedback } = known?.detail.service ?? {};
  if (userFeedback !== undefined) detail.service.userFeedback = userFeedback;
  state.findings.set(detail.id, { detail, lastEvent: text });
  // Each account sends its own findings to its Security Hub, which has its own way of gathering those of members.
  if (isOwn && detector.status === 'ENABLED') importFromGuardDuty(twin, place, detail);
}

const isBefore = ({ updatedAt }: FindingDetail, lastEvent: string): boolean =>
  updatedAt < (JSON.parse(lastEvent) as FindingDetail).updatedAt;

/** Tells of a finding, and keeps it: where it was made, and in the administrator account. */
export function announce(place: Place, detail: FindingDetail): void {
  const { twin, account, region } = place;
  const administrator = administratorOf(twin, place)?.account;
  for (const receiver of administrator === undefined ? [account] : [account, administrator]) {
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': 'GuardDuty Finding',
      source: 'aws.guardduty',
      account: receiver,
      time: `${twin.clock.now().toISOString().slice(0, 19)}Z`,
      region,
      resources: [],
      detail,
    };
    putEvents(twin, { account: receiver, region }, 'default', [event]);
    keepEmitted(event, twin);
  }
}
