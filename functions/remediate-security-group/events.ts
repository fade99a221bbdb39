import * as z from 'zod/mini';
import { InvalidEventError } from '../core/errors';
import type { CloudTrailWake } from '../core/events';
import { once } from '../core/once';
import { parseEvent } from '../core/schema';
import { SECURITY_GROUP } from './security-group';

const PREFIX_LIST_ID = /^pl-[0-9a-f]{8,17}$/;

/** API calls that can open a group, or take from it what a blueprint asks for, as the EventBridge rule names them. */
const GROUP_CALLS = ['AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress', 'ModifySecurityGroupRules'];
/** API calls that can open every group which refers to a prefix list. */
const PREFIX_LIST_CALLS = ['ModifyManagedPrefixList', 'RestoreManagedPrefixListVersion'];
/** Every call that concerns security groups. */
export const CALLS: readonly string[] = [...GROUP_CALLS, ...PREFIX_LIST_CALLS];

const AuthorizeRequest = once(() => z.looseObject({ groupId: z.optional(z.string()) }));
const AuthorizeResponse = once(() =>
  z.looseObject({
    securityGroupRuleSet: z.optional(
      z.looseObject({ items: z.optional(z.array(z.looseObject({ groupId: z.optional(z.string()) }))) }),
    ),
  }),
);

/**
 * What an event is about: the group whose rules changed, or the prefix list whose entries did.
 *
 * @throws InvalidEventError if the call is another one, or names none.
 */
export function subjectOf({
  eventName,
  request,
  response,
}: CloudTrailWake): { groupId: string } | { prefixListId: string } {
  if (GROUP_CALLS.includes(eventName))
    return {
      groupId: valid(
        groupIdIn(eventName, request, response),
        SECURITY_GROUP.idPattern,
        `${eventName} names no security group`,
      ),
    };
  if (PREFIX_LIST_CALLS.includes(eventName)) {
    return {
      prefixListId: valid(
        unwrapped(eventName, request, 'PrefixListId'),
        PREFIX_LIST_ID,
        `${eventName} names no prefix list`,
      ),
    };
  }
  throw new InvalidEventError(
    `${eventName} is not a call that opens security groups; expected one of ${CALLS.join(', ')}`,
  );
}

/** A group can be named by id or, in a default VPC, by name: then the answer has the id. */
function groupIdIn(
  eventName: string,
  request: CloudTrailWake['request'],
  response: CloudTrailWake['response'],
): unknown {
  if (eventName === 'ModifySecurityGroupRules') return unwrapped(eventName, request, 'GroupId');
  return (
    parseEvent(AuthorizeRequest(), request).groupId ??
    parseEvent(AuthorizeResponse(), response).securityGroupRuleSet?.items?.find(({ groupId }) => groupId)?.groupId
  );
}

/** Some EC2 calls are logged inside an object named after the request, in PascalCase, others flat in camelCase. */
function unwrapped(eventName: string, request: CloudTrailWake['request'], member: string): unknown {
  const inner = request[`${eventName}Request`];
  const fields = {
    ...request,
    ...(inner !== null && typeof inner === 'object' ? (inner as Record<string, unknown>) : {}),
  };
  return fields[member] ?? fields[`${member[0]?.toLowerCase()}${member.slice(1)}`];
}

function valid(id: unknown, pattern: RegExp, otherwise: string): string {
  if (typeof id !== 'string' || !pattern.test(id))
    throw new InvalidEventError(`${otherwise}: got ${JSON.stringify(id) ?? 'nothing'}`);
  return id;
}
