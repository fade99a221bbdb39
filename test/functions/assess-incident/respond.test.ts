import fc from 'fast-check';
import { type Finding, MAX_TARGETS } from '../../../functions/assess-incident/finding';
import { respond } from '../../../functions/assess-incident/respond';
import type { Mode, Policy } from '../../../functions/core/policy';
import type { Incident, Target } from '../../../functions/incident/incident';
import { policy } from '../../support/policy';

const HOME = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };
const INSTANCE: Target = { kind: 'instance', instanceId: 'i-0abc0123456789def' };

/** A finding of GuardDuty that is to be contained, but for the parts that a case is about. */
const finding = (parts: Partial<Finding> = {}): Finding => ({
  incidentId: 'gd-0123456789abcdef0123456789abcdef',
  origin: 'guardduty',
  source: 'GuardDuty',
  vouched: true,
  requested: false,
  account: '111122223333',
  region: 'eu-west-1',
  type: 'Backdoor:EC2/C&CActivity.B!DNS',
  title: 'A title',
  severity: 9.1,
  at: '2026-11-21T10:00:00.000Z',
  references: [{ service: 'guardduty', detectorId: 'd'.repeat(32), findingId: '0123456789abcdef0123456789abcdef' }],
  targets: [INSTANCE],
  resources: ['i-0abc0123456789def'],
  ...parts,
});

const modes: readonly Mode[] = ['observe', 'approve', 'enforce'];
const policies = new Map<string, Policy>();
/** The policy with these modes, made once: properties ask for it thousands of times. */
function under(critical: Mode, high: Mode = critical): Policy {
  const made = policies.get(critical + high) ?? policy({ incidents: { critical, high } });
  policies.set(critical + high, made);
  return made;
}
const decided = ({ response, needsApproval }: Incident) => (needsApproval ? `${response} once approved` : response);

describe('a finding', () => {
  it.each<[string, Partial<Finding>, [observe: string, approve: string, enforce: string]]>([
    ['of low severity', { severity: 3.9 }, ['log', 'log', 'log']],
    ['of low severity and another account', { severity: 2, account: '444455556666' }, ['log', 'log', 'log']],
    ['of low severity, but a strong signal', { severity: 2, isStrong: true }, ['notify', 'notify', 'notify']],
    ['of medium severity', { severity: 4 }, ['notify', 'notify', 'notify']],
    ['just below high', { severity: 6.9 }, ['notify', 'notify', 'notify']],
    ['of no severity', { severity: null }, ['notify', 'notify', 'notify']],
    ['of another account', { account: '444455556666' }, ['notify', 'notify', 'notify']],
    ['of another Region', { region: 'us-east-1' }, ['notify', 'notify', 'notify']],
    ['that its source does not have', { vouched: false }, ['notify', 'notify', 'notify']],
    ["of Suture's own parts", { origin: 'suture' }, ['notify', 'notify', 'notify']],
    ['that names nothing to be contained', { targets: [] }, ['notify', 'notify', 'notify']],
    ['of an event of whoever', { origin: 'custom', vouched: false }, ['rehearse', 'rehearse', 'rehearse']],
    ['of GuardDuty, critical', {}, ['rehearse', 'contain once approved', 'contain']],
    ['of GuardDuty, high', { severity: 7 }, ['rehearse', 'contain once approved', 'contain']],
    ['of others, critical', { origin: 'securityhub' }, ['rehearse', 'contain once approved', 'contain once approved']],
    ['by a custom action', { requested: true }, ['rehearse', 'contain once approved', 'contain once approved']],
    [
      'by a custom action, however low',
      { requested: true, severity: 1 },
      ['rehearse', 'contain once approved', 'contain once approved'],
    ],
    [
      'by a custom action, of no severity',
      { requested: true, severity: null, origin: 'securityhub' },
      ['rehearse', 'contain once approved', 'contain once approved'],
    ],
    [
      'by a custom action, of another account',
      { requested: true, account: '444455556666' },
      ['notify', 'notify', 'notify'],
    ],
    ['by a custom action, of nothing', { requested: true, targets: [] }, ['notify', 'notify', 'notify']],
  ])('%s is responded to as the mode says', (_case, parts, expected) => {
    expect(modes.map((mode) => decided(respond(finding(parts), under(mode), HOME)))).toEqual(expected);
  });

  it('goes by the mode of its own band', () => {
    expect(decided(respond(finding({ severity: 9 }), under('enforce', 'observe'), HOME))).toBe('contain');
    expect(decided(respond(finding({ severity: 8.9 }), under('enforce', 'observe'), HOME))).toBe('rehearse');
    expect(decided(respond(finding({ severity: 2, requested: true }), under('observe', 'approve'), HOME))).toBe(
      'contain once approved',
    );
  });

  it('says why, in words of its own where it has some', () => {
    const why = (parts: Partial<Finding>) => respond(finding(parts), under('enforce'), HOME).why;
    expect(why({ account: '444455556666' })).toBe('it belongs to account 444455556666, not to this installation');
    expect(why({ targets: [], forPeople: 'nobody but the root user' })).toBe('nobody but the root user');
    expect(why({ vouched: false, forPeople: 'GuardDuty does not have it' })).toBe('GuardDuty does not have it');
  });

  it.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T12:00:00.5+02:00', '2026-11-21T10:00:00.500Z'],
    ['', '1970-01-01T00:00:00.000Z'],
    ['yesterday', '1970-01-01T00:00:00.000Z'],
  ])('of %j is of that time in UTC', (at, utc) => {
    expect(respond(finding({ at }), under('enforce'), HOME).at).toBe(utc);
  });

  it('of more than one incident takes on leaves the rest to people, and says so', () => {
    const targets = Array.from(
      { length: MAX_TARGETS + 5 },
      (_, index): Target => ({
        kind: 'instance',
        instanceId: `i-0${index}`,
      }),
    );
    const incident = respond(finding({ targets }), under('enforce'), HOME);
    expect(incident).toMatchObject({ targets: targets.slice(0, MAX_TARGETS), leftOut: 5, response: 'contain' });
    expect(incident.why).toMatch(/; 5 more are left to people$/);
    expect(respond(finding({ targets: targets.slice(5) }), under('enforce'), HOME)).not.toHaveProperty('leftOut');
  });

  it('leaves behind what only the decision needed', () => {
    const { incidentId, references, ...rest } = finding({ forPeople: 'x', isStrong: true, closed: 'y', quiet: true });
    const incident = respond(finding({ forPeople: 'x', isStrong: true, quiet: true }), under('enforce'), HOME);
    const { origin: _o, requested: _r, forPeople: _f, isStrong: _s, closed: _c, ...kept } = rest;
    expect(incident).toEqual({
      ...kept,
      id: incidentId,
      findings: references,
      band: 'critical',
      response: 'contain',
      needsApproval: false,
      why: 'incidents of severity critical are contained',
    });
  });
});

