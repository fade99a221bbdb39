import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import type { Policy } from '../functions/core/policy';
import type { Account } from './account';
import type { LedgerTable } from './ledger-table';
import type { Names } from './names';
import { NodeFunction, type NodeFunctionProps } from './node-function';
import { type PolicyStatement, policyDocument, trustService } from './policy-document';
import { neverTheseRoles } from './untouched-roles';

export interface IsolateInstanceProps
  extends Pick<NodeFunctionProps, 'logGroup' | 'deadLetters' | 'runtime' | 'bundleDirectory'> {
  /** Physical names, from `names.ts`. */
  readonly names: Names;
  readonly account: Account;
  readonly ledger: LedgerTable;
  readonly policy: Pick<Policy, 'breakGlass'>;
  readonly metricNamespace: string;
}

/** What isolation needs of names: the whole table, as it may touch none of the roles in it. */
type Isolating = Pick<IsolateInstanceProps, 'names' | 'account' | 'policy'>;

/** Cuts instances off from networks and from their roles. With it come a role and a profile that may do nothing, for instances to wear. */
export class IsolateInstance extends Construct {
  readonly target: NodeFunction;
  /** For whoever looks at what is isolated. */
  readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: IsolateInstanceProps) {
    super(scope, id);
    const { names, account, ledger, metricNamespace } = props;
    const { incident } = names;
    const role = new IamRole(this, 'quarantine-role', {
      name: incident.quarantineRole,
      description: 'Worn by isolated instances: it may do nothing, whatever is attached to it',
      assumeRolePolicy: trustService('ec2.amazonaws.com'),
    });
    const nothing = new IamRolePolicy(this, 'quarantine-policy', {
      name: 'nothing',
      role: role.name,
      policy: policyDocument([{ Sid: 'Nothing', Effect: 'Deny', Action: '*', Resource: '*' }]),
    });
    const profile = new IamInstanceProfile(this, 'quarantine-profile', {
      name: incident.quarantineRole,
      role: role.name,
      dependsOn: [nothing],
    });
    this.environment = { QUARANTINE_PROFILE: profile.name, QUARANTINE_GROUP: incident.quarantineGroup };
    this.target = new NodeFunction(this, 'function', {
      ...props,
      functionName: incident.functions.isolate.function,
      roleName: incident.functions.isolate.role,
      description: 'Cuts an instance off from every network and from its role, and keeps it for whoever looks into it',
      source: 'isolate-instance',
      environment: { LEDGER_TABLE: ledger.tableName, METRIC_NAMESPACE: metricNamespace, ...this.environment },
      statements: [
        ...instanceReadStatements(account),
        ...isolationStatements({ ...props, quarantineRoleArn: role.arn, quarantineProfileArn: profile.arn }),
        ...ledger.containmentStatements([{ name: 'instance', type: 'AWS::EC2::Instance' }]),
        ...ledger.incidentStatements('read'),
      ],
    });
  }
}

/**
 * What it takes to read an instance with all that isolation changes. Nothing of it changes anything.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export const instanceReadStatements = (account: Account): PolicyStatement[] => [
  {
    Sid: 'ReadInstances',
    Action: [
      'ec2:DescribeIamInstanceProfileAssociations',
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceTypes',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeRegions',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeVolumes',
    ],
    Resource: '*', // None knows resources.
  },
  {
    Sid: 'ReadInstanceAttributes',
    Action: 'ec2:DescribeInstanceAttribute',
    Resource: account.arn('ec2', 'instance/*'),
  },
  {
    Sid: 'ReadAutoScalingAndLoadBalancers',
    Action: [
      'autoscaling:DescribeAutoScalingInstances',
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing:DescribeTargetHealth',
    ],
    // None knows resources. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html and list_elasticloadbalancingv2.html
    Resource: '*',
  },
  {
    Sid: 'ReadRolesOfInstances',
    Action: ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListInstanceProfilesForRole'],
    Resource: account.iamArn('role/*'),
  },
  {
    Sid: 'ReadInstanceProfiles',
    Action: 'iam:GetInstanceProfile',
    Resource: account.iamArn('instance-profile/*'),
  },
];

/**
 * What isolation changes. It closes, and opens nothing: it may add no rule, give no address, and hand out no role but the one that may do nothing.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
function isolationStatements({
  names,
  account,
  policy,
  quarantineRoleArn,
  quarantineProfileArn,
}: Isolating & { readonly quarantineRoleArn: string; readonly quarantineProfileArn: string }): PolicyStatement[] {
  const ec2 = (...kinds: readonly string[]) => kinds.map((kind) => account.arn('ec2', `${kind}/*`));
  return [
    { Sid: 'KeepInstances', Action: 'ec2:ModifyInstanceAttribute', Resource: ec2('instance', 'volume') },
    { Sid: 'SwitchMetadataOff', Action: 'ec2:ModifyInstanceMetadataOptions', Resource: ec2('instance') },
    {
      Sid: 'MarkWhatIsIsolated',
      Action: 'ec2:CreateTags',
      Resource: ec2('instance', 'network-interface', 'volume'),
      // A tag decides elsewhere who may do what.
      Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['soc:status', 'soc:incident'] } },
    },
    {
      Sid: 'DetachFromAutoScaling',
      Action: 'autoscaling:DetachInstances',
      Resource: account.arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/*'),
    },
    {
      Sid: 'TakeOutOfLoadBalancers',
      Action: 'elasticloadbalancing:DeregisterTargets',
      Resource: account.arn('elasticloadbalancing', 'targetgroup/*'),
    },
    { Sid: 'MakeQuarantineGroups', Action: 'ec2:CreateSecurityGroup', Resource: ec2('security-group', 'vpc') },
    {
      Sid: 'MarkQuarantineGroups',
      Action: 'ec2:CreateTags',
      Resource: ec2('security-group'),
      Condition: { StringEquals: { 'ec2:CreateAction': 'CreateSecurityGroup' } },
    },
    {
      Sid: 'ReadRules',
      Action: 'ec2:DescribeSecurityGroupRules',
      Resource: '*', // It knows no resources.
    },
    {
      // By no name or tag of a group: whoever makes one of the quarantine's name first must not keep it from being emptied.
      Sid: 'EmptyQuarantineGroups',
      Action: ['ec2:RevokeSecurityGroupEgress', 'ec2:RevokeSecurityGroupIngress'],
      Resource: ec2('security-group'),
    },
    {
      Sid: 'CutOffInterfaces',
      Action: 'ec2:ModifyNetworkInterfaceAttribute',
      // Beside the interface, AWS may ask about what it is attached to, put behind, and in.
      Resource: ec2('network-interface', 'instance', 'security-group', 'subnet'),
    },
    {
      Sid: 'TakeAddresses',
      Action: 'ec2:DisassociateAddress',
      Resource: ec2('elastic-ip', 'network-interface'),
    },
    { Sid: 'TakeIpv6Addresses', Action: 'ec2:UnassignIpv6Addresses', Resource: ec2('network-interface') },
    {
      Sid: 'ExchangeProfiles',
      Action: 'ec2:ReplaceIamInstanceProfileAssociation',
      Resource: ec2('instance'),
      Condition: { ArnEquals: { 'ec2:NewInstanceProfile': quarantineProfileArn } },
    },
    {
      Sid: 'HandOutTheQuarantineRole',
      Action: 'iam:PassRole',
      Resource: quarantineRoleArn,
      Condition: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    },
    { Sid: 'DenyOlderSessions', Action: 'iam:PutRolePolicy', Resource: account.iamArn('role/*') },
    neverTheseRoles(names, account, policy),
  ];
}
