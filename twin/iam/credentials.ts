import { randomBytes } from 'node:crypto';
import type { Principal } from './principal';

/** What a client signs with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A unique id as IAM makes them. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
export const iamId = (prefix: 'AKIA' | 'ASIA' | 'AIDA' | 'AROA' | 'AIPA'): string =>
  prefix + [...randomBytes(16)].map((byte) => LETTERS[byte % 32]).join('');

/** When, where and for what a key was last used. */
export interface KeyUse {
  readonly time: Date;
  /** As in signatures: `s3`. */
  readonly service: string;
  readonly region: string;
}

interface Key {
  readonly principal: Principal;
  readonly token?: string;
  readonly expiration?: Date;
  active: boolean;
  lastUse?: KeyUse;
}

/** Every access key and what it stands for. Signatures are not verified. */
export class CredentialStore {
  private readonly keys = new Map<string, Key>();

  /** A user's long-term key. */
  addUser(userArn: string, userId: string): Credentials {
    const accessKeyId = iamId('AKIA');
    const [, , , , account = ''] = userArn.split(':');
    this.keys.set(accessKeyId, {
      principal: { kind: 'user', arn: userArn, account, userId, accessKeyId },
      active: true,
    });
    return { accessKeyId, secretAccessKey: randomBytes(30).toString('base64') };
  }

  /** A session of a role. */
  addSession(
    role: { readonly arn: string; readonly id: string },
    sessionName: string,
    { issued, expiration }: { readonly issued: Date; readonly expiration: Date },
  ): Credentials & { principal: Principal } {
    const accessKeyId = iamId('ASIA');
    const sessionToken = randomBytes(60).toString('base64');
    const [, , , , account = ''] = role.arn.split(':');
    const roleName = role.arn.split('/').at(-1);
    const principal: Principal = {
      kind: 'session',
      arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`,
      account,
      userId: `${role.id}:${sessionName}`,
      accessKeyId,
      roleArn: role.arn,
      issued,
    };
    this.keys.set(accessKeyId, { principal, token: sessionToken, expiration, active: true });
    return { accessKeyId, secretAccessKey: randomBytes(30).toString('base64'), sessionToken, expiration, principal };
  }

  /** A session that a user begins: it is that user, for a time, whatever becomes of the key. */
  addUserSession(
    user: Principal,
    { issued, expiration }: { readonly issued: Date; readonly expiration: Date },
  ): Credentials {
    const accessKeyId = iamId('ASIA');
    const sessionToken = randomBytes(60).toString('base64');
    const principal: Principal = { ...user, accessKeyId, issued };
    this.keys.set(accessKeyId, { principal, token: sessionToken, expiration, active: true });
    return { accessKeyId, secretAccessKey: randomBytes(30).toString('base64'), sessionToken, expiration };
  }

  setActive(accessKeyId: string, active: boolean): void {
    const key = this.keys.get(accessKeyId);
    if (key) key.active = active;
  }

  remove(accessKeyId: string): void {
    this.keys.delete(accessKeyId);
  }

  lastUse(accessKeyId: string): KeyUse | undefined {
    return this.keys.get(accessKeyId)?.lastUse;
  }

  noteUse(accessKeyId: string, use: KeyUse): void {
    const key = this.keys.get(accessKeyId);
    if (key) key.lastUse = use;
  }

  /**
   * Whose key it is, or why it is refused. One that is inactive is refused in the same words as one that is not there.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
   */
  identify(accessKeyId: string, token: string | undefined, now: Date): Principal | 'unknown' | 'expired' {
    const key = this.keys.get(accessKeyId);
    if (!key?.active || (key.token !== undefined && key.token !== token)) return 'unknown';
    return key.expiration && key.expiration <= now ? 'expired' : key.principal;
  }
}
