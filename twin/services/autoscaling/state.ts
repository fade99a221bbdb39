import { AwsError, type Call, type Operations, type Scope } from '../../service';
import type { Twin } from '../../twin';

export type Sdk = typeof import('@aws-sdk/client-auto-scaling');
export type AsgCall = Call<AsgState>;
export type AsgOperations = Operations<Sdk, AsgState>;

/** Where groups are and what they need to act, whoever called. */
export interface Place extends Scope {
  readonly twin: Twin;
  readonly state: AsgState;
}

export interface Member {
  readonly instanceId: string;
  lifecycle: 'Pending' | 'InService' | 'Standby';
  protectedFromScaleIn: boolean;
}

/** What new instances of a group are like. */
export interface Blueprint {
  readonly imageId: string;
  readonly instanceType: string;
  readonly groupIds: readonly string[];
  readonly profileArn?: string;
}

export interface AutoScalingGroup {
  readonly name: string;
  readonly arn: string;
  readonly created: Date;
  readonly subnetIds: readonly string[];
  /** As the request had it; templates and configurations are not looked up. */
  readonly launchTemplate?: {
    readonly LaunchTemplateId?: string;
    readonly LaunchTemplateName?: string;
    readonly Version?: string;
  };
  readonly launchConfiguration?: string;
  readonly blueprint: Blueprint;
  readonly targetGroupArns: readonly string[];
  readonly healthCheckType: string;
  readonly protectsNew: boolean;
  readonly tags: readonly { readonly key: string; readonly value: string; readonly propagates: boolean }[];
  minimum: number;
  maximum: number;
  desired: number;
  readonly members: Map<string, Member>;
}

/** Groups by name. */
export interface AsgState {
  readonly groups: Map<string, AutoScalingGroup>;
}

export const invalid = (message: string): AwsError => new AwsError('ValidationError', message);

/** @throws AwsError if there is none. */
export function groupOf({ groups }: AsgState, name: string | undefined): AutoScalingGroup {
  const found = groups.get(name ?? '');
  if (!found) throw invalid(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
  return found;
}

/** The group that an instance is in. */
export const groupWith = ({ groups }: AsgState, instanceId: string): AutoScalingGroup | undefined =>
  [...groups.values()].find(({ members }) => members.has(instanceId));

/** Those that are named. @throws AwsError unless all are in the group. */
export function membersOf({ name, members }: AutoScalingGroup, ids: readonly string[] = []): Member[] {
  return [...new Set(ids)].map((id) => {
    const found = members.get(id);
    if (!found) throw invalid(`The instance ${id} is not part of Auto Scaling group ${name}.`);
    return found;
  });
}
