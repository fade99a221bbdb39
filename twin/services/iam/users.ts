import { AwsError } from '../../service';
import { newUser } from './principals';
import {
  alreadyExists,
  deleteConflict,
  type IamOperations,
  namedAt,
  noEntity,
  tagList,
  tagMap,
  type User,
  userOf,
} from './state';

const describe = ({ name, id, arn, path, created, tags }: User) => ({
  UserName: name,
  UserId: id,
  Arn: arn,
  Path: path,
  CreateDate: created,
  ...(tags.size > 0 && { Tags: tagList(tags) }),
});

const describeLogin = (user: User) => {
  if (!user.login) throw noEntity(`Login Profile for User ${user.name} cannot be found.`);
  return {
    LoginProfile: {
      UserName: user.name,
      CreateDate: user.login.created,
      PasswordResetRequired: user.login.mustReset,
    },
  };
};

/** What must go before a user may. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html */
const ties = ({ keys, login, inline, attached }: User): string | undefined => {
  if (keys.size > 0) return 'delete access keys first';
  if (login) return 'delete login profile first';
  if (inline.size > 0) return 'delete policies first';
  return attached.size > 0 ? 'detach all policies first' : undefined;
};

export const userOperations: IamOperations = {
  CreateUser({ UserName, Path, Tags, PermissionsBoundary }, { state, twin, account }) {
    const { name, path } = namedAt('userName', UserName, Path);
    if (state.users.has(name)) throw alreadyExists(`User with name ${name} already exists.`);
    const user: User = {
      ...newUser(twin, account, name, path),
      tags: tagMap(Tags),
      ...(PermissionsBoundary !== undefined && { boundaryArn: PermissionsBoundary }),
    };
    state.users.set(name, user);
    return { User: describe(user) };
  },
  DeleteUser({ UserName }, call) {
    const user = userOf(call, UserName);
    const tie = ties(user);
    if (tie !== undefined) throw deleteConflict(`Cannot delete entity, must ${tie}.`);
    call.state.users.delete(user.name);
    return {};
  },
  GetUser: ({ UserName }, call) => ({ User: describe(userOf(call, UserName)) }),
  ListUsers: ({ PathPrefix = '/' }, { state }) => ({
    Users: [...state.users.values()].filter(({ path }) => path.startsWith(PathPrefix)).map(describe),
    IsTruncated: false,
  }),
  TagUser({ UserName, Tags }, call) {
    const user = userOf(call, UserName);
    for (const [key, value] of tagMap(Tags)) user.tags.set(key, value);
    return {};
  },
  UntagUser({ UserName, TagKeys = [] }, call) {
    const user = userOf(call, UserName);
    for (const key of TagKeys) user.tags.delete(key);
    return {};
  },
  ListUserTags: ({ UserName }, call) => ({ Tags: tagList(userOf(call, UserName).tags), IsTruncated: false }),

  CreateLoginProfile({ UserName, Password = '', PasswordResetRequired = false }, call) {
    const user = userOf(call, UserName);
    if (user.login) throw alreadyExists(`Login Profile for user ${user.name} already exists.`);
    // An account without a policy of its own has AWS's.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    if (Password.length < 8)
      throw new AwsError('PasswordPolicyViolation', 'Password should have a minimum length of 8');
    user.login = { created: call.twin.clock.now(), mustReset: PasswordResetRequired };
    return describeLogin(user);
  },
  GetLoginProfile: ({ UserName }, call) => describeLogin(userOf(call, UserName)),
  DeleteLoginProfile({ UserName }, call) {
    const user = userOf(call, UserName);
    describeLogin(user);
    delete user.login;
    return {};
  },
};
