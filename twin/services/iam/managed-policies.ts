import { AWS_MANAGED } from '../../iam/aws-managed-policies';
import { encoded } from './documents';
import { checkModifiable } from './inline-policies';
import { type Holder, type IamCall, type IamOperations, noEntity, roleOf, userOf } from './state';

function attach({ state }: IamCall, { attached }: Holder, arn = ''): Record<string, never> {
  if (!state.policies.has(arn) && !AWS_MANAGED[arn])
    throw noEntity(`Policy ${arn} does not exist or is not attachable.`);
  attached.add(arn);
  return {};
}

function detach({ attached }: Holder, arn = ''): Record<string, never> {
  if (!attached.delete(arn)) throw noEntity(`Policy ${arn} was not found.`);
  return {};
}

const attachedTo = ({ attached }: Holder) => ({
  AttachedPolicies: [...attached].map((arn) => ({ PolicyArn: arn, PolicyName: arn.split('/').at(-1) })),
  IsTruncated: false,
});

/** Policies come with stacks, or are AWS's; here they are read and attached. */
export const managedPolicyOperations: IamOperations = {
  AttachRolePolicy({ RoleName, PolicyArn }, call) {
    const role = roleOf(call, RoleName);
    checkModifiable(role);
    return attach(call, role, PolicyArn);
  },
  DetachRolePolicy({ RoleName, PolicyArn }, call) {
    const role = roleOf(call, RoleName);
    checkModifiable(role);
    return detach(role, PolicyArn);
  },
  ListAttachedRolePolicies: ({ RoleName }, call) => attachedTo(roleOf(call, RoleName)),
  AttachUserPolicy: ({ UserName, PolicyArn }, call) => attach(call, userOf(call, UserName), PolicyArn),
  DetachUserPolicy: ({ UserName, PolicyArn }, call) => detach(userOf(call, UserName), PolicyArn),
  ListAttachedUserPolicies: ({ UserName }, call) => attachedTo(userOf(call, UserName)),
  GetPolicy({ PolicyArn }, { state }) {
    const found = state.policies.get(PolicyArn ?? '');
    if (!found) throw noEntity(`Policy ${PolicyArn} was not found.`);
    return {
      Policy: {
        PolicyName: found.name,
        Arn: found.arn,
        Path: '/',
        DefaultVersionId: 'v1',
        CreateDate: found.created,
        IsAttachable: true,
      },
    };
  },
  GetPolicyVersion({ PolicyArn, VersionId }, { state }) {
    const found = state.policies.get(PolicyArn ?? '');
    if (!found || VersionId !== 'v1') throw noEntity(`Policy ${PolicyArn} version ${VersionId} does not exist.`);
    return {
      PolicyVersion: {
        Document: encoded(found.document),
        VersionId: 'v1',
        IsDefaultVersion: true,
        CreateDate: found.created,
      },
    };
  },
  ListPolicies: (_input, { state }) => ({
    Policies: [...state.policies.values()].map(({ name, arn }) => ({
      PolicyName: name,
      Arn: arn,
      Path: '/',
      DefaultVersionId: 'v1',
    })),
    IsTruncated: false,
  }),
};
