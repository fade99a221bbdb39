import {
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';

// As little as a function can be that revokes a rule: what an init is measured by.
const ec2 = new EC2Client({});

export const handler = async (GroupId: string) => {
  await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  await ec2.send(new DescribeSecurityGroupRulesCommand({}));
  return ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId }));
};
