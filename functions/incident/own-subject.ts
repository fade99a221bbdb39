import type { IncidentDetails } from './record';

/**
 * What a finding is about, if it is who calls: whose key was stolen does not say what to do about it, nor that it is over.
 *
 * A session of a role is known by the role's name and by its own: `SutureOperator` gives sessions the name of the user who began them
 * (modules/operator-role.ts). Sessions that a role began name themselves as they like, and nobody can tell who they are.
 *
 * @param caller ARN, as STS and CloudTrail write it: `arn:aws:iam::111122223333:user/path/name`,
 *   `arn:aws:sts::111122223333:assumed-role/name/session`; of who began a session also `arn:aws:iam::111122223333:role/path/name`
 */
export function ownSubject(
  caller: string,
  { incident, originals }: Pick<IncidentDetails, 'incident' | 'originals'>,
): string | undefined {
  const [kind = '', ...path] = caller.split(':').slice(5).join(':').split('/');
  const last = path.at(-1);
  const isSession = kind === 'assumed-role';
  const users = incident.targets.flatMap((target) => (target.kind === 'user' ? [target.userName] : []));
  const roles = [
    ...incident.targets.flatMap((target) => (target.kind === 'role' ? [target.roleName] : [])),
    ...Object.values(originals ?? {}).flatMap((original) => {
      const { roleName } = (original ?? {}) as { roleName?: unknown };
      return typeof roleName === 'string' ? [roleName] : [];
    }),
  ];
  if (isSession || kind === 'role') {
    const role = named(isSession ? path[0] : last, roles);
    if (role !== undefined) return `role ${role}`;
  }
  const user = isSession || kind === 'user' || kind === 'federated-user' ? named(last, users) : undefined;
  return user === undefined ? undefined : `user ${user}`;
}

/** "Names are not distinguished by case." https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const named = (name: string | undefined, among: readonly string[]): string | undefined =>
  among.find((one) => one.toLowerCase() === name?.toLowerCase());
