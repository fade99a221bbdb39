import { AwsError } from '../../service';
import type { Twin } from '../../twin';

/** DynamoDB's answer to nearly everything that is wrong with a request. */
export const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

export const invalidParameter = (message: string): AwsError =>
  invalid(`One or more parameter values were invalid: ${message}`);

/** A member of the request breaks a constraint of its shape. */
export const constraint = (member: string, value: unknown, rule: string): AwsError =>
  invalid(
    `1 validation error detected: Value ${value === undefined || value === null ? 'null' : `'${value}'`} at '${member}' failed to satisfy constraint: Member must ${rule}`,
  );

/** Item operations say no more than this about a table that does not exist. */
export const notFound = (message = 'Requested resource not found'): AwsError =>
  new AwsError('ResourceNotFoundException', message);

/** Refuses a member of a request that would have an effect in AWS and has none here, and lists it. */
export function notSimulated(twin: Twin, what: string): AwsError {
  twin.unsupported.operation(`dynamodb:${what}`);
  return new AwsError('NotImplemented', `dynamodb:${what} is not simulated by the twin`, { status: 501 });
}

/** @throws AwsError for the first of the members that the request carries. */
export function refuseMembers(twin: Twin, operation: string, input: object, members: readonly string[]): void {
  for (const member of members) {
    const value: unknown = (input as Record<string, unknown>)[member];
    if (value !== undefined && value !== null && value !== false) throw notSimulated(twin, `${operation} ${member}`);
  }
}

/** @throws AwsError for a value that is not among those of an enumeration. */
export function oneOf(member: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) {
    throw constraint(member, value, `satisfy enum value set: [${allowed.join(', ')}]`);
  }
}
