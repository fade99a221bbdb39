import {
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  type IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { accepted, isCode } from '../core/aws';
import type { Applied } from '../core/remediation';
import { isRevoked } from '../incident/principal';
import type { PrincipalReader } from '../incident/principal-reader';
import { REVOCATION_POLICY, withCutoff } from '../incident/revocation';
import { isNoSuchEntity } from '../incident/role-use';
import type { PrincipalAction, PutRolePolicy, PutUserPolicy, Revoke } from './actions';

/** Users and roles, by the IAM API. */
export class Principals {
  constructor(
    private readonly iam: IAMClient,
    readonly reader: PrincipalReader,
    /** Milliseconds since 1970. */
    private readonly now: () => number,
  ) {}

  /** Sends the narrowest call for an action. What is so already is success, and so is what is gone. */
  async apply(action: PrincipalAction, abortSignal: AbortSignal): Promise<Applied> {
    try {
      return await this.send(action, abortSignal);
    } catch (error) {
      if (isNoSuchEntity(error)) return { requestIds: [] };
      // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
      if (isCode(error, 'LimitExceeded') || isCode(error, 'LimitExceededException'))
        return { requestIds: [], held: 'IAM has no room for one more inline policy: older sessions are not denied' };
      throw error;
    }
  }

  private async send(action: PrincipalAction, abortSignal: AbortSignal): Promise<Applied> {
    const options = { abortSignal };
    switch (action.kind) {
      case 'UpdateAccessKey': {
        const { userName, accessKeyId, status } = action;
        // Without a user's name it would be about the caller's own key.
        // https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
        const input = { UserName: userName, AccessKeyId: accessKeyId, Status: status };
        return accepted(await this.iam.send(new UpdateAccessKeyCommand(input), options));
      }
      case 'PutUserPolicy': {
        const document = await this.document(action, () => this.reader.userRevocation(action.userName));
        if (document === undefined) return { requestIds: [] };
        const input = { UserName: action.userName, PolicyName: REVOCATION_POLICY, PolicyDocument: document };
        return accepted(await this.iam.send(new PutUserPolicyCommand(input), options));
      }
      case 'PutRolePolicy': {
        const document = await this.document(action, () => this.reader.roleRevocation(action.roleName));
        if (document === undefined) return { requestIds: [] };
        const input = { RoleName: action.roleName, PolicyName: REVOCATION_POLICY, PolicyDocument: document };
        return accepted(await this.iam.send(new PutRolePolicyCommand(input), options));
      }
      case 'DeleteUserPolicy': {
        const input = { UserName: action.userName, PolicyName: REVOCATION_POLICY };
        return accepted(await this.iam.send(new DeleteUserPolicyCommand(input), options));
      }
      case 'DeleteRolePolicy': {
        const input = { RoleName: action.roleName, PolicyName: REVOCATION_POLICY };
        return accepted(await this.iam.send(new DeleteRolePolicyCommand(input), options));
      }
    }
  }

  /** Read at the last moment: what somebody denied meanwhile stays denied. Undefined if it is so already. */
  private async document(
    { revoke, document }: PutUserPolicy | PutRolePolicy,
    standing: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    return revoke ? this.revoked(revoke, await standing()) : document;
  }

  private revoked({ sid, notBefore }: Revoke, standing: string | undefined): string | undefined {
    if (isRevoked(standing, notBefore)) return undefined;
    // Clocks of two functions differ a little.
    const cutoff = new Date(Math.max(this.now(), Date.parse(notBefore))).toISOString();
    return withCutoff(standing, { cutoff, sid });
  }
}
