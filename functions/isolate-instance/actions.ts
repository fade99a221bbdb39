import type { Action } from '../core/remediation';
import type { ConnectionTracking, Tags } from '../incident/instance';

/** Kinds echo the API call that they cause. Those after the line are only asked for to take an isolation back. */
export type InstanceAction =
  | ModifyInstance
  | TagResources
  | DetachFromGroup
  | DeregisterTargets
  | CreateQuarantineGroup
  | EmptyQuarantineGroup
  | TrackShortly
  | MoveInterface
  | DisassociateAddress
  | UnassignIpv6
  | SetMetadata
  | ReplaceProfile
  | DenySessions
  // ----
  | UntagResources
  | AttachToGroup
  | RegisterTargets
  | AssociateAddress
  | AssignIpv6;

/** One attribute in each call. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html */
export interface ModifyInstance extends Action {
  readonly kind: 'ModifyInstanceAttribute';
  readonly change:
    | { readonly disableApiTermination: boolean }
    | { readonly shutdownBehavior: string }
    | { readonly volumes: readonly { readonly device: string; readonly deleteOnTermination: boolean }[] };
}

export interface TagResources extends Action {
  readonly kind: 'CreateTags';
  readonly resources: readonly string[];
  readonly tags: Tags;
}

export interface UntagResources extends Action {
  readonly kind: 'DeleteTags';
  readonly resources: readonly string[];
  /** Only where the value is still this. */
  readonly tags: Tags;
}

export interface DetachFromGroup extends Action {
  readonly kind: 'DetachInstances';
  readonly autoScalingGroup: string;
}

export interface AttachToGroup extends Action {
  readonly kind: 'AttachInstances';
  readonly autoScalingGroup: string;
}

export interface TargetsOf {
  readonly targetGroupArn: string;
  readonly targets: readonly { readonly id: string; readonly port: number }[];
}

export interface DeregisterTargets extends Action, TargetsOf {
  readonly kind: 'DeregisterTargets';
}

export interface RegisterTargets extends Action, TargetsOf {
  readonly kind: 'RegisterTargets';
}

export interface CreateQuarantineGroup extends Action {
  readonly kind: 'CreateSecurityGroup';
  readonly vpcId: string;
}

/** Every rule of the VPC's quarantine group in one direction, whatever it has by then. */
export interface EmptyQuarantineGroup extends Action {
  readonly kind: 'RevokeSecurityGroupIngress' | 'RevokeSecurityGroupEgress';
  readonly vpcId: string;
}

export interface TrackShortly extends Action {
  readonly kind: 'ModifyNetworkInterfaceAttribute';
  readonly interfaceId: string;
  readonly tracking: Required<ConnectionTracking>;
}

export interface MoveInterface extends Action {
  readonly kind: 'ModifyNetworkInterfaceAttribute';
  readonly interfaceId: string;
  /** Ids, or the quarantine group of a VPC, which may not be there yet. */
  readonly groups: readonly string[] | { readonly quarantineOf: string };
}

export interface DisassociateAddress extends Action {
  readonly kind: 'DisassociateAddress';
  readonly interfaceId: string;
  readonly associationId: string;
  readonly publicIp: string;
}

export interface AssociateAddress extends Action {
  readonly kind: 'AssociateAddress';
  readonly interfaceId: string;
  readonly allocationId: string;
  readonly privateIp: string;
}

export interface UnassignIpv6 extends Action {
  readonly kind: 'UnassignIpv6Addresses';
  readonly interfaceId: string;
  readonly addresses: readonly string[];
}

export interface AssignIpv6 extends Action {
  readonly kind: 'AssignIpv6Addresses';
  readonly interfaceId: string;
  readonly addresses: readonly string[];
}

export interface SetMetadata extends Action {
  readonly kind: 'ModifyInstanceMetadataOptions';
  readonly endpoint: string;
}

/** In place of whichever profile is worn by then. */
export interface ReplaceProfile extends Action {
  readonly kind: 'ReplaceIamInstanceProfileAssociation';
  /** By name for the quarantine's, by ARN for the one from before. */
  readonly profile: { readonly name: string } | { readonly arn: string };
}

/** Sessions of the role from before this moment: the time is taken when it is done. */
export interface DenySessions extends Action {
  readonly kind: 'PutRolePolicy';
  readonly roleName: string;
}
