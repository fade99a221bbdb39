import * as z from 'zod/mini';
import { InvalidEventError } from './errors';
import { once } from './once';

/** What woke a function, as it stands on receipts. */
export const Trigger = once(() =>
  z.strictObject({
    kind: z.enum(['cloudtrail', 'config', 'sweep', 'request', 'incident']),
    /** The API call, the Config rule, the finding's type, or who asked. */
    name: z.string().check(z.maxLength(256)),
    id: z.string().check(z.maxLength(256)),
    /** When the change happened, ISO 8601, UTC. Latency counts from here. */
    at: z.iso.datetime(),
    /** ARN of who made the call, where the event says so. */
    actor: z.optional(z.string().check(z.maxLength(2048))),
  }),
);
export type Trigger = z.infer<ReturnType<typeof Trigger>>;

/** An error's message becomes a part of an execution's state, however long an event is. */
const MOST_PROBLEMS = 10;

/**
 * A value that matches a schema.
 *
 * @throws InvalidEventError that says where it does not.
 */
export function parseEvent<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const problems = issues
    .slice(0, MOST_PROBLEMS)
    .map(({ path, message, code }) => `${path.join('.') || 'event'}: ${message || code}`.slice(0, 200));
  if (issues.length > MOST_PROBLEMS) problems.push(`${issues.length - MOST_PROBLEMS} more`);
  throw new InvalidEventError(`the event does not match its schema: ${problems.join('; ')}`);
}
