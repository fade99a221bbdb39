import type { Target } from '../../../functions/incident/incident';
import { ownSubject } from '../../../functions/incident/own-subject';
import { incident } from '../../support/incident';

const user: Target = { kind: 'user', userName: 'Alice' };
const role: Target = { kind: 'role', roleName: 'App' };
const details = (...targets: Target[]) => ({ incident: incident({ targets }) });
const iam = (name: string) => `arn:aws:iam::111122223333:${name}`;
const sts = (name: string) => `arn:aws:sts::111122223333:${name}`;

it.each([
  ['a user', iam('user/Alice'), [user], 'user Alice'],
  ['a user with a path', iam('user/some/path/Alice'), [user], 'user Alice'],
  ['another user', iam('user/Bob'), [user], undefined],
  ['a user that is called as a role is', iam('user/App'), [role], undefined],
  ["a session with the user's name", sts('assumed-role/SutureOperator/alice'), [user], 'user Alice'],
  ['a session of another name', sts('assumed-role/SutureOperator/bob'), [user], undefined],
  ['a session of a role that is called as the user is', sts('assumed-role/Alice/bob'), [user], undefined],
  ['a session of the role', sts('assumed-role/app/i-0123456789abcdef0'), [user, role], 'role App'],
  ['the role that began a session', iam('role/some/path/App'), [role], 'role App'],
  ['a role that is called as the user is', iam('role/Alice'), [user], undefined],
  ['a federated user', sts('federated-user/alice'), [user], 'user Alice'],
  ['the root user', iam('root'), [user, role], undefined],
  ['nobody that is known', 'somebody', [user, role], undefined],
])('%s', (_who, caller, targets, expected) => {
  expect(ownSubject(caller, details(...targets))).toBe(expected);
});

it('whoever has the role that an instance had before', () => {
  const instance: Target = { kind: 'instance', instanceId: 'i-0123456789abcdef0' };
  const originals = { 'arn:of:instance': { roleName: 'App' }, 'arn:of:other': null };
  const of = (caller: string) => ownSubject(caller, { ...details(instance), originals });
  expect(of(sts('assumed-role/App/i-0123456789abcdef0'))).toBe('role App');
  expect(of(sts('assumed-role/Other/App'))).toBeUndefined();
});
