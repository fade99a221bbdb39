import { JsonCodec2 } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';

/** How services with REST and JSON write, GuardDuty and Security Hub among them. */
export const restJson = new JsonCodec2({
  timestampFormat: { useTrait: true, default: 7 },
  jsonName: true,
  httpBindings: true,
} as never);

/** What the codec can besides reading bytes. */
interface ObjectReader {
  readObject(schema: NormalizedSchema, value: unknown): unknown;
}

/**
 * What a service wrote as JSON, as the SDK has it: its spelling, and only members that the schema knows. Events write
 * some times as text, or in milliseconds, that answers write in seconds; all are read.
 */
export function shapeOf<T>(schema: NormalizedSchema, value: unknown): T {
  const deserializer = restJson.createDeserializer() as unknown as ObjectReader;
  return deserializer.readObject(schema, withSeconds(schema, value)) as T;
}

function withSeconds(schema: NormalizedSchema, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (schema.isTimestampSchema()) return secondsOf(value);
  if (schema.isListSchema() && Array.isArray(value))
    return value.map((item) => withSeconds(schema.getValueSchema(), item));
  if (!schema.isStructSchema() || typeof value !== 'object') return value;
  const given = value as Readonly<Record<string, unknown>>;
  const read = Object.entries(schema.getMemberSchemas()).map(([name, member]) => {
    const key = String(member.getMergedTraits().jsonName ?? name);
    return [key, withSeconds(member, given[key])] as const;
  });
  return Object.fromEntries(read.filter(([, inner]) => inner !== undefined));
}

function secondsOf(value: unknown): number | undefined {
  const time = typeof value === 'string' && !/^[\d.]+$/.test(value) ? Date.parse(value) : Number(value);
  if (Number.isNaN(time)) return undefined;
  return time > 100_000_000_000 ? time / 1000 : time;
}
