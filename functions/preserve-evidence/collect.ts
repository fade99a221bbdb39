import { type AutoScalingClient, DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  GetConsoleOutputCommand,
} from '@aws-sdk/client-ec2';
import {
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetUserCommand,
  type IAMClient,
  ListAccessKeysCommand,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
  ListRolePoliciesCommand,
  ListUserPoliciesCommand,
} from '@aws-sdk/client-iam';
import {
  GetBucketAclCommand,
  GetBucketPolicyCommand,
  GetPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { asError } from '../core/errors';
import type { Home } from '../core/remediation';
import type { Target } from '../incident/incident';
import { profileName } from '../incident/instance';
import { isNoSuchEntity } from '../incident/role-use';

/** By what targets are described. */
export interface EvidenceClients {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  readonly iam: IAMClient;
  readonly s3: S3Client;
}

/** What AWS says about a target, part by part: the answers as they came, or why there was none. */
export type Parts = Readonly<Record<string, unknown>>;

/** Describes a target as it is, whole. What cannot be read is noted in its place: it is no reason to keep nothing. */
export async function collect(clients: EvidenceClients, target: Target, home: Home): Promise<Parts> {
  switch (target.kind) {
    case 'instance':
      return ofInstance(clients, target.instanceId);
    case 'user': {
      const UserName = target.userName;
      return parts({
        user: clients.iam.send(new GetUserCommand({ UserName })),
        accessKeys: clients.iam.send(new ListAccessKeysCommand({ UserName })),
        inlinePolicies: clients.iam.send(new ListUserPoliciesCommand({ UserName })),
        attachedPolicies: clients.iam.send(new ListAttachedUserPoliciesCommand({ UserName })),
      });
    }
    case 'role':
      return ofRole(clients.iam, target.roleName);
    case 'bucket': {
      const of = { Bucket: target.bucketName, ExpectedBucketOwner: home.account };
      return parts({
        publicAccessBlock: clients.s3.send(new GetPublicAccessBlockCommand(of)),
        policy: clients.s3.send(new GetBucketPolicyCommand(of)),
        acl: clients.s3.send(new GetBucketAclCommand(of)),
      });
    }
    case 'security-group': {
      const Filters = [{ Name: 'group-id', Values: [target.groupId] }];
      return parts({
        securityGroup: clients.ec2.send(new DescribeSecurityGroupsCommand({ Filters })),
        rules: clients.ec2.send(new DescribeSecurityGroupRulesCommand({ Filters })),
      });
    }
  }
}

/** User data is not kept: it often holds secrets. */
async function ofInstance({ ec2, autoScaling, iam }: EvidenceClients, id: string): Promise<Parts> {
  const attached = [{ Name: 'attachment.instance-id', Values: [id] }];
  const first = await parts({
    instance: ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] })),
    networkInterfaces: ec2.send(new DescribeNetworkInterfacesCommand({ Filters: attached })),
    volumes: ec2.send(new DescribeVolumesCommand({ Filters: attached })),
    instanceProfile: ec2.send(
      new DescribeIamInstanceProfileAssociationsCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] }),
    ),
    autoScaling: autoScaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [id] })),
    consoleOutput: ec2.send(new GetConsoleOutputCommand({ InstanceId: id })),
  });
  const groupIds = [...new Set(groupsIn(first))];
  const held = await heldRole(iam, first);
  return {
    ...first,
    ...(groupIds.length > 0 &&
      (await parts({ securityGroups: ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: groupIds })) }))),
    ...held,
    ...(typeof held.roleName === 'string' && (await ofRole(iam, held.roleName))),
  };
}

const ofRole = (iam: IAMClient, RoleName: string): Promise<Parts> =>
  parts({
    role: iam.send(new GetRoleCommand({ RoleName })),
    inlinePolicies: iam.send(new ListRolePoliciesCommand({ RoleName })),
    attachedPolicies: iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
  });

interface InterfacesAnswer {
  readonly NetworkInterfaces?: readonly {
    readonly NetworkInterfaceId?: string;
    readonly Groups?: readonly { readonly GroupId?: string }[];
  }[];
}
interface ProfileAnswer {
  readonly IamInstanceProfileAssociations?: readonly {
    readonly State?: string;
    readonly IamInstanceProfile?: { readonly Arn?: string };
  }[];
}

/** Interfaces with their groups, as an answer of EC2 tells. */
export const interfacesIn = ({ networkInterfaces }: Parts): { id: string; groups: string[] }[] =>
  ((networkInterfaces as InterfacesAnswer).NetworkInterfaces ?? []).map(({ NetworkInterfaceId = '', Groups = [] }) => ({
    id: NetworkInterfaceId,
    groups: Groups.flatMap(({ GroupId }) => GroupId ?? []).sort(),
  }));

/** The profile that the instance wears. */
export const profileIn = ({ instanceProfile }: Parts): string | undefined =>
  (instanceProfile as ProfileAnswer).IamInstanceProfileAssociations?.find(
    ({ State }) => State === 'associated' || State === 'associating',
  )?.IamInstanceProfile?.Arn;

const groupsIn = (found: Parts): string[] => interfacesIn(found).flatMap(({ groups }) => groups);

/** The role in the profile that the instance wears; or why it is not known. */
async function heldRole(iam: IAMClient, found: Parts): Promise<Parts> {
  const arn = profileIn(found);
  if (arn === undefined) return {};
  try {
    const answer = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: profileName(arn) }));
    const roleName = answer.InstanceProfile?.Roles?.[0]?.RoleName;
    return roleName === undefined ? {} : { roleName };
  } catch (error) {
    return isNoSuchEntity(error) ? {} : { roleName: unreadable(error) };
  }
}

/** Whether all is known of an instance that tells what it was like. */
export const isReadable = (found: Parts): boolean =>
  [found.networkInterfaces, found.instanceProfile, found.roleName].every(
    (part) => part === null || typeof part !== 'object' || !('unreadable' in part),
  );

const unreadable = (error: unknown): { readonly unreadable: string } => {
  const { name: code, message } = asError(error);
  return { unreadable: `${code}: ${message.slice(0, 300)}` };
};

/** All at once; what fails says so in its place. */
async function parts(asked: Readonly<Record<string, Promise<object>>>): Promise<Parts> {
  const entries = await Promise.all(
    Object.entries(asked).map(async ([name, answer]) => {
      try {
        const { $metadata: _metadata, ...said } = (await answer) as { $metadata?: unknown };
        return [name, said] as const;
      } catch (error) {
        return [name, unreadable(error)] as const;
      }
    }),
  );
  return Object.fromEntries(entries);
}
