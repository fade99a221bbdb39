import { AwsError, type Call, type Operations, type Scope } from '../../service';
import type { Twin } from '../../twin';

export type Sdk = typeof import('@aws-sdk/client-elastic-load-balancing-v2');
export type ElbCall = Call<ElbState>;
export type ElbOperations = Operations<Sdk, ElbState>;

export interface Target {
  /** An instance, or an address. */
  readonly id: string;
  readonly port: number;
  /** While connections drain: calls the end off. */
  draining?: () => void;
}

export interface TargetGroup {
  readonly name: string;
  readonly arn: string;
  readonly vpcId: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetType: 'instance' | 'ip';
  delaySeconds: number;
  readonly tags: Map<string, string>;
  /** By id and port: one instance may be in a group several times. */
  readonly targets: Map<string, Target>;
}

/** Target groups by ARN. */
export interface ElbState {
  readonly groups: Map<string, TargetGroup>;
}

export const initialState = (): ElbState => ({ groups: new Map() });

export const stateOf = (twin: Twin, scope: Scope): ElbState =>
  twin.state({ prefix: 'elasticloadbalancing', initial: initialState }, scope);

export const error = (code: string, message: string): AwsError => new AwsError(code, message);

/** @throws AwsError if there is none. */
export function groupOf({ groups }: ElbState, arn: string | undefined): TargetGroup {
  const found = groups.get(arn ?? '');
  if (!found) throw error('TargetGroupNotFound', `Target groups '${arn}' not found`);
  return found;
}

const keyOf = (id: string, port: number): string => `${id}:${port}`;

/** The same again ends the draining, if it has begun. */
export function register({ targets, port: usual }: TargetGroup, id: string, port = usual): void {
  targets.get(keyOf(id, port))?.draining?.();
  targets.set(keyOf(id, port), { id, port });
}

/** Open connections may go on for as long as the group's delay. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay */
export function deregister(twin: Twin, group: TargetGroup, id: string, port = group.port): void {
  const key = keyOf(id, port);
  const target = group.targets.get(key);
  if (!target || target.draining) return;
  target.draining = twin.clock.after(group.delaySeconds * 1000, () => {
    group.targets.delete(key);
  });
}
