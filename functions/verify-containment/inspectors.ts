import type { EC2Client } from '@aws-sdk/client-ec2';
import { DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import { isCode } from '../core/aws';
import { targetArn } from '../incident/incident';
import type { Inspection, Inspectors } from '../incident/inspection';
import { channelsOf } from '../incident/instance-channels';
import type { InstanceReader } from '../incident/instance-reader';
import { originalIn } from '../incident/originals';
import { channelsOfRole, channelsOfUser } from '../incident/principal';
import type { PrincipalReader } from '../incident/principal-reader';

/** By what targets are looked at. */
export interface Eyes {
  readonly instances: InstanceReader;
  readonly principals: PrincipalReader;
  readonly ec2: () => EC2Client;
}

const GONE: Inspection = { exists: false, channels: [] };

/** Looks at targets of each kind, by calls that only read. */
export const inspectorsOf = ({ instances, principals, ec2 }: Eyes): Inspectors => ({
  async instance(target, { details, page }, home) {
    const arn = targetArn(target, home);
    const instance = await instances.read({ id: target.instanceId, arn }, originalIn(details, arn));
    return instance ? { exists: true, channels: channelsOf(instance, page.policy) } : GONE;
  },
  async user({ userName, accessKeyId }, { details: { incident } }) {
    const user = await principals.user(userName);
    const asked = { claimed: incident.at, ...(accessKeyId !== undefined && { accessKeyId }) };
    return user ? { exists: true, channels: channelsOfUser(user, asked) } : GONE;
  },
  async role({ roleName }, { details: { incident } }) {
    const role = await principals.role(roleName);
    return role ? { exists: true, channels: channelsOfRole(role, { claimed: incident.at }) } : GONE;
  },
  // Its remediation reads back what it changed. The client of S3 does not fit in here beside the others.
  bucket: async () => ({ exists: true, channels: [] }),
  async 'security-group'({ groupId }) {
    try {
      await ec2().send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
    } catch (error) {
      if (isCode(error, 'InvalidGroup.NotFound')) return GONE;
      throw error;
    }
    const detail = 'Connections from before go on as long as they are tracked: closing a rule does not end them.';
    return { exists: true, channels: [{ channel: 'tracked connections', status: 'unknown', detail }] };
  },
});
