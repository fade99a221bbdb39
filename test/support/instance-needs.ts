import type { Need } from './role-proof';
import type { Call } from './twin';

/** Resources that calls touch without naming them: those of whom nobody knows the ids in the journal. */
const SOME = {
  instance: 'instance/i-0',
  volume: 'volume/vol-0',
  subnet: 'subnet/subnet-0',
  address: 'elastic-ip/eipalloc-0',
};

/**
 * What calls about instances need, by AWS's own table of actions and resources. Undefined for any other call.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export function instanceNeeds({ service, operation, parameters, region, accountId }: Call): Need[] | undefined {
  const action = `${service}:${operation}`;
  const ec2 = (...resources: readonly string[]) =>
    resources.map((resource) => `arn:aws:ec2:${region}:${accountId}:${resource}`);
  const on = (resources: readonly string[], context: Need['context'] = {}): Need[] =>
    resources.map((resource) => ({ action, resource, context }));
  const named = (kind: string, member: string) => `${kind}/${String(parameters[member])}`;
  const eni = named('network-interface', 'NetworkInterfaceId');
  switch (action) {
    case 'ec2:DescribeInstanceAttribute':
    case 'ec2:ModifyInstanceMetadataOptions':
      return on(ec2(named('instance', 'InstanceId')));
    case 'ec2:ModifyInstanceAttribute':
      return on(ec2(named('instance', 'InstanceId'), ...(parameters.BlockDeviceMappings ? [SOME.volume] : [])));
    case 'ec2:CreateTags': {
      const { Resources, Tags } = parameters as { Resources: string[]; Tags: { Key: string }[] };
      const kinds = { i: 'instance', eni: 'network-interface', vol: 'volume' } as Record<string, string>;
      const resources = Resources.map((id) => `${kinds[id.split('-')[0] ?? '']}/${id}`);
      return on(ec2(...resources), { 'aws:TagKeys': Tags.map(({ Key }) => Key) });
    }
    case 'ec2:CreateSecurityGroup': {
      const [group = ''] = ec2('security-group/sg-0');
      const context = { 'ec2:CreateAction': [operation], 'aws:TagKeys': ['Application'] };
      return [...on([group, ...ec2(named('vpc', 'VpcId'))]), { action: 'ec2:CreateTags', resource: group, context }];
    }
    case 'ec2:RevokeSecurityGroupEgress':
      return on(ec2(named('security-group', 'GroupId')));
    case 'ec2:ModifyNetworkInterfaceAttribute': {
      const groups = ((parameters.Groups ?? []) as string[]).map((id) => `security-group/${id}`);
      return on(ec2(eni, SOME.instance, SOME.subnet, ...groups));
    }
    case 'ec2:DisassociateAddress':
      return on(ec2(SOME.address, 'network-interface/eni-0'));
    case 'ec2:UnassignIpv6Addresses':
      return on(ec2(eni));
    case 'ec2:ReplaceIamInstanceProfileAssociation': {
      const { Name } = parameters.IamInstanceProfile as { Name: string };
      const iam = `arn:aws:iam::${accountId}`;
      return [
        ...on(ec2(SOME.instance), { 'ec2:NewInstanceProfile': [`${iam}:instance-profile/${Name}`] }),
        {
          action: 'iam:PassRole',
          resource: `${iam}:role/${Name}`,
          context: { 'iam:PassedToService': ['ec2.amazonaws.com'] },
        },
      ];
    }
    case 'autoscaling:DetachInstances': {
      const group = `autoScalingGroup:0a1b2c3d:autoScalingGroupName/${String(parameters.AutoScalingGroupName)}`;
      return on([`arn:aws:autoscaling:${region}:${accountId}:${group}`]);
    }
    case 'elasticloadbalancing:DeregisterTargets':
      return on([String(parameters.TargetGroupArn)]);
    case 'iam:GetInstanceProfile':
      return on([`arn:aws:iam::${accountId}:${named('instance-profile', 'InstanceProfileName')}`]);
    default:
      return undefined;
  }
}
