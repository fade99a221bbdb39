import { iamId } from '../../iam/credentials';
import { AwsError } from '../../service';
import { checkDocument, encoded } from './documents';
import { checkModifiable } from './inline-policies';
import {
  alreadyExists,
  deleteConflict,
  type IamOperations,
  invalid,
  namedAt,
  type Role,
  roleOf,
  tagList,
  tagMap,
} from './state';

/** As IAM answers a role, alone or in its instance profiles. */
export const describeRole = ({
  name,
  id,
  arn,
  path,
  description,
  created,
  trust,
  tags,
  maximumSessionSeconds,
}: Role) => ({
  RoleName: name,
  RoleId: id,
  Arn: arn,
  Path: path,
  Description: description,
  CreateDate: created,
  AssumeRolePolicyDocument: encoded(trust),
  MaxSessionDuration: maximumSessionSeconds,
  Tags: tagList(tags),
});

export const roleOperations: IamOperations = {
  CreateRole(request, { state, twin, account }) {
    const { Description = '', MaxSessionDuration = 3600, Tags, PermissionsBoundary } = request;
    const { name, path } = namedAt('roleName', request.RoleName, request.Path);
    if (path.startsWith('/aws-service-role/'))
      throw new AwsError('InvalidInput', 'The path of a role may not begin with /aws-service-role/.');
    if (MaxSessionDuration < 3600 || MaxSessionDuration > 43_200)
      throw invalid(
        `1 validation error detected: Value '${MaxSessionDuration}' at 'maxSessionDuration' failed to satisfy constraint`,
      );
    if (state.roles.has(name)) throw alreadyExists(`Role with name ${name} already exists.`);
    const role: Role = {
      name,
      id: iamId('AROA'),
      arn: `arn:aws:iam::${account}:role${path}${name}`,
      account,
      path,
      description: Description,
      created: twin.clock.now(),
      trust: checkDocument(request.AssumeRolePolicyDocument, 'trust'),
      inline: new Map(),
      attached: new Set(),
      tags: tagMap(Tags),
      maximumSessionSeconds: MaxSessionDuration,
      ...(PermissionsBoundary !== undefined && { boundaryArn: PermissionsBoundary }),
    };
    state.roles.set(name, role);
    return { Role: describeRole(role) };
  },
  DeleteRole({ RoleName }, call) {
    const role = roleOf(call, RoleName);
    checkModifiable(role);
    if ([...call.state.profiles.values()].some((profile) => profile.role === role.name))
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    if (role.inline.size > 0) throw deleteConflict('Cannot delete entity, must delete policies first.');
    if (role.attached.size > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.');
    call.state.roles.delete(role.name);
    return {};
  },
  UpdateAssumeRolePolicy({ RoleName, PolicyDocument }, call) {
    const role = roleOf(call, RoleName);
    checkModifiable(role);
    role.trust = checkDocument(PolicyDocument, 'trust');
    return {};
  },
  GetRole: ({ RoleName }, call) => ({ Role: describeRole(roleOf(call, RoleName)) }),
  ListRoles: ({ PathPrefix = '/' }, { state }) => ({
    Roles: [...state.roles.values()].filter(({ path }) => path.startsWith(PathPrefix)).map(describeRole),
    IsTruncated: false,
  }),
  TagRole({ RoleName, Tags }, call) {
    const role = roleOf(call, RoleName);
    checkModifiable(role);
    for (const [key, value] of tagMap(Tags)) role.tags.set(key, value);
    return {};
  },
  UntagRole({ RoleName, TagKeys = [] }, call) {
    const role = roleOf(call, RoleName);
    checkModifiable(role);
    for (const key of TagKeys) role.tags.delete(key);
    return {};
  },
  ListRoleTags: ({ RoleName }, call) => ({ Tags: tagList(roleOf(call, RoleName).tags), IsTruncated: false }),
};
