import { AWS_MANAGED } from '../../iam/aws-managed-policies';
import { iamId } from '../../iam/credentials';
import { parsePolicy } from '../../iam/policy';
import type { Making, ResourceType } from '../../service';
import { newProfile } from './instance-profiles';
import { newUser } from './principals';
import { type Role, stateOf } from './state';

function roleNamed({ twin, account, address }: Making, name: string): Role {
  const found = stateOf(twin, account).roles.get(name);
  if (!found) throw new Error(`${address}: there is no role ${name}`);
  return found;
}

/** Roles, users, profiles and policies that a stack makes. */
export const iamTerraform: Readonly<Record<string, ResourceType>> = {
  aws_iam_role: (args, { twin, account, tags }) => {
    const name = String(args.name);
    const path = String(args.path ?? '/');
    const trust = String(args.assume_role_policy);
    parsePolicy(trust, 'trust');
    const role: Role = {
      name,
      id: iamId('AROA'),
      arn: `arn:aws:iam::${account}:role${path}${name}`,
      account,
      path,
      description: String(args.description ?? ''),
      created: twin.clock.now(),
      trust,
      inline: new Map(),
      attached: new Set(),
      tags: new Map(Object.entries(tags)),
      maximumSessionSeconds: Number(args.max_session_duration ?? 3600),
      ...(args.permissions_boundary !== undefined && { boundaryArn: String(args.permissions_boundary) }),
    };
    stateOf(twin, account).roles.set(name, role);
    return { arn: role.arn, id: name, unique_id: role.id };
  },
  aws_iam_role_policy: (args, making) => {
    const found = roleNamed(making, String(args.role));
    parsePolicy(String(args.policy), 'identity');
    found.inline.set(String(args.name), String(args.policy));
    return { id: `${found.name}:${String(args.name)}` };
  },
  aws_iam_policy: (args, { twin, account }) => {
    const name = String(args.name);
    const arn = `arn:aws:iam::${account}:policy${String(args.path ?? '/')}${name}`;
    parsePolicy(String(args.policy), 'identity');
    stateOf(twin, account).policies.set(arn, {
      name,
      arn,
      document: String(args.policy),
      created: twin.clock.now(),
    });
    return { arn, id: arn };
  },
  aws_iam_role_policy_attachment: (args, making) => {
    const found = roleNamed(making, String(args.role));
    const arn = String(args.policy_arn);
    if (!stateOf(making.twin, making.account).policies.has(arn) && !AWS_MANAGED[arn])
      throw new Error(`${making.address}: the twin does not know the policy ${arn}`);
    found.attached.add(arn);
    return { id: `${found.name}/${arn}` };
  },
  aws_iam_instance_profile: (args, making) => {
    const { twin, account, tags } = making;
    const name = String(args.name);
    const profile = {
      ...newProfile(twin, account, name, String(args.path ?? '/')),
      tags: new Map(Object.entries(tags)),
    };
    if (args.role !== undefined) profile.role = roleNamed(making, String(args.role)).name;
    stateOf(twin, account).profiles.set(name, profile);
    return { arn: profile.arn, id: name, unique_id: profile.id };
  },
  aws_iam_user: (args, { twin, account, tags }) => {
    const name = String(args.name);
    const user = { ...newUser(twin, account, name, String(args.path ?? '/')), tags: new Map(Object.entries(tags)) };
    stateOf(twin, account).users.set(name, user);
    return { arn: user.arn, id: name, unique_id: user.id };
  },
};
