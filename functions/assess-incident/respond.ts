import type { Policy } from '../core/policy';
import type { Home } from '../core/remediation';
import { type Band, bandOf, type Incident, type Response } from '../incident/incident';
import { type Finding, MAX_TARGETS } from './finding';

/**
 * Decides what is done about a finding. Pure.
 *
 * | finding                                          | mode of its band | response                       |
 * | ------------------------------------------------ | ---------------- | ------------------------------ |
 * | low                                              | any              | log; notify if its type is a strong signal |
 * | medium, unknown                                  | any              | notify                         |
 * | of another account or Region                     | any              | notify                         |
 * | that its source does not have, of Suture's parts | any              | notify                         |
 * | critical, high, with nothing that can be contained | any            | notify                         |
 * | critical, high, custom event                     | any              | rehearse                       |
 * | critical, high                                   | observe          | rehearse                       |
 * | critical, high, of GuardDuty                     | approve          | contain once a person agrees   |
 * | critical, high, of GuardDuty                     | enforce          | contain                        |
 * | critical, high, of other products                | approve, enforce | contain once a person agrees   |
 * | any, by a custom action: counts as high at least | as above         | as above, once a person agrees |
 *
 * Whoever may put events or import findings could forge one: those never act without a person.
 */
export function respond(finding: Finding, policy: Pick<Policy, 'incidents'>, home: Home): Incident {
  const { closed: _closed, forPeople, isStrong, quiet, origin, requested, incidentId, references, ...rest } = finding;
  const band = bandOf(finding.severity);
  const decided = decide(finding, band, policy, home);
  const targets = decided.response === 'contain' || decided.response === 'rehearse' ? finding.targets : [];
  const leftOut = Math.max(0, targets.length - MAX_TARGETS);
  return {
    ...rest,
    id: incidentId,
    at: utc(finding.at),
    findings: references,
    band,
    ...decided,
    targets: targets.slice(0, MAX_TARGETS),
    ...(leftOut > 0 && { leftOut, why: `${decided.why}; ${leftOut} more are left to people` }),
    ...(quiet && { quiet }),
  };
}

/** A finding may tell its time with an offset; receipts have UTC. What is no time is older than any. */
function utc(at: string): string {
  const moment = Date.parse(at);
  return new Date(Number.isNaN(moment) ? 0 : moment).toISOString();
}

type Decided = Pick<Incident, 'response' | 'needsApproval' | 'why'>;

const only = (response: Response, why: string): Decided => ({ response, needsApproval: false, why });

function decide(finding: Finding, band: Band, { incidents }: Pick<Policy, 'incidents'>, home: Home): Decided {
  const { account, region, origin, vouched, requested, targets, forPeople, isStrong } = finding;
  // Those whose origin is not known are told at most, so that nobody can have it quiet by a made-up severity.
  if (band === 'low' && !requested)
    return isStrong ? only('notify', 'ranked low, but a strong signal') : only('log', 'severity below 4');
  if (account !== home.account) return only('notify', `it belongs to account ${account}, not to this installation`);
  if (region !== home.region) return only('notify', `it belongs to Region ${region}, not to this installation`);
  if (origin !== 'custom' && origin !== 'suture' && !vouched)
    return only('notify', forPeople ?? 'its source does not have it');
  const grave = band === 'critical' || band === 'high' ? band : requested ? 'high' : undefined;
  if (grave === undefined) return only('notify', band === 'unknown' ? 'its severity is none' : 'severity below 7');
  if (origin === 'suture') return only('notify', "Suture's own parts are for people");
  if (targets.length === 0) return only('notify', forPeople ?? 'it names nothing that can be contained');
  if (origin === 'custom') return only('rehearse', 'whoever may put events could have made it up');
  const mode = incidents[grave];
  if (mode === 'observe') return only('rehearse', `incidents of severity ${grave} are observed`);
  if (origin === 'guardduty' && !requested && mode === 'enforce')
    return only('contain', `incidents of severity ${grave} are contained`);
  return {
    response: 'contain',
    needsApproval: true,
    why: requested
      ? 'a custom action asks for it'
      : origin === 'guardduty'
        ? `incidents of severity ${grave} wait for approval`
        : 'findings of other products than GuardDuty wait for approval',
  };
}
