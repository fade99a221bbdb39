import type { Channel } from './channel';
import { plainText } from './incident';
import { cutoffIn } from './revocation';
import type { RoleUse } from './role-use';

/** A long-term access key of a user. */
export interface AccessKey {
  /** `AKIA…` */
  readonly id: string;
  readonly active: boolean;
}

/** An IAM user, as far as containment asks about it. */
export interface User {
  readonly name: string;
  /** With the path. */
  readonly arn: string;
  readonly path: string;
  /** Sorted by id: two at most. */
  readonly keys: readonly AccessKey[];
  /** Whether it may sign in to the console with a password. */
  readonly password: boolean;
  /** The text of its inline policy `AWSRevokeOlderSessions`, if there is one. */
  readonly revocation?: string;
}

/** An IAM role, as far as containment asks about it. */
export interface Role {
  readonly name: string;
  /** With the path. */
  readonly arn: string;
  readonly path: string;
  /** The text of its trust policy. */
  readonly trust: string;
  /** Which instances wear it. None are looked for where only AWS can change the role. */
  readonly use: RoleUse;
  /** The text of its inline policy `AWSRevokeOlderSessions`, if there is one. */
  readonly revocation?: string;
}

/** What an incident asks of a principal. */
export interface PrincipalIncident {
  /** The key that the finding names: `AKIA…` of the user, `ASIA…` of a session. */
  readonly accessKeyId?: string;
  /** Sessions from before are to be denied: when the incident was claimed. ISO 8601, UTC. */
  readonly claimed: string;
}

/** A key's prefix tells what it belongs to. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
export const isLongTerm = (accessKeyId: string): boolean => accessKeyId.startsWith('AKIA');

/**
 * Whose path it is, for a role that only AWS may change: service-linked ones, and those of IAM Identity Center.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html
 */
export const isReserved = (path: string): boolean =>
  path.startsWith('/aws-service-role/') || path.startsWith('/aws-reserved/');

/** Names of principals do not differ in case alone. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names */
export const isNamed = (name: string, names: readonly string[]): boolean =>
  names.some((one) => one.toLowerCase() === name.toLowerCase());

/** Whether sessions from before a time are denied. */
export function isRevoked(revocation: string | undefined, before: string): boolean {
  const cutoff = cutoffIn(revocation);
  return cutoff !== undefined && Date.parse(cutoff) >= Date.parse(before);
}

/** The ways by which a user can still act. */
export function channelsOfUser(user: User, incident: PrincipalIncident): Channel[] {
  const { name, keys, password } = user;
  const { accessKeyId } = incident;
  const named = accessKeyId !== undefined && isLongTerm(accessKeyId) ? accessKeyId : undefined;
  const others = keys.filter(({ id, active }) => active && id !== named).map(({ id }) => id);
  return [
    ...(named === undefined ? [] : [keyChannel(user, named)]),
    others.length === 0
      ? closed(
          named === undefined ? 'access keys' : 'other access keys',
          `${name} has no ${named ? 'other ' : ''}active access key.`,
        )
      : open(
          named === undefined ? 'access keys' : 'other access keys',
          `${others.join(' and ')} of ${name} still ${others.length === 1 ? 'works' : 'work'}: the finding does not name ${others.length === 1 ? 'it' : 'them'}.`,
        ),
    password
      ? open('console password', `${name} can still sign in to the console: to delete a password cannot be undone.`)
      : closed('console password', `${name} has no password for the console.`),
    sessionsChannel(name, user.revocation, incident),
    chainedChannel(name),
  ];
}

/** The ways by which somebody can still act as a role. */
export function channelsOfRole(role: Role, incident: PrincipalIncident): Channel[] {
  const { name, path } = role;
  return [
    isReserved(path) && !isRevoked(role.revocation, incident.claimed)
      ? open('older sessions', `Sessions of ${name} still work: only AWS can change this role.`)
      : sessionsChannel(name, role.revocation, incident),
    newSessionsChannel(role),
    instancesChannel(role),
    chainedChannel(name),
  ];
}

