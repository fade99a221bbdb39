import type { Service } from '../../service';
import { ec2 } from '../ec2';
import { type ElbOperations, type ElbState, error, groupOf, initialState, type Sdk, type TargetGroup } from './state';
import { targetOperations } from './targets';

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html */
const DELAY = 'deregistration_delay.timeout_seconds';

const describe = ({ name, arn, protocol, port, vpcId, targetType }: TargetGroup) => ({
  TargetGroupArn: arn,
  TargetGroupName: name,
  Protocol: protocol as 'HTTP',
  Port: port,
  VpcId: vpcId,
  TargetType: targetType,
  IpAddressType: 'ipv4' as const,
  LoadBalancerArns: [],
});

const attributesOf = ({ delaySeconds }: TargetGroup) => ({ Attributes: [{ Key: DELAY, Value: String(delaySeconds) }] });

const targetGroupOperations: ElbOperations = {
  CreateTargetGroup({ Name = '', Protocol, Port, VpcId, TargetType = 'instance', Tags = [] }, call) {
    const { state, twin, account, region, arn } = call;
    if (TargetType !== 'instance' && TargetType !== 'ip')
      throw error('NotImplemented', `targets of type ${TargetType} are not simulated by the twin`);
    if (!/^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/.test(Name))
      throw error('ValidationError', `Target group name '${Name}' is not valid`);
    if (Protocol === undefined || Port === undefined || VpcId === undefined)
      throw error('ValidationError', 'A protocol, a port and a VPC must be specified');
    if (!twin.state(ec2, { account, region }).vpcs.has(VpcId))
      throw error('ValidationError', `The VPC ID '${VpcId}' is not found`);
    if ([...state.groups.values()].some(({ name }) => name === Name))
      throw error(
        'DuplicateTargetGroupName',
        `A target group with the same name '${Name}' exists, but with different settings`,
      );
    const group: TargetGroup = {
      name: Name,
      arn: arn(`targetgroup/${Name}/${twin.hex(16)}`),
      vpcId: VpcId,
      protocol: Protocol,
      port: Port,
      targetType: TargetType,
      delaySeconds: 300,
      tags: new Map(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
      targets: new Map(),
    };
    state.groups.set(group.arn, group);
    return { TargetGroups: [describe(group)] };
  },

  DeleteTargetGroup({ TargetGroupArn = '' }, { state }) {
    state.groups.delete(TargetGroupArn);
    return {};
  },

  DescribeTargetGroups({ TargetGroupArns = [], Names = [], Marker, PageSize = 400 }, { state }) {
    const named = Names.map((name) => {
      const found = [...state.groups.values()].find((group) => group.name === name);
      if (!found) throw error('TargetGroupNotFound', `One or more target groups not found`);
      return found;
    });
    const asked = [...TargetGroupArns.map((arn) => groupOf(state, arn)), ...named];
    const all = asked.length > 0 ? asked : [...state.groups.values()];
    const from = Number(Marker ?? 0);
    return {
      TargetGroups: all.slice(from, from + PageSize).map(describe),
      ...(from + PageSize < all.length && { NextMarker: String(from + PageSize) }),
    };
  },

  DescribeTargetGroupAttributes: ({ TargetGroupArn }, { state }) => attributesOf(groupOf(state, TargetGroupArn)),

  ModifyTargetGroupAttributes({ TargetGroupArn, Attributes = [] }, { state }) {
    const group = groupOf(state, TargetGroupArn);
    const other = Attributes.find(({ Key }) => Key !== DELAY);
    if (other) throw error('NotImplemented', `${other.Key} of a target group is not simulated by the twin`);
    for (const { Value } of Attributes) {
      const seconds = Number(Value);
      if (!Number.isInteger(seconds) || seconds < 0 || seconds > 3600)
        throw error('ValidationError', `'${DELAY}' must be between '0' and '3600' inclusive`);
      group.delaySeconds = seconds;
    }
    return attributesOf(group);
  },

  DescribeTags: ({ ResourceArns = [] }, { state }) => ({
    TagDescriptions: ResourceArns.map((arn) => ({
      ResourceArn: arn,
      Tags: [...groupOf(state, arn).tags].map(([Key, Value]) => ({ Key, Value })),
    })),
  }),
};

/** Target groups and what is in them; the load balancers before them are not simulated. */
export const elbv2: Service<Sdk, ElbState> = {
  prefix: 'elasticloadbalancing',
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-elastic-load-balancing-v2') as Sdk,
  client: 'ElasticLoadBalancingV2Client',
  initial: initialState,
  resources: (_operation, { TargetGroupArn, Name }: { TargetGroupArn?: string; Name?: string }, { arn }) =>
    TargetGroupArn !== undefined ? [TargetGroupArn] : Name !== undefined ? [arn(`targetgroup/${Name}/*`)] : ['*'],
  operations: { ...targetGroupOperations, ...targetOperations },
};
