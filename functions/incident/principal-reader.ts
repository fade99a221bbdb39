import {
  GetLoginProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  type IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { UnreadableStateError } from '../core/errors';
import { type AccessKey, isReserved, type Role, type User } from './principal';
import { REVOCATION_POLICY } from './revocation';
import { existing, type RegionalEc2, roleUse } from './role-use';

/** Nobody wears what is not looked for. */
const NOT_LOOKED_FOR: Role['use'] = { instances: [], unknown: [] };

/** Users and roles, by the IAM API. */
export class PrincipalReader {
  constructor(
    private readonly iam: IAMClient,
    private readonly ec2: RegionalEc2,
  ) {}

  /** Undefined if there is none. @throws whatever keeps a part of it from being read */
  async user(name: string): Promise<User | undefined> {
    const [found, keys, login, revocation] = await Promise.all([
      existing(this.iam.send(new GetUserCommand({ UserName: name }))),
      existing(this.keys(name)),
      existing(this.iam.send(new GetLoginProfileCommand({ UserName: name }))),
      this.userRevocation(name),
    ]);
    if (!found) return undefined;
    const { UserName, Arn, Path } = complete(found.User, ['UserName', 'Arn', 'Path']);
    // Deleted between two calls.
    if (!keys) return undefined;
    return {
      name: UserName,
      arn: Arn,
      path: Path,
      keys,
      password: login !== undefined,
      ...(revocation !== undefined && { revocation }),
    };
  }

  /** Undefined if there is none. @throws whatever keeps a part of it from being read, except what EC2 says of one Region */
  async role(name: string): Promise<Role | undefined> {
    const itself = await this.roleItself(name);
    if (!itself) return undefined;
    return { ...itself, use: isReserved(itself.path) ? NOT_LOOKED_FOR : await roleUse(this.iam, this.ec2, name) };
  }

  /** A role that was read before: what actions can change, anew. */
  async roleAgain({ name, use }: Role): Promise<Role | undefined> {
    const itself = await this.roleItself(name);
    return itself && { ...itself, use };
  }

  /** The text of a user's `AWSRevokeOlderSessions`. Undefined if there is none, or no such user. */
  async userRevocation(UserName: string): Promise<string | undefined> {
    const input = { UserName, PolicyName: REVOCATION_POLICY };
    return decoded((await existing(this.iam.send(new GetUserPolicyCommand(input))))?.PolicyDocument);
  }

  /** The text of a role's `AWSRevokeOlderSessions`. Undefined if there is none, or no such role. */
  async roleRevocation(RoleName: string): Promise<string | undefined> {
    const input = { RoleName, PolicyName: REVOCATION_POLICY };
    return decoded((await existing(this.iam.send(new GetRolePolicyCommand(input))))?.PolicyDocument);
  }

  private async roleItself(name: string): Promise<Omit<Role, 'use'> | undefined> {
    const [found, revocation] = await Promise.all([
      existing(this.iam.send(new GetRoleCommand({ RoleName: name }))),
      this.roleRevocation(name),
    ]);
    if (!found) return undefined;
    const { RoleName, Arn, Path, AssumeRolePolicyDocument } = complete(found.Role, [
      'RoleName',
      'Arn',
      'Path',
      'AssumeRolePolicyDocument',
    ]);
    return {
      name: RoleName,
      arn: Arn,
      path: Path,
      trust: decodeURIComponent(AssumeRolePolicyDocument),
      ...(revocation !== undefined && { revocation }),
    };
  }

  private async keys(UserName: string): Promise<AccessKey[]> {
    const keys: AccessKey[] = [];
    let Marker: string | undefined;
    do {
      const page = await this.iam.send(new ListAccessKeysCommand({ UserName, ...(Marker && { Marker }) }));
      keys.push(
        ...(page.AccessKeyMetadata ?? []).map(({ AccessKeyId = '', Status }) => ({
          id: AccessKeyId,
          // What is not said to be off counts as on.
          active: Status !== 'Inactive',
        })),
      );
      Marker = page.IsTruncated ? page.Marker : undefined;
    } while (Marker);
    return keys.sort(({ id: one }, { id: other }) => (one < other ? -1 : 1));
  }
}

/** IAM encodes policies as in URLs. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html */
const decoded = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : decodeURIComponent(text);

/** @throws UnreadableStateError if a member is missing */
function complete<T extends object, Key extends keyof T>(
  found: T | undefined,
  keys: readonly Key[],
): Record<Key, string> {
  const missing = keys.find((key) => typeof found?.[key] !== 'string');
  if (missing !== undefined) throw new UnreadableStateError(`IAM does not tell ${String(missing)}`);
  return found as Record<Key, string>;
}
