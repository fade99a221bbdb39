import { iamId } from '../../iam/credentials';
import type { Twin } from '../../twin';
import { describeRole } from './roles';
import {
  alreadyExists,
  deleteConflict,
  type IamCall,
  type IamOperations,
  type InstanceProfile,
  limitExceeded,
  namedAt,
  noEntity,
  roleOf,
  tagList,
  tagMap,
} from './state';

function profileOf({ state }: IamCall, name: string | undefined): InstanceProfile {
  const found = state.profiles.get(name ?? '');
  if (!found) throw noEntity(`Instance Profile ${name} cannot be found.`);
  return found;
}

/** A profile without a role. */
export const newProfile = (twin: Twin, account: string, name: string, path: string): InstanceProfile => ({
  name,
  id: iamId('AIPA'),
  arn: `arn:aws:iam::${account}:instance-profile${path}${name}`,
  path,
  created: twin.clock.now(),
  tags: new Map(),
});

const describe = ({ state }: IamCall, { name, id, arn, path, created, tags, role }: InstanceProfile) => {
  const found = state.roles.get(role ?? '');
  return {
    InstanceProfileName: name,
    InstanceProfileId: id,
    Arn: arn,
    Path: path,
    CreateDate: created,
    Roles: found ? [describeRole(found)] : [],
    Tags: tagList(tags),
  };
};

export const instanceProfileOperations: IamOperations = {
  CreateInstanceProfile({ InstanceProfileName, Path, Tags }, call) {
    const { state, twin, account } = call;
    const { name, path } = namedAt('instanceProfileName', InstanceProfileName, Path);
    if (state.profiles.has(name)) throw alreadyExists(`Instance Profile ${name} already exists.`);
    const profile: InstanceProfile = { ...newProfile(twin, account, name, path), tags: tagMap(Tags) };
    state.profiles.set(name, profile);
    return { InstanceProfile: describe(call, profile) };
  },
  DeleteInstanceProfile({ InstanceProfileName }, call) {
    const profile = profileOf(call, InstanceProfileName);
    if (profile.role !== undefined)
      throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
    call.state.profiles.delete(profile.name);
    return {};
  },
  GetInstanceProfile: ({ InstanceProfileName }, call) => ({
    InstanceProfile: describe(call, profileOf(call, InstanceProfileName)),
  }),
  ListInstanceProfiles: ({ PathPrefix = '/' }, call) => ({
    InstanceProfiles: [...call.state.profiles.values()]
      .filter(({ path }) => path.startsWith(PathPrefix))
      .map((profile) => describe(call, profile)),
    IsTruncated: false,
  }),
  ListInstanceProfilesForRole({ RoleName }, call) {
    const { name } = roleOf(call, RoleName);
    return {
      InstanceProfiles: [...call.state.profiles.values()]
        .filter(({ role }) => role === name)
        .map((profile) => describe(call, profile)),
      IsTruncated: false,
    };
  },
  /** A profile holds one role, and the quota cannot be raised. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html */
  AddRoleToInstanceProfile({ InstanceProfileName, RoleName }, call) {
    const profile = profileOf(call, InstanceProfileName);
    const { name } = roleOf(call, RoleName);
    if (profile.role !== undefined)
      throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
    profile.role = name;
    return {};
  },
  RemoveRoleFromInstanceProfile({ InstanceProfileName, RoleName }, call) {
    const profile = profileOf(call, InstanceProfileName);
    if (profile.role === undefined || profile.role !== RoleName)
      throw noEntity(`The role ${RoleName} is not in the instance profile ${profile.name}.`);
    delete profile.role;
    return {};
  },
};