describe('whatever a finding says', () => {
  const target: fc.Arbitrary<Target> = fc.constantFrom<Target>(
    INSTANCE,
    { kind: 'user', userName: 'jo' },
    { kind: 'bucket', bucketName: 'open-data' },
  );
  const any: fc.Arbitrary<Finding> = fc
    .record({
      origin: fc.constantFrom('guardduty', 'securityhub', 'custom', 'suture'),
      vouched: fc.boolean(),
      requested: fc.boolean(),
      account: fc.constantFrom('111122223333', '444455556666'),
      region: fc.constantFrom('eu-west-1', 'us-east-1'),
      severity: fc.oneof(
        fc.constantFrom(null, 0, 3.9, 4, 6.9, 7, 8.9, 9, 10),
        fc.double({ min: 0, max: 10, noNaN: true }),
      ),
      targets: fc.array(target, { maxLength: 3 }),
      isStrong: fc.boolean(),
      quiet: fc.boolean(),
    })
    .map((parts) => finding(parts as Partial<Finding>));
  const mode = fc.constantFrom(...modes);
  const holds = (property: (finding: Finding, incident: Incident, of: { critical: Mode; high: Mode }) => void) =>
    fc.assert(
      fc.property(any, mode, mode, (one, critical, high) =>
        property(one, respond(one, under(critical, high), HOME), { critical, high }),
      ),
      { numRuns: 2000 },
    );

  it('nothing is contained that its source does not vouch for, nor what belongs to others', () => {
    holds(({ vouched, account, region, origin }, { response }) => {
      if (response !== 'contain') return;
      expect({ vouched, account, region }).toEqual({ vouched: true, account: HOME.account, region: HOME.region });
      expect(['guardduty', 'securityhub']).toContain(origin);
    });
  });

  it('nothing is contained without a person but what GuardDuty itself finds grave, where that is enforced', () => {
    holds(({ origin, requested, severity }, { response, needsApproval, band }, modes) => {
      if (response !== 'contain' || needsApproval) return;
      expect({ origin, requested }).toEqual({ origin: 'guardduty', requested: false });
      expect(severity).toBeGreaterThanOrEqual(7);
      expect(band === 'critical' ? modes.critical : modes.high).toBe('enforce');
    });
  });

  it('nothing is contained where incidents are observed', () => {
    fc.assert(
      fc.property(any, (one) => {
        expect(respond(one, under('observe'), HOME).response).not.toBe('contain');
      }),
    );
  });

  it('there are targets just where something is done about them', () => {
    holds((one, { response, targets }) => {
      expect(targets).toEqual(response === 'contain' || response === 'rehearse' ? one.targets : []);
      if (response === 'contain' || response === 'rehearse') expect(targets).not.toEqual([]);
    });
  });

  it('who is asked to approve has something to approve', () => {
    holds((_one, { response, needsApproval }) => {
      if (needsApproval) expect(response).toBe('contain');
    });
  });

  it('only what is of low severity is not told', () => {
    holds(({ requested, isStrong }, { response, band }) => {
      if (response === 'log')
        expect({ band, requested, isStrong }).toEqual({ band: 'low', requested: false, isStrong: false });
    });
  });
});
