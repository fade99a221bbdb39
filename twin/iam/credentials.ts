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
export const iamId = (prefix: 'AKIA' | 'ASIA' | 'AIDA' | 'AROA' | 'ANPA'): string =>
  prefix + [...randomBytes(16)].map((byte) => LETTERS[byte % 32]).join('');

/** Every access key and what it stands for. Signatures are not verified. */
export class CredentialStore {
  private readonly keys = new Map<string, { principal: Principal; token?: string; expiration?: Date }>();

  /** A user's long-term key. */
  addUser(account: string, userName: string, userId: string): Credentials {
    const accessKeyId = iamId('AKIA');
    const principal: Principal = {
      kind: 'user',
      arn: `arn:aws:iam::${account}:user/${userName}`,
      account,
      userId,
      accessKeyId,
    };
    this.keys.set(accessKeyId, { principal });
    return { accessKeyId, secretAccessKey: randomBytes(30).toString('base64') };
  }

  /** A session of a role. */
  addSession(
    role: { readonly arn: string; readonly id: string },
    sessionName: string,
    expiration: Date,
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
    };
    this.keys.set(accessKeyId, { principal, token: sessionToken, expiration });
    return { accessKeyId, secretAccessKey: randomBytes(30).toString('base64'), sessionToken, expiration, principal };
  }

  remove(accessKeyId: string): void {
    this.keys.delete(accessKeyId);
  }

  /** Whose key it is, or why it is refused. */
  identify(accessKeyId: string, token: string | undefined, now: Date): Principal | 'unknown' | 'expired' {
    const key = this.keys.get(accessKeyId);
    if (!key || (key.token !== undefined && key.token !== token)) return 'unknown';
    return key.expiration && key.expiration <= now ? 'expired' : key.principal;
  }
}
