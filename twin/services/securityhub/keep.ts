import type { EmittedEvent } from '../../service';
import type { Twin } from '../../twin';
import { enableHub, enableHubV2 } from './hub';
import { type Asff, keyOf, type Ocsf, type Place, placeOf } from './state';

/**
 * Keeps the findings that an event tells of, in the account and Region of its envelope: an administrator account, or
 * the Region that findings are aggregated in, gets those of others too.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
 */
export function keepEmitted({ detail, 'detail-type': detailType, ...scope }: EmittedEvent, twin: Twin): void {
  const place = placeOf(twin, scope);
  const findings = (Array.isArray(detail.findings) ? detail.findings : []).map((finding) => structuredClone(finding));
  switch (detailType) {
    case 'Security Hub Findings - Imported':
      for (const finding of findings.filter(isAsff)) keep(place, finding);
      return;
    case 'Security Hub Findings - Custom Action':
      // Whoever chose the action saw the finding as it already was.
      for (const finding of findings.filter(isAsff))
        if (!place.state.findings.has(keyOf(finding))) keep(place, finding);
      return;
    case 'Findings Imported V2':
      for (const finding of findings.filter(isOcsf)) keepV2(place, finding);
      return;
  }
}

const isAsff = (value: unknown): value is Asff =>
  value !== null && typeof value === 'object' && 'Id' in value && 'ProductArn' in value;

function isOcsf(value: unknown): value is Ocsf {
  const { metadata } = (value ?? {}) as { metadata?: { uid?: unknown } };
  return typeof metadata?.uid === 'string';
}

/** A finding is proof of Security Hub. What comes late or twice changes nothing. */
function keep(place: Place, asff: Asff): void {
  const { state } = place;
  if (!state.hub) enableHub(place, { defaultStandards: false });
  const lastTold = JSON.stringify(asff);
  const known = state.findings.get(keyOf(asff));
  const isLate = known && Date.parse(asff.UpdatedAt ?? '') < Date.parse(known.asff.UpdatedAt ?? '');
  if (isLate || known?.lastTold === lastTold) return;
  state.findings.set(keyOf(asff), { asff, lastTold, customised: known?.customised ?? new Set() });
}

function keepV2(place: Place, ocsf: Ocsf): void {
  const { state } = place;
  if (!state.hubV2) enableHubV2(place);
  const lastTold = JSON.stringify(ocsf);
  const known = state.findingsV2.get(ocsf.metadata.uid);
  const isLate = known && Number(ocsf.time) < Number(known.ocsf.time);
  if (isLate || known?.lastTold === lastTold) return;
  state.findingsV2.set(ocsf.metadata.uid, { ocsf, lastTold });
}
