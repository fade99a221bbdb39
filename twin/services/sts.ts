import { authorize } from '../iam/authorize';
import type { Credentials } from '../iam/credentials';
import { parsePolicy } from '../iam/policy';
import { AwsError, type Service } from '../service';
import { identityPoliciesOf, roleByArn, userNameOf } from './iam';

type Sdk = typeof import('@aws-sdk/client-sts');

/** Who a caller is, and sessions of roles that trust it. */
export const sts: Service<Sdk, object> = {
  prefix: 'sts',
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-sts') as Sdk,
  client: 'STSClient',
  initial: () => ({}),
  // GetCallerIdentity and GetSessionToken need no permission; AssumeRole is decided below, where the role's trust policy is at hand.
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html
  access: () => [],
  operations: {
    GetCallerIdentity: (_input, { principal: { arn, account, userId } }) => ({
      Arn: arn,
      Account: account,
      UserId: userId,
    }),
    /** A user's session, which works on when its key does not. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
    GetSessionToken({ DurationSeconds = 43_200 }, { twin, principal }) {
      if (principal.kind !== 'user' || principal.issued)
        throw new AwsError('AccessDenied', 'Cannot call GetSessionToken with session credentials', { status: 403 });
      if (DurationSeconds < 900 || DurationSeconds > 129_600)
        throw new AwsError(
          'ValidationError',
          `1 validation error detected: Value '${DurationSeconds}' at 'durationSeconds' failed to satisfy constraint`,
        );
      const issued = twin.clock.now();
      const expiration = new Date(issued.getTime() + DurationSeconds * 1000);
      return { Credentials: credentialsOf(twin.credentials.addUserSession(principal, { issued, expiration })) };
    },
    AssumeRole({ RoleArn = '', RoleSessionName = '', DurationSeconds = 3600, ExternalId }, { twin, principal }) {
      const role = roleByArn(twin, RoleArn);
      const denied = (reason: string) =>
        new AwsError(
          'AccessDenied',
          `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}${reason}`,
          { status: 403 },
        );
      // A role that does not exist is refused in the same words as one that does not trust the caller.
      if (!role) throw denied('');
      if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName))
        throw new AwsError(
          'ValidationError',
          `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to satisfy constraint`,
        );
      if (DurationSeconds < 900 || DurationSeconds > role.maximumSessionSeconds)
        throw new AwsError(
          'ValidationError',
          'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
        );
      const userName = userNameOf(principal);
      const { allowed, reason } = authorize(
        { identity: identityPoliciesOf(twin, principal), resource: parsePolicy(role.trust, 'trust') },
        {
          action: 'sts:AssumeRole',
          resource: RoleArn,
          principal,
          context: {
            'sts:RoleSessionName': RoleSessionName,
            'aws:PrincipalArn': principal.roleArn ?? principal.arn,
            'aws:PrincipalAccount': principal.account,
            // Of a role's session there is none.
            ...(userName !== undefined && { 'aws:username': userName }),
            ...(ExternalId !== undefined && { 'sts:ExternalId': ExternalId }),
          },
        },
        { resourceAccount: role.account },
      );
      if (!allowed) throw denied(` ${reason}`);
      const issued = twin.clock.now();
      const expiration = new Date(issued.getTime() + DurationSeconds * 1000);
      const session = twin.credentials.addSession(role, RoleSessionName, { issued, expiration });
      return {
        Credentials: credentialsOf(session),
        AssumedRoleUser: { Arn: session.principal.arn, AssumedRoleId: session.principal.userId },
      };
    },
  },
};

const credentialsOf = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: Credentials) => ({
  AccessKeyId: accessKeyId,
  SecretAccessKey: secretAccessKey,
  SessionToken: sessionToken,
  Expiration: expiration,
});
