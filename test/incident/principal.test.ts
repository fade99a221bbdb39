import { channelsOfRole, channelsOfUser, type Role, trustedBy, type User } from '../../functions/incident/principal';
import {
  CLAIMED,
  containing,
  denying,
  EARLIER,
  KEY,
  keyless,
  LATER,
  OTHER_KEY,
  role,
  SESSION_KEY,
  trustOf,
  user,
  worn,
} from '../support/principal';

const statuses = (channels: ReturnType<typeof channelsOfUser>) =>
  Object.fromEntries(channels.map(({ channel, status }) => [channel, status]));
const detail = (channels: ReturnType<typeof channelsOfUser>, of: string) =>
  channels.find(({ channel }) => channel === of)?.detail;

describe('the channels of a user', () => {
  const contained: Partial<User> = { keys: [{ id: KEY, active: false }], revocation: denying(LATER) };
  const closed = {
    'access key': 'closed',
    'other access keys': 'closed',
    'console password': 'closed',
    'older sessions': 'closed',
    'other roles': 'unknown',
  };

  it.each<[string, Partial<User>, object]>([
    ['contained', contained, {}],
    ['not contained', {}, { 'access key': 'open', 'older sessions': 'open' }],
    ['whose key was deleted', { ...contained, keys: [] }, {}],
    [
      'with another key that is inactive',
      {
        ...contained,
        keys: [
          { id: KEY, active: false },
          { id: OTHER_KEY, active: false },
        ],
      },
      {},
    ],
    [
      'with another key',
      {
        ...contained,
        keys: [
          { id: KEY, active: false },
          { id: OTHER_KEY, active: true },
        ],
      },
      { 'other access keys': 'open' },
    ],
    ['with a password', { ...contained, password: true }, { 'console password': 'open' }],
    [
      'whose sessions were denied too early',
      { ...contained, revocation: denying(EARLIER) },
      { 'older sessions': 'open' },
    ],
  ])('%s', (_case, parts, differing) => {
    expect(statuses(channelsOfUser(user(parts), containing()))).toEqual({ ...closed, ...differing });
  });

  it.each([
    ['names none', keyless()],
    ['names one of a session', containing({ accessKeyId: SESSION_KEY })],
  ])('name every active key where the finding %s', (_case, asked) => {
    const keys = [
      { id: KEY, active: true },
      { id: OTHER_KEY, active: true },
    ];
    const channels = channelsOfUser(user({ keys }), asked);
    expect(statuses(channels)).toMatchObject({ 'access keys': 'open' });
    expect(detail(channels, 'access keys')).toBe(
      `${KEY} and ${OTHER_KEY} of alice still work: the finding does not name them.`,
    );
    expect(channels.map(({ channel }) => channel)).not.toContain('access key');
  });

  it('say until when sessions are denied', () => {
    expect(detail(channelsOfUser(user(contained), containing()), 'older sessions')).toContain(LATER);
    expect(detail(channelsOfUser(user({ revocation: denying(EARLIER) }), containing()), 'older sessions')).toContain(
      EARLIER,
    );
  });
});

describe('the channels of a role', () => {
  const closed = {
    'older sessions': 'closed',
    'new sessions': 'open',
    instances: 'closed',
    'other roles': 'unknown',
  };

  it.each<[string, Partial<Role>, object]>([
    ['contained', {}, {}],
    ['that one instance wears', { use: worn(1) }, { instances: 'open' }],
    ['of which a Region could not be read', { use: worn(0, 'us-west-2') }, { instances: 'unknown' }],
    ['that nobody may assume', { trust: trustOf() }, { 'new sessions': 'closed' }],
    ['whose trust is no JSON', { trust: '{' }, { 'new sessions': 'unknown' }],
    ['whose sessions were denied too early', { revocation: denying(EARLIER) }, { 'older sessions': 'open' }],
    [
      'linked to a service',
      { path: '/aws-service-role/config.amazonaws.com/', revocation: denying(EARLIER) },
      { 'older sessions': 'open', instances: 'unknown' },
    ],
  ])('%s', (_case, parts, differing) => {
    const channels = channelsOfRole(role({ revocation: denying(LATER), ...parts }), { claimed: CLAIMED });
    expect(statuses(channels)).toEqual({ ...closed, ...differing });
  });

  it('name who may still assume it, and which instances wear it, some of many', () => {
    const accounts = ['111122223333', '222233334444', '333344445555', '444455556666', '555566667777'];
    const channels = channelsOfRole(role({ trust: trustOf({ AWS: accounts }), use: worn(6, 'us-west-2') }), {
      claimed: CLAIMED,
    });
    expect(detail(channels, 'new sessions')).toBe(
      `Worker may still be assumed by ${accounts.slice(0, 4).join(', ')} and 1 more.`,
    );
    expect(detail(channels, 'instances')).toBe(
      'i-0 (eu-west-1), i-1 (eu-west-2), i-2 (eu-west-3), i-3 (eu-west-4) and 2 more can get new sessions of Worker. Not read: us-west-2.',
    );
  });
});

it.each([
  ['a service', trustOf({ Service: 'ec2.amazonaws.com' }), ['ec2.amazonaws.com']],
  ['several of several kinds', trustOf({ AWS: ['a', 'b'], Federated: 'c' }, { AWS: 'a' }), ['a', 'b', 'c']],
  ['everybody', trustOf('*', { AWS: '*' }), ['everybody']],
  [
    'all but some',
    JSON.stringify({ Statement: { Effect: 'Allow', NotPrincipal: { AWS: 'a' } } }),
    ['everybody but a few'],
  ],
  ['nobody by a denial', JSON.stringify({ Statement: [{ Effect: 'Deny', Principal: '*' }] }), []],
  ['nobody without statements', '{}', []],
])('a trust policy lets in %s', (_case, trust, expected) => {
  expect(trustedBy(trust)).toEqual(expected);
});