function keyChannel({ name, keys }: User, id: string): Channel {
  const key = keys.find((one) => one.id === id);
  if (!key) return closed('access key', `${id} is not, or no longer, a key of ${name}.`);
  return key.active
    ? open('access key', `${id} of ${name} still works.`)
    : closed('access key', `${id} of ${name} is inactive.`);
}

/** IAM takes up to some minutes until a change is in effect everywhere. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html */
function sessionsChannel(name: string, revocation: string | undefined, { claimed }: PrincipalIncident): Channel {
  const cutoff = cutoffIn(revocation);
  if (isRevoked(revocation, claimed))
    return closed(
      'older sessions',
      `Sessions of ${name} from before ${cutoff} are denied everything, within a few minutes.`,
    );
  return open(
    'older sessions',
    cutoff === undefined
      ? `Sessions of ${name} still work.`
      : `Sessions of ${name} still work, but those from before ${cutoff}.`,
  );
}

/** Of how many trusted parties a sentence names. */
const NAMED = 4;

function newSessionsChannel({ name, trust }: Role): Channel {
  const trusted = trustedBy(trust);
  if (trusted === undefined)
    return unknown('new sessions', `Who may assume ${name} could not be read from its trust policy.`);
  if (trusted.length === 0) return closed('new sessions', `Nobody may assume ${name}.`);
  const more = trusted.length > NAMED ? ` and ${trusted.length - NAMED} more` : '';
  return open('new sessions', `${name} may still be assumed by ${trusted.slice(0, NAMED).join(', ')}${more}.`);
}

function instancesChannel({ name, path, use: { instances, unknown: unread } }: Role): Channel {
  if (isReserved(path)) return unknown('instances', `Which instances wear ${name} was not looked for.`);
  const ids = instances.slice(0, NAMED).map(({ id, region }) => `${id} (${region})`);
  const more = instances.length > NAMED ? ` and ${instances.length - NAMED} more` : '';
  const unseen =
    unread.length > 0
      ? ` Not read: ${unread.slice(0, NAMED).join(', ')}${unread.length > NAMED ? ' and others' : ''}.`
      : '';
  if (instances.length > 0)
    return open('instances', `${ids.join(', ')}${more} can get new sessions of ${name}.${unseen}`);
  return unread.length > 0
    ? unknown('instances', `No instance was found that wears ${name}.${unseen}`)
    : closed('instances', `No instance wears ${name}.`);
}

/** A session keeps working when the one that began it is denied. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining */
const chainedChannel = (name: string): Channel =>
  unknown(
    'other roles',
    `Roles that ${name} assumed before keep their sessions: look for its AssumeRole calls in CloudTrail.`,
  );

/**
 * Whom a trust policy lets in: services, accounts, ARNs, providers. Conditions are not weighed. Undefined if it cannot be told.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function trustedBy(trust: string): string[] | undefined {
  let document: { Statement?: unknown };
  try {
    document = JSON.parse(trust) as { Statement?: unknown };
  } catch {
    return undefined;
  }
  const statements = [document.Statement ?? []].flat() as {
    Effect?: unknown;
    Principal?: unknown;
    NotPrincipal?: unknown;
  }[];
  const names = statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Principal, NotPrincipal }) => {
      if (NotPrincipal !== undefined) return ['everybody but a few'];
      const given = typeof Principal === 'string' ? [Principal] : Object.values(Principal ?? {}).flat();
      return given.map((one) => (one === '*' ? 'everybody' : plainText(one, 100)));
    });
  return [...new Set(names)];
}

const closed = (channel: string, detail: string): Channel => ({ channel, status: 'closed', detail });
const open = (channel: string, detail: string): Channel => ({ channel, status: 'open', detail });
const unknown = (channel: string, detail: string): Channel => ({ channel, status: 'unknown', detail });
