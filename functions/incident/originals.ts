import * as z from 'zod/mini';
import { UnreadableStateError } from '../core/errors';
import { once } from '../core/once';
import type { Original } from './instance';
import type { IncidentDetails } from './record';

const Schema = once(() =>
  z.strictObject({
    at: z.iso.datetime(),
    profileArn: z.optional(z.string()),
    roleName: z.optional(z.string()),
    interfaces: z.array(z.strictObject({ id: z.string(), groups: z.array(z.string()) })),
  }),
);

/**
 * What an instance was like before anything was changed. Undefined if it was not written down.
 *
 * @param arn of the instance
 * @throws UnreadableStateError if what stands there is something else
 */
export function originalIn({ originals }: Pick<IncidentDetails, 'originals'>, arn: string): Original | undefined {
  const found = originals?.[arn];
  if (found === undefined) return undefined;
  const result = Schema().safeParse(found);
  if (!result.success)
    throw new UnreadableStateError(`the incident's record does not tell what ${arn} was like before`);
  const { at, profileArn, roleName, interfaces } = result.data;
  return {
    at,
    ...(profileArn !== undefined && { profileArn }),
    ...(roleName !== undefined && { roleName }),
    interfaces,
  };
}
