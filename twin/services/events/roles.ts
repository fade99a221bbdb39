import { checkAccess } from '../../iam/enforce';
import { type Principal, servicePrincipal } from '../../iam/principal';
import { AwsError, type Scope } from '../../service';
import type { Twin } from '../../twin';
import { assumeForService, roleByArn } from '../iam';
import { busPolicy } from './buses';
import { busName, EVENTS, type EventsState, type Rule, type Target } from './state';

/** Targets that EventBridge reaches under a role that the rule's owner gives it. */
const needsRole = (arn: string, { region }: Scope): boolean =>
  /^arn:aws:(states:.*:stateMachine:|events:.*:api-destination\/)/.test(arn) ||
  (isBus(arn) && arn.split(':')[3] !== region);

export const isBus = (arn: string): boolean => /^arn:aws:events:[\w-]+:\d{12}:event-bus\//.test(arn);
export const isDestination = (arn: string): boolean => /^arn:aws:events:[\w-]+:\d{12}:api-destination\//.test(arn);

/**
 * Checks that a target has the role that it needs.
 *
 * @throws AwsError
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html
 */
export function checkRole(target: Pick<Target, 'arn' | 'roleArn'>, scope: Scope): void {
  if (target.roleArn === undefined && needsRole(target.arn, scope))
    throw new AwsError('ValidationException', `RoleArn is required for target ${target.arn}.`);
}

/** Acts as a target's role for a while. Without one: as the rule's account. @throws AwsError if the role does not trust EventBridge */
export async function asRole<T>(
  twin: Twin,
  { account }: Scope,
  { target, rule }: { target: Target; rule: Rule },
  act: (principal: Principal) => T | Promise<T>,
): Promise<T> {
  if (target.roleArn === undefined) {
    const arn = `arn:aws:iam::${account}:root`;
    return act({ kind: 'root', arn, account, userId: account, accessKeyId: '' });
  }
  const role = roleByArn(twin, target.roleArn);
  if (!role) throw new AwsError('AccessDenied', `There is no role ${target.roleArn}`);
  const service = servicePrincipal('events.amazonaws.com', account, rule.arn);
  const session = assumeForService(twin, role, service, twin.hex(32));
  try {
    return await act(session.principal);
  } finally {
    twin.credentials.remove(session.accessKeyId);
  }
}

/** Which policy an ARN of the service has. */
export const policyOf = (state: EventsState, arn: string): object | undefined =>
  isBus(arn) ? busPolicy(state, busName(arn)) : undefined;

/** @throws AwsError unless somebody may do something with a bus or destination. */
export function checkEventsAccess(twin: Twin, action: string, arn: string, principal: Principal): void {
  const [, , , region = '', account = ''] = arn.split(':');
  const call = twin.callOf(EVENTS, { account, region }, principal);
  checkAccess(twin, { ...EVENTS, resourcePolicy: policyOf }, [{ action, resources: [arn] }], call);
}
