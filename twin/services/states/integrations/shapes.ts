import type { NormalizedSchema } from '@smithy/core/schema';
import type { Json } from '../asl/definition';

/** Parameters that do not fit the operation that they are for. */
export class UnfitParametersError extends Error {
  override readonly name = 'UnfitParametersError';
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/**
 * Turns a task's parameters into an operation's input: names begin with a capital there, whatever the API's own look like; times are text, and
 * so are bytes.
 *
 * @throws UnfitParametersError for a field that the operation does not have.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
export function toInput(schema: NormalizedSchema, value: Json, field = ''): Json {
  if (value === null || value === undefined) return undefined;
  const unfit = (): never => {
    throw new UnfitParametersError(`The value for the field '${field}' is not of the right type`);
  };
  if (schema.isDocumentSchema()) return value;
  if (schema.isListSchema()) {
    const items: readonly Json[] = Array.isArray(value) ? value : unfit();
    return items.map((item) => toInput(schema.getValueSchema(), item, field));
  }
  if (schema.isStructSchema() || schema.isMapSchema()) {
    if (typeof value !== 'object' || Array.isArray(value)) return unfit();
    const entries = Object.entries(value).map(([key, inner]) => {
      if (schema.isMapSchema()) return [key, toInput(schema.getValueSchema(), inner, key)];
      const found = [...schema.structIterator()].find(([name]) => capital(name) === key);
      if (!found) throw new UnfitParametersError(`The field "${key}" is not supported by Step Functions`);
      return [found[0], toInput(found[1], inner, key)];
    });
    return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
  }
  if (schema.isBlobSchema()) return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  if (schema.isTimestampSchema()) return new Date(typeof value === 'number' ? value * 1000 : String(value));
  if (schema.isStringSchema()) return typeof value === 'string' ? value : unfit();
  if (schema.isBooleanSchema()) return typeof value === 'boolean' ? value : unfit();
  if (schema.isNumericSchema()) return typeof value === 'number' ? value : unfit();
  return value;
}

/** Turns an operation's output into a task's result. */
export function fromOutput(schema: NormalizedSchema, value: Json): Json {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (schema.isDocumentSchema()) return value;
  if (schema.isListSchema()) return [...value].map((item: Json) => fromOutput(schema.getValueSchema(), item) ?? null);
  if (schema.isMapSchema())
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, fromOutput(schema.getValueSchema(), inner)]),
    );
  if (!schema.isStructSchema()) return value;
  const members = [...schema.structIterator()]
    .map(([name, member]) => [capital(name), fromOutput(member, value[name])] as const)
    .filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(members);
}
