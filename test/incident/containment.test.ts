import { type ContainmentRequest, whyOnlyRehearsed } from '../../functions/incident/containment';
import type { Incident } from '../../functions/incident/incident';
import type { IncidentDetails } from '../../functions/incident/record';
import { claimed, incident } from '../support/incident';
import { policy } from '../support/policy';

type Case = {
  readonly mode?: 'contain' | 'rehearse';
  readonly about?: Partial<Incident>;
  readonly record?: Partial<IncidentDetails>;
  readonly decision?: ContainmentRequest['decision'];
  readonly onExpiry?: 'deny' | 'approve';
};
const why = ({ mode = 'contain', about, record, decision, onExpiry = 'deny' }: Case) =>
  whyOnlyRehearsed(
    { details: claimed(incident(about), record) },
    { mode, decision },
    policy({ incidents: { onExpiry } }),
  );
const waits = { needsApproval: true };

describe('something is changed', () => {
  it.each<[string, Case]>([
    ['where nobody need approve', {}],
    ['where a person approved', { about: waits, decision: { decision: 'approved' } }],
    ['where silence means yes', { about: waits, decision: { decision: 'expired' }, onExpiry: 'approve' }],
    ['where time ran out on a question that nobody need answer', { decision: { decision: 'expired' } }],
    [
      'where an earlier approval stands in the record',
      { about: waits, decision: { decision: 'approved' }, record: { decision: { decision: 'approved' } } },
    ],
  ])('%s', (_case, given) => {
    expect(why(given)).toBeUndefined();
  });
});

describe('nothing is changed', () => {
  it.each<[string, Case, string]>([
    [
      'in a rehearsal, whoever approved',
      { mode: 'rehearse', about: waits, decision: { decision: 'approved' } },
      'rehearsal',
    ],
    ['where the response is to rehearse', { about: { response: 'rehearse' } }, 'rehearse'],
    ['where people are only told', { about: { response: 'notify' } }, 'notify'],
    ['where it is only logged', { about: { response: 'log' }, decision: { decision: 'approved' } }, 'log'],
    ['once a person closed it', { record: { status: 'closed' } }, 'closed'],
    ['where a person denied it', { about: waits, decision: { decision: 'denied' }, onExpiry: 'approve' }, 'denied'],
    ['where a person denied it without being asked', { decision: { decision: 'denied' } }, 'denied'],
    [
      'where the record says denied, whatever the request',
      { about: waits, decision: { decision: 'approved' }, record: { decision: { decision: 'denied' } } },
      'denied',
    ],
    ['where nobody answered', { about: waits, decision: { decision: 'expired' } }, 'approved'],
    ['where nobody was asked', { about: waits }, 'approved'],
    ['where nobody was asked, though silence means yes', { about: waits, onExpiry: 'approve' }, 'approved'],
  ])('%s', (_case, given, word) => {
    expect(why(given)).toContain(word);
  });
});
