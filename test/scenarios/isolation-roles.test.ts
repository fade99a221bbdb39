import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand } from '@aws-sdk/client-ec2';
import { names } from '../../modules/names';
import { EXECUTION } from '../support/incident';
import { TestIsolations } from '../support/isolations';
import { provesRole } from '../support/role-proof';
import { type TestTwin, tcp } from '../support/twin';

const { isolate } = names('').incident.functions;

/** Instances, isolated by the function that is deployed, under its own role. */
async function doEverything(twin: TestTwin): Promise<void> {
  const instances = new TestIsolations(twin);
  const contain = async (id: string) => {
    const { id: incidentId } = await instances.claim([id]);
    return twin.invoke(isolate.function, { incidentId, execution: EXECUTION, target: 0, mode: 'contain' });
  };
  const { id, vpcId, role } = await instances.equipped({}, { interfaces: 2 });
  const { GroupId } = await instances.ec2.send(
    new CreateSecurityGroupCommand({ VpcId: vpcId, GroupName: names('').incident.quarantineGroup, Description: 'x' }),
  );
  await instances.ec2.send(
    new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [tcp(22, '10.0.0.0/8')] }),
  );
  expect(await contain(id)).toMatchObject({ outcome: 'REMEDIATED' });
  expect(await instances.revocation(role)).toContain('aws:TokenIssueTime');
  expect(await contain(id)).toMatchObject({ outcome: 'NO_ACTION' });
  // In a VPC without a quarantine group; with what IAM and EC2 refuse.
  const other = await instances.launch({ IamInstanceProfile: { Name: await instances.role() } });
  expect(await contain(other)).toMatchObject({ outcome: 'REMEDIATED' });
  const node = await instances.launch({
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'eks:cluster-name', Value: 'prod' }] }],
  });
  expect(await contain(node)).toMatchObject({ outcome: 'HELD' });
  expect(await contain('i-0123456789abcdef0')).toMatchObject({ outcome: 'GONE' });
}

const ec2 = (resource: string) => `arn:aws:ec2:eu-west-1:111122223333:${resource}`;
const iam = (resource: string) => `arn:aws:iam::111122223333:${resource}`;

describe(`the role ${isolate.role}`, () => {
  const toEc2 = { 'iam:PassedToService': ['ec2.amazonaws.com'] };
  provesRole({
    role: isolate.role,
    bundle: 'isolate-instance',
    variant: 'enforce',
    // Only to take an isolation back, which a person does; the last for sweeps, which nobody makes of instances.
    unreachable: [
      'autoscaling:AttachInstances',
      'ec2:AssignIpv6Addresses',
      'ec2:AssociateAddress',
      'ec2:DeleteTags',
      'elasticloadbalancing:RegisterTargets',
      'dynamodb:Query',
    ],
    doEverything,
    fenced: [
      ['write the policy', 'dynamodb:PutItem', 'POLICY'],
      ['write about an incident', 'dynamodb:PutItem', 'RES#111122223333#REGION#Suture::Incident#gd-0123456789abcdef'],
      ['count against the budget of another', 'dynamodb:UpdateItem', 'BUDGET#security-group'],
      ['write about a role', 'dynamodb:PutItem', 'RES#111122223333#REGION#AWS::IAM::Role#r'],
      [
        'write about an instance of another Region',
        'dynamodb:PutItem',
        'RES#111122223333#us-west-2#AWS::EC2::Instance#i-0',
      ],
    ],
    own: 'RES#111122223333#REGION#AWS::EC2::Instance#i-0',
    refused: [
      { action: 'iam:PassRole', resource: iam('role/Admin'), context: toEc2 },
      {
        action: 'iam:PassRole',
        resource: iam('role/SutureQuarantine'),
        context: { 'iam:PassedToService': ['lambda.amazonaws.com'] },
      },
      {
        action: 'ec2:ReplaceIamInstanceProfileAssociation',
        resource: ec2('instance/i-0'),
        context: { 'ec2:NewInstanceProfile': [iam('instance-profile/Admin')] },
      },
      ...[
        'IsolateInstanceRole',
        'SutureQuarantine',
        'deep/path/AssessIncidentRole',
        'aws-reserved/sso.amazonaws.com/x',
      ].map((role) => ({ action: 'iam:PutRolePolicy', resource: iam(`role/${role}`), context: {} })),
      { action: 'ec2:CreateTags', resource: ec2('instance/i-0'), context: { 'aws:TagKeys': ['soc:status', 'team'] } },
      { action: 'ec2:CreateTags', resource: ec2('vpc/vpc-0'), context: { 'aws:TagKeys': ['soc:status'] } },
      { action: 'ec2:CreateTags', resource: ec2('security-group/sg-0'), context: { 'aws:TagKeys': ['soc:status'] } },
    ],
    forbidden: [
      'autoscaling:AttachInstances',
      'autoscaling:TerminateInstanceInAutoScalingGroup',
      'autoscaling:UpdateAutoScalingGroup',
      'ec2:AssignIpv6Addresses',
      'ec2:AssociateAddress',
      'ec2:AssociateIamInstanceProfile',
      'ec2:AuthorizeSecurityGroupEgress',
      'ec2:AuthorizeSecurityGroupIngress',
      'ec2:DeleteSecurityGroup',
      'ec2:DeleteTags',
      'ec2:StopInstances',
      'ec2:TerminateInstances',
      'elasticloadbalancing:RegisterTargets',
      'iam:AttachRolePolicy',
      'iam:DeleteRolePolicy',
      'iam:PassRole',
      'lambda:InvokeFunction',
      's3:GetObject',
      'sts:AssumeRole',
    ],
  });
});
