import { type Access, AwsError, type Service } from '../../service';
import { accessKeyOperations } from './access-keys';
import { inlinePolicyOperations } from './inline-policies';
import { instanceProfileOperations } from './instance-profiles';
import { managedPolicyOperations } from './managed-policies';
import { roleOperations } from './roles';
import { type Holder, type IamCall, type IamState, initialState, type Sdk } from './state';
import { iamTerraform } from './terraform';
import { userOperations } from './users';

export {
  addUser,
  assumeForService,
  boundaryOf,
  identityPoliciesOf,
  instanceProfile,
  roleByArn,
  userNameOf,
} from './principals';
export type { InstanceProfile, Role } from './state';

/** Users with keys, roles, instance profiles, and what is attached to them. Changes take effect at once. */
export const iam: Service<Sdk, IamState> = {
  prefix: 'iam',
  global: true,
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-iam') as Sdk,
  client: 'IAMClient',
  initial: initialState,
  access: (operation, input: Input, call) => accessOf(operation, input, call),
  operations: {
    ...userOperations,
    ...accessKeyOperations,
    ...roleOperations,
    ...instanceProfileOperations,
    ...inlinePolicyOperations,
    ...managedPolicyOperations,
    ListAccountAliases: () => ({ AccountAliases: [], IsTruncated: false }),
  },
  terraform: iamTerraform,
};

interface Input {
  readonly RoleName?: string;
  readonly UserName?: string;
  readonly InstanceProfileName?: string;
  readonly PolicyArn?: string;
  readonly Path?: string;
  readonly AccessKeyId?: string;
}

/** Actions about users, which are about the caller where none is named. */
const ABOUT_USERS = /User|AccessKey|LoginProfile/;
const LISTS = /^List(Users|Roles|InstanceProfiles|Policies|AccountAliases)$/;

/** What a call is about, which IAM knows by its ARN with the path. @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html */
function accessOf(operation: string, input: Input, call: IamCall): Access[] | undefined {
  checkCaller(call);
  if (LISTS.test(operation)) return undefined;
  const { RoleName, InstanceProfileName, PolicyArn, Path = '/' } = input;
  const { roles, users, profiles } = call.state;
  const action = `iam:${operation}`;
  const policy = PolicyArn === undefined ? {} : { 'iam:PolicyARN': PolicyArn };
  if (InstanceProfileName !== undefined) {
    const arn = profiles.get(InstanceProfileName)?.arn ?? call.arn(`instance-profile${Path}${InstanceProfileName}`);
    const role = roles.get(RoleName ?? '');
    // Whoever puts a role into a profile gives it to instances.
    const passed = operation === 'AddRoleToInstanceProfile' && role ? [passRole(role.arn, 'ec2.amazonaws.com')] : [];
    return [{ action, resources: [arn] }, ...passed];
  }
  if (RoleName !== undefined) {
    const role = roles.get(RoleName);
    return [
      {
        action,
        resources: [role?.arn ?? call.arn(`role${Path}${RoleName}`)],
        context: { ...policy, ...tagContext(role) },
      },
    ];
  }
  if (ABOUT_USERS.test(operation)) {
    const name = input.UserName ?? ownerOf(call, input.AccessKeyId) ?? call.principal.arn.split('/').at(-1) ?? '';
    const user = users.get(name);
    return [
      { action, resources: [user?.arn ?? call.arn(`user${Path}${name}`)], context: { ...policy, ...tagContext(user) } },
    ];
  }
  return PolicyArn === undefined ? undefined : [{ action, resources: [PolicyArn] }];
}

/**
 * A user's session without MFA, which the twin does not have, is no caller of IAM.
 *
 * @throws AwsError
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
function checkCaller({ principal: { kind, issued } }: IamCall): void {
  if (kind === 'user' && issued)
    throw new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid', {
      status: 403,
    });
}

const ownerOf = ({ state }: IamCall, accessKeyId: string | undefined): string | undefined =>
  [...state.users.values()].find(({ keys }) => keys.has(accessKeyId ?? ''))?.name;

const tagContext = (holder: Holder | undefined): Record<string, string> =>
  Object.fromEntries(
    [...(holder?.tags ?? [])].flatMap(([key, value]) =>
      [`aws:ResourceTag/${key}`, `iam:ResourceTag/${key}`].map((name) => [name, value]),
    ),
  );

/** What it takes to give a role to a service. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html */
export const passRole = (roleArn: string, service: string): Access => ({
  action: 'iam:PassRole',
  resources: [roleArn],
  context: { 'iam:PassedToService': service },
});
