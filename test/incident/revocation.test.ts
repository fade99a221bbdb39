import { cutoffIn, isMadeOf, isSamePolicy, withCutoff } from '../../functions/incident/revocation';

const TIME = '2026-11-21T10:05:00.000Z';
const deny = (more: object = {}) => ({
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: { DateLessThan: { 'aws:TokenIssueTime': TIME } },
  ...more,
});
const text = (...Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const olderThan = (value: unknown) => ({ Condition: { DateLessThan: { 'aws:TokenIssueTime': value } } });

describe('the time before which sessions are denied', () => {
  it.each([
    ['as Suture writes it', text(deny()), TIME],
    ['as the console writes it', text(deny({ Action: ['*'], Resource: ['*'] })), TIME],
    ['in one statement without a list', JSON.stringify({ Statement: deny() }), TIME],
    ['the latest of several', text(deny(olderThan('2020-01-01T00:00:00Z')), deny()), TIME],
    ['the latest of alternatives', text(deny(olderThan(['2020-01-01T00:00:00Z', TIME]))), TIME],
    ['in seconds since 1970', text(deny(olderThan('1795255500'))), TIME],
    ['in another time zone', text(deny(olderThan('2026-11-21T12:05:00+02:00'))), TIME],
    ['as a day', text(deny(olderThan('2026-11-21'))), '2026-11-21T00:00:00.000Z'],
    [
      'with the key in other letters',
      text(deny({ Condition: { DateLessThan: { 'AWS:tokenissuetime': TIME } } })),
      TIME,
    ],
  ])('is read %s', (_case, policy, time) => {
    expect(cutoffIn(policy)).toBe(time);
  });

  it.each([
    ['no policy', undefined],
    ['no statement', text()],
    ['an allowing statement', text(deny({ Effect: 'Allow' }))],
    ['one about some actions', text(deny({ Action: 's3:*' }))],
    ['one about some resources', text(deny({ Resource: 'arn:aws:s3:::a' }))],
    ['one about all but some actions', text({ ...deny(), NotAction: 'iam:*' })],
    ['one without a condition', text({ Effect: 'Deny', Action: '*', Resource: '*' })],
    ['one the other way round', text(deny({ Condition: { DateGreaterThan: { 'aws:TokenIssueTime': TIME } } }))],
    [
      'one with a further operator',
      text(
        deny({
          Condition: { DateLessThan: { 'aws:TokenIssueTime': TIME }, StringEquals: { 'aws:SourceIp': '192.0.2.1' } },
        }),
      ),
    ],
    [
      'one with a further key',
      text(deny({ Condition: { DateLessThan: { 'aws:TokenIssueTime': TIME, 'aws:CurrentTime': TIME } } })),
    ],
    ['one about another time', text(deny({ Condition: { DateLessThan: { 'aws:CurrentTime': TIME } } }))],
    ['a time without a zone', text(deny(olderThan('2026-11-21T10:05:00')))],
    ['what is no time', text(deny(olderThan('soon')))],
  ])('is none in %s', (_case, policy) => {
    expect(cutoffIn(policy)).toBeUndefined();
  });
});

describe('putting a time', () => {
  const foreign = { Sid: 'Mine', Effect: 'Deny', Action: 'iam:*', Resource: '*' };

  it('takes the place of an earlier one, and leaves what else stands there', () => {
    const made = withCutoff(text(foreign, deny(olderThan('2020-01-01T00:00:00Z'))), { cutoff: TIME, sid: 'SutureA' });
    expect(JSON.parse(made)).toEqual({ Version: '2012-10-17', Statement: [foreign, { ...deny(), Sid: 'SutureA' }] });
  });

  it('never goes back behind a later one', () => {
    const later = '2027-01-01T00:00:00.000Z';
    expect(cutoffIn(withCutoff(text(deny(olderThan(later))), { cutoff: TIME, sid: 'SutureA' }))).toBe(later);
  });

  it('is known again by its id, and by what stood beside it', () => {
    const standing = text(foreign, deny(olderThan('2020-01-01T00:00:00Z')));
    const made = withCutoff(standing, { cutoff: TIME, sid: 'SutureA' });
    expect(isMadeOf(standing, made, 'SutureA')).toBe(true);
    expect(isMadeOf(standing, made, 'SutureB')).toBe(false);
    expect(isMadeOf(undefined, made, 'SutureA')).toBe(false);
    expect(isMadeOf(standing, undefined, 'SutureA')).toBe(false);
    expect(isMadeOf(undefined, text({ ...deny(), Sid: 'SutureA' }, deny()), 'SutureA')).toBe(false);
  });
});

it('two texts are the same policy whatever the order of keys, and not with other content', () => {
  expect(isSamePolicy('{"a":1,"b":[2]}', '{"b":[2], "a":1}')).toBe(true);
  expect(isSamePolicy('{"a":1}', '{"a":2}')).toBe(false);
  expect(isSamePolicy(undefined, '{}')).toBe(false);
  expect(isSamePolicy(undefined, undefined)).toBe(true);
});
