import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidEventError } from '../../functions/core/errors';
import { parseWake } from '../../functions/core/events';
import { subjectOf } from '../../functions/remediate-security-group/events';
import { SECURITY_GROUP } from '../../functions/remediate-security-group/security-group';

const resources = [SECURITY_GROUP];
const fixtures = join(__dirname, '..', 'fixtures', 'events');
const sample = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(fixtures, `${name}.json`), 'utf8'));
const cloudTrail = (event: unknown) => {
  const wake = parseWake(event, resources);
  if (wake.kind !== 'cloudtrail') throw new Error('not a CloudTrail event');
  return wake;
};
const withDetail = (name: string, detail: object) => {
  const event = sample(name);
  return { ...event, detail: { ...(event.detail as object), ...detail } };
};

const group = 'sg-0a1b2c3d4e5f60718';

it.each([
  ['cloudtrail-authorize-sg-ingress-ssh-ipv4', { groupId: group }],
  ['cloudtrail-authorize-sg-ingress-ipv6-rdp', { groupId: group }],
  ['cloudtrail-authorize-sg-ingress-all-ports-0-65535', { groupId: group }],
  ['cloudtrail-authorize-sg-ingress-protocol-minus1', { groupId: group }],
  ['cloudtrail-authorize-sg-ingress-private-cidr', { groupId: group }],
  ['cloudtrail-authorize-sg-ingress-flat-form-noncanonical-slash0', { groupId: group }],
  ['cloudtrail-modify-sg-rules', { groupId: group }],
])('%s names its group', (name, subject) => {
  expect(subjectOf(cloudTrail(sample(name)))).toEqual(subject);
});

it('finds the id in the answer when the call named the group by name', () => {
  const event = withDetail('cloudtrail-authorize-sg-ingress-ssh-ipv4', {
    requestParameters: { groupName: 'web', ipPermissions: {} },
  });
  expect(subjectOf(cloudTrail(event))).toEqual({ groupId: group });
});

it.each([
  [
    'wrapped',
    {
      ModifyManagedPrefixListRequest: { PrefixListId: 'pl-0123456789abcdef0', AddEntry: { Cidr: '0.0.0.0/0', tag: 1 } },
    },
  ],
  ['flat', { prefixListId: 'pl-0123456789abcdef0' }],
])('a changed prefix list is named, its request %s', (_case, requestParameters) => {
  const event = withDetail('cloudtrail-modify-sg-rules', { eventName: 'ModifyManagedPrefixList', requestParameters });
  expect(subjectOf(cloudTrail(event))).toEqual({ prefixListId: 'pl-0123456789abcdef0' });
});

it('keeps who did what and when', () => {
  expect(cloudTrail(sample('cloudtrail-authorize-sg-ingress-ssh-ipv4')).trigger).toEqual({
    kind: 'cloudtrail',
    name: 'AuthorizeSecurityGroupIngress',
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    at: '2026-10-05T14:20:01Z',
    actor: 'arn:aws:sts::111122223333:assumed-role/Developer/dev@example.com',
  });
});

it('tells a failed call by its error code', () => {
  expect(cloudTrail(sample('cloudtrail-authorize-sg-ingress-failed-duplicate')).errorCode).toBe(
    'Client.InvalidPermission.Duplicate',
  );
});

it.each([
  [{ groupId: group }, { kind: 'request', resourceType: 'AWS::EC2::SecurityGroup', id: group, dryRun: false }],
  [
    { groupId: 'sg-0abcdef1', dryRun: true },
    { kind: 'request', resourceType: 'AWS::EC2::SecurityGroup', id: 'sg-0abcdef1', dryRun: true },
  ],
])('reads its own input %j', (input, wake) => {
  expect(parseWake(input, resources)).toEqual(wake);
});

it.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'sg-0a1b2c3d4e5f60718'],
  ['a list', [{ groupId: group }]],
  ['an empty object', {}],
  ['an id that is none', { groupId: 'sg-0a1b2c3d4e5f60718; drop' }],
  ['a list of ids', { groupId: [group] }],
  ['an unknown key', { groupId: group, mode: 'enforce' }],
  ['an event of another kind', sample('guardduty-severity-8-9')],
  ['a record without a time', withDetail('cloudtrail-authorize-sg-ingress-ssh-ipv4', { eventTime: undefined })],
  ['a record without details', { ...sample('cloudtrail-authorize-sg-ingress-ssh-ipv4'), detail: undefined }],
])('refuses %s', (_case, event) => {
  expect(() => parseWake(event, resources)).toThrow(InvalidEventError);
});

it.each([
  ['a request cut off for its size', { requestParameters: null, responseElements: null }],
  ['a group id that is none', { requestParameters: { groupId: 'sg-xyz' } }],
  ['another call', { eventName: 'CreateSecurityGroup' }],
  [
    'a wrapped request that is none',
    { eventName: 'ModifySecurityGroupRules', requestParameters: { ModifySecurityGroupRulesRequest: 'GroupId' } },
  ],
])('refuses %s', (_case, detail) => {
  expect(() => subjectOf(cloudTrail(withDetail('cloudtrail-authorize-sg-ingress-ssh-ipv4', detail)))).toThrow(
    InvalidEventError,
  );
});

it('says where an event is wrong', () => {
  expect(() =>
    parseWake(withDetail('cloudtrail-authorize-sg-ingress-ssh-ipv4', { eventTime: 'yesterday' }), resources),
  ).toThrow('detail.eventTime');
});

it('takes every sample event as an event or as none, and never as its own input', () => {
  const kinds = new Set<string>();
  for (const file of readdirSync(fixtures)) {
    const event: unknown = JSON.parse(readFileSync(join(fixtures, file), 'utf8'));
    try {
      kinds.add(parseWake(event, resources).kind);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidEventError);
    }
  }
  expect(kinds).toEqual(new Set(['cloudtrail', 'compliance', 'config-rule']));
});
