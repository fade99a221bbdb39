import { authorize } from '../../iam/authorize';
import { AWS_MANAGED } from '../../iam/aws-managed-policies';
import { type Credentials, iamId } from '../../iam/credentials';
import { type PolicyDocument, parsePolicy } from '../../iam/policy';
import type { Principal } from '../../iam/principal';
import { AwsError } from '../../service';
import type { Twin } from '../../twin';
import { parse } from './documents';
import { type Holder, type InstanceProfile, type Role, stateOf, type User } from './state';

/** A user without keys and policies. */
export const newUser = (twin: Twin, account: string, name: string, path = '/'): User => ({
  name,
  id: iamId('AIDA'),
  arn: `arn:aws:iam::${account}:user${path}${name}`,
  path,
  created: twin.clock.now(),
  inline: new Map(),
  attached: new Set(),
  tags: new Map(),
  keys: new Map(),
});

/** A key for a user, which works at once. */
export function addKey(twin: Twin, user: User): Credentials {
  const credentials = twin.credentials.addUser(user.arn, user.id);
  const id = credentials.accessKeyId;
  user.keys.set(id, { id, created: twin.clock.now(), active: true });
  return credentials;
}

/** Makes a user with a key. */
export function addUser(
  twin: Twin,
  account: string,
  name: string,
  { administrator = false }: { administrator?: boolean } = {},
): Credentials {
  const user = newUser(twin, account, name);
  if (administrator) user.attached.add('arn:aws:iam::aws:policy/AdministratorAccess');
  stateOf(twin, account).users.set(name, user);
  return addKey(twin, user);
}

export function roleByArn(twin: Twin, arn: string): Role | undefined {
  return stateOf(twin, arn.split(':')[4] ?? '').roles.get(arn.split('/').at(-1) ?? '');
}

/** An instance profile as EC2's requests name one: its name, or its ARN with the path. */
export function instanceProfile(
  twin: Twin,
  account: string,
  { Name, Arn }: { readonly Name?: string | undefined; readonly Arn?: string | undefined },
): InstanceProfile | undefined {
  const { profiles } = stateOf(twin, account);
  if (Arn !== undefined) return [...profiles.values()].find(({ arn }) => arn === Arn);
  return profiles.get(Name ?? '');
}

function managedText(twin: Twin, account: string, arn: string): string {
  const text = AWS_MANAGED[arn] ?? stateOf(twin, account).policies.get(arn)?.document;
  if (text === undefined) throw new Error(`the twin does not know the policy ${arn}`);
  return text;
}

/** The user, or the session's role. */
function holderOf(twin: Twin, principal: Principal): Holder | undefined {
  if (principal.kind === 'session') return roleByArn(twin, principal.roleArn ?? '');
  if (principal.kind !== 'user') return undefined;
  return stateOf(twin, principal.account).users.get(userNameOf(principal) ?? '');
}

/** Inline and attached policies of a user or of a session's role. */
export function identityPoliciesOf(twin: Twin, principal: Principal): PolicyDocument[] {
  const { account } = principal;
  const holder = holderOf(twin, principal);
  if (!holder) return [];
  return [...holder.inline.values(), ...[...holder.attached].map((arn) => managedText(twin, account, arn))].map(parse);
}

export function boundaryOf(twin: Twin, principal: Principal): PolicyDocument | undefined {
  const arn = holderOf(twin, principal)?.boundaryArn;
  return arn === undefined ? undefined : parse(managedText(twin, principal.account, arn));
}

export const userNameOf = ({ kind, arn }: Principal): string | undefined =>
  kind === 'user' ? arn.split('/').at(-1) : undefined;

/**
 * A session of a role for an AWS service.
 *
 * @throws AwsError if the role does not trust it.
 */
export function assumeForService(
  twin: Twin,
  target: Role,
  principal: Principal,
  sessionName: string,
): Credentials & { principal: Principal } {
  const { allowed, reason } = authorize(
    { identity: [], resource: parsePolicy(target.trust, 'trust') },
    {
      action: 'sts:AssumeRole',
      resource: target.arn,
      principal,
      context: {
        ...(principal.sourceArn !== undefined && {
          'aws:SourceArn': principal.sourceArn,
          'aws:SourceAccount': principal.account,
        }),
      },
    },
    { resourceAccount: target.account },
  );
  if (!allowed)
    throw new AwsError(
      'AccessDenied',
      `${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${target.arn} ${reason}`,
      { status: 403 },
    );
  const now = twin.clock.now();
  return twin.credentials.addSession(target, sessionName, { issued: now, expiration: hoursAfter(now, 12) });
}

const hoursAfter = (time: Date, hours: number): Date => new Date(time.getTime() + hours * 3_600_000);
