import { NormalizedSchema } from '@smithy/core/schema';

/** An operation of an SDK package, with the schemas by which both ends of the wire are written. */
export interface OperationSchema {
  readonly name: string;
  /** REST only: method, path with labels and query, status. */
  readonly http?: readonly [method: string, uri: string, status: number];
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

/** As the SDK writes it: kind 9, namespace, name, traits, input, output. */
type RawOperation = [9, string, string, { http?: [string, string, number] } | number, unknown, unknown];

const isOperation = (value: unknown): value is RawOperation => Array.isArray(value) && value[0] === 9;

const cache = new WeakMap<object, ReadonlyMap<string, OperationSchema>>();

/** Every operation that an SDK package knows, by name. */
export function operationsOf(sdk: object): ReadonlyMap<string, OperationSchema> {
  const known = cache.get(sdk);
  if (known) return known;
  const operations = new Map<string, OperationSchema>();
  for (const value of Object.values(sdk)) {
    if (!isOperation(value)) continue;
    const [, , name, traits, input, output] = value;
    operations.set(name, {
      name,
      ...(typeof traits === 'object' && traits.http && { http: traits.http }),
      input: NormalizedSchema.of(input as never),
      output: NormalizedSchema.of(output as never),
    });
  }
  cache.set(sdk, operations);
  return operations;
}
