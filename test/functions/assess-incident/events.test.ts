import { readEvent } from '../../../functions/assess-incident/events';
import { InvalidEventError } from '../../../functions/core/errors';
import { fixture, fixtureNames } from '../../support/fixtures';

const named = (...prefixes: string[]) =>
  fixtureNames.filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
const GUARDDUTY = named('guardduty-');
const READ = named('guardduty-', 'securityhub-', 'custom-', 'cloudtrail-');
const FINDING = 'bb61530f758d91823ab50db29c807ab0';

describe('of the sample events', () => {
  it('there are some of each kind', () => {
    expect(GUARDDUTY.length).toBeGreaterThan(20);
    expect(named('securityhub-').length).toBeGreaterThan(9);
    expect(named('custom-')).toHaveLength(2);
  });

  it.each(GUARDDUTY)('%s tells of a finding of GuardDuty', (name) => {
    const { detail, time } = fixture(name);
    const { id: findingId, type, title, severity, updatedAt: at = time } = detail;
    const says = { type, title, severity, at };
    expect(readEvent(fixture(name)).told).toEqual([{ kind: 'guardduty', findingId, requested: false, says }]);
  });

  it.each([
    ['securityhub-imported-sg-critical', 1],
    ['securityhub-imported-s3-high', 1],
    ['securityhub-imported-suppressed', 1],
    ['securityhub-imported-record-archived', 1],
    ['securityhub-imported-passed-informational', 1],
    ['securityhub-imported-multi-finding-batch', 5],
  ])('%s tells of findings that Security Hub is asked for', (name, count) => {
    const { findings } = fixture(name).detail as { findings: { Id: string; ProductArn: string }[] };
    expect(findings).toHaveLength(count);
    expect(readEvent(fixture(name)).told).toEqual(
      findings.map(({ Id: id, ProductArn: productArn }) => ({ kind: 'asff', id, productArn, requested: false })),
    );
  });

  it.each([
    ['securityhub-imported-guardduty-duplicate', false],
    ['securityhub-custom-action-isolate', true],
    ['securityhub-v2-findings-imported-detection', false],
  ])('%s tells of a copy, which is read at GuardDuty', (name, requested) => {
    expect(readEvent(fixture(name)).told).toEqual([
      { kind: 'guardduty', findingId: FINDING, requested, says: expect.objectContaining({ severity: null }) },
    ]);
  });

  it('securityhub-v2-findings-imported-compliance tells of a finding by its metadata', () => {
    const name = 'securityhub-v2-findings-imported-compliance';
    const { uid } = fixture(name).detail.findings[0].metadata;
    expect(readEvent(fixture(name)).told).toEqual([{ kind: 'ocsf', uid }]);
  });

  it.each(named('custom-'))('%s tells of whatever somebody made up', (name) => {
    expect(readEvent(fixture(name)).told).toEqual([{ kind: 'custom' }]);
  });

  it.each(named('cloudtrail-'))('%s tells of a call', (name) => {
    expect(readEvent(fixture(name)).told).toEqual([{ kind: 'api-call' }]);
  });

  it.each(fixtureNames.filter((name) => !READ.includes(name)))('%s is refused', (name) => {
    expect(() => readEvent(fixture(name))).toThrow(InvalidEventError);
  });
});

describe('an event', () => {
  const event = fixture('guardduty-ec2-c2-high-8');
  const imported = fixture('securityhub-imported-sg-critical');

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'event'],
    ['a number', 7],
    ['a list', [event]],
    ['an object of nothing', {}],
    ['one without an id', { ...event, id: undefined }],
    ['one of an account that is none', { ...event, account: '1111' }],
    ['one of a Region that is none', { ...event, region: '../eu' }],
    ['one of no time', { ...event, time: 'today' }],
    ['one whose detail is a text', { ...event, detail: 'x' }],
    ['one whose detail is null', { ...event, detail: null }],
    ['a finding without an id', { ...event, detail: { ...event.detail, id: undefined } }],
    ['a finding whose id is a number', { ...event, detail: { ...event.detail, id: 7 } }],
    ['another kind of GuardDuty', { ...event, 'detail-type': 'GuardDuty Runtime Protection Unhealthy' }],
    ['another service of AWS', { ...event, source: 'aws.health' }],
    ['Security Hub with no finding', { ...imported, detail: { findings: [] } }],
    ['Security Hub with what is none', { ...imported, detail: { findings: [{}] } }],
    ['insights', { ...imported, 'detail-type': 'Security Hub Insight Results' }],
  ])('that is %s is refused', (_case, value) => {
    expect(() => readEvent(value)).toThrow(InvalidEventError);
  });

  it('that is wrong in a thousand places is refused in few words', () => {
    const findings = Array.from({ length: 1000 }, () => ({}));
    const attempt = () => readEvent({ ...imported, detail: { findings } });
    expect(attempt).toThrow(/1990 more$/);
    expect(attempt).not.toThrow(/.{2500}/);
  });
});
