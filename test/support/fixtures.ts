import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '@aws-sdk/client-guardduty';
import type { Json } from '../../twin/services/states/asl/definition';

const directory = join(__dirname, '..', 'fixtures', 'events');

/** Names of all events. */
export const fixtureNames: readonly string[] = readdirSync(directory)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -5));

/** A whole sample event, by its name. */
export const fixture = (name: string): Json => JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'));

/**
 * The finding in an event of GuardDuty, as its API has it: events tell the same in names that begin small.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html
 */
export function asReported(event: Json): Finding {
  const capital = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(capital);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key.charAt(0).toUpperCase() + key.slice(1), capital(member)]),
    );
  };
  return capital(event.detail) as Finding;
}
